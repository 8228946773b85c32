"""Surveys as files: what is written reads back the same; what is hostile or wrong is refused with its place."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.base.refusals import Refused
from headwater.listening.surveys import defaults, editing
from headwater.listening.surveys.differences import differences
from headwater.listening.surveys.document import Document
from headwater.listening.surveys.exchange import as_json, as_yaml, read, read_file, written
from headwater.listening.surveys.texts import texts

WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\x85\u2028\u2029"), max_size=20)
TEXTS = st.dictionaries(st.sampled_from(["en", "de", "ar", "pt-br"]), WORDS, max_size=3)
BOOLEANS: Any = st.booleans()  # for the type checker takes a draw's first type for all
KINDS = ["nps", "csat", "ces", "rating", "single", "multiple", "matrix", "open", "statement", "consent"]


@st.composite
def contents(draw: st.DrawFn) -> dict[str, Any]:
    """Any survey of a few pages, with branching that looks back and jumps that lead on."""
    pages: list[dict[str, Any]] = []
    asked: list[str] = []
    for number in range(draw(st.integers(0, 4))):
        questions = []
        for _ in range(draw(st.integers(0, 3))):
            questions.append(draw(question(f"q{len(asked)}", asked)))
            asked.append(questions[-1]["id"])
        page = {"id": f"p{number}", "title": draw(TEXTS), "questions": questions}
        if asked and draw(BOOLEANS):
            page["jumps"] = [{"when": draw(rule(asked)), "to": "end"}]
        pages.append(page)
    languages = draw(st.lists(st.sampled_from(["en", "de", "ar", "pt-br"]), min_size=1, max_size=3, unique=True))
    return {"schema": 1, "languages": languages, "title": draw(TEXTS), "privacy": draw(TEXTS), "pages": pages,
            "anonymous": draw(st.booleans())}  # fmt: skip


@st.composite
def rule(draw: st.DrawFn, asked: list[str]) -> dict[str, Any]:
    test = draw(st.sampled_from(["one_of", "none_of", "at_least", "answered", "skipped"]))
    values = draw(st.lists(st.sampled_from(["1", "5", "yes"]), max_size=2))
    return {"match": draw(st.sampled_from(["all", "any"])),
            "conditions": [{"question": draw(st.sampled_from(asked)), "test": test, "values": values}]}  # fmt: skip


@st.composite
def question(draw: st.DrawFn, id: str, asked: list[str]) -> dict[str, Any]:
    one: dict[str, Any] = {"id": id, "kind": draw(st.sampled_from(KINDS)), "text": draw(TEXTS), "help": draw(TEXTS)}
    one["required"] = draw(st.booleans())
    one["points"] = draw(st.dictionaries(st.sampled_from(["1", "2"]), TEXTS, max_size=2))
    one["options"] = [{"id": f"o{n}", "text": draw(TEXTS)} for n in range(draw(st.integers(0, 3)))]
    one["rows"] = [{"id": f"r{n}", "text": draw(TEXTS), "stage": draw(WORDS)} for n in range(draw(st.integers(0, 2)))]
    if asked and draw(BOOLEANS):
        one["show_if"] = draw(rule(list(asked)))
    return one


@settings(max_examples=40)
@given(contents())
def test_a_survey_is_the_same_after_a_file(content: dict[str, Any]) -> None:
    document = read(content)
    assert read_file(as_yaml(document)) == document
    assert read_file(as_json(document)) == document
    assert read(written(document)) == document
    assert not differences(document, document)


@settings(max_examples=40)
@given(contents(), st.data())
def test_edits_leave_a_survey_whole(content: dict[str, Any], data: st.DataObject) -> None:
    document = read(content)
    for _ in range(3):
        document = _edited(document, data)
        assert read(written(document)) == document
        asked = {one.id for one in document.questions}
        for one in document.questions:
            assert {part.question for part in (one.show_if.conditions if one.show_if else ())} <= asked


def _edited(document: Document, data: st.DataObject) -> Document:
    """The survey after one edit; a move that branching forbids leaves it as it was."""
    questions, pages = [one.id for one in document.questions], [one.id for one in document.pages]
    if not questions or not pages:
        return editing.add_page(document)[0]
    id, page = data.draw(st.sampled_from(questions)), data.draw(st.sampled_from(pages))
    act = data.draw(st.sampled_from(["remove", "copy", "move", "place", "remove_page", "copy_page", "move_page"]))
    by = data.draw(st.sampled_from([-1, 1]))
    place = data.draw(st.integers(0, 3))
    acts: dict[str, Callable[[], Document]] = {
        "remove": lambda: editing.remove_question(document, id),
        "copy": lambda: editing.duplicate_question(document, id)[0],
        "move": lambda: editing.move_question(document, id, by),
        "place": lambda: editing.place_question(document, id, page, place),
        "remove_page": lambda: editing.remove_page(document, page),
        "copy_page": lambda: editing.duplicate_page(document, page)[0],
        "move_page": lambda: editing.move_page(document, page, by),
    }
    try:
        return acts[act]()
    except Refused as refused:
        if refused.code != "survey.branching_forbids":
            raise
        return document


@settings(max_examples=40)
@given(contents())
def test_a_language_goes_with_all_its_words_and_nothing_else(content: dict[str, Any]) -> None:
    document = read(content)
    if len(document.languages) > 1:
        gone = document.languages[1]
        left = editing.remove_language(document, gone)
        assert gone not in left.languages
        assert all(gone not in text.words for text in texts(left))
        assert editing.remove_language(editing.add_language(left, gone), gone) == left


@pytest.mark.parametrize("name", [one.name for one in defaults.TEMPLATES])
@pytest.mark.parametrize("language", ["en", "de", "ja"])
def test_every_template_is_whole_in_every_language(name: str, language: str) -> None:
    document = defaults.document(name, "Title", language)
    assert all(one.text[language] for one in document.questions)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("schema: 2\ntitle: {en: T}", "schema: 1"),
        ("[1, 2]", "schema: 1"),
        ("schema: 1\ntitle: {en: T}\npages: [{id: P1}]", "pages.0.id"),
        ("schema: 1\ntitle: {en: T}\nlogo: x", "logo: is not known here"),
        ("schema: 1\ntitle: {en: T}\npages: [{id: p1, questions: [{id: q1, kind: quiz, text: {}}]}]", "kind"),
        ("schema: 1\ntitle: {en: T}\npages: [{id: p1}, {id: p1}]", "p1"),
        ("schema: 1\ntitle: &a {en: T}\nintro: *a", "aliases"),
        ("schema: 1\ntitle: {en: T, en: U}", "twice"),
        ('{"schema": 1, "title": {"en": "T", "en": "U"}}', "twice"),
        ('{"schema": 1, "title": {"en": "T"', "line 1 column"),
        ('{"a":' * 50_000, "read"),
        ("schema: 1\ntitle: {en: !!python/object/apply:os.system [id]}", "python"),
        ("schema: 1\ntitle: {en: \"a\\0b\"}", "NUL"),
        ("schema: 1\ntitle: {en: " + "x" * 3_000 + "}", "2000"),
        ("[" * 100_000, ""),
        ("x" * 400_001, "bytes"),
        ("\x00\x01", "read"),
        ("", "schema: 1"),
        (
            "schema: 1\ntitle: {en: T}\npages:\n- id: p1\n  jumps:\n  - to: p1\n    when: {conditions: [{question: q9, "
            "test: answered}]}",
            "q9",
        ),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_with_the_place(text: str, said: str) -> None:
    with pytest.raises(Refused) as refused:
        read_file(text)
    assert said in refused.value.message
    assert len(refused.value.message) < 2_000


def test_differences_name_what_changed_in_words() -> None:
    before = defaults.document("delivery", "After delivery")
    question = editing.question_of(before, "csat_delivery")
    after = editing.change_question(
        before, question.model_copy(update={"text": {"en": "How was it?"}, "required": True})
    )
    after = editing.remove_question(after, "delivery_why")
    found = {(one.what, one.id, one.change) for one in differences(before, after)}
    assert found == {("question", "csat_delivery", "changed"), ("question", "delivery_why", "removed")}
    changed = next(one for one in differences(before, after) if one.id == "csat_delivery")
    told = {one.name: (one.before, one.after) for one in changed.fields}
    assert told["wording"][1] == "How was it?"
    assert told["required"] == ("no", "yes")


def test_a_question_moved_to_another_page_changes_both_pages() -> None:
    before = defaults.document("delivery", "After delivery")
    after = editing.place_question(before, "delivery_why", "p1", 0)
    found = {one.id: [field.name for field in one.fields] for one in differences(before, after)}
    assert found == {"p1": ["order of questions"], "p2": ["order of questions"]}
