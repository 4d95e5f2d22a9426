"""Files on their way to the documents: progress, cancelling, trying again, and plain reasons."""

import base64
import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import APIResponse, Locator, Route, expect

from tests.web.conftest import Server, Visitor
from tests.web.proxy import Proxy

DROP = """(files) => {
  const transfer = new DataTransfer()
  for (const { name, content } of files) {
    transfer.items.add(new File([Uint8Array.from(atob(content), (char) => char.charCodeAt(0))], name))
  }
  for (const type of ['dragenter', 'dragover', 'drop']) {
    const how = { dataTransfer: transfer, bubbles: true, cancelable: true }
    document.body.dispatchEvent(new DragEvent(type, how))
  }
}"""

LISTENS = """() => {
  const transfer = new DataTransfer()
  transfer.items.add(new File([''], 'any.txt'))
  return !document.body.dispatchEvent(
    new DragEvent('dragover', { dataTransfer: transfer, bubbles: true, cancelable: true }))
}"""
"""Whether the page takes what is dragged over it; an instant after it can be seen, it does."""

PASTE = """() => {
  const transfer = new DataTransfer()
  transfer.items.add(new File(['The pasted tide turns.'], 'pasted.txt', { type: 'text/plain' }))
  const event = new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true, cancelable: true })
  document.querySelector('#ask textarea').dispatchEvent(event)
}"""

REFUSALS = {
    413: ("too_large", "too large"),
    415: ("wrong_content_type", "does not take this kind of file"),
    429: ("rate_limited", "Wait a moment"),
    503: ("draining", "restarting"),
    507: ("storage_full", "disk is full"),
}


def drop(visitor: Visitor, **files: bytes) -> None:
    """Files dropped on the page; the last `_` stands for the dot."""
    named = [
        {"name": ".".join(name.rsplit("_", 1)), "content": base64.b64encode(content).decode()}
        for name, content in files.items()
    ]
    visitor.page.wait_for_function(LISTENS)
    visitor.page.evaluate(DROP, named)


def row(visitor: Visitor, name: str) -> Locator:
    return visitor.drawer.locator(".row").filter(has_text=name)


def hold(visitor: Visitor, *names: bytes) -> None:
    """These files never arrive."""

    def held(route: Route) -> None:
        sent = route.request.post_data_buffer or b""
        if not any(name in sent for name in names):
            route.continue_()

    visitor.page.route("**/v1/sources/upload", held)


def test_49_each_file_has_a_row_and_a_fate_of_its_own(visitor: Visitor) -> None:
    """Three files show three rows with progress; cancelling one leaves the others; one that failed offers
    Retry and a reason, which is still there after a reload."""
    hold(visitor, b"slow.txt")
    visitor.page.route(
        "**/v1/sources/upload",
        lambda route: (
            route.abort("connectionreset")
            if b"lost.txt" in (route.request.post_data_buffer or b"")
            else route.fallback()
        ),
    )
    drop(visitor, slow_txt=b"Never there.", lost_txt=b"On the way.", good_txt=b"The harbour is deep.")
    expect(row(visitor, "slow.txt").get_by_role("progressbar")).to_be_visible()
    expect(row(visitor, "good.txt")).to_have_attribute("data-status", "ready")
    row(visitor, "slow.txt").get_by_role("button", name="Cancel the upload of slow.txt").click()
    expect(row(visitor, "slow.txt")).to_have_count(0)
    lost = row(visitor, "lost.txt")
    reason = "The connection was lost. The file is still here: send it again."
    expect(lost).to_contain_text(reason)
    expect(lost.get_by_role("button", name="Retry")).to_be_visible()
    visitor.page.reload()
    visitor.page.get_by_role("button", name="Documents").click()
    expect(row(visitor, "lost.txt")).to_contain_text(reason)
    expect(row(visitor, "lost.txt").get_by_role("button", name="Add files")).to_be_visible()
    expect(row(visitor, "good.txt")).to_have_attribute("data-status", "ready")


def test_a_list_older_than_a_file_does_not_take_it_away(visitor: Visitor) -> None:
    """The list is asked for before a file arrives and answered after it: the file stays listed."""
    held: list[Route] = []
    answers: list[APIResponse] = []

    def listed(route: Route) -> None:
        if held or route.request.method != "GET":
            route.fallback()
            return
        held.append(route)
        answers.append(route.fetch())

    visitor.page.route("**/v1/sources", listed)
    drop(visitor, early_txt=b"The early tide has a file.")
    expect(row(visitor, "early.txt")).to_have_attribute("data-status", "ready")
    with visitor.page.expect_request("**/v1/sources"):
        held[0].fulfill(response=answers[0])
    expect(row(visitor, "early.txt")).to_have_attribute("data-status", "ready")


