//! A small HTTP server that sends one file, from the middle if asked to.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use sha2::{Digest, Sha256};

pub struct Server {
    port: u16,
    pub requests: Arc<AtomicUsize>,
    /// The connection is cut when this many bytes of the file were sent.
    pub break_off_at: Arc<AtomicUsize>,
    /// Where the sent parts begin.
    pub sent_from: Arc<Mutex<Vec<usize>>>,
}

impl Server {
    /// Serves `body` under every path but `/missing` until the test ends.
    pub fn start(body: Vec<u8>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Server {
            port: listener.local_addr().unwrap().port(),
            requests: Arc::default(),
            break_off_at: Arc::new(AtomicUsize::new(usize::MAX)),
            sent_from: Arc::default(),
        };
        let (requests, limit, sent) =
            (server.requests.clone(), server.break_off_at.clone(), server.sent_from.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                requests.fetch_add(1, Ordering::Relaxed);
                answer(stream, &body, limit.load(Ordering::Relaxed), &sent);
            }
        });
        server
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// A client that closes the connection early is no failure of the server.
fn answer(mut stream: TcpStream, body: &[u8], limit: usize, sent: &Mutex<Vec<usize>>) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let path = lines.next().unwrap_or_default();
    let mut from = None;
    for line in lines.take_while(|line| !line.is_empty()) {
        if let Some(range) = line.to_lowercase().strip_prefix("range: bytes=") {
            from = range.trim_end_matches('-').parse::<usize>().ok();
        }
    }
    if path.contains("/missing") {
        _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        return;
    }
    let first = from.unwrap_or(0);
    sent.lock().unwrap().push(first);
    let status = if from.is_some() { "206 Partial Content" } else { "200 OK" };
    let length = body.len() - first;
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    _ = stream.write_all(head.as_bytes());
    _ = stream.write_all(&body[first..body.len().min(limit.max(first))]);
}

pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
