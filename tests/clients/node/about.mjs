// Which Node this is, and which versions of the clients it really loads.
import {readFile} from "node:fs/promises";

const CLIENTS = [
  "openai", "@anthropic-ai/sdk", "ai", "ai-5", "ai-6", "@ai-sdk/react", "@ai-sdk/workflow",
  "@ag-ui/client", "@langchain/langgraph-sdk", "@durable-streams/server-conformance-tests",
];

export async function versions() {
  const found = {node: process.versions.node};
  for (const name of CLIENTS) {
    const about = await readFile(new URL(`node_modules/${name}/package.json`, import.meta.url), "utf8");
    found[name] = JSON.parse(about).version;
  }
  return found;
}
