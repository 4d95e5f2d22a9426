"""Listens to a provider until it ends or fails."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial

import msgspec

from rivulet.domain.errors import ProviderError
from rivulet.ports.answering import Ended, Piece, Prompt, Provider, Text, Thought, ToolCallDelta, Waiting
from rivulet.testing.pulled import pulled

KEY = "canary-4f9a1c7e2b"

Make = Callable[[str], Provider]
"""Makes a provider for an address."""


class Heard(msgspec.Struct):
    """What a provider streamed, and how it ended."""

    pieces: list[Piece]
    error: ProviderError | None = None

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces if isinstance(piece, Text))

    @property
    def thoughts(self) -> str:
        return "".join(piece.text for piece in self.pieces if isinstance(piece, Thought))

    @property
    def waits(self) -> list[float]:
        return [piece.seconds for piece in self.pieces if isinstance(piece, Waiting)]

    @property
    def ended(self) -> Ended | None:
        return next((piece for piece in self.pieces if isinstance(piece, Ended)), None)

    @property
    def arguments(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for piece in self.pieces:
            if isinstance(piece, ToolCallDelta):
                found[piece.id] = found.get(piece.id, "") + piece.delta
        return found

    @property
    def outcome(self) -> str:
        """The finish reason, or the error's code."""
        if self.error is not None:
            return self.error.code
        return self.ended.finish_reason if self.ended else "nothing"


async def hear(provider: Provider, model: str = "scripted", **prompt: object) -> Heard:
    heard = Heard(pieces=[])
    asked = Prompt(**{"question": "Why?", "model": model, **prompt})
    try:
        await provider.stream(asked, heard.pieces.append)
    except ProviderError as problem:
        heard.error = problem
    return heard


def listening(
    provider: Provider, model: str = "scripted", **prompt: object
) -> AbstractAsyncContextManager[AsyncIterator[Piece]]:
    """For those who leave before the end."""
    asked = Prompt(**{"question": "Why?", "model": model, **prompt})
    return pulled(partial(provider.stream, asked))
