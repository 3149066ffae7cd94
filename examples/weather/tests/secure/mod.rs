//! A secure server on this machine, with a certificate that only it vouches for.

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;

/// Gives every question the same answer. It runs until the test process ends.
pub(crate) struct SecureServer {
    pub(crate) port: u16,
    certificate: PathBuf,
    asked: Arc<Mutex<Vec<String>>>,
}

impl SecureServer {
    /// A server that answers with `status`, the lines `headers` (each with its line end), and `body`.
    pub(crate) fn start(status: &str, headers: &str, body: &str) -> Self {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]);
        let made = made.expect("a certificate");
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let provider = rustls::crypto::ring::default_provider();
        let config = ServerConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], PrivateKeyDer::Pkcs8(key))
            .expect("the key is that of the certificate");

        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("a port").port();
        let directory = std::env::temp_dir();
        let certificate = directory.join(format!("racecourse-weather-{port}.pem"));
        fs::write(&certificate, made.cert.pem()).expect("a temporary file");

        let length = body.len();
        let answer = format!(
            "HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        );
        let asked = Arc::new(Mutex::new(Vec::new()));
        let server = Self {
            port,
            certificate,
            asked: Arc::clone(&asked),
        };
        let config = Arc::new(config);
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (config, answer) = (Arc::clone(&config), answer.clone());
                let asked = Arc::clone(&asked);
                thread::spawn(move || {
                    // Who does not trust the certificate hangs up.
                    let _ = attend(connection, config, &answer, &asked);
                });
            }
        });
        server
    }

    /// The file with its certificate.
    pub(crate) fn certificate(&self) -> &str {
        self.certificate.to_str().expect("UTF-8")
    }

    /// The addresses that it was asked for, without its own.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no test panics with it").clone()
    }
}

impl Drop for SecureServer {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.certificate);
    }
}

fn attend(
    connection: TcpStream,
    config: Arc<ServerConfig>,
    answer: &str,
    asked: &Mutex<Vec<String>>,
) -> io::Result<()> {
    let session = ServerConnection::new(config).map_err(io::Error::other)?;
    let mut stream = BufReader::new(StreamOwned::new(session, connection));
    let mut line = String::new();
    stream.read_line(&mut line)?;
    if let Some(address) = line.split(' ').nth(1) {
        let mut asked = asked.lock().expect("no test panics with it");
        asked.push(address.to_owned());
    }
    while line != "\r\n" {
        line.clear();
        if stream.read_line(&mut line)? == 0 {
            return Ok(());
        }
    }
    let stream = stream.get_mut();
    stream.write_all(answer.as_bytes())?;
    stream.conn.send_close_notify();
    stream.flush()
}
