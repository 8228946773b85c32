"""What a response becomes in the record: one signal for each score and each text, as files with several ratings a row.

Signals of a response share its `response_id` and its choices, as attributes; the attribute `question` tells them apart.
Pure: a document and answers in, rows as programs send them (`listening.direct`) out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from headwater.listening.direct import SignalIn
from headwater.listening.surveys.branching import OTHER
from headwater.listening.surveys.document import Document, Question, Row
from headwater.metrics.definitions import METRICS, ScaleError

LONGEST: Final = 500
"""Characters of an attribute's value that the record keeps."""
ANSWERED: Final = "survey_answered"
"""The event of a response that gave neither a score nor words, so that its choices count."""


@dataclass(frozen=True, slots=True)
class Given:
    """A response as it is told to the record. ``response_id`` is what all its signals bear."""

    survey: str
    version: int
    response_id: str
    channel: str
    language: str
    occurred_at: datetime
    is_complete: bool = True
    customer_id: str | None = None
    wave: int | None = None
    attributes: Mapping[str, str] | None = None


def signals_of(document: Document, answers: Mapping[str, Any], given: Given) -> list[SignalIn]:
    """The signals of a response. ``answers`` are those on the visitor's way (`branching.counted`)."""
    shared = {
        **(given.attributes or {}),
        **_choices(document, answers),
        "survey": given.survey,
        "survey_version": str(given.version),
        "complete": "yes" if given.is_complete else "no",
    }
    if given.wave is not None:
        shared["wave"] = str(given.wave)
    shared = {name: value[:LONGEST] for name, value in shared.items() if value}
    rows = [
        row
        for question in document.questions
        if question.id in answers
        for row in _said(question, answers[question.id], given, shared)
    ]
    return rows or [_signal(given, shared, "", "response", event=ANSWERED)]


def _said(question: Question, value: Any, given: Given, shared: Mapping[str, str]) -> list[SignalIn]:
    match question.kind:
        case "nps" | "csat" | "ces" | "rating":
            return _scored(question, value, given, shared)
        case "matrix":
            return [
                one
                for row in question.rows
                if row.id in value
                for one in _scored(question, value[row.id], given, shared, row)
            ]
        case "open":
            return [_signal(given, shared, question.id, question.id, question, text=value)]
        case "single" | "multiple" if isinstance(value, Mapping) and value.get("other"):
            words = str(value["other"])
            return [_signal(given, shared, question.id, f"{question.id}:{OTHER}", question, text=words)]
    return []


def _scored(
    question: Question, value: float, given: Given, shared: Mapping[str, str], row: Row | None = None
) -> list[SignalIn]:
    name = f"{question.id}:{row.id}" if row else question.id
    measured = measure(question.kind, question.scale)
    if measured is None:
        # A scale that the metric cannot be read from: the number is kept as it was given, as an attribute.
        return [_signal(given, {**shared, "score": f"{value:g}"}, name, name, row or question, event=ANSWERED)]
    metric, low, high = measured
    own = METRICS[metric]
    score = float(own.convert([value], f"{low}-{high}")[0])
    return [_signal(given, shared, name, name, row or question, metric=metric, score=score)]


@lru_cache(maxsize=256)
def measure(kind: str, scale: str | None) -> tuple[str, int, int] | None:
    """The metric that a question's number is read as, and the ends of its scale; None where no metric knows the scale.

    The lines of a matrix are ratings; on a scale that ratings do not know, such as 1 to 7, satisfaction.
    """
    low, high = Question(id="q", kind=kind, text={}, scale=scale).bounds
    for metric in ("rating", "csat") if kind == "matrix" else (kind,):
        try:
            METRICS[metric].convert([low], f"{low}-{high}")
        except ScaleError:
            continue
        return metric, low, high
    return None


def _signal(
    given: Given, shared: Mapping[str, str], name: str, place: str, part: Question | Row | None = None, **said: Any
) -> SignalIn:
    attributes = dict(shared)
    if name:
        attributes["question"] = name
    if part is not None and part.moment:
        attributes["moment"] = part.moment
    fields: dict[str, Any] = {
        "record_id": f"{given.response_id}:{place}",
        "kind": "survey",
        "occurred_at": given.occurred_at,
        "customer_id": given.customer_id or None,
        "response_id": given.response_id,
        "channel": given.channel,
        "language": given.language or None,
        "stage": (part.stage or None) if part is not None else None,
        "attributes": attributes,
        **said,
    }
    # Made by this program from values that were checked when they were posted: checking them again costs time.
    return SignalIn.model_construct(**{**_ABSENT, **fields})


_ABSENT: Final = {name: field.get_default(call_default_factory=True) for name, field in SignalIn.model_fields.items()}


def _choices(document: Document, answers: Mapping[str, Any]) -> dict[str, str]:
    """Every choice under its attribute's name: the option's id, several in the order they are offered."""
    found: dict[str, str] = {}
    for question in document.questions:
        value = answers.get(question.id)
        if value is None or question.kind not in ("single", "multiple", "consent"):
            continue
        if isinstance(value, bool):
            said = "yes" if value else "no"
        else:
            chosen = value["choice"] if isinstance(value, Mapping) else value
            said = ", ".join(chosen) if isinstance(chosen, list) else str(chosen)
        found[question.attribute or question.id] = said
    return found
