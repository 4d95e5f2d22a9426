"""How the page gets into the package: built when its sources changed, and only then."""

from pathlib import Path
from typing import Any

import pytest

import hatch_build


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small checkout with a page that is current."""
    sources, page = tmp_path / "js", tmp_path / "web"
    (sources / "web/src").mkdir(parents=True)
    (sources / "web/src/main.tsx").write_text("one")
    page.mkdir()
    monkeypatch.setattr(hatch_build, "SOURCES", sources)
    monkeypatch.setattr(hatch_build, "PAGE", page)
    monkeypatch.delenv("RIVULET_SKIP_WEB", raising=False)
    (page / hatch_build.STAMP).write_text(hatch_build.digest())
    return tmp_path


def hook(target: str) -> Any:
    made = object.__new__(hatch_build.PageHook)
    made.__dict__["target_name"] = target
    return made


def test_a_current_page_is_left_alone(checkout: Path) -> None:
    """What the build itself writes, and the tests, do not make the page stale."""
    for name in ("node_modules/x/index.js", "build/x.js", "web/test/x.ts"):
        (checkout / "js" / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / "js" / name).write_text("written")
    assert not hatch_build.is_stale()


@pytest.mark.parametrize("change", ["edit", "add", "rename", "no page"])
def test_a_changed_source_makes_the_page_stale(checkout: Path, change: str) -> None:
    """An edit, a new file, a new name, or a missing page."""
    source = checkout / "js/web/src/main.tsx"
    if change == "edit":
        source.write_text("two")
    elif change == "add":
        source.with_name("more.ts").write_text("")
    elif change == "rename":
        source.rename(source.with_name("other.tsx"))
    else:
        (checkout / "web" / hatch_build.STAMP).unlink()
    assert hatch_build.is_stale()


def test_work_on_the_server_alone_builds_nothing(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """RIVULET_SKIP_WEB leaves a stale page as it is."""
    (checkout / "js/web/src/main.tsx").write_text("two")
    monkeypatch.setenv("RIVULET_SKIP_WEB", "1")
    assert not hatch_build.is_stale()


def test_node_is_fetched_only_where_there_is_none(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The build asks for the Node wheel when it must build and finds no Node."""
    monkeypatch.setattr(hatch_build, "find_node", lambda: None)
    assert hook("wheel").dependencies() == []
    (checkout / "js/web/src/main.tsx").write_text("two")
    assert hook("wheel").dependencies() == [hatch_build.NODE_WHEEL]
    monkeypatch.setattr(hatch_build, "find_node", lambda: checkout)
    assert hook("wheel").dependencies() == []


@pytest.mark.parametrize(
    ("target", "version", "place"),
    [
        ("wheel", "standard", "rivulet/web"),
        ("wheel", "editable", None),
        ("sdist", "standard", "src/rivulet/web"),
    ],
)
def test_the_package_carries_the_page(checkout: Path, target: str, version: str, place: str | None) -> None:
    """Wheels and source distributions do, although git ignores it; an editable install has the folder."""
    build_data: dict[str, Any] = {"force_include": {}}
    hook(target).initialize(version, build_data)
    assert build_data["force_include"] == ({str(checkout / "web"): place} if place else {})


def test_a_failed_build_leaves_the_old_page(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new page takes the old one's place only when it is complete."""
    (checkout / "web/index.html").write_text("old")
    (checkout / "js/package-lock.json").write_text("{}")
    (checkout / "js/package.json").write_text("{ this is not JSON")
    assert hatch_build.find_node() is not None
    with pytest.raises(RuntimeError, match="the old one is unchanged"):
        hatch_build.build()
    assert (checkout / "web/index.html").read_text() == "old"
    assert sorted(path.name for path in checkout.iterdir()) == ["js", "web"]


def test_attack_102_what_is_served_says_nothing_of_where_it_was_built(built_page: None) -> None:
    """No source maps, no sources, no path of the machine that built it."""
    files = [path for path in hatch_build.PAGE.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} & {".js", ".css"}
    assert not [path for path in files if path.suffix in (".map", ".ts", ".tsx")]
    home = str(Path(hatch_build.__file__).parent)
    for path in files:
        content = path.read_bytes()
        assert b"sourceMappingURL" not in content, path.name
        assert home.encode() not in content, path.name
