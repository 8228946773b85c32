"""Where trouble really starts: the contacts (or complaints) of a part of the record, traced to causes upstream.

A trace is frozen when it is made, with the versions of the record it was read from, so that what was told to somebody
stays what they were told.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from django.utils import timezone
from pydantic import TypeAdapter

from headwater.insight.causes import CauseFigures, CausesAnswer, Point, causes, direction
from headwater.insight.demand import Demand, DemandPoint, demand
from headwater.insight.finance import FinanceFigures, figures
from headwater.insight.selection import Selection
from headwater.metrics.store import company_record
from headwater.record.questions import Span
from headwater.science.results import Estimate, Result

if TYPE_CHECKING:
    from collections.abc import Mapping

Basis = Literal["contacts", "complaints", "nothing"]
DAYS: Final = 365
MOST_CAUSES: Final = 8
ORDER: Final = ("failure", "service", "value")
"""What failed upstream stands first, what customers wanted last; within each, the larger before the smaller."""
LEAST_CONTACTS: Final = 30
"""Below so many contacts, complaints of every kind say more."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share in 0…1 with its 95 % interval; all None, with ``why_not``, where there is no verdict."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    why_not: str = ""

    @classmethod
    def of(cls, result: Result) -> Share:
        if isinstance(result, Estimate):
            return cls(result.estimate, result.low, result.high, result.n)
        return cls(None, None, None, result.n, result.message)


@dataclass(frozen=True, slots=True)
class TracedCause:
    """One cause: its share of what the trace is about; ``said`` signals name it, ``happened`` events show it."""

    id: str
    name: str
    demand: str
    share: Share
    said: int
    happened: int
    change: str
    departments: tuple[str, ...]
    stages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TracedKind:
    """One kind of demand among the contacts: ``failure``, ``service``, ``value`` or ``unknown``."""

    kind: str
    n: int
    share: Share


@dataclass(frozen=True, slots=True)
class TracedPlace:
    """Departments that can change the causes of a part of the trouble together."""

    departments: tuple[str, ...]
    share: Share


@dataclass(frozen=True, slots=True)
class TracedStage:
    """A stage of the journey and how many of the signals belong to it."""

    id: str
    name: str
    n: int


@dataclass(frozen=True, slots=True)
class TracedPoint:
    """A week or month (ISO date of its first day) and the share that began upstream in it."""

    start: str
    n: int
    share: Share


@dataclass(frozen=True, slots=True)
class Cost:
    """What the contacts that began upstream cost: their number × finance's cost of one, with the ends of that.

    ``source`` and ``period`` are where finance has the cost from and as of which day."""

    per_contact: float
    total: float
    low: float | None
    high: float | None
    unit: str
    source: str
    period: str


@dataclass(frozen=True, slots=True)
class Trace:
    """Where a part of the record starts. ``upstream`` is the share that began outside customer service: of all
    contacts, or (``basis`` complaints) of what customers named. ``record`` are the versions of the tables read."""

    basis: Basis
    where: str
    since: str
    until: str
    total: int
    upstream: Share
    kinds: tuple[TracedKind, ...]
    causes: tuple[TracedCause, ...]
    places: tuple[TracedPlace, ...]
    stages: tuple[TracedStage, ...]
    trend: tuple[TracedPoint, ...]
    change: str
    cost: Cost | None
    made_at: str
    record: tuple[int, ...]

    @property
    def top(self) -> TracedCause | None:
        """The upstream failure behind most of it."""
        return next((cause for cause in self.causes if cause.demand == "failure" and cause.share.value), None)

    @property
    def selection(self) -> Selection:
        """The part of the record it is about."""
        return Selection.read(where=self.where, since=self.since, until=self.until)


_TRACE: Final = TypeAdapter(Trace)


def trace(where: str) -> Trace:
    """Trace the signals of the last twelve months that match ``where``: contacts where there are enough, else
    complaints."""
    span = company_record().ask(Span())
    selection = Selection(where)
    if span.last_day is not None:
        selection = selection.last(DAYS, span.last_day)
    said = causes(selection, trends=True)
    found = demand(selection)
    if found.contacts >= LEAST_CONTACTS:
        return _of_contacts(selection, found, said)
    return _of_complaints(selection, said)


