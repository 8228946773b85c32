"""Insight for programs: causes, verbatims and their labels."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from headwater.base.permissions import require
from headwater.base.problems import REFUSALS
from headwater.insight.causes import as_json, causes
from headwater.insight.corrections import correct_label
from headwater.insight.queries import read_key, unsure_as_kept
from headwater.insight.selection import Selection
from headwater.insight.verbatims import note_look, one_verbatim, verbatim_page
from headwater.metrics.access import require_askable

router = Router(tags=["insight"])


class Asked(Schema):
    """What the answer is about: the filter grammar of the address bar, and days, both included."""

    where: str = Field("", max_length=2000)
    since: date | None = None
    until: date | None = None

    def selection(self) -> Selection:
        return Selection.read(where=self.where, since=_iso(self.since), until=_iso(self.until))


class CauseRow(Schema):
    """``share_negative``: negative signals naming this cause ÷ all negative signals, 0…1, with its 95 % interval."""

    cause: str
    name: str
    volume: int
    share_negative: float | None
    low: float | None
    high: float | None
    departments: list[str]
    stages: list[str]


class Causes(Schema):
    rows: list[CauseRow]


class Verbatim(Schema):
    """One signal with words. ``signal_key`` is a 64-bit number written as text, since JSON numbers may lose it."""

    signal_key: str
    occurred_at: datetime | None
    kind: str | None
    channel: str | None
    language: str | None
    metric: str | None
    score: float | None
    text: str | None
    stage: str | None
    sentiment: str | None
    causes: list[str]
    negative: bool


class Verbatims(Schema):
    rows: list[Verbatim]
    more: bool


class WordsAsked(Asked):
    cause: str = Field("", max_length=60)
    stage: str = Field("", max_length=60)
    negative: bool = False
    page: int = Field(1, ge=1, le=10_000)


class Correction(Schema):
    """``field`` is ``causes`` (a list of cause ids), ``stage`` or ``sentiment`` (one value; null: not sure)."""

    field: str = Field(max_length=20)
    value: list[str] | str | None = None


@router.get("/causes", response={200: Causes, **REFUSALS}, operation_id="list_causes")
def list_causes(request: HttpRequest, asked: Query[Asked]) -> dict[str, object]:
    """List the causes that customers named, largest share of negative signals first."""
    require(request.user, "view", "figures")
    selection = asked.selection()
    require_askable(request.user, (), selection.filter())
    return as_json(causes(selection))


@router.get("/verbatims", response={200: Verbatims, **REFUSALS}, operation_id="list_verbatims")
def list_verbatims(request: HttpRequest, asked: Query[WordsAsked]) -> dict[str, Any]:
    """List customers' words, newest first, a page at a time."""
    person: Any = request.user
    selection = asked.selection()
    require_askable(person, (), selection.filter(), reads_words=True)
    page = verbatim_page(
        person, selection, cause=asked.cause, stage=asked.stage, negative=asked.negative, number=asked.page
    )
    note_look(person, "list", page.rows)
    return {"rows": [_verbatim(row) for row in page.rows], "more": page.has_next}


@router.get("/verbatims/{signal_key}", response={200: Verbatim, **REFUSALS}, operation_id="get_verbatim")
def get_verbatim(request: HttpRequest, signal_key: str) -> dict[str, Any]:
    """Return one customer's words with their labels."""
    person: Any = request.user
    row = one_verbatim(person, read_key(signal_key))
    note_look(person, "one", [row])
    return _verbatim(row)


@router.put("/verbatims/{signal_key}/labels", response={204: None, **REFUSALS}, operation_id="correct_label")
def put_label(request: HttpRequest, signal_key: str, correction: Correction) -> tuple[int, None]:
    """Correct one label; it counts at once and no model changes it back."""
    person: Any = request.user
    row = one_verbatim(person, read_key(signal_key))
    correct_label(person, row.signal_key, correction.field, unsure_as_kept(correction.field, correction.value))
    return 204, None


def _verbatim(row: Any) -> dict[str, Any]:
    fields = {name: getattr(row, name) for name in Verbatim.model_fields if name != "signal_key"}
    at = row.occurred_at.replace(tzinfo=UTC) if row.occurred_at else None
    return {**fields, "occurred_at": at, "causes": list(row.causes), "signal_key": str(row.signal_key)}


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""
