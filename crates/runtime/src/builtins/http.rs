//! HTTP. What takes a function, or makes values of the library's classes, is Dunlin code.

use heap::Value;
use hyper::{Method, Uri};
use vm::{Cx, Exit};

use super::rows;
use super::sockets::{
    content_of, handle_of, host_addresses, may_reach, port_of, register, socket_of, with_socket,
};
use crate::io::http::{Answer, Call, Exchange, Headers, Server, call, is_header, target_of};
use crate::io::socket::{Kind, Socket};
use crate::io::{eventually, tls};

rows! {
    /// Listens for HTTP requests; port 0 takes a free one. With a certificate and its key, as PEM texts, by TLS. Gives a
    /// Socket for `http.serve`.
    ///
    ///     import http
    ///     print(http.listen(0).port() > 0) // expect: true
    "http.listen" "(port, host = \"127.0.0.1\", certificate = nil, key = nil)" listen;
    /// Answers requests, each in a process of its own, until the server is closed. The function gets an HttpRequest
    /// (`method`, `target`, `path()`, `query()`, `headers` by names in small letters, `body`, `text()`) and gives an
    /// HttpResponse, a String or Bytes. When it throws, the answer is 500.
    ///
    ///     import http
    ///     let server = http.listen(0)
    ///     spawn { http.serve(server, |request| "you asked for ${request.path()}") }
    ///     print(http.get("http://127.0.0.1:${server.port()}/news").text()) // expect: you asked for /news
    "http.serve" "(server, handler)" decline => "__http_serve";
    /// Asks a server: gives an HttpResponse (`status`, `headers`, `body`, `text()`). `authorities` are certificates to
    /// trust instead of the system's, as a PEM text. Redirections are not followed.
    ///
    ///     import http
    ///     let server = http.listen(0)
    ///     spawn { http.serve(server, |request| HttpResponse(404, {}, "nothing here")) }
    ///     print(http.get("http://127.0.0.1:${server.port()}/").status) // expect: 404
    "http.get" "(url, headers = {}, timeout = 30000, authorities = nil)" decline => "__http_get";
    /// Sends a String or Bytes to a server: gives an HttpResponse.
    ///
    ///     import http
    ///     let server = http.listen(0)
    ///     spawn { http.serve(server, |request| request.text().upper()) }
    ///     print(http.post("http://127.0.0.1:${server.port()}/", "loud").text()) // expect: LOUD
    "http.post" "(url, body, headers = {}, timeout = 30000, authorities = nil)" decline => "__http_post";
    /// Asks a server with any method: gives an HttpResponse.
    ///
    ///     import http
    ///     let server = http.listen(0)
    ///     spawn { http.serve(server, |request| request.method) }
    ///     print(http.request("DELETE", "http://127.0.0.1:${server.port()}/").text()) // expect: DELETE
    "http.request" "(method, url, headers = {}, body = \"\", timeout = 30000, authorities = nil)" decline => "__http_request";
    #[doc = " The next request of a server: what answers it, method, target, headers, body."]
    "__http_next" "(server)" next;
    #[doc = " Answers a request; false when nobody waits for the answer any more."]
    "__http_answer" "(request, status, headers, body)" answer;
    #[doc = " Makes a request: status, headers, body."]
    "__http_call" "(method, url, headers, body, timeout, authorities)" make;
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
    let exchange = match cx.take_kept::<Exchange>() {
        Some(exchange) => exchange,
        None => with_socket(cx, &args[0], Value::NIL, |socket, context| socket.poll_exchange(context))?,
    };
    let bytes = EXTRA_BYTES + exchange.target.len() + exchange.body.len() + bytes_of(&exchange.headers);
    if let Err(need) = cx.heap.check_room(bytes) {
        cx.keep(exchange);
        return Err(need.into());
    }
    let (method, target) = (cx.string(&exchange.method)?, cx.string(&exchange.target)?);
    let headers = headers_value(cx, &exchange.headers)?;
    let body = cx.heap.bytes(&exchange.body)?;
    let reply = handle_of(cx, Socket::new(Kind::Reply(exchange.reply)))?;
    cx.tuple(&[reply, method, target, headers, body])
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

fn answer(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let status = cx.count_of(args[1], "the status")?;
    let Some(status) = u16::try_from(status).ok().filter(|status| (200..600).contains(status)) else {
        return Err(cx.value_error("a status is a number from 200 to 599"));
    };
    let headers = headers_of(cx, args[2])?;
    let body = content_of(cx, &args[3])?.to_vec();
    let object = socket_of(cx, &args[0])?;
    let socket = object.as_any().downcast_ref::<Socket>();
    Ok(Value::bool(socket.is_some_and(|socket| socket.reply(Answer { status, headers, body }))))
}

fn make(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let made = match cx.take_kept::<Answer>() {
        Some(made) => made,
        None => {
            let wanted = read_call(cx, args)?;
            match eventually(cx, args[4], || call(wanted))? {
                Ok(made) => made,
                Err(problem) => return Err(cx.io_error(&problem)),
            }
        }
    };
    let bytes = EXTRA_BYTES + made.body.len() + bytes_of(&made.headers);
    if let Err(need) = cx.heap.check_room(bytes) {
        cx.keep(made);
        return Err(need.into());
    }
    let headers = headers_value(cx, &made.headers)?;
    let body = cx.heap.bytes(&made.body)?;
    cx.tuple(&[Value::int32(i32::from(made.status)), headers, body])
}

fn read_call(cx: &mut Cx, args: &[Value]) -> Result<Call, Exit> {
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
    let body = content_of(cx, &args[3])?.to_vec();
    let authorities = optional_text(cx, args[5], "the authorities")?;
    Ok(Call { method, uri, headers, body, authorities })
}
