//! HTTP. What takes a function, or makes values of the library's classes, is Dunlin code.

use heap::Value;
use hyper::{Method, Uri};
use vm::{Cx, Exit};

use super::rows;
use super::sockets::{
    IO_TICKS, READ_BYTES_MAX, content_of, handle_of, host_addresses, may_reach, port_of, register, socket_of,
    with_socket,
};
use crate::io::http::{
    Call, Exchange, Headers, Received, Reply, Response, Server, Wanted, is_header, target_of,
};
use crate::io::socket::{Kind, Socket};
use crate::io::tls;
use crate::local::local;

rows! {
    /// Listens for HTTP requests; port 0 takes a free one. With a certificate and its key, as PEM texts, by TLS. Gives a
    /// Socket for `http.serve`. Clients may speak HTTP/1.1 or HTTP/2.
    ///
    ///     import http
    ///     print(http.listen(0).port() > 0) // expect: true
    "http.listen" "(port: Int, host: String = \"127.0.0.1\", certificate: String = nil, key: String = nil)" listen;
    /// Answers requests, each in a process of its own, until the server is closed. The function gets an HttpRequest
    /// (`method`, `target`, `path()`, `query()`, `headers` by names in small letters, `body`, `text()`) and gives an
    /// HttpResponse, a String or Bytes. When it throws, the answer is 500.
    ///
    /// A body of more than `body_max` bytes is answered by 413. With `stream: true` the function is called as soon as the
    /// head is there, and the body is a Socket to `read` from, however long it is. An answer whose body is no text and no
    /// Bytes is sent in pieces: those that its iterator gives, each when the client took those before, or all that can be
    /// read from a Socket.
    ///
    ///     import http
    ///     let server = http.listen(0)
    ///     fn* count() { for n in 1..=3 { yield "${n} " } }
    ///     spawn { http.serve(server, |request| if request.path() == "/count" { count() } else { "what?" }) }
    ///     print(http.get("http://127.0.0.1:${server.port()}/count").text().trim()) // expect: 1 2 3
    "http.serve" "(server: Socket, handler: Callable, stream: Bool = false, body_max: Int = 64000000)" decline => "__http_serve";
    /// Asks a server: gives an HttpResponse (`status`, `headers`, `body`, `text()`). `authorities` are certificates to
    /// trust instead of the system's, as a PEM text. Redirections are not followed. With `stream: true` the body is a
    /// Socket to `read` from; otherwise one of more than `body_max` bytes is an IOError. Connections are kept for the next
    /// request.
    ///
    ///     import http
    ///     let server = http.listen(0)
    ///     spawn { http.serve(server, |request| HttpResponse(404, {}, "nothing here")) }
    ///     let answer = http.get("http://127.0.0.1:${server.port()}/", stream: true)
    ///     print(answer.status, answer.body.read(7)) // expect: 404 b"nothing"
    "http.get" "(url, headers = {}, timeout = 30000, authorities = nil, stream = false, body_max = 64000000)"
        decline => "__http_get";
    /// Sends a String or Bytes to a server, or in pieces what an iterator gives or a Socket reads: gives an HttpResponse.
    ///
    ///     import http
    ///     let server = http.listen(0)
    ///     spawn { http.serve(server, |request| request.text().upper()) }
    ///     print(http.post("http://127.0.0.1:${server.port()}/", ["lo", "ud"]).text()) // expect: LOUD
    "http.post"
        "(url, body, headers = {}, timeout = 30000, authorities = nil, stream = false, body_max = 64000000)"
        decline => "__http_post";
    /// Asks a server with any method: gives an HttpResponse.
    ///
    ///     import http
    ///     let server = http.listen(0)
    ///     spawn { http.serve(server, |request| request.method) }
    ///     print(http.request("DELETE", "http://127.0.0.1:${server.port()}/").text()) // expect: DELETE
    "http.request"
        "(method, url, headers = {}, body = \"\", timeout = 30000, authorities = nil, stream = false, body_max = 64000000)"
        decline => "__http_request";
    #[doc = " The next request of a server: what answers it, method, target, headers, body (Bytes, or a Socket)."]
    "__http_next" "(server, stream)" next;
    #[doc = " A socket for the running process alone: it ends with it, whoever else had a handle."]
    "__socket_own" "(socket)" own;
    #[doc = " Answers a request; false when nobody waits for the answer any more."]
    "__http_answer" "(request, status, headers, body)" answer;
    #[doc = " Begins to answer a request: what is written to it is the body, until its end is said."]
    "__http_begin" "(request, status, headers)" begin;
    #[doc = " All of a body; nil when it has more than so many bytes."]
    "__http_collect" "(body, bytes_max, timeout)" collect;
    #[doc = " Starts a request; a body of nil is written to it."]
    "__http_start" "(method, url, headers, body, authorities)" start;
    #[doc = " The answer to a request: status, headers, body as a Socket."]
    "__http_response" "(call, timeout)" response;
}

