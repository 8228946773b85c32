"""A metric as answered beside the same metric weighted to the customer base.

Who the customers are is known to a room above, which offers the weighting; the metric's page, the API and the command
ask for it here.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypedDict

from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from headwater.base.refusals import Refused
from headwater.metrics.estimates import MetricAnswer
from headwater.metrics.rules import why_not
from headwater.record.filters import Filter
from headwater.science.results import Estimate, Result

_offered: list[str] = []


class Chosen(TypedDict):
    """Which signals a figure is about; both days are included."""

    where: str | Filter | None
    since: date | None
    until: date | None


@dataclass(frozen=True, slots=True)
class WeightedFigure:
    """The whole (``value`` None) or one group: as answered, and with the weights of the whole.

    ``effective_n`` answers of a plain sample would know as much as the ``n`` weighted ones; ``design_effect`` is
    n / effective n. Both are not a number where nothing could be weighted.
    """

    value: str | None
    raw: Result
    weighted: Result
    n: int
    effective_n: float
    design_effect: float

    def as_json(self) -> dict[str, Any]:
        """The weighted figure, in the metric's own unit."""
        found = self.weighted
        ends = {name: getattr(found, name, None) for name in ("estimate", "low", "high")}
        cost = {name: getattr(self, name) for name in ("effective_n", "design_effect")}
        whole = {name: value if math.isfinite(value) else None for name, value in cost.items()}
        why = {} if isinstance(found, Estimate) else {"no_verdict": why_not(found)}
        return {**ends, "n": self.n, **whole, **why}


@dataclass(frozen=True, slots=True)
class Weighted:
    """A metric weighted by ``attributes`` of the customers; ``shift`` is weighted less raw. ``sentence``, ``warnings``
    and ``assumption`` say it in words."""

    metric: str
    by: str
    attributes: tuple[str, ...]
    whole: WeightedFigure
    shift: Result
    groups: tuple[WeightedFigure, ...]
    sentence: str
    warnings: tuple[str, ...]
    assumption: str

    def group(self, value: str | None) -> WeightedFigure | None:
        """One group's figures."""
        return next((one for one in self.groups if one.value == value), None)


def offer_weighting(dotted: str) -> None:
    """Let a room above weight metrics: ``function(metric, by, *, where, since, until) -> Weighted``, by dotted name."""
    _offered[:] = [dotted]


def weighted(
    metric: str,
    by: tuple[str, ...] = (),
    *,
    where: str | Filter | None = None,
    since: date | None = None,
    until: date | None = None,
) -> Weighted:
    """A metric, and its groups by one dimension, weighted to the customer base. Refuses more than one dimension."""
    if len(by) > 1:
        message = _("Weighted figures are given by one dimension at a time, not by %s.")
        raise Refused("dimensions", message % ", ".join(by), "by")
    if not _offered:
        raise Refused("weights_unknown", _("Nothing in this installation knows the customer base."), "weights")
    offered: Callable[..., Weighted] = import_string(_offered[0])
    return offered(metric, by[0] if by else "", where=where, since=since, until=until)


def beside(answer: MetricAnswer, found: Weighted) -> dict[str, Any]:
    """An answer for programs, with the weighted figure beside each row and what the weights do to the whole."""
    plain = answer.as_json()
    figures = [found.group(row.group[found.by]) if found.by else found.whole for row in answer.rows]
    rows = [
        {**row, "weighted": figure.as_json()} if figure else row
        for row, figure in zip(plain["rows"], figures, strict=True)
    ]
    shift = found.shift
    ends = {name: getattr(shift, name, None) for name in ("estimate", "low", "high")}
    weights = {
        "attributes": list(found.attributes),
        "sentence": found.sentence,
        "shift": {**ends, "n": shift.n, "why_not": "" if isinstance(shift, Estimate) else why_not(shift)},
        "warnings": list(found.warnings),
        "assumption": found.assumption,
    }
    return {**plain, "rows": rows, "weights": weights}
