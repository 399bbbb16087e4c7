//! HTTP/1.1: hyper serves and makes connections on the reactor's thread; processes take requests and give answers.
//!
//! A request that waits for its process costs no thread. When nobody will answer any more, because the process has ended,
//! the client is told so.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::rt::{Read, Write};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;
use tokio_rustls::TlsAcceptor;

use super::tls;

/// What a body may have; more is refused.
pub const BODY_BYTES_MAX: usize = 64 << 20;
/// Requests that no process has taken yet; further ones wait with their connections.
const WAITING_MAX: usize = 1024;
/// How long a client may take for a head, and be silent between two requests.
const HEAD_TIME_MAX: Duration = Duration::from_secs(60);

/// Names and values, in the order in which they stand.
pub type Headers = Vec<(String, String)>;

/// What a client asks.
pub struct Exchange {
    pub method: String,
    pub target: String,
    pub headers: Headers,
    pub body: Bytes,
    pub reply: Reply,
}

/// What it is told.
pub struct Answer {
    pub status: u16,
    pub headers: Headers,
    pub body: Vec<u8>,
}

/// Where the answer to one request goes.
pub struct Reply(Mutex<Option<oneshot::Sender<Answer>>>);

impl Reply {
    /// False when it was answered already, or the client is gone.
    pub fn send(&self, answer: Answer) -> bool {
        let sender = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        sender.is_some_and(|sender| sender.send(answer).is_ok())
    }
}

/// Takes connections until it is dropped.
pub struct Server {
    requests: Mutex<mpsc::Receiver<Exchange>>,
    pub address: SocketAddr,
    task: AbortHandle,
    /// Who waits for a request, and is told when none will come any more.
    waiting: Mutex<Option<Waker>>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
        let waiting = self.waiting.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(waker) = waiting {
            waker.wake();
        }
    }
}

impl Server {
    /// Must be called inside the reactor.
    pub fn start(listener: TcpListener, acceptor: Option<TlsAcceptor>) -> std::io::Result<Server> {
        let address = listener.local_addr()?;
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let task = tokio::spawn(accept_all(listener, acceptor, sender)).abort_handle();
        Ok(Server { requests: Mutex::new(receiver), address, task, waiting: Mutex::default() })
    }

    /// The next request; nothing once no more can come.
    pub fn poll_next(&self, context: &mut Context) -> Poll<Option<Exchange>> {
        let polled = self.requests.lock().unwrap_or_else(PoisonError::into_inner).poll_recv(context);
        if polled.is_pending() {
            *self.waiting.lock().unwrap_or_else(PoisonError::into_inner) = Some(context.waker().clone());
        }
        polled
    }
}

async fn accept_all(listener: TcpListener, acceptor: Option<TlsAcceptor>, sender: mpsc::Sender<Exchange>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(serve(stream, acceptor.clone(), sender.clone()))),
            // The system has no more files, most likely: some may be closed soon.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn serve(stream: TcpStream, acceptor: Option<TlsAcceptor>, sender: mpsc::Sender<Exchange>) {
    // Answers are short and waited for; where the system refuses this they are only later.
    let _ = stream.set_nodelay(true);
    match acceptor {
        None => serve_on(TokioIo::new(stream), sender).await,
        Some(acceptor) => {
            if let Ok(stream) = acceptor.accept(stream).await {
                serve_on(TokioIo::new(stream), sender).await;
            }
        }
    }
}

async fn serve_on(io: impl Read + Write + Unpin, sender: mpsc::Sender<Exchange>) {
    let service = service_fn(|request| ask(request, sender.clone()));
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME_MAX);
    // What goes wrong on a connection is its client's affair.
    let _ = builder.serve_connection(io, service).await;
}

