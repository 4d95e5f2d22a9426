"""From settings to one running house. The only file that knows everyone but what `upstreams` loads late."""

import asyncio
import contextlib
import logging
import os
import secrets
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Protocol

from rivulet.answerers.callable import load
from rivulet.answerers.rag import Rag
from rivulet.answerers.tools import SearchDocuments
from rivulet.config import BadSettings, Settings
from rivulet.dialects.native import Native
from rivulet.domain.bot import Bot
from rivulet.domain.errors import RivuletError, UnknownModel
from rivulet.domain.events import TurnFinished
from rivulet.domain.tenant import LOCAL
from rivulet.engine.images import Picturing
from rivulet.engine.jobs import Jobs
from rivulet.engine.service import Policy, Service, Stores
from rivulet.fetching.late import LateImages
from rivulet.knowledge.analyser import ScriptAnalyser
from rivulet.knowledge.indexer import Indexer
from rivulet.knowledge.ingest import Ingest, Outcome
from rivulet.knowledge.refresh import Progress
from rivulet.knowledge.search import LexicalSearch
from rivulet.parsers import ParserPool, is_supported
from rivulet.ports.answering import Answerer, Provider, Tool
from rivulet.ports.dialect import Dialect
from rivulet.ports.knowledge import Analyser, Documents, Search, Sources
from rivulet.ports.turns import Clock
from rivulet.providers.extractive import Extractive
from rivulet.stores.received import FileReceived
from rivulet.stores.sqlite.connection import Database
from rivulet.stores.sqlite.knowledge import SqliteKnowledge
from rivulet.stores.sqlite.store import SqliteStore

log = logging.getLogger(__name__)

PLUGS = "rivulet.models"
"""The entry points a model string's first word is looked up in: ours and anybody's."""

DIALECTS = "rivulet.dialects"
"""The entry points the dialects come from, ours and anybody's; the native one is always there."""

LIST_S = 2.0
"""How long a provider may take to say which models it has; the page waits for the list."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What a plug may build its answerers from; `closing` is closed with the house."""

    search: Search
    analyser: Analyser
    clock: Clock
    closing: AsyncExitStack
    environment: Mapping[str, str]
    tools: Mapping[str, Tool]

    def rag(self, provider: Provider, quotes_only: bool = False) -> Rag:
        """Our own answerer over a provider."""
        return Rag(
            search=self.search,
            provider=provider,
            analyser=self.analyser,
            clock=self.clock,
            tools=self.tools,
            quotes_only=quotes_only,
        )


class Plug(Protocol):
    """What an entry point of `rivulet.models` gives when called with the `Parts`. `is_open` says that a
    request may name any of its models; those of a closed one are named by the operator's settings only."""

    is_open: bool

    def answerer(self, name: str) -> Answerer:
        """For `scheme:name`. Raises UnknownModel."""
        ...

    async def models(self) -> Sequence[str]:
        """The names it knows of, without the scheme."""
        ...


class ExtractivePlug:
    """`extractive`: quotes the documents, no model."""

    is_open = True

    def __init__(self, parts: Parts) -> None:
        self._answerer = parts.rag(Extractive(parts.analyser), quotes_only=True)

    def answerer(self, name: str) -> Answerer:
        if name:
            raise UnknownModel("extractive has no models to choose from.")
        return self._answerer

    async def models(self) -> Sequence[str]:
        return ("",)


class CallablePlug:
    """`callable:MODULE:FUNCTION`: the operator's own async generator."""

    is_open = False

    def __init__(self, parts: Parts) -> None:
        self._loaded: dict[str, Answerer] = {}

    def answerer(self, name: str) -> Answerer:
        if name not in self._loaded:
            self._loaded[name] = load(f"callable:{name}")
        return self._loaded[name]

    async def models(self) -> Sequence[str]:
        return tuple(self._loaded)


class Catalogue:
    """The answerers by their string, each plug made when it is first named."""

    def __init__(self, parts: Parts, named_by_operator: Sequence[str]) -> None:
        self._parts = parts
        self._named = frozenset(named_by_operator)
        self._points: dict[str, EntryPoint] = {point.name: point for point in entry_points(group=PLUGS)}
        self._plugs: dict[str, Plug] = {}

    def find(self, model: str) -> tuple[Answerer, str]:
        """Raises UnknownModel for what is not there and for what a request may not name."""
        scheme, _, name = model.partition(":")
        plug = self._plug(scheme)
        if not plug.is_open and model not in self._named:
            raise UnknownModel(f"{scheme} answerers are named in the server's settings only.")
        return plug.answerer(name), name or scheme

    async def warm(self) -> None:
        """Imports what answers, in another thread, before anybody asks for it."""
        for point in self._points.values():
            with contextlib.suppress(Exception):  # told to whoever names it
                await asyncio.to_thread(point.load)

    async def models(self) -> list[str]:
        """What the settings name, then what each service says it has, if it says."""
        found = dict.fromkeys(self._named)
        lists = await asyncio.gather(*(self._of(scheme) for scheme in sorted(self._points)))
        for each in lists:
            found |= dict.fromkeys(each)
        return list(found)

    async def _of(self, scheme: str) -> list[str]:
        try:
            plug = self._plug(scheme)
            if not plug.is_open:
                return []
            async with asyncio.timeout(LIST_S):
                return [f"{scheme}:{name}" if name else scheme for name in await plug.models()]
        except (RivuletError, TimeoutError) as problem:
            log.debug("%s lists no models: %s", scheme, problem)
            return []

    def _plug(self, scheme: str) -> Plug:
        if scheme not in self._plugs:
            if scheme not in self._points:
                there = ", ".join(sorted(self._points))
                raise UnknownModel(f"There is no answerer {scheme!r}. There are: {there}.")
            self._plugs[scheme] = self._points[scheme].load()(self._parts)
        return self._plugs[scheme]


