"""The check before launch: right when it speaks, on questions labelled by hand; each rule on a survey of its own."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from headwater.listening.surveys import defaults
from headwater.listening.surveys.check import check, mended
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
    ("languages", "precision", "recall"), [(("en",), 0.9, 0.9), (("de", "es", "fr", "pt"), 0.9, 0.9)]
)
def test_the_check_is_right_about_wording(languages: tuple[str, ...], precision: float, recall: float) -> None:
    right, wrong, missed = measured(languages)
    assert right.total() / (right.total() + wrong.total()) >= precision, wrong
    assert right.total() / (right.total() + missed.total()) >= recall, missed
