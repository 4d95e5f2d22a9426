"""Documents: watched while they are read, opened, removed, and why one cannot be read."""

import re

from playwright.sync_api import expect

from tests.web.conftest import Visitor, documents_are_read
from tests.web.test_uploads import drop, row


def test_dropped_files_become_documents(visitor: Visitor) -> None:
    """Each file has a row of its own, is read, and can be opened."""
    drop(visitor, tides_txt=b"The tide turns twice a day.", moon_md=b"# Moon\n\nThe moon pulls the sea.")
    for name in ("tides.txt", "moon.md"):
        expect(row(visitor, name)).to_have_attribute("data-status", "ready")
    row(visitor, "tides.txt").get_by_role("button", name="tides.txt", exact=True).click()
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


def test_a_removed_source_is_gone(visitor: Visitor) -> None:
    """The first press asks, the second removes; a reload does not bring it back."""
    drop(visitor, passing_txt=b"Only here for a moment.")
    passing = row(visitor, "passing.txt")
    expect(passing).to_have_attribute("data-status", "ready")
    passing.get_by_role("button", name="Remove passing.txt").click()
    passing.get_by_role("button", name="Remove?").click()
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
