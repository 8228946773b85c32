"""The one way from a definition to an estimate."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from headwater.base.refusals import NotFound, Refused
from headwater.metrics import rules
from headwater.metrics.definitions import METRICS, MetricDefinition
from headwater.metrics.store import company_record
from headwater.record.filters import Among, Filter, FilterError, Term, every, parse
from headwater.record.questions import Sums, SumsRow
from headwater.record.views import UnknownDimension
from headwater.science import NoVerdict, Result

MAX_DIMENSIONS = 4
MAX_GROUPS = 2_000


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
    where: str | Filter | None = None,
    since: date | None = None,
    until: date | None = None,
    disclosed: bool = False,
) -> MetricAnswer:
    """Estimate a metric, by the dimensions named, over the signals that match, both days included.

    NPS answers are in -100…100, shares in 0…1, means on their scale; each row carries its 95 % interval. Raises
    ``Refused`` for an unknown metric, an unknown dimension, or a filter that cannot be read. ``disclosed``: what tells
    anonymous answers apart is known, to a caller who shows no small group of them.
    """
    definition = definition_of(name)
    by = tuple(by)
    sums = _ask(definition, by, where, since, until, disclosed=disclosed)
    if len(sums.groups) > MAX_GROUPS:
        raise _too_many(by)
    found = zip(sums.groups, rules.results(definition, sums), rules.base_sizes(definition, sums), strict=True)
    judged = [(group, result, n, rules.is_ranked(definition, result)) for group, result, n in found]
    if not judged and not by:
        judged = [((), rules.nothing(definition), 0, False)]
    judged.sort(key=lambda row: rules.in_order(by, row[0], row[1], row[3], definition.better))
    rows = (MetricRow(dict(zip(by, group, strict=True)), result, n, ranked) for group, result, n, ranked in judged)
    return MetricAnswer(name, definition, tuple(rows))


def signal_rate(
    counted: str | Filter | None,
    against: str | Filter,
    *,
    since: date | None = None,
    until: date | None = None,
) -> Result:
    """Signals that match ``counted`` per signal that matches ``against``, such as contacts per order; events count too.

    ``n`` is how many there are to count against. The interval is that of a ratio over customer buckets.
    """
    sums = []
    for field, filter_ in (("where", counted), ("denominator", against)):
        _check_text(field, str(filter_ or ""))
        array = np.zeros(rules.BUCKETS)
        for row in sums_of(Sums(("bucket",), read_filter(filter_), since, until)):
            array[int(row.group["bucket"] or 0)] += row.n
        sums.append(array)
    return rules.rate_of(sums[0], sums[1])


def definition_of(name: str) -> MetricDefinition:
    """The definition of that name; refuses (404) one that does not exist and says which do."""
    definition = METRICS.get(name)
    if definition is None:
        message = _("There is no metric “%(name)s”. Choose from: %(names)s.")
        raise NotFound("metric_unknown", message % {"name": name, "names": ", ".join(METRICS)}, "metric")
    return definition


def _ask(
    definition: MetricDefinition,
    by: tuple[str, ...],
    where: str | Filter | None,
    since: date | None,
    until: date | None,
    *,
    disclosed: bool,
) -> rules.Cells:
    """Sums of the metric's population by group and customer bucket. Refuses what cannot be asked."""
    check_asked(by, where, since, until)
    chosen = read_filter(where)
    population = every(population_of(definition), chosen)
    if definition.kind == "ratio":
        return _ask_rate(by, population, chosen, since, until)
    metric = definition.name if definition.scored else None
    # A count needs no buckets, and without them any day can be answered from the rollups.
    buckets = definition.kind != "count"
    question = Sums(by, population, since, until, metric, buckets=buckets, limit=MAX_GROUPS, disclosed=disclosed)
    return rules.cells(sums_of(question), by)


def check_asked(by: Sequence[str], where: str | Filter | None, since: date | None, until: date | None) -> None:
    """Refuse dimensions, words and periods that no answer could be about."""
    for field, text in [("by", ", ".join(by)), ("where", str(where or ""))]:
        _check_text(field, text)
    if len(by) > MAX_DIMENSIONS or len(set(by)) < len(by):
        message = _("Group by up to %(most)d different dimensions, not by %(given)s.")
        raise Refused("dimensions", message % {"most": MAX_DIMENSIONS, "given": ", ".join(by)}, "by")
    if "bucket" in by:
        message = _("Customer buckets are what intervals are computed from, not groups; choose another dimension.")
        raise Refused("dimension_unknown", message, "by")
    if since and until and since > until:
        message = _("The period ends on %(until)s, before it begins on %(since)s.")
        raise Refused("period_backwards", message % {"since": since, "until": until}, "until")


def _check_text(field: str, text: str) -> None:
    """A terminal may hand over bytes that are no text; no engine takes them."""
    try:
        text.encode()
    except UnicodeEncodeError:
        message = _("%(text)s is not text in UTF-8; write it again.") % {"text": ascii(text[:80])}
        raise Refused("bad_text", message, field) from None


def _ask_rate(
    by: tuple[str, ...], contacts: Filter | None, customers: Filter | None, since: date | None, until: date | None
) -> rules.Cells:
    shared = tuple(one for one in by if rules.describes_customers(one))
    limit = MAX_GROUPS * rules.BUCKETS
    return rules.rate_cells(
        sums_of(Sums((*by, "bucket"), contacts, since, until, limit=limit)),
        sums_of(Sums((*shared, "bucket"), customers, since, until, customers=True, limit=limit)),
        by,
        shared,
    )


def sums_of(question: Sums) -> tuple[SumsRow, ...]:
    """The rows of a grouped question; refuses an unknown dimension, and more groups than the question allows."""
    try:
        answer = company_record().ask(question)
    except UnknownDimension as error:
        raise Refused("dimension_unknown", str(error), "by") from error
    if not answer.complete:
        raise _too_many(question.by)
    return answer.rows


def _too_many(by: Sequence[str]) -> Refused:
    message = _("%(by)s makes more than %(most)d groups; add a filter or choose a coarser dimension.")
    return Refused("too_many_groups", message % {"by": ", ".join(by), "most": MAX_GROUPS}, "by")


def population_of(definition: MetricDefinition) -> Filter | None:
    """The kinds of signals that a metric is taken from."""
    return Filter(Among(Term("text", "kind"), definition.population)) if definition.population else None


def read_filter(where: str | Filter | None) -> Filter | None:
    """The filter that a person or program wrote; refuses one that cannot be read, saying where and why."""
    if isinstance(where, Filter):
        return where
    if where is None or not where.strip():
        return None
    try:
        return parse(where)
    except FilterError as error:
        raise Refused("bad_filter", str(error), "where") from error
