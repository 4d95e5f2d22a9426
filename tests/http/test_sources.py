"""Sources over the API: sent, indexed, listed, cited, removed (PROTOCOL.md §8)."""

import asyncio
import io
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.room import room_for

from .conftest import Site

pytestmark = pytest.mark.anyio
TEA = "# House rules\n\nTea is served at four o'clock in the blue room.\n\nDogs are welcome on Sundays.\n"


async def settled(site: Site, source_id: str) -> dict[str, Any]:
    """The source once it has been read."""
    async with asyncio.timeout(60):
        while True:
            _, source = await site.json("GET", f"/v1/sources/{source_id}")
            if source["status"] in ("ready", "error"):
                return source
            await asyncio.sleep(0.02)


async def upload(site: Site, *files: tuple[str, bytes]) -> list[dict[str, Any]]:
    form = aiohttp.FormData()
    for name, content in files:
        form.add_field("file", io.BytesIO(content), filename=name)
    status, found = await site.json("POST", "/v1/sources/upload", data=form)
    assert status == 202, found
    return [await settled(site, each["id"]) for each in found["sources"]]


async def test_what_is_uploaded_is_found_and_cited(site: Site) -> None:
    """An answer quotes the document, and the citation points at the very passage."""
    (source,) = await upload(site, ("rules.md", TEA.encode()))
    assert (source["status"], source["title"], source["document_count"]) == ("ready", "rules.md", 1)
    started = await site.ask("When is tea served?", model="extractive", search_mode="all")
    events = await site.events(started["turn_id"])
    text = "".join(event["delta"] for event in events if event["type"] == "text.delta")
    passage = next(event for event in events if event["type"] == "sources.added")["sources"][0]
    citation = next(event for event in events if event["type"] == "citation.added")
    assert "four o'clock" in text
    assert text[citation["start"] : citation["end"]] == f"[{citation['n']}]"
    _, document = await site.json("GET", passage["url"])
    assert document["text"][passage["start"] : passage["end"]] == passage["text"]
    assert citation["quote"] in passage["text"]


async def test_without_documents_nothing_is_made_up(site: Site) -> None:
    """The answer says plainly that there is none, and cites nothing."""
    started = await site.ask("When is tea served?", model="extractive", search_mode="all")
    events = await site.events(started["turn_id"])
    text = "".join(event["delta"] for event in events if event["type"] == "text.delta")
    assert text == "The documents hold no answer to this question."
    assert not [event for event in events if event["type"] == "citation.added"]


async def test_several_files_are_a_source_each(site: Site) -> None:
    """One that cannot be read stays listed with its reason and stops nobody."""
    good, empty, odd = await upload(site, ("a.txt", TEA.encode()), ("b.pdf", b""), ("c.exe", b"MZ\x00\x01"))
    assert [each["status"] for each in (good, empty, odd)] == ["ready", "error", "error"]
    assert "empty" in empty["documents"][0]["reason"]
    assert odd["documents"][0]["reason"].startswith("Unsupported file type")
    _, listed = await site.json("GET", "/v1/sources")
    assert len(listed["sources"]) == 3
    assert "location" not in listed["sources"][0]


