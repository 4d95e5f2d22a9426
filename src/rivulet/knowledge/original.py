"""The file a document was read from, where there still is one."""

from pathlib import Path

from rivulet.ports.knowledge import Document, Source


def original(source: Source, document: Document) -> Path | None:
    """None for what was sent to us and not kept, and for a file that is gone or has left its folder."""
    if source.kind not in ("folder", "file"):
        return None
    root = Path(source.location)
    path = root if source.kind == "file" else root / document.path
    try:
        found = path.resolve(strict=True)
        is_inside = source.kind == "file" or found.is_relative_to(root.resolve())
        return found if is_inside and found.is_file() else None
    except OSError:
        return None
