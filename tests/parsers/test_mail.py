"""Mail is read as people read it: who, what about, the text, what is attached."""

from collections.abc import Callable
from email.message import EmailMessage

import pytest

from rivulet.domain.errors import Unreadable
from rivulet.ports.knowledge import Parsed

Read = Callable[[bytes, str], Parsed]


@pytest.fixture
def message() -> EmailMessage:
    made = EmailMessage()
    made["Subject"] = "Größe der Lieferung"
    made["From"] = "Ann Ærø <ann@example.org>"
    made["To"] = "bob@example.org"
    made.set_content("Hallo Bob,\n\ndie Lieferung wiegt 12 kg.\n")
    return made


def test_plain(read: Read, message: EmailMessage) -> None:
    """Headers come first, decoded; the subject is the title."""
    parsed = read(message.as_bytes(), "a.eml")
    assert parsed.title == "Größe der Lieferung"
    assert parsed.text.startswith("Subject: Größe der Lieferung\nFrom: Ann Ærø <ann@example.org>\nTo: bob@")
    assert "die Lieferung wiegt 12 kg." in parsed.text


def test_one_of_two_forms(read: Read, message: EmailMessage) -> None:
    """Text sent both plain and as HTML is read once."""
    message.add_alternative("<p>die <b>Lieferung</b> wiegt 12 kg.</p>", subtype="html")
    assert read(message.as_bytes(), "a.eml").text.count("wiegt 12 kg") == 1


def test_html_only(read: Read) -> None:
    """A message in HTML alone is read like a page."""
    made = EmailMessage()
    made["Subject"] = "Hi"
    made.set_content("<style>p{}</style><p>Dear <b>Bob</b></p><script>x()</script>", subtype="html")
    assert read(made.as_bytes(), "a.eml").text == "Subject: Hi\n\nDear Bob"


def test_attachments(read: Read, message: EmailMessage) -> None:
    """Attached text is read below its name; everything else is named and told."""
    message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="plan.pdf")
    message.add_attachment("Ann: 5", filename="list.txt")
    parsed = read(message.as_bytes(), "a.eml")
    assert "Attachments: plan.pdf" in parsed.text
    assert "list.txt\n\nAnn: 5" in parsed.text
    assert parsed.warnings == ("1 attachment was not read.",)


def test_forwarded(read: Read, message: EmailMessage) -> None:
    """A forwarded message is read with its own headers, below a heading."""
    outer = EmailMessage()
    outer["Subject"] = "Fwd"
    outer.set_content("See below.")
    outer.add_attachment(message)
    parsed = read(outer.as_bytes(), "a.eml")
    assert "die Lieferung wiegt 12 kg." in parsed.text
    assert (parsed.title, [mark[2] for mark in parsed.headings]) == ("Fwd", ["Größe der Lieferung"])


def test_old_encoding(read: Read) -> None:
    """The declared character set of a part is used, even when it lies a little."""
    raw = b"Subject: x\nContent-Type: text/plain; charset=iso-8859-1\n\n\x80 5 caf\xe9\n"
    assert "€ 5 café" in read(raw, "a.eml").text


def test_deep_forwarding_ends(read: Read) -> None:
    """A message inside a message inside a message … is read to a depth, then told."""
    raw = b"Subject: core\n\nthe core\n"
    for _ in range(60):
        raw = b"Subject: outer\nContent-Type: message/rfc822\n\n" + raw
    parsed = read(b"Subject: x\nContent-Type: message/rfc822\n\n" + raw, "a.eml")
    assert "Subject: outer" in parsed.text


@pytest.mark.parametrize("raw", [b"\n\n", b"no headers at all", b"just text\nSubject: too late"])
def test_no_mail(read: Read, raw: bytes) -> None:
    """What has no headers is no mail."""
    with pytest.raises(Unreadable, match=r"damaged|no text"):
        read(raw, "a.eml")
