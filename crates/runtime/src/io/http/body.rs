//! Bodies of messages: one that comes is read in pieces, one that goes is whole or written in pieces.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use http_body_util::Full;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tokio::sync::OwnedSemaphorePermit;

use crate::io::pipe::Reader;

/// A body that comes. What nobody has asked for yet is not taken from the connection.
pub struct Received {
    rest: Mutex<Rest>,
    /// How long it is, where its sender said so.
    pub bytes: Option<u64>,
}

struct Rest {
    /// Nothing where there was none, or it has come to its end.
    body: Option<Incoming>,
    /// Of the last piece what was not asked for.
    piece: Bytes,
}

impl Received {
    pub fn new(body: Option<Incoming>) -> Received {
        let bytes = body.as_ref().map_or(Some(0), |body| body.size_hint().exact());
        Received { rest: Mutex::new(Rest { body, piece: Bytes::new() }), bytes }
    }

    /// None at the end.
    pub fn poll_read(&self, context: &mut Context, bytes: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        while rest.piece.is_empty() {
            let Some(body) = rest.body.as_mut() else { return Poll::Ready(Ok(0)) };
            match ready!(Pin::new(body).poll_frame(context)) {
                None => rest.body = None,
                // What is no data comes behind the end: trailers, which nobody asked for.
                Some(Ok(frame)) => rest.piece = frame.into_data().unwrap_or_default(),
                Some(Err(error)) => {
                    rest.body = None;
                    return Poll::Ready(Err(io::Error::other(error.to_string())));
                }
            }
        }
        let count = rest.piece.len().min(bytes.len());
        bytes[..count].copy_from_slice(&rest.piece.split_to(count));
        Poll::Ready(Ok(count))
    }
}

enum Content {
    Whole(Full<Bytes>),
    Pieces(Reader),
}

/// A body that goes.
pub struct Outgoing {
    content: Content,
    /// The place of the exchange among those that run at a time, until its answer is sent.
    _place: Option<OwnedSemaphorePermit>,
}

impl Outgoing {
    pub fn whole(bytes: Vec<u8>) -> Outgoing {
        Outgoing { content: Content::Whole(Full::new(Bytes::from(bytes))), _place: None }
    }

    pub fn pieces(reader: Reader) -> Outgoing {
        Outgoing { content: Content::Pieces(reader), _place: None }
    }

    pub fn with_place(self, place: OwnedSemaphorePermit) -> Outgoing {
        Outgoing { _place: Some(place), ..self }
    }
}

fn never(error: Infallible) -> io::Error {
    match error {}
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match &mut self.content {
            Content::Whole(body) => Pin::new(body).poll_frame(context).map_err(never),
            Content::Pieces(body) => Pin::new(body).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Content::Whole(body) => body.is_end_stream(),
            Content::Pieces(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Whole(body) => body.size_hint(),
            Content::Pieces(body) => body.size_hint(),
        }
    }
}
