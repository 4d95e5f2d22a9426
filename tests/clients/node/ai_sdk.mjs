// The AI SDK's transports and its Chat, as versions 5, 6 and 7 have them.
import {readFile} from "node:fs/promises";
import {WorkflowChatTransport} from "@ai-sdk/workflow/client";
import {patient} from "./patience.mjs";

const VERSIONS = {
  5: [await import("ai-5"), await import("@ai-sdk/react-5")],
  6: [await import("ai-6"), await import("@ai-sdk/react-6")],
  7: [await import("ai"), await import("@ai-sdk/react")],
};

const textOf = (message) =>
  message.parts.filter((part) => part.type === "text").map((part) => part.text).join("\n\n");

const question = (text) => [{id: "m1", role: "user", parts: [{type: "text", text}]}];

// The message that a version's own reader builds from a stream of parts.
async function built(ai, stream, heard = () => {}) {
  const problems = [];
  let message;
  const options = {stream, onError: (problem) => problems.push(problem), terminateOnError: false};
  for await (const state of ai.readUIMessageStream(options)) {
    heard();
    message = state;
  }
  return {message, problems: problems.map((problem) => problem.message ?? String(problem))};
}

const told = ({message, problems}) => ({
  text: message ? textOf(message) : "",
  metadata: message?.metadata ?? null,
  types: message ? message.parts.map((part) => part.type) : [],
  problems,
});

// A golden file, read as if the server had sent it.
export async function golden({version, path}) {
  const [ai] = VERSIONS[version];
  const body = await readFile(path);
  const fetch = async () => new Response(body, {headers: {"content-type": "text/event-stream"}});
  const transport = new ai.DefaultChatTransport({api: "http://golden/api/chat", fetch});
  const asked = {trigger: "submit-message", chatId: "c", messages: question("Why?")};
  return told(await built(ai, await transport.sendMessages(asked)));
}

// What a page does: its Chat asks; when the stream breaks, and it is told to, it takes the answer up again.
export async function chat({version, base, chatId, model, resume = false, abortAfter = 0, patience = 0}) {
  const [ai, react] = VERSIONS[version];
  const transport = new ai.DefaultChatTransport({api: `${base}/api/chat`, body: {model}});
  let end;
  const onFinish = ({isAbort, isDisconnect, isError}) => { end = {isAbort, isDisconnect, isError}; };
  const chat = new react.Chat({id: chatId, transport, onFinish});
  if (abortAfter) stopAt(chat, abortAfter);
  const heard = patient(patience, () => chat.stop());
  const stopHearing = chat["~registerMessagesCallback"](() => chat.lastMessage.role === "assistant" && heard());
  await chat.sendMessage({text: "Why?"});
  stopHearing();
  const first = {
    status: chat.status, error: chat.error?.message ?? null, end, metadata: chat.lastMessage.metadata ?? null,
  };
  while (resume && chat.lastMessage?.metadata?.status === undefined) await chat.resumeStream();
  const message = chat.lastMessage;
  return {first, status: chat.status, count: chat.messages.length, ...told({message, problems: []})};
}

function stopAt(chat, parts) {
  const timer = setInterval(() => {
    if (chat.lastMessage?.role === "assistant" && textOf(chat.lastMessage).split(" ").length > parts) {
      clearInterval(timer);
      chat.stop();
    }
  }, 5);
}

// A page that comes later, or to a chat in which nothing runs: null is a 204.
export async function reconnect({version, base, chatId}) {
  const [ai] = VERSIONS[version];
  const transport = new ai.DefaultChatTransport({api: `${base}/api/chat`});
  const stream = await transport.reconnectToStream({chatId});
  return stream === null ? null : told(await built(ai, stream));
}

// The workflow transport takes up the rest by counting parts, by itself.
export async function workflow({base, chatId, model, patience = 0}) {
  const [ai] = VERSIONS[7];
  const counted = [];
  const transport = new WorkflowChatTransport({
    api: `${base}/api/chat`,
    maxConsecutiveErrors: 3,
    onChatEnd: ({chunkIndex}) => counted.push(chunkIndex),
    prepareSendMessagesRequest: ({id, messages}) => (
      {body: {id, messages, model}, headers: {"content-type": "application/json"}}
    ),
  });
  const leaving = new AbortController();
  const asked = {trigger: "submit-message", chatId, messages: question("Why?"), abortSignal: leaving.signal};
  const heard = patient(patience, () => leaving.abort());
  const seen = told(await built(ai, await transport.sendMessages(asked), heard));
  if (!leaving.signal.aborted) return {...seen, counted};
  const first = {...seen, counted: [...counted]};
  return {first, ...told(await built(ai, await transport.reconnectToStream({chatId}))), counted};
}
