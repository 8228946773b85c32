"""From sums to results: pure functions, one for each kind of metric."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from django.utils import formats
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

import headwater.science as hs
from headwater.metrics.definitions import MetricDefinition
from headwater.record.questions import SumsRow
from headwater.science.bounds import Array
from headwater.science.intervals import INDEPENDENT
from headwater.science.repeated import Clustering, clustered_nps_bounds, clustered_proportion_bounds

BUCKETS = 200
TIMES = ("day", "week", "month")
DIMENSIONS = ("stage", "cause", "channel", "kind", "source", "language", "sentiment", "moment", "week", "month")
NAMED_BY_ID = ("stage", "moment", "cause", "event", "kind", "channel", "sentiment", "effort")
FIELDS = ("n", "negative", "scored", "score_sum", "low", "top")
REPEATING = "customers are independent of each other; answers of one may depend on each other"

Group = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Cells:
    """Sums by (group, customer bucket): one array for each field; empty buckets are 0 and their order is free."""

    groups: tuple[Group, ...]
    sums: Mapping[str, Array]

    def __getitem__(self, field: str) -> Array:
        return self.sums[field]


def cells(rows: Sequence[SumsRow], by: Sequence[str]) -> Cells:
    """Fold rows that carry the sums of their buckets into arrays; a row without them is one bucket of its own."""
    sums = {field: np.zeros((len(rows), BUCKETS)) for field in FIELDS}
    for place, row in enumerate(rows):
        for field, array in sums.items():
            values = getattr(row.buckets, field) if row.buckets else (getattr(row, field),)
            array[place, : len(values)] = values
    return Cells(tuple(tuple(row.group[one] for one in by) for row in rows), sums)


def rate_cells(
    contacts: Sequence[SumsRow], customers: Sequence[SumsRow], by: Sequence[str], shared: Sequence[str]
) -> Cells:
    """Contacts (``n`` of each row) over customers, both by bucket.

    ``shared`` are the dimensions that the customers are grouped by too; a group's customers are those of its values
    there. Where customers are grouped by everything, groups without a contact have a rate of 0.
    """
    seen = _by_group(customers, shared, "customers")
    called = _by_group(contacts, by, "n")
    groups = list(called)
    if len(shared) == len(by):
        groups += [group for group in seen if group not in called]
    places = [by.index(one) for one in shared]
    nothing = np.zeros(BUCKETS)
    sums = {
        "contacts": np.array([called.get(group, nothing) for group in groups]).reshape(-1, BUCKETS),
        "n": np.array([seen.get(tuple(group[place] for place in places), nothing) for group in groups]).reshape(
            -1, BUCKETS
        ),
    }
    return Cells(tuple(groups), sums)


def _by_group(rows: Sequence[SumsRow], by: Sequence[str], field: str) -> dict[Group, Array]:
    found: dict[Group, Array] = {}
    for row in rows:
        array = found.setdefault(tuple(row.group[one] for one in by), np.zeros(BUCKETS))
        array[int(row.group["bucket"] or 0)] += getattr(row, field) or 0
    return found


def describes_customers(dimension: str) -> bool:
    """Whether customers, not only their contacts, can be grouped by it: segments, events and time."""
    return dimension in TIMES or dimension.startswith(("attribute:", "event:"))


def results(definition: MetricDefinition, sums: Cells, confidence: float = 0.95) -> list[hs.Result]:
    """One result a group, in the metric's own unit."""
    return RESULTS[definition.kind](definition, sums, confidence)


def nothing(definition: MetricDefinition) -> hs.Result:
    """The result where no signal matches: none counted is an answer, none answered is not."""
    if definition.kind == "count":
        return hs.rate(0, 1)
    return hs.NoVerdict("no_answers", "Nobody has answered yet.")


def base_sizes(definition: MetricDefinition, sums: Cells) -> list[int]:
    """How many answers (or signals, where nothing is answered) stand behind each group."""
    counted = sums["scored" if definition.scored else "n"].sum(axis=1)
    return [round(value) for value in counted.tolist()]


def _nps(definition: MetricDefinition, sums: Cells, confidence: float) -> list[hs.Result]:
    top, low, scored = sums["top"], sums["low"], sums["scored"]
    below, above, found = clustered_nps_bounds(top, scored - top - low, low, confidence=confidence)
    n = scored.sum(axis=1)
    share = (top - low).sum(axis=1) / np.where(n > 0, n, 1)
    return _score_results("Tango score interval", 100 * share, 100 * below, 100 * above, n, found, confidence)


def _share(definition: MetricDefinition, sums: Cells, confidence: float) -> list[hs.Result]:
    hits, tries = (sums["top"], sums["scored"]) if definition.scored else (sums["negative"], sums["n"])
    return shares(hits, tries, confidence)


