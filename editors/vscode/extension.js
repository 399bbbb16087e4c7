// Starts `dunlin lsp` and lets the client library of the editor speak with it.
const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

exports.activate = () => {
  const command = workspace.getConfiguration("dunlin").get("command");
  const server = { command, args: ["lsp"] };
  client = new LanguageClient("dunlin", "Dunlin", server, { documentSelector: [{ language: "dunlin" }] });
  return client.start();
};

exports.deactivate = () => client?.stop();
