"""A chat as a file: Markdown and CSV of the chosen path, JSON of every branch."""

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from rivulet.domain.chat import Message
from rivulet.domain.events import Passage
from rivulet.domain.transcript import Transcript
from rivulet.domain.tree import along


class Format(NamedTuple):
    """A kind of file: its ending, its media type, and what writes one of a transcript, at a time in
    milliseconds."""

    ending: str
    media_type: str
    write: Callable[[Transcript, int], bytes]


def markdown(transcript: Transcript, at: int) -> bytes:
    """Questions and answers as they were written, with the sources that each answer cites under it."""
    parts = [f"# {_plain(transcript.chat.title) or 'Chat'}"]
    for message in transcript.messages():
        parts += ["## Question" if message.role == "user" else "## Answer", _closed(message.text)]
        if message.status in ("failed", "cancelled", "incomplete"):
            parts.append(f"*({_ENDS[message.status]})*")
        if cited := _cited(message):
            parts.append("Sources:\n\n" + "\n".join(_listed(each) for each in cited))
    return ("\n\n".join(filter(None, parts)) + "\n").encode()


def table(transcript: Transcript, at: int) -> bytes:
    """A row a message. With a byte order mark, without which spreadsheets take UTF-8 for something else."""
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\r\n")
    rows.writerow(_COLUMNS)
    for message in transcript.messages():
        rows.writerow(_harmless(cell) for cell in _cells(message))
    return ("\ufeff" + written.getvalue()).encode()


def tree(transcript: Transcript, at: int) -> bytes:
    """Every turn of every branch with its question, its answer and the feedback on it."""
    turns: list[dict[str, Any]] = []
    for node in transcript.tree.nodes:
        said = {message.role: message for message in along(transcript.tree, [node], transcript.said)}
        turns.append(
            {
                "id": node.turn_id,
                "parent_id": node.parent_id,
                "status": node.status,
                "question": said.get("user"),
                "answer": said.get("assistant"),
            }
        )
    path = [node.turn_id for node in transcript.tree.chosen()]
    whole = {"chat": transcript.chat, "exported_at": at, "path": path, "turns": turns}
    return msgspec.json.format(msgspec.json.encode(whole), indent=1)


FORMATS = {
    "markdown": Format("md", "text/markdown; charset=utf-8", markdown),
    "json": Format("json", "application/json", tree),
    "csv": Format("csv", "text/csv; charset=utf-8", table),
}


def file_name(title: str, at: int, ending: str) -> str:
    """What the chat is called, in letters and digits of any script, and the day: never a name that some
    system keeps for itself, never a path."""
    signs = (sign if unicodedata.category(sign)[0] in "LMN" else " " for sign in title)
    name = "-".join("".join(signs).split())[:_NAME_CHARS].rstrip("-").lower() or "chat"
    return f"{name}-{_time(at):%Y-%m-%d}.{ending}"


_HEADINGS = " › "
"""Between the headings a passage stands under, the nearest last."""

_NAME_CHARS = 60
"""At four bytes a letter still below the 255 bytes a file's name may have."""

_ENDS = {
    "failed": "This answer failed; what had been written is above.",
    "cancelled": "This answer was stopped.",
    "incomplete": "This answer reached a limit.",
}

_COLUMNS = (
    "message_id",
    "turn_id",
    "parent_id",
    "role",
    "created_at",
    "status",
    "model",
    "text",
    "sources",
    "input_tokens",
    "output_tokens",
    "rating",
    "reason",
    "comment",
)


def _cells(message: Message) -> Sequence[str | int | None]:
    usage, feedback = message.usage, message.feedback
    return (
        message.id,
        message.turn_id,
        message.parent_id,
        message.role,
        f"{_time(message.created_at):%Y-%m-%dT%H:%M:%SZ}",
        message.status,
        message.model,
        message.text,
        "\n".join(f"[{each.n}] {', '.join(_name(each))}" for each in _cited(message)),
        usage and usage.input_tokens,
        usage and usage.output_tokens,
        feedback and feedback.rating,
        feedback and feedback.reason,
        feedback and feedback.comment,
    )


_FORMULA = re.compile(r"[\s\x00-\x1f]*[=+\-@＝＋－＠]|[\t\r\n]")


def _harmless(cell: str | int | None) -> str | int | None:
    """Spreadsheets take what begins so for a formula, and a formula may send the sheet to somebody; an
    apostrophe makes it text. They know no NUL."""
    if not isinstance(cell, str):
        return cell
    cell = cell.replace("\x00", "")
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _cited(message: Message) -> list[Passage]:
    """What was found and not used is not what the answer rests on."""
    used = {citation.n for citation in message.citations}
    return [source for source in message.sources if source.n in used]


def _listed(source: Passage) -> str:
    """With its address on the web; this server does not know at which it is reached itself."""
    is_public = source.url.startswith(("https://", "http://"))
    name = ", ".join(map(_plain, _name(source)))
    return f"- [{source.n}] {name}" + (f" <{_url(source.url)}>" if is_public else "")


def _name(source: Passage) -> list[str]:
    """Its title, and what tells it from the others of that title: its headings, its page, its file."""
    path = source.heading.split(_HEADINGS) if source.heading else []
    within = _HEADINGS.join(path[1:] if path[:1] == [source.title] else path)
    page = f"page {source.page}" if source.page is not None else ""
    file = source.filename if source.filename != source.title else ""
    return [part for part in (source.title, within, page, file) if part]


def _url(url: str) -> str:
    return re.sub(r"[\s<>\\]", lambda found: f"%{ord(found[0]):02X}", url)


def _plain(text: str) -> str:
    """One line that Markdown shows as it is."""
    return re.sub(r"([\\`*_\[\]<>#|~&!])", r"\\\1", " ".join(text.split()))


def _closed(text: str) -> str:
    """An answer that was cut off in a block of code would swallow everything after it."""
    fence = ""
    for line in text.splitlines():
        found = re.match(r" {0,3}(`{3,}|~{3,})(.*)", line)
        if found is None:
            continue
        if not fence:
            fence = "" if found[1][0] == "`" and "`" in found[2] else found[1]
        elif found[1].startswith(fence) and not found[2].strip():
            fence = ""
    return f"{text}\n{fence}" if fence else text


def _time(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)
