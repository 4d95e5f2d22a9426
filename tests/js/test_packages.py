"""What `npm install` would give: packages that import, that have types, and that bring what they say."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import JS, PACKAGES

USER = """
import { createClient, ChatError, type TurnEvent } from '@rivulet/client'
import { LiveChat } from '@rivulet/client/chat'
import { sharedEvents } from '@rivulet/client/shared'
import { useChat, useStreamingChat, type UseChat } from '@rivulet/react'
import { streamMessageWith, useChat as useVueChat, useStreamingMessage } from '@rivulet/vue'

const options = { baseUrl: 'http://localhost:8321', key: 'secret' }
const client = createClient({ ...options, events: sharedEvents(options) })

export async function ask(question: string): Promise<string> {
  const turn = await client.turns.create({ input: question, search_mode: 'all' })
  const seen: TurnEvent[] = []
  for await (const event of turn) {
    seen.push(event)
    if (event.type === 'text.delta') console.log(event.delta.toUpperCase(), event.seq)
    // @ts-expect-error: only text events have a delta
    event.delta
  }
  return (await turn.final()).text
}

export function page(): string | undefined {
  const chat: UseChat = useChat({ chatId: 'cht_a' })
  const { tokens, stage, isStreaming, error, sessionId, ...verbs } = useStreamingChat(options)
  const { streamMessage, stopStreaming, clearTokens, resetState } = verbs
  void streamMessage(tokens + stage + isStreaming + error + sessionId)
  stopStreaming()
  clearTokens()
  resetState()
  // @ts-expect-error: messages are not written to
  chat.messages.push()
  return chat.messages.at(-1)?.text
}

export function composable(): number {
  const { streamingMessage, isStreaming, ...verbs } = useStreamingMessage(options)
  const { startStreaming, appendToken, completeStreaming } = verbs
  startStreaming()
  appendToken(`${isStreaming.value}`)
  const streamMessage = streamMessageWith(options)
  const fail = ({ code }: { code: string }): string => code
  const done = ({ totalTokens }: { totalTokens: number }): number => totalTokens
  const leave = streamMessage('Hi', (token) => token.length, done, fail, [], 'extractive')
  leave()
  return useVueChat().messages.value.length + completeStreaming().length + streamingMessage.value.length
}

