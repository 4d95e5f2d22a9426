// A page as the AI SDK's manual has it: useChat over the default transport, resuming whenever it was cut, and
// with ?patience=seconds whenever nothing has come for so long.
import {useEffect, useRef} from "react";
import {createRoot} from "react-dom/client";
import {useChat} from "@ai-sdk/react";
import {DefaultChatTransport} from "ai";

const query = new URLSearchParams(location.search);
const transport = new DefaultChatTransport({api: "/api/chat", body: {model: query.get("model") ?? undefined}});

function textOf(message) {
  return message.parts.filter((part) => part.type === "text").map((part) => part.text).join("\n\n");
}

function Page() {
  const chat = useRef(null);
  // Not by the status: two cuts between two renderings are one "error" to an effect.
  const resume = () => setTimeout(() => chat.current.resumeStream());
  chat.current = useChat({
    id: query.get("chat"), resume: query.has("resume"), transport, onError: resume,
  });
  const {messages, status, sendMessage, stop} = chat.current;
  useEffect(() => {
    if (status !== "streaming" || !query.has("patience")) return;
    const timer = setTimeout(() => stop().then(resume), 1000 * query.get("patience"));
    return () => clearTimeout(timer);
  }, [status, messages]);
  const answers = messages.filter((message) => message.role === "assistant");
  const turn = answers.at(-1)?.metadata?.status ?? "running";
  return (
    <main data-status={status} data-turn={turn}>
      <button onClick={() => sendMessage({text: "Why?"})}>Ask</button>
      {answers.map((message) => <pre key={message.id}>{textOf(message)}</pre>)}
    </main>
  );
}

createRoot(document.body.appendChild(document.createElement("div"))).render(<Page />);
