// LangGraph's own package: runs that it joins again by itself.
import {Client} from "@langchain/langgraph-sdk";
import {patient} from "./patience.mjs";

const client = (base) => new Client({apiUrl: `${base}/langgraph`, apiKey: "k"});
const INPUT = {messages: [{role: "user", content: "Why?"}]};
const MODES = {streamMode: ["messages-tuple", "values", "custom"], streamResumable: true};

async function read(stream, seen, heard = () => {}) {
  for await (const part of stream) {
    heard();
    seen.lastId = part.id ?? seen.lastId;
    seen.events.push(part.event);
    if (part.event === "messages") seen.text += part.data[0].content;
    if (part.event === "values") seen.values = part.data.messages.at(-1).content;
    if (part.event === "error") seen.error = part.data.error;
  }
  return seen;
}

export async function run({base, threadId}) {
  const seen = {events: [], text: "", values: null, error: null, run: null};
  const options = {input: INPUT, ...MODES, onRunCreated: (run) => { seen.run = run; }};
  return read(client(base).runs.stream(threadId, "default", options), seen);
}

export async function joined({base, threadId, runId, lastEventId = "-1"}) {
  const seen = {events: [], text: "", values: null, error: null};
  return read(client(base).runs.joinStream(threadId, runId, {lastEventId}), seen);
}

// A run that is left by its signal when it says nothing any more.
export async function left({base, threadId, patience, onDisconnect}) {
  const seen = {events: [], text: "", values: null, error: null, run: null, thrown: null};
  const leaving = new AbortController();
  const options = {
    input: INPUT, ...MODES, onDisconnect, signal: leaving.signal, onRunCreated: (run) => { seen.run = run; },
  };
  const stream = client(base).runs.stream(threadId, "default", options);
  try {
    await read(stream, seen, patient(patience, () => leaving.abort()));
  } catch (problem) {
    seen.thrown = problem.name;
  }
  return seen;
}

export async function cancelled({base, threadId, after}) {
  const langgraph = client(base);
  const seen = {text: "", status: null};
  let run = null;
  const options = {input: INPUT, ...MODES, onRunCreated: (made) => { run = made; }};
  let count = 0;
  for await (const part of langgraph.runs.stream(threadId, "default", options)) {
    if (part.event === "messages") seen.text += part.data[0].content;
    if (++count === after) await langgraph.runs.cancel(threadId, run.run_id);
  }
  seen.status = (await langgraph.runs.get(threadId, run.run_id)).status;
  return {...seen, run};
}
