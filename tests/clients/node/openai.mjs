// OpenAI's own package: completions and responses, by hand and with its helpers.
import OpenAI from "openai";
import {patient} from "./patience.mjs";

const client = (base) => new OpenAI({baseURL: `${base}/v1`, apiKey: "k", maxRetries: 0});
const asked = (text) => [{role: "user", content: text}];

export async function chat({base, model, text = "Why?", patience = 0}) {
  const stream = await client(base).chat.completions.create({
    model, messages: asked(text), stream: true, stream_options: {include_usage: true},
  });
  const heard = patient(patience, () => stream.controller.abort());
  const seen = {id: null, text: "", finish: null, usage: null, error: null};
  try {
    for await (const chunk of stream) {
      heard();
      seen.id = chunk.id;
      seen.text += chunk.choices[0]?.delta.content ?? "";
      seen.finish = chunk.choices[0]?.finish_reason ?? seen.finish;
      seen.usage = chunk.usage ?? seen.usage;
    }
  } catch (problem) {
    seen.error = problem.code ?? problem.constructor.name;
  }
  return seen;
}

export async function chatHelper({base, model, text = "Why?", patience = 0}) {
  const stream = client(base).chat.completions.stream({model, messages: asked(text)});
  stream.on("chunk", patient(patience, () => stream.abort()));
  const whole = await stream.finalChatCompletion();
  return {text: whole.choices[0].message.content, finish: whole.choices[0].finish_reason};
}

export async function wait({base, model, text = "Why?"}) {
  const whole = await client(base).chat.completions.create({model, messages: asked(text)});
  return {text: whole.choices[0].message.content, finish: whole.choices[0].finish_reason};
}

// A response followed to its end, taken up after the last number it has seen whenever the stream breaks.
export async function responses({base, model, text = "Why?", patience = 0}) {
  const openai = client(base);
  const seen = {numbers: [], text: "", status: null, id: null, broken: 0};
  let stream = await openai.responses.create({model, input: text, stream: true, background: true});
  const heard = patient(patience, () => stream.controller.abort());
  while (seen.status === null) {
    try {
      for await (const event of stream) {
        heard();
        seen.numbers.push(event.sequence_number);
        seen.id ??= event.response?.id;
        if (event.type === "response.output_text.delta") seen.text += event.delta;
        if (/^response\.(completed|failed|incomplete)$/.test(event.type)) seen.status = event.response.status;
      }
      if (seen.status === null) seen.broken += 1;
    } catch {
      seen.broken += 1;
    }
    if (seen.status === null) {
      const after = {stream: true, starting_after: seen.numbers.at(-1)};
      stream = await openai.responses.retrieve(seen.id, after);
    }
  }
  return seen;
}

export async function responsesHelper({base, model, text = "Why?"}) {
  const stream = client(base).responses.stream({model, input: text});
  const events = [];
  for await (const event of stream) events.push(event.type);
  const whole = await stream.finalResponse();
  return {events, text: whole.output_text, status: whole.status};
}

export async function cancelled({base, model, after}) {
  const openai = client(base);
  const stream = await openai.responses.create({model, input: "Long?", stream: true, background: true});
  const seen = {text: "", last: null, answer: null};
  let count = 0;
  for await (const event of stream) {
    if (event.type === "response.output_text.delta") seen.text += event.delta;
    if (++count === after) seen.answer = (await openai.responses.cancel(event.response?.id ?? seen.id)).status;
    seen.id ??= event.response?.id;
    seen.last = event.response?.status ?? seen.last;
  }
  return seen;
}

export async function refusals({base}) {
  const openai = client(base);
  const said = async (asking) => {
    try {
      await asking;
    } catch (problem) {
      return [problem.constructor.name, problem.status, problem.code, problem.requestID?.length > 0];
    }
  };
  return [
    await said(openai.chat.completions.create({model: "gpt-4", messages: asked("Why?")})),
    await said(openai.chat.completions.create({model: "default", messages: asked("Why?"), n: 2})),
    await said(openai.responses.retrieve("resp_unknown")),
  ];
}
