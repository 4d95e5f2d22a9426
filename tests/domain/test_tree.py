"""The tree of a chat's turns: paths, siblings, and messages along a path."""

from hypothesis import given
from hypothesis import strategies as st

from rivulet.domain.chat import Feedback, Message
from rivulet.domain.tree import Node, Tree, along, rated


def node(turn: str, parent: str | None = None, question: str = "") -> Node:
    return Node(
        turn_id=turn,
        parent_id=parent,
        user_message_id=f"q{question or turn}",
        message_id=f"a{turn}",
        status="completed",
    )


def said(*nodes: Node) -> list[Message]:
    """The question of each node, unless it was said before, and its answer."""
    found: dict[str, Message] = {}
    for each in nodes:
        for id, role in ((each.user_message_id, "user"), (each.message_id, "assistant")):
            found.setdefault(
                id,
                Message(id=id, chat_id="c", turn_id=each.turn_id, role=role, text=id, created_at=0),  # type: ignore[arg-type]
            )
    return list(found.values())


NODES = (
    node("1"),
    node("2", "1"),
    node("3", "1", question="2"),
    node("4", "1"),
    node("5", "3"),
    node("6", "1", question="2"),
)
"""1 → 2, retried as 3 and 6, edited as 4; 3 → 5."""


def test_messages_know_what_else_could_stand_there() -> None:
    """A question its edits, one turn each and of the others the newest; an answer the answers beside it; a
    retried question is that of the turn on the path."""
    tree = Tree(NODES, "5")
    shown = along(tree, tree.chosen(), said(*NODES))
    assert [(each.id, each.turn_id) for each in shown] == [
        ("q1", "1"),
        ("a1", "1"),
        ("q2", "3"),
        ("a3", "3"),
        ("q5", "5"),
        ("a5", "5"),
    ]
    assert [each.siblings for each in shown] == [(), (), ("3", "4"), ("2", "3", "6"), (), ()]
    assert [each.answers for each in shown] == [(), (), ("2", "3", "6"), (), (), ()]
    assert [each.parent_id for each in shown] == [None, None, "1", "1", "3", "3"]


def test_choosing_a_turn_leads_to_where_it_was_continued_last() -> None:
    """On with the newest at each step; a leaf is its own end."""
    tree = Tree(NODES, "6")
    assert [tree.newest_below(turn) for turn in ("1", "2", "3", "5")] == ["6", "2", "5", "5"]


def test_an_answer_that_is_not_there_yet_is_left_out() -> None:
    """Its question is shown, with the answers it has already."""
    tree = Tree(NODES, "6")
    messages = [each for each in said(*NODES) if each.id != "a6"]
    shown = along(tree, tree.chosen(), messages)
    assert [each.id for each in shown] == ["q1", "a1", "q2"]
    assert shown[-1].answers == ("2", "3", "6")


def test_feedback_stands_on_answers_only() -> None:
    """A question of the same turn has none."""
    thumb = Feedback(rating="up", updated_at=1)
    assert [each.feedback for each in rated(said(*NODES[:2]), {"1": thumb})] == [None, thumb, None, None]


def test_no_turns_no_path() -> None:
    """An empty chat, and a leaf that is not there."""
    assert Tree([], None).chosen() == Tree(NODES, "9").chosen() == []


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """Any tree that asking, retrying and editing can make."""
    nodes: list[Node] = []
    for turn in range(draw(st.integers(0, 12))):
        beside = draw(st.sampled_from([None, *nodes]))
        if beside is None:
            parent = draw(st.sampled_from([None, *(each.turn_id for each in nodes)]))
            nodes.append(node(str(turn), parent))
        else:
            is_retry = draw(st.booleans())
            question = beside.user_message_id.removeprefix("q") if is_retry else ""
            nodes.append(node(str(turn), beside.parent_id, question))
    return Tree(nodes, draw(st.sampled_from([None, *(each.turn_id for each in nodes)])))


@given(trees())
def test_every_branch_can_be_reached_from_any_other(tree: Tree) -> None:
    """By choosing siblings, as ‹ › does: nothing that was said is lost."""
    messages = said(*tree.nodes)
    reached: set[str] = set()
    waiting = [tree.newest_below(each.turn_id) for each in tree.nodes[:1]]
    while waiting:
        leaf = waiting.pop()
        if leaf in reached:
            continue
        reached.add(leaf)
        for message in along(tree, tree.path(leaf), messages):
            assert not message.siblings or message.turn_id in message.siblings
            waiting += [tree.newest_below(turn) for turn in message.siblings]
    seen = {each.turn_id for leaf in reached for each in tree.path(leaf)}
    assert seen == {each.turn_id for each in tree.nodes}
