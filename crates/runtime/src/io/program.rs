//! A program that runs beside this one: its standard input is written to and its standard output read from like a
//! connection. It is killed when nobody has its handle any more.

use std::io;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

/// What to start.
pub struct Start {
    pub name: String,
    pub arguments: Vec<String>,
    /// Where it runs; nothing where this program runs.
    pub folder: Option<String>,
}

impl Start {
    fn command(&self) -> Command {
        let mut command = Command::new(&self.name);
        command.args(&self.arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        command
    }
}

/// What a program writes to its standard error.
pub struct Errors(Mutex<ChildStderr>);

impl Errors {
    pub fn poll_read(&self, context: &mut Context, bytes: &mut [u8]) -> Poll<io::Result<usize>> {
        read_some(&mut *lock(&self.0), context, bytes)
    }
}

pub struct Program {
    child: Mutex<Child>,
    /// Nothing once it was told that no more comes.
    input: Mutex<Option<ChildStdin>>,
    output: Mutex<ChildStdout>,
    /// Until somebody asks for it; nothing where it goes where this program's goes.
    errors: Mutex<Option<ChildStderr>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read_some(
    stream: &mut (impl AsyncRead + Unpin),
    context: &mut Context,
    bytes: &mut [u8],
) -> Poll<io::Result<usize>> {
    let mut buffer = ReadBuf::new(bytes);
    ready!(Pin::new(stream).poll_read(context, &mut buffer))?;
    Poll::Ready(Ok(buffer.filled().len()))
}

fn missing() -> io::Error {
    io::Error::other("the program has no standard input or output")
}

impl Program {
    /// Must be called inside the reactor.
    pub fn start(start: &Start, takes_errors: bool) -> io::Result<Program> {
        let mut command = start.command();
        if takes_errors {
            command.stderr(Stdio::piped());
        }
        let mut child = command.spawn()?;
        let input = Mutex::new(Some(child.stdin.take().ok_or_else(missing)?));
        let output = Mutex::new(child.stdout.take().ok_or_else(missing)?);
        let errors = Mutex::new(child.stderr.take());
        Ok(Program { child: Mutex::new(child), input, output, errors })
    }

    /// The standard error, once.
    pub fn take_errors(&self) -> Option<Errors> {
        lock(&self.errors).take().map(|errors| Errors(Mutex::new(errors)))
    }

    pub fn poll_read(&self, context: &mut Context, bytes: &mut [u8]) -> Poll<io::Result<usize>> {
        read_some(&mut *lock(&self.output), context, bytes)
    }

    pub fn poll_write(&self, context: &mut Context, bytes: &[u8], done: &mut usize) -> Poll<io::Result<()>> {
        let mut input = lock(&self.input);
        let Some(input) = input.as_mut() else {
            return Poll::Ready(Err(io::Error::other("the input of the program is closed")));
        };
        while *done < bytes.len() {
            *done += ready!(Pin::new(&mut *input).poll_write(context, &bytes[*done..]))?;
        }
        Pin::new(input).poll_flush(context)
    }

    /// No more input comes; false when that was said before.
    pub fn finish(&self) -> bool {
        lock(&self.input).take().is_some()
    }

    /// Its status once it has ended; nothing when a signal ended it.
    pub fn poll_wait(&self, context: &mut Context) -> Poll<io::Result<Option<i32>>> {
        let mut child = lock(&self.child);
        let wait = std::pin::pin!(child.wait());
        wait.poll(context).map_ok(|status| status.code())
    }
}

/// What a program did that ran to its end.
pub struct Ended {
    pub status: Option<i32>,
    pub out: Vec<u8>,
    pub err: Vec<u8>,
}

pub enum Failure {
    System(io::Error),
    /// It wrote more than there is room for.
    TooMuch,
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::System(error)
    }
}

/// Runs a program to its end. It is killed when this is given up, or when it writes more than `bytes_max`.
pub async fn run_to_end(start: Start, input: Vec<u8>, bytes_max: usize) -> Result<Ended, Failure> {
    let mut child = start.command().stderr(Stdio::piped()).spawn()?;
    let (stdin, out) = (child.stdin.take(), child.stdout.take().ok_or_else(missing)?);
    let err = child.stderr.take().ok_or_else(missing)?;
    // Beside the reading, since a program may write much before it reads; it need not read what it is given.
    tokio::spawn(async move {
        if let Some(mut stdin) = stdin {
            let _ = stdin.write_all(&input).await;
        }
    });
    let left = Arc::new(AtomicUsize::new(bytes_max));
    let err = tokio::spawn(read_all(err, left.clone()));
    let out = read_all(out, left).await?;
    let err = err.await.map_err(|error| io::Error::other(error.to_string()))??;
    Ok(Ended { status: child.wait().await?.code(), out, err })
}

async fn read_all(mut stream: impl AsyncRead + Unpin, left: Arc<AtomicUsize>) -> Result<Vec<u8>, Failure> {
    let mut content = Vec::new();
    let mut piece = vec![0; 16 << 10];
    loop {
        let count = stream.read(&mut piece).await?;
        if count == 0 {
            return Ok(content);
        }
        let take = |left: usize| left.checked_sub(count);
        left.fetch_update(Relaxed, Relaxed, take).map_err(|_| Failure::TooMuch)?;
        content.extend_from_slice(&piece[..count]);
    }
}
