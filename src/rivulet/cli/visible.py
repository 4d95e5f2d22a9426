"""Text from elsewhere, safe to print: what would command a terminal is shown instead of obeyed."""

import re

_PICTURES = {code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\t\n"} | {0x7F: "␡"}
_STRANGERS = dict.fromkeys([*range(0x80, 0xA0), 0x202D, 0x202E], "\N{REPLACEMENT CHARACTER}")
"""C1 controls, which some terminals obey as they obey ESC, and the marks that turn what follows around."""

_OBEYED = str.maketrans(_PICTURES | _STRANGERS | {0x2028: "\n", 0x2029: "\n"})
_ON_ONE_LINE = str.maketrans({"\t": " ", "\n": "␊"})


def visible(text: str) -> str:
    """Every control character as its picture, `ESC` as `␛`; tabs and line ends stay, as a text needs them."""
    return text.replace("\r\n", "\n").translate(_OBEYED)


def line(text: str) -> str:
    """For a title or a name: the same, and it cannot leave its line."""
    return visible(text).translate(_ON_ONE_LINE)


def as_json(raw: bytes) -> str:
    """JSON with escapes for what it may hold as it is and a terminal obeys: DEL and C1."""
    return re.sub("[\x7f-\x9f]", lambda found: f"\\u{ord(found[0]):04x}", raw.decode())


class Lines:
    """Text that comes in pieces, with line ends of one kind: CR LF and CR become LF wherever a piece ends."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, delta: str) -> str:
        text = self._held + delta
        self._held = "\r" if text.endswith("\r") else ""
        return visible(text.removesuffix("\r").replace("\r\n", "\n").replace("\r", "\n"))

    def finish(self) -> str:
        held, self._held = self._held, ""
        return "\n" if held else ""
