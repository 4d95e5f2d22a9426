"""Which image some bytes are, by how they begin. SVG is none: it is a document, with scripts."""

_BEGINNINGS = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
_BRANDS = (b"avif", b"avis")

KINDS = frozenset({*_BEGINNINGS.values(), "image/webp", "image/avif"})
"""What every browser of today shows, and nothing can run in."""


def kind_of(content: bytes) -> str | None:
    """None for whatever is not one of `KINDS`."""
    for beginning, kind in _BEGINNINGS.items():
        if content.startswith(beginning):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[4:8] == b"ftyp":
        end = int.from_bytes(content[:4], "big")
        # The brand of the file, a version, and the brands it is compatible with, of four bytes each.
        brands = (content[8:12], *(content[at : at + 4] for at in range(16, min(end, 256), 4)))
        return "image/avif" if any(brand in _BRANDS for brand in brands) else None
    return None
