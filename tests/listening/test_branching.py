"""Which questions a visitor sees, and with which words: pure rules, whatever was answered."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.listening.surveys.branching import counted, next_page, piped, previous_page, visible
from headwater.listening.surveys.document import END, Document
from headwater.listening.surveys.posted import Wrong, check_answers

FIELDS: dict[str, dict[str, Any]] = {
    "nps": {"kind": "nps"},
    "low": {"kind": "open", "show_if": {"conditions": [{"question": "nps", "test": "at_most", "values": ["6"]}]}},
    "why": {"kind": "single", "options": [{"id": "price", "text": {"en": "The price"}}], "other": True},
    "parts": {"kind": "multiple", "options": [{"id": one, "text": {"en": one.upper()}} for one in ("a", "b", "c")]},
    "grid": {"kind": "matrix", "rows": [{"id": one, "text": {"en": one}} for one in ("x", "y")]},
    "more": {"kind": "open", "most_characters": 20},
    "agree": {"kind": "consent"},
}
JUMPS = {
    "first": [{"when": {"conditions": [{"question": "nps", "test": "one_of", "values": ["10"]}]}, "to": END}],
    "second": [
        {"when": {"conditions": [{"question": "why", "test": "one_of", "values": ["other"]}]}, "to": "fourth"},
    ],
}
LAST = {"conditions": [{"question": "grid", "row": "y", "test": "at_least", "values": ["4"]},
                       {"question": "low", "test": "answered"}], "match": "any"}  # fmt: skip


def question(id: str) -> dict[str, Any]:
    return {"id": id, "text": {"en": f"About {id}?"}, **FIELDS[id]}


DOCUMENT = Document.model_validate(
    {
        "title": {"en": "T"},
        "pages": [
            {"id": "first", "questions": [question("nps"), question("low")], "jumps": JUMPS["first"]},
            {"id": "second", "questions": [question("why"), question("parts")], "jumps": JUMPS["second"]},
            {"id": "third", "questions": [question("grid")]},
            {"id": "fourth", "questions": [question("more"), question("agree")], "show_if": LAST},
        ],
    }
)


def way(answers: dict[str, Any]) -> list[str]:
    return [page.id for page in visible(DOCUMENT, answers)]


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({}, ["first", "second", "third"]),
        ({"nps": 10}, ["first"]),
        ({"nps": 3, "low": "late"}, ["first", "second", "third", "fourth"]),
        ({"nps": 8, "why": {"choice": "other", "other": "x"}}, ["first", "second"]),
        ({"nps": 3, "low": "late", "why": "other"}, ["first", "second", "fourth"]),
        ({"nps": 8, "grid": {"y": 4}}, ["first", "second", "third", "fourth"]),
        ({"nps": 8, "grid": {"x": 5}}, ["first", "second", "third"]),
        # What was answered and is hidden by a later change opens nothing.
        ({"nps": 9, "low": "late"}, ["first", "second", "third"]),
    ],
)
def test_the_way_follows_the_answers(answers: dict[str, Any], expected: list[str]) -> None:
    assert way(answers) == expected


def test_a_question_is_shown_when_its_rule_holds() -> None:
    assert [one.id for one in visible(DOCUMENT, {"nps": 6})[0].questions] == ["nps", "low"]
    assert [one.id for one in visible(DOCUMENT, {"nps": 7})[0].questions] == ["nps"]
    assert counted(DOCUMENT, {"nps": 7, "low": "late", "more": "hidden"}) == {"nps": 7}


def test_pages_lead_to_the_next_and_back() -> None:
    assert next_page(DOCUMENT, "first", {"nps": 10}) == END
    assert next_page(DOCUMENT, "second", {"nps": 3, "low": "x", "why": "other"}) == "fourth"
    assert next_page(DOCUMENT, "fourth", {}) == END
    assert previous_page(DOCUMENT, "fourth", {"nps": 3, "low": "x", "why": "other"}) == "second"
    assert previous_page(DOCUMENT, "first", {}) is None


ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "nps": st.integers(0, 10),
        "low": st.text(max_size=5),
        "why": st.sampled_from(["price", "other"]),
        "grid": st.dictionaries(st.sampled_from(["x", "y"]), st.integers(1, 5)),
    },
)


@given(ANSWERS)
def test_going_on_from_page_to_page_is_the_way_and_ends(answers: dict[str, Any]) -> None:
    walked = [way(answers)[0]]
    while (following := next_page(DOCUMENT, walked[-1], answers)) != END:
        walked.append(following)
    assert walked == way(answers)
    shown = {one.id for page in visible(DOCUMENT, answers) for one in page.questions}
    assert set(counted(DOCUMENT, answers)) <= shown


def test_earlier_answers_and_attributes_are_piped_into_texts() -> None:
    put = {"document": DOCUMENT, "language": "en"}
    assert piped("Why {{why|that}}?", {"why": "price"}, {}, **put) == "Why The price?"  # type: ignore[arg-type]
    assert piped("Why {{why|that}}?", {}, {}, **put) == "Why that?"  # type: ignore[arg-type]
    given = {"why": {"choice": "other", "other": "taste"}, "parts": ["a", "c"]}
    assert piped("{{why}} {{parts}}", given, {}, **put) == "taste A, C"  # type: ignore[arg-type]
    assert piped("Your {{store|shop}}", {}, {"store": "Oslo"}) == "Your Oslo"
    # What an answer holds is never read again as a pipe.
    assert piped("{{more}}", {"more": "{{nps}}"}, {"nps": "secret"}) == "{{nps}}"
    assert len(piped("{{more}}", {"more": "x" * 5_000}, {})) == 200


@pytest.mark.parametrize(
    ("page", "posted", "answers", "errors"),
    [
        (0, {"q.nps": ["0"]}, {"nps": 0}, {}),
        (0, {"q.nps": ["11"]}, {}, {"q.nps": Wrong("not_offered")}),
        (0, {"q.nps": ["٣"]}, {}, {"q.nps": Wrong("not_offered")}),
        (1, {"q.why": ["other"], "q.why.other": [" words "]}, {"why": {"choice": "other", "other": "words"}}, {}),
        (1, {"q.why": ["price"], "q.why.other": ["words"]}, {"why": "price"}, {}),
        (1, {"q.why": ["nonsense"]}, {}, {"q.why": Wrong("not_offered")}),
        (1, {"q.parts": ["c", "a", "a"]}, {"parts": ["a", "c"]}, {}),
        (2, {"q.grid.x": ["5"], "q.grid.y": ["6"]}, {"grid": {"x": 5}}, {"q.grid.y": Wrong("not_offered")}),
        (3, {"q.more": ["\x00fine\r\n"]}, {"more": "fine", "agree": False}, {}),
        (3, {"q.more": ["x" * 21], "q.agree": ["yes"]}, {"more": "x" * 21, "agree": True},
         {"q.more": Wrong("too_long", 20, 21)}),
        (3, {}, {"agree": False}, {}),
    ],
)  # fmt: skip
def test_what_is_posted_becomes_answers_or_errors(
    page: int, posted: dict[str, list[str]], answers: dict[str, Any], errors: dict[str, Wrong]
) -> None:
    assert check_answers(DOCUMENT.pages[page], posted, DOCUMENT) == (answers, errors)


def test_what_is_required_is_asked_for() -> None:
    content = DOCUMENT.model_dump(by_alias=True, mode="json")
    for page in content["pages"]:
        for one in page["questions"]:
            one["required"] = True
    document = Document.model_validate(content)
    found = [check_answers(page, {}, document)[1] for page in document.pages]
    assert [sorted(errors) for errors in found] == [
        ["q.low", "q.nps"], ["q.parts", "q.why"], ["q.grid.x", "q.grid.y"], ["q.agree", "q.more"],
    ]  # fmt: skip


@given(st.dictionaries(st.sampled_from(["q.nps", "q.why", "q.why.other", "q.parts", "q.grid.x", "q.more", "q.agree"]),
                       st.lists(st.text(max_size=30), min_size=1, max_size=3)))  # fmt: skip
def test_nothing_that_is_posted_breaks_the_rules(posted: dict[str, list[str]]) -> None:
    for page in DOCUMENT.pages:
        answers, errors = check_answers(page, posted, DOCUMENT)
        assert set(answers) <= {one.id for one in page.questions}
        assert all(name in posted or wrong.code == "required" for name, wrong in errors.items())
        visible(DOCUMENT, answers)
