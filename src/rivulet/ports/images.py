"""Images that an answer names but does not hold."""

from typing import Protocol

import msgspec


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """`media_type` is one that browsers show and nothing can run in."""

    media_type: str
    content: bytes


class Images(Protocol):
    async def fetch(self, url: str) -> Image:
        """From wherever that is, without telling who wants it. Raises `ImageError`."""
        ...
