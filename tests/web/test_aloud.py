"""Reading aloud: an answer's words and nothing else, until a second press or another chat."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.web.conftest import Server, ToldModel, Visitor

VOICE = """() => {
  const spoken = (window.spoken = [])
  const waiting = []
  const voice = {
    speak: (said) => (spoken.push(said.text), waiting.push(said)),
    cancel: () => (spoken.push('(silence)'), (waiting.length = 0)),
  }
  window.finishSpeaking = () => waiting.splice(0).forEach((said) => said.onend?.())
  Object.defineProperty(window, 'speechSynthesis', { value: voice })
  window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text } }
}"""
ANSWER = """# The **gearbox**

Change the `oil` every [5,000 km](https://images.example) [1]. Keep $x^2$ in mind:

- clean it
  1. gently

```python
code()
```

| part | oil |
|---|---|
| gears | 0.6 l |

---

![a photo](https://images.example/x.png)
"""
WORDS = ["The gearbox", "Change the oil every 5,000 km. Keep in mind:", "clean it", "gently"]
CELLS = ["part", "oil", "gears", "0.6 l"]


def choose(visitor: Visitor, item: str) -> None:
    visitor.answer.get_by_role("button", name="More", exact=True).click()
    visitor.page.get_by_role("menuitem", name=item, exact=True).click()


def test_an_answer_is_read_aloud(
    new_visitor: Callable[..., Visitor], server: Server, model: ToldModel
) -> None:
    """Paragraph by paragraph, without marks, code, formulas and buttons; a second press ends it, and so does
    going elsewhere; at its end it can be read again."""
    visitor = new_visitor()
    visitor.page.add_init_script(f"({VOICE})()")
    visitor.open(server.url)
    model.tell(ANSWER)
    visitor.ask()
    visitor.finished()
    choose(visitor, "Read aloud")
    assert visitor.page.evaluate("spoken.splice(0)") == WORDS + CELLS
    choose(visitor, "Stop reading aloud")
    assert visitor.page.evaluate("spoken.splice(0)") == ["(silence)"]
    choose(visitor, "Read aloud")
    visitor.page.evaluate("finishSpeaking()")
    choose(visitor, "Read aloud")
    visitor.page.evaluate("spoken.splice(0)")
    visitor.press("New chat")
    visitor.page.wait_for_function("spoken.includes('(silence)')")


def test_without_a_voice_nothing_is_offered(
    new_visitor: Callable[..., Visitor], server: Server, model: ToldModel
) -> None:
    """Some browsers cannot speak."""
    visitor = new_visitor()
    visitor.page.add_init_script("delete Window.prototype.speechSynthesis; delete window.speechSynthesis")
    visitor.open(server.url)
    model.tell("Silence.")
    visitor.ask()
    visitor.finished()
    visitor.answer.get_by_role("button", name="More", exact=True).click()
    expect(visitor.page.get_by_role("menuitem", name="Copy as plain text")).to_be_visible()
    assert visitor.page.get_by_role("menuitem", name="Read aloud").count() == 0
