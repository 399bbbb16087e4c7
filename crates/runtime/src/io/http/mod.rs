//! HTTP/1.1 and HTTP/2: hyper keeps the connections, on the reactor's thread; processes take requests and give answers.
//! Bodies pass in pieces, each no sooner than the other side takes it, so a body costs no more memory than its process
//! is allowed.

mod body;
mod client;
mod pool;
mod server;

use hyper::header::{
    CONNECTION, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING, UPGRADE,
};

pub use body::{Outgoing, Received};
pub use client::{Call, Response, Wanted, target_of};
pub use pool::Idle;
pub use server::{Exchange, Reply, Server};

/// Names and values, in the order in which they stand.
pub type Headers = Vec<(String, String)>;

/// What hyper says of a message by itself. Said otherwise it would tell the other side where another message begins.
const OWN: [HeaderName; 4] = [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE];

/// Of a name that stands several times the values are joined.
fn headers_of(map: &HeaderMap) -> Headers {
    let mut headers: Headers = Vec::with_capacity(map.len());
    for (name, value) in map {
        let value = String::from_utf8_lossy(value.as_bytes());
        match headers.last_mut() {
            // A map gives the values of one name together.
            Some((last, text)) if last == name.as_str() => {
                text.push_str(", ");
                text.push_str(&value);
            }
            _ => headers.push((name.to_string(), value.into_owned())),
        }
    }
    headers
}

/// Whoever gives headers had them checked before.
fn add_headers(map: &mut HeaderMap, headers: &Headers) {
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value))
            && !OWN.contains(&name)
        {
            map.append(name, value);
        }
    }
}

/// Whether a header can be sent: no ends of lines, above all.
pub fn is_header(name: &str, value: &str) -> bool {
    HeaderName::try_from(name).is_ok() && HeaderValue::try_from(value).is_ok()
}
