"""Measures for programs: definitions, readings and sign-offs."""

from __future__ import annotations

import datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema

from headwater.base.permissions import require
from headwater.base.problems import REFUSALS
from headwater.strategy import measures, measuring, readings, sign_offs
from headwater.strategy.measures import MeasureView
from headwater.strategy.models import Reading
from headwater.strategy.readings import Figure, GivenReading

router = Router(tags=["measures"])
Finite = Field(None, allow_inf_nan=False)


class DefinitionAnswer(Schema):
    """What the measure measures: a metric of the record with its filters, or the scale that people type on."""

    metric: str
    where: str
    population: str
    denominator: str
    per: int
    scale: str
    direction: Literal["higher", "lower"]


class ReadingAnswer(Schema):
    """A reading in the measure's own unit: shares in 0…1. Null value: no verdict."""

    period: datetime.date
    until: datetime.date
    value: float | None
    low: float | None
    high: float | None
    n: int | None
    no_verdict: str
    method: str
    definition_edition: int
    record_version: dict[str, int] | None
    at: datetime.datetime
    reason: str
    superseded: bool


class SignOffAnswer(Schema):
    """A leader who was asked; ``at`` is null until they sign."""

    person: int
    name: str
    at: datetime.datetime | None


class MeasureAnswer(Schema):
    """A measure with where it stands. ``edition`` grows with each change: send it back as ``seen``."""

    slug: str
    name: str
    question: str
    decision: str
    owner: int | None
    kind: Literal["what", "how", ""]
    outcomes: list[str]
    source: Literal["record", "typed", "imported", ""]
    definition: DefinitionAnswer
    definition_edition: int
    in_words: str
    unit: str
    baseline: float | None
    target: float | None
    start_date: datetime.date | None
    target_date: datetime.date | None
    path: Literal["straight", "stepped"]
    steps: list[tuple[datetime.date, float]]
    every: Literal["month", "week"]
    standing: Literal["on_path", "off_path", "cannot_tell", "no_interval", "no_path", "no_reading"]
    expected: float | None
    latest: ReadingAnswer | None
    missing: list[str]
    sign_offs: list[SignOffAnswer]
    retired: bool
    edition: int


class MeasureFields(Schema):
    """The fields of a measure; only those that are sent are set. ``owner`` is a person's id."""

    name: str | None = Field(None, max_length=120)
    question: str | None = Field(None, max_length=300)
    decision: str | None = Field(None, max_length=600)
    owner: int | None = Field(None, ge=1, le=2**63 - 1)
    kind: Literal["what", "how", ""] | None = None
    outcomes: list[str] | None = Field(None, max_length=20)
    source: Literal["record", "typed", "imported", ""] | None = None
    definition: dict[str, Any] | None = Field(None, max_length=10)
    unit: str | None = Field(None, max_length=40)
    baseline: float | None = Finite
    target: float | None = Finite
    start_date: datetime.date | None = None
    target_date: datetime.date | None = None
    path: Literal["straight", "stepped"] | None = None
    steps: list[tuple[datetime.date, float]] | None = Field(None, max_length=24)
    every: Literal["month", "week"] | None = None


class MeasureChange(MeasureFields):
    """A change of a measure, with the edition that was read and, for a new definition, why."""

    seen: int | None = Field(None, ge=0, le=2**31 - 1)
    reason: str = Field("", max_length=300)


class NewReading(Schema):
    """A figure for the period that holds ``day``; ``reason`` corrects one that is there."""

    day: datetime.date
    value: float = Field(allow_inf_nan=False)
    low: float | None = Finite
    high: float | None = Finite
    n: int | None = Field(None, ge=0, le=10**15)
    reason: str = Field("", max_length=readings.REASON_LENGTH)


class ReceivedAnswer(Schema):
    """What became of the readings that were sent."""

    accepted: int
    corrected: int
    repeated: int


class AskedToSign(Schema):
    """Who is asked: people's ids."""

    leaders: list[int] = Field(min_length=1, max_length=sign_offs.MAX_ASKED)


class Signature(Schema):
    """Signs the measure off as it was in this edition."""

    edition: int = Field(ge=1, le=2**31 - 1)


@router.get("/measures", response={200: list[MeasureAnswer], **REFUSALS}, operation_id="list_measures")
def list_measures(request: HttpRequest, retired: bool = False) -> list[dict[str, Any]]:
    """Return every measure in use, or those that are retired, with where each stands."""
    require(request.user, "view", "measures")
    return [_measure(view) for view in measures.measures(retired=retired)]