/// Hands a request to the processes, and waits for their answer.
async fn ask(
    request: Request<Incoming>,
    sender: mpsc::Sender<Exchange>,
) -> Result<Response<Full<Bytes>>, std::convert::Infallible> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, BODY_BYTES_MAX).collect().await else {
        return Ok(plain(StatusCode::PAYLOAD_TOO_LARGE));
    };
    let (reply, answer) = oneshot::channel();
    let exchange = Exchange {
        method: head.method.to_string(),
        target: head.uri.to_string(),
        headers: headers_of(&head.headers),
        body: body.to_bytes(),
        reply: Reply(Mutex::new(Some(reply))),
    };
    if sender.send(exchange).await.is_err() {
        return Ok(plain(StatusCode::SERVICE_UNAVAILABLE));
    }
    let Ok(answer) = answer.await else { return Ok(plain(StatusCode::INTERNAL_SERVER_ERROR)) };
    let mut response = Response::new(Full::new(Bytes::from(answer.body)));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    add_headers(response.headers_mut(), &answer.headers);
    Ok(response)
}

fn plain(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(format!("{status}\n"))));
    *response.status_mut() = status;
    response
}

/// Of a name that stands several times the values are joined.
fn headers_of(map: &HeaderMap) -> Headers {
    let mut headers: Headers = Vec::with_capacity(map.len());
    for (name, value) in map {
        let value = String::from_utf8_lossy(value.as_bytes());
        match headers.last_mut() {
            // A map gives the values of one name together.
            Some((last, text)) if last == name.as_str() => {
                text.push_str(", ");
                text.push_str(&value);
            }
            _ => headers.push((name.to_string(), value.into_owned())),
        }
    }
    headers
}

/// Whoever gives headers had them checked before.
fn add_headers(map: &mut HeaderMap, headers: &Headers) {
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            map.append(name, value);
        }
    }
}

/// Whether a header can be sent: no ends of lines, above all.
pub fn is_header(name: &str, value: &str) -> bool {
    HeaderName::try_from(name).is_ok() && HeaderValue::try_from(value).is_ok()
}

/// A request to make.
pub struct Call {
    pub method: Method,
    pub uri: Uri,
    pub headers: Headers,
    pub body: Vec<u8>,
    /// Certificates to trust instead of the system's, as PEM.
    pub authorities: Option<String>,
}

/// The host and port that a URL stands for, and whether the connection is secret.
pub fn target_of(uri: &Uri) -> Option<(String, u16, bool)> {
    let is_secret = match uri.scheme_str()? {
        "http" => false,
        "https" => true,
        _ => return None,
    };
    let host = uri.host()?.trim_matches(['[', ']']).to_string();
    Some((host, uri.port_u16().unwrap_or(if is_secret { 443 } else { 80 }), is_secret))
}

/// Makes a request on a connection of its own; the error is a text.
pub async fn call(call: Call) -> Result<Answer, String> {
    let Some((host, port, is_secret)) = target_of(&call.uri) else {
        return Err("the URL must begin with http:// or https:// and name a host".to_string());
    };
    let stream = TcpStream::connect((host.as_str(), port)).await.map_err(|error| error.to_string())?;
    stream.set_nodelay(true).map_err(|error| error.to_string())?;
    if !is_secret {
        return call_on(TokioIo::new(stream), call).await;
    }
    let connector = tls::connector(call.authorities.as_deref())?;
    let name = tls::server_name(host)?;
    let stream = connector.connect(name, stream).await.map_err(|error| error.to_string())?;
    call_on(TokioIo::new(stream), call).await
}

async fn call_on(io: impl Read + Write + Unpin + Send + 'static, call: Call) -> Result<Answer, String> {
    let text = |error: hyper::Error| error.to_string();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.map_err(text)?;
    let connection = tokio::spawn(connection);
    let target = call.uri.path_and_query().map_or("/", |target| target.as_str()).to_string();
    let mut request = Request::new(Full::new(Bytes::from(call.body)));
    *request.method_mut() = call.method;
    *request.uri_mut() = Uri::try_from(target).map_err(|error| error.to_string())?;
    add_headers(request.headers_mut(), &call.headers);
    if let Some(host) = call.uri.authority()
        && let Ok(host) = HeaderValue::try_from(host.as_str())
    {
        request.headers_mut().insert(hyper::header::HOST, host);
    }
    let response = sender.send_request(request).await.map_err(text)?;
    let (head, body) = response.into_parts();
    let body = Limited::new(body, BODY_BYTES_MAX).collect().await.map_err(|error| error.to_string())?;
    connection.abort();
    Ok(Answer {
        status: head.status.as_u16(),
        headers: headers_of(&head.headers),
        body: body.to_bytes().to_vec(),
    })
}
