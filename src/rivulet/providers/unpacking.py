"""Content that came compressed although it was asked not to be, unpacked in blocks: a bomb stays small."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable

from rivulet.domain.errors import UpstreamProtocol

_BLOCK = 64 << 10
"""Bytes unpacked at once, as many as one read off a socket brings: whoever reads them keeps the loop
meanwhile, 65 ms for a mebibyte of comments and 4 ms for this."""

_WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


class Unpacker:
    """`read` brings the packed bytes, nothing at the end."""

    def __init__(self, encoding: str, read: Callable[[], Awaitable[bytes]]) -> None:
        if encoding not in _WINDOWS:
            raise UpstreamProtocol("The model's service compressed its answer in a way nobody asked for.")
        self._read = read
        self._packed = b""
        self._inflate = zlib.decompressobj(_WINDOWS[encoding])

    async def next(self) -> bytes:
        """The next unpacked bytes, nothing at the end."""
        while True:
            if block := self._block():
                await asyncio.sleep(0)
                return block
            self._packed = await self._read()
            if not self._packed:
                return b""

    def _block(self) -> bytes:
        if not self._packed or self._inflate.eof:
            return b""
        try:
            found = self._inflate.decompress(self._packed, _BLOCK)
        except zlib.error:
            raise UpstreamProtocol("The model's service sent a compressed answer that is damaged.") from None
        self._packed = self._inflate.unconsumed_tail
        return found
