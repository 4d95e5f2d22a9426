"""Workbooks: each visible sheet under its name, each row as a line with its columns' names."""

import contextlib
import datetime
import io
import itertools
from collections.abc import Generator, Iterable, Iterator
from typing import TYPE_CHECKING

from rivulet.domain.errors import Unreadable
from rivulet.parsers import table
from rivulet.parsers.archive import Archive
from rivulet.parsers.manuscript import Manuscript
from rivulet.ports.knowledge import Parsed

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

    Cell = int | float | str | bool | datetime.time | datetime.date | datetime.datetime | datetime.timedelta

_HEADER_ROWS = 10
"""Titles and notes stand above the row of names; further down it would be data."""
_MERGED_WORK = 10_000_000
"""Rows times merged cells: beyond a few seconds of work they are left as they are."""
_WHOLE = 1e15
"""Above this a float no longer holds every whole number."""


class Sheets:
    suffixes = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".xltx")
    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    def parse(self, data: bytes, filename: str) -> Parsed:
        if data.startswith(b"PK"):
            Archive(data)  # counted before the library unpacks it
        manuscript = Manuscript()
        with _told_damaged():
            _write_book(data, manuscript)
        return manuscript.parsed(self.media_type, None)


def _write_book(data: bytes, manuscript: Manuscript) -> None:
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_object(io.BytesIO(data))
    hidden = 0
    for sheet in book.sheets_metadata:
        if not str(sheet.typ).endswith("WorkSheet"):
            continue
        if not str(sheet.visible).endswith(".Visible"):
            hidden += 1
            continue
        _write(book.get_sheet_by_name(sheet.name), manuscript, sheet.name)
    if hidden:
        manuscript.warn(f"{hidden} hidden sheet{'s were' if hidden > 1 else ' was'} not read.")


@contextlib.contextmanager
def _told_damaged() -> Generator[None]:
    """Also a panic inside the library, which Python sees as something no `except Exception` catches."""
    from python_calamine import CalamineError, PasswordError  # only when a workbook comes

    try:
        yield
    except PasswordError:
        raise Unreadable("This file is password-protected. Remove the password and add it again.") from None
    except (CalamineError, ValueError, OverflowError, OSError):
        raise Unreadable("This file is damaged: it is not a readable workbook.") from None
    except BaseException as problem:
        if type(problem).__name__ != "PanicException":
            raise
        raise Unreadable("This file is damaged: it is not a readable workbook.") from None


def _write(sheet: "CalamineSheet", manuscript: Manuscript, name: str) -> None:
    rows = _filled(sheet)
    head = list(itertools.islice(rows, _HEADER_ROWS))
    if not head:
        return
    manuscript.heading(1, name)
    at = _header(head)
    names = head[at] if at is not None else []
    for cells in head[:at] if at is not None else []:
        manuscript.line(" | ".join(filter(None, cells)))
    for cells in itertools.chain(head[at + 1 if at is not None else 0 :], rows):
        if cells != names:  # names repeated for print
            manuscript.line(table.row_line(names, cells))
        if manuscript.is_full:
            return


def _header(rows: list[list[str]]) -> int | None:
    """The first row that names most of the columns and has something below it."""
    width = max(sum(map(bool, row)) for row in rows)
    for position, row in enumerate(rows[:-1]):
        filled = sum(map(bool, row))
        if filled >= max(2, 0.6 * width) and table.looks_like_header(list(filter(None, row))):
            return position
    return None


def _filled(sheet: "CalamineSheet") -> Iterator[list[str]]:
    """Rows with something in them; a cell merged over several rows counts in each."""
    start = sheet.start or (0, 0)
    down: dict[int, list[tuple[int, int]]] = {}
    for (top, left), (bottom, _) in _merged(sheet):
        if bottom > top:
            down.setdefault(left - start[1], []).append((top, bottom))
    held: dict[int, str] = {}
    for number, row in enumerate(sheet.iter_rows(), start[0]):
        cells = [_told(cell) for cell in row]
        for column, spans in down.items():
            if any(top <= number <= bottom for top, bottom in spans) and 0 <= column < len(cells):
                if cells[column]:
                    held[column] = cells[column]
                cells[column] = held.get(column, "")
            else:
                held.pop(column, None)
        if any(cells):
            yield cells


def _merged(sheet: "CalamineSheet") -> Iterable[tuple[tuple[int, int], tuple[int, int]]]:
    merged = sheet.merged_cell_ranges or []
    return merged if len(merged) * sheet.height < _MERGED_WORK else []


def _told(cell: "Cell") -> str:
    """As the sheet shows it: 3 for 3.0, a day without its midnight."""
    if isinstance(cell, str):
        return " ".join(cell.split())
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < _WHOLE else repr(cell)
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat() if cell.time() == datetime.time() else cell.isoformat(" ", "minutes")
    return str(cell)


parser = Sheets()
