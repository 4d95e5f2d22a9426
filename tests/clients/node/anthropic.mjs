// Anthropic's own package: messages by hand and with its helper.
import Anthropic from "@anthropic-ai/sdk";

const client = (base) => new Anthropic({baseURL: base, apiKey: "k", maxRetries: 0});
const asked = (model) => ({model, max_tokens: 1000, messages: [{role: "user", content: "Why?"}]});

export async function stream({base, model}) {
  const seen = {text: "", types: [], stop: null, error: null};
  try {
    for await (const event of await client(base).messages.create({...asked(model), stream: true})) {
      seen.types.push(event.type);
      if (event.type === "content_block_delta" && event.delta.type === "text_delta") seen.text += event.delta.text;
      if (event.type === "message_delta") seen.stop = event.delta.stop_reason;
    }
  } catch (problem) {
    seen.error = problem.constructor.name;
  }
  return seen;
}

export async function helper({base, model}) {
  const message = await client(base).messages.stream(asked(model)).finalMessage();
  return {text: message.content.map((block) => block.text ?? "").join(""), stop: message.stop_reason};
}
