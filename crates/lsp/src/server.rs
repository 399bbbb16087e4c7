//! The loop over messages. Documents are kept as the editor last sent them; from disk come what they import, and the other
//! files of the project where a name is asked for in all of them.

use std::collections::HashMap;
use std::path::PathBuf;

use lsp_server::{Connection, ErrorCode, Message, Notification, Request, Response};
use serde_json::{Value, json};

use crate::answer;
use crate::place::Document;
use crate::project::{Project, path_of};

/// Serves one editor on standard input and output until it ends the session.
pub fn run() -> Result<(), String> {
    let (connection, threads) = Connection::stdio();
    let result = serve(&connection);
    drop(connection);
    threads.join().map_err(|error| error.to_string())?;
    result
}

fn serve(connection: &Connection) -> Result<(), String> {
    let (id, parameters) = connection.initialize_start().map_err(|error| error.to_string())?;
    let told = json!({
        "capabilities": answer::capabilities(),
        "serverInfo": { "name": "dunlin", "version": env!("CARGO_PKG_VERSION") },
    });
    connection.initialize_finish(id, told).map_err(|error| error.to_string())?;
    let root = parameters["workspaceFolders"][0]["uri"].as_str().or(parameters["rootUri"].as_str());
    let folder = root.map(|uri| PathBuf::from(path_of(uri)));
    let mut server = Server { connection, folder, documents: HashMap::new() };
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
    /// Where the project is, if the editor has one open.
    folder: Option<PathBuf>,
    documents: HashMap<String, Document>,
}

impl Server<'_> {
    fn send(&self, message: Message) -> Result<(), String> {
        self.connection.sender.send(message).map_err(|error| error.to_string())
    }

    fn request(&self, request: Request) -> Result<(), String> {
        let uri = request.params["textDocument"]["uri"].as_str().unwrap_or_default();
        let response = match self.documents.get(uri) {
            Some(document) => match self.answer(&request, uri, document) {
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

    fn answer(&self, request: &Request, uri: &str, document: &Document) -> Result<Value, String> {
        if !answer::ACROSS_FILES.contains(&request.method.as_str()) {
            return answer::answer(&request.method, &request.params, document);
        }
        let project = Project::of(&self.documents, self.folder.as_deref());
        let number = project.number(uri).ok_or("the document is not open")?;
        answer::answer_across(&request.method, &request.params, &project, number)
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
