"""Causes that happened: how many contacts (or low scores) followed events that customers lived through.

What customers say names a cause in words; what happened to them is known from events, also where nobody says so. The
two stand side by side and are never added: a contact about a late parcel is in both.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import numpy as np

from headwater.insight.causes import department_names
from headwater.insight.selection import Selection
from headwater.journey.queries import taxonomy
from headwater.journey.taxonomy import Cause, Taxonomy
from headwater.metrics.rules import BUCKETS, shares
from headwater.metrics.store import company_record
from headwater.record.filters import Filter, every, parse
from headwater.record.questions import CustomerMonths, Departed, Exposure, MonthCell, Span, SpanAnswer, Suffered
from headwater.science.attribution import ExposureCells
from headwater.science.bounds import Array
from headwater.science.extra_cases import ExtraCases, extra_cases
from headwater.science.results import NoVerdict, Result

Outcome = Literal["contact", "low_score"]
OUTCOMES: Final[dict[Outcome, Filter]] = {
    "contact": parse("kind = 'contact'"),
    "low_score": parse("score_band = -1 and kind in ('survey', 'review')"),
}
COMPLAINED: Final = parse("kind = 'contact' or score_band = -1 or (score is null and negative)")
"""What counts as having spoken up: getting in touch, a low score, or negative words without one."""
FEWEST: Final = 30
"""Customer-months in which a cause must have happened before anything is said of it."""
LEAVING_DAYS: Final = 90


@dataclass(frozen=True, slots=True)
class Happening:
    """A cause as events show it. ``customers``: to how many it happened. ``part`` of all outcomes followed from it,
    ``outcomes`` in numbers; ``extra`` outcomes each customer-month in which it happened brought beyond the base.
    ``spoke_up``: of those it happened to, the share that complained within the cause's window; ``left``: the share
    whose last day lies within ``LEAVING_DAYS`` days after it."""

    cause: Cause
    customers: int
    part: Result
    outcomes: Result
    extra: Result
    spoke_up: Result
    left: Result
    departments: tuple[str, ...]

    @property
    def complained(self) -> int:
        """Customers to whom it happened and who were heard of within the window."""
        return self.customers - self.silent

    @property
    def departed(self) -> int:
        """Customers to whom it happened and who left within ``LEAVING_DAYS`` days."""
        return round(self.customers * getattr(self.left, "estimate", 0.0))

    @property
    def silent(self) -> int:
        """Customers to whom it happened and who were not heard of within the window."""
        return self.customers - round(self.customers * getattr(self.spoke_up, "estimate", 0.0))


@dataclass(frozen=True, slots=True)
class Happened:
    """What followed from events, over whole months. ``total`` and ``unattributed`` are of all outcomes of customers
    that are known. ``adjust``: the segment within which was compared, beside the month."""

    outcome: Outcome
    rows: tuple[Happening, ...]
    total: Result
    unattributed: Result
    n: int
    since: date | None
    until: date | None
    too_rare: tuple[Cause, ...] = ()
    adjust: str | None = None

    def of(self, cause_id: str) -> Happening | None:
        """One cause's row; None where no event shows it or it happened too rarely."""
        return next((row for row in self.rows if row.cause.id == cause_id), None)


def happened(
    selection: Selection | None = None, *, outcome: Outcome = "contact", adjust: str | None = None
) -> Happened:
    """Answer how many outcomes of this selection followed from causes that events show.

    Each calendar month is a stratum of its own, so that seasons compare with themselves; ``adjust`` names an attribute
    of customers (a segment) to compare within too. The selection's filter narrows the outcomes, not who is at risk.
    """
    selection = selection or Selection()
    known = taxonomy()
    held = company_record().ask(Span())
    since, until = _held(selection, held)
    exposures = exposures_of(known)
    nothing = NoVerdict("no_events", "No event that would show a cause is in the record.")
    if since is None or until is None or since > until or not exposures:
        return Happened(outcome, (), nothing, nothing, 0, since, until)
    asked = every(OUTCOMES[outcome], selection.filter())
    cells = company_record().ask(CustomerMonths(asked or OUTCOMES[outcome], exposures, since, until, adjust))
    frequent, rare = frequent_causes(cells, known)
    if not frequent:
        return Happened(outcome, (), nothing, nothing, 0, since, until, rare)
    found = extra_cases(exposure_cells(cells, frequent), outside=outside(cells))
    rows = _rows(known, frequent, found, _suffered(exposures, selection))
    if isinstance(found, NoVerdict):
        return Happened(outcome, rows, found, found, found.n, since, until, rare, adjust)
    return Happened(outcome, rows, found.total, found.unattributed, found.n, since, until, rare, adjust)


