//! Sockets: listeners, streams, datagrams. A handle may be sent to other processes; all handles are one socket.

use std::any::Any;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::task::{Context, Poll, Wake, ready};

use heap::ExternalObject;
use tokio::net::{TcpListener, TcpStream, UdpSocket};

use super::http::{Call, Exchange, Received, Reply, Response, Server};
use super::pipe::Writer;
use super::program::{Errors, Program};
use super::waiters::{Waiter, Waiters};

/// What a socket may hold in its buffer; a line or a head that is longer is an error.
pub const BUFFER_BYTES_MAX: usize = 1 << 20;
/// What a handle is charged with: the system's buffers are not counted.
const CHARGE_BYTES: usize = 1024;
const READABLE: &str = "something to read from: a connection, a body, a program";
const WRITABLE: &str = "something to write to: a connection, a body that was begun, a program";
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
    /// The body of a message of HTTP that comes.
    Received(Received),
    /// A request of HTTP on its way to a server.
    Call(Call),
    /// Another program, with its standard input and output.
    Program(Box<Program>),
    /// What another program writes to its standard error.
    Errors(Errors),
}

pub struct Socket {
    /// Nothing once it is closed.
    kind: RwLock<Option<Kind>>,
    /// What was read and nobody has asked for yet.
    buffer: Mutex<Vec<u8>>,
    /// The processes that wait until something comes, and until more can go.
    reading: Arc<Waiters>,
    writing: Arc<Waiters>,
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

fn wrong<T>(wanted: &'static str) -> Polled<T> {
    Poll::Ready(Err(Problem::Wrong(wanted)))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Socket {
    pub fn new(kind: Kind) -> Socket {
        Socket {
            kind: RwLock::new(Some(kind)),
            buffer: Mutex::default(),
            reading: Arc::default(),
            writing: Arc::default(),
        }
    }

    fn take(&self) -> Option<Kind> {
        let taken = self.kind.write().unwrap_or_else(PoisonError::into_inner).take();
        self.reading.wake_by_ref();
        self.writing.wake_by_ref();
        taken
    }

    /// Closes it for all who have a handle; those who wait for it are told.
    pub fn close(&self) -> bool {
        self.take().is_some()
    }

    /// The socket for one handle alone: all others find it closed.
    pub fn alone(&self) -> Option<Socket> {
        self.take().map(Socket::new)
    }

    fn with<T>(&self, act: impl FnOnce(&Kind) -> Polled<T>) -> Polled<T> {
        match &*self.kind.read().unwrap_or_else(PoisonError::into_inner) {
            Some(kind) => act(kind),
            None => Poll::Ready(Err(Problem::Closed)),
        }
    }

    fn with_datagrams<T>(&self, act: impl FnOnce(&UdpSocket) -> Polled<T>) -> Polled<T> {
        self.with(|kind| {
            let Kind::Datagrams(socket) = kind else { return wrong("a UDP socket") };
            act(socket)
        })
    }

    /// The next request of an HTTP server.
    pub fn poll_exchange(&self, waiter: &Arc<Waiter>) -> Polled<Exchange> {
        self.with(|kind| {
            let Kind::Server(server) = kind else { return wrong("an HTTP server") };
            let waker = self.reading.enter(waiter);
            let polled = server.poll_next(&mut Context::from_waker(&waker));
            polled.map(|exchange| exchange.ok_or(Problem::Closed))
        })
    }

    /// Does something with an HTTP request that waits for its answer; nothing when it is closed.
    pub fn with_reply<T>(&self, act: impl FnOnce(&Reply) -> T) -> Option<T> {
        let kind = self.kind.read().unwrap_or_else(PoisonError::into_inner);
        let Some(Kind::Reply(reply)) = &*kind else { return None };
        Some(act(reply))
    }

    /// How long a body is that comes, where its sender said so.
    pub fn body_bytes(&self) -> Option<u64> {
        let kind = self.kind.read().unwrap_or_else(PoisonError::into_inner);
        let Some(Kind::Received(body)) = &*kind else { return None };
        body.bytes
    }

    /// The answer to a request of HTTP.
    pub fn poll_answer(&self, waiter: &Arc<Waiter>) -> Polled<Response> {
        self.with(|kind| {
            let Kind::Call(call) = kind else { return wrong("a request of HTTP") };
            let waker = self.reading.enter(waiter);
            let polled = call.poll_answer(&mut Context::from_waker(&waker));
            polled.map_err(|problem| Problem::System(io::Error::other(problem)))
        })
    }

    pub fn poll_accept(&self, waiter: &Arc<Waiter>) -> Polled<Socket> {
        self.with(|kind| {
            let Kind::Listener(listener) = kind else { return wrong("a listener") };
            let waker = self.reading.enter(waiter);
            let (stream, _) = ready!(listener.poll_accept(&mut Context::from_waker(&waker)))?;
            // Answers are short and waited for.
            stream.set_nodelay(true)?;
            Poll::Ready(Ok(Socket::new(Kind::Stream(stream))))
        })
    }

    /// Up to `bytes.len()` bytes; none at the end of the stream.
    pub fn poll_read(&self, waiter: &Arc<Waiter>, bytes: &mut [u8]) -> Polled<usize> {
        let mut buffer = lock(&self.buffer);
        if !buffer.is_empty() {
            let count = buffer.len().min(bytes.len());
            bytes[..count].copy_from_slice(&buffer[..count]);
            buffer.drain(..count);
            return Poll::Ready(Ok(count));
        }
        self.poll_source(waiter, bytes)
    }

    /// Reads past the buffer.
    fn poll_source(&self, waiter: &Arc<Waiter>, bytes: &mut [u8]) -> Polled<usize> {
        self.with(|kind| {
            if let Kind::Stream(stream) = kind {
                return self.read_some(stream, waiter, bytes);
            }
            let waker = self.reading.enter(waiter);
            let context = &mut Context::from_waker(&waker);
            match kind {
                Kind::Program(program) => program.poll_read(context, bytes).map_err(Problem::from),
                Kind::Received(body) => body.poll_read(context, bytes).map_err(Problem::from),
                Kind::Errors(errors) => errors.poll_read(context, bytes).map_err(Problem::from),
                Kind::Listener(_)
                | Kind::Stream(_)
                | Kind::Datagrams(_)
                | Kind::Server(_)
                | Kind::Reply(_)
                | Kind::Call(_) => wrong(READABLE),
            }
        })
    }

    fn with_program<T>(&self, act: impl FnOnce(&Program) -> Polled<T>) -> Polled<T> {
        self.with(|kind| {
            let Kind::Program(program) = kind else { return wrong("a program") };
            act(program)
        })
    }

    /// What a program writes to its standard error, once.
    pub fn errors(&self) -> Polled<Option<Socket>> {
        self.with_program(|program| {
            Poll::Ready(Ok(program.take_errors().map(|errors| Socket::new(Kind::Errors(errors)))))
        })
    }

    /// The status of a program that has ended; nothing when a signal ended it.
    pub fn poll_wait(&self, waiter: &Arc<Waiter>) -> Polled<Option<i32>> {
        let waker = self.reading.enter(waiter);
        let context = &mut Context::from_waker(&waker);
        self.with_program(|program| program.poll_wait(context).map_err(Problem::from))
    }

    /// Tells the other side that no more comes; false when it was told before.
    pub fn poll_finish(&self) -> Polled<bool> {
        self.with(|kind| match kind {
            Kind::Program(program) => Poll::Ready(Ok(program.finish())),
            Kind::Reply(reply) => Poll::Ready(Ok(reply.with_writer(Writer::finish).unwrap_or(false))),
            Kind::Call(call) => Poll::Ready(Ok(call.writer().is_some_and(Writer::finish))),
            Kind::Stream(stream) => {
                shut_down(stream)?;
                Poll::Ready(Ok(true))
            }
            Kind::Listener(_)
            | Kind::Datagrams(_)
            | Kind::Server(_)
            | Kind::Received(_)
            | Kind::Errors(_) => wrong(WRITABLE),
        })
    }

    /// Everything up to a delimiter, with it; what is left at the end of the stream, or nothing.
    pub fn poll_read_until(&self, waiter: &Arc<Waiter>, delimiter: &[u8]) -> Polled<Option<Vec<u8>>> {
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
            match ready!(self.poll_source(waiter, &mut bytes))? {
                0 if buffer.is_empty() => return Poll::Ready(Ok(None)),
                0 => return Poll::Ready(Ok(Some(std::mem::take(&mut *buffer)))),
                count => buffer.extend_from_slice(&bytes[..count]),
            }
        }
    }

    /// Writes on from `done`, which counts what was written.
    pub fn poll_write(&self, waiter: &Arc<Waiter>, bytes: &[u8], done: &mut usize) -> Polled<()> {
        self.with(|kind| {
            if let Kind::Stream(stream) = kind {
                return self.write_all(stream, waiter, bytes, done);
            }
            let waker = self.writing.enter(waiter);
            let context = &mut Context::from_waker(&waker);
            let written = match kind {
                Kind::Program(program) => Some(program.poll_write(context, bytes, done)),
                Kind::Reply(reply) => reply.with_writer(|writer| writer.poll_write(context, bytes, done)),
                Kind::Call(call) => call.writer().map(|writer| writer.poll_write(context, bytes, done)),
                Kind::Listener(_)
                | Kind::Stream(_)
                | Kind::Datagrams(_)
                | Kind::Server(_)
                | Kind::Received(_)
                | Kind::Errors(_) => None,
            };
            written.map_or_else(|| wrong(WRITABLE), |written| written.map_err(Problem::from))
        })
    }

    pub fn poll_receive(&self, waiter: &Arc<Waiter>, bytes: &mut [u8]) -> Polled<(usize, SocketAddr)> {
        self.with_datagrams(|socket| {
            loop {
                match socket.try_recv_from(bytes) {
                    Ok(found) => return Poll::Ready(Ok(found)),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        let waker = self.reading.enter(waiter);
                        ready!(socket.poll_recv_ready(&mut Context::from_waker(&waker)))?;
                    }
                    Err(error) => return Poll::Ready(Err(error.into())),
                }
            }
        })
    }

