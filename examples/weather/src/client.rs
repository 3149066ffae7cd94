//! One question to a weather service, and all that can become of it.

use crate::common::End;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::fmt;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use ureq::Agent;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

/// The longest answer taken, in bytes; a real one has less than a thousand.
const LONGEST: u64 = 1 << 16;

/// Why a city has no temperature, and what to do.
#[derive(Debug)]
pub(crate) struct Failure {
    cause: String,
    remedy: &'static str,
}

impl Failure {
    fn new(cause: impl Into<String>, remedy: &'static str) -> Self {
        let cause = cause.into();
        Self { cause, remedy }
    }

    pub(crate) fn panicked() -> Self {
        Self::new("its thread panicked", "please report it")
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.cause, self.remedy)
    }
}

/// A weather service, as seen from here.
pub(crate) struct Weather {
    agent: Agent,
    timeout: Duration,
    key: Option<String>,
}

impl Weather {
    /// `away` says whether the service is another machine's, for which the environment may name a proxy.
    pub(crate) fn new(
        timeout: Duration,
        authorities: Option<&Path>,
        key: Option<String>,
        away: bool,
    ) -> Result<Self, End> {
        let mut config = Agent::config_builder()
            .timeout_global(Some(timeout))
            // The key is for the service that was named, and not for where that may send us.
            .max_redirects(0)
            .max_redirects_will_error(false);
        if !away {
            config = config.proxy(None);
        }
        if let Some(file) = authorities {
            let roots = RootCerts::Specific(Arc::new(certificates(file)?));
            config = config.tls_config(TlsConfig::builder().root_certs(roots).build());
        }
        Ok(Self {
            agent: config.build().into(),
            timeout,
            key,
        })
    }

    /// The temperature in `city`, in °F, from an address in which `{city}` and `{key}` are to be replaced.
    pub(crate) fn ask(&self, city: &str, url: &str) -> Result<f64, Failure> {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let mut url = url.replace("{city}", &encode(city));
        if let Some(key) = &self.key {
            url = url.replace("{key}", &encode(key));
        }
        let answer = self.fetch(&url).map_err(|error| {
            let failure = self.explain(&error);
            Failure::new(self.without_key(&failure.cause), failure.remedy)
        })?;
        let json: Value = serde_json::from_str(&answer).map_err(|error| {
            Failure::new(
                format!("the answer is not whole JSON ({error})"),
                "try again, or ask the service's operator",
            )
        })?;
        json["main"]["temp"].as_f64().ok_or_else(|| {
            Failure::new(
                "the answer has no number as main.temp",
                "check that the address is that of the current weather",
            )
        })
    }

    fn fetch(&self, url: &str) -> Result<String, ureq::Error> {
        // Nobody asks twice, so no connection needs to be kept.
        let request = self.agent.get(url).header("Connection", "close");
        let mut response = request.call()?;
        if !response.status().is_success() {
            return Err(ureq::Error::StatusCode(response.status().as_u16()));
        }
        let body = response.body_mut().with_config().limit(LONGEST);
        body.read_to_string()
    }

    /// Puts an error into words.
    fn explain(&self, error: &ureq::Error) -> Failure {
        use ureq::Error;
        match error {
            Error::StatusCode(status) => {
                let remedy = match status {
                    401 | 403 => "check the key",
                    404 => "check the city's name, and the address",
                    300..=399 => "give the address that the service now has",
                    429 => "wait, the service has been asked too often",
                    _ => "try again later, or ask the service's operator",
                };
                Failure::new(format!("the service answered with status {status}"), remedy)
            }
            Error::Timeout(_) => Failure::new(
                format!("no answer within {:?}", self.timeout),
                "try again, or allow more with --timeout",
            ),
            Error::HostNotFound => Failure::new(
                "the service's name is not known",
                "check the address, and the network",
            ),
            Error::Io(error) if error.to_string().contains("certificate") => Failure::new(
                format!("the service cannot be trusted ({error})"),
                "check the address and the clock, or name who vouches for it with --ca",
            ),
            Error::Io(error) => {
                let remedy = match error.kind() {
                    ErrorKind::ConnectionRefused => "check the address, and that the service runs",
                    ErrorKind::ConnectionReset
                    | ErrorKind::ConnectionAborted
                    | ErrorKind::UnexpectedEof
                    | ErrorKind::BrokenPipe => "the service gave up; try again",
                    _ => "check the address, and the network",
                };
                Failure::new(error.to_string(), remedy)
            }
            Error::BodyExceedsLimit(limit) => Failure::new(
                format!("the answer is longer than {limit} bytes"),
                "check the address",
            ),
            Error::Rustls(error) => Failure::new(
                format!("no encrypted connection ({error})"),
                "check the address, and that the service speaks TLS",
            ),
            Error::BadUri(_) | Error::Http(_) => {
                Failure::new("the address is not valid", "check what --url says")
            }
            Error::Protocol(error) => Failure::new(
                format!("the answer is not HTTP ({error})"),
                "check the address",
            ),
            other => Failure::new(other.to_string(), "try again"),
        }
    }

    /// `text` without the key. The words above do not tell the address, but a library's could, or what a service said.
    fn without_key(&self, text: &str) -> String {
        match &self.key {
            Some(key) => {
                let encoded = utf8_percent_encode(key, NON_ALPHANUMERIC).to_string();
                text.replace(key, "…").replace(&encoded, "…")
            }
            None => text.to_owned(),
        }
    }
}

/// The certificates in a PEM file.
fn certificates(file: &Path) -> Result<Vec<ureq::tls::Certificate<'static>>, End> {
    let cannot = |cause: &dyn fmt::Display| {
        let file = file.display();
        End::Failed(format!(
            "--ca {file}: {cause}; give a file with certificates in the PEM format"
        ))
    };
    let text = std::fs::read(file).map_err(|error| cannot(&error))?;
    let mut certificates = Vec::new();
    for item in parse_pem(&text) {
        if let PemItem::Certificate(certificate) = item.map_err(|error| cannot(&error))? {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        return Err(cannot(&"no certificate is in it"));
    }
    Ok(certificates)
}
