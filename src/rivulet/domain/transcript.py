"""What was said in a chat, on every branch, and how it reads as one line: on the page, shared, exported."""

from collections.abc import Sequence
from dataclasses import dataclass

from rivulet.domain.chat import Chat, Message
from rivulet.domain.tree import Node, Tree, along


@dataclass(frozen=True, slots=True)
class Transcript:
    """`said` is every message of the chat, whatever its branch, the answers with their feedback."""

    chat: Chat
    tree: Tree
    said: Sequence[Message]

    def messages(self) -> list[Message]:
        """The chosen path, oldest first; an answer that is being written is not among them yet."""
        return along(self.tree, self.tree.chosen(), self.said)

    def finished(self) -> list[Node]:
        """The chosen path as far as its turns have ended."""
        path = self.tree.chosen()
        running = (index for index, node in enumerate(path) if node.status == "in_progress")
        return path[: next(running, len(path))]

    def up_to(self, turn_id: str) -> list[Message]:
        """The path to that turn."""
        return along(self.tree, self.tree.path(turn_id), self.said)