def _held(selection: Selection, held: SpanAnswer) -> tuple[date | None, date | None]:
    """The days of the selection that the record holds: in a month of which it knows nothing, nobody is at risk."""
    if held.first_day is None or held.last_day is None:
        return None, None
    since, until = selection.since or held.first_day, selection.until or held.last_day
    return max(since, held.first_day), min(until, held.last_day)


def exposures_of(known: Taxonomy) -> tuple[Exposure, ...]:
    """The failures that events show, each with its events and window."""
    return tuple(
        Exposure(cause.id, cause.events, cause.lag_days)
        for cause in known.active_causes
        if cause.events and cause.demand == "failure"
    )


def exposure_cells(cells: tuple[MonthCell, ...], causes: tuple[str, ...]) -> ExposureCells:
    """The record's cells as the statistics take them: month and segment are the stratum, other causes are dropped."""
    chosen = frozenset(causes)
    places: dict[tuple[frozenset[str], date, str | None], int] = {}
    cells = tuple(cell for cell in cells if cell.customers)
    for cell in cells:
        places.setdefault((cell.causes & chosen, cell.month, cell.segment), len(places))
    at_risk, cases = np.zeros((len(places), BUCKETS)), np.zeros((len(places), BUCKETS))
    for cell in cells:
        place = places[cell.causes & chosen, cell.month, cell.segment]
        at_risk[place, cell.bucket] += cell.customers
        cases[place, cell.bucket] += cell.outcomes
    strata = {stratum: number for number, stratum in enumerate(dict.fromkeys((m, s) for _, m, s in places))}
    exposed = np.array([[cause in held for cause in causes] for held, _, _ in places], dtype=bool)
    stratum = np.array([strata[month, segment] for _, month, segment in places], dtype=np.intp)
    return ExposureCells(causes, exposed.reshape(len(places), len(causes)), stratum, at_risk, cases)


def outside(cells: tuple[MonthCell, ...]) -> Array:
    """Outcomes by bucket of those who were not at risk: part of the whole, attributed to nothing."""
    sums = np.zeros(BUCKETS)
    for cell in cells:
        if not cell.customers:
            sums[cell.bucket] += cell.outcomes
    return sums


def frequent_causes(cells: tuple[MonthCell, ...], known: Taxonomy) -> tuple[tuple[str, ...], tuple[Cause, ...]]:
    """Causes that happened often enough to compare, and those that happened, but too rarely."""
    months: dict[str, int] = defaultdict(int)
    for cell in cells:
        for cause in cell.causes:
            months[cause] += cell.customers
    frequent = tuple(sorted(cause for cause, n in months.items() if n >= FEWEST))
    rare = (known.cause(cause) for cause, n in sorted(months.items()) if n < FEWEST)
    return frequent, tuple(cause for cause in rare if cause is not None)


def _suffered(exposures: tuple[Exposure, ...], selection: Selection) -> dict[str, Array]:
    """By cause: customers it happened to, those of them who complained, and who left, each by bucket."""
    found: dict[str, Array] = defaultdict(lambda: np.zeros((3, BUCKETS)))
    asked = Suffered(COMPLAINED, exposures, selection.since, selection.until, LEAVING_DAYS)
    for row in company_record().ask(asked):
        found[row.cause][:, row.bucket] += (row.customers, row.followed, row.left)
    return found


def _rows(
    known: Taxonomy, causes: tuple[str, ...], found: ExtraCases | NoVerdict, suffered: dict[str, Array]
) -> tuple[Happening, ...]:
    """One row a cause; without a verdict it still says to whom it happened."""
    rows, departed = [], company_record().ask(Departed())
    stayed = NoVerdict("no_departures", "The record knows of no customer’s last day.")
    for place, cause_id in enumerate(causes):
        customers, followed, left = suffered[cause_id]
        rows.append(
            Happening(
                cause=known.cause(cause_id) or Cause(cause_id, cause_id),
                customers=round(customers.sum()),
                part=found.parts[place] if isinstance(found, ExtraCases) else found,
                outcomes=found.cases[place] if isinstance(found, ExtraCases) else found,
                extra=found.rates[place] if isinstance(found, ExtraCases) else found,
                spoke_up=shares(followed[None], customers[None])[0],
                left=shares(left[None], customers[None])[0] if departed else stayed,
                departments=department_names(known, cause_id),
            )
        )
    return tuple(sorted(rows, key=lambda row: (-getattr(row.part, "estimate", 0.0), row.cause.id)))
