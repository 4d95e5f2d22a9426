"""Text to terms: what a question has in common with a document, in any language."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rivulet.knowledge import analyser as module
from rivulet.knowledge.analyser import ScriptAnalyser


@pytest.fixture
def analyser() -> ScriptAnalyser:
    return ScriptAnalyser()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("houses", "house"),
        ("planned", "planning"),
        ("quickly", "quick"),
        ("companies", "company"),
        ("Wirtschaftskrise", "Wirtschaftskrisen"),
        ("libros", "libro"),
        ("kitaplarımızdan", "kitaplarınız"),
        ("книгами", "книга"),
        ("βιβλίων", "βιβλίο"),
        ("والكتاب", "كتاب"),
        ("किताबें", "किताब"),
        ("Bogotá", "bogota"),
        ("façade", "FACADE"),
        ("İstanbul", "istanbul"),
        ("Strauß", "strauss"),
        ("ｆｕｌｌ", "full"),
        ("soft\u00adware", "software"),
        ("ёлка", "елка"),
        ("می\u200cخواهم", "میخواهم"),
    ],
)
def test_forms_of_one_word_are_one_term(analyser: ScriptAnalyser, first: str, second: str) -> None:
    """A question finds a document that has another form, another spelling or other capitals of its word."""
    assert analyser.terms(first) == analyser.terms(second) != []


@pytest.mark.parametrize(
    ("first", "second"),
    [("bán", "bàn"), ("ORA-00942", "ORA-00955"), ("AB12345678", "AB12345999"), ("猫", "犬"), ("cart", "cat")],
)
def test_different_words_stay_different(analyser: ScriptAnalyser, first: str, second: str) -> None:
    """Tones, numbers and single characters tell words apart."""
    assert analyser.terms(first) != analyser.terms(second)


def test_a_word_keeps_its_combining_marks(analyser: ScriptAnalyser) -> None:
    """A Hindi word is one term, not the pieces between its vowel signs."""
    assert len(analyser.terms("हिन्दी")) == 1


@pytest.mark.parametrize("text", ["what is the", "Was ist das?", "¿qué es?", "что это", "ما هو", "的", "The"])
def test_function_words_leave_nothing(analyser: ScriptAnalyser, text: str) -> None:
    """Words that every text has say nothing about any of them."""
    assert analyser.terms(text) == []


def test_names_in_capitals_are_not_function_words(analyser: ScriptAnalyser) -> None:
    """WHO and IT stay, unless everything is in capitals."""
    assert analyser.terms("Does the WHO use IT?") == ["who", *analyser.terms("use"), "it"]
    assert analyser.terms("WHO IS IT") == []


def test_scripts_without_spaces_become_short_runs(analyser: ScriptAnalyser) -> None:
    """Chinese by pairs and single characters, Thai by threes, whatever stands among them as usual."""
    assert analyser.terms("黑豹队") == ["黑", "豹", "队", "黑豹", "豹队"]
    assert analyser.terms("กรุงเทพ") == ["กรุ", "รุง", "ุงเ", "งเท", "เทพ"]
    assert analyser.terms("5月 iPhone手机") == ["5", "月", "iphon", "i", "phon", "手", "机", "手机"]
    assert analyser.terms("한국어") == ["한국", "국어"]


def test_names_in_code_are_found_whole_and_in_parts(analyser: ScriptAnalyser) -> None:
    """`getHTTPResponse` and `snake_case` are found by the words in them."""
    assert set(analyser.terms("http response")) <= set(analyser.terms("getHTTPResponse"))
    assert analyser.terms("gethttpresponse")[0] in analyser.terms("getHTTPResponse")
    assert analyser.terms("snake_case") == analyser.terms("snake case")


@pytest.mark.parametrize("text", ["", " \n\t", "\x00", "\ud800", "\x00\udfff…—", "🎉🎊", "-- ';", "\u200b"])
def test_what_is_not_a_word_is_nothing(analyser: ScriptAnalyser, text: str) -> None:
    """White space, controls, half characters, signs and pictures are no terms."""
    assert analyser.terms(text) == []


def test_a_megabyte_without_a_space_is_one_short_term(analyser: ScriptAnalyser) -> None:
    """Encoded data costs no time and no memory."""
    start = time.process_time()
    (term,) = analyser.terms("x" * 1_000_000 + "1")
    assert len(term) <= 40
    assert time.process_time() - start < 1
    assert not analyser


def test_the_memory_of_words_is_bounded(analyser: ScriptAnalyser, monkeypatch: pytest.MonkeyPatch) -> None:
    """After many different words the analyser holds few of them and says the same as before."""
    monkeypatch.setattr(module, "_REMEMBERED_WORDS", 100)
    expected = analyser.terms("planning houses")
    for number in range(1_000):
        analyser.terms(f"word{number}")
    assert len(analyser) <= 100
    assert analyser.terms("planning houses") == expected


@given(st.text())
def test_any_text_has_terms(text: str) -> None:
    """Whatever the text, its terms are plain short words, the same each time."""
    terms = ScriptAnalyser().terms(text)
    assert terms == ScriptAnalyser().terms(text)
    for term in terms:
        assert 0 < len(term) <= 80
        assert not any(character.isspace() or character in "@\x00" for character in term)
        term.encode()
