//! TCP and UDP.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use heap::{ClassId, Value};
use vm::{Cx, Exit};

use super::rows;
use crate::io::socket::{Kind, Problem, Socket};
use crate::io::{Waiter, attempt, blocking};
use crate::local::local;

rows! {
    /// Listens for TCP connections; port 0 takes a free one. Gives a Socket to `accept` from.
    ///
    ///     import tcp
    ///     let server = tcp.listen(0)
    ///     let client = tcp.connect("127.0.0.1", server.port())
    ///     let peer = server.accept()
    ///     client.write("hello\n")
    ///     print(peer.read_line()) // expect: hello
    "tcp.listen" "(port: Int, host: String = \"127.0.0.1\")" listen;
    /// Connects to a host and port.
    ///
    ///     import tcp
    ///     print(try tcp.connect("127.0.0.1", 1, timeout: 5s) else "refused") // expect: refused
    "tcp.connect" "(host: String, port: Int, timeout: Int | Float = nil)" connect;
    /// The addresses of a host, as texts.
    ///
    ///     import tcp
    ///     print(tcp.resolve("127.0.0.1")) // expect: ["127.0.0.1"]
    "tcp.resolve" "(host: String)" resolve;
    /// A socket for datagrams; port 0 takes a free one.
    ///
    ///     import udp
    ///     let one = udp.bind(0)
    ///     let other = udp.bind(0)
    ///     one.send_to("ping", "127.0.0.1", other.port())
    ///     print(other.receive()[0]) // expect: b"ping"
    "udp.bind" "(port: Int, host: String = \"127.0.0.1\")" bind;
    /// The next connection of a listener.
    ///
    ///     import tcp
    ///     let server = tcp.listen(0)
    ///     print(try server.accept(timeout: 1ms) else "nobody") // expect: nobody
    "Socket.accept" "(self, timeout: Int | Float = nil)" accept;
    /// What has come, at most so many bytes, as Bytes; nil at the end.
    ///
    ///     import tcp
    ///     let server = tcp.listen(0)
    ///     let client = tcp.connect("127.0.0.1", server.port())
    ///     let peer = server.accept()
    ///     peer.write("abc")
    ///     peer.close()
    ///     print(client.read(), client.read()) // expect: b"abc" nil
    "Socket.read" "(self, bytes_max: Int = 65536, timeout: Int | Float = nil)" read;
    /// A line without its end, as a String; nil at the end.
    ///
    ///     import tcp
    ///     let server = tcp.listen(0)
    ///     let client = tcp.connect("127.0.0.1", server.port())
    ///     server.accept().write("one\ntwo\n")
    ///     print(client.read_line(), client.read_line()) // expect: one two
    "Socket.read_line" "(self, timeout: Int | Float = nil)" read_line;
    /// Everything up to a delimiter and with it, as Bytes; what is left at the end, or nil.
    ///
    ///     import tcp
    ///     let server = tcp.listen(0)
    ///     let client = tcp.connect("127.0.0.1", server.port())
    ///     server.accept().write("a;b;")
    ///     print(client.read_until(";")) // expect: b"a;"
    "Socket.read_until" "(self, delimiter: String | Bytes | Buffer, timeout: Int | Float = nil)" read_until;
    /// Writes all of a String or Bytes; waits while the other side does not read.
    ///
    ///     import tcp
    ///     let server = tcp.listen(0)
    ///     let client = tcp.connect("127.0.0.1", server.port())
    ///     client.write("hello")
    ///     print(server.accept().read(2)) // expect: b"he"
    "Socket.write" "(self, content: String | Bytes | Buffer, timeout: Int | Float = nil)" write;
    /// Sends a datagram.
    ///
    ///     import udp
    ///     let socket = udp.bind(0)
    ///     socket.send_to("to myself", "127.0.0.1", socket.port())
    ///     print(socket.receive()[0]) // expect: b"to myself"
    "Socket.send_to" "(self, content: String | Bytes | Buffer, host: String, port: Int)" send_to;
    /// The next datagram: `(content, host, port)`.
    ///
    ///     import udp
    ///     print(try udp.bind(0).receive(timeout: 1ms) else "nothing") // expect: nothing
    "Socket.receive" "(self, timeout: Int | Float = nil)" receive;
    /// The port on this side.
    ///
    ///     import tcp
    ///     print(tcp.listen(0).port() > 0) // expect: true
    "Socket.port" "(self)" port;
    /// The address of the other side, as text.
    ///
    ///     import tcp
    ///     let server = tcp.listen(0)
    ///     let client = tcp.connect("127.0.0.1", server.port())
    ///     print(client.peer() == "127.0.0.1:${server.port()}") // expect: true
    "Socket.peer" "(self)" peer;
    /// Closes a socket for all who have it; false when it was closed already.
    ///
    ///     import tcp
    ///     let server = tcp.listen(0)
    ///     print(server.close(), server.close()) // expect: true false
    "Socket.close" "(self)" close;
}