async def test_what_could_not_be_read_is_read_again(site: Site, tmp_path: Path) -> None:
    """§8: from a folder whose file was mended, from what was sent; what was read is a conflict."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "rules.md").write_bytes(b"")
    folder = (await site.house.index(tmp_path / "docs", lambda *_: None)).source
    (sent,) = await upload(site, ("b.pdf", b""))
    (tmp_path / "docs" / "rules.md").write_bytes(TEA.encode())
    for source_id, status in ((folder.id, "ready"), (sent["id"], "error")):
        found, source = await site.json("POST", f"/v1/sources/{source_id}/retry")
        assert (found, source["status"]) == (202, "pending")
        again = await settled(site, source_id)
        assert (again["status"], again["failed_count"]) == (status, int(status == "error"))
    found, problem = await site.json("POST", f"/v1/sources/{folder.id}/retry")
    assert (found, problem["error"]["code"]) == (409, "conflict")


async def test_a_text_is_a_source(site: Site) -> None:
    """Pasted text is indexed like a file; the same text again adds nothing."""
    body = {"title": "Rules", "text": TEA}
    first = await site.json("POST", "/v1/sources", json=body)
    await settled(site, first[1]["id"])
    second = await site.json("POST", "/v1/sources", json=body)
    assert (first[0], second[1]["id"]) == (202, first[1]["id"])


async def test_a_removed_source_is_not_found_any_more(site: Site) -> None:
    """From the moment of the 204 no answer quotes it."""
    (source,) = await upload(site, ("rules.md", TEA.encode()))
    assert (await site.json("DELETE", f"/v1/sources/{source['id']}"))[0] == 204
    assert (await site.json("GET", f"/v1/sources/{source['id']}"))[0] == 404
    assert (await site.json("GET", f"/v1/documents/{source['documents'][0]['id']}"))[0] == 404
    started = await site.ask("When is tea served?", model="extractive", search_mode="all")
    events = await site.events(started["turn_id"])
    assert not [event for event in events if event["type"] == "citation.added"]


async def test_only_the_chosen_sources_are_searched(site: Site) -> None:
    """`source_ids` narrows the search; an unknown one finds nothing."""
    tea, coffee = await upload(site, ("t.md", TEA.encode()), ("c.md", b"Coffee is served at nine o'clock."))
    for chosen, word in ((tea, "four"), (coffee, "nine")):
        started = await site.ask(
            "What is served at what o'clock?",
            model="extractive",
            search_mode="selected_only",
            source_ids=[chosen["id"]],
        )
        _, turn = (
            (await site.events(started["turn_id"])),
            await site.json("GET", f"/v1/turns/{started['turn_id']}"),
        )
        assert word in turn[1]["text"]
        assert {passage["source_id"] for passage in turn[1]["sources"]} == {chosen["id"]}


@pytest.mark.parametrize(
    "path", ["/v1/sources/src_unknown", "/v1/documents/doc_unknown", "/v1/sources/%2e%2e"]
)
async def test_unknown_ids_are_not_found(site: Site, path: str) -> None:
    """404 in our shape."""
    status, found = await site.json("GET", path)
    assert (status, found["error"]["code"]) == (404, "not_found")


async def test_an_upload_must_be_a_form_with_files(site: Site) -> None:
    """Anything else is told so."""
    assert (await site.json("POST", "/v1/sources/upload", json={}))[0] == 415
    form = aiohttp.FormData()
    form.add_field("other", b"x", filename="x.txt")
    assert (await site.json("POST", "/v1/sources/upload", data=form))[0] == 400


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\x.txt", "a" * 4000 + ".txt", "-rf.txt", ""])
async def test_a_file_may_have_any_name(site: Site, name: str) -> None:
    """It is only ever shown, never used as a path."""
    (source,) = await upload(site, (name, b"Some text about rivers."))
    assert "/" not in source["title"]
    assert len(source["title"]) <= 200


def kept(folder: Path) -> list[Path]:
    return list(folder.rglob("received/*"))


@pytest.mark.parametrize(("size", "room"), [(900 << 10, 768 << 10), (4 << 20, 3 << 20)], ids=["kept", "sent"])
async def test_what_there_is_no_room_for_is_refused(site: Site, tmp_path: Path, size: int, room: int) -> None:
    """507 `storage_full`, whether the data directory is full or the place where a large form arrives; no
    source and no file is left, and once there is room the same is taken."""
    content = b"Rivers. " * (size // 8)
    form = aiohttp.FormData()
    form.add_field("file", io.BytesIO(content), filename="rivers.txt")
    with room_for(room):
        status, refusal = await site.json("POST", "/v1/sources/upload", data=form)
    assert (status, refusal["error"]["code"]) == (507, "storage_full")
    assert (await site.json("GET", "/v1/sources"))[1]["sources"] == []
    assert kept(tmp_path) == []
    (source,) = await upload(site, ("rivers.txt", content))
    assert source["status"] == "ready"
