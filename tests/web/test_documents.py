"""Adding documents, watching them being read, and learning why one cannot be."""

import base64
import re

from playwright.sync_api import expect

from tests.web.conftest import Visitor, documents_are_read

DROP = """(files) => {
  const transfer = new DataTransfer()
  for (const { name, content } of files) {
    const bytes = Uint8Array.from(atob(content), (char) => char.charCodeAt(0))
    transfer.items.add(new File([bytes], name))
  }
  for (const type of ['dragenter', 'dragover', 'drop']) {
    const event = new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true })
    document.body.dispatchEvent(event)
  }
}"""


def drop(visitor: Visitor, **files: bytes) -> None:
    """Files dropped on the page; `_` before the suffix stands for the dot."""
    named = [
        {"name": ".".join(name.rsplit("_", 1)), "content": base64.b64encode(content).decode()}
        for name, content in files.items()
    ]
    visitor.page.evaluate(DROP, named)


def row(visitor: Visitor, name: str):
    return visitor.drawer.locator(".row").filter(has_text=name)


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


def test_an_upload_shows_how_far_it_is_and_can_be_cancelled(visitor: Visitor) -> None:
    """While a file is on its way its row has a progress bar; cancelling takes it away and leaves the others.
    The composer stays usable."""
    visitor.page.route(
        re.compile("upload"),
        lambda route: None if b"slow.txt" in (route.request.post_data_buffer or b"") else route.continue_(),
    )
    drop(visitor, slow_txt=b"This one never arrives.", quick_txt=b"This one arrives.")
    slow = row(visitor, "slow.txt")
    expect(slow.get_by_role("progressbar")).to_be_visible()
    expect(row(visitor, "quick.txt")).to_have_attribute("data-status", "ready")
    visitor.composer.fill("Still usable")
    slow.get_by_role("button", name="Cancel the upload of slow.txt").click()
    expect(slow).to_have_count(0)
    expect(row(visitor, "quick.txt")).to_be_visible()


def test_an_upload_that_fails_offers_another_try(visitor: Visitor) -> None:
    """The reason stays after a reload; Retry sends the file again."""
    visitor.page.route("**/v1/sources/upload", lambda route: route.abort("connectionreset"))
    drop(visitor, ferry_txt=b"The ferry leaves at nine.")
    expect(row(visitor, "ferry.txt")).to_contain_text("The server cannot be reached.")
    visitor.page.unroute("**/v1/sources/upload")
    row(visitor, "ferry.txt").get_by_role("button", name="Retry").click()
    expect(row(visitor, "ferry.txt")).to_have_attribute("data-status", "ready")


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