/// The largest datagram, and the most that is read at a time.
pub(super) const READ_BYTES_MAX: usize = 64 << 10;

fn failed(cx: &mut Cx, problem: &Problem) -> Exit {
    match problem {
        Problem::Closed => cx.closed_error("the socket is closed"),
        Problem::Wrong(wanted) => cx.type_error(&format!("the socket must be {wanted}")),
        Problem::System(error) => cx.io_error(&error.to_string()),
    }
}

pub(super) fn socket_of(cx: &mut Cx, value: &Value) -> Result<Arc<dyn heap::ExternalObject>, Exit> {
    match value.as_external().filter(|handle| handle.downcast::<Socket>().is_some()) {
        Some(handle) => Ok(handle.shared()),
        None => Err(cx.expected("the socket", "a Socket", *value)),
    }
}

/// Tries something with a socket, and waits where it must.
pub(super) fn with_socket<T>(
    cx: &mut Cx,
    value: &Value,
    timeout: Value,
    poll: impl FnOnce(&Socket, &Arc<Waiter>) -> std::task::Poll<Result<T, Problem>>,
) -> Result<T, Exit> {
    let object = socket_of(cx, value)?;
    let Some(socket) = object.as_any().downcast_ref::<Socket>() else {
        return Err(Exit::Internal("a socket of another type"));
    };
    attempt(cx, timeout, |waiter| poll(socket, waiter))?.map_err(|problem| failed(cx, &problem))
}

/// A new handle. Its room was made before.
pub(super) fn handle_of(cx: &mut Cx, socket: Socket) -> Result<Value, Exit> {
    Ok(cx.heap.external(ClassId::Socket.id(), Arc::new(socket), Value::NIL)?.value())
}

pub(super) fn port_of(cx: &mut Cx, value: Value) -> Result<u16, Exit> {
    let port = cx.count_of(value, "the port")?;
    u16::try_from(port).map_err(|_| cx.value_error("a port is at most 65535"))
}

/// Whether the process may reach a host, or listen on an address.
pub(super) fn may_reach(cx: &mut Cx, host: &str, port: u16) -> Result<(), Exit> {
    let name = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    if cx.permissions().net.allows(&name, "net") {
        return Ok(());
    }
    Err(cx.permission_error(&format!("reaching {name} is not permitted; it needs the permission `net`")))
}

/// Looks an address up, which may take a while.
fn addresses_of(cx: &mut Cx, host: Value, port: u16) -> Result<Vec<SocketAddr>, Exit> {
    let host = cx.str_of(&host, "the host")?.to_string();
    may_reach(cx, &host, port)?;
    if let Ok(address) = host.parse() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let found =
        blocking(cx, move || (host.as_str(), port).to_socket_addrs().map(Iterator::collect::<Vec<_>>))?;
    found.map_err(|error| cx.io_error(&error.to_string()))
}

