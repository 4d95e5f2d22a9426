"""Bytes to text: the mark at the start, then what the file declares, then UTF-8, then the likeliest guess."""

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with the other's
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_HIGH_RUN = re.compile(rb"[\x80-\xff]{3,}")
_HIGH = re.compile(rb"[\x80-\xff]")
_SAMPLE = 64 << 10

# Old encodings of scripts other than Latin, with the characters an ordinary text in them is full of and the
# share of all foreign characters these must have. The first row with a strict decoding that has it wins: the
# later ones would read the earlier ones' bytes as letters of their own.
_KANA = re.compile("[ぁ-んァ-ヶー、。]")
_HAN = re.compile("[一-龥、。，：；“”]")
_CYRILLIC = re.compile("[а-яё]")
_GUESSES = (
    (("euc_jp", _KANA, 0.3), ("cp932", _KANA, 0.3)),
    (("euc_kr", re.compile("[가-힣]"), 0.9),),
    (("gb18030", _HAN, 0.8), ("big5", _HAN, 0.8)),
    (("cp1251", _CYRILLIC, 0.7), ("koi8_r", _CYRILLIC, 0.7), ("cp1253", re.compile("[α-ωά-ώ]"), 0.7)),
)
_COMMON_HAN = "的一是不了在人有我他这中大来上国和说们为年会地出要時來國個們為會這說對於與後過還從無"


def decode(data: bytes, declared: str | None = None) -> tuple[str, list[str]]:
    """The text and what had to be assumed or replaced on the way; never fails."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _strictly_or_counted(data[len(mark) :], name)
    wide = wide_encoding(data)
    if wide:
        return _strictly_or_counted(data, wide)
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError:
        pass
    if declared and (name := _known(declared)) and name != "utf-8":
        return _strictly_or_counted(data, name)
    if _is_mostly_utf8(data):
        return _strictly_or_counted(data, "utf-8")
    name = _guess(data)
    text, warnings = _strictly_or_counted(data, name)
    return text, [f"The encoding is not stated; it was read as {_TOLD.get(name, name)}.", *warnings]


def wide_encoding(data: bytes) -> str | None:
    """UTF-16 without a mark: every second byte of Latin text is zero."""
    sample = data[:4096]
    half = len(sample) // 2
    if half < 2:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > 0.4 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


_NOT_FOR_FILES = ("utf-7", "idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined")
_IN_PRACTICE = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030"}
_TOLD = {"cp1252": "windows-1252", "cp1251": "windows-1251", "cp1253": "windows-1253", "cp932": "Shift-JIS"}


def _strictly_or_counted(data: bytes, name: str) -> tuple[str, list[str]]:
    try:
        return data.decode(name), []
    except UnicodeDecodeError:
        text = data.decode(name, "replace")
    count = max(text.count("\ufffd"), 1)
    return text, [f"{count} invalid {'byte was' if count == 1 else 'bytes were'} replaced."]


def _known(label: str) -> str | None:
    """Python's name of the encoding; what the web calls Latin-1 or ASCII is windows-1252 in practice."""
    try:
        found = codecs.lookup(label.strip())
    except (LookupError, ValueError):
        return None
    if found.name in _NOT_FOR_FILES or not getattr(found, "_is_text_encoding", True):
        return None
    return _IN_PRACTICE.get(found.name, found.name)


def _is_mostly_utf8(data: bytes) -> bool:
    """Damaged UTF-8 keeps whole sequences beside few broken ones; other encodings make hardly any."""
    sample = data[:_SAMPLE]
    text = sample.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    whole = sum(1 for char in text if char > "\x7f") - broken
    return whole > broken


def _guess(data: bytes) -> str:
    """Latin text has its accents one by one; whole words of high bytes mean another script."""
    sample = data[:_SAMPLE]
    high = len(_HIGH.findall(sample))
    in_runs = sum(map(len, _HIGH_RUN.findall(sample)))
    for row in _GUESSES:
        shares = {
            name: share
            for name, typical, needed in row
            if (in_runs >= 0.5 * high or name == "cp932")  # every second byte of Shift-JIS is often a low one
            and (share := _share(sample, typical, name)) >= needed
        }
        if shares:
            return max(shares, key=shares.__getitem__)
    return "cp1252"


def _share(sample: bytes, typical: re.Pattern[str], name: str) -> float:
    """Of the foreign characters; 0 when the sample is not in this encoding. Its last character may be cut."""
    try:
        text = codecs.getincrementaldecoder(name)().decode(sample)
    except UnicodeDecodeError:
        return 0.0
    foreign = sum(1 for char in text if char > "\x7f")
    if not foreign:
        return 0.0
    share = len(typical.findall(text)) / foreign
    if typical is _HAN:  # both decode the other's bytes; only one gives everyday characters
        share *= 0.8 + min(sum(map(text.count, _COMMON_HAN)) / foreign, 0.2)
    return share
