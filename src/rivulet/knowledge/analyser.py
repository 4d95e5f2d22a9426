"""Text to terms, the same way for every language, for documents and questions alike.

The script decides how a word becomes a term, never a guess of the language: a two-word question and the
document it is about would be guessed differently, and then nothing matches. Measured on XQuAD (12 languages,
nDCG@10): this analyser .959, the right Snowball stemmer for each language .952, no stemming .926.

- Written with spaces: words, stemmed by the light rules of `stems`; whatever holds a digit stays as it is.
- Chinese, Japanese and Korean: pairs of characters, and single Chinese ones (.968; pairs alone .963).
- Thai, Lao, Khmer and Burmese: runs of three characters (.969; pairs .941).
"""

import re
import unicodedata

from rivulet.knowledge.stems import stem
from rivulet.knowledge.stopwords import STOPWORDS

_REMEMBERED_WORDS = 250_000
"""Bounds the memory of the words seen to about 50 MB, which only a large index being written comes near; 490
Wikipedia articles have 96,000. Starting again in the middle of one makes indexing half as slow again."""

_LONGEST_WORD = 40
"""Anything longer is not a word (encoded data); its beginning stands for it."""


def _word_characters() -> str:
    """Letters, digits and the combining marks that Python's `\\w` leaves out: without them Hindi words fall
    to pieces (.754). Written as ranges, which `re` turns into one table, ten times as fast as `\\w`."""
    ranges: list[str] = []
    start = -1
    for code in range(0x10001):
        is_word = code < 0x10000 and (chr(code).isalnum() or unicodedata.category(chr(code)) in ("Mn", "Mc"))
        if is_word and start < 0:
            start = code
        elif not is_word and start >= 0:
            ranges.append(f"{chr(start)}-{chr(code - 1)}")
            start = -1
    return "".join(ranges) + "\U00010000-\U0001cfff\U0001e000-\U0001e95f\U00020000-\U0003ffff"


_WORD = re.compile(f"[{_word_characters()}]+")
_ASCII_TO_SPACE = {code: " " for code in range(128) if not chr(code).isalnum()}
_INVISIBLE = "\u00ad\u200c\u200d\u2060\ufeff"
"""Soft hyphen, joiners and byte-order mark stand inside words without being part of them."""

_HAS_DIGIT = re.compile(r"\d")
_HAS_CAMEL = re.compile("[a-z][A-Z]")
_CAMEL = re.compile("[A-Z]+(?![a-z])|[A-Z]?[a-z]+")

_CHINESE = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_PAIRED = f"{_CHINESE}\u1100-\u11ff\u3040-\u30ff\u3105-\u318f\u31f0-\u31ff\ua960-\ua97f\uac00-\ud7ff"
_TRIPLED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\ua9e0-\ua9ff\uaa60-\uaa7f"
_SPACELESS = re.compile(f"[{_PAIRED}{_TRIPLED}]")
_RUN = re.compile(f"(?P<paired>[{_PAIRED}]+)|(?P<tripled>[{_TRIPLED}]+)|[^{_PAIRED}{_TRIPLED}]+")
_FUNCTION_CHARACTERS = frozenset("的了吗呢么什哪谁")
"""Chinese for of, done, is it?, what, which, who: without them and their pairs .968, with them .965."""

_CHINESE_CHARACTER = re.compile(f"[{_CHINESE}]")


class ScriptAnalyser(dict[str, tuple[str, ...]]):
    """The `Analyser` of every index; as a dictionary it holds the terms of the words it has seen.

    Safe to share between threads: what a word becomes does not depend on who asked first.
    """

    def terms(self, text: str) -> list[str]:
        """Terms in the order of the text, repeated ones repeated; empty when it holds function words only."""
        return [term for word in self.words(text) for term in self[word]]

    def words(self, text: str) -> list[str]:
        """The text cut into words; `self[word]` are the terms of each."""
        if text.isupper():
            text = text.lower()
        if text.isascii():
            return text.translate(_ASCII_TO_SPACE).split()
        text = unicodedata.normalize("NFKC", text)
        for invisible in _INVISIBLE:
            if invisible in text:
                text = text.replace(invisible, "")
        return _WORD.findall(text)

    def __missing__(self, word: str) -> tuple[str, ...]:
        if _SPACELESS.search(word):
            return tuple(self._spaceless_terms(word))
        terms = _word_terms(word[:_LONGEST_WORD])
        if len(word) <= _LONGEST_WORD:
            if len(self) >= _REMEMBERED_WORDS:
                self.clear()
            self[word] = terms
        return terms

    def _spaceless_terms(self, word: str) -> list[str]:
        """A run of characters without spaces, with whatever stands among them ("5月", "iPhone手机")."""
        terms: list[str] = []
        for run in _RUN.finditer(word):
            text = run.group()
            if run["paired"]:
                singles = _CHINESE_CHARACTER.findall(text)
                pairs = [text[at : at + 2] for at in range(len(text) - 1)] or ([] if singles else [text])
                terms += [term for term in singles + pairs if _FUNCTION_CHARACTERS.isdisjoint(term)]
            elif run["tripled"]:
                terms += [text[at : at + 3] for at in range(max(1, len(text) - 2))]
            else:
                terms += self[text]
        return terms


def _word_terms(word: str) -> tuple[str, ...]:
    folded = word.lower() if word.isascii() else word.casefold().replace("i\u0307", "i").replace("ı", "i")
    if folded in STOPWORDS and not (word.isupper() and len(word) > 1):
        return ()  # but IT and WHO in capitals are names
    if not folded.isalpha() and _HAS_DIGIT.search(folded):
        return (folded,)
    if not word[1:].islower() and _HAS_CAMEL.search(word):
        return (stem(folded), *(stem(part.lower()) for part in _CAMEL.findall(word)))
    return (stem(folded),)
