//! The server's side: connections become requests that wait to be taken.
//!
//! A request that waits for its process costs no thread. When nobody will answer any more, because the process has ended,
//! the client is told so. Everything that a stranger may make grow has a bound: connections, heads, requests at a time,
//! and the time that each of them takes.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Incoming};
use hyper::header::{HOST, HeaderValue};
use hyper::rt::{Read, Write};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Version};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::body::{Outgoing, Received};
use super::{Headers, add_headers, headers_of};
use crate::io::patient::Patient;
use crate::io::pipe::{Writer, pipe};

/// Connections at a time; further ones wait in the system's queue.
const CONNECTIONS_MAX: usize = 16_384;
/// Requests at a time that are not answered to their end; further ones wait with their connections.
const EXCHANGES_MAX: usize = 10_000;
/// Requests that no process has taken yet.
const WAITING_MAX: usize = 256;
/// How long a client may take for a head, and be silent between two requests.
const HEAD_TIME_MAX: Duration = Duration::from_secs(60);
/// What a head may have.
const HEAD_BYTES_MAX: usize = 64 << 10;
/// Requests at a time on one connection of HTTP/2.
const STREAMS_MAX: u32 = 128;
/// How a client says that it speaks HTTP/2 without TLS.
const PREFACE: &[u8] = b"PRI ";

/// What a client asks.
pub struct Exchange {
    pub method: String,
    pub target: String,
    pub headers: Headers,
    /// None where there is none.
    pub body: Option<Received>,
    pub reply: Reply,
}

struct Answer {
    status: u16,
    headers: Headers,
    body: Outgoing,
}

enum Progress {
    Asked(oneshot::Sender<Answer>),
    /// The head is sent; the body is written.
    Begun(Writer),
    Answered,
}

/// Where the answer to one request goes.
pub struct Reply(Mutex<Progress>);

impl Reply {
    fn send(&self, status: u16, headers: Headers, body: Outgoing, next: Progress) -> bool {
        let mut progress = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *progress, next) {
            Progress::Asked(sender) => sender.send(Answer { status, headers, body }).is_ok(),
            before @ (Progress::Begun(_) | Progress::Answered) => {
                *progress = before;
                false
            }
        }
    }

    /// A whole answer; false when it was answered already, or the client is gone.
    pub fn answer(&self, status: u16, headers: Headers, body: Vec<u8>) -> bool {
        self.send(status, headers, Outgoing::whole(body), Progress::Answered)
    }

    /// An answer whose body will be written in pieces; false as with `answer`.
    pub fn begin(&self, status: u16, headers: Headers) -> bool {
        let (writer, reader) = pipe();
        self.send(status, headers, Outgoing::pieces(reader), Progress::Begun(writer))
    }

    /// Does something with the body that is written, if it was begun.
    pub fn with_writer<T>(&self, act: impl FnOnce(&Writer) -> T) -> Option<T> {
        match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Progress::Begun(writer) => Some(act(writer)),
            Progress::Asked(_) | Progress::Answered => None,
        }
    }
}

/// What all connections of a server share.
struct Door {
    acceptor: Option<TlsAcceptor>,
    exchanges: mpsc::Sender<Exchange>,
    places: Arc<Semaphore>,
}

/// Takes connections until it is dropped.
pub struct Server {
    requests: Mutex<mpsc::Receiver<Exchange>>,
    pub address: SocketAddr,
    task: AbortHandle,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Must be called inside the reactor.
    pub fn start(listener: TcpListener, acceptor: Option<TlsAcceptor>) -> std::io::Result<Server> {
        let address = listener.local_addr()?;
        let (exchanges, receiver) = mpsc::channel(WAITING_MAX);
        let places = Arc::new(Semaphore::new(EXCHANGES_MAX));
        let door = Arc::new(Door { acceptor, exchanges, places });
        let task = tokio::spawn(accept_all(listener, door)).abort_handle();
        Ok(Server { requests: Mutex::new(receiver), address, task })
    }

    /// The next request; nothing once no more can come.
    pub fn poll_next(&self, context: &mut Context) -> Poll<Option<Exchange>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).poll_recv(context)
    }
}