def test_50_the_composer_is_usable_during_an_upload(visitor: Visitor) -> None:
    """Somebody writes and sends while a file is on its way, and the file stays on its way."""
    hold(visitor, b"slow.txt")
    drop(visitor, slow_txt=b"Never there.")
    expect(row(visitor, "slow.txt").get_by_role("progressbar")).to_be_visible()
    visitor.ask("Is the composer usable?")
    expect(visitor.page.locator(".question")).to_contain_text("Is the composer usable?")
    visitor.finished()
    expect(row(visitor, "slow.txt").get_by_role("progressbar")).to_be_visible()


def test_50_on_a_phone_the_composer_stays_in_sight_during_an_upload(
    new_visitor: Callable[..., Visitor], server: Server
) -> None:
    """The documents, which cover a phone, open for whoever asks to see them: before, from the empty chat, and
    from the row above the question that says how the file goes."""
    phone = new_visitor(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    phone.open(server.url)
    phone.press("See what is there")
    expect(phone.drawer).to_be_visible()
    phone.press("Close")
    hold(phone, b"slow.txt")
    drop(phone, slow_txt=b"Never there.")
    bar = phone.page.get_by_role("region", name="Files on their way")
    expect(bar).to_contain_text("slow.txt")
    expect(bar.get_by_role("progressbar")).to_be_visible()
    phone.ask("Is the composer in sight?")
    phone.finished()
    bar.get_by_role("button").tap()
    expect(row(phone, "slow.txt").get_by_role("progressbar")).to_be_visible()


@pytest.mark.parametrize("status", REFUSALS)
def test_a_refusal_is_said_in_plain_words(visitor: Visitor, status: int) -> None:
    """Whatever the server refuses a file with, the row says what happened and what to do."""
    code, words = REFUSALS[status]
    body = json.dumps({"error": {"code": code, "message": "E_RAW", "request_id": "r"}})
    visitor.page.route(
        "**/v1/sources/upload",
        lambda route: route.fulfill(status=status, body=body, content_type="application/json"),
    )
    drop(visitor, refused_txt=b"Refused.")
    expect(row(visitor, "refused.txt").locator(".row-problem")).to_contain_text(words)
    expect(row(visitor, "refused.txt")).not_to_contain_text("E_RAW")


def test_a_network_that_fails_in_the_middle_loses_no_file(
    new_visitor: Callable[..., Visitor], server: Server, proxy: Proxy
) -> None:
    """The wire is cut while bytes go over it: the row says so, and Retry sends the whole file."""
    visitor = new_visitor()
    visitor.open(proxy.url)
    proxy.is_down = True
    proxy.cut()
    drop(visitor, ferry_txt=b"The ferry leaves at nine. " * 1000)
    ferry = row(visitor, "ferry.txt")
    expect(ferry).to_contain_text("The connection was lost.")
    proxy.is_down = False
    ferry.get_by_role("button", name="Retry").click()
    expect(ferry).to_have_attribute("data-status", "ready")


def test_many_files_are_counted_and_stopped_together(visitor: Visitor) -> None:
    """Forty files wait their turn, two at a time; one button cancels what is left."""
    hold(visitor, b"many-")
    drop(visitor, **{f"many-{n}_txt": b"One of many." for n in range(40)})
    expect(visitor.drawer).to_contain_text("40 files on their way")
    expect(visitor.drawer.get_by_text("Waiting its turn")).to_have_count(38)
    visitor.drawer.get_by_role("button", name="Cancel all").click()
    expect(visitor.drawer.locator(".row").filter(has_text="many-")).to_have_count(0)


def test_a_pasted_file_and_a_folder_are_uploads_too(
    visitor: Visitor, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A file from the clipboard; a folder with what is in it, without what tools keep there."""
    visitor.page.evaluate(PASTE)
    expect(row(visitor, "pasted.txt")).to_have_attribute("data-status", "ready")
    folder = tmp_path_factory.mktemp("coast")
    (folder / "deep").mkdir()
    (folder / ".git").mkdir()
    (folder / "deep" / "inner-tide.md").write_text("The inner tide is late.")
    (folder / ".git" / "config-of-git.txt").write_text("secret")
    with visitor.page.expect_file_chooser() as chooser:
        visitor.drawer.get_by_role("button", name="Add a folder").click()
    chooser.value.set_files(folder)
    expect(row(visitor, "inner-tide.md")).to_have_attribute("data-status", "ready")
    expect(row(visitor, "config-of-git.txt")).to_have_count(0)


def test_without_storage_uploads_still_say_why_they_failed(
    new_visitor: Callable[..., Visitor], server: Server
) -> None:
    """A browser that refuses to store anything shows the same page; reasons last as long as it does."""
    visitor = new_visitor()
    visitor.page.add_init_script(
        """const get = () => { throw new DOMException('denied', 'SecurityError') }
           for (const name of ['localStorage', 'sessionStorage'])
             Object.defineProperty(window, name, { get })"""
    )
    visitor.open(server.url)
    visitor.page.route(re.compile("upload"), lambda route: route.abort("connectionreset"))
    drop(visitor, nowhere_txt=b"Not stored.")
    expect(row(visitor, "nowhere.txt")).to_contain_text("The connection was lost.")
