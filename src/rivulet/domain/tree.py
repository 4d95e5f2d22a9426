"""The tree of a chat's turns: who continues whom, which path is chosen, what else was asked at a place."""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from rivulet.domain.chat import Feedback, Message
from rivulet.domain.events import Status


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """A turn in its chat's tree. Turns with one parent are siblings; those of one question message are
    answers to the same question."""

    turn_id: str
    parent_id: str | None
    user_message_id: str
    message_id: str
    status: Status | Literal["in_progress"]


class Tree:
    """The turns of a chat in the order of their opening, and the leaf its path leads to. A turn is opened
    after its parent and never moves, so a path to a turn stays what it is."""

    __slots__ = ("_by_id", "_children", "leaf", "nodes")

    def __init__(self, nodes: Sequence[Node], leaf: str | None) -> None:
        self.nodes = nodes
        self.leaf = leaf
        self._by_id = {node.turn_id: node for node in nodes}
        self._children: dict[str | None, list[Node]] = {}
        for node in nodes:
            self._children.setdefault(node.parent_id, []).append(node)

    def __contains__(self, turn_id: str) -> bool:
        return turn_id in self._by_id

    def path(self, to: str | None) -> list[Node]:
        """From the first turn to that one; nothing when there is no such turn."""
        found: list[Node] = []
        node = self._by_id.get(to) if to is not None else None
        while node is not None:
            found.append(node)
            node = None if node.parent_id is None else self._by_id.get(node.parent_id)
        return found[::-1]

    def chosen(self) -> list[Node]:
        return self.path(self.leaf)

    def before(self, turn_id: str) -> list[Node]:
        """What was said before that turn: the path to its parent."""
        return self.path(turn_id)[:-1]

    def telling(self, path: Sequence[Node]) -> list[str]:
        """The turns that have what is said on a path: its own, and of each retry the one that asked first."""
        return list({turn_id: None for node in path for turn_id in (self.answers(node)[0], node.turn_id)})

    def newest_below(self, turn_id: str) -> str:
        """Where that turn's branch was continued last: at each turn, on with the newest after it."""
        while children := self._children.get(turn_id):
            turn_id = children[-1].turn_id
        return turn_id

    def answers(self, node: Node) -> tuple[str, ...]:
        """The turns that answer the node's question at its place, in the order they were made."""
        beside = self._children[node.parent_id]
        return tuple(each.turn_id for each in beside if each.user_message_id == node.user_message_id)

    def questions(self, node: Node) -> tuple[str, ...]:
        """One turn for each question asked at the node's place: its own, and of the others the newest."""
        newest: dict[str, str] = {}
        for each in self._children[node.parent_id]:
            newest[each.user_message_id] = each.turn_id
        newest[node.user_message_id] = node.turn_id
        return tuple(newest.values())


def along(tree: Tree, path: Sequence[Node], said: Sequence[Message]) -> list[Message]:
    """The messages of a path: each turn's question, in its place, and its answer once there is one."""
    by_id = {message.id: message for message in said}
    found: list[Message] = []
    for node in path:
        answers = _unless_alone(tree.answers(node))
        if (question := by_id.get(node.user_message_id)) is not None:
            found.append(
                msgspec.structs.replace(
                    question,
                    turn_id=node.turn_id,
                    parent_id=node.parent_id,
                    siblings=_unless_alone(tree.questions(node)),
                    answers=answers,
                )
            )
        if (answer := by_id.get(node.message_id)) is not None:
            found.append(msgspec.structs.replace(answer, parent_id=node.parent_id, siblings=answers))
    return found


def rated(said: Sequence[Message], feedback: Mapping[str, Feedback]) -> list[Message]:
    """The messages with the feedback, by turn, on the answers."""
    return [
        msgspec.structs.replace(message, feedback=feedback[message.turn_id])
        if message.role == "assistant" and message.turn_id in feedback
        else message
        for message in said
    ]


def _unless_alone(turn_ids: tuple[str, ...]) -> tuple[str, ...]:
    return turn_ids if len(turn_ids) > 1 else ()
