"""Pages on their way: the next one is started while the one before is waited for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import Terminal


class Desk:
    """Two pages run at a time: a page mostly waits, for its own servers and for their models."""

    def __init__(self, pages: list[Path], folders: pytest.TempPathFactory) -> None:
        self._pages = pages
        self._folders = folders
        self._started: dict[Path, Terminal] = {}

    def terminal(self, page: Path) -> Terminal:
        here = self._pages.index(page)
        for each in self._pages[here : here + 2]:
            if each not in self._started:
                self._started[each] = Terminal(each, self._folders.mktemp(each.stem))
        return self._started[page]

    def close(self) -> None:
        for terminal in self._started.values():
            terminal.close()


@pytest.fixture(scope="session")
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Over the pages that this run was asked for."""
    here = Path(__file__).parent
    asked = [item for item in request.session.items if item.path.parent == here and hasattr(item, "callspec")]
    desk = Desk([item.callspec.params["page"] for item in asked], tmp_path_factory)
    yield desk
    desk.close()
