//! A weather service on this machine, with an invented weather, which can also fail.

use crate::common::{End, Random};
use racecourse::Latch;
use racecourse::thread::{self, JoinHandle};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tiny_http::{Header, Request, Response, Server};

/// What goes wrong for a city.
#[derive(Clone, Copy)]
enum Fault {
    /// Nobody listens where the city is asked for.
    Refused,
    /// The service hangs up without an answer.
    HungUp,
    /// The service does not know the city.
    NotFound,
    /// The answer breaks off in the middle.
    HalfJson,
    /// No answer comes, ever.
    Silent,
    /// The answer is another one.
    OtherJson,
}

/// With `--faults`, who is hit by what.
fn fault(city: &str) -> Option<Fault> {
    match city {
        "San Francisco" => Some(Fault::Refused),
        "Reno" => Some(Fault::HungUp),
        "Honolulu" => Some(Fault::NotFound),
        "Dubai" => Some(Fault::HalfJson),
        "Dublin" => Some(Fault::Silent),
        "Stuttgart" => Some(Fault::OtherJson),
        _ => None,
    }
}

/// Why a thread could not be started.
pub(crate) fn cannot_start(what: &str, error: &dyn fmt::Display) -> End {
    End::Failed(format!(
        "cannot start {what}: {error}; close other programs, or raise the limit on threads (ulimit -u)"
    ))
}

/// A running service; it ends when this is dropped.
pub(crate) struct Service {
    server: Arc<Server>,
    port: u16,
    faults: bool,
    /// Opened when the service is to end.
    stop: Arc<Latch>,
    workers: Vec<JoinHandle<()>>,
}

impl Service {
    /// Starts a service for `cities`, with a thread for each, so that none of them waits for another.
    pub(crate) fn start(cities: &[(&'static str, f64)], faults: bool) -> Result<Self, End> {
        // tiny_http starts threads of its own, and panics where none can be had: this one finds that out before.
        let server = thread::Builder::new()
            .name("service".into())
            .spawn(|| Server::http("127.0.0.1:0"))
            .map_err(|error| cannot_start("the weather service", &error))?
            .join()
            .map_err(|_| cannot_start("the weather service", &"it got no threads"))?
            .map_err(|error| cannot_start("the weather service on this machine", &error))?;
        let port = server
            .server_addr()
            .to_ip()
            .map_or(0, |address| address.port());
        let mut service = Self {
            server: Arc::new(server),
            port,
            faults,
            stop: Arc::new(Latch::new(1)),
            workers: Vec::new(),
        };
        let weather: Arc<HashMap<_, _>> = Arc::new(cities.iter().copied().collect());
        let mut random = Random::new(Random::seed());
        for _ in cities {
            let worker = Worker {
                server: Arc::clone(&service.server),
                weather: Arc::clone(&weather),
                faults,
                stop: Arc::clone(&service.stop),
                delay: Duration::from_millis(random.between(100, 600)),
            };
            let started = thread::Builder::new()
                .spawn(move || worker.run())
                .map_err(|error| cannot_start("the weather service", &error))?;
            service.workers.push(started);
        }
        Ok(service)
    }

    /// Where `city` is asked for, with `{city}` still in it.
    pub(crate) fn url(&self, city: &str) -> String {
        // Nobody listens on the first of all ports.
        let port = match fault(city) {
            Some(Fault::Refused) if self.faults => 1,
            _ => self.port,
        };
        format!("http://127.0.0.1:{port}/weather?q={{city}}")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop.count_down();
        for _ in &self.workers {
            self.server.unblock();
        }
        for worker in self.workers.drain(..) {
            // What is wrong with a worker, its city has told.
            let _ = worker.join();
        }
    }
}

/// A thread of the service: answers one question after the other.
struct Worker {
    server: Arc<Server>,
    weather: Arc<HashMap<&'static str, f64>>,
    faults: bool,
    stop: Arc<Latch>,
    /// How long the looking up takes.
    delay: Duration,
}

impl Worker {
    fn run(self) {
        // An error is the call to end.
        while let Ok(request) = self.server.recv() {
            // A wait that the service's end ends too; a sleep would have to be waited out.
            if self.stop.wait_timeout(self.delay).is_ok() {
                return;
            }
            // Whoever has hung up needs no answer.
            let _ = self.answer(request);
        }
    }

    fn answer(&self, request: Request) -> std::io::Result<()> {
        let city = request
            .url()
            .rsplit_once("?q=")
            .map_or("", |(_, city)| city);
        let city = percent_encoding::percent_decode_str(city)
            .decode_utf8_lossy()
            .into_owned();
        let fault = if self.faults { fault(&city) } else { None };
        let Some(temperature) = self.weather.get(&*city) else {
            return request.respond(Response::empty(404));
        };
        let json = match fault {
            Some(Fault::NotFound | Fault::Refused) => {
                return request.respond(Response::empty(404));
            }
            Some(Fault::HungUp) => {
                // Dropped without a word written: the connection ends.
                drop(request.into_writer());
                return Ok(());
            }
            Some(Fault::Silent) => {
                self.stop.wait();
                return Ok(());
            }
            Some(Fault::OtherJson) => r#"{"message": "have a nice day"}"#.to_owned(),
            Some(Fault::HalfJson) => r#"{"name": "Dubai", "main": {"te"#.to_owned(),
            None => format!(r#"{{"name": "{city}", "main": {{"temp": {temperature}}}}}"#),
        };
        let kind = Header::from_bytes("Content-Type", "application/json");
        let kind = kind.expect("the header is valid");
        request.respond(Response::from_string(json).with_header(kind))
    }
}