fn resolve(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let found = addresses_of(cx, args[0], 0)?;
    let mut texts: Vec<String> = Vec::new();
    for address in found {
        let text = address.ip().to_string();
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    let texts = texts.iter().map(|text| cx.heap.string(text)).collect::<Result<Vec<_>, _>>()?;
    Ok(cx.heap.list_from(&texts)?.value())
}

/// Makes a socket known to the reactor.
pub(super) fn register(cx: &mut Cx, make: impl FnOnce() -> io::Result<Kind>) -> Result<Value, Exit> {
    let made = {
        let runtime = local(cx)?.runtime.clone();
        let handle = runtime.reactor.handle();
        handle.and_then(|handle| {
            let _entered = handle.enter();
            make()
        })
    };
    match made {
        Ok(kind) => handle_of(cx, Socket::new(kind)),
        Err(error) => Err(cx.io_error(&error.to_string())),
    }
}

fn listen(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let port = port_of(cx, args[0])?;
    let addresses = host_addresses(cx, args[1], port)?;
    cx.heap.check_room(2048)?;
    register(cx, || {
        let listener = std::net::TcpListener::bind(&addresses[..])?;
        listener.set_nonblocking(true)?;
        Ok(Kind::Listener(tokio::net::TcpListener::from_std(listener)?))
    })
}

fn bind(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let port = port_of(cx, args[0])?;
    let addresses = host_addresses(cx, args[1], port)?;
    cx.heap.check_room(2048)?;
    register(cx, || {
        let socket = std::net::UdpSocket::bind(&addresses[..])?;
        socket.set_nonblocking(true)?;
        Ok(Kind::Datagrams(tokio::net::UdpSocket::from_std(socket)?))
    })
}

pub(super) fn host_addresses(cx: &mut Cx, host: Value, port: u16) -> Result<Vec<SocketAddr>, Exit> {
    match Cx::optional(host) {
        Some(host) => addresses_of(cx, host, port),
        None => {
            may_reach(cx, "127.0.0.1", port)?;
            Ok(vec![SocketAddr::from(([127, 0, 0, 1], port))])
        }
    }
}

/// The connection is made on a thread that may block; a timeout leaves that thread to itself.
fn connect(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let port = port_of(cx, args[1])?;
    let host = cx.str_of(&args[0], "the host")?.to_string();
    may_reach(cx, &host, port)?;
    let timeout = super::milliseconds_of(cx, args[2], "the timeout")?;
    cx.heap.check_room(2048)?;
    let made = blocking(cx, move || {
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        for address in (host.as_str(), port).to_socket_addrs()? {
            let made = match timeout {
                Some(timeout) => {
                    let time = std::time::Duration::from_millis(timeout.max(1));
                    std::net::TcpStream::connect_timeout(&address, time)
                }
                None => std::net::TcpStream::connect(address),
            };
            match made {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    })?;
    match made {
        Ok(stream) => register(cx, || {
            stream.set_nonblocking(true)?;
            stream.set_nodelay(true)?;
            Ok(Kind::Stream(tokio::net::TcpStream::from_std(stream)?))
        }),
        Err(error) if error.kind() == io::ErrorKind::TimedOut => {
            Err(cx.timeout_error("the connection was not made in time"))
        }
        Err(error) => Err(cx.io_error(&error.to_string())),
    }
}

fn accept(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    cx.heap.check_room(2048)?;
    let runtime = local(cx)?.runtime.clone();
    let stream = with_socket(cx, &args[0], args[1], |socket, waiter| {
        let _entered = runtime.reactor.handle().map(tokio::runtime::Handle::enter);
        socket.poll_accept(waiter)
    })?;
    handle_of(cx, stream)
}

thread_local! {
    /// Where bytes are read to before their number is known.
    static READ: std::cell::RefCell<Vec<u8>> = const { std::cell::RefCell::new(Vec::new()) };
}

fn read(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let wanted = match Cx::optional(args[1]) {
        Some(count) => cx.count_of(count, "the number of bytes")?.clamp(1, READ_BYTES_MAX),
        None => READ_BYTES_MAX,
    };
    cx.heap.check_room(wanted + 64)?;
    READ.with_borrow_mut(|bytes| {
        bytes.resize(READ_BYTES_MAX, 0);
        let bytes = &mut bytes[..wanted];
        let count = with_socket(cx, &args[0], args[2], |socket, waiter| socket.poll_read(waiter, bytes))?;
        cx.charge_ticks(IO_TICKS);
        if count == 0 { Ok(Value::NIL) } else { Ok(cx.heap.bytes(&bytes[..count])?) }
    })
}

/// About what a system call costs.
pub(super) const IO_TICKS: u64 = 20;

fn read_until(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let delimiter = content_of(cx, &args[1])?.to_vec();
    if delimiter.is_empty() {
        return Err(cx.value_error("the delimiter must not be empty"));
    }
    match take_until(cx, args, &delimiter, args[2])? {
        Some(bytes) => Ok(cx.heap.bytes_owned(bytes)?),
        None => Ok(Value::NIL),
    }
}

fn take_until(
    cx: &mut Cx,
    args: &[Value],
    delimiter: &[u8],
    timeout: Value,
) -> Result<Option<Vec<u8>>, Exit> {
    cx.heap.check_room(crate::io::socket::BUFFER_BYTES_MAX + 64)?;
    cx.charge_ticks(IO_TICKS);
    with_socket(cx, &args[0], timeout, |socket, waiter| socket.poll_read_until(waiter, delimiter))
}

fn read_line(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let Some(mut line) = take_until(cx, args, b"\n", args[1])? else { return Ok(Value::NIL) };
    if line.last() == Some(&b'\n') {
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
    }
    match std::str::from_utf8(&line) {
        Ok(text) => cx.string(text),
        Err(_) => Err(cx.io_error("the line is not UTF-8")),
    }
}

pub(super) fn content_of<'v>(cx: &mut Cx, value: &'v Value) -> Result<&'v [u8], Exit> {
    if value.is_string() {
        return Ok(cx.str_of(value, "the content")?.as_bytes());
    }
    value.as_bytes().ok_or_else(|| cx.expected("the content", "a String or Bytes", *value))
}

/// How far a write has come that had to wait.
struct Written(usize);

fn write(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let mut done = cx.take_kept::<Written>().map_or(0, |written| written.0);
    let content = content_of(cx, &args[1])?;
    cx.charge_ticks(IO_TICKS + content.len() as u64 / 1024);
    let result =
        with_socket(cx, &args[0], args[2], |socket, waiter| socket.poll_write(waiter, content, &mut done));
    if let Err(Exit::Park(_)) = result {
        cx.keep(Written(done));
    }
    result.map(|()| Value::NIL)
}

fn send_to(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let port = port_of(cx, args[3])?;
    let addresses = addresses_of(cx, args[2], port)?;
    let Some(&to) = addresses.first() else { return Err(cx.io_error("the host has no address")) };
    let content = content_of(cx, &args[1])?;
    with_socket(cx, &args[0], Value::NIL, |socket, waiter| socket.poll_send(waiter, content, to))?;
    Ok(Value::NIL)
}

fn receive(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    cx.heap.check_room(READ_BYTES_MAX + 512)?;
    READ.with_borrow_mut(|bytes| {
        bytes.resize(READ_BYTES_MAX, 0);
        let (count, from) =
            with_socket(cx, &args[0], args[1], |socket, waiter| socket.poll_receive(waiter, bytes))?;
        let content = cx.heap.bytes(&bytes[..count])?;
        let host = cx.string(&from.ip().to_string())?;
        cx.tuple(&[content, host, Value::int32(i32::from(from.port()))])
    })
}

fn address_of(cx: &mut Cx, value: &Value, is_own: bool) -> Result<SocketAddr, Exit> {
    let object = socket_of(cx, value)?;
    let found = object.as_any().downcast_ref::<Socket>().map(|socket| socket.address(is_own));
    match found {
        Some(Ok(address)) => Ok(address),
        Some(Err(problem)) => Err(failed(cx, &problem)),
        None => Err(Exit::Internal("a socket of another type")),
    }
}

fn port(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    Ok(Value::int32(i32::from(address_of(cx, &args[0], true)?.port())))
}

fn peer(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let address = address_of(cx, &args[0], false)?;
    cx.string(&address.to_string())
}

fn close(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let object = socket_of(cx, &args[0])?;
    Ok(Value::bool(object.as_any().downcast_ref::<Socket>().is_some_and(Socket::close)))
}
