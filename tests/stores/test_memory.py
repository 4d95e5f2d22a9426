"""The in-memory store keeps the contract of stores."""

import pytest

from rivulet.testing.chats import ChatContract
from rivulet.testing.claims import ClaimContract
from rivulet.testing.turn_log import TurnLogContract

from .conftest import MemoryWorld

pytestmark = pytest.mark.anyio


@pytest.fixture
def world() -> MemoryWorld:
    return MemoryWorld()


class TestTurnLog(TurnLogContract):
    pass


class TestClaims(ClaimContract):
    pass


class TestChats(ChatContract):
    pass
