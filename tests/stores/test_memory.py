"""The in-memory store keeps the contract of stores."""

import pytest

from rivulet.testing.branches import BranchContract
from rivulet.testing.chats import ChatContract
from rivulet.testing.claims import ClaimContract
from rivulet.testing.feedback import FeedbackContract
from rivulet.testing.preferences import PreferenceContract
from rivulet.testing.shares import ShareContract
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


class TestBranches(BranchContract):
    pass


class TestFeedback(FeedbackContract):
    pass


class TestPreferences(PreferenceContract):
    pass


class TestShares(ShareContract):
    pass
