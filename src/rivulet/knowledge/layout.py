"""What a segment of the index may hold, and how its terms are marked."""

LARGEST_SEGMENT = 1 << 16
"""Chunks: what fits the two bytes of an ordinal."""

MOST_OFTEN = 255
"""A frequency in one byte; BM25 cannot tell 255 from more."""

TITLE = "@"
"""Before a term it means: in the title of the document. No term of a text has it."""