def shares(hits: Array, tries: Array, confidence: float = 0.95) -> list[hs.Result]:
    """One share in 0…1 a group, from (groups, buckets) counts; customers who repeat widen the interval."""
    below, above, found = clustered_proportion_bounds(hits, tries, confidence=confidence)
    n = tries.sum(axis=1)
    share = hits.sum(axis=1) / np.where(n > 0, n, 1)
    return _score_results("Wilson score interval", share, below, above, n, found, confidence)


def _score_results(
    name: str, values: Array, below: Array, above: Array, bases: Array, found: Clustering, confidence: float
) -> list[hs.Result]:
    answers: list[hs.Result] = []
    for place, n in enumerate(bases.tolist()):
        if n == 0:
            answers.append(hs.NoVerdict("no_answers", "Nobody has answered yet."))
            continue
        method, assumptions = name, (INDEPENDENT,)
        if found.repeated[place]:
            effect, effective = found.design_effect[place], found.effective_n[place]
            method = f"{name}, customers repeat: effective base {effective:,.0f}, design effect {effect:.2f}"
            assumptions = (REPEATING,)
        value = float(values[place])
        low, high = min(float(below[place]), value), max(float(above[place]), value)
        answers.append(hs.Estimate(value, low, high, round(n), method, assumptions, confidence))
    return answers


def _mean(definition: MetricDefinition, sums: Cells, confidence: float) -> list[hs.Result]:
    limits = (definition.lowest, definition.highest if definition.highest is not None else np.inf)
    return [
        hs.clustered_mean(totals, counts, confidence=confidence, limits=limits)
        for totals, counts in zip(sums["score_sum"], sums["scored"], strict=True)
    ]


def _count(definition: MetricDefinition, sums: Cells, confidence: float) -> list[hs.Result]:
    return [hs.rate(round(n), 1, confidence=confidence) for n in sums["n"].sum(axis=1).tolist()]


def _ratio(definition: MetricDefinition, sums: Cells, confidence: float) -> list[hs.Result]:
    return [
        rate_of(contacts, customers, confidence)
        for contacts, customers in zip(sums["contacts"], sums["n"], strict=True)
    ]


def rate_of(contacts: Array, customers: Array, confidence: float = 0.95) -> hs.Result:
    """What is counted per one of what it is counted against, both by customer bucket; never under 0.

    Where nothing was counted only a count's interval knows how rare it may be.
    """
    found = hs.ratio(contacts, customers, confidence=confidence)
    if contacts.sum() == 0 and customers.sum() > 0:
        found = hs.rate(0, float(customers.sum()), confidence=confidence)
    if isinstance(found, hs.NoVerdict):
        return found
    return replace(found, low=max(found.low, 0.0), n=round(float(customers.sum())))


WHY_NOT = {
    "no_answers": _("Nobody has answered yet."),
    "one_cluster": _("The answers come from a single bucket of customers, so their spread is unknown."),
    "no_spread": _("All buckets of customers show the same figure, so its spread is unknown."),
}


def why_not(verdict: hs.NoVerdict) -> str:
    """Why there is no figure, in the reader's language."""
    return str(WHY_NOT.get(verdict.code, verdict.message))


RESULTS: dict[str, Callable[[MetricDefinition, Cells, float], list[hs.Result]]] = {
    "nps": _nps,
    "share": _share,
    "mean": _mean,
    "count": _count,
    "ratio": _ratio,
}


def is_ranked(definition: MetricDefinition, result: hs.Result) -> bool:
    """Whether the group has the base to be compared with others."""
    return isinstance(result, hs.Estimate) and result.n >= definition.minimum_base


def in_order(by: Sequence[str], group: Group, result: hs.Result, ranked: bool, better: str) -> tuple[object, ...]:
    """Sort key: by time where there is time; then ranked before unranked, the worst (or most) first; then by base."""
    times = tuple(group[place] or "" for place, one in enumerate(by) if one in TIMES)
    worst = 0.0
    if ranked and isinstance(result, hs.Estimate):
        worst = result.estimate if better == "higher" else -result.estimate
    return (*times, not ranked, worst, -result.n, tuple(value or "" for value in group))


def written(definition: MetricDefinition, value: float) -> str:
    """A figure in plain text, as exact as the metric is worth: an NPS with its sign, a share in per cent."""
    if definition.kind == "share":
        return f"{100 * value:.1f} %"
    sign = "+" if definition.kind == "nps" and value > 0 else ""
    return f"{sign}{value:,.{definition.decimals}f}"


def group_name(dimension: str, value: str | None) -> str:
    """A group as people read it: ids of stages and causes as words, a day as a date."""
    if value is None:
        return gettext("not known")
    if dimension in TIMES:
        return str(formats.date_format(date.fromisoformat(value)))
    if dimension.startswith("event:"):
        return gettext("yes") if value == "yes" else gettext("no")
    if dimension in NAMED_BY_ID:
        words = value.replace("_", " ").replace("-", " ")
        return words[:1].upper() + words[1:]
    return value
