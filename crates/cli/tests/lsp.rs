//! The language server as an editor uses it: a scripted client over standard input and output.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

const URI: &str = "file:///tmp/scripted.dn";
const TEXT: &str =
    "/// Twice as much.\nfn twice(number) = number * 2\n\nlet count = twice(4)\nprint(count, twice(count))\n";

struct Client {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    next: u64,
}

impl Client {
    /// A server that was told about one open document.
    fn open(text: &str) -> Client {
        Client::open_in(&Value::Null, URI, text)
    }

    /// As `open`, in a project below a folder.
    fn open_in(root: &Value, uri: &str, text: &str) -> Client {
        let mut child = Command::new(env!("CARGO_BIN_EXE_dunlin"))
            .arg("lsp")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the command was built");
        let stdin = child.stdin.take().expect("stdin is piped");
        let stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let mut client = Client { child, stdin, stdout, next: 1 };
        let told = client.ask("initialize", json!({ "capabilities": {}, "rootUri": root }));
        assert_eq!(told["serverInfo"]["name"], "dunlin");
        client.tell("initialized", json!({}));
        let document = json!({ "uri": uri, "languageId": "dunlin", "version": 1, "text": text });
        client.tell("textDocument/didOpen", json!({ "textDocument": document }));
        client
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        write!(self.stdin, "Content-Length: {}\r\n\r\n{body}", body.len()).expect("the server reads");
        self.stdin.flush().expect("the server reads");
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    fn read(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(self.stdout.read_line(&mut line).expect("the server writes") > 0, "the server went away");
            if let Some(text) = line.strip_prefix("Content-Length: ") {
                length = text.trim().parse().expect("a length");
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        self.stdout.read_exact(&mut body).expect("the server writes");
        serde_json::from_slice(&body).expect("messages are JSON")
    }

    fn answer(&mut self, method: &str, params: Value) -> Value {
        let id = self.next;
        self.next += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let message = self.read();
            if message["id"] == id {
                return message;
            }
        }
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.answer(method, params)["result"].clone()
    }

    /// Asks about a place of the document.
    fn at(&mut self, method: &str, line: u64, character: u64) -> Value {
        let position = json!({ "line": line, "character": character });
        let mut params = json!({ "textDocument": { "uri": URI }, "position": position });
        params["newName"] = json!("total");
        self.ask(method, params)
    }

    fn diagnostics(&mut self) -> Value {
        loop {
            let message = self.read();
            if message["method"] == "textDocument/publishDiagnostics" {
                return message["params"]["diagnostics"].clone();
            }
        }
    }

    fn close(mut self) {
        self.ask("shutdown", Value::Null);
        self.tell("exit", Value::Null);
        assert!(self.child.wait().expect("the server ends").success());
    }
}

#[test]
fn diagnostics_come_with_each_change() {
    let mut client = Client::open(TEXT);
    assert_eq!(client.diagnostics(), json!([]));
    let change = json!({ "textDocument": { "uri": URI, "version": 2 }, "contentChanges": [{ "text": "print(nowhere)\n" }] });
    client.tell("textDocument/didChange", change);
    let found = client.diagnostics();
    assert_eq!(found[0]["code"], "E0201", "{found}");
    assert_eq!(found[0]["range"]["start"], json!({ "line": 0, "character": 6 }));
    client.close();
}

#[test]
fn names_are_explained_found_and_renamed() {
    let mut client = Client::open(TEXT);
    let hover = client.at("textDocument/hover", 3, 14);
    assert!(hover["contents"]["value"].as_str().expect("text").contains("Twice as much."), "{hover}");
    let definition = client.at("textDocument/definition", 4, 15);
    assert_eq!(definition["range"]["start"], json!({ "line": 1, "character": 3 }));
    let references = client.at("textDocument/references", 3, 5);
    assert_eq!(references.as_array().expect("a list").len(), 3, "{references}");
    let rename = client.at("textDocument/rename", 3, 5);
    assert_eq!(rename["changes"][URI].as_array().expect("a list").len(), 3, "{rename}");
    assert_eq!(rename["changes"][URI][0]["newText"], "total");
    client.close();
}

#[test]
fn texts_are_formatted_outlined_painted_and_completed() {
    let mut client = Client::open("let  a=1\nfn f() { a }\nf().\npri\n");
    let document = json!({ "textDocument": { "uri": URI } });
    let symbols = client.ask("textDocument/documentSymbol", document.clone());
    assert_eq!(symbols[1]["name"], "f", "{symbols}");
    let tokens = client.ask("textDocument/semanticTokens/full", document.clone());
    let numbers = tokens["data"].as_array().expect("numbers");
    assert!(numbers.len() > 20 && numbers.len().is_multiple_of(5), "{tokens}");
    let completion = client.at("textDocument/completion", 3, 3);
    let labels: Vec<&Value> =
        completion.as_array().expect("a list").iter().map(|item| &item["label"]).collect();
    assert!(labels.contains(&&json!("print")), "{labels:?}");
    let members = client.at("textDocument/completion", 2, 4);
    assert!(members.as_array().expect("a list").iter().any(|item| item["label"] == "push"), "{members}");
    let change =
        json!({ "textDocument": { "uri": URI, "version": 2 }, "contentChanges": [{ "text": "let  a=1\n" }] });
    client.tell("textDocument/didChange", change);
    let edits = client.ask("textDocument/formatting", document);
    assert_eq!(edits[0]["newText"], "let a = 1\n", "{edits}");
    client.close();
}

#[test]
fn what_cannot_be_answered_is_an_error_and_not_the_end() {
    let mut client = Client::open(TEXT);
    let unknown = client.answer("textDocument/unheardOf", json!({ "textDocument": { "uri": URI } }));
    assert!(unknown["error"]["message"].as_str().expect("a reason").contains("unheardOf"), "{unknown}");
    let closed = client.answer("textDocument/hover", json!({ "textDocument": { "uri": "file:///gone.dn" } }));
    assert!(closed["error"]["message"].as_str().expect("a reason").contains("gone.dn"), "{closed}");
    assert!(client.at("textDocument/hover", 4, 1).is_object());
    client.close();
}

#[test]
fn names_are_found_and_renamed_across_files() {
    let folder = std::env::temp_dir().join(format!("dunlin-lsp-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let main = "import \"./shapes\" { area }\nprint(area(2, 3))\n";
    std::fs::write(folder.join("shapes.dn"), "pub fn area(w, h) = w * h\n").expect("a file can be written");
    std::fs::write(folder.join("main.dn"), "print(1) // what the editor has is newer\n")
        .expect("a file can be written");
    let uri = |name: &str| format!("file://{}/{name}", folder.display());
    let mut client = Client::open_in(&json!(uri("").trim_end_matches('/')), &uri("main.dn"), main);
    let place = |extra: Value| {
        let mut parameters =
            json!({ "textDocument": { "uri": uri("main.dn") }, "position": { "line": 1, "character": 7 } });
        extra.as_object().into_iter().flatten().for_each(|(key, value)| parameters[key] = value.clone());
        parameters
    };
    let definition = client.ask("textDocument/definition", place(json!({})));
    assert_eq!(
        (&definition["uri"], &definition["range"]["start"]),
        (&json!(uri("shapes.dn")), &json!({ "line": 0, "character": 7 }))
    );
    let references = client.ask("textDocument/references", place(json!({})));
    assert_eq!(references.as_array().map(Vec::len), Some(3), "{references}");
    let renamed = client.ask("textDocument/rename", place(json!({ "newName": "surface" })));
    let edits = |name: &str| renamed["changes"][uri(name)].as_array().map_or(0, Vec::len);
    assert_eq!((edits("main.dn"), edits("shapes.dn")), (2, 1), "{renamed}");
    client.close();
    std::fs::remove_dir_all(&folder).expect("the folder can be removed");
}
