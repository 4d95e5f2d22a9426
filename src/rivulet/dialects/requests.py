"""Reading what a client sent: bodies of a known shape, questions, conversations carried in the request."""

import json
import re
from collections.abc import Iterable
from typing import NamedTuple, TypeVar

import msgspec

from rivulet.domain.errors import InvalidRequest, TooLarge
from rivulet.ports.answering import Exchange

QUESTION_CHARS = 32_000
"""The longest question the engine takes; what the most generous of the replaced systems takes."""

HISTORY_MESSAGES = 2_000
HISTORY_CHARS = 1_000_000
"""About 250,000 tokens: what the largest models in use take."""

CHAT_ID = re.compile(r"[A-Za-z0-9._:~-]{1,128}")
"""What a client may call its chat: safe in a URL, a header and a log line."""

Shape = TypeVar("Shape")

_WHERE = re.compile(r" - at `\$\.?(?P<where>[^`]*)`$")
_MISSING = re.compile(r"missing required field `(?P<field>[^`]+)`")


def body(raw: bytes, shape: type[Shape]) -> Shape:
    """Raises `InvalidRequest`, with the offending field as its `param`. Lone surrogates are dropped."""
    try:
        return msgspec.json.decode(raw, type=shape)
    except msgspec.ValidationError as problem:
        raise _invalid(problem) from None
    except (msgspec.DecodeError, RecursionError):
        pass
    try:
        tree = json.loads(raw)
        return msgspec.json.decode(
            json.dumps(tree, ensure_ascii=False, allow_nan=False).encode("utf-8", "ignore"), type=shape
        )
    except msgspec.ValidationError as problem:
        raise _invalid(problem) from None
    except (ValueError, RecursionError):
        raise InvalidRequest("The body is not valid JSON.") from None


def question(text: str, param: str, limit: int = QUESTION_CHARS) -> str:
    """The text without NUL; raises `InvalidRequest` when nothing is left or it is too long."""
    text = text.replace("\x00", "")
    if not text.strip():
        raise InvalidRequest(f"{param}: the question is empty", param=param)
    if len(text) > limit:
        raise InvalidRequest(
            f"{param}: the question has {len(text)} characters; at most {limit} are taken", param=param
        )
    return text


def chat_id(text: str, param: str) -> str:
    """A name a client chose for its chat."""
    if not CHAT_ID.fullmatch(text):
        raise InvalidRequest(
            f"{param}: at most 128 letters, digits and . _ : ~ - make the name of a chat", param=param
        )
    return text


def model(name: str | None) -> str | None:
    """Protocols whose clients must name a model may say `default`, which is the bot's own."""
    return None if name in (None, "", "default") else name


class Part(msgspec.Struct, frozen=True):
    """One piece of a message's content; only text is taken."""

    type: str = "text"
    text: str | None = None


Content = str | list[Part] | None


def said(content: Content, param: str, kinds: tuple[str, ...] = ("text",)) -> str:
    """The text of a message. Raises `InvalidRequest` for images, files, tool calls and the like."""
    if content is None or isinstance(content, str):
        return content or ""
    for part in content:
        if part.type not in kinds or part.text is None:
            raise InvalidRequest(
                f"{param}: content of type {part.type!r} is not taken; send text", param=param
            )
    return "\n".join(part.text or "" for part in content)


class Conversation(NamedTuple):
    """Messages taken apart: what the system says, what was said before, what is asked now."""

    instructions: str | None
    history: tuple[Exchange, ...] | None
    input: str


_ROLES = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "ai": "assistant",
}


def conversation(messages: Iterable[tuple[str, str]], param: str) -> Conversation:
    """From (role, text), oldest first. Raises `InvalidRequest` unless the last one is the user's."""
    system: list[str] = []
    exchanges: list[Exchange] = []
    for place, (name, text) in enumerate(messages):
        role = _ROLES.get(name)
        if role is None:
            raise InvalidRequest(f"{param}[{place}]: messages of role {name!r} are not taken", param=param)
        if role == "system":
            system.append(text)
        elif text or role == "user":
            exchanges.append(Exchange(role="user" if role == "user" else "assistant", text=text))
    if not exchanges or exchanges[-1].role != "user":
        raise InvalidRequest(f"{param}: the last message must be the user's question", param=param)
    instructions = "\n\n".join(filter(None, system)) or None
    return Conversation(instructions, history(exchanges[:-1], param), question(exchanges[-1].text, param))


def history(exchanges: list[Exchange], param: str) -> tuple[Exchange, ...] | None:
    """None when there is none, so that the chat's own messages are the context. Raises `TooLarge`."""
    if len(exchanges) > HISTORY_MESSAGES or sum(len(one.text) for one in exchanges) > HISTORY_CHARS:
        raise TooLarge(
            f"{param}: at most {HISTORY_MESSAGES} messages with {HISTORY_CHARS} characters are taken",
            param=param,
        )
    return tuple(exchanges) or None


def refuse(param: str, value: object, taken: tuple[object, ...] = (None, False)) -> None:
    """For a feature this server does not have: asking for it is an error, leaving it off is not."""
    if value not in taken and value not in ([], {}, ""):
        raise InvalidRequest(f"{param}: this is not supported here", param=param)


def _invalid(problem: msgspec.ValidationError) -> InvalidRequest:
    text = str(problem)
    found = _WHERE.search(text)
    where = found["where"] if found else ""
    text = text[: found.start()] if found else text
    if missing := _MISSING.search(text):
        where = f"{where}.{missing['field']}".lstrip(".")
        text = "this field is required"
    elif len(text) > 200:
        text = "this is not valid"
    return InvalidRequest(f"{where}: {text}" if where else text, param=where or None)
