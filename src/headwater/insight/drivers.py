"""Drivers: which ratings, events, causes and moments an outcome goes together with, and how sure that is.

The record gives counts, sums and cross-products by customer bucket in one pass; everything else is derived from them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from django.utils.translation import gettext as _

import headwater.science as hs
from headwater.base.refusals import Refused
from headwater.insight.drivers_columns import (
    FEWEST,
    MOST_PROPOSED,
    CameBack,
    Candidate,
    Form,
    Outcome,
    Rating,
    Taken,
    as_words,
    came_back,
    candidates,
    candidates_after,
    outcome_column,
    outcome_of,
    outcomes,
)
from headwater.insight.drivers_rows import DriverRow, Ends, driver_rows, figure_of, mean_outcome, quadrant
from headwater.insight.drivers_yes_no import (
    YesNo,
    as_products,
    customers_after,
    same_customers,
    same_responses,
    with_mcfadden,
)
from headwater.insight.selection import Selection
from headwater.insight.value_rules import SELDOM
from headwater.metrics.store import company_record
from headwater.record.questions import Column, ResponseProducts, SegmentProducts
from headwater.science.bounds import Array
from headwater.science.logit_drivers import MOST_DRIVERS
from headwater.science.results import Estimate, NoVerdict, Result

MOST_CHOSEN: Final = 30
ALIKE: Final = 0.98
"""Two columns that correlate more than this say the same; the rarer one is not proposed."""


@dataclass(frozen=True, slots=True)
class DriversAsked:
    """What a person chose; empty fields leave it to the proposal.

    ``complete`` takes responses that give every driver only; otherwise each pair of columns uses all that give both.
    """

    outcome: str = ""
    form: Form = "score"
    drivers: tuple[str, ...] = ()
    complete: bool = False
    by: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A candidate that is not among the drivers, and why."""

    candidate: Candidate
    reason: str


@dataclass(frozen=True, slots=True)
class Analysis:
    """The drivers of one outcome, the most important first; ``refused`` says why there is no verdict.

    ``mcfadden``: importances are shares of McFadden's R², of a yes or no, and add up to it; else of R². ``ends`` are
    those of the outcome as it is analysed, ``average`` is its mean. ``responses`` count all that give the outcome (or
    the customers), ``fewest`` those behind the pair of columns with the fewest.
    """

    outcome: Outcome
    form: Taken
    rows: tuple[DriverRow, ...]
    r_squared: Result
    average: Result
    ends: Ends
    responses: int
    fewest: int
    complete: bool
    method: str
    assumptions: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    choices: tuple[Outcome, ...]
    columns: tuple[Column, ...] = ()
    refused: NoVerdict | None = None
    mcfadden: bool = False

    @property
    def usual(self) -> tuple[float, float] | None:
        """Average importance and performance: where the quadrants meet."""
        known = [row.importance.estimate for row in self.rows if isinstance(row.importance, Estimate)]
        rated = [
            row.performance.estimate
            for row in self.rows
            if row.candidate.kind == "rating" and isinstance(row.performance, Estimate)
        ]
        return (float(np.mean(known)), float(np.mean(rated)) if rated else 1.0) if known else None


def analyse(selection: Selection, asked: DriversAsked | None = None) -> Analysis | None:
    """The drivers of the outcome chosen, else of the likeliest; None where the selection has no outcome at all."""
    asked = asked or DriversAsked()
    back = came_back(selection)
    choices: tuple[Outcome, ...] = (*outcomes(selection), *([back] if back else []))
    if not choices:
        if asked.outcome:
            outcome_of(choices, asked.outcome)
        return None
    outcome = outcome_of(choices, asked.outcome)
    if isinstance(outcome, CameBack):
        return _of_customers(outcome, asked, selection, choices)
    column = outcome_column(outcome, asked.form, selection)
    found, unknown = _chosen(asked, candidates(outcome, selection), outcome)
    whole = company_record().ask(_question(outcome, column, found, selection))
    most = MOST_DRIVERS if asked.form == "low" else MOST_PROPOSED
    used, left_out = _usable(whole, found, None if asked.drivers else most)
    if asked.complete:
        whole = company_record().ask(_question(outcome, column, [_required(one) for one in used], selection))
    rows = None
    if asked.form == "low" and whole:
        bare = ResponseProducts(
            outcome.where,
            (*(one.column for one in used), column),
            (),
            selection.filter(),
            selection.since,
            selection.until,
        )
        rows = same_responses(bare, used, whole[0].responses)
    return _analysis(outcome, asked, asked.form, used, (*unknown, *left_out), choices, whole, rows)


