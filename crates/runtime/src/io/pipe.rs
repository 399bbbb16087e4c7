//! Bytes on their way from a process to a connection: the body of a message of HTTP that is written in pieces. So many
//! bytes wait at a time; whoever writes more waits until they are gone.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use hyper::body::{Body, Bytes, Frame};

/// What may wait in a pipe.
const WAITING_BYTES_MAX: usize = 64 << 10;

#[derive(Default)]
struct State {
    pieces: VecDeque<Bytes>,
    bytes: usize,
    is_finished: bool,
    writer_gone: bool,
    reader_gone: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

type Shared = Arc<Mutex<State>>;

fn lock(state: &Shared) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// Where a process writes. Dropped before its end was said, it breaks off what the other side gets.
pub struct Writer(Shared);

/// Where a connection reads.
pub struct Reader(Shared);

pub fn pipe() -> (Writer, Reader) {
    let state = Shared::default();
    (Writer(state.clone()), Reader(state))
}

impl Writer {
    /// Writes on from `done`, which counts what was written.
    pub fn poll_write(&self, context: &mut Context, bytes: &[u8], done: &mut usize) -> Poll<io::Result<()>> {
        let mut state = lock(&self.0);
        while *done < bytes.len() {
            if state.reader_gone {
                return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
            }
            if state.is_finished {
                return Poll::Ready(Err(io::Error::other("its end was said already")));
            }
            let room = WAITING_BYTES_MAX - state.bytes;
            if room == 0 {
                state.writer = Some(context.waker().clone());
                return Poll::Pending;
            }
            let piece = &bytes[*done..bytes.len().min(*done + room)];
            state.pieces.push_back(Bytes::copy_from_slice(piece));
            state.bytes += piece.len();
            *done += piece.len();
            wake(state.reader.take());
        }
        Poll::Ready(Ok(()))
    }

    /// No more comes; false when that was said before.
    pub fn finish(&self) -> bool {
        let mut state = lock(&self.0);
        let first = !std::mem::replace(&mut state.is_finished, true);
        wake(state.reader.take());
        first
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let mut state = lock(&self.0);
        state.writer_gone = true;
        wake(state.reader.take());
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut state = lock(&self.0);
        state.reader_gone = true;
        state.pieces.clear();
        wake(state.writer.take());
    }
}

impl Body for Reader {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let mut state = lock(&self.0);
        if let Some(piece) = state.pieces.pop_front() {
            state.bytes -= piece.len();
            wake(state.writer.take());
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        if state.is_finished {
            return Poll::Ready(None);
        }
        if state.writer_gone {
            return Poll::Ready(Some(Err(io::Error::other("the process that wrote this ended"))));
        }
        state.reader = Some(context.waker().clone());
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        let state = lock(&self.0);
        state.is_finished && state.pieces.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(reader: &mut Reader) -> Poll<Option<Result<usize, ()>>> {
        let mut context = Context::from_waker(Waker::noop());
        Pin::new(reader).poll_frame(&mut context).map(|frame| {
            frame.map(|frame| {
                frame
                    .map_err(|_| ())
                    .and_then(|frame| frame.into_data().map(|data| data.len()).map_err(|_| ()))
            })
        })
    }

    #[test]
    fn a_writer_waits_for_its_reader_and_hears_of_its_end() {
        let mut context = Context::from_waker(Waker::noop());
        let (writer, mut reader) = pipe();
        let bytes = vec![1; WAITING_BYTES_MAX + 10];
        let mut done = 0;
        assert!(writer.poll_write(&mut context, &bytes, &mut done).is_pending());
        assert_eq!(done, WAITING_BYTES_MAX);
        assert_eq!(read(&mut reader), Poll::Ready(Some(Ok(WAITING_BYTES_MAX))));
        assert!(writer.poll_write(&mut context, &bytes, &mut done).is_ready());
        assert_eq!(read(&mut reader), Poll::Ready(Some(Ok(10))));
        assert!(read(&mut reader).is_pending());
        assert!(writer.finish() && !writer.finish());
        assert_eq!(read(&mut reader), Poll::Ready(None));
        drop(reader);
        let mut done = 0;
        assert!(matches!(writer.poll_write(&mut context, &bytes, &mut done), Poll::Ready(Err(_))));
    }

    #[test]
    fn what_a_dead_writer_leaves_is_no_whole_body() {
        let (writer, mut reader) = pipe();
        drop(writer);
        assert_eq!(read(&mut reader), Poll::Ready(Some(Err(()))));
    }
}
