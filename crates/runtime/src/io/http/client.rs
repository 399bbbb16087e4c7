//! The client's side: a request, on a connection that is open already or a new one, and what comes back.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper::header::{HOST, HeaderValue};
use hyper::rt::{Read, Write};
use hyper::{Method, Request, Uri};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use super::body::{Outgoing, Received};
use super::pool::{Connection, Idle, Server};
use super::{Headers, add_headers, headers_of};
use crate::io::pipe::{Writer, pipe};
use crate::io::tls;

/// A request to make.
pub struct Wanted {
    pub method: Method,
    pub uri: Uri,
    pub headers: Headers,
    /// None is written in pieces.
    pub body: Option<Vec<u8>>,
    /// Certificates to trust instead of the system's, as PEM.
    pub authorities: Option<String>,
}

/// What a server answered.
pub struct Response {
    pub status: u16,
    pub headers: Headers,
    pub body: Received,
}

type Made = Result<hyper::Response<Incoming>, String>;

/// A request on its way. It is given up when it is dropped before its answer came.
pub struct Call {
    answer: Mutex<Option<oneshot::Receiver<Made>>>,
    writer: Option<Writer>,
    task: AbortHandle,
}

impl Drop for Call {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Call {
    /// Must be called inside the reactor.
    pub fn start(wanted: Wanted, idle: Idle) -> Call {
        let (writer, body) = match wanted.body {
            Some(bytes) => (None, Outgoing::whole(bytes)),
            None => {
                let (writer, reader) = pipe();
                (Some(writer), Outgoing::pieces(reader))
            }
        };
        let (sender, answer) = oneshot::channel();
        let head = Head {
            method: wanted.method,
            uri: wanted.uri,
            headers: wanted.headers,
            authorities: wanted.authorities,
        };
        let task = tokio::spawn(async move {
            // Who asked may be gone.
            let _ = sender.send(make(head, body, idle).await);
        });
        Call { answer: Mutex::new(Some(answer)), writer, task: task.abort_handle() }
    }

    pub fn writer(&self) -> Option<&Writer> {
        self.writer.as_ref()
    }

    fn lock(&self) -> MutexGuard<'_, Option<oneshot::Receiver<Made>>> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The head of the answer, once.
    pub fn poll_answer(&self, context: &mut Context) -> Poll<Result<Response, String>> {
        let mut answer = self.lock();
        let Some(receiver) = answer.as_mut() else {
            return Poll::Ready(Err("the answer was taken already".to_string()));
        };
        let made = ready!(std::pin::Pin::new(receiver).poll(context));
        *answer = None;
        let response = made.map_err(|_| "the request was given up".to_string()).flatten();
        Poll::Ready(response.map(|response| {
            let (head, body) = response.into_parts();
            Response {
                status: head.status.as_u16(),
                headers: headers_of(&head.headers),
                body: Received::new(Some(body)),
            }
        }))
    }
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

struct Head {
    method: Method,
    uri: Uri,
    headers: Headers,
    authorities: Option<String>,
}

/// Makes a request; the error is a text.
async fn make(head: Head, body: Outgoing, idle: Idle) -> Made {
    let Some((host, port, is_secret)) = target_of(&head.uri) else {
        return Err("the URL must begin with http:// or https:// and name a host".to_string());
    };
    let server = Server { host, port, is_secret, authorities: head.authorities.clone() };
    let mut body = body;
    while let Some(connection) = idle.take(&server) {
        let request = request_of(&head, body, &connection)?;
        match send(request, connection, &server, &idle).await {
            Ok(response) => return Ok(response),
            // The server had closed it meanwhile, and has seen nothing of this.
            Err((_, Some(unsent))) => body = unsent.into_body(),
            Err((error, None)) => return Err(error),
        }
    }
    let connection = connect(&server).await?;
    if let Connection::Second(sender) = &connection {
        idle.put(server.clone(), Connection::Second(sender.clone()));
    }
    let request = request_of(&head, body, &connection)?;
    send(request, connection, &server, &idle).await.map_err(|(error, _)| error)
}

fn request_of(head: &Head, body: Outgoing, connection: &Connection) -> Result<Request<Outgoing>, String> {
    let mut request = Request::new(body);
    *request.method_mut() = head.method.clone();
    add_headers(request.headers_mut(), &head.headers);
    match connection {
        Connection::First(_) => {
            let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
            *request.uri_mut() = Uri::try_from(target).map_err(|error| error.to_string())?;
            if let Some(host) = head.uri.authority()
                && let Ok(host) = HeaderValue::try_from(host.as_str())
            {
                request.headers_mut().insert(HOST, host);
            }
        }
        Connection::Second(_) => {
            *request.uri_mut() = head.uri.clone();
            request.headers_mut().remove(HOST);
        }
    }
    Ok(request)
}

type Sent = Result<hyper::Response<Incoming>, (String, Option<Request<Outgoing>>)>;

async fn send(request: Request<Outgoing>, connection: Connection, server: &Server, idle: &Idle) -> Sent {
    match connection {
        Connection::First(mut sender) => {
            let response = sender.try_send_request(request).await;
            let response = response.map_err(|mut error| {
                let unsent = error.take_message();
                (text(error.into_error()), unsent)
            })?;
            let (server, idle) = (server.clone(), idle.clone());
            tokio::spawn(async move {
                // It can be used again when the answer has come whole.
                if sender.ready().await.is_ok() {
                    idle.put(server, Connection::First(sender));
                }
            });
            Ok(response)
        }
        Connection::Second(mut sender) => sender.try_send_request(request).await.map_err(|mut error| {
            let unsent = error.take_message();
            (text(error.into_error()), unsent)
        }),
    }
}

/// What went wrong, with its cause, which says more.
fn text(error: hyper::Error) -> String {
    match std::error::Error::source(&error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

async fn connect(server: &Server) -> Result<Connection, String> {
    let address = (server.host.as_str(), server.port);
    let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
    stream.set_nodelay(true).map_err(|error| error.to_string())?;
    if !server.is_secret {
        return greet(TokioIo::new(stream), false).await;
    }
    let connector = tls::connector(server.authorities.as_deref())?;
    let name = tls::server_name(server.host.clone())?;
    let stream = connector.connect(name, stream).await.map_err(|error| error.to_string())?;
    let is_second = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    greet(TokioIo::new(stream), is_second).await
}

async fn greet(
    io: impl Read + Write + Unpin + Send + 'static,
    is_second: bool,
) -> Result<Connection, String> {
    if is_second {
        let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await.map_err(text)?;
        tokio::spawn(connection);
        return Ok(Connection::Second(sender));
    }
    let (sender, connection) = http1::handshake(io).await.map_err(text)?;
    tokio::spawn(connection);
    Ok(Connection::First(sender))
}
