"""The check before launch: right when it speaks, on questions labelled by hand; each rule on a survey of its own."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from headwater.listening.surveys import defaults
from headwater.listening.surveys.answer_words import spoken
from headwater.listening.surveys.check import check, mended
from headwater.listening.surveys.check_texts import LANGUAGES_READ
from headwater.listening.surveys.defaults_words import WORDS
from headwater.listening.surveys.document import Document
from headwater.listening.surveys.exchange import read, written
from headwater.listening.surveys.findings import Finding, Known
from headwater.listening.surveys.timing import minutes

LABELLED: dict[str, list[dict[str, Any]]] = yaml.safe_load(
    Path(__file__).with_name("survey_questions.yaml").read_text("utf-8")
)
WORDING = {"double_barrelled", "leading", "loaded", "one_sided", "negated", "absolute", "jargon", "hard_to_read"}


def survey(*questions: dict[str, Any], **others: Any) -> Document:
    """A survey that is whole but for what a test gives it."""
    whole = {
        "schema": 1,
        "title": {"en": "T"},
        "privacy": {"en": "P"},
        "pages": [{"id": "p1", "questions": [*questions]}],
    }
    return read(whole | others)


def asked(id: str = "q1", kind: str = "open", text: str = "What happened?", **others: Any) -> dict[str, Any]:
    return {"id": id, "kind": kind, "text": {"en": text}} | others


def choices(*words: str) -> list[dict[str, Any]]:
    return [{"id": f"o{number}", "text": {"en": one}} for number, one in enumerate(words)]


def rows(count: int) -> list[dict[str, Any]]:
    return [{"id": f"r{number}", "text": {"en": f"Part {number}"}} for number in range(count)]


def holds(question: str, test: str, *values: str) -> dict[str, Any]:
    return {"question": question, "test": test, "values": values}


def codes(document: Document, known: Known | None = None) -> set[str]:
    return {one.code for one in check(document, known)}


def only(document: Document, code: str, known: Known | None = None) -> Finding:
    return next(one for one in check(document, known) if one.code == code)


def found_in(language: str, one: dict[str, Any]) -> set[str]:
    question: dict[str, Any] = {"id": "q1", "kind": one["kind"], "text": {language: one["text"]}}
    if rows := one.get("rows"):
        question["rows"] = [{"id": f"r{n}", "text": {language: words}} for n, words in enumerate(rows)]
    document = survey(question, languages=[language], title={language: "T"})
    return {finding.code for finding in check(document) if finding.code in WORDING}


def measured(languages: tuple[str, ...]) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """By rule: found and expected, found and not expected, expected and not found."""
    right, wrong, missed = Counter[str](), Counter[str](), Counter[str]()
    for language in languages:
        for one in LABELLED[language]:
            expected = set(one["codes"]) | ({one["want"]} if "want" in one else set())
            found = found_in(one.get("lang", language)[:2], one)
            right.update(found & expected)
            wrong.update(found - expected)
            missed.update(expected - found)
    return right, wrong, missed


@pytest.mark.parametrize(
    ("languages", "precision", "recall"),
    [
        (("en",), 0.95, 0.95),
        (("de", "es", "fr", "pt"), 0.95, 0.95),
        (("en_unseen",), 0.9, 0.75),
        (("others_unseen",), 0.9, 0.9),
    ],
)
def test_the_check_is_right_about_wording(languages: tuple[str, ...], precision: float, recall: float) -> None:
    right, wrong, missed = measured(languages)
    assert right.total() / (right.total() + wrong.total()) >= precision, wrong
    assert right.total() / (right.total() + missed.total()) >= recall, missed


@pytest.mark.parametrize("name", [one.name for one in defaults.TEMPLATES])
@pytest.mark.parametrize("language", WORDS)
def test_the_surveys_to_begin_with_pass(name: str, language: str) -> None:
    found = {one.code for one in check(defaults.document(name, "T", language))}
    assert found == (set() if language in LANGUAGES_READ else {"not_read"})


def test_the_surveys_to_begin_with_are_whole_in_every_language() -> None:
    """Each word is there, none is left in English but those that both languages write alike, and pages have theirs."""
    alike = {"solved_no", "left_service", "row_complete"}
    for language, words in WORDS.items():
        assert set(words) == set(WORDS["en"]), language
        assert language == "en" or {name for name in words if words[name] == WORDS["en"][name]} <= alike, language
        assert spoken(language) == language


def test_the_phrase_and_its_place_are_named_and_the_mend_mends() -> None:
    document = survey(asked(), asked("q2", "csat", "How satisfied are you with our fast and friendly staff?"))
    found = only(document, "double_barrelled")
    assert (found.question, found.phrase) == ("q2", "fast and friendly")
    after, _finding = mended(document, found.key)
    assert [one.text["en"] for one in after.questions[1:]] == [
        "How satisfied are you with our fast staff?",
        "How satisfied are you with our friendly staff?",
    ]
    assert "double_barrelled" not in codes(after)


LOPSIDED = {"1": {"en": "poor"}, "2": {"en": "good"}, "3": {"en": "very good"}}


def test_every_mend_is_a_whole_survey_without_its_finding() -> None:
    document = survey(
        asked("q1", "csat", "How satisfied are you with our friendly and fast staff? 😀"),
        asked("q2", "single", "Which colour?", options=choices("Red", "Blue")),
        asked("q3", "single", "What is your income?", required=True, options=choices("below 1000", "1000 and more")),
        asked("q4", "rating", "How easy was it?", points=LOPSIDED),
        asked("q5", "open", "What was it?", show_if={"conditions": [holds("q2", "one_of", "x")]}),
        privacy={}, brand={"colour": "#e00000"},
    )  # fmt: skip
    with_mend = [one for one in check(document) if one.mend is not None]
    assert {"emoji", "double_barrelled", "no_way_out", "required_sensitive", "unbalanced_scale", "dead_branch",
            "no_privacy_text", "colour", "one_sided"} <= {one.code for one in with_mend}  # fmt: skip
    for one in with_mend:
        after, _finding = mended(document, one.key)
        assert read(written(after)) == after, one.code
        assert one.key not in {other.key for other in check(after)}, one.code


SCALE = {"low": {"en": "low"}, "high": {"en": "high"}}


@pytest.mark.parametrize(
    ("code", "bad", "good"),
    [
        ("scale_without_labels", asked("q2", "rating", "How was it?"), asked("q2", "rating", "How was it?", **SCALE)),
        ("no_open_question", asked("q2", "rating", "How was it?", **SCALE), asked()),
        ("nps_of_a_moment", asked("q2", "nps", "Would you recommend us after this delivery?", **SCALE),
         asked("q2", "nps", "Would you recommend us?", **SCALE)),
        ("nps_of_a_moment", asked("q2", "nps", "Would you recommend us?", stage="receive", **SCALE),
         asked("q2", "csat", "How was it?", stage="receive", **SCALE)),
        ("satisfaction_of_the_whole", asked("q2", "csat", "Overall, how satisfied or dissatisfied are you?", **SCALE),
         asked("q2", "csat", "Overall, how satisfied or dissatisfied are you with this delivery?", **SCALE)),
        ("no_way_out", asked("q2", "single", options=choices("Red", "Blue")),
         asked("q2", "single", options=choices("Red", "None of these"))),
        ("no_way_out", asked("q2", "multiple", options=choices("Red", "Blue")),
         asked("q2", "single", options=choices("Yes", "No"))),
        ("overlapping_answers", asked("q2", "single", options=choices("1-5 times", "5-10 times", "more than 10")),
         asked("q2", "single", options=choices("1-5 times", "6-10 times", "more than 10"))),
        ("same_answer_twice", asked("q2", "single", options=choices("Red", "red")),
         asked("q2", "single", options=choices("Red", "Blue"))),
        ("too_few_answers", asked("q2", "single", options=choices("Red")),
         asked("q2", "single", options=choices("Red", "Blue"))),
        ("no_rows", asked("q2", "matrix", "Rate", **SCALE), asked("q2", "matrix", "Rate", rows=rows(1), **SCALE)),
        ("long_matrix", asked("q2", "matrix", "Rate", rows=rows(9), **SCALE),
         asked("q2", "matrix", "Rate", rows=rows(8), **SCALE)),
        ("piped_too_early", asked("q2", "open", "Why {{q2|that}}?"), asked("q2", "open", "Why {{q0|that}}?")),
        ("piped_without_words", asked("q2", "open", "Why {{q0}}?"), asked("q2", "open", "Why {{q0|so}}?")),
        ("no_words", asked("q2", text=""), asked("q2")),
        ("required_sensitive", asked("q2", "open", "What is your religion?", required=True),
         asked("q2", "open", "What is your religion?")),
        ("no_consent", asked("q2", "open", "What is your e-mail address?"), asked("q2", "open", "What happened then?")),
    ],
)  # fmt: skip
def test_each_rule_speaks_of_what_is_wrong_and_of_nothing_else(
    code: str, bad: dict[str, Any], good: dict[str, Any]
) -> None:
    first = asked("q0", "rating", "How was it?", **SCALE)
    assert code in codes(survey(first, bad))
    assert code not in codes(survey(first, good))


def test_a_survey_asks_something_and_consent_is_enough() -> None:
    assert codes(survey()) == {"nothing_asked"}
    personal = asked("q2", "open", "What is your e-mail address?")
    assert "no_consent" not in codes(survey(personal, asked("q3", "consent", "You may write to me.")))


@pytest.mark.parametrize(
    ("conditions", "dead"),
    [
        ([holds("q1", "one_of", "a")], False),
        ([holds("q1", "one_of", "gone")], True),
        ([holds("q1", "one_of")], True),
        ([holds("q1", "none_of", "a", "b")], True),
        ([holds("q1", "one_of", "a"), holds("q1", "one_of", "b")], True),
        ([holds("q2", "at_most", "2"), holds("q2", "at_least", "4")], True),
        ([holds("q2", "at_least", "6")], True),
        ([holds("q2", "at_least", "5")], False),
        ([holds("q2", "answered"), holds("q2", "skipped")], True),
        ([holds("q3", "one_of", "a"), holds("q3", "one_of", "b")], False),
    ],
)
def test_branches_that_nobody_can_reach(conditions: list[dict[str, Any]], dead: bool) -> None:
    options = [{"id": "a", "text": {"en": "A"}}, {"id": "b", "text": {"en": "None"}}]
    document = survey(
        asked("q1", "single", "One?", options=options),
        asked("q2", "rating", "How?", **SCALE),
        asked("q3", "multiple", "Several?", options=options),
        asked("q4", show_if={"conditions": conditions}),
        asked("q5", show_if={"conditions": [{"question": "q4", "test": "answered"}]}),
    )
    found = [one.question for one in check(document) if one.code == "dead_branch"]
    assert found == (["q4", "q5"] if dead else [])


def test_an_anonymous_survey_neither_asks_nor_knows_who_answers() -> None:
    questions = [
        asked("q1", "open", "What is your e-mail address?"),
        asked("q2", "open", "Dear {{region|customer}}, why?"),
    ]
    found = {one.code: one for one in check(survey(*questions, anonymous=True), Known(frozenset({"region"})))}
    assert found["anonymous_asks_identity"].severity == found["anonymous_pipes"].severity == "error"
    assert not {"anonymous_asks_identity", "anonymous_pipes"} & codes(survey(*questions), Known(frozenset({"region"})))


def test_what_the_record_knows_need_not_be_asked() -> None:
    known = Known(frozenset({"region"}), {"channel": "the channel of each contact"})
    document = survey(
        asked("q1", "open", "Which is your region?"), asked("q2", "open", "Through which channel did you order?")
    )
    found = [one for one in check(document, known) if one.code == "asks_what_is_known"]
    assert [(one.question, one.phrase) for one in found] == [("q1", "your region"), ("q2", "Through which channel")]
    assert "asks_what_is_known" not in codes(document)
    assert "asks_what_is_known" not in codes(document.model_copy(update={"anonymous": True}), known)


def test_missing_translations_are_counted_and_other_languages_said_to_be_unread() -> None:
    document = survey(asked(), asked("q2", help={"en": "Help"}), languages=["en", "ja"])
    assert "5 texts are not translated" in only(document, "missing_translation").why
    assert only(document, "not_read").language == "ja"


def test_minutes_follow_the_words_and_the_kinds() -> None:
    words = " ".join(["word"] * 238)
    document = survey(asked("q1", "statement", words), title={"en": ""}, privacy={})
    assert minutes(document, "en").estimate == pytest.approx(1)
    slow = survey(*(asked(f"q{n}") for n in range(10)))
    assert minutes(slow, "en").estimate == pytest.approx((10 * 40 + 21 * 60 / 238) / 60)
    assert "too_long" in codes(slow)
    assert "too_long" not in codes(survey(*(asked(f"q{n}") for n in range(5))))