class SystemClock:
    """The machine's clocks."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()


@dataclass(frozen=True, kw_only=True)
class Library:
    """What the answers come from."""

    sources: Sources
    documents: Documents
    ingest: Ingest


class House:
    """Everything that runs, over one data directory. Made by `open`."""

    def __init__(
        self, settings: Settings, service: Service, library: Library, catalogue: Catalogue, db: Database
    ) -> None:
        self.settings = settings
        self.service = service
        self.picturing = Picturing(service, LateImages(settings.private_hosts))
        self.library = library
        self.dialects = dialects()
        self.jobs = Jobs()
        self._catalogue = catalogue
        self._db = db

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        settings: Settings,
        observe: Callable[[TurnFinished], None] = lambda _: None,
        environment: Mapping[str, str] = os.environ,
    ) -> AsyncGenerator["House"]:
        """Raises what the stores raise for a data directory that cannot be used."""
        clock = SystemClock()
        db = Database.open(settings.data_dir, clock)
        readers, closing = ParserPool(), AsyncExitStack()
        try:
            knowledge = SqliteKnowledge(db)
            analyser = ScriptAnalyser()
            search = LexicalSearch(knowledge.index, analyser)
            parts = Parts(
                search=search,
                analyser=analyser,
                clock=clock,
                closing=closing,
                environment=environment,
                tools={"search_documents": SearchDocuments(search)},
            )
            catalogue = Catalogue(parts, (settings.model, *settings.models))
            catalogue.find(settings.model)
            service = _service(settings, db, catalogue, clock, observe)
            ingest = Ingest(
                sources=knowledge.sources,
                documents=knowledge.documents,
                received=FileReceived(settings.data_dir / "received"),
                indexer=Indexer(knowledge.index, analyser),
                parse=readers.parse,
                is_supported=is_supported,
                clock=clock,
                entropy=secrets.token_bytes,
            )
            library = Library(sources=knowledge.sources, documents=knowledge.documents, ingest=ingest)
            house = cls(settings, service, library, catalogue, db)
            try:
                yield house
            finally:
                await house.jobs.close()
        finally:
            await readers.aclose()
            await closing.aclose()
            await db.close()

    async def index(self, path: Path, progress: Progress) -> Outcome:
        """Brings the index up to date with a folder or file of this machine. Raises what `Ingest` raises."""
        ingest, tenant_id = self.library.ingest, LOCAL.tenant_id
        is_folder = await asyncio.to_thread(path.is_dir)
        source = await (ingest.folder if is_folder else ingest.file)(tenant_id, path)
        return await ingest.index(tenant_id, source.id, progress)

    async def recover(self) -> None:
        """What an earlier process left half done, of its turns and of its index."""
        await self.service.recover()
        for source in await self.library.ingest.recover(LOCAL.tenant_id):
            self.begin_index(LOCAL.tenant_id, source.id)

    async def warm(self) -> None:
        """Imports what the first question needs and a server can listen without."""
        await LexicalSearch.warm()
        await self._catalogue.warm()

    def begin_index(self, tenant_id: str, source_id: str) -> None:
        """Indexes a source beside everything else; its status says how far it is."""
        self.jobs.start(f"index {source_id}", self.library.ingest.index(tenant_id, source_id))

    async def models(self) -> list[str]:
        """Everything `model` may name."""
        return await self._catalogue.models()

    async def not_ready(self) -> str | None:
        """Why no new turn would be taken just now, or None."""
        if self.service.is_draining:
            return "draining"
        try:
            await self._db.check()
        except RivuletError as problem:
            return problem.code
        return None


def _service(
    settings: Settings,
    db: Database,
    catalogue: Catalogue,
    clock: Clock,
    observe: Callable[[TurnFinished], None],
) -> Service:
    store = SqliteStore(db, clock)
    bot = Bot(
        model=settings.model,
        instructions=settings.instructions,
        top_k=settings.top_k,
        tools=settings.tools,
        limits=settings.limits,
    )
    policy = Policy(
        bots={bot.id: bot},
        dialects={each.name: each.version for each in (Native(), *spoken(settings.dialects_off))},
        disconnect_grace_s=settings.disconnect_grace_s,
        retry_interrupted=settings.retry_interrupted,
        prices=settings.prices,
    )
    stores = Stores(
        log=store.log,
        turns=store.turns,
        chats=store.chats,
        branches=store.branches,
        feedback=store.feedback,
        shares=store.shares,
        preferences=store.preferences,
    )
    return Service(stores, catalogue, policy, clock, secrets.token_bytes, observe)


def dialects() -> tuple[Dialect, ...]:
    """Every dialect that is installed, switched on or not, in the order of their names. Raises `BadSettings`
    for one that cannot be loaded."""
    found: list[Dialect] = []
    for point in sorted(entry_points(group=DIALECTS), key=lambda point: point.name):
        try:
            found.append(point.load()())
        except Exception as problem:
            what = f"The dialect {point.name} ({point.value}) cannot be loaded: {problem!r}."
            raise BadSettings(what) from problem
    return tuple(found)


def spoken(off: Sequence[str]) -> list[Dialect]:
    """Those that are switched on. Raises `BadSettings` for switching off what is not there."""
    there = dialects()
    if unknown := set(off) - {each.name for each in there}:
        names = ", ".join(each.name for each in there)
        raise BadSettings(f"dialects_off: there is no {', '.join(sorted(unknown))}. There are: {names}.")
    return [each for each in there if each.name not in off]