@router.post("/measures", response={200: MeasureAnswer, **REFUSALS}, operation_id="start_measure")
def start_measure(request: HttpRequest, given: MeasureFields) -> dict[str, Any]:
    """Start a measure; question, owner and decision suffice."""
    person: Any = request.user
    made = measuring.start_measure(person, given.dict(exclude_unset=True))
    return _measure(measures.measure(made.slug))


@router.get("/measures/{slug:slug}", response={200: MeasureAnswer, **REFUSALS}, operation_id="get_measure")
def get_measure(request: HttpRequest, slug: str) -> dict[str, Any]:
    """Return one measure."""
    require(request.user, "view", "measures")
    return _measure(measures.measure(slug))


@router.patch("/measures/{slug:slug}", response={200: MeasureAnswer, **REFUSALS}, operation_id="change_measure")
def change_measure(request: HttpRequest, slug: str, given: MeasureChange) -> dict[str, Any]:
    """Set fields of a measure; what leaders signed withdraws their sign-offs."""
    person: Any = request.user
    sent = given.dict(exclude_unset=True, exclude={"seen", "reason"})
    measuring.change_measure(person, slug, sent, seen=given.seen, reason=given.reason)
    return _measure(measures.measure(slug))


@router.post("/measures/{slug:slug}/retire", response={200: MeasureAnswer, **REFUSALS}, operation_id="retire_measure")
def retire_measure(request: HttpRequest, slug: str, retire: bool = True) -> dict[str, Any]:
    """Retire a measure, or take it up again (``retire=false``)."""
    person: Any = request.user
    measuring.retire_measure(person, slug, retire=retire)
    return _measure(measures.measure(slug))


@router.get(
    "/measures/{slug:slug}/readings", response={200: list[ReadingAnswer], **REFUSALS}, operation_id="list_readings"
)
def list_readings(request: HttpRequest, slug: str) -> list[dict[str, Any]]:
    """Return the readings of a measure, superseded ones too, the latest first; 500 at most."""
    require(request.user, "view", "measures")
    rows = measures.reading_rows(measures.measure(slug), 500)
    return [_reading(one, superseded=hasattr(one, "superseded_by")) for one in rows]


@router.post("/measures/{slug:slug}/readings", response={200: ReceivedAnswer, **REFUSALS}, operation_id="give_readings")
def give_readings(request: HttpRequest, slug: str, given: list[NewReading]) -> dict[str, int]:
    """Keep figures that people or programs give: all of them, or none when one is refused."""
    person: Any = request.user
    rows = [GivenReading(one.day, Figure(one.value, one.low, one.high, one.n), one.reason) for one in given]
    received = readings.receive_readings(person, slug, rows)
    return {"accepted": received.accepted, "corrected": received.corrected, "repeated": received.repeated}


@router.post("/measures/{slug:slug}/ask", response={200: MeasureAnswer, **REFUSALS}, operation_id="ask_sign_off")
def ask_sign_off(request: HttpRequest, slug: str, given: AskedToSign) -> dict[str, Any]:
    """Ask leaders to sign a measure off."""
    person: Any = request.user
    sign_offs.ask(person, slug, given.leaders)
    return _measure(measures.measure(slug))


@router.post("/measures/{slug:slug}/sign", response={200: MeasureAnswer, **REFUSALS}, operation_id="sign_measure")
def sign(request: HttpRequest, slug: str, given: Signature) -> dict[str, Any]:
    """Sign a measure off."""
    person: Any = request.user
    sign_offs.sign(person, slug, given.edition)
    return _measure(measures.measure(slug))


def _measure(view: MeasureView) -> dict[str, Any]:
    row, definition = view.measure, view.definition
    same = ("slug", "name", "question", "decision", "kind", "outcomes", "source", "definition_edition", "unit")
    path = ("baseline", "target", "start_date", "target_date", "path", "steps", "every", "edition")
    return {
        **{name: getattr(row, name) for name in (*same, *path)},
        "owner": row.owner_id,
        "definition": {name: getattr(definition, name) for name in DefinitionAnswer.model_fields},
        "in_words": view.words,
        "standing": view.standing.code,
        "expected": view.standing.expected,
        "latest": _reading(view.latest) if view.latest else None,
        "missing": [one.code for one in view.missing],
        "sign_offs": [{"person": one.person_id, "name": one.person.name, "at": one.at} for one in view.sign_offs],
        "retired": row.retired_at is not None,
    }


def _reading(row: Reading, *, superseded: bool = False) -> dict[str, Any]:
    names = set(ReadingAnswer.model_fields) - {"superseded"}
    return {**{name: getattr(row, name) for name in names}, "superseded": superseded}
