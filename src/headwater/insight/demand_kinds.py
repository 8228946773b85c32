"""Kinds of demand: what a contact was about, counted once, and corrected for the classifier's errors.

One that names an upstream failure is *failure demand*, whatever else it names; else one about service's own failures is
*service*; else one that the customer wanted is *value demand*; without a known cause it is *unknown*, shown as such and
never spread over the others.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from headwater import science
from headwater.insight.audit import calibration_state, cause_pairs
from headwater.insight.selection import Selection
from headwater.journey.taxonomy import Taxonomy
from headwater.metrics.rules import BUCKETS, shares
from headwater.metrics.store import company_record
from headwater.record.filters import every, parse
from headwater.record.questions import CauseSetCounts, Sums
from headwater.science.bounds import Array
from headwater.science.results import Estimate, Result

Kind = Literal["failure", "service", "value", "unknown"]
KINDS: Final[tuple[Kind, ...]] = ("failure", "service", "value", "unknown")
WORDLESS: Final = parse("kind = 'contact' and text is null")
CausesSaid = Iterable[str]


@dataclass(frozen=True, slots=True)
class KindShare:
    """One kind of demand: its contacts as labelled, their share of all contacts, and that share before it was
    corrected (the same where too little is audited)."""

    kind: Kind
    n: int
    share: Result
    counted: Result


def kind_of(causes: CausesSaid, known: Taxonomy) -> Kind:
    """What kind of demand a contact is that names these causes."""
    kinds = {_demand_of(cause, known) for cause in causes}
    return next((kind for kind in KINDS if kind in kinds), "unknown")


def causes_that_count(causes: CausesSaid, known: Taxonomy) -> frozenset[str]:
    """Of a contact's causes, merged ones resolved, those of the kind of demand that the contact is."""
    resolved = frozenset(known.resolve(cause) for cause in causes)
    kind = kind_of(resolved, known)
    return frozenset(cause for cause in resolved if _demand_of(cause, known) == kind)


def kind_index(sets: Sequence[frozenset[str]], known: Taxonomy) -> npt.NDArray[np.intp]:
    """The place among ``KINDS`` of each combination of causes."""
    return np.array([KINDS.index(kind_of(causes, known)) for causes in sets], dtype=np.intp)


def cause_matrix(sets: Sequence[frozenset[str]], known: Taxonomy) -> tuple[tuple[str, ...], Array]:
    """The causes that count in any combination, and what part of each combination (rows) is whose (columns)."""
    counting = [[cause for cause in causes_that_count(causes, known) if known.cause(cause)] for causes in sets]
    causes = tuple(sorted({cause for some in counting for cause in some}))
    place = {cause: number for number, cause in enumerate(causes)}
    matrix = np.zeros((len(sets), len(causes)))
    for row, some in enumerate(counting):
        for cause in some:
            matrix[row, place[cause]] = 1 / len(some)
    return causes, matrix


def kind_shares(found: CauseSetCounts, known: Taxonomy, selection: Selection) -> tuple[KindShare, ...]:
    """The kinds of demand of contacts counted by combination and customer bucket."""
    numbers = np.array([int(value or 0) for value in found.by["bucket"].values], dtype=np.intp)
    counts = np.zeros((len(KINDS), BUCKETS))
    np.add.at(counts, (kind_index(found.sets, known)[found.set_of], numbers[found.by["bucket"].places]), found.n)
    counted = shares(counts, np.tile(counts.sum(axis=0), (len(KINDS), 1)))
    corrected = _corrected(counts.sum(axis=1), counted, known, selection)
    return tuple(
        KindShare(kind, round(n), result, before)
        for kind, n, result, before in zip(KINDS, counts.sum(axis=1).tolist(), corrected, counted, strict=True)
    )


def kind_confusion(known: Taxonomy) -> npt.NDArray[np.int64]:
    """Audited verbatims by kind of demand: what people say in rows, what the classifier said in columns."""
    table = np.zeros((len(KINDS), len(KINDS)), dtype=np.int64)
    for truth, predicted in cause_pairs():
        table[KINDS.index(kind_of(truth, known)), KINDS.index(kind_of(predicted, known))] += 1
    return table


def _corrected(totals: Array, counted: Sequence[Result], known: Taxonomy, selection: Selection) -> Sequence[Result]:
    """Shares without the classifier's errors, where people have audited enough.

    The audit is of all verbatims, contacts are some of them: how the classifier errs on a true kind is carried over
    ("separate"). Contacts without words were read by nobody: they stay unknown. Customers who repeat count for as many
    as they are worth.
    """
    if not calibration_state().is_calibrated or not totals.sum():
        return counted
    wordless = _wordless(selection)
    read = totals.copy()
    read[KINDS.index("unknown")] = max(read[KINDS.index("unknown")] - wordless, 0)
    weight = _independent_part(totals, counted)
    results = science.corrected_shares(read * weight, kind_confusion(known), audit="separate")
    part = read.sum() / totals.sum()
    return [
        _of_all(one, part, (1 - part) if kind == "unknown" else 0.0, round(totals.sum()))
        if isinstance(one, Estimate)
        else before
        for kind, one, before in zip(KINDS, results, counted, strict=True)
    ]


def _of_all(one: Estimate, part: float, more: float, n: int) -> Estimate:
    low, middle, high = (bound * part + more for bound in (one.low, one.estimate, one.high))
    return Estimate(middle, low, high, n, one.method, one.assumptions, one.confidence)


def _wordless(selection: Selection) -> int:
    where = every(selection.filter(), WORDLESS)
    rows = company_record().ask(Sums((), where, selection.since, selection.until)).rows
    return rows[0].n if rows else 0


def _independent_part(totals: Array, counted: Sequence[Result]) -> float:
    """How many of the contacts are worth an independent one: 1 ÷ the design effect of customers who repeat."""
    whole, parts = round(totals.sum()), [1.0]
    for k, one in zip(totals.tolist(), counted, strict=True):
        plain = science.proportion(round(k), whole)
        if isinstance(plain, Estimate) and isinstance(one, Estimate) and one.high > one.low:
            parts.append(((plain.high - plain.low) / (one.high - one.low)) ** 2)
    return min(parts)


def _demand_of(cause: str, known: Taxonomy) -> Kind:
    found = known.cause(known.resolve(cause))
    return found.demand if found is not None else "unknown"
