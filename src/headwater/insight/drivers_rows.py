"""One driver's figures from the cross-products: importance, performance, what low and high go with, where it stands."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from django.utils.translation import gettext as _

import headwater.science as hs
from headwater.insight.drivers_columns import FEWEST, Candidate
from headwater.science.results import Estimate, NoVerdict, Result

Quadrant = Literal["mend first", "keep up", "watch", "leave", "unsure"]
Ends = tuple[float, float]


@dataclass(frozen=True, slots=True)
class DriverRow:
    """One driver. ``importance``: the share of the differences in the outcome that goes with it; all add up to R².

    ``weight``: its standardised regression coefficient. ``performance``: how well it goes, 0…1: the mean rating on its
    scale, or the share of responses to which it did not happen. ``worse``, ``better``: the mean outcome where it was
    rated low (it happened), and where it was rated high (it did not); ``effect``: their difference. ``answered``: the
    share of responses that give it. ``good``: the outcome is better where it happened, so that performance is the share
    to which it did. ``asymmetry``: of a rating, what low and high ratings go with.
    """

    candidate: Candidate
    importance: Result
    weight: Result
    performance: Result
    worse: Result
    better: Result
    effect: Result
    answered: float
    n: int
    good: bool = False
    quadrant: Quadrant = "unsure"
    asymmetry: hs.Asymmetry | None = None


def driver_rows(
    found: hs.Drivers, used: Sequence[Candidate], blocks: tuple[hs.CrossProducts, ...], ends: Ends, sign: int
) -> Iterable[DriverRow]:
    """The figures of each driver, in the order given. ``sign`` is -1 where less of the outcome is better."""
    base, banded = blocks
    responses = max(float(base.total().n[-1, -1]), 1.0)
    asymmetries = {one.name: one for one in _asymmetries(banded, used)}
    for one, figures in zip(used, found.drivers, strict=True):
        good = _is_good(base, one, sign)
        worse, better = _sides(one, base, banded, ends, good)
        effect: Result = (
            hs.difference(better, worse)
            if isinstance(better, Estimate) and isinstance(worse, Estimate)
            else NoVerdict("few_answers", _("Too few responses on one side to compare."), figures.n)
        )
        yield DriverRow(
            one,
            figures.importance,
            figures.weight,
            _performance(one, figures.mean, good),
            worse,
            better,
            effect,
            figures.n / responses,
            figures.n,
            good,
            asymmetry=asymmetries.get(one.id),
        )


def _asymmetries(banded: hs.CrossProducts, used: Sequence[Candidate]) -> tuple[hs.Asymmetry, ...]:
    """Of the ratings that enough responses rate low, and enough high."""
    total = banded.total()
    pairs = {}
    for one in used:
        names = (f"{one.id} low", f"{one.id} high")
        if one.kind == "rating" and all(total.sums[(at := banded.names.index(name)), at] >= FEWEST for name in names):
            pairs[one.id] = names
    found = hs.penalty_reward(banded, "outcome", pairs) if pairs else ()
    return () if isinstance(found, NoVerdict) else found


def _sides(
    one: Candidate, base: hs.CrossProducts, banded: hs.CrossProducts, ends: Ends, good: bool
) -> tuple[Result, Result]:
    """The mean outcome where it went badly and where it went well."""
    if one.kind == "rating":
        return mean_outcome(banded, f"{one.id} low", ends), mean_outcome(banded, f"{one.id} high", ends)
    if one.kind == "number":
        unknown = NoVerdict("not_computed", _("A number has no good and bad side."))
        return unknown, unknown
    happened, spared = mean_outcome(base, one.id, ends), mean_outcome(base, one.id, ends, without=True)
    return (spared, happened) if good else (happened, spared)


def _is_good(base: hs.CrossProducts, one: Candidate, sign: int) -> bool:
    """Whether the outcome is better where it happened: an order that was delivered, a call that was returned."""
    if one.kind in ("rating", "number"):
        return True
    return bool(sign * base.total().correlations()[base.names.index(one.id), -1] > 0)


def mean_outcome(moments: hs.CrossProducts, flag: str | None, ends: Ends, *, without: bool = False) -> Result:
    """Mean outcome of all, of those with the flag, or of those without it; by customer bucket."""
    last = len(moments.names) - 1
    count = moments.n[:, last, last]
    total = moments.sums[:, last, last] + moments.centre[last] * count
    if flag is not None:
        place = moments.names.index(flag)
        with_flag = moments.sums[:, place, place]
        of_them = moments.products[:, place, last] + moments.centre[last] * with_flag
        total, count = (total - of_them, count - with_flag) if without else (of_them, with_flag)
    if count.sum() < FEWEST:
        return NoVerdict("few_answers", _("fewer than %d responses") % FEWEST, round(float(count.sum())))
    return hs.clustered_mean(total, count, limits=ends)


def _performance(one: Candidate, mean: Result, good: bool) -> Result:
    if isinstance(mean, NoVerdict) or one.kind == "number":
        return NoVerdict("not_computed", _("A number has no good and bad end."))
    if one.rating is None and good:
        return replace(mean, low=max(mean.low, 0.0), high=min(mean.high, 1.0))
    if one.rating is None:
        low, high = 1 - mean.high, 1 - mean.low
        return replace(mean, estimate=1 - mean.estimate, low=max(low, 0.0), high=min(high, 1.0))
    definition = one.rating.definition
    start, end = definition.scale_low or 0.0, definition.scale_high or 1.0
    values = [(value - start) / (end - start) for value in (mean.estimate, mean.low, mean.high)]
    return replace(mean, estimate=values[0], low=max(values[1], 0.0), high=min(values[2], 1.0))


def quadrant(row: DriverRow, usual: tuple[float, float] | None) -> Quadrant:
    """Where a driver stands, where its interval leaves no doubt about its importance.

    A rating is held against the drivers' average importance and the ratings' average performance. What happens to
    customers is to be mended as soon as it is important, however seldom it goes wrong; something good that few get is
    to be kept up.
    """
    importance, performance = row.importance, row.performance
    if usual is None or not isinstance(importance, Estimate) or not isinstance(performance, Estimate):
        return "unsure"
    if importance.low <= usual[0] <= importance.high:
        return "unsure"
    important = importance.estimate > usual[0]
    if row.candidate.kind != "rating":
        seldom_good = row.good and performance.estimate < 0.5
        return ("keep up" if seldom_good else "mend first") if important else "leave" if seldom_good else "watch"
    if performance.low <= usual[1] <= performance.high:
        return "unsure" if important else "leave"
    good = performance.estimate > usual[1]
    if important:
        return "keep up" if good else "mend first"
    return "leave" if good else "watch"


def figure_of(result: Result) -> float:
    """The estimate, or less than every one."""
    return result.estimate if isinstance(result, Estimate) else float("-inf")
