//! The loop over messages. Documents are kept as the editor last sent them; nothing is read from disk but what they
//! import.

use std::collections::HashMap;

use lsp_server::{Connection, ErrorCode, Message, Notification, Request, Response};
use serde_json::{Value, json};

use crate::answer;
use crate::place::Document;

/// Serves one editor on standard input and output until it ends the session.
pub fn run() -> Result<(), String> {
    let (connection, threads) = Connection::stdio();
    let result = serve(&connection);
    drop(connection);
    threads.join().map_err(|error| error.to_string())?;
    result
}

fn serve(connection: &Connection) -> Result<(), String> {
    let (id, _) = connection.initialize_start().map_err(|error| error.to_string())?;
    let told = json!({
        "capabilities": answer::capabilities(),
        "serverInfo": { "name": "dunlin", "version": env!("CARGO_PKG_VERSION") },
    });
    connection.initialize_finish(id, told).map_err(|error| error.to_string())?;
    let mut server = Server { connection, documents: HashMap::new() };
    for message in &connection.receiver {
        match message {
            Message::Request(request) => {
                if connection.handle_shutdown(&request).map_err(|error| error.to_string())? {
                    return Ok(());
                }
                server.request(request)?;
            }
            Message::Notification(notification) => server.notification(notification)?,
            Message::Response(_) => {}
        }
    }
    Ok(())
}

struct Server<'a> {
    connection: &'a Connection,
    documents: HashMap<String, Document>,
}

impl Server<'_> {
    fn send(&self, message: Message) -> Result<(), String> {
        self.connection.sender.send(message).map_err(|error| error.to_string())
    }

    fn request(&self, request: Request) -> Result<(), String> {
        let uri = request.params["textDocument"]["uri"].as_str().unwrap_or_default();
        let response = match self.documents.get(uri) {
            Some(document) => match answer::answer(&request.method, &request.params, uri, document) {
                Ok(value) => Response::new_ok(request.id, value),
                Err(reason) => Response::new_err(request.id, ErrorCode::RequestFailed as i32, reason),
            },
            None => {
                let reason = format!("`{uri}` is not open, or `{}` needs no document", request.method);
                Response::new_err(request.id, ErrorCode::InvalidParams as i32, reason)
            }
        };
        self.send(Message::Response(response))
    }

    fn notification(&mut self, notification: Notification) -> Result<(), String> {
        let parameters = notification.params;
        let Some(uri) = parameters["textDocument"]["uri"].as_str().map(str::to_string) else { return Ok(()) };
        let text = match notification.method.as_str() {
            "textDocument/didOpen" => parameters["textDocument"]["text"].as_str(),
            // Changes come as the whole text, as the server asked.
            "textDocument/didChange" => {
                parameters["contentChanges"].as_array().and_then(|changes| changes.last()?["text"].as_str())
            }
            "textDocument/didClose" => {
                self.documents.remove(&uri);
                return self.publish(&uri, json!([]));
            }
            _ => None,
        };
        let Some(text) = text else { return Ok(()) };
        let document = Document::new(text.to_string());
        let found = answer::diagnostics(&path_of(&uri), &document);
        self.documents.insert(uri.clone(), document);
        self.publish(&uri, found)
    }

    fn publish(&self, uri: &str, diagnostics: Value) -> Result<(), String> {
        let parameters = json!({ "uri": uri, "diagnostics": diagnostics });
        let method = "textDocument/publishDiagnostics".to_string();
        self.send(Message::Notification(Notification { method, params: parameters }))
    }
}

/// The path behind `file:///a%20b.dn`; of anything else the text itself, which names no file.
fn path_of(uri: &str) -> String {
    let Some(path) = uri.strip_prefix("file://") else { return uri.to_string() };
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match (first, code.and_then(|digits| u8::from_str_radix(digits, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_taken_from_addresses() {
        assert_eq!(path_of("file:///a%20b/c.dn"), "/a b/c.dn");
        assert_eq!(path_of("untitled:1"), "untitled:1");
        assert_eq!(path_of("file:///100%"), "/100%");
    }
}
