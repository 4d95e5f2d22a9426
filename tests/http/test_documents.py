"""A document over the API: its text in parts, and the file it was read from (PROTOCOL.md §8)."""

import os
from pathlib import Path
from typing import Any

import pytest

from rivulet.domain.tenant import LOCAL

from .conftest import Site
from .test_sources import settled, upload

pytestmark = pytest.mark.anyio

LETTERS = "αβγ𝄞δε" * 1000
HOSTILE = "<!doctype html><title>Rules</title><script>top.hacked = 1</script><p>Tea at four.</p>"


@pytest.fixture
async def folder(site: Site, tmp_path: Path) -> Path:
    """A folder of the server's, indexed."""
    place = tmp_path / "folder"
    (place / "deep").mkdir(parents=True)
    (place / "deep/rules.html").write_text(HOSTILE)
    (place / "letters.txt").write_text(LETTERS)
    source = await site.house.library.ingest.folder(LOCAL.tenant_id, place)
    await site.house.library.ingest.index(LOCAL.tenant_id, source.id)
    return place


async def named(site: Site, filename: str) -> dict[str, Any]:
    """The document with this file name."""
    _, listed = await site.json("GET", "/v1/sources")
    for source in listed["sources"]:
        for document in (await settled(site, source["id"]))["documents"]:
            if document["filename"] == filename:
                return document
    raise AssertionError(filename)


async def test_a_long_document_comes_in_parts(site: Site, folder: Path) -> None:
    """`start` and `end` count code points; parts end where the text does, and all say how long it is."""
    address = f"/v1/documents/{(await named(site, 'letters.txt'))['id']}"
    _, part = await site.json("GET", f"{address}?start=3&end=8")
    assert (part["text"], part["start"], part["length"]) == (LETTERS[3:8], 3, len(LETTERS))
    _, last = await site.json("GET", f"{address}?start={len(LETTERS) - 2}&end={1 << 50}")
    assert last["text"] == LETTERS[-2:]
    _, beyond = await site.json("GET", f"{address}?start=999999")
    assert beyond["text"] == ""
    assert (await site.json("GET", f"{address}?start=-1"))[0] == 400


async def test_the_file_itself_is_text_that_cannot_run(site: Site, folder: Path) -> None:
    """A page somebody indexed is shown as its source under our address, in a sandbox."""
    document = await named(site, "rules.html")
    assert (await site.json("GET", f"/v1/documents/{document['id']}"))[1]["has_original"]
    async with site.http.get(f"/v1/documents/{document['id']}/original") as response:
        assert await response.text() == HOSTILE
        assert response.content_type == "text/plain"
        assert response.headers["content-security-policy"].startswith("sandbox;")
        assert response.headers["x-content-type-options"] == "nosniff"


async def test_a_file_that_left_its_folder_is_not_sent(site: Site, folder: Path, tmp_path: Path) -> None:
    """A link put in its place later does not lead out; a file that is gone is gone."""
    address = f"/v1/documents/{(await named(site, 'letters.txt'))['id']}"
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "letters.txt").unlink()
    os.symlink(tmp_path / "secret.txt", folder / "letters.txt")
    assert (await site.json("GET", f"{address}/original"))[0] == 404
    (folder / "letters.txt").unlink()
    assert (await site.json("GET", f"{address}/original"))[0] == 404
    assert not (await site.json("GET", address))[1]["has_original"]


async def test_what_was_uploaded_has_no_file(site: Site) -> None:
    """Its text is kept, its bytes are not; an unknown document is not found."""
    (source,) = await upload(site, ("rules.txt", b"Tea is at four."))
    address = f"/v1/documents/{source['documents'][0]['id']}"
    assert not (await site.json("GET", address))[1]["has_original"]
    assert (await site.json("GET", f"{address}/original"))[0] == 404
    assert (await site.json("GET", "/v1/documents/doc_unknown/original"))[0] == 404
