// The JavaScript of docs/guides/protocols.md, run as it stands; its names are what a reader would have imported.
import {HttpAgent} from "@ag-ui/client";
import {Chat} from "@ai-sdk/react";
import {WorkflowChatTransport} from "@ai-sdk/workflow/client";
import {Client} from "@langchain/langgraph-sdk";
import {DefaultChatTransport} from "ai";

const AsyncFunction = (async () => {}).constructor;

const textOf = (message) => message.parts.map((part) => part.text ?? "").join("");

// `code` ends in `return …` of what the caller wants to see.
export async function run({code, threadId}) {
  const logged = [];
  const names = {
    HttpAgent, WorkflowChatTransport, Client, DefaultChatTransport, threadId,
    chatId: threadId, textOf, logged,
    useChat: (options) => new Chat(options),
    console: {log: (...said) => logged.push(said)},
  };
  return new AsyncFunction(...Object.keys(names), code)(...Object.values(names));
}
