"""A chat as a file, whatever was said in it."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rivulet.domain.chat import Chat, Feedback, Message
from rivulet.domain.events import CitationAdded, Passage
from rivulet.domain.export import FORMATS, file_name, markdown, table, tree
from rivulet.domain.transcript import Transcript
from rivulet.domain.tree import Node, Tree

AT = 1_800_000_000_000
TEXTS = st.text(st.characters(codec="utf-8"), max_size=60)


def transcript(*answers: str, question: str = "Why?", title: str = "Why?", **more: object) -> Transcript:
    """A question and its answers, of which the last is chosen."""
    nodes, said = [], []
    for index, answer in enumerate(answers):
        turn_id, message_id = f"t{index}", f"a{index}"
        nodes.append(
            Node(
                turn_id=turn_id,
                parent_id=None,
                user_message_id="q",
                message_id=message_id,
                status="completed",
            )
        )
        if index == 0:
            said.append(Message(id="q", chat_id="c", turn_id="t0", role="user", text=question, created_at=AT))
        said.append(
            Message(
                id=message_id,
                chat_id="c",
                turn_id=turn_id,
                role="assistant",
                text=answer,
                created_at=AT,
                **more,  # type: ignore[arg-type]
            )
        )
    chat = Chat(id="c", title=title, created_at=AT, updated_at=AT)
    return Transcript(chat, Tree(nodes, nodes[-1].turn_id if nodes else None), said)


def source(**fields: object) -> Passage:
    named = {"id": "s", "n": 1, "source_id": "s", "document_id": "d", "chunk_id": "c", "title": "The manual"}
    named |= {"url": "/v1/documents/d", "text": "So.", "score": 1.0}
    return Passage(**(named | fields))  # type: ignore[arg-type]


def cited(*numbers: int) -> tuple[CitationAdded, ...]:
    return tuple(CitationAdded(part_id="t", source_id="s", n=n, start=0, end=3) for n in numbers)


def rows(written: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(written.decode("utf-8-sig"), newline="")))


def test_markdown_reads_as_the_chat_does() -> None:
    """The chosen answer only, with the sources it cites, numbered as its marks are; addresses only of the
    open web."""
    found = (source(page=3), source(n=2, title="A [page]", url="https://example.org/a b"), source(n=3))
    used = cited(1, 2)
    written = markdown(transcript("Old.", "Because *so* [1].", sources=found, citations=used), AT).decode()
    assert written == (
        "# Why?\n\n## Question\n\nWhy?\n\n## Answer\n\nBecause *so* [1].\n\n"
        "Sources:\n\n- [1] The manual, page 3\n- [2] A \\[page\\] <https://example.org/a%20b>\n"
    )


def test_sources_of_one_document_can_be_told_apart() -> None:
    """By their headings, without the one that is the title, and with the file, in Markdown and in a table."""
    headings = ("The manual › Care › Oil", "The manual › Paint", "The manual", 7)
    found = tuple(
        source(n=n, filename="manual.md", metadata={"heading": heading})
        for n, heading in enumerate(headings, start=1)
    )
    said = transcript("So.", sources=found, citations=cited(1, 2, 3, 4))
    listed = [
        "[1] The manual, Care › Oil, manual.md",
        "[2] The manual, Paint, manual.md",
        "[3] The manual, manual.md",
        "[4] The manual, manual.md",
    ]
    assert markdown(said, AT).decode().endswith("\n".join(f"- {each}" for each in listed) + "\n")
    assert rows(table(said, AT))[1]["sources"] == "\n".join(listed)


@given(question=TEXTS.filter(str.strip), answer=TEXTS, title=TEXTS)
def test_every_text_is_in_markdown_as_it_was_written(question: str, answer: str, title: str) -> None:
    """Also with headings, NUL, both directions and separators in it, and the title stays one line."""
    written = markdown(transcript(answer, question=question, title=title), AT).decode()
    assert f"\n\n## Question\n\n{question}\n" in written
    assert answer in written
    assert written.split("\n", 1)[0].startswith("# ")


@pytest.mark.parametrize(
    ("text", "fence"),
    [
        ("```py\nx = 1", "```"),
        ("~~~~\n```\n~~~", "~~~~"),
        ("```\nx\n```", ""),
        ("``` not a `fence`", ""),
        ("````\n```\n````\n```", "```"),
    ],
)
def test_code_that_was_cut_off_ends_with_its_answer(text: str, fence: str) -> None:
    """Otherwise the rest of the chat would be code."""
    written = markdown(transcript(text, status="cancelled"), AT).decode()
    assert f"{text}\n{fence}".rstrip("\n") + "\n\n*(This answer was stopped.)*\n" in written


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\x00=1", "\r=1", "\n-1", "＝1", "\u00a0=1", "\u2003+1"],
)
def test_no_cell_of_a_table_is_a_formula(text: str) -> None:
    """In a question, an answer, a title of a source and a comment alike."""
    feedback = Feedback(rating="down", comment=text, updated_at=AT)
    found = (source(title=text),)
    written = table(transcript(text, question=text, sources=found, citations=cited(1), feedback=feedback), AT)
    for row in rows(written):
        for cell in row.values():
            assert not cell.lstrip().startswith(tuple("=+-@＝＋－＠")), row


@given(question=TEXTS, answer=TEXTS)
def test_a_table_has_every_text_in_its_cell(question: str, answer: str) -> None:
    """Quotes, commas and line breaks stay inside; only NUL and a beginning like a formula's are changed."""
    two = rows(table(transcript(answer, question=question), AT))
    for row, text in zip(two, (question, answer), strict=True):
        assert row["text"].removeprefix("'") == text.replace("\x00", "").removeprefix("'")


