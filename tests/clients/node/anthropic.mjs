// Anthropic's own package: messages by hand and with its helper.
import Anthropic from "@anthropic-ai/sdk";
import {patient} from "./patience.mjs";

const client = (base) => new Anthropic({baseURL: base, apiKey: "k", maxRetries: 0});
const asked = (model) => ({model, max_tokens: 1000, messages: [{role: "user", content: "Why?"}]});

export async function stream({base, model, patience = 0}) {
  const seen = {id: null, text: "", types: [], stop: null, error: null};
  try {
    const events = await client(base).messages.create({...asked(model), stream: true});
    const heard = patient(patience, () => events.controller.abort());
    for await (const event of events) {
      heard();
      seen.types.push(event.type);
      seen.id ??= event.message?.id;
      if (event.type === "content_block_delta" && event.delta.type === "text_delta") seen.text += event.delta.text;
      if (event.type === "message_delta") seen.stop = event.delta.stop_reason;
    }
  } catch (problem) {
    seen.error = problem.constructor.name;
  }
  return seen;
}

export async function helper({base, model, patience = 0}) {
  const stream = client(base).messages.stream(asked(model));
  stream.on("streamEvent", patient(patience, () => stream.abort()));
  const message = await stream.finalMessage();
  return {text: message.content.map((block) => block.text ?? "").join(""), stop: message.stop_reason};
}
