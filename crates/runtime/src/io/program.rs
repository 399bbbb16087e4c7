//! A program that runs beside this one: its standard input is written to and its standard output read from like a
//! connection. It is killed when nobody has its handle any more.

use std::io;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

pub struct Program {
    child: Mutex<Child>,
    /// Nothing once it was told that no more comes.
    input: Mutex<Option<ChildStdin>>,
    output: Mutex<ChildStdout>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Program {
    /// Must be called inside the reactor.
    pub fn start(name: &str, arguments: &[String]) -> io::Result<Program> {
        let mut command = Command::new(name);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn()?;
        let missing = || io::Error::other("the program has no standard input or output");
        let input = Mutex::new(Some(child.stdin.take().ok_or_else(missing)?));
        let output = Mutex::new(child.stdout.take().ok_or_else(missing)?);
        Ok(Program { child: Mutex::new(child), input, output })
    }

    pub fn poll_read(&self, context: &mut Context, bytes: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(bytes);
        ready!(Pin::new(&mut *lock(&self.output)).poll_read(context, &mut buffer))?;
        Poll::Ready(Ok(buffer.filled().len()))
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
