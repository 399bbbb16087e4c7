//! Sockets: listeners, streams, datagrams. A handle may be sent to other processes; all handles are one socket.

use std::any::Any;
use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::task::{Context, Poll, ready};

use heap::ExternalObject;
use tokio::net::{TcpListener, TcpStream, UdpSocket};

use super::http::{Answer, Exchange, Reply, Server};
use super::program::Program;

/// What a socket may hold in its buffer; a line or a head that is longer is an error.
pub const BUFFER_BYTES_MAX: usize = 1 << 20;
/// What a handle is charged with: the system's buffers are not counted.
const CHARGE_BYTES: usize = 1024;
/// What can be read from and written to.
const CONNECTION: &str = "a connection or a program";
/// Read at a time while looking for a delimiter.
const READ_BYTES: usize = 16 << 10;

pub enum Kind {
    Listener(TcpListener),
    Stream(TcpStream),
    Datagrams(UdpSocket),
    /// Takes HTTP requests.
    Server(Server),
    /// An HTTP request that waits for its answer.
    Reply(Reply),
    /// Another program, with its standard input and output.
    Program(Box<Program>),
}

pub struct Socket {
    /// Nothing once it is closed.
    kind: RwLock<Option<Kind>>,
    /// What was read and nobody has asked for yet.
    buffer: Mutex<Vec<u8>>,
}

/// What went wrong.
pub enum Problem {
    Closed,
    /// The socket is of another kind.
    Wrong(&'static str),
    System(io::Error),
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Problem {
        Problem::System(error)
    }
}

type Polled<T> = Poll<Result<T, Problem>>;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Socket {
    pub fn new(kind: Kind) -> Socket {
        Socket { kind: RwLock::new(Some(kind)), buffer: Mutex::default() }
    }

    /// Closes it for all who have a handle; those who wait for it are told.
    pub fn close(&self) -> bool {
        self.kind.write().unwrap_or_else(PoisonError::into_inner).take().is_some()
    }

    fn with<T>(&self, act: impl FnOnce(&Kind) -> Polled<T>) -> Polled<T> {
        match &*self.kind.read().unwrap_or_else(PoisonError::into_inner) {
            Some(kind) => act(kind),
            None => Poll::Ready(Err(Problem::Closed)),
        }
    }

    fn with_datagrams<T>(&self, act: impl FnOnce(&UdpSocket) -> Polled<T>) -> Polled<T> {
        self.with(|kind| match kind {
            Kind::Datagrams(socket) => act(socket),
            Kind::Listener(_) | Kind::Stream(_) | Kind::Server(_) | Kind::Reply(_) | Kind::Program(_) => {
                Poll::Ready(Err(Problem::Wrong("a UDP socket")))
            }
        })
    }

    /// The next request of an HTTP server.
    pub fn poll_exchange(&self, context: &mut Context) -> Polled<Exchange> {
        self.with(|kind| match kind {
            Kind::Server(server) => server.poll_next(context).map(|exchange| exchange.ok_or(Problem::Closed)),
            Kind::Listener(_) | Kind::Stream(_) | Kind::Datagrams(_) | Kind::Reply(_) | Kind::Program(_) => {
                Poll::Ready(Err(Problem::Wrong("an HTTP server")))
            }
        })
    }

    /// Answers an HTTP request; false when it was answered already, or nobody waits for the answer any more.
    pub fn reply(&self, answer: Answer) -> bool {
        match &*self.kind.read().unwrap_or_else(PoisonError::into_inner) {
            Some(Kind::Reply(reply)) => reply.send(answer),
            _ => false,
        }
    }

    pub fn poll_accept(&self, context: &mut Context) -> Polled<Socket> {
        self.with(|kind| match kind {
            Kind::Listener(listener) => {
                let (stream, _) = ready!(listener.poll_accept(context))?;
                // Answers are short and waited for.
                stream.set_nodelay(true)?;
                Poll::Ready(Ok(Socket::new(Kind::Stream(stream))))
            }
            Kind::Stream(_) | Kind::Datagrams(_) | Kind::Server(_) | Kind::Reply(_) | Kind::Program(_) => {
                Poll::Ready(Err(Problem::Wrong("a listener")))
            }
        })
    }

    /// Up to `bytes.len()` bytes; none at the end of the stream.
    pub fn poll_read(&self, context: &mut Context, bytes: &mut [u8]) -> Polled<usize> {
        let mut buffer = lock(&self.buffer);
        if !buffer.is_empty() {
            let count = buffer.len().min(bytes.len());
            bytes[..count].copy_from_slice(&buffer[..count]);
            buffer.drain(..count);
            return Poll::Ready(Ok(count));
        }
        self.poll_source(context, bytes)
    }

    /// Reads past the buffer.
    fn poll_source(&self, context: &mut Context, bytes: &mut [u8]) -> Polled<usize> {
        self.with(|kind| match kind {
            Kind::Stream(stream) => read_some(stream, context, bytes),
            Kind::Program(program) => program.poll_read(context, bytes).map_err(Problem::from),
            Kind::Listener(_) | Kind::Datagrams(_) | Kind::Server(_) | Kind::Reply(_) => {
                Poll::Ready(Err(Problem::Wrong(CONNECTION)))
            }
        })
    }

    fn with_program<T>(&self, act: impl FnOnce(&Program) -> Polled<T>) -> Polled<T> {
        self.with(|kind| match kind {
            Kind::Program(program) => act(program),
            Kind::Listener(_) | Kind::Stream(_) | Kind::Datagrams(_) | Kind::Server(_) | Kind::Reply(_) => {
                Poll::Ready(Err(Problem::Wrong("a program")))
            }
        })
    }

    /// The status of a program that has ended; nothing when a signal ended it.
    pub fn poll_wait(&self, context: &mut Context) -> Polled<Option<i32>> {
        self.with_program(|program| program.poll_wait(context).map_err(Problem::from))
    }

    /// Tells a program that no more input comes; false when it was told before.
    pub fn poll_finish(&self) -> Polled<bool> {
        self.with_program(|program| Poll::Ready(Ok(program.finish())))
    }

    /// Everything up to a delimiter, with it; what is left at the end of the stream, or nothing.
    pub fn poll_read_until(&self, context: &mut Context, delimiter: &[u8]) -> Polled<Option<Vec<u8>>> {
        let mut buffer = lock(&self.buffer);
        let mut searched = 0;
        loop {
            if let Some(end) = find(&buffer[searched..], delimiter) {
                let rest = buffer.split_off(searched + end);
                return Poll::Ready(Ok(Some(std::mem::replace(&mut *buffer, rest))));
            }
            if buffer.len() >= BUFFER_BYTES_MAX {
                let message = "too many bytes without the delimiter";
                return Poll::Ready(Err(Problem::System(io::Error::other(message))));
            }
            searched = buffer.len().saturating_sub(delimiter.len());
            let mut bytes = [0; READ_BYTES];
            match ready!(self.poll_source(context, &mut bytes))? {
                0 if buffer.is_empty() => return Poll::Ready(Ok(None)),
                0 => return Poll::Ready(Ok(Some(std::mem::take(&mut *buffer)))),
                count => buffer.extend_from_slice(&bytes[..count]),
            }
        }
    }

    /// Writes on from `done`, which counts what was written.
    pub fn poll_write(&self, context: &mut Context, bytes: &[u8], done: &mut usize) -> Polled<()> {
        self.with(|kind| match kind {
            Kind::Stream(stream) => write_all(stream, context, bytes, done),
            Kind::Program(program) => program.poll_write(context, bytes, done).map_err(Problem::from),
            Kind::Listener(_) | Kind::Datagrams(_) | Kind::Server(_) | Kind::Reply(_) => {
                Poll::Ready(Err(Problem::Wrong(CONNECTION)))
            }
        })
    }

    pub fn poll_receive(&self, context: &mut Context, bytes: &mut [u8]) -> Polled<(usize, SocketAddr)> {
        self.with_datagrams(|socket| {
            loop {
                match socket.try_recv_from(bytes) {
                    Ok(found) => return Poll::Ready(Ok(found)),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        ready!(socket.poll_recv_ready(context))?;
                    }
                    Err(error) => return Poll::Ready(Err(error.into())),
                }
            }
        })
    }