new LiveChat({ client }).subscribe(() => {})()
throw new ChatError('x', 'y')
"""


def test_a_strict_project_can_use_them(packed: Path, run: Callable[..., str]) -> None:
    """Every public name with its types, under the compiler's strictest settings and Node's own resolution."""
    (packed / "user.ts").write_text(USER)
    options = {
        "strict": True,
        "noEmit": True,
        "target": "ES2022",
        "module": "NodeNext",
        "exactOptionalPropertyTypes": True,
        "noUncheckedIndexedAccess": True,
        "verbatimModuleSyntax": True,
        "lib": ["ES2023", "DOM", "DOM.Iterable", "DOM.AsyncIterable"],
        "types": [],
    }
    (packed / "tsconfig.json").write_text(json.dumps({"compilerOptions": options, "files": ["user.ts"]}))
    run(JS / "node_modules/typescript/bin/tsc", "-p", ".", folder=packed)


def test_node_imports_them(packed: Path, run: Callable[..., str]) -> None:
    """Plain Node, without a bundler; outside of a browser nothing is shared and nothing breaks."""
    (packed / "user.mjs").write_text(
        "import { createClient, isChatError } from '@rivulet/client'\n"
        "import { LiveChat } from '@rivulet/client/chat'\n"
        "import { sharedEvents } from '@rivulet/client/shared'\n"
        "import { useChat, useStreamingChat } from '@rivulet/react'\n"
        "import { useChat as inVue, streamMessageWith } from '@rivulet/vue'\n"
        "const client = createClient({ baseUrl: 'http://127.0.0.1:9', events: sharedEvents() })\n"
        "const said = await client.models.list().catch((problem) => isChatError(problem) && problem.code)\n"
        "const names = [useChat, useStreamingChat, inVue, streamMessageWith].map((one) => typeof one)\n"
        "console.log(said, names.join(),\n"
        "  new LiveChat({ client }).snapshot().status, sharedEvents())\n"
    )
    assert run("user.mjs", folder=packed).split() == [
        "network",
        "function,function,function,function",
        "ready",
        "undefined",
    ]


def test_the_client_asks_from_a_worker(packed: Path, run: Callable[..., str]) -> None:
    """It needs `fetch` and streams, and neither a window nor a document."""
    (packed / "worker.mjs").write_text(
        "import { Worker, isMainThread, parentPort } from 'node:worker_threads'\n"
        "import { createClient } from '@rivulet/client'\n"
        "if (isMainThread) new Worker(new URL(import.meta.url)).on('message', (text) => console.log(text))\n"
        "else {\n"
        "  const answers = [Response.json({ turn_id: 'trn_a' }, { status: 202 }), new Response(\n"
        '    \'id: 1\\ndata: {"type":"turn.finished","seq":1,"at":1,"status":"completed"}\\n\\n\',\n'
        "    { headers: { 'content-type': 'text/event-stream' } })]\n"
        "  const client = createClient({ baseUrl: 'http://x', fetch: async () => answers.shift() })\n"
        "  parentPort.postMessage((await (await client.turns.create({ input: 'Hi' })).final()).status)\n"
        "}\n"
    )
    assert run("worker.mjs", folder=packed).strip() == "completed"


def test_a_callback_that_throws_keeps_no_connection(packed: Path, run: Callable[..., str]) -> None:
    """What `onError` throws is its owner's; the request that it was told of is ended all the same."""
    (packed / "throwing.mjs").write_text(
        "import { streamMessageWith } from '@rivulet/vue'\n"
        "process.on('uncaughtException', ({ message }) => console.log(message, asked.aborted))\n"
        "let asked\n"
        "const silent = (_, { signal }) => ((asked = signal), new Promise(() => {}))\n"
        "const ask = streamMessageWith({ baseUrl: 'http://x', fetch: silent, firstTokenMs: 1 })\n"
        "ask('Hi', () => {}, () => {}, () => { throw new Error('mine') })\n"
    )
    assert run("throwing.mjs", folder=packed).split() == ["mine", "true"]


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_has_what_it_names_and_nothing_else(packed: Path, name: str) -> None:
    """Every export is there, and no tests."""
    folder = packed / "node_modules" / "@rivulet" / name
    described = json.loads((folder / "package.json").read_text())
    for entry in described["exports"].values():
        places = entry.values() if isinstance(entry, dict) else (entry,)
        assert all((folder / place).is_file() for place in places)
    assert (folder / "README.md").is_file()
    assert {path.name for path in folder.iterdir()} <= {"package.json", "dist", "src", "README.md"}
    assert described["license"] == "Apache-2.0"


@pytest.mark.parametrize("name", ["react", "vue"])
def test_adapters_are_thin(name: str) -> None:
    """What a chat does is in the client; a hook only adapts reactivity, in 250 lines at most."""
    lines = sum(len(path.read_text().splitlines()) for path in (JS / name / "src").glob("*.ts"))
    assert lines <= 250


def test_the_manuals_examples_are_typed(packed: Path, run: Callable[..., str]) -> None:
    """Every TypeScript block of the guide and of the packages' own pages compiles against the packages."""
    pages = [JS.parent / "docs/guides/clients.md", *(JS / name / "README.md" for name in PACKAGES)]
    text = "\n".join(page.read_text() for page in pages)
    blocks = re.findall(r"^```(tsx?)\n(.*?)^```$", text, re.M | re.S)
    assert len(blocks) >= 11
    folder = packed / "manual"
    folder.mkdir()
    for number, (kind, text) in enumerate(blocks):
        (folder / f"block{number}.{kind}").write_text(f"{text}\nexport {{}}\n")
    options = {"strict": True, "noEmit": True, "target": "ES2022", "module": "NodeNext", "jsx": "react-jsx"}
    libraries = ["ES2023", "DOM", "DOM.Iterable", "DOM.AsyncIterable"]
    settings = {"compilerOptions": {**options, "lib": libraries, "types": []}, "include": ["."]}
    (folder / "tsconfig.json").write_text(json.dumps(settings))
    run(JS / "node_modules/typescript/bin/tsc", "-p", ".", folder=folder)
