//! Ten threads ask a weather service for ten cities, all at the same time.
//!
//! ```text
//! cargo run -p weather
//! cargo run -p weather -- --faults
//! WEATHER_KEY=… cargo run -p weather -- --url 'https://api.openweathermap.org/data/2.5/weather?q={city}&units=imperial&appid={key}'
//! ```
//!
//! The trap of such a program is the thread that fails. What it prints scrolls away, the place where its result should
//! be stays empty, and main trips over that later. Here a thread's only way to end is a temperature or an error, and
//! main asks each of them which it was: the type of `join` leaves nothing out, a panic included.

mod client;
#[path = "../../common/mod.rs"]
mod common;
mod service;

use client::{Failure, Weather};
use common::{End, note, print_line, value};
use lexopt::Arg::{Long, Short};
use racecourse::thread;
use service::Service;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

const HELP: &str = "
Asks a weather service for ten cities, each on a thread of its own, and prints the temperatures.
The service is one that this program starts on this machine, with an invented weather.

Usage: weather [OPTIONS]

Options:
  --faults        the service, and the way to it, fail for some of the cities, each in another way
  --timeout S     how many seconds a city may take, from 0.01 to 3600 [3]
  --url TEMPLATE  ask a real service: an address with {city} in it, and {key} where it wants one;
                  the answer is JSON with the temperature in °F as main.temp
  --ca FILE       trust the certificates in this PEM file, and not those of the web
  -h, --help      this text

The key is taken from the environment variable WEATHER_KEY, and is shown nowhere.
If a city has no temperature, the others have theirs, and the exit status is 1. Ctrl-C stops it.

Try:
  weather --url \\
    'https://api.openweathermap.org/data/2.5/weather?q={city}&units=imperial&appid={key}'
";

/// Where the key comes from: an argument could be seen by everybody on the machine, in the list of processes.
const KEY: &str = "WEATHER_KEY";

/// The cities, with the weather that they have here.
const CITIES: [(&str, f64); 10] = [
    ("Boulder", 62.1),
    ("Atlanta", 71.6),
    ("San Francisco", 58.3),
    ("Reno", 55.9),
    ("Honolulu", 80.2),
    ("Zurich", 49.6),
    ("Dubai", 95.4),
    ("Dublin", 52.0),
    ("Stuttgart", 50.5),
    ("Rome", 66.7),
];

struct Options {
    faults: bool,
    timeout: Duration,
    url: Option<String>,
    key: Option<String>,
    authorities: Option<PathBuf>,
}

fn options(mut arguments: lexopt::Parser) -> Result<Options, End> {
    let mut options = Options {
        faults: false,
        timeout: Duration::from_secs(3),
        url: None,
        key: None,
        authorities: None,
    };
    while let Some(argument) = arguments.next()? {
        match argument {
            Short('h') | Long("help") => return Err(End::Help),
            Long("faults") => options.faults = true,
            Long("timeout") => {
                let expected = "seconds from 0.01 to 3600, such as 3";
                let seconds = value(&mut arguments, "--timeout", expected, |s| {
                    (0.01..=3600.0).contains(s)
                })?;
                options.timeout = Duration::from_secs_f64(seconds);
            }
            Long("url") => {
                let expected =
                    "an address that begins with http:// or https:// and has {city} in it";
                let good = |url: &String| {
                    let rest = url.strip_prefix("http://").or(url.strip_prefix("https://"));
                    rest.is_some_and(|rest| rest.contains("{city}"))
                };
                options.url = Some(value(&mut arguments, "--url", expected, good)?);
            }
            Long("ca") => {
                options.authorities = Some(value(&mut arguments, "--ca", "a file", |_| true)?);
            }
            other => return Err(other.unexpected().into()),
        }
    }
    match &options.url {
        None if options.authorities.is_some() => {
            return Err(End::Usage("--ca is for --url: give both, or none".into()));
        }
        Some(_) if options.faults => {
            let message =
                "--faults is for the service that this program starts: leave it or --url out";
            return Err(End::Usage(message.into()));
        }
        Some(url) if url.contains("{key}") => {
            if !url.starts_with("https://") {
                return Err(End::Usage(
                    "--url would send the key unencrypted: give an address with https://".into(),
                ));
            }
            options.key = std::env::var(KEY).ok().filter(|key| !key.is_empty());
            if options.key.is_none() {
                return Err(End::Usage(format!(
                    "--url has {{key}} in it, and the environment variable {KEY} has no key: set it"
                )));
            }
        }
        _ => {}
    }
    Ok(options)
}

/// How a city ended, and how long that took.
struct Answer {
    temperature: Result<f64, Failure>,
    time: Duration,
}

/// Asks for all cities at the same time, each at its own address; the answers are in the order of the cities.
fn ask_all(weather: &Weather, url: impl Fn(&str) -> String) -> Result<Vec<Answer>, End> {
    thread::scope(|scope| {
        let threads = CITIES
            .map(|(city, _)| {
                let url = url(city);
                let ask = move || {
                    let start = Instant::now();
                    let temperature = weather.ask(city, &url);
                    let time = start.elapsed();
                    Answer { temperature, time }
                };
                thread::Builder::new()
                    .name(city.into())
                    .spawn_scoped(scope, ask)
            })
            .into_iter()
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| service::cannot_start("a thread for each city", &error))?;
        Ok(threads
            .into_iter()
            .map(|thread| {
                thread.join().unwrap_or_else(|_| Answer {
                    temperature: Err(Failure::panicked()),
                    time: Duration::ZERO,
                })
            })
            .collect())
    })
}

fn weather(arguments: lexopt::Parser) -> Result<(), End> {
    let options = options(arguments)?;
    let service = match options.url {
        None => Some(Service::start(&CITIES, options.faults)?),
        Some(_) => None,
    };
    let ca = options.authorities.as_deref();
    let weather = Weather::new(options.timeout, ca, options.key, service.is_none())?;
    let url = |city: &str| match (&options.url, &service) {
        (Some(url), _) => url.clone(),
        (None, Some(service)) => service.url(city),
        (None, None) => unreachable!("without --url there is a service"),
    };

    let start = Instant::now();
    let answers = ask_all(&weather, url)?;
    let time = start.elapsed();

    let mut failed = Vec::new();
    for ((city, _), answer) in CITIES.iter().zip(&answers) {
        match &answer.temperature {
            // Zero has no sign on a thermometer.
            Ok(degrees) => print_line(format_args!(
                "it is {:.0}°F in {city}",
                degrees.round() + 0.0
            ))?,
            Err(failure) => {
                note(format_args!("no temperature for {city}: {failure}"));
                failed.push(*city);
            }
        }
    }
    let got = answers.len() - failed.len();
    print_line(format_args!(
        "Got {got} temps in {:.2} seconds",
        time.as_secs_f64()
    ))?;
    let one_by_one: Duration = answers.iter().map(|answer| answer.time).sum();
    note(format_args!(
        "(one city after the other would have taken {:.2} seconds)",
        one_by_one.as_secs_f64()
    ));
    if failed.is_empty() {
        return Ok(());
    }
    Err(End::Failed(format!(
        "{} of {} cities have no temperature: {}",
        failed.len(),
        answers.len(),
        failed.join(", ")
    )))
}

fn main() -> ExitCode {
    common::run(HELP, weather)
}
