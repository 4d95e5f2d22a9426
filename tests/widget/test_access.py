"""The widget for everybody: names and contrast by axe, in light and dark, on a phone."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

import hatch_build
from tests.web.conftest import HOLD, ToldModel
from tests.widget.conftest import KEY, Customer, Shop

AXE = Path(hatch_build.ROOT) / "js/node_modules/axe-core/axe.min.js"
RUN = """async () => {
  const found = await axe.run(document.querySelector('x-chat'), { resultTypes: ['violations'] })
  return found.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => [id, nodes.map(({ target, any }) => [target.join(' '), any[0]?.message ?? ''])])
}"""
RICH = "**Once a year** [1].\n\n| part | price |\n|---|---|\n| chain | 9 |\n\n```sh\nls\n```\n\n- https://example.com/x"
ATTRIBUTES = f'data-key="{KEY}" data-suggestions="How often is the gearbox oil changed?"'
ATTRIBUTES += ' data-small-print="Answers may be wrong."'


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize("size", [(1000, 700), (390, 700)], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_51_axe_finds_nothing(
    new_customer: Callable[..., Customer],
    new_shop: Callable[..., Shop],
    model: ToldModel,
    scheme: str,
    size: tuple[int, int],
) -> None:
    """Statement 51, for every state: closed, empty, answered with an open card, failed."""
    customer = new_customer(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, reduced_motion="reduce"
    )
    customer.visit(new_shop(policy=None, attributes=ATTRIBUTES))
    customer.page.add_script_tag(path=AXE)
    assert customer.page.evaluate(RUN) == []
    customer.launcher.click()
    customer.composer.wait_for()
    assert customer.page.evaluate(RUN) == []
    model.tell(RICH)
    customer.page.get_by_role("button", name="How often is the gearbox oil changed?").click()
    customer.finished()
    customer.answer.get_by_role("button").first.click()
    assert customer.page.evaluate(RUN) == []

    async def broken(call) -> None:  # type: ignore[no-untyped-def]
        await call.head()
        call.reset()

    model.then(broken)
    customer.ask("And then?")
    expect(customer.page.get_by_role("alert")).to_be_visible()
    assert customer.page.evaluate(RUN) == []


def test_tokens_are_not_read_one_by_one(customer: Customer, shop: Shop, model: ToldModel) -> None:
    """The transcript is busy while words come; what is said aloud is the stage and the end."""
    words = [f"word{n} " for n in range(40)]
    model.tell(*words[:20], HOLD, *words[20:], pace=40)
    customer.visit(shop)
    customer.launcher.click()
    customer.composer.wait_for()
    customer.page.evaluate(
        """() => { window.said = []; const root = document.querySelector('x-chat').shadowRoot
        for (const one of root.querySelectorAll('[role=status]'))
          new MutationObserver(() => one.textContent && said.push(one.textContent))
            .observe(one, { childList: true, characterData: true, subtree: true }) }"""
    )
    customer.ask()
    expect(customer.page.locator(".log")).to_have_attribute("aria-busy", "true")
    model.release()
    customer.finished()
    said = customer.page.evaluate("said")
    assert said[-1] == "The answer is complete."
    assert len(said) < 8