    pub fn poll_send(&self, context: &mut Context, bytes: &[u8], to: SocketAddr) -> Polled<()> {
        self.with_datagrams(|socket| {
            loop {
                match socket.try_send_to(bytes, to) {
                    Ok(_) => return Poll::Ready(Ok(())),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        ready!(socket.poll_send_ready(context))?;
                    }
                    Err(error) => return Poll::Ready(Err(error.into())),
                }
            }
        })
    }

    /// The address on this side, or on the other.
    pub fn address(&self, is_own: bool) -> Result<SocketAddr, Problem> {
        let found = self.with(|kind| {
            let address = match kind {
                Kind::Listener(listener) => listener.local_addr(),
                Kind::Stream(stream) if is_own => stream.local_addr(),
                Kind::Stream(stream) => stream.peer_addr(),
                Kind::Datagrams(socket) => socket.local_addr(),
                Kind::Server(server) => Ok(server.address),
                Kind::Reply(_) | Kind::Program(_) => {
                    return Poll::Ready(Err(Problem::Wrong("a socket with an address")));
                }
            };
            Poll::Ready(address.map_err(Problem::from))
        });
        match found {
            Poll::Ready(address) => address,
            Poll::Pending => Err(Problem::Closed),
        }
    }
}

fn write_all(stream: &TcpStream, context: &mut Context, bytes: &[u8], done: &mut usize) -> Polled<()> {
    while *done < bytes.len() {
        match stream.try_write(&bytes[*done..]) {
            Ok(count) => *done += count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                ready!(stream.poll_write_ready(context))?;
            }
            Err(error) => return Poll::Ready(Err(error.into())),
        }
    }
    Poll::Ready(Ok(()))
}

fn read_some(stream: &TcpStream, context: &mut Context, bytes: &mut [u8]) -> Polled<usize> {
    loop {
        match stream.try_read(bytes) {
            Ok(count) => return Poll::Ready(Ok(count)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                ready!(stream.poll_read_ready(context))?
            }
            Err(error) => return Poll::Ready(Err(error.into())),
        }
    }
}

/// Where the first `delimiter` ends.
fn find(bytes: &[u8], delimiter: &[u8]) -> Option<usize> {
    bytes.windows(delimiter.len()).position(|window| window == delimiter).map(|start| start + delimiter.len())
}

impl ExternalObject for Socket {
    fn charge(&self) -> usize {
        CHARGE_BYTES
    }

    fn describe(&self) -> String {
        match &*self.kind.read().unwrap_or_else(PoisonError::into_inner) {
            Some(Kind::Listener(_)) => "listener".to_string(),
            Some(Kind::Stream(_)) => "connection".to_string(),
            Some(Kind::Datagrams(_)) => "udp socket".to_string(),
            Some(Kind::Server(_)) => "http server".to_string(),
            Some(Kind::Reply(_)) => "http request".to_string(),
            Some(Kind::Program(_)) => "program".to_string(),
            None => "closed socket".to_string(),
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
