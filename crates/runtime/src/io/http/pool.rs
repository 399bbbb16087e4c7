//! Connections of clients that wait for their next request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hyper::client::conn::{http1, http2};

use super::Outgoing;

/// How long a connection waits for its next request.
const IDLE_TIME_MAX: Duration = Duration::from_secs(30);
/// Connections that wait for one server.
const IDLE_MAX: usize = 32;

/// Whom a connection goes to, and whom it trusts.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Server {
    pub host: String,
    pub port: u16,
    pub is_secret: bool,
    pub authorities: Option<String>,
}

/// What requests are given to.
pub enum Connection {
    First(http1::SendRequest<Outgoing>),
    /// Carries many requests at a time.
    Second(http2::SendRequest<Outgoing>),
}

impl Connection {
    pub fn is_open(&self) -> bool {
        match self {
            Connection::First(sender) => sender.is_ready(),
            Connection::Second(sender) => !sender.is_closed(),
        }
    }
}

type Waiting = HashMap<Server, Vec<(Instant, Connection)>>;

/// The connections that wait, for all processes of a program.
#[derive(Clone, Default)]
pub struct Idle(Arc<Mutex<Waiting>>);

impl Idle {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One that may still be open; one that carries many requests stays here too.
    pub fn take(&self, server: &Server) -> Option<Connection> {
        let mut waiting = self.lock();
        let connections = waiting.get_mut(server)?;
        while let Some((_, connection)) = connections.pop() {
            if !connection.is_open() {
                continue;
            }
            if let Connection::Second(sender) = &connection {
                connections.push((Instant::now(), Connection::Second(sender.clone())));
            }
            return Some(connection);
        }
        None
    }

    /// Keeps a connection for a while. Must be called inside the reactor.
    pub fn put(&self, server: Server, connection: Connection) {
        let mut waiting = self.lock();
        let connections = waiting.entry(server.clone()).or_default();
        if connections.len() >= IDLE_MAX {
            return;
        }
        connections.push((Instant::now(), connection));
        if connections.len() == 1 {
            tokio::spawn(self.clone().tidy(server));
        }
    }

    /// Closes what has waited for too long, as long as something waits.
    async fn tidy(self, server: Server) {
        loop {
            tokio::time::sleep(IDLE_TIME_MAX).await;
            let mut waiting = self.lock();
            let Some(connections) = waiting.get_mut(&server) else { return };
            connections.retain(|(since, connection)| since.elapsed() < IDLE_TIME_MAX && connection.is_open());
            if connections.is_empty() {
                waiting.remove(&server);
                return;
            }
        }
    }
}
