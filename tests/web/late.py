"""What a page asked for and has not been told yet."""

import re

from playwright.sync_api import APIResponse, Request, Route

from tests.web.conftest import Visitor


class Held:
    """The first request to an address: held up after the server has answered it, or before it is sent."""

    def __init__(self, visitor: Visitor, address: str | re.Pattern[str], is_taken: bool = True) -> None:
        self._page, self._is_taken = visitor.page, is_taken
        self._route: Route | None = None
        self._answer: APIResponse | None = None
        self._page.route(address, self._hold)

    def _hold(self, route: Route) -> None:
        if self._route:
            route.continue_()
            return
        self._route = route
        self._answer = route.fetch() if self._is_taken else None

    @property
    def request(self) -> Request:
        assert self._route
        return self._route.request

    def wait(self) -> None:
        while not self._route or (self._is_taken and not self._answer):
            self._page.evaluate("new Promise(requestAnimationFrame)")

    def release(self) -> None:
        assert self._route
        if self._answer:
            self._route.fulfill(response=self._answer)
        else:
            self._route.continue_()
