"""The clients that live in Node are the ones we say they are."""

import json

import pytest

from tests.clients import nodes
from tests.clients.nodes import FOLDER, OLDEST, Node


def test_node_is_new_enough_for_the_newest_clients(node: Node) -> None:
    """Node 22 or newer runs them, and each is the version that is locked: an older Node would have been
    given older clients without a word."""
    found = node.call("about.versions", {})
    assert int(found.pop("node").partition(".")[0]) >= OLDEST
    wanted = json.loads((FOLDER / "package.json").read_text())["dependencies"]
    assert found == {name: wanted[name].rpartition("@")[2] for name in found}
    assert [found[name].partition(".")[0] for name in ("ai-5", "ai-6", "ai")] == ["5", "6", "7"]


def test_clients_that_are_missing_fail_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    """Elsewhere their tests are skipped, and say so; a Node that is too old is none."""
    monkeypatch.setattr(nodes, "_is_new_enough", lambda _: False)
    monkeypatch.setenv("CI", "1")
    with pytest.raises(pytest.fail.Exception, match="no Node 22"):
        Node()
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception, match="no Node 22"):
        Node()
