"""Failure demand: of the contacts customers make, how many would not have been needed had something gone right.

A contact counts once. One that names an upstream failure is *failure demand*, whatever else it names; else one about
service's own failures is *service*; else one that the customer wanted is *value demand*; without a known cause it is
*unknown*, shown as such and never spread over the others.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import numpy as np

from headwater.insight.causes import TREND_POINTS, department_names, period_of
from headwater.insight.selection import Selection
from headwater.journey.queries import taxonomy
from headwater.journey.taxonomy import Cause, Taxonomy
from headwater.metrics.rules import BUCKETS, shares
from headwater.metrics.store import company_record
from headwater.record.filters import Filter, equals, every
from headwater.record.questions import CauseSetRow, CauseSets, Repeats, Size
from headwater.science.bounds import Array
from headwater.science.results import NoVerdict, Result

Kind = Literal["failure", "service", "value", "unknown"]
KINDS: Final[tuple[Kind, ...]] = ("failure", "service", "value", "unknown")
REPEAT_DAYS: Final = 14
PLACE: Final = 0.05
"""From which share of the failure demand on a group of departments counts as a place where it begins."""


@dataclass(frozen=True, slots=True)
class KindShare:
    """One kind of demand: its contacts, and their share of all contacts."""

    kind: Kind
    n: int
    share: Result


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
class Demand:
    """What the contacts of a selection were about.

    ``first_contact`` is the share of contacts about a known cause after which the same customer did not get in touch
    about it again within ``REPEAT_DAYS`` days; ``repeated`` the share followed by any further contact.
    """

    contacts: int
    kinds: tuple[KindShare, ...]
    causes: tuple[CauseDemand, ...]
    places: tuple[Place, ...]
    stages: tuple[StageDemand, ...]
    trend: tuple[DemandPoint, ...]
    period: str
    first_contact: Result
    repeated: Result

    def kind(self, kind: Kind) -> KindShare:
        """The figures of one kind of demand."""
        return next(row for row in self.kinds if row.kind == kind)

    @property
    def beginnings(self) -> tuple[Place, ...]:
        """The places that stand for enough of the failure demand to be named."""
        whole = self.kind("failure").n
        return tuple(place for place in self.places if whole and place.contacts >= PLACE * whole)


def demand(selection: Selection | None = None) -> Demand:
    """Answer what the contacts of this selection were about, with intervals by customer bucket."""
    selection = selection or Selection()
    known = taxonomy()
    period = period_of(selection)
    by_bucket = _contacts(("bucket",), selection)
    whole = _per_bucket(by_bucket)
    repeats = _repeats(known, selection)
    return Demand(
        contacts=round(whole.sum()),
        kinds=_kinds(by_bucket, known, whole),
        causes=_causes(by_bucket, known, whole, repeats),
        places=_places(by_bucket, known, whole),
        stages=_stages(_contacts(("stage", "bucket"), selection), known),
        trend=_trend(_contacts((period, "bucket"), selection), known, period),
        period=period,
        first_contact=_first_contact(repeats.values()),
        repeated=_repeated(selection),
    )


def kind_of(causes: Iterable[str], known: Taxonomy) -> Kind:
    """What kind of demand a contact is that names these causes."""
    kinds = {_demand_of(cause, known) for cause in causes}
    return next((kind for kind in KINDS if kind in kinds), "unknown")


def causes_that_count(causes: Iterable[str], known: Taxonomy) -> frozenset[str]:
    """Of a contact's causes, merged ones resolved, those of the kind of demand that the contact is."""
    resolved = frozenset(known.resolve(cause) for cause in causes)
    kind = kind_of(resolved, known)
    return frozenset(cause for cause in resolved if _demand_of(cause, known) == kind)


def _demand_of(cause: str, known: Taxonomy) -> Kind:
    found = known.cause(known.resolve(cause))
    return found.demand if found is not None else "unknown"


def _contacts(by: tuple[str, ...], selection: Selection) -> tuple[CauseSetRow, ...]:
    where = every(selection.filter(), equals("kind", "contact"))
    return company_record().ask(CauseSets(by, where, selection.since, selection.until))


def _per_bucket(rows: Iterable[CauseSetRow]) -> Array:
    sums = np.zeros(BUCKETS)
    for row in rows:
        sums[int(row.group["bucket"] or 0)] += row.n
    return sums


def _kinds(rows: tuple[CauseSetRow, ...], known: Taxonomy, whole: Array) -> tuple[KindShare, ...]:
    found = {causes: kind_of(causes, known) for causes in {row.causes for row in rows}}
    counts = {kind: np.zeros(BUCKETS) for kind in KINDS}
    for row in rows:
        counts[found[row.causes]][int(row.group["bucket"] or 0)] += row.n
    results = shares(np.array(list(counts.values())), np.tile(whole, (len(KINDS), 1)))
    return tuple(
        KindShare(kind, round(count.sum()), result)
        for (kind, count), result in zip(counts.items(), results, strict=True)
    )


def _shared_out(rows: tuple[CauseSetRow, ...], known: Taxonomy) -> dict[str, Array]:
    """Contacts by cause and bucket; a contact is shared equally by the causes that count for it."""
    counting = {causes: causes_that_count(causes, known) for causes in {row.causes for row in rows}}
    found: dict[str, Array] = defaultdict(lambda: np.zeros(BUCKETS))
    for row in rows:
        counted = counting[row.causes]
        for cause in counted:
            found[cause][int(row.group["bucket"] or 0)] += row.n / len(counted)
    return {cause: counts for cause, counts in found.items() if known.cause(cause) is not None}


