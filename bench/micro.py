"""Single steps of a token's way, each alone in a loop: where to look when the whole has become dearer."""

import statistics
import time
from collections.abc import Callable

from bench.plan import Plan
from bench.table import Row
from rivulet.dialects.native import Native
from rivulet.domain import events
from rivulet.providers.completion import Completion

_UPSTREAM = (
    b'data: {"id":"chatcmpl-CqX7bM2vQhT0aJ5nYwE0000002a","object":"chat.completion.chunk",'
    b'"created":1763674000,"model":"gpt-4o-mini-2024-07-18","service_tier":"default","system_fingerprint":"fp_560af6e559",'
    b'"choices":[{"index":0,"delta":{"content":"~ABCDE"},"logprobs":null,"finish_reason":null}],"usage":null,'
    b'"obfuscation":"q7XbLw2"}\n\n'
)


def measure(plan: Plan) -> list[Row]:
    loops = plan.count(40_000, 10_000)
    return [
        _row("one frame of a model read", loops, _reading()),
        _row("one delta checked, folded", loops, _running()),
        _row("one delta encoded as native bytes", loops, _rendering()),
        _row("one delta decoded from the log", loops, _decoding()),
    ]


def _row(label: str, loops: int, step: Callable[[], object]) -> Row:
    return Row(f"step: {label}", "µs", {"rivulet": _cost_us(step, loops)})


def _cost_us(step: Callable[[], object], loops: int) -> float:
    """CPU time of one step, the median of seven loops."""
    costs: list[float] = []
    for _ in range(7):
        begun = time.process_time()
        for _ in range(loops // 7 + 1):
            step()
        costs.append((time.process_time() - begun) / (loops // 7 + 1) * 1e6)
    return statistics.median(costs)


def _reading() -> Callable[[], object]:
    answer = Completion()
    return lambda: answer.feed(_UPSTREAM)


def _running() -> Callable[[], object]:
    from rivulet.domain.turn import Fold, Life

    life, fold = Life(), Fold()
    for event in (
        events.TurnStarted(
            turn_id="trn_a", chat_id="cht_a", message_id="msg_a", user_message_id="msg_b", model="m"
        ),
        events.TextStarted(part_id="txt_1"),
    ):
        life.step(event)
        fold.add(event)

    def step() -> None:
        delta = events.TextDelta(part_id="txt_1", delta="~ABCDE")
        life.step(delta)
        fold.add(delta)

    return step


def _rendering() -> Callable[[], object]:
    native = Native()
    delta = events.TextDelta(seq=42, at=1763674000123, part_id="txt_1", delta="~ABCDE")
    return lambda: native.render(delta)


def _decoding() -> Callable[[], object]:
    raw = events.encode(events.TextDelta(seq=42, at=1763674000123, part_id="txt_1", delta="~ABCDE"))
    return lambda: events.decode(raw)
