"""Our own answerer: search, choose passages, let the provider write from them, hold its words against them.

A search that fails fails the turn. An answer without its documents would look like any other and be trusted
like one; the error says that asking again may help.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence

import msgspec

from rivulet.answerers.grounding import Grounder, Statement, figures
from rivulet.answerers.passages import Desk, own_url
from rivulet.answerers.prompt import earlier_questions, instructions, remembered
from rivulet.answerers.retrieval import account, find
from rivulet.answerers.stages import Stages
from rivulet.answerers.support import Vocabulary
from rivulet.answerers.tools import Outcome, Toolbox, failed, succeeded
from rivulet.answerers.usage import estimated, total
from rivulet.answerers.writing import Plain, Writing
from rivulet.domain.errors import RetrievalFailed, RivuletError, UpstreamProtocol
from rivulet.domain.events import Passage, SourcesAdded, ToolCalled, ToolFinished, Usage
from rivulet.ports.answering import Finished, Piece, Prompt, Provider, Say, Task, Tool, ToolResult
from rivulet.ports.knowledge import Analyser, Found, Hit, Search
from rivulet.ports.turns import Clock

CANDIDATES = 3
"""Hits asked for per source wanted, so that choosing has something to choose from."""

BREATH = 16
"""Sentences weighed before everybody else may run: about a millisecond."""


class Rag:
    """One provider over one search. `tools` are those the server has; a bot names the ones it uses.

    `quotes_only` says that the provider only quotes its sources: it gets none when nothing found supports an
    answer, and then says that. A model gets them all the same and is told how little they are worth.
    """

    def __init__(
        self,
        *,
        search: Search,
        provider: Provider,
        analyser: Analyser,
        clock: Clock,
        tools: Mapping[str, Tool] | None = None,
        quotes_only: bool = False,
        url_of: Callable[[Hit], str] = own_url,
    ) -> None:
        self.search = search
        self.provider = provider
        self.vocabulary = Vocabulary(analyser)
        self.clock = clock
        self.tools = tools or {}
        self.quotes_only = quotes_only
        self.url_of = url_of

    @property
    def asks_no_model(self) -> bool:
        """Quoting costs no tokens."""
        return self.quotes_only

    async def answer(self, task: Task, say: Say) -> Finished:
        turn = _Turn(self, task, say)
        await turn.retrieve()
        await turn.write()
        await turn.ground()
        return turn.finished()


class _Turn:
    """What one answer needs to know from its beginning to its end."""

    def __init__(self, rag: Rag, task: Task, say: Say) -> None:
        is_searched = task.search_mode != "none"
        self._rag = rag
        self._task = task
        self._say = say
        self._tools = Toolbox(rag.tools, task.bot.tools, may_find=is_searched)
        self._desk = Desk(rag.url_of)
        self._results: list[ToolResult] = []
        self._prompt = Prompt(
            question=task.question,
            model=task.model,
            instructions=instructions(task.bot, is_searched=False),
            history=remembered(task.history),
            temperature=task.bot.temperature,
            max_output_tokens=task.bot.max_output_tokens,
            tools=self._tools.specs,
        )
        self._usages: list[Usage | None] = []
        self._chars_read = 0
        self._stages = Stages(rag.clock)
        self._grounder = Grounder(rag.vocabulary, task.question) if is_searched else None
        self._speech = self._grounder or Plain()
        self._writing = Writing(self._speech, self._stages, task.bot.limits.tool_steps)

    async def retrieve(self) -> None:
        """Search and choose; the sources of the prompt. Raises RetrievalFailed."""
        if self._grounder is None:
            return
        task, top_k = self._task, max(1, self._task.bot.top_k)
        self._say(self._stages.start("retrieval", "Searching documents"))
        earlier = earlier_questions(task.history)
        try:
            found = await find(self._rag.search, task, task.question, CANDIDATES * top_k, earlier)
        except RetrievalFailed:
            self._say(self._stages.finish("retrieval", "failed"))
            raise
        self._say(self._stages.finish("retrieval", detail=account(task, task.question, found)))
        self._say(self._stages.start("reranking", "Choosing passages"))
        usable = found.is_supported or not self._rag.quotes_only
        sources, _ = self._desk.lay_out(found.hits if usable else (), top_k)
        self._say(self._stages.finish("reranking", detail={"selected": len(sources)}))
        self._grounder.add(sources)
        self._say(SourcesAdded(sources=sources))
        self._use(sources, found.is_supported)

    def _use(self, sources: Sequence[Passage], is_supported: bool) -> None:
        told = instructions(
            self._task.bot,
            is_searched=True,
            is_found=bool(sources),
            is_supported=is_supported,
            can_search=self._tools.can_find,
        )
        self._prompt = msgspec.structs.replace(self._prompt, instructions=told, sources=tuple(sources))

    async def write(self) -> None:
        """The provider's answer, or as many as its tools make necessary."""
        self._say(self._stages.start("generation", "Writing the answer"))
        while True:
            await self._hear()
            if not self._goes_on():
                break
            await self._use_tools()
        for call in self._writing.calls:  # of an answer that was cut
            self._say(
                ToolFinished(tool_call_id=call.id, status="failed", error="The answer ended before the call.")
            )
        self._say(self._stages.finish("generation"))

    async def _hear(self) -> None:
        writing, say = self._writing, self._say
        writing.begin()

        def take(piece: Piece) -> None:
            for draft in writing.take(piece):
                say(draft)

        try:
            await self._rag.provider.stream(self._next_prompt(), take)
        except RivuletError:
            for draft in writing.rest():
                say(draft)
            raise

    def _next_prompt(self) -> Prompt:
        """The prompt with all that the tools have given so far."""
        self._prompt = prompt = msgspec.structs.replace(self._prompt, tool_results=tuple(self._results))
        self._chars_read += len(prompt.question) + len(prompt.instructions)
        self._chars_read += sum(len(said.text) for said in prompt.history)
        self._chars_read += sum(len(source.text) for source in prompt.sources)
        self._chars_read += sum(len(result.output) for result in prompt.tool_results)
        return prompt

    def _goes_on(self) -> bool:
        """Whether the provider waits for tools. An answer that was cut may have cut its calls too."""
        ended = self._writing.ended
        self._usages.append(ended.usage)
        if self._writing.calls:
            return ended.finish_reason in ("tool_calls", "stop")
        if ended.finish_reason == "tool_calls":
            raise UpstreamProtocol("The model announced a tool call and made none.")
        return False

    async def _use_tools(self) -> None:
        """Runs the calls one after the other and keeps what they came to for the next prompt."""
        for call in self._writing.calls:
            arguments, problem = self._tools.read(call.name, call.arguments)
            if problem is not None:
                outcome = failed(problem)
            else:
                self._say(ToolCalled(tool_call_id=call.id, name=call.name, input=arguments))
                result = await self._tools.call(self._task, call.name, arguments)
                if isinstance(result, Found):
                    result, new = self._show(result)
                    if new:
                        self._say(SourcesAdded(sources=new))
                outcome = result
            self._say(
                ToolFinished(
                    tool_call_id=call.id,
                    status="completed" if outcome.error is None else "failed",
                    output=outcome.output,
                    error=outcome.error,
                )
            )
            self._results.append(
                ToolResult(
                    tool_call_id=call.id,
                    name=call.name,
                    arguments=msgspec.json.encode(arguments).decode(),
                    output=outcome.told,
                )
            )

    def _show(self, found: Found) -> tuple[Outcome, list[Passage]]:
        """What a search of the model's own found, as numbered sources; those that are new."""
        shown, new = self._desk.lay_out(found.hits, max(1, self._task.bot.top_k))
        assert self._grounder is not None, "a turn that may not search has no tool that finds"
        self._grounder.add(new)
        return succeeded({"sources": [{"n": p.n, "title": p.title, "text": p.text} for p in shown]}), new

    async def ground(self) -> None:
        """What the answer's sentences have of their sources."""
        grounder = self._grounder
        if grounder is None:
            return
        statements: list[Statement | None] = []
        for statement in grounder.statements():
            statements.append(statement)
            if len(statements) % BREATH == 0:
                await asyncio.sleep(0)
        self._say(figures(statements, grounder.dropped))

    def finished(self) -> Finished:
        return Finished(finish_reason=self._writing.ended.finish_reason, usage=self._usage())

    def _usage(self) -> Usage | None:
        """All answers together. Estimated when one was not counted, unless nobody could count any."""
        counted = [usage for usage in self._usages if usage is not None]
        if len(counted) == len(self._usages):
            return total(counted)
        if self._rag.quotes_only:
            return None
        return estimated(self._chars_read, self._speech.length + self._writing.chars_besides)
