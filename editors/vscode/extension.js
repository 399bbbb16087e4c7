// Starts `dunlin lsp` and lets the client library of the editor speak with it; debugging starts `dunlin dap`.
const { DebugAdapterExecutable, debug, workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

const command = () => workspace.getConfiguration("dunlin").get("command");

exports.activate = (context) => {
  const adapter = { createDebugAdapterDescriptor: () => new DebugAdapterExecutable(command(), ["dap"]) };
  context.subscriptions.push(debug.registerDebugAdapterDescriptorFactory("dunlin", adapter));
  const server = { command: command(), args: ["lsp"] };
  client = new LanguageClient("dunlin", "Dunlin", server, { documentSelector: [{ language: "dunlin" }] });
  return client.start();
};

exports.deactivate = () => client?.stop();
