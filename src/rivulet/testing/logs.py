"""Random legal logs for hypothesis: every kind of event, in every order the life of a turn allows."""

from collections.abc import Callable
from typing import Literal

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from rivulet.domain import events as e
from rivulet.domain.events import AnyEvent
from rivulet.testing.story import Story, passage

TRAPS = (
    "\n",
    "\n\n",
    "\r",
    "\r\n",
    "\u2028",
    "\u2029",
    "\u0085",
    "\x0b\x0c\x1c\x1d\x1e",
    "\ufeff",
    "\x00",
    "data: [DONE]\n\n",
    "\n\nevent: done\ndata: {}\n\n",
    "id: 7\n",
    ": ping\n\n",
    "```python\nprint(1)\n```\n",
    "\U0001f469\u200d",
    "\u202e",
    "e\u0301",
    '"\\',
)
"""Pieces that break careless readers."""

texts: SearchStrategy[str] = st.one_of(st.sampled_from(TRAPS), st.text(max_size=6))
"""One delta: a trap, or anything short, also nothing."""

_values = st.one_of(
    st.none(), st.booleans(), st.integers(-9, 9), texts, st.dictionaries(texts, texts, max_size=2)
)
_OUTCOMES: tuple[Literal["completed", "failed", "cancelled"], ...] = ("completed", "failed", "cancelled")
_SIDES: tuple[Literal["server", "client"], ...] = ("server", "client")
_REASONS: dict[e.Status, tuple[e.FinishReason, ...]] = {
    "completed": ("stop", "tool_calls"),
    "incomplete": ("length", "content_filter"),
    "failed": ("error",),
    "cancelled": ("cancelled",),
}
_STAGES = ("routing", "retrieval", "reranking", "generation", "my node")


@st.composite
def logs(draw: DrawFn, max_steps: int = 25) -> list[AnyEvent]:
    """The whole log of a finished turn."""
    told = _Teller(draw)
    for _ in range(draw(st.integers(0, max_steps))):
        draw(st.sampled_from(told.possible()))()
    return told.ends()


class _Teller:
    """Knows what may happen next in the turn it tells."""

    def __init__(self, draw: DrawFn) -> None:
        self._draw = draw
        self._story = Story("random", model=draw(st.sampled_from(["extractive", "openai:gpt-5-mini"])))
        self._stages: list[str] = []
        self._sources: list[e.Passage] = []
        self._cited = 0
        self._is_speaking = False

    def possible(self) -> list[Callable[[], None]]:
        steps = [self._think, self._call, self._find, self._data]
        if len(self._stages) < len(_STAGES):
            steps.append(self._stage)
        if self._stages:
            steps.append(self._stage_done)
        if not self._is_speaking:
            return [*steps, self._speak]
        steps += [self._say] * 6 + [self._hush]
        return [*steps, self._cite] if self._sources else steps

    def ends(self) -> list[AnyEvent]:
        status = self._draw(st.sampled_from(tuple(_REASONS)))
        error = e.Failure(code="upstream_timeout", message=self._draw(texts)) if status == "failed" else None
        reason = self._draw(st.sampled_from(_REASONS[status]))
        usage = e.Usage(input_tokens=7, output_tokens=5, total_tokens=12, cached_input_tokens=3)
        return self._story.ends(status, reason, usage=usage, error=error)

    def _stage(self) -> None:
        stage = self._draw(st.sampled_from([name for name in _STAGES if name not in self._stages]))
        self._stages.append(stage)
        self._story.stage(stage, label=self._draw(st.one_of(st.none(), texts)))

    def _stage_done(self) -> None:
        stage = self._draw(st.sampled_from(self._stages))
        self._stages.remove(stage)
        self._story.stage_done(stage, self._draw(st.sampled_from(_OUTCOMES)))

    def _think(self) -> None:
        self._story.think(*self._draw(st.lists(texts, max_size=3)))

    def _call(self) -> None:
        """One call: it returns, or fails, or is left to the end of the turn."""
        runs_on = self._draw(st.sampled_from(_SIDES))
        deltas = self._draw(st.lists(texts, max_size=2))
        is_called = self._draw(st.booleans())
        arguments = self._draw(_values)
        self._story.call("tool", *deltas, arguments=arguments, runs_on=runs_on, is_called=is_called)
        if runs_on == "server":
            match self._draw(st.sampled_from(_OUTCOMES)):
                case "completed":
                    self._story.returns(self._draw(_values))
                case "failed":
                    self._story.fails(self._draw(texts))
                case _:
                    pass

    def _find(self) -> None:
        n = len(self._sources) + 1
        filename = self._draw(st.one_of(st.none(), texts))
        self._sources.append(passage(n, self._draw(texts), self._draw(texts), filename=filename))
        self._story.sources(self._sources[-1])

    def _data(self) -> None:
        name = self._draw(st.sampled_from(["grounding", "generated_code", "cart"]))
        self._story.data(name, self._draw(_values), id=self._draw(st.sampled_from([None, "one"])))

    def _speak(self) -> None:
        self._is_speaking = True
        self._story.text()

    def _say(self) -> None:
        self._story.say(self._draw(texts))

    def _hush(self) -> None:
        self._is_speaking = False
        self._story.text_done()

    def _cite(self) -> None:
        """One that was cited before, or the next one: first uses ascend."""
        self._cited = max(
            self._cited, n := self._draw(st.integers(1, min(self._cited + 1, len(self._sources))))
        )
        source = self._sources[n - 1]
        self._story.say(f" [{n}]").cite(source, support=self._draw(st.one_of(st.none(), st.floats(0, 1))))