def _causes(
    rows: tuple[CauseSetRow, ...], known: Taxonomy, whole: Array, repeats: Mapping[str, tuple[Array, Array]]
) -> tuple[CauseDemand, ...]:
    found = _shared_out(rows, known)
    results = shares(np.array(list(found.values())).reshape(-1, BUCKETS), np.tile(whole, (len(found), 1)))
    answered = [
        CauseDemand(
            known.cause(cause) or Cause(cause, cause),
            float(counts.sum()),
            result,
            department_names(known, cause),
            _first_contact([repeats[cause]] if cause in repeats else []),
        )
        for (cause, counts), result in zip(found.items(), results, strict=True)
    ]
    return tuple(sorted(answered, key=lambda row: (-row.contacts, row.cause.id)))


def _places(rows: tuple[CauseSetRow, ...], known: Taxonomy, whole: Array) -> tuple[Place, ...]:
    grouped: dict[tuple[str, ...], Array] = defaultdict(lambda: np.zeros(BUCKETS))
    for cause, counts in _shared_out(rows, known).items():
        if _demand_of(cause, known) == "failure":
            grouped[tuple(sorted(department_names(known, cause)))] += counts
    results = shares(np.array(list(grouped.values())).reshape(-1, BUCKETS), np.tile(whole, (len(grouped), 1)))
    places = [
        Place(departments, float(counts.sum()), result)
        for (departments, counts), result in zip(grouped.items(), results, strict=True)
    ]
    return tuple(sorted(places, key=lambda place: (-place.contacts, place.departments)))


def _failure_shares(rows: tuple[CauseSetRow, ...], known: Taxonomy, name: str) -> dict[str, tuple[int, Result]]:
    """Contacts and the share of failure demand, by the values of one dimension."""
    tries: dict[str, Array] = defaultdict(lambda: np.zeros(BUCKETS))
    hits: dict[str, Array] = defaultdict(lambda: np.zeros(BUCKETS))
    failing = {causes: kind_of(causes, known) == "failure" for causes in {row.causes for row in rows}}
    for row in rows:
        value, bucket = row.group[name], int(row.group["bucket"] or 0)
        if value is not None:
            tries[value][bucket] += row.n
            hits[value][bucket] += row.n * failing[row.causes]
    values = list(tries)
    of = np.array([tries[value] for value in values]).reshape(-1, BUCKETS)
    results = shares(np.array([hits[value] for value in values]).reshape(-1, BUCKETS), of)
    return {value: (round(tries[value].sum()), result) for value, result in zip(values, results, strict=True)}


def _stages(rows: tuple[CauseSetRow, ...], known: Taxonomy) -> tuple[StageDemand, ...]:
    found = _failure_shares(rows, known, "stage")
    return tuple(StageDemand(stage.id, stage.name, *found[stage.id]) for stage in known.stages if stage.id in found)


def _trend(rows: tuple[CauseSetRow, ...], known: Taxonomy, period: str) -> tuple[DemandPoint, ...]:
    found = sorted(_failure_shares(rows, known, period).items())
    return tuple(DemandPoint(date.fromisoformat(start), *answer) for start, answer in found[-TREND_POINTS:])


def _asked_repeats(selection: Selection, *, any_cause: bool) -> Repeats | None:
    last = company_record().ask(Size()).last_day
    if last is None:
        return None
    until = min(last, selection.until) if selection.until else last
    where: Filter | None = selection.filter()
    return Repeats(until, REPEAT_DAYS, where, selection.since, any_cause)


def _repeats(known: Taxonomy, selection: Selection) -> dict[str, tuple[Array, Array]]:
    """By cause: contacts, and those repeated about it, each by bucket. What has no known cause cannot be the same."""
    question = _asked_repeats(selection, any_cause=False)
    found: dict[str, tuple[Array, Array]] = defaultdict(lambda: (np.zeros(BUCKETS), np.zeros(BUCKETS)))
    for row in company_record().ask(question) if question else ():
        cause = known.resolve(row.cause or "")
        if known.cause(cause) is not None:
            found[cause][0][row.bucket] += row.n
            found[cause][1][row.bucket] += row.repeated
    return dict(found)


def _first_contact(repeats: Iterable[tuple[Array, Array]]) -> Result:
    """Of contacts about a known cause, the share that no further contact about the same cause followed."""
    contacts, repeated = np.zeros(BUCKETS), np.zeros(BUCKETS)
    for counted, again in repeats:
        contacts += counted
        repeated += again
    if not contacts.sum():
        return NoVerdict("no_contacts", "No contact is old enough to say whether the customer had to come again.")
    return shares((contacts - repeated)[None], contacts[None])[0]


def _repeated(selection: Selection) -> Result:
    question = _asked_repeats(selection, any_cause=True)
    contacts, repeated = np.zeros(BUCKETS), np.zeros(BUCKETS)
    for row in company_record().ask(question) if question else ():
        contacts[row.bucket] += row.n
        repeated[row.bucket] += row.repeated
    if not contacts.sum():
        return NoVerdict("no_contacts", "No contact is old enough to say whether the customer had to come again.")
    return shares(repeated[None], contacts[None])[0]