def _of_customers(
    outcome: CameBack, asked: DriversAsked, selection: Selection, choices: tuple[Outcome, ...]
) -> Analysis:
    """What goes together with buying again. Nothing is said where hardly anybody does."""
    if asked.by:
        message = _("Whether customers bought again is not told by segment. Narrow the page to a segment instead.")
        raise Refused("again_by_segment", message, "by")
    found, unknown = _chosen(asked, candidates_after(outcome, selection), outcome)
    if outcome.again < SELDOM * outcome.responses:
        seldom = NoVerdict("seldom", _("Hardly anybody buys again."), outcome.responses)
        return replace(_analysis(outcome, asked, "again", (), unknown, choices, (), None), refused=seldom)
    cells = customers_after(outcome, found, selection)
    whole = (as_products(cells, found),) if cells is not None else ()
    used, left_out = _usable(whole, found, None if asked.drivers else MOST_DRIVERS)
    rows = same_customers(cells, found, used) if cells is not None else None
    return _analysis(outcome, asked, "again", used, (*unknown, *left_out), choices, whole, rows)


def _chosen(
    asked: DriversAsked, found: Sequence[Candidate], outcome: Outcome
) -> tuple[list[Candidate], tuple[LeftOut, ...]]:
    """The candidates asked for, or the proposal. Refuses a driver that the responses do not come with."""
    if not asked.drivers:
        reason = _("an event of no failure; choose it to see it")
        rated = [one for one in found if one.kind == "rating"][:MOST_PROPOSED]
        others = [one for one in found if one.kind != "rating" and one.is_failure]
        left = tuple(LeftOut(one, reason) for one in found if not one.is_failure)
        return [*rated, *others][: 2 * MOST_PROPOSED], left
    if len(asked.drivers) > MOST_CHOSEN:
        message = _("%(n)d drivers were chosen; at most %(most)d can be told apart.")
        raise Refused("too_many_drivers", message % {"n": len(asked.drivers), "most": MOST_CHOSEN}, "driver")
    known = {one.id: one for one in found}
    return [_named(name, known, outcome) for name in dict.fromkeys(asked.drivers)], ()


def _named(name: str, known: dict[str, Candidate], outcome: Outcome) -> Candidate:
    """A candidate by its id; ``number:NAME`` is any attribute that is a number."""
    if name in known:
        return known[name]
    kind, _colon, attribute = name.partition(":")
    if kind == "number" and attribute and isinstance(outcome, Rating):
        return Candidate(name, "number", as_words(attribute), Column(name, "number", outcome.where, attribute), 0)
    message = _("“%(name)s” is no driver of %(outcome)s here. Choose from: %(names)s.")
    names = ", ".join(known) or _("there is none")
    raise Refused("driver_unknown", message % {"name": name[:200], "outcome": outcome.name, "names": names}, "driver")


def _required(candidate: Candidate) -> Candidate:
    return replace(candidate, column=replace(candidate.column, required=True))


def _question(outcome: Rating, column: Column, found: Sequence[Candidate], selection: Selection) -> ResponseProducts:
    bands = [band for one in found for band in _bands(one)]
    columns = (*(one.column for one in found), *bands, column)
    blocks = (
        (*(one.id for one in found), column.name),
        (*(band.name for band in bands), column.name),
    )
    return ResponseProducts(outcome.where, columns, blocks, selection.filter(), selection.since, selection.until)


def _bands(candidate: Candidate) -> tuple[Column, ...]:
    """The low and the high answers of a rating, as 0 and 1."""
    if candidate.rating is None:
        return ()
    definition, column = candidate.rating.definition, candidate.column
    low = replace(column, name=f"{column.name} low", at_most=definition.low_max)
    high = replace(column, name=f"{column.name} high", at_least=_delight(candidate.rating))
    return low, high