def test_a_table_says_who_when_and_what_was_thought() -> None:
    """One row a message with its time, model and feedback."""
    feedback = Feedback(rating="up", reason="helpful", comment="Ja, gut.", updated_at=AT)
    question, answer = rows(table(transcript("So.", model="m", status="completed", feedback=feedback), AT))
    assert (question["role"], question["rating"], question["model"]) == ("user", "", "")
    assert (answer["role"], answer["rating"], answer["reason"]) == ("assistant", "up", "helpful")
    assert (answer["comment"], answer["model"]) == ("Ja, gut.", "m")
    assert answer["created_at"] == "2027-01-15T08:00:00Z"


def test_json_has_every_branch() -> None:
    """Each turn with its own question and answer, the path, and the chat."""
    found = json.loads(tree(transcript("Old.", "New."), AT))
    assert [turn["answer"]["text"] for turn in found["turns"]] == ["Old.", "New."]
    assert [turn["question"]["turn_id"] for turn in found["turns"]] == ["t0", "t1"]
    assert (found["path"], found["chat"]["id"], found["exported_at"]) == (["t1"], "c", AT)


@pytest.mark.parametrize("format", FORMATS)
def test_a_chat_without_turns_is_a_file_too(format: str) -> None:
    """Without messages, not without form."""
    empty = Transcript(Chat(id="c", title="", created_at=AT, updated_at=AT), Tree([], None), [])
    assert FORMATS[format].write(empty, AT)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Why is the sky blue?", "why-is-the-sky-blue"),
        ("../../etc/passwd", "etc-passwd"),
        ("CON", "con"),
        ("", "chat"),
        ("\u202etxt.exe\x00\r\n: evil", "txt-exe-evil"),
        ("为什么？", "为什么"),
        ("हिन्दी में", "हिन्दी-में"),
        ("x" * 200, "x" * 60),
    ],
)
def test_files_are_called_like_their_chats(title: str, name: str) -> None:
    """In letters and digits, and with the day of the export."""
    assert file_name(title, AT, "md") == f"{name}-2027-01-15.md"
