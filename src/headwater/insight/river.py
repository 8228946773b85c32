"""The river: from departments and upstream causes through stages to what customers did, each act counted once.

Contacts are in it whatever their tone, low scores, and customers who left. What began in no failure upstream (value
demand, service's own failures) or in none that is known stands beside the causes and is never spread over them. A cause
that several departments can change together flows from all of them at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, cast, get_args

import numpy as np
import numpy.typing as npt

from headwater import science
from headwater.insight import finance
from headwater.insight.assets import custom_of
from headwater.insight.causes import department_names
from headwater.insight.demand import Beginnings, beginnings
from headwater.insight.demand_kinds import Kind, cause_matrix, kind_of
from headwater.insight.selection import Selection
from headwater.insight.value import is_seldom
from headwater.journey.queries import taxonomy
from headwater.journey.taxonomy import Cause, Taxonomy
from headwater.metrics.rules import BUCKETS, shares
from headwater.metrics.store import company_record
from headwater.record.filters import every, parse
from headwater.record.questions import (
    CauseSetCounts,
    CauseSets,
    Departed,
    Lost,
    Returning,
    Span,
    Symptoms,
    SymptomsAnswer,
)
from headwater.science.bounds import Array
from headwater.science.results import Estimate, NoVerdict, Result

Width = Literal["acts", "customers", "money"]
WIDTHS: Final[tuple[Width, ...]] = get_args(Width)
Evidence = Literal["said", "happened"]
Symptom = Literal["contact", "low_score", "left"]
SYMPTOMS: Final[tuple[Symptom, ...]] = get_args(Symptom)
SAID: Final = parse("kind in ('contact', 'survey', 'review')")
PLACES: Final = {symptom: place for place, symptom in enumerate(SYMPTOMS)}
BUCKET_NAMES: Final = tuple(map(str, range(BUCKETS)))


@dataclass(frozen=True, slots=True)
class Stream:
    """What flows from one beginning: a failure upstream (``cause``), or one of the other kinds of demand.

    ``flows`` say how much by stage ("" where none is known) and symptom, ``value`` in all; ``share`` is its part of
    the whole river.
    """

    kind: Kind
    cause: Cause | None
    departments: tuple[str, ...]
    flows: Mapping[tuple[str, Symptom], float]
    share: Result

    @property
    def key(self) -> str:
        """The cause's id, or the kind of demand."""
        return self.cause.id if self.cause else self.kind

    @property
    def value(self) -> float:
        return sum(self.flows.values())

    def of(self, *, stage: str | None = None, symptom: Symptom | None = None) -> float:
        """What of it passes a stage, ends in a symptom, or both."""
        chosen = ((s, y, value) for (s, y), value in self.flows.items())
        return sum(v for s, y, v in chosen if stage in (None, s) and symptom in (None, y))


@dataclass(frozen=True, slots=True)
class Fewer:
    """A cause after which fewer acts than otherwise were seen: its ``excess`` (acts) is below nothing."""

    cause: Cause
    symptom: Symptom
    excess: Estimate


@dataclass(frozen=True, slots=True)
class River:
    """The whole river. ``streams`` add up to ``total``: acts, customers or money.

    ``contacts`` say what share of the contacts began where. ``total`` has an interval where its price has one;
    ``assumptions`` say what money rests on, ``unpriced`` which symptoms have no price; ``evidence``, whether causes are
    those that customers said or those that had happened to them.
    """

    width: Width
    streams: tuple[Stream, ...]
    total: Result
    contacts: Beginnings
    currency: str = ""
    assumptions: tuple[str, ...] = ()
    unpriced: tuple[Symptom, ...] = ()
    evidence: Evidence = "said"
    lost: Lost | None = None
    """Finance's definition of a lost customer, where departures are counted by it."""
    fewer: tuple[Fewer, ...] = ()
    """What cannot be drawn, because it is less than nothing."""

    def of(self, *, stage: str | None = None, symptom: Symptom | None = None) -> float:
        """What passes a stage or ends in a symptom."""
        return sum(stream.of(stage=stage, symptom=symptom) for stream in self.streams)

    def stream(self, key: str) -> Stream | None:
        """One stream by its cause's id or its kind; None where nothing flows from there."""
        return next((stream for stream in self.streams if stream.key == key), None)

    @property
    def volume(self) -> float:
        return sum(stream.value for stream in self.streams)


@dataclass(frozen=True, slots=True, eq=False)
class _Counts:
    """Acts by combination of causes, stage and symptom, and by combination, symptom and bucket."""

    sets: tuple[frozenset[str], ...]
    stages: tuple[str, ...]
    cells: Array
    buckets: Array