def _delight(rating: Rating) -> float:
    """The answers that can delight: the very top of a short scale, so that the middle is not empty."""
    definition = rating.definition
    top = definition.top_min or 0.0
    low, high = definition.scale_low or 0.0, definition.scale_high or 0.0
    return high if high - low <= 4 else top


def _usable(
    whole: tuple[SegmentProducts, ...], found: Sequence[Candidate], most: int | None
) -> tuple[list[Candidate], tuple[LeftOut, ...]]:
    """The candidates with enough responses on either side; of a proposal (of at most so many; None: they were chosen),
    those that say something of their own."""
    if not whole:
        return [], ()
    total = whole[0].blocks[0].total()
    used: list[Candidate] = []
    left: list[LeftOut] = []
    together = total.correlations()
    for place, one in enumerate(found):
        reason = _too_little(total, place, one)
        if not reason and most is not None:
            reason = _repeats(together, place, [found.index(other) for other in used], found)
        if not reason and most is not None and len(used) == most:
            reason = _("%d drivers are compared at once; choose it to see it.") % most
        if reason:
            left.append(LeftOut(one, reason))
        else:
            used.append(one)
    return used, tuple(left)


def _too_little(total: hs.CrossProducts, place: int, one: Candidate) -> str:
    given = int(total.n[place, -1])
    if given < FEWEST:
        return _("only %d responses give it") % given
    if one.kind in ("rating", "number"):
        return "" if np.isfinite(total.correlations()[place, place]) else _("all answers are the same")
    happened = round(float(total.sums[place, place]))
    if min(happened, given - happened) < FEWEST:
        return _("%(with)d of %(n)d responses") % {"with": happened, "n": given}
    return ""


def _repeats(together: Array, place: int, before: list[int], found: Sequence[Candidate]) -> str:
    same = [other for other in before if abs(together[place, other]) > ALIKE]
    return _("says the same as “%s”") % found[same[0]].name if same else ""


def _analysis(
    outcome: Outcome,
    asked: DriversAsked,
    form: Taken,
    used: Sequence[Candidate],
    left_out: tuple[LeftOut, ...],
    choices: tuple[Outcome, ...],
    whole: tuple[SegmentProducts, ...],
    rows: YesNo | None,
) -> Analysis:
    ends = _ends(outcome, form)
    nothing = NoVerdict("few_answers", _("Nobody who gave this outcome gave anything else that could drive it."))
    blocks = whole[0].blocks if whole else None
    found = hs.drivers(blocks[0], "outcome", [one.id for one in used]) if blocks and used else nothing
    analysis = Analysis(
        outcome,
        form,
        (),
        nothing,
        mean_outcome(blocks[0], None, ends) if blocks else nothing,
        ends,
        whole[0].responses if whole else 0,
        0,
        asked.complete,
        "",
        (),
        left_out,
        choices,
        tuple(one.column for one in used),
    )
    if isinstance(found, NoVerdict) or blocks is None:
        return replace(analysis, refused=found if isinstance(found, NoVerdict) else nothing)
    mcfadden = False
    if form in ("low", "again"):
        found, mcfadden = with_mcfadden(found, rows)
    return _ranked(replace(analysis, mcfadden=mcfadden), found, driver_rows(found, used, blocks, ends, _sign(form)))


def _ranked(analysis: Analysis, found: hs.Drivers, rows: Iterable[DriverRow]) -> Analysis:
    """The analysis with its drivers in order, and where each stands."""
    analysis = replace(
        analysis,
        rows=tuple(sorted(rows, key=lambda row: -figure_of(row.importance))),
        r_squared=found.r_squared,
        fewest=found.n,
        method=found.method,
        assumptions=found.assumptions,
    )
    usual = analysis.usual
    return replace(analysis, rows=tuple(replace(row, quadrant=quadrant(row, usual)) for row in analysis.rows))


def _sign(form: Taken) -> int:
    """-1 where less of the outcome is better."""
    return -1 if form == "low" else 1


def _ends(outcome: Outcome, form: Taken) -> Ends:
    if isinstance(outcome, CameBack) or form != "score":
        return 0.0, 1.0
    return outcome.definition.scale_low or 0.0, outcome.definition.scale_high or 1.0
