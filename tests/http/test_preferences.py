"""Preferences over HTTP (PROTOCOL.md §7.7)."""

import time
from pathlib import Path
from typing import Any

import pytest

from rivulet.config import PublishableKey
from rivulet.domain.preferences import Preferences
from rivulet.domain.tenant import Principal
from rivulet.http.sessions import Sessions
from rivulet.testing.scripted_model import ScriptedModel

from .conftest import Site, serving

pytestmark = pytest.mark.anyio

PATH = "/v1/preferences"


async def test_what_is_chosen_is_kept_and_nothing_else_is_said(site: Site) -> None:
    """§7.7: nothing was chosen at first; a change leaves the others; an empty one changes nothing."""
    assert await site.json("GET", PATH) == (200, {})
    assert await site.json("PATCH", PATH, json={"streaming": "off"}) == (200, {"streaming": "off"})
    both = {"streaming": "auto", "while_answering": "lock"}
    assert await site.json("PATCH", PATH, json=both) == (200, both)
    assert await site.json("PATCH", PATH, json={}) == (200, both)
    assert await site.json("GET", PATH) == (200, both)


@pytest.mark.parametrize(
    "body",
    [
        {"streaming": "sometimes"},
        {"streaming": None},
        {"streaming": True},
        {"streaming": "off" * 100_000},
        {"streaming": "off", "theme": "dark"},
        {"": ""},
        ["off"],
        "off",
    ],
)
async def test_what_is_no_preference_is_refused(site: Site, body: Any) -> None:
    """§9: 400, and nothing of it is kept."""
    assert (await site.json("PATCH", PATH, json=body))[0] == 400
    assert await site.json("GET", PATH) == (200, {})


async def test_a_visitor_of_somebodys_page_has_none(tmp_path: Path, model: ScriptedModel) -> None:
    """§10.2: with a publishable key they are neither read nor written."""
    key = PublishableKey(key="pk_live_abcdefghijklmnop", origins=("https://shop.example",))
    async with serving(tmp_path / "data", model, publishable_keys=(key,)) as site:
        secret = (tmp_path / "data" / "visitors.secret").read_bytes()
        session = Sessions(secret, time.time).begin(key.key, "").visitor
        headers = {"authorization": f"Bearer {key.key}", "origin": key.origins[0], "rivulet-visitor": session}
        assert (await site.json("GET", PATH, headers=headers))[0] == 403
        assert (await site.json("PATCH", PATH, headers=headers, json={"usage": "never"}))[0] == 403
        assert await site.json("GET", PATH) == (200, {})


async def test_everybody_has_their_own(site: Site) -> None:
    """A user of the tenant, the same name in another one, and the server's own key."""
    of = site.house.service.preferences
    anna, other = Principal("default", "anna"), Principal("other", "anna")
    await of.change(anna, Preferences(usage="never"))
    assert await of.get(anna) == Preferences(usage="never")
    assert await of.get(other) == Preferences()
    assert await site.json("GET", PATH) == (200, {})
