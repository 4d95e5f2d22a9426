"""The fetcher of images, imported when the first image is asked for: its HTTP client takes a sixth of the
start, and most servers never fetch one."""

import asyncio
from collections.abc import Collection
from importlib import import_module
from typing import TYPE_CHECKING

from rivulet.ports.images import Image

if TYPE_CHECKING:
    from rivulet.fetching.images import ImageFetcher


class LateImages:
    """`Images` for `ImageFetcher`'s hosts."""

    def __init__(self, private_hosts: Collection[str]) -> None:
        self._private_hosts = private_hosts
        self._fetcher: ImageFetcher | None = None

    async def fetch(self, url: str) -> Image:
        """Raises what `ImageFetcher.fetch` raises."""
        if self._fetcher is None:
            await asyncio.to_thread(import_module, "rivulet.fetching.images")
            from rivulet.fetching.images import ImageFetcher

            self._fetcher = self._fetcher or ImageFetcher(self._private_hosts)
        return await self._fetcher.fetch(url)
