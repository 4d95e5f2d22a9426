"""A prompt as the messages a chat model reads; the same for every wire but for the tools' results.

The system text is the prompt's instructions, untouched, and stays the same from turn to turn, so that a
service can keep what it read before. The sources stand in the last user message, numbered, before the
question, each in a tag that its text cannot close; that marks like `[1]` are wanted is for the instructions
to say.
"""

import re
from collections.abc import Callable
from html import escape
from typing import Any

from rivulet.domain.events import Passage
from rivulet.ports.answering import Prompt, ToolResult, ToolSpec
from rivulet.providers.cleaning import clean

Message = dict[str, Any]


def messages(prompt: Prompt, called: Callable[[ToolResult], tuple[Message, Message]]) -> list[Message]:
    """`called` spells one tool call and its result in the wire's own way."""
    found: list[Message] = []
    if prompt.instructions:
        found.append({"role": "system", "content": clean(prompt.instructions)})
    found += [{"role": earlier.role, "content": clean(earlier.text)} for earlier in prompt.history]
    found.append({"role": "user", "content": clean(_question(prompt))})
    for result in prompt.tool_results:
        found += called(result)
    return found


def taken_ids(prompt: Prompt) -> list[str]:
    """The ids of the calls made so far in this turn."""
    return [result.tool_call_id for result in prompt.tool_results]


def tools(specs: tuple[ToolSpec, ...]) -> list[Message]:
    """What the model may call."""
    return [
        {
            "type": "function",
            "function": {
                "name": spec.name,
                "description": clean(spec.description),
                "parameters": dict(spec.parameters),
            },
        }
        for spec in specs
    ]


def _question(prompt: Prompt) -> str:
    if not prompt.sources:
        return prompt.question
    passages = "\n\n".join(_passage(source) for source in prompt.sources)
    return f"{passages}\n\nQuestion: {prompt.question}"


def _passage(source: Passage) -> str:
    title = escape(" ".join(source.title.split()), quote=True)
    text = _END.sub("&lt;", source.text.strip())
    return f'<source n="{source.n}" title="{title}">\n{text}\n</source>'


_END = re.compile(r"<(?=\s*/\s*source\b)", re.IGNORECASE)
"""What would end a source before its time, and let the rest of it speak as the person who asks."""
