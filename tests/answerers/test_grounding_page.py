import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "explain" / "grounding.md"


def test_the_examples_of_the_page_run() -> None:
    """What the manual says about support is what the code does."""
    examples = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert examples
    for example in examples:
        exec(compile(example, str(PAGE), "exec"), {})
