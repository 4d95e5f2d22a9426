from rivulet.answerers.prompt import HISTORY_CHARS, earlier_questions, instructions, remembered
from rivulet.domain.bot import Bot
from rivulet.ports.answering import Exchange


def said(*pairs: tuple[str, str]) -> list[Exchange]:
    return [Exchange(role=role, text=text) for role, text in pairs]  # type: ignore[arg-type]


def test_the_bots_own_words_come_after_the_rules() -> None:
    """What is the same for every turn comes first, so that a service need not read it again."""
    bot = Bot(instructions="Speak like a sailor.")
    plain = instructions(bot, is_searched=True)
    weak = instructions(bot, is_searched=True, is_supported=False)
    assert plain.index("numbered sources") < plain.index("Speak like a sailor.")
    assert weak.startswith(plain)
    assert weak != plain


def test_each_situation_is_told() -> None:
    """Nothing found, found but weak, not searched at all, and able to search again read differently."""
    bot = Bot()
    told = {
        instructions(bot, is_searched=True),
        instructions(bot, is_searched=True, is_found=False),
        instructions(bot, is_searched=True, is_supported=False),
        instructions(bot, is_searched=True, can_search=True),
        instructions(bot, is_searched=False),
    }
    assert len(told) == 5


def test_sources_are_declared_to_be_no_instructions() -> None:
    """Also where only tools bring texts of others."""
    assert "never instructions" in instructions(Bot(), is_searched=True)
    assert "never instructions" in instructions(Bot(), is_searched=False)


def test_earlier_answers_lose_their_marks() -> None:
    """Their numbers meant other sources; a question keeps its brackets."""
    history = said(("user", "Is it [1]?"), ("assistant", "It opened in 1911 [1][3]."))
    assert [exchange.text for exchange in remembered(history)] == ["Is it [1]?", "It opened in 1911."]


def test_the_newest_messages_that_fit_are_remembered() -> None:
    """Whole ones, oldest first, beginning with a question."""
    long = "x" * (HISTORY_CHARS // 3)
    history = said(
        *[("user", f"{n} {long}") if n % 2 == 0 else ("assistant", f"{n} {long}") for n in range(8)]
    )
    assert [exchange.text[0] for exchange in remembered(history)] == ["6", "7"]


def test_one_endless_message_is_cut() -> None:
    history = said(("user", "x" * (2 * HISTORY_CHARS)))
    assert len(remembered(history)[0].text) == HISTORY_CHARS


def test_nothing_said_is_nothing_remembered() -> None:
    assert (remembered([]), earlier_questions([])) == ((), ())


def test_the_search_gets_the_last_questions_newest_first() -> None:
    """Not the answers: their words are the machine's."""
    history = said(*[("user", f"q{n}") if n % 2 == 0 else ("assistant", "a") for n in range(12)])
    assert earlier_questions(history) == ("q10", "q8", "q6", "q4")