    pub fn poll_send(&self, waiter: &Arc<Waiter>, bytes: &[u8], to: SocketAddr) -> Polled<()> {
        self.with_datagrams(|socket| {
            loop {
                match socket.try_send_to(bytes, to) {
                    Ok(_) => return Poll::Ready(Ok(())),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        let waker = self.writing.enter(waiter);
                        ready!(socket.poll_send_ready(&mut Context::from_waker(&waker)))?;
                    }
                    Err(error) => return Poll::Ready(Err(error.into())),
                }
            }
        })
    }

    fn write_all(
        &self,
        stream: &TcpStream,
        waiter: &Arc<Waiter>,
        bytes: &[u8],
        done: &mut usize,
    ) -> Polled<()> {
        while *done < bytes.len() {
            match stream.try_write(&bytes[*done..]) {
                Ok(count) => *done += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let waker = self.writing.enter(waiter);
                    ready!(stream.poll_write_ready(&mut Context::from_waker(&waker)))?;
                }
                Err(error) => return Poll::Ready(Err(error.into())),
            }
        }
        Poll::Ready(Ok(()))
    }

    fn read_some(&self, stream: &TcpStream, waiter: &Arc<Waiter>, bytes: &mut [u8]) -> Polled<usize> {
        loop {
            match stream.try_read(bytes) {
                Ok(count) => return Poll::Ready(Ok(count)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let waker = self.reading.enter(waiter);
                    ready!(stream.poll_read_ready(&mut Context::from_waker(&waker)))?
                }
                Err(error) => return Poll::Ready(Err(error.into())),
            }
        }
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
                Kind::Reply(_) | Kind::Received(_) | Kind::Call(_) | Kind::Program(_) | Kind::Errors(_) => {
                    return wrong("a socket with an address");
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

/// Says the end of what goes; what comes is still read.
fn shut_down(stream: &TcpStream) -> io::Result<()> {
    let standard: std::os::fd::BorrowedFd = std::os::fd::AsFd::as_fd(stream);
    let copy = std::net::TcpStream::from(standard.try_clone_to_owned()?);
    copy.shutdown(std::net::Shutdown::Write)
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
            Some(Kind::Received(_)) => "body".to_string(),
            Some(Kind::Call(_)) => "request".to_string(),
            Some(Kind::Program(_)) => "program".to_string(),
            Some(Kind::Errors(_)) => "standard error of a program".to_string(),
            None => "closed socket".to_string(),
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
