"""Connections cut at every byte, and readers that keep coming back."""

import pytest

from rivulet.testing.reconnects import cut_at_every_byte, storm
from rivulet.testing.scripted_model import ScriptedModel

from .conftest import MakeServer

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]


async def test_a_cut_at_any_byte_is_harmless(model: ScriptedModel, make_server: MakeServer) -> None:
    """Whatever was received of a frame, the reader that returns puts the same log together."""
    async with make_server() as server:
        report = await cut_at_every_byte(server.url, model)
    assert report.violations == []
    assert report.returns > 1000


async def test_a_thousand_reconnects_lose_nothing(model: ScriptedModel, make_server: MakeServer) -> None:
    """A hundred readers through a proxy that cuts them: none misses or repeats an event."""
    async with make_server() as server:
        report = await storm(1000, server.url, model, seed=3)
    assert report.violations == []
    assert report.returns >= 1000
