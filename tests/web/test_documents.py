"""Documents: watched while they are read, opened, removed, and why one cannot be read."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.web.conftest import Server, ToldModel, Visitor, documents_are_read, press_twice
from tests.web.late import Held
from tests.web.test_uploads import drop, row


def test_dropped_files_become_documents(visitor: Visitor) -> None:
    """Each file has a row of its own, is read, and can be opened; who has gone on meanwhile is left alone."""
    drop(visitor, tides_txt=b"The tide turns twice a day.", moon_md=b"# Moon\n\nThe moon pulls the sea.")
    for name in ("tides.txt", "moon.md"):
        expect(row(visitor, name)).to_have_attribute("data-status", "ready")
    late = Held(visitor, re.compile(r"/v1/sources/src_\w+$"))
    title = row(visitor, "tides.txt").get_by_role("button", name="tides.txt", exact=True)
    title.click()
    late.wait()
    visitor.press("Close")
    with visitor.page.expect_response(late.request.url):
        late.release()
    visitor.page.evaluate("fetch('/v1/models').then((read) => read.text())")
    expect(visitor.drawer).to_have_count(0)
    visitor.page.get_by_role("button", name="Documents").click()
    title.click()
    expect(visitor.drawer).to_contain_text("The tide turns twice a day.")


def test_a_file_that_cannot_be_read_keeps_its_reason(visitor: Visitor) -> None:
    """The reason is listed, also after a reload, and the other file is not held up."""
    drop(visitor, broken_pdf=b"%PDF-1.7 but not really", harbour_txt=b"The harbour is deep.")
    expect(row(visitor, "harbour.txt")).to_have_attribute("data-status", "ready")
    broken = row(visitor, "broken.pdf")
    expect(broken).to_have_attribute("data-status", "error")
    reason = broken.locator(".row-problem").inner_text()
    assert len(reason) > 10
    visitor.page.reload()
    visitor.page.get_by_role("button", name="Documents").click()
    expect(row(visitor, "broken.pdf")).to_contain_text(reason)


def test_what_could_not_be_read_is_read_again(
    new_visitor: Callable[..., Visitor], upstream: ToldModel, built_page: None, tmp_path: Path
) -> None:
    """One press for one, one for all of them: a mended file of a folder is found, an upload is read from its
    kept bytes, and one whose bytes are gone says so; a reload shows how it stands."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    (folder / "tides.md").write_bytes(b"")
    server = Server(folder, tmp_path / "data", upstream.url)
    server.start()
    try:
        visitor = new_visitor()
        visitor.open(server.url)
        drop(visitor, broken_pdf=b"%PDF-1.7 but not really")
        shelf, broken = row(visitor, "shelf"), row(visitor, "broken.pdf")
        for each in (shelf, broken):
            expect(each).to_have_attribute("data-status", "error")
        with visitor.page.expect_response("**/retry") as asked:
            broken.get_by_role("button", name="Retry reading broken.pdf").click()
        assert asked.value.status == 202
        expect(broken).to_have_attribute("data-status", "error")
        expect(broken.get_by_role("button", name="Retry reading broken.pdf")).to_be_focused()
        (folder / "tides.md").write_text("The tide turns twice a day.")
        for kept in (server.data / "received").iterdir():
            kept.unlink()
        visitor.page.get_by_role("button", name="Retry all 2 failed").click()
        expect(shelf).to_have_attribute("data-status", "ready")
        expect(shelf.get_by_role("button", name="Retry")).to_have_count(0)
        expect(broken).to_contain_text("What was sent is not kept any more: send it again.")
        visitor.page.reload()
        visitor.page.get_by_role("button", name="Documents").click()
        expect(shelf).to_have_attribute("data-status", "ready")
        expect(broken).to_have_attribute("data-status", "error")
        expect(visitor.page.get_by_role("button", name="Retry all")).to_have_count(0)
    finally:
        server.stop()


def test_a_removed_source_is_gone(visitor: Visitor) -> None:
    """The first press asks, the second removes; a reload does not bring it back."""
    drop(visitor, passing_txt=b"Only here for a moment.")
    passing = row(visitor, "passing.txt")
    expect(passing).to_have_attribute("data-status", "ready")
    remove = passing.get_by_role("button", name=re.compile("^Remove passing.txt"))
    press_twice(remove, passing.get_by_role("button", name="Remove?"))
    expect(passing).to_have_count(0)
    visitor.page.reload()
    visitor.page.get_by_role("button", name="Documents").click()
    expect(visitor.drawer.locator(".row").first).to_be_visible()
    expect(passing).to_have_count(0)


def test_a_folder_lists_what_could_not_be_read_first(visitor: Visitor, server) -> None:
    """The folder the server was started with is one source; its unreadable file comes first, with why."""
    documents_are_read(server)
    visitor.page.get_by_role("button", name="Documents").click()
    visitor.drawer.get_by_text("Show its documents").first.click()
    first = visitor.drawer.locator(".contents li").first
    expect(first).to_contain_text("empty.pdf")
    expect(first.locator(".row-problem")).to_have_text(re.compile(r"\w{4,}"))
    visitor.drawer.get_by_role("button", name="Service schedule").click()
    expect(visitor.drawer).to_contain_text("A yearly service is for chain")
