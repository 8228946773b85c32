"""The one way from a definition to an estimate."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from headwater.base.refusals import NotFound
from headwater.metrics import queries, rules
from headwater.metrics.definitions import METRICS, MetricDefinition
from headwater.science import NoVerdict, Result


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One group: ``n`` is its base size, ``ranked`` whether that base is enough to be compared with others."""

    group: dict[str, str | None]
    result: Result
    n: int
    ranked: bool

    def as_json(self) -> dict[str, Any]:
        if isinstance(self.result, NoVerdict):
            empty = {"estimate": None, "low": None, "high": None}
            return {"group": self.group, **empty, "n": self.n, "no_verdict": rules.why_not(self.result)}
        result = self.result
        return {
            "group": self.group,
            "estimate": result.estimate,
            "low": result.low,
            "high": result.high,
            "n": self.n,
        }


@dataclass(frozen=True, slots=True)
class MetricAnswer:
    """A metric by group: in the order of time where there is time, else ranked groups first, the worst on top."""

    metric: str
    definition: MetricDefinition
    rows: tuple[MetricRow, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the stable shape for programs, in the metric's own unit."""
        return {
            "metric": self.metric,
            "definition": self.definition.as_json(),
            "rows": [row.as_json() for row in self.rows],
        }


def estimate(
    name: str,
    *,
    by: Sequence[str] = (),
    where: str | None = None,
    since: date | None = None,
    until: date | None = None,
) -> MetricAnswer:
    """Estimate a metric, by the dimensions named, over the signals that match, both days included.

    NPS answers are in -100…100, shares in 0…1, means on their scale; each row carries its 95 % interval. Raises
    ``Refused`` for an unknown metric, an unknown dimension, or a filter that cannot be read.
    """
    definition = definition_of(name)
    by = tuple(by)
    sums = queries.ask_cells(definition, by, where, since, until)
    found = zip(sums.groups, rules.results(definition, sums), rules.base_sizes(definition, sums), strict=True)
    judged = [(group, result, n, rules.is_ranked(definition, result)) for group, result, n in found]
    if not judged and not by:
        judged = [((), rules.nothing(definition), 0, False)]
    judged.sort(key=lambda row: rules.in_order(by, row[0], row[1], row[3], definition.better))
    rows = (MetricRow(dict(zip(by, group, strict=True)), result, n, ranked) for group, result, n, ranked in judged)
    return MetricAnswer(name, definition, tuple(rows))


def definition_of(name: str) -> MetricDefinition:
    """The definition of that name; refuses (404) one that does not exist and says which do."""
    definition = METRICS.get(name)
    if definition is None:
        message = _("There is no metric “%(name)s”. Choose from: %(names)s.")
        raise NotFound("metric_unknown", message % {"name": name, "names": ", ".join(METRICS)}, "metric")
    return definition
