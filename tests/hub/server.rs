//! A small HTTP server whose answers can be cut off, held back and wrong.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::lab::PATIENCE;

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// The target: a path, or a whole URL if it was sent to a proxy.
    pub(crate) path: String,
    headers: HashMap<String, String>,
    /// How many requests of the same method and path came before.
    pub(crate) before: usize,
}

impl Request {
    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The byte from which on a range asks for the content.
    pub(crate) fn from(&self) -> Option<usize> {
        self.header("range")?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
    }
}

/// What a server answers.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// How much of the body is sent; the rest comes when the gate opens, if it does.
    sent: Option<usize>,
    gate: Option<CancellationToken>,
    silent: bool,
}

impl Reply {
    /// An answer with nothing in it.
    pub(crate) fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), sent: None, gate: None, silent: false }
    }

    /// Sets a header, in place of what it was.
    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self = self.without(name);
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Takes a header away.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self
    }

    /// Sets the body.
    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Closes the connection after so many bytes of the body, whose full length was announced.
    pub(crate) fn cut_after(mut self, bytes: usize) -> Self {
        self.sent = Some(bytes);
        self
    }

    /// Sends so many bytes of the body, and the rest when the gate opens.
    pub(crate) fn hold_after(mut self, bytes: usize, gate: &CancellationToken) -> Self {
        (self.sent, self.gate) = (Some(bytes), Some(gate.clone()));
        self
    }

    /// Says nothing at all, and keeps the connection open.
    pub(crate) fn never() -> Self {
        Self { silent: true, ..Self::new(200) }
    }
}

type Answer = Arc<dyn Fn(&Request) -> Reply + Send + Sync>;

/// A server on a free port of this machine, until the runtime is dropped.
pub(crate) struct Server {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<Request>>>,
    arrivals: watch::Receiver<usize>,
}

impl Server {
    /// Starts to answer.
    pub(crate) fn start(runtime: &Runtime, answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (arrived, arrivals) = watch::channel(0);
        let (answer, arrived, shared): (Answer, _, _) = (Arc::new(answer), Arc::new(arrived), Arc::clone(&requests));
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&answer), Arc::clone(&shared), Arc::clone(&arrived)));
            }
        });
        Self { url, requests, arrivals }
    }

    /// What has arrived, in order.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("no test panics here").clone()
    }

    /// What has arrived as `METHOD path`, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| format!("{} {}", request.method, request.path)).collect()
    }

    /// Waits until so many requests have arrived.
    pub(crate) async fn arrived(&self, number: usize) {
        let mut arrivals = self.arrivals.clone();
        let waited = timeout(PATIENCE, arrivals.wait_for(|&arrived| arrived >= number)).await;
        waited.expect("the server is asked").expect("the server is there");
    }
}

async fn serve(
    mut stream: TcpStream,
    answer: Answer,
    requests: Arc<Mutex<Vec<Request>>>,
    arrived: Arc<watch::Sender<usize>>,
) {
    let Some(mut request) = read_request(&mut stream).await else { return };
    {
        let mut requests = requests.lock().expect("no test panics here");
        let same = |other: &&Request| (&other.method, &other.path) == (&request.method, &request.path);
        request.before = requests.iter().filter(same).count();
        requests.push(request.clone());
    }
    let reply = answer(&request);
    arrived.send_modify(|arrived| *arrived += 1);
    let _ = write_reply(&mut stream, &request, reply).await;
}

async fn write_reply(stream: &mut TcpStream, request: &Request, reply: Reply) -> std::io::Result<()> {
    if reply.silent {
        return stream.read(&mut [0; 1]).await.map(drop);
    }
    let mut head = format!("HTTP/1.1 {} Whatever\r\nConnection: close\r\n", reply.status);
    if !reply.headers.iter().any(|(name, _)| name == "Content-Length" || name == "Transfer-Encoding") {
        head.push_str(&format!("Content-Length: {}\r\n", reply.body.len()));
    }
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).await?;
    if request.method == "HEAD" {
        return Ok(());
    }
    let (now, later) = reply.body.split_at(reply.sent.unwrap_or(reply.body.len()).min(reply.body.len()));
    stream.write_all(now).await?;
    if let Some(gate) = reply.gate {
        stream.flush().await?;
        gate.cancelled().await;
        stream.write_all(later).await?;
    }
    Ok(())
}

async fn read_request(stream: &mut TcpStream) -> Option<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?;
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ').map(str::to_owned);
    let (method, path) = (first.next()?, first.next()?);
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    Some(Request { method, path, headers, before: 0 })
}
