"""A chat as a file over HTTP (PROTOCOL.md §7.5)."""

import csv
import io

import pytest

from .conftest import Site

pytestmark = pytest.mark.anyio


async def test_every_format_is_a_download(site: Site) -> None:
    """§7.5: named after the chat in two ways; Markdown by default; feedback and branches are not lost."""
    first = await site.ask("Why «so», Ärger?")
    await site.stream(first["turn_id"])
    _, again = await site.json("POST", f"/v1/turns/{first['turn_id']}/retry")
    await site.stream(again["turn_id"])
    await site.json("PUT", f"/v1/turns/{again['turn_id']}/feedback", json={"rating": "up"})
    _, chat = await site.json("GET", f"/v1/chats/{first['chat_id']}/messages")
    path = f"/v1/chats/{first['chat_id']}/export"
    async with site.http.get(path) as response:
        text = await response.text()
        assert response.content_type == "text/markdown"
        disposition = response.headers["content-disposition"]
    assert disposition.startswith('attachment; filename="why-so-rger-2')
    assert "filename*=UTF-8''why-so-%C3%A4rger-2" in disposition
    assert text.split("\n\n")[1:] == [
        "## Question",
        chat["messages"][0]["text"],
        "## Answer",
        chat["messages"][1]["text"] + "\n",
    ]
    async with site.http.get(f"{path}?format=json") as response:
        found = await response.json()
    assert [turn["id"] for turn in found["turns"]] == [first["turn_id"], again["turn_id"]]
    assert found["turns"][1]["answer"]["feedback"]["rating"] == "up"
    async with site.http.get(f"{path}?format=csv") as response:
        assert response.content_type == "text/csv"
        rows = list(csv.DictReader(io.StringIO((await response.read()).decode("utf-8-sig"), newline="")))
    assert [(row["role"], row["rating"]) for row in rows] == [("user", ""), ("assistant", "up")]


async def test_what_cannot_be_exported(site: Site) -> None:
    """§9: unknown chats and unknown formats."""
    assert (await site.json("GET", "/v1/chats/cht_unknown/export"))[0] == 404
    started = await site.ask()
    for wrong in ("pdf", "", "../csv"):
        status, _ = await site.json("GET", f"/v1/chats/{started['chat_id']}/export", params={"format": wrong})
        assert status == 400