/// Room for what small objects an exchange makes beside its texts.
const EXTRA_BYTES: usize = 4096;

fn decline(_: &mut Cx, _: &[Value]) -> Result<Value, Exit> {
    Err(Exit::Decline)
}

fn optional_text(cx: &mut Cx, value: Value, what: &str) -> Result<Option<String>, Exit> {
    match Cx::optional(value).filter(|value| !value.is_nil()) {
        Some(value) => Ok(Some(cx.str_of(&value, what)?.to_string())),
        None => Ok(None),
    }
}

fn listen(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let port = port_of(cx, args[0])?;
    let addresses = host_addresses(cx, args[1], port)?;
    let certificate = optional_text(cx, args[2], "the certificate")?;
    let key = optional_text(cx, args[3], "the key")?;
    let acceptor = match (certificate, key) {
        (Some(certificate), Some(key)) => {
            Some(tls::acceptor(&certificate, &key).map_err(|problem| cx.value_error(&problem))?)
        }
        (None, None) => None,
        _ => return Err(cx.argument_error("a certificate needs its key, and a key its certificate")),
    };
    cx.heap.check_room(EXTRA_BYTES)?;
    register(cx, || {
        let listener = std::net::TcpListener::bind(&addresses[..])?;
        listener.set_nonblocking(true)?;
        Ok(Kind::Server(Server::start(tokio::net::TcpListener::from_std(listener)?, acceptor)?))
    })
}

/// A Map of names in small letters.
fn headers_value(cx: &mut Cx, headers: &Headers) -> Result<Value, Exit> {
    let map = cx.heap.map_new(headers.len())?;
    for (name, value) in headers {
        let key = cx.string(name)?;
        let value = cx.string(value)?;
        cx.heap.map_insert(map, key, value)?;
    }
    Ok(map.value())
}

fn bytes_of(headers: &Headers) -> usize {
    headers.iter().map(|(name, value)| 2 * (name.len() + value.len()) + 128).sum()
}

fn next(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let streams = cx.bool_of(args[1], "stream")?;
    let exchange = match cx.take_kept::<Exchange>() {
        Some(exchange) => exchange,
        None => with_socket(cx, &args[0], Value::NIL, |socket, waiter| socket.poll_exchange(waiter))?,
    };
    let bytes = EXTRA_BYTES + exchange.target.len() + bytes_of(&exchange.headers);
    if let Err(need) = cx.heap.check_room(bytes) {
        cx.keep(exchange);
        return Err(need.into());
    }
    let (method, target) = (cx.string(&exchange.method)?, cx.string(&exchange.target)?);
    let headers = headers_value(cx, &exchange.headers)?;
    let body = match exchange.body {
        Some(body) => handle_of(cx, Socket::new(Kind::Received(body)))?,
        None if streams => handle_of(cx, Socket::new(Kind::Received(Received::new(None))))?,
        None => cx.heap.bytes(b"")?,
    };
    let reply = handle_of(cx, Socket::new(Kind::Reply(exchange.reply)))?;
    cx.tuple(&[reply, method, target, headers, body])
}

fn own(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    cx.heap.check_room(2048)?;
    let object = socket_of(cx, &args[0])?;
    match object.as_any().downcast_ref::<Socket>().and_then(Socket::alone) {
        Some(socket) => handle_of(cx, socket),
        None => Err(cx.closed_error("the socket is closed")),
    }
}

fn headers_of(cx: &mut Cx, value: Value) -> Result<Headers, Exit> {
    let Some(map) = value.as_map() else { return Err(cx.expected("the headers", "a Map", value)) };
    let mut headers = Vec::new();
    for (name, value) in map.iter() {
        let name = cx.str_of(&name, "the name of a header")?.to_string();
        let value = cx.str_of(&value, "the value of a header")?.to_string();
        if !is_header(&name, &value) {
            return Err(cx.value_error(&format!("this is no header: {name:?}: {value:?}")));
        }
        headers.push((name, value));
    }
    Ok(headers)
}

