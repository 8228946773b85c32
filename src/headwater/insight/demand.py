"""Failure demand: of the contacts customers make, how many would not have been needed had something gone right."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from headwater.insight.causes import TREND_POINTS, department_names, period_of
from headwater.insight.demand_kinds import KINDS, Kind, KindShare, cause_matrix, kind_index, kind_shares
from headwater.insight.first_contact import Answered, FirstContact, first_contact
from headwater.insight.selection import Selection
from headwater.journey.queries import taxonomy
from headwater.journey.taxonomy import Cause, Taxonomy
from headwater.metrics.rules import BUCKETS, shares
from headwater.metrics.store import company_record
from headwater.record.filters import equals, every
from headwater.record.questions import CauseSetCounts, CauseSets
from headwater.science.bounds import Array
from headwater.science.results import Result

PLACE: Final = 0.05
"""From which share of the failure demand on a group of departments counts as a place where it begins."""


@dataclass(frozen=True, slots=True)
class CauseDemand:
    """A cause behind contacts. ``contacts`` are shared out: one that names two failures counts half for each, so
    that the causes of a kind add up to the kind. ``share`` is of all contacts."""

    cause: Cause
    contacts: float
    share: Result
    departments: tuple[str, ...]
    first_contact: Result


@dataclass(frozen=True, slots=True)
class Place:
    """Where failure demand begins: departments that can change its causes together, never split between them."""

    departments: tuple[str, ...]
    contacts: float
    share: Result


@dataclass(frozen=True, slots=True)
class StageDemand:
    """The contacts of one stage, and the share of them that is failure demand."""

    stage: str
    name: str
    n: int
    share: Result


@dataclass(frozen=True, slots=True)
class DemandPoint:
    """One week or month: its contacts, and the share of them that is failure demand."""

    start: date
    n: int
    share: Result


@dataclass(frozen=True, slots=True)
class Beginnings:
    """All contacts of a selection by kind of demand, and the places where failure demand begins."""

    contacts: int
    kinds: tuple[KindShare, ...]
    places: tuple[Place, ...]

    def kind(self, kind: Kind) -> KindShare:
        """The figures of one kind of demand."""
        return next(row for row in self.kinds if row.kind == kind)

    @property
    def corrected(self) -> bool:
        """Whether the shares of the kinds are corrected for the classifier's errors."""
        return any(row.share is not row.counted for row in self.kinds)

    @property
    def beginnings(self) -> tuple[Place, ...]:
        """The places that stand for enough of the failure demand to be named."""
        whole = self.kind("failure").n
        return tuple(place for place in self.places if whole and place.contacts >= PLACE * whole)


@dataclass(frozen=True, slots=True)
class Demand(Beginnings):
    """What the contacts of a selection were about; ``answered`` says which were solved at the first contact."""

    causes: tuple[CauseDemand, ...]
    stages: tuple[StageDemand, ...]
    trend: tuple[DemandPoint, ...]
    period: str
    answered: FirstContact


def demand(selection: Selection | None = None, *, days: int | None = None) -> Demand:
    """Answer what the contacts of this selection were about, with intervals by customer bucket.

    ``days``: within how many a further contact about the same cause says that the first did not solve it.
    """
    selection = selection or Selection()
    known, period = taxonomy(), period_of(selection)
    answered = first_contact(selection, days)
    found = _contacts(("bucket",), selection)
    whole = _whole(found)
    return Demand(
        contacts=round(whole.sum()),
        kinds=kind_shares(found, known, selection),
        places=_places(found, known, whole),
        causes=_causes(found, known, whole, answered.by_cause),
        stages=_stages(_contacts(("stage", "bucket"), selection), known),
        trend=_trend(_contacts((period, "bucket"), selection), known, period),
        period=period,
        answered=answered,
    )


def beginnings(selection: Selection | None = None) -> Beginnings:
    """Answer how many contacts are failure demand and where it begins: the part that a sentence needs."""
    selection = selection or Selection()
    known, found = taxonomy(), _contacts(("bucket",), selection)
    whole = _whole(found)
    return Beginnings(round(whole.sum()), kind_shares(found, known, selection), _places(found, known, whole))


