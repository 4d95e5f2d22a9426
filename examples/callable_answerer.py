"""An answerer of your own: any async generator function.

Start it from the folder that holds `examples/`:

    ./dev serve docs/ --model callable:examples.callable_answerer:answer
"""

from collections.abc import AsyncGenerator

from rivulet.domain.events import AnyEvent, Data


async def answer(question: str, history: list[dict[str, str]]) -> AsyncGenerator[str | AnyEvent, None]:
    """Says how long the question is, word by word, and counts what was asked before."""
    words = question.split()
    yield f"Your question has {len(words)} words"
    for number, word in enumerate(words, start=1):
        yield f"{':' if number == 1 else ','} {word}"
    yield "."
    asked = sum(message["role"] == "user" for message in history)
    if asked:
        yield f"\n\nYou asked {asked} before."
    yield Data(name="word-count", data={"words": len(words)})
