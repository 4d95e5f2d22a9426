// AG-UI's own agent, which verifies every event of a run.
import {readFile} from "node:fs/promises";
import {HttpAgent} from "@ag-ui/client";
import {patient} from "./patience.mjs";

async function watched(agent, abortAfter = 0, patience = 0) {
  const heard = patient(patience, () => agent.abortRun());
  const seen = {types: [], failed: null, rejected: null, outcome: null, code: null, runId: null};
  const subscriber = {
    onEvent: ({event}) => {
      heard();
      seen.types.push(event.type);
      if (event.type === "RUN_STARTED") seen.runId = event.runId;
      if (event.type === "RUN_FINISHED") seen.outcome = event.outcome?.type;
      if (event.type === "RUN_ERROR") seen.code = event.code;
      if (abortAfter && seen.types.length === abortAfter) agent.abortRun();
    },
    onRunFailed: ({error}) => { seen.failed = error.message; },
  };
  try {
    await agent.runAgent({}, subscriber);
  } catch (problem) {
    seen.rejected = problem.message;
  }
  const answers = agent.messages.filter((message) => message.role === "assistant" && message.content);
  return {...seen, texts: answers.map((message) => message.content)};
}

// A run, and, when it broke and the client wants it, the whole run again from its start.
export async function run({base, threadId, text = "Why?", attach = false, abortAfter = 0, patience = 0}) {
  const question = {id: "q1", role: "user", content: text};
  const agent = new HttpAgent({url: `${base}/ag-ui`, threadId, initialMessages: [question]});
  const first = await watched(agent, abortAfter, patience);
  if (!attach || first.types.at(-1) === "RUN_FINISHED") return {first, ...first};
  return {first, ...(await attached({base, threadId, runId: first.runId}))};
}

export async function attached({base, threadId}) {
  return watched(new HttpAgent({url: `${base}/ag-ui/attach`, threadId}));
}

// A golden file, read as if the server had sent it.
export async function golden({path}) {
  const body = await readFile(path);
  const fetch = async () => new Response(body, {headers: {"content-type": "text/event-stream"}});
  return watched(new HttpAgent({url: "http://golden/ag-ui", threadId: "t", fetch}));
}

// A run followed to its end, told again from its start as often as it takes.
export async function followed({base, threadId}) {
  for (let rejections = 0; ; rejections += 1) {
    const seen = await attached({base, threadId});
    if (seen.rejected === null) return {...seen, rejections};
  }
}