def river(selection: Selection | None = None, *, width: Width = "acts") -> River:
    """Answer where what customers did began, at the width asked for, over this selection.

    For customers each customer weighs 1, shared equally by what they did. For money each contact weighs what finance
    says it costs and each departure a customer's margin; nothing is said where finance has not said either.
    """
    selection = selection or Selection()
    known = taxonomy()
    lost = lost_as_signed()
    counts = _customers(selection, lost) if width == "customers" else _acts(selection, lost)
    if width == "money":
        return replace(_in_money(counts, known, selection), lost=lost)
    streams = _streams(counts, known, np.ones(len(SYMPTOMS)))
    volume = sum(stream.value for stream in streams)
    whole = Estimate(volume, volume, volume, round(volume), "counted")
    return River(width, streams, whole, beginnings(selection), lost=lost)


def lost_as_signed() -> Lost | None:
    """Who is lost as finance signed it, as for customers as assets; None (the customers' table says so) where it has
    not, or where hardly anybody comes back, so that nobody can be said to leave."""
    found = finance.figures()
    custom = custom_of(found)
    if isinstance(custom, NoVerdict) or found.unsigned_of("active", "lost"):
        return None
    last = company_record().ask(Span()).last_day
    return None if last is None or is_seldom(company_record().ask(Returning(custom))) else Lost(custom, last)


def _in_money(counts: _Counts, known: Taxonomy, selection: Selection) -> River:
    """Contacts at their cost and departures at a year's margin; a low score has no price of its own."""
    figures = finance.figures()
    contact = figures.cost_per_contact
    left: Result = figures.margin
    if figures.margin_basis != "customer_year":
        left = NoVerdict("other_basis", "Finance gives the margin of an order, not of a customer in a year.")
    prices = (contact, NoVerdict("no_price", "A low score has no price of its own."), left)
    values = np.array([one.estimate if isinstance(one, Estimate) else 0.0 for one in prices])
    streams = _streams(counts, known, values)
    unpriced = tuple(name for name, one in zip(SYMPTOMS, prices, strict=True) if not isinstance(one, Estimate))
    found = [one for one in prices if isinstance(one, Estimate)]
    assumptions = tuple(dict.fromkeys(line for one in found for line in one.assumptions))
    return River(
        "money",
        streams,
        _priced(counts, prices),
        beginnings(selection),
        figures.currency,
        assumptions,
        unpriced,
    )


def _priced(counts: _Counts, prices: Sequence[Result]) -> Result:
    """All of it in money: numbers as counted, at the ends between which finance says the prices lie."""
    numbers = counts.cells.sum(axis=(0, 1))
    found = [(n, one) for n, one in zip(numbers.tolist(), prices, strict=True) if isinstance(one, Estimate)]
    if not found:
        return NoVerdict("not_entered", "Finance has not said yet what a contact costs or a customer is worth.")
    middle, low, high = (sum(n * getattr(one, end) for n, one in found) for end in ("estimate", "low", "high"))
    n, method = round(sum(n for n, _one in found)), "numbers as counted, at finance's prices and their ends"
    return Estimate(middle, low, high, n, method, tuple(line for _n, one in found for line in one.assumptions))


def _streams(counts: _Counts, known: Taxonomy, prices: Array) -> tuple[Stream, ...]:
    causes, matrix = cause_matrix(counts.sets, known)
    kinds = [kind_of(causes_of, known) for causes_of in counts.sets]
    failing = [number for number, cause in enumerate(causes) if _demand(known, cause) == "failure"]
    columns: list[npt.NDArray[np.float64]] = [matrix[:, number] for number in failing]
    names: list[tuple[Kind, Cause | None]] = [("failure", known.cause(causes[number])) for number in failing]
    for kind in ("service", "value", "unknown"):
        columns.append(np.array([one == kind for one in kinds], dtype=float))
        names.append((kind, None))
    weights = np.array(columns)
    flows = np.tensordot(weights, counts.cells * prices, axes=1)
    buckets = np.tensordot(weights, np.tensordot(counts.buckets, prices, axes=([1], [0])), axes=1)
    results = _parts(buckets, counted=bool(np.all(prices == 1)))
    streams = [
        Stream(kind, cause, _departments(known, kind, cause), _named(values, counts.stages), result)
        for (kind, cause), values, result in zip(names, flows, results, strict=True)
    ]
    return tuple(sorted((one for one in streams if one.value > 0), key=lambda one: (one.kind != "failure", -one.value)))


def _parts(buckets: Array, *, counted: bool) -> Sequence[Result]:
    """Each stream's part of the whole: of what is counted by Wilson's interval, of money as a ratio of sums."""
    whole = buckets.sum(axis=0)
    if not whole.sum():
        return [NoVerdict("nothing", "Nothing flows.")] * len(buckets)
    if counted:
        return shares(buckets, np.tile(whole, (len(buckets), 1)))
    return [_within(science.ratio(row, whole)) for row in buckets]


def _within(one: Result) -> Result:
    return replace(one, low=max(one.low, 0.0), high=min(one.high, 1.0)) if isinstance(one, Estimate) else one