def kept(trace: Trace) -> dict[str, Any]:
    """Return a trace as JSON, to be kept."""
    return asdict(trace)


def read(content: Mapping[str, Any]) -> Trace:
    """Return a trace that was kept."""
    return _TRACE.validate_python(dict(content))


def _of_contacts(selection: Selection, found: Demand, said: CausesAnswer) -> Trace:
    failure = found.kind("failure")
    return Trace(
        basis="contacts",
        total=found.contacts,
        upstream=Share.of(failure.share),
        kinds=tuple(TracedKind(one.kind, one.n, Share.of(one.share)) for one in found.kinds),
        causes=tuple(
            _cause(said.of(one.cause.id) or CauseFigures.nothing(one.cause, said.negatives), one.share)
            for one in sorted(found.causes, key=lambda one: ORDER.index(one.cause.demand))[:MOST_CAUSES]
        ),
        places=tuple(TracedPlace(one.departments, Share.of(one.share)) for one in found.beginnings if one.departments),
        stages=tuple(TracedStage(one.stage, one.name, one.n) for one in sorted(found.stages, key=lambda one: -one.n)),
        trend=tuple(TracedPoint(one.start.isoformat(), one.n, Share.of(one.share)) for one in found.trend),
        change=direction([_point(one) for one in found.trend]),
        cost=_cost(figures(), failure.n),
        **_frame(selection),
    )


def _of_complaints(selection: Selection, said: CausesAnswer) -> Trace:
    rows = [row for row in said.rows if row.negatives][:MOST_CAUSES]
    stages: dict[str, TracedStage] = {}
    for row in rows:
        for stage in row.stages:
            before = stages.get(stage.stage, TracedStage(stage.stage, stage.name, 0))
            stages[stage.stage] = TracedStage(stage.stage, stage.name, before.n + stage.negatives)
    first = next((row for row in rows if row.cause.demand == "failure"), None)
    trend = first.trend if first else ()
    return Trace(
        basis="complaints" if said.negatives else "nothing",
        total=said.negatives,
        upstream=Share.of(said.outside),
        kinds=(),
        causes=tuple(_cause(row, row.share) for row in sorted(rows, key=lambda row: ORDER.index(row.cause.demand))),
        places=(),
        stages=tuple(sorted(stages.values(), key=lambda one: -one.n)),
        trend=tuple(TracedPoint(one.start.isoformat(), one.total, Share.of(one.share)) for one in trend),
        change=first.change if first else "steady",
        cost=None,
        **_frame(selection),
    )


def _frame(selection: Selection) -> dict[str, Any]:
    versions = company_record().versions()
    return {
        "where": selection.where,
        "since": selection.since.isoformat() if selection.since else "",
        "until": selection.until.isoformat() if selection.until else "",
        "made_at": timezone.now().isoformat(),
        "record": (versions.signals, versions.customers, versions.labels),
    }


def _cause(figures: CauseFigures, share: Result) -> TracedCause:
    return TracedCause(
        id=figures.cause.id,
        name=figures.cause.name,
        demand=figures.cause.demand,
        share=Share.of(share),
        said=figures.volume,
        happened=figures.happened,
        change=figures.change,
        departments=figures.departments,
        stages=tuple(stage.name for stage in figures.stages[:2]),
    )


def _point(one: DemandPoint) -> Point:
    value = one.share.estimate if isinstance(one.share, Estimate) else 0.0
    return Point(one.start, round(value * one.n), one.n, one.share)


def _cost(known: FinanceFigures, contacts: int) -> Cost | None:
    one, entry = known.cost_per_contact, known.entry("cost_per_contact")
    if entry is None or not isinstance(one, Estimate):
        return None
    total, low, high = (value * contacts for value in (one.estimate, one.low, one.high))
    return Cost(one.estimate, total, low, high, known.currency, entry.source, entry.stated_on.isoformat())
