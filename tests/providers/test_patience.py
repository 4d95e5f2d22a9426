"""How long a failing service is borne with."""

import asyncio
from email.utils import formatdate

import pytest

from rivulet.domain.errors import (
    ContextLength,
    ModelNotFound,
    UpstreamAuth,
    UpstreamFailed,
    UpstreamProtocol,
    UpstreamRateLimited,
    UpstreamRefused,
    UpstreamUnreachable,
)
from rivulet.ports.answering import Provider, Waiting
from rivulet.providers.attempts import Incoming, attempts
from rivulet.providers.patience import Patience, retry_after
from rivulet.providers.upstream import Reply
from rivulet.testing.model_scripts import refusing
from rivulet.testing.paused import PausedLoop
from rivulet.testing.scripted_model import ScriptedModel
from tests.providers.hearing import hear

NOW = 1_700_000_000.0

ASKED = [
    ({}, None),
    ({"retry-after": "3"}, 3.0),
    ({"retry-after": " 0 "}, 0.0),
    ({"retry-after": "1.5"}, 1.5),
    ({"retry-after": "864000"}, 864_000.0),
    ({"retry-after": "-5"}, None),
    ({"retry-after": "soon"}, None),
    ({"retry-after": "nan"}, None),
    ({"retry-after": "inf"}, None),
    ({"retry-after": "1e3"}, None),
    ({"retry-after": "٣"}, None),
    ({"retry-after": "9" * 400}, None),
    ({"retry-after": ""}, None),
    ({"retry-after": formatdate(NOW + 20, usegmt=True)}, 20.0),
    ({"retry-after": formatdate(NOW - 20, usegmt=True)}, None),
    ({"retry-after": "Fri, 31 Feb 2023 25:61:00 GMT"}, None),
    ({"retry-after-ms": "250"}, 0.25),
    ({"retry-after-ms": "soon", "retry-after": "2"}, 2.0),
]


@pytest.mark.parametrize(("headers", "seconds"), ASKED)
def test_what_a_service_asks_for_is_understood(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds, fractions, dates and milliseconds are understood; nonsense and the past are not."""
    assert retry_after(headers, NOW) == seconds


def test_pauses_grow_and_differ_between_servers() -> None:
    """Half a second, then one, each a quarter shorter or longer by chance; then no more tries."""
    problem = UpstreamUnreachable()
    for chance, pauses in ((0.0, [0.375, 0.75]), (0.5, [0.5, 1.0]), (1.0, [0.625, 1.25])):
        patience = Patience(random=lambda chance=chance: chance)
        assert [patience.pause(1, problem), patience.pause(2, problem)] == pauses
        assert patience.pause(3, problem) is None


@pytest.mark.parametrize(
    "kind", [ContextLength, ModelNotFound, UpstreamAuth, UpstreamProtocol, UpstreamRefused]
)
def test_what_will_not_pass_is_not_tried_again(kind: type[Exception]) -> None:
    """A wrong key, model, size or protocol will be wrong the next time too."""
    assert Patience().pause(1, kind()) is None


def test_a_service_may_ask_for_more_time_up_to_a_limit() -> None:
    """What is asked for is waited for, never less than our own pause; more than thirty seconds ends it."""
    patience = Patience(random=lambda: 0.5)
    assert patience.pause(1, UpstreamRateLimited(retry_after=7)) == 7
    assert patience.pause(1, UpstreamFailed(retry_after=0.001)) == 0.5
    assert patience.pause(1, UpstreamFailed(retry_after=None)) == 0.5
    assert patience.pause(1, UpstreamRateLimited(retry_after=30)) == 30
    assert patience.pause(1, UpstreamRateLimited(retry_after=30.1)) is None


@pytest.mark.anyio
async def test_a_limited_service_is_waited_for(
    provider: Provider, model: ScriptedModel, naps: list[float]
) -> None:
    """429 with Retry-After: the pause is announced before it is taken, and as long as asked for."""
    model.then(refusing(429, retry_after="4"))
    heard = await hear(provider)
    assert heard.pieces[0] == Waiting(reason="rate_limited", seconds=4)
    assert (heard.outcome, naps) == ("stop", [4])


def test_failing_slowly_leaves_no_time_for_a_third_try() -> None:
    """Connections that take ten seconds to fail are tried twice: the error comes before the turn's own limit
    of thirty seconds for a first word, and says what was wrong."""
    began: list[float] = []

    async def ask() -> tuple[Reply, Incoming]:
        began.append(asyncio.get_running_loop().time())
        await asyncio.sleep(10.0)
        raise UpstreamUnreachable

    async def heard() -> float:
        with pytest.raises(UpstreamUnreachable):
            await attempts(ask, Patience(random=lambda: 0.5), lambda _: None)
        return asyncio.get_running_loop().time()

    with asyncio.Runner(loop_factory=PausedLoop) as runner:
        ended = runner.run(heard())
    assert (began, ended) == ([0.0, 10.5], 20.5)


@pytest.mark.anyio
async def test_a_service_that_wants_ten_days_is_not_waited_for(
    provider: Provider, model: ScriptedModel
) -> None:
    """429 with a long Retry-After ends at once and says how long."""
    model.then(refusing(429, retry_after="864000"))
    heard = await hear(provider)
    assert heard.error is not None
    assert (heard.outcome, heard.error.retry_after, len(model.calls)) == (
        "rate_limited",
        864_000,
        1,
    )


@pytest.mark.anyio
async def test_a_service_that_stays_limited(provider: Provider, model: ScriptedModel) -> None:
    """After three refusals the error carries what the last one asked for."""
    model.then(*[refusing(429, retry_after=str(n)) for n in (1, 2, 3)])
    heard = await hear(provider)
    assert heard.error is not None
    assert (heard.waits, heard.error.retry_after) == ([1, 2], 3)