def _named(values: Array, stages: Sequence[str]) -> dict[tuple[str, Symptom], float]:
    return {
        (stage, symptom): float(values[place, PLACES[symptom]])
        for place, stage in enumerate(stages)
        for symptom in SYMPTOMS
        if values[place, PLACES[symptom]] > 0
    }


def _departments(known: Taxonomy, kind: Kind, cause: Cause | None) -> tuple[str, ...]:
    if cause is not None:
        return tuple(sorted(department_names(known, cause.id)))
    if kind != "service":
        return ()
    of_service = (department_names(known, one.id) for one in known.active_causes if one.demand == "service")
    return tuple(sorted({name for names in of_service for name in names}))


def _demand(known: Taxonomy, cause_id: str) -> str:
    found = known.cause(cause_id)
    return found.demand if found else "unknown"


def _acts(selection: Selection, lost: Lost | None) -> _Counts:
    """Contacts and low scores from sums, departures beside them where the record knows any."""
    where, days = every(selection.filter(), SAID), (selection.since, selection.until)
    record = company_record()
    parts = [_said(record.ask(CauseSets(("stage", "kind"), where, *days)), "stage")]
    spread = [_said(record.ask(CauseSets(("bucket", "kind"), where, *days)), "bucket")]
    if record.ask(Departed(*days, lost)):
        left = record.ask(Symptoms(selection.filter(), *days, said=False, lost=lost))
        parts.append(_cells(left))
        spread.append(_buckets(left))
    return _gathered(parts, spread)


def _customers(selection: Selection, lost: Lost | None) -> _Counts:
    days = (selection.since, selection.until)
    departed = bool(company_record().ask(Departed(*days, lost)))
    found = company_record().ask(Symptoms(selection.filter(), *days, customers=True, left=departed, lost=lost))
    return _gathered([_cells(found)], [_buckets(found)])


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Values by combination of causes, one further dimension (stage or bucket) and symptom, in columns."""

    sets: tuple[frozenset[str], ...]
    set_of: npt.NDArray[np.intp]
    names: tuple[str, ...]
    name_of: npt.NDArray[np.intp]
    symptom: npt.NDArray[np.intp]
    value: Array


def _said(found: CauseSetCounts, name: str) -> _Rows:
    """Contacts, and low scores of whoever was asked, by one dimension."""
    kind, values = found.by["kind"], found.by[name]
    contact = np.array([one == "contact" for one in kind.values], dtype=bool)[kind.places]
    symptom = np.where(contact, PLACES["contact"], PLACES["low_score"])
    names = tuple(value or "" for value in values.values)
    return _Rows(found.sets, found.set_of, names, values.places, symptom, np.where(contact, found.n, found.low) * 1.0)


def _cells(found: SymptomsAnswer) -> _Rows:
    cells = found.cells
    names = tuple(value or "" for value in cells.stage.values)
    symptom = _symptoms(cells.symptom.values)[cells.symptom.places]
    return _Rows(cells.sets, cells.set_of, names, cells.stage.places, symptom, cells.value)


def _buckets(found: SymptomsAnswer) -> _Rows:
    parts = found.buckets
    symptom = _symptoms(parts.symptom.values)[parts.symptom.places]
    return _Rows(parts.sets, parts.set_of, BUCKET_NAMES, parts.bucket, symptom, parts.value)


def _symptoms(names: Sequence[str | None]) -> npt.NDArray[np.intp]:
    return np.array([SYMPTOMS.index(cast("Symptom", name)) for name in names], dtype=np.intp)


def _gathered(parts: Sequence[_Rows], spread: Sequence[_Rows]) -> _Counts:
    sets = tuple(dict.fromkeys(causes for part in (*parts, *spread) for causes in part.sets))
    stages = tuple(dict.fromkeys(name for part in parts for name in part.names))
    cells = _summed(parts, sets, stages)
    buckets = _summed(spread, sets, BUCKET_NAMES)
    return _Counts(sets, stages, cells, np.swapaxes(buckets, 1, 2))


def _summed(parts: Sequence[_Rows], sets: Sequence[frozenset[str]], names: Sequence[str]) -> Array:
    """The sum of all parts: (combinations, names, symptoms)."""
    set_at = {causes: place for place, causes in enumerate(sets)}
    name_at = {name: place for place, name in enumerate(names)}
    sums = np.zeros((len(sets), len(names), len(SYMPTOMS)))
    for part in parts:
        own_sets = np.array([set_at[causes] for causes in part.sets], dtype=np.intp)
        own_names = np.array([name_at[name or "0"] if names is BUCKET_NAMES else name_at[name] for name in part.names])
        np.add.at(sums, (own_sets[part.set_of], own_names.astype(np.intp)[part.name_of], part.symptom), part.value)
    return sums