async fn accept_all(listener: TcpListener, door: Arc<Door>) {
    let connections = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(place) = connections.clone().acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(serve(stream, door.clone(), place))),
            // The system has no more files, most likely: some may be closed soon.
            Err(_) => sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn serve(stream: TcpStream, door: Arc<Door>, _place: OwnedSemaphorePermit) {
    // Answers are short and waited for; where the system refuses this they are only later.
    let _ = stream.set_nodelay(true);
    match door.acceptor.clone() {
        None => {
            let Ok(is_second) = timeout(HEAD_TIME_MAX, speaks_second(&stream)).await else { return };
            serve_on(TokioIo::new(stream), is_second, door).await;
        }
        Some(acceptor) => {
            if let Ok(Ok(stream)) = timeout(HEAD_TIME_MAX, acceptor.accept(stream)).await {
                let is_second = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                serve_on(TokioIo::new(stream), is_second, door).await;
            }
        }
    }
}

/// Whether a client begins with HTTP/2, which it says by its first bytes.
async fn speaks_second(stream: &TcpStream) -> bool {
    let mut bytes = [0; PREFACE.len()];
    loop {
        match stream.peek(&mut bytes).await {
            Ok(count) if count == PREFACE.len() => return bytes == PREFACE,
            Ok(count) if count > 0 && bytes[..count] == PREFACE[..count] => {
                sleep(Duration::from_millis(10)).await;
            }
            Ok(_) | Err(_) => return false,
        }
    }
}

/// What goes wrong on a connection is its client's affair.
async fn serve_on(io: impl Read + Write + Unpin, is_second: bool, door: Arc<Door>) {
    let io = Patient::new(io);
    let service = service_fn(|request| ask(request, door.clone()));
    if is_second {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.timer(TokioTimer::new()).keep_alive_interval(HEAD_TIME_MAX);
        builder.max_concurrent_streams(STREAMS_MAX).max_header_list_size(HEAD_BYTES_MAX as u32);
        let connection = pin!(builder.serve_connection(io, service));
        let _ = until_closed(connection, |connection| connection.graceful_shutdown(), &door).await;
    } else {
        let mut builder = http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME_MAX);
        builder.max_buf_size(HEAD_BYTES_MAX);
        let connection = pin!(builder.serve_connection(io, service));
        let _ = until_closed(connection, |connection| connection.graceful_shutdown(), &door).await;
    }
}

/// Keeps a connection to its end. Once the server is closed it takes no further request.
async fn until_closed<C: Future>(
    mut connection: Pin<&mut C>,
    end: impl Fn(Pin<&mut C>),
    door: &Door,
) -> C::Output {
    let mut closed = pin!(door.exchanges.closed());
    let mut is_closed = false;
    poll_fn(|context| {
        if !is_closed && closed.as_mut().poll(context).is_ready() {
            is_closed = true;
            end(connection.as_mut());
        }
        connection.as_mut().poll(context)
    })
    .await
}

/// Hands a request to the processes, and waits for their answer.
async fn ask(request: Request<Incoming>, door: Arc<Door>) -> Result<Response<Outgoing>, Infallible> {
    let place = match door.places.clone().acquire_owned().await {
        Ok(place) => place,
        Err(_) => return Ok(plain(StatusCode::SERVICE_UNAVAILABLE)),
    };
    let (mut head, body) = request.into_parts();
    if head.version == Version::HTTP_2
        && let Some(host) = head.uri.authority()
        && let Ok(host) = HeaderValue::try_from(host.as_str())
    {
        head.headers.entry(HOST).or_insert(host);
    }
    let (reply, answer) = oneshot::channel();
    let exchange = Exchange {
        method: head.method.to_string(),
        target: head.uri.path_and_query().map_or_else(|| head.uri.to_string(), |target| target.to_string()),
        headers: headers_of(&head.headers),
        body: (!body.is_end_stream()).then(|| Received::new(Some(body))),
        reply: Reply(Mutex::new(Progress::Asked(reply))),
    };
    if door.exchanges.send(exchange).await.is_err() {
        return Ok(plain(StatusCode::SERVICE_UNAVAILABLE));
    }
    let Ok(answer) = answer.await else { return Ok(plain(StatusCode::INTERNAL_SERVER_ERROR)) };
    let mut response = Response::new(answer.body.with_place(place));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    add_headers(response.headers_mut(), &answer.headers);
    Ok(response)
}

fn plain(status: StatusCode) -> Response<Outgoing> {
    let mut response = Response::new(Outgoing::whole(format!("{status}\n").into_bytes()));
    *response.status_mut() = status;
    response
}
