"""Rows are read as lines that say their columns' names."""

from collections.abc import Callable

import pytest

from rivulet.domain.errors import Unreadable
from rivulet.ports.knowledge import Parsed

Read = Callable[[bytes, str], Parsed]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(read: Read, delimiter: str) -> None:
    """The delimiter is found by what cuts all lines alike, even when others occur in the cells."""
    rows = [["Name", "Note"], ["Ann", "one and two"], ["Bob", "x-y"]]
    text = "\r\n".join(delimiter.join(row) for row in rows)
    assert read(text.encode(), "a.csv").text == "Name: Ann | Note: one and two\nName: Bob | Note: x-y"


def test_quoted_cells(read: Read) -> None:
    """Quoted delimiters and line ends belong to the cell."""
    assert read(b'Name,Note\n"Ann, A.","two\nlines"\n', "a.csv").text == "Name: Ann, A. | Note: two lines"


def test_without_names(read: Read) -> None:
    """A file that starts with numbers has no names; nothing is taken for one."""
    assert read(b"1,2,3\n4,5,6\n", "a.csv").text == "1 | 2 | 3\n4 | 5 | 6"


def test_years_name_columns(read: Read) -> None:
    """Years beside a word are names of columns."""
    assert read(b"Region,2023,2024\nNorth,10,12\n", "a.csv").text == "Region: North | 2023: 10 | 2024: 12"


def test_uneven_rows(read: Read) -> None:
    """Missing cells are left out, surplus ones kept."""
    assert read(b"A,B\n1\n1,2,3\n\n,\n", "a.csv").text == "A: 1\nA: 1 | B: 2 | 3"


def test_tabs_by_suffix(read: Read) -> None:
    """A .tsv is cut at tabs however many commas it has."""
    assert read(b"Name\tCity, State\nAnn\tRome, X\n", "a.tsv").text == "Name: Ann | City, State: Rome, X"


def test_endless_field(read: Read) -> None:
    """A quote that is never closed over ten million characters is damage, not a hang."""
    with pytest.raises(Unreadable, match="damaged"):
        read(b'a,b\n"' + b"x" * 10_500_000, "a.csv")


def test_real_files(read: Read, real: Callable[[str], bytes]) -> None:
    """Real tables are readable row by row."""
    assert "Name: Bob | Age: 25 | City: Los Angeles" in read(real("file_comma.csv"), "file_comma.csv").text
    numbers = read(real("file.csv"), "file.csv").text.splitlines()
    assert (len(numbers), numbers[0].startswith("Column1: 1.764052345967664 | Column2: 0.4")) == (10, True)