def _contacts(by: tuple[str, ...], selection: Selection) -> CauseSetCounts:
    where = every(selection.filter(), equals("kind", "contact"))
    return company_record().ask(CauseSets(by, where, selection.since, selection.until))


def by_bucket(found: CauseSetCounts) -> Array:
    """Counts by (combination, customer bucket)."""
    return _by(found, ())


def _by(found: CauseSetCounts, names: tuple[str, ...]) -> Array:
    """Counts by (combination, the dimensions' values, customer bucket)."""
    bucket = found.by["bucket"]
    numbers = np.array([int(value or 0) for value in bucket.values], dtype=np.intp)
    sizes = [len(found.by[name].values) for name in names]
    counts = np.zeros((len(found.sets), *sizes, BUCKETS))
    places = (found.set_of, *(found.by[name].places for name in names), numbers[bucket.places])
    np.add.at(counts, places, found.n)
    return counts


def _whole(found: CauseSetCounts) -> Array:
    return np.asarray(by_bucket(found).sum(axis=0))


def _shared_out(found: CauseSetCounts, known: Taxonomy) -> dict[str, Array]:
    """Contacts by cause and bucket; a contact is shared equally by the causes that count for it."""
    causes, matrix = cause_matrix(found.sets, known)
    return dict(zip(causes, matrix.T @ by_bucket(found), strict=True))


def _causes(
    found: CauseSetCounts, known: Taxonomy, whole: Array, answered: Mapping[str, Answered]
) -> tuple[CauseDemand, ...]:
    shared = _shared_out(found, known)
    results = shares(np.array(list(shared.values())).reshape(-1, BUCKETS), np.tile(whole, (len(shared), 1)))
    nothing = Answered.nothing()
    rows = [
        CauseDemand(
            known.cause(cause) or Cause(cause, cause),
            float(counts.sum()),
            result,
            department_names(known, cause),
            answered.get(cause, nothing).solved,
        )
        for (cause, counts), result in zip(shared.items(), results, strict=True)
    ]
    return tuple(sorted(rows, key=lambda row: (-row.contacts, row.cause.id)))


def _places(found: CauseSetCounts, known: Taxonomy, whole: Array) -> tuple[Place, ...]:
    grouped: dict[tuple[str, ...], Array] = defaultdict(lambda: np.zeros(BUCKETS))
    for cause, counts in _shared_out(found, known).items():
        of_cause = known.cause(cause)
        if of_cause is not None and of_cause.demand == "failure":
            grouped[tuple(sorted(department_names(known, cause)))] += counts
    results = shares(np.array(list(grouped.values())).reshape(-1, BUCKETS), np.tile(whole, (len(grouped), 1)))
    places = [
        Place(departments, float(counts.sum()), result)
        for (departments, counts), result in zip(grouped.items(), results, strict=True)
    ]
    return tuple(sorted(places, key=lambda place: (-place.contacts, place.departments)))


def _failure_shares(found: CauseSetCounts, known: Taxonomy, name: str) -> dict[str, tuple[int, Result]]:
    """Contacts and the share of failure demand, by the values of one dimension."""
    counts = _by(found, (name,))
    failing = kind_index(found.sets, known) == KINDS.index("failure")
    tries, hits = counts.sum(axis=0), counts[failing].sum(axis=0)
    results = shares(hits.reshape(-1, BUCKETS), tries.reshape(-1, BUCKETS))
    values = found.by[name].values
    return {
        value: (round(total), result)
        for value, total, result in zip(values, tries.sum(axis=-1).tolist(), results, strict=True)
        if value is not None
    }


def _stages(found: CauseSetCounts, known: Taxonomy) -> tuple[StageDemand, ...]:
    by_stage = _failure_shares(found, known, "stage")
    return tuple(
        StageDemand(stage.id, stage.name, *by_stage[stage.id]) for stage in known.stages if stage.id in by_stage
    )


def _trend(found: CauseSetCounts, known: Taxonomy, period: str) -> tuple[DemandPoint, ...]:
    rows = sorted(_failure_shares(found, known, period).items())
    return tuple(DemandPoint(date.fromisoformat(start), *answer) for start, answer in rows[-TREND_POINTS:])