fn status_of(cx: &mut Cx, value: Value) -> Result<u16, Exit> {
    let status = cx.count_of(value, "the status")?;
    let status = u16::try_from(status).ok().filter(|status| (200..600).contains(status));
    status.ok_or_else(|| cx.value_error("a status is a number from 200 to 599"))
}

/// Does something with what answers a request; false when nobody waits for the answer any more.
fn with_reply(cx: &mut Cx, value: &Value, act: impl FnOnce(&Reply) -> bool) -> Result<Value, Exit> {
    let object = socket_of(cx, value)?;
    let socket = object.as_any().downcast_ref::<Socket>();
    Ok(Value::bool(socket.and_then(|socket| socket.with_reply(act)).unwrap_or(false)))
}

fn answer(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let status = status_of(cx, args[1])?;
    let headers = headers_of(cx, args[2])?;
    let body = content_of(cx, &args[3])?.to_vec();
    with_reply(cx, &args[0], |reply| reply.answer(status, headers, body))
}

fn begin(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let status = status_of(cx, args[1])?;
    let headers = headers_of(cx, args[2])?;
    with_reply(cx, &args[0], |reply| reply.begin(status, headers))
}

/// What has come of a body.
struct Collected(Vec<u8>);

fn collect(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let bytes_max = cx.count_of(args[1], "the size of a body")?;
    let object = socket_of(cx, &args[0])?;
    let declared = object.as_any().downcast_ref::<Socket>().and_then(Socket::body_bytes).unwrap_or(0);
    let mut content = cx.take_kept::<Collected>().map(|collected| collected.0).unwrap_or_default();
    if declared > bytes_max as u64 {
        return Ok(Value::NIL);
    }
    loop {
        // What comes is paid for before it is taken.
        if let Err(need) = cx.heap.check_room(content.len() + READ_BYTES_MAX) {
            cx.keep(Collected(content));
            return Err(need.into());
        }
        let start = content.len();
        content.resize(start + READ_BYTES_MAX, 0);
        let room = &mut content[start..];
        let read = with_socket(cx, &args[0], args[2], |socket, waiter| socket.poll_read(waiter, room));
        content.truncate(start + *read.as_ref().unwrap_or(&0));
        cx.charge_ticks(IO_TICKS);
        match read {
            Ok(0) => return Ok(cx.heap.bytes_owned(content)?),
            Ok(_) if content.len() > bytes_max => return Ok(Value::NIL),
            Ok(_) => {}
            Err(exit) => {
                if let Exit::Park(_) = exit {
                    cx.keep(Collected(content));
                }
                return Err(exit);
            }
        }
    }
}

fn start(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let wanted = read_call(cx, args)?;
    cx.heap.check_room(2048)?;
    let idle = local(cx)?.runtime.reactor.idle.clone();
    register(cx, || Ok(Kind::Call(Call::start(wanted, idle))))
}

fn response(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let made = match cx.take_kept::<Response>() {
        Some(made) => made,
        None => with_socket(cx, &args[0], args[1], |socket, waiter| socket.poll_answer(waiter))?,
    };
    if let Err(need) = cx.heap.check_room(EXTRA_BYTES + bytes_of(&made.headers)) {
        cx.keep(made);
        return Err(need.into());
    }
    let headers = headers_value(cx, &made.headers)?;
    let body = handle_of(cx, Socket::new(Kind::Received(made.body)))?;
    cx.tuple(&[Value::int32(i32::from(made.status)), headers, body])
}

fn read_call(cx: &mut Cx, args: &[Value]) -> Result<Wanted, Exit> {
    let method = cx.str_of(&args[0], "the method")?.to_string();
    let Ok(method) = Method::try_from(method.as_str()) else {
        return Err(cx.value_error(&format!("{method:?} is no method of HTTP")));
    };
    let url = cx.str_of(&args[1], "the URL")?.to_string();
    let uri = Uri::try_from(url.as_str()).ok();
    let Some((uri, (host, port, _))) = uri.and_then(|uri| target_of(&uri).map(|target| (uri, target))) else {
        return Err(cx.value_error(&format!("{url:?} is no URL of http:// or https://")));
    };
    may_reach(cx, &host, port)?;
    let headers = headers_of(cx, args[2])?;
    let body = if args[3].is_nil() { None } else { Some(content_of(cx, &args[3])?.to_vec()) };
    let authorities = optional_text(cx, args[4], "the authorities")?;
    Ok(Wanted { method, uri, headers, body, authorities })
}
