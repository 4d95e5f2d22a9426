"""`rivulet docs`: what the answers come from: add, list, remove, look at."""

import asyncio
import sys
from pathlib import Path

from cyclopts import App

from rivulet.cli.ask import Data, Server
from rivulet.cli.listing import Listing, print_line
from rivulet.cli.reach import reach
from rivulet.cli.remote import Remote
from rivulet.domain.errors import InvalidRequest

docs = App(name="docs", help="Add, list, remove and look at documents.")
POLL_S = 0.2


@docs.command
def add(*paths: Path, server: Server = None, data: Data = Path(".rivulet")) -> None:
    """Upload files, and every file in folders, and wait until they are indexed. To keep a folder up to date
    name it to `rivulet serve` instead."""
    files = [file for path in paths for file in _files(path)]

    async def run() -> int:
        failed = 0
        async with reach(server, data) as remote:
            for file in files:
                made = await remote.upload(file)
                for source in made["sources"]:
                    failed += not await _indexed(remote, source["id"])
        return failed

    sys.exit(1 if asyncio.run(run()) else 0)


@docs.command
def ls(*, server: Server = None, data: Data = Path(".rivulet")) -> None:
    """Every source with its state."""

    async def run() -> None:
        async with reach(server, data) as remote:
            sources = Listing("source", "title", "status", "documents", "failed", "chunks")
            for each in (await remote.get("/v1/sources"))["sources"]:
                counts = (str(each[name]) for name in ("document_count", "failed_count", "chunk_count"))
                sources.add(each["id"], each["title"], each["status"], *counts)
            sources.print()

    asyncio.run(run())


@docs.command
def rm(*source_ids: str, server: Server = None, data: Data = Path(".rivulet")) -> None:
    """Remove sources; nothing of them is found from then on."""

    async def run() -> None:
        async with reach(server, data) as remote:
            for source_id in source_ids:
                await remote.delete(f"/v1/sources/{source_id}")

    asyncio.run(run())


@docs.command
def status(source_id: str | None = None, *, server: Server = None, data: Data = Path(".rivulet")) -> None:
    """The documents of a source, or all that could not be read, with their reasons."""

    async def run() -> None:
        async with reach(server, data) as remote:
            wanted = (
                [source_id] if source_id else [s["id"] for s in (await remote.get("/v1/sources"))["sources"]]
            )
            documents = Listing("document", "title", "status", "chunks", "reason")
            for each in wanted:
                source = await remote.get(f"/v1/sources/{each}")
                if source["status"] == "error" and not source["failed_count"]:  # it never came to documents
                    row = (source["status"], str(source["chunk_count"]), source["error_message"])
                    documents.add(source["id"], source["title"], *row)
                for found in source["documents"]:
                    if source_id or found["status"] == "failed":
                        row = (found["status"], str(found["chunk_count"]), found.get("reason") or "")
                        documents.add(found["id"], found["title"], *row)
            documents.print()

    asyncio.run(run())


async def _indexed(remote: Remote, source_id: str) -> bool:
    """Waits for the end of its indexing and says how it went."""
    while (source := await remote.get(f"/v1/sources/{source_id}"))["status"] in ("pending", "processing"):  # noqa: ASYNC110
        await asyncio.sleep(POLL_S)  # nothing in the API waits for a source
    for found in source["documents"]:
        reason = f": {found['reason']}" if found.get("reason") else f", {found['chunk_count']} chunks"
        print_line(f"{found['filename']} {found['status']}{reason}")
    return source["status"] == "ready" and not source["failed_count"]


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise InvalidRequest(f"There is no {path}.")
    return sorted(
        each
        for each in path.rglob("*")
        if each.is_file() and not any(part.startswith(".") for part in each.relative_to(path).parts)
    )
