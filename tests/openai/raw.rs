//! A server that speaks bytes, for what a well-behaved mock server cannot do.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Longer than anything takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// What the server does once a request has arrived in full.
#[derive(Clone, Copy)]
pub(crate) enum Then {
    /// Writes these bytes and closes the connection.
    Close(&'static str),
    /// Writes these bytes and keeps the connection open until the client closes it.
    Hold(&'static str),
    /// Writes these bytes after every request on the same connection.
    Repeat(&'static str),
    /// Writes a chunked answer that only ends when the client has had enough.
    Flood,
}

/// What happened at the server.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// A request arrived in full and was reacted to.
    Request,
    /// The client closed a connection.
    Gone,
}

/// A raw server on a free port of this machine.
pub(crate) struct RawServer {
    pub(crate) base_url: String,
    pub(crate) seen: mpsc::UnboundedReceiver<Seen>,
    connections: Arc<AtomicUsize>,
}

impl RawServer {
    /// Listens until the runtime is dropped.
    pub(crate) fn start(runtime: &Runtime, then: Then) -> Self {
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port is free");
        let base_url = format!("http://{}/v1", listener.local_addr().expect("it is bound"));
        let (report, seen) = mpsc::unbounded_channel();
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&connections);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, then, report.clone()));
            }
        });
        Self { base_url, seen, connections }
    }

    /// Waits until so many requests have arrived.
    pub(crate) async fn requests(&mut self, mut number: usize) {
        while number > 0 {
            let seen = timeout(PATIENCE, self.seen.recv()).await.expect("the server is reached");
            number -= usize::from(seen == Some(Seen::Request));
        }
    }

    /// How many connections were made.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn serve(mut stream: TcpStream, then: Then, report: mpsc::UnboundedSender<Seen>) {
    read_request(&mut stream).await;
    match then {
        Then::Close(bytes) => {
            let _ = stream.write_all(bytes.as_bytes()).await;
            let _ = report.send(Seen::Request);
        }
        Then::Hold(bytes) => {
            let _ = stream.write_all(bytes.as_bytes()).await;
            let _ = report.send(Seen::Request);
            let _ = stream.read(&mut [0; 1]).await;
            let _ = report.send(Seen::Gone);
        }
        Then::Repeat(bytes) => {
            while stream.write_all(bytes.as_bytes()).await.is_ok() && read_request(&mut stream).await {}
        }
        Then::Flood => {
            let _ = report.send(Seen::Request);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await;
            let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
            while stream.write_all(chunk.as_bytes()).await.is_ok() {}
            let _ = report.send(Seen::Gone);
        }
    }
}

/// Reads a head and as much body as it announces, and says whether there was any.
async fn read_request(stream: &mut TcpStream) -> bool {
    let mut request = Vec::new();
    loop {
        let mut bytes = [0; 4096];
        let count = stream.read(&mut bytes).await.unwrap_or(0);
        request.extend_from_slice(&bytes[..count]);
        let text = String::from_utf8_lossy(&request).to_lowercase();
        let length = text.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse::<usize>().ok());
        let body = text.split_once("\r\n\r\n").map(|(_, body)| body.len());
        if count == 0 || body.is_some_and(|body| body >= length.unwrap_or(0)) {
            return !request.is_empty();
        }
    }
}
