"""Which pages and questions a visitor sees, in which order, with which words: pure rules over a document.

Answers are ``{question id: value}``: a number for scores, an option's id for one choice, a list of ids for several,
``{"choice": id or ids, "other": words}`` where words were given beside them, ``{row id: number}`` for a matrix, text
for open questions, true or false for consent. What was answered and is hidden by a later change counts nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from headwater.listening.surveys.document import END, Condition, Document, Page, Question, Rule

Answers = Mapping[str, Any]
OTHER: Final = "other"
"""The option that `Question.other` adds."""
PIPED: Final = re.compile(r"\{\{\s*([A-Za-z][A-Za-z0-9_ ]{0,59}?)\s*(?:\|([^{}]{0,200}))?\}\}")
MOST_PIPED: Final = 200
"""Characters of an earlier answer that are put into a text."""


def visible(document: Document, answers: Answers) -> list[Page]:
    """The pages of the visitor's way in their order, each with the questions that are shown, as far as is known now."""
    return _walk(document, answers)[0]


def counted(document: Document, answers: Answers) -> dict[str, Any]:
    """The answers to questions on the visitor's way: those that count."""
    return _walk(document, answers)[1]


def _walk(document: Document, answers: Answers) -> tuple[list[Page], dict[str, Any]]:
    """The way, and the answers given on it. A rule sees only answers to questions that are shown themselves."""
    way: list[Page] = []
    given: dict[str, Any] = {}
    target: str | None = None
    for page in document.pages:
        if target is not None and page.id != target:
            continue
        target = None
        if page.show_if is not None and not holds(page.show_if, given):
            continue
        shown = []
        for question in page.questions:
            if question.show_if is None or holds(question.show_if, given):
                shown.append(question)
                if is_answered(answers.get(question.id)):
                    given[question.id] = answers[question.id]
        if shown:
            way.append(page.model_copy(update={"questions": tuple(shown)}))
        target = next((jump.to for jump in page.jumps if holds(jump.when, given)), None)
        if target == END:
            break
    return way, given


def next_page(document: Document, page_id: str, answers: Answers) -> str:
    """The id of the page after this one, or ``end``."""
    after = _after(document, page_id)
    return next((page.id for page in visible(document, answers) if page.id in after), END)


def previous_page(document: Document, page_id: str, answers: Answers) -> str | None:
    """The id of the page before this one on the visitor's way; None on the first."""
    after = _after(document, page_id)
    before = [page.id for page in visible(document, answers) if page.id not in after and page.id != page_id]
    return before[-1] if before else None


def _after(document: Document, page_id: str) -> set[str]:
    ids = [page.id for page in document.pages]
    return set(ids[ids.index(page_id) + 1 :]) if page_id in ids else set()


# --- rules


def holds(rule: Rule, answers: Answers) -> bool:
    """Whether the conditions are met by these answers."""
    tests = (_is_met(condition, answers) for condition in rule.conditions)
    return all(tests) if rule.match == "all" else any(tests)


def _is_met(condition: Condition, answers: Answers) -> bool:
    value = answers.get(condition.question)
    if condition.row is not None:
        value = value.get(condition.row) if isinstance(value, Mapping) else None
    match condition.test:
        case "answered":
            return is_answered(value)
        case "skipped":
            return not is_answered(value)
        case "one_of":
            return bool(_said(value) & set(condition.values))
        case "none_of":
            return not _said(value) & set(condition.values)
        case "at_least":
            return _compares(value, condition.values, at_least=True)
        case "at_most":
            return _compares(value, condition.values, at_least=False)


def is_answered(value: Any) -> bool:
    """Whether there is an answer: 0 and "no" are answers, nothing chosen and no words are none."""
    return value is not None and value != "" and value != [] and value != {}


def _said(value: Any) -> set[str]:
    """An answer as the texts that conditions name."""
    if not is_answered(value):
        return set()
    if isinstance(value, bool):
        return {"true", "yes"} if value else {"false", "no"}
    if isinstance(value, int | float):
        return {f"{value:g}"}
    if isinstance(value, Mapping):
        return _said(value["choice"]) if "choice" in value else set()
    return set(value) if isinstance(value, list) else {str(value)}


def _compares(value: Any, limits: Sequence[str], *, at_least: bool) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        limit = float(limits[0])
    except (IndexError, ValueError):
        return False
    return value >= limit if at_least else value <= limit


# --- piping


def piped(
    text: str,
    answers: Answers,
    attributes: Mapping[str, str],
    *,
    document: Document | None = None,
    language: str = "",
) -> str:
    """The text with ``{{name|words instead}}`` replaced: by the answer to the question of that id, else by the
    customer's attribute of that name, else by the words after the bar. Plain text: who puts it on a page escapes it.
    """

    def put(match: re.Match[str]) -> str:
        name, instead = match[1], match[2] or ""
        said = _in_words(document, name, answers.get(name), language) or str(attributes.get(name) or "")
        return " ".join(said.split())[:MOST_PIPED] or instead

    return PIPED.sub(put, text)


def _in_words(document: Document | None, id: str, value: Any, language: str) -> str:
    """An answer as words for people: the text of what was chosen, the words beside it for something else."""
    if not is_answered(value) or isinstance(value, bool):
        return ""
    question = document.question(id) if document else None
    other = str(value.get("other") or "") if isinstance(value, Mapping) else ""
    texts = (
        {one.id: document.in_language(one.text, language) for one in question.options} if document and question else {}
    )
    chosen = value.get("choice", []) if isinstance(value, Mapping) else value
    ids = chosen if isinstance(chosen, list) else [chosen]
    words = [other if one == OTHER and other else texts.get(str(one), _number(one)) for one in ids]
    return ", ".join(word for word in words if word)


def _number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def pipes_of(question: Question) -> set[str]:
    """The names that a question's texts pipe."""
    texts = [*question.text.values(), *question.help.values()]
    return {match[1] for text in texts for match in PIPED.finditer(text)}
