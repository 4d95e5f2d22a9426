"""Source code and structured text, as they stand; definitions are marked like headings."""

import json
import re

from rivulet.parsers.encoding import decode
from rivulet.ports.knowledge import Parsed

# One pattern for many languages: an optional row of modifiers, a word that defines, a name.
_DEFINITION = re.compile(
    r"^(?P<indent>[ \t]*)(?P<line>(?:(?:export|default|public|private|protected|internal|static|abstract|"
    r"final|async|pub(?:\([a-z]+\))?|unsafe|open|override|data|sealed|inline|local)\s+)*"
    r"(?:class|def|func|fn|fun|function|interface|struct|enum|trait|impl|module|namespace|object|record|"
    r"protocol|extension|procedure|subroutine|CREATE\s+(?:TABLE|VIEW|FUNCTION))\s+[^\n{]{1,160})",
    re.M,
)
_CODE = """
py pyi pyx js mjs cjs jsx ts mts cts tsx vue svelte java kt kts scala groovy gradle clj cljs c h cc cpp
cxx hh hpp hxx m mm cs fs fsx vb go rs swift d zig nim v rb erb php pl pm lua r jl dart ex exs erl hrl
hs ml mli elm lisp el scm rkt f f90 f95 pas ada adb ads asm s cob cbl sh bash zsh fish ps1 psm1 bat cmd
awk sed tcl sql graphql gql proto thrift cmake mk make dockerfile tf hcl nix bzl css scss sass less
styl diff patch sol vhd vhdl sv
"""
_DATA = """
json jsonl ndjson json5 yaml yml toml xml xsd xsl rss atom ini cfg conf properties
"""
_LONG_LINE = re.compile(r"[^\n]{2000}")
_ESCAPED = re.compile(r"\\u[0-9a-fA-F]{4}")


class Code:
    suffixes = tuple(f".{suffix}" for suffix in _CODE.split())
    media_type = "text/x-code"

    def parse(self, data: bytes, filename: str) -> Parsed:
        text, warnings = decode(data)
        return Parsed(
            text=text,
            media_type=self.media_type,
            title=_title(filename),
            headings=tuple(
                (match.start(), 1 if not match["indent"] else 2, match["line"].rstrip(" :(\t\r"))
                for match in _DEFINITION.finditer(text)
            ),
            warnings=tuple(warnings),
        )


class Data:
    suffixes = tuple(f".{suffix}" for suffix in _DATA.split())
    media_type = "text/x-data"

    def parse(self, data: bytes, filename: str) -> Parsed:
        text, warnings = decode(data)
        if filename.lower().endswith(".json"):
            text = _readable(text)
        return Parsed(text=text, media_type=self.media_type, title=_title(filename), warnings=tuple(warnings))


def _title(filename: str) -> str:
    """The whole name: `config.py` and `config.toml` are different things."""
    return filename.replace("\\", "/").rpartition("/")[2]


def _readable(text: str) -> str:
    """JSON in one line, or with every letter escaped, cannot be found or read; then it is set again."""
    if not (_LONG_LINE.search(text) or _ESCAPED.search(text)):
        return text
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=1)
    except (ValueError, RecursionError):
        return text


code = Code()
data = Data()
