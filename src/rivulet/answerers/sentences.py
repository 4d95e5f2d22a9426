"""The sentences of an answer: marks after a full stop belong to the sentence before them."""

import re

from rivulet.domain.sentences import Span, sentences

_MARKS = re.compile(r"(?:[ \t]?\[\d{1,3}\])+")


def sentences_of(answer: str) -> list[Span]:
    """(start, end) of every sentence. A mark is read like a closing bracket."""
    return sentences(_MARKS.sub(lambda mark: ")" * len(mark[0]), answer))
