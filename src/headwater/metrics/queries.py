"""What the metrics pages read: figures with their sentence, chart and table."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _

from headwater.base import charts, figures
from headwater.base.charts.frame import Meaning
from headwater.base.refusals import Refused
from headwater.metrics import rules
from headwater.metrics.comparisons import (
    COMPARED,
    Change,
    Compared,
    GroupComparison,
    change,
    compare_groups,
    period_before,
)
from headwater.metrics.definitions import METRICS, MetricDefinition
from headwater.metrics.estimates import MetricAnswer, MetricRow, definition_of, estimate
from headwater.metrics.weighting import Weighted, WeightedFigure, weighted
from headwater.record.filters import FilterError, equals, every, parse
from headwater.science import Estimate

MAX_DRAWN = 40


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person chose; empty fields do not narrow."""

    by: str = ""
    where: str = ""
    since: date | None = None
    until: date | None = None
    weights: str = ""
    """``base``: beside each figure the one weighted to the customer base."""

    @property
    def days(self) -> str:
        """The period as its chip says it; empty for the whole record."""
        first, last = (
            formats.date_format(day, "SHORT_DATE_FORMAT") if day else "…" for day in (self.since, self.until)
        )
        return f"{first} – {last}" if self.since or self.until else ""

    @property
    def selection(self) -> str:
        """The query string of the same signals on another page: filter and period, no groups."""
        return self.query(by="", weights="")

    def query(self, **changed: str) -> str:
        """The choice as a query string, without the question mark."""
        parts = {
            "by": self.by,
            "where": self.where,
            "since": self.since.isoformat() if self.since else "",
            "until": self.until.isoformat() if self.until else "",
            "weights": self.weights,
            **changed,
        }
        return urlencode({name: value for name, value in parts.items() if value})


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table: numbers for drawing, ``why_not`` where there are none."""

    name: str
    href: str
    estimate: float | None
    low: float | None
    high: float | None
    n: int
    ranked: bool
    why_not: str
    method: str
    against: GroupComparison | None = None
    """The same group against everybody else, where groups are compared."""
    weighted: WeightedFigure | None = None
    """The same group weighted to the customer base, where that was asked for."""


@dataclass(frozen=True, slots=True)
class MetricPage:
    """A metric as its page shows it; a chart that has nothing to draw is ``None``."""

    definition: MetricDefinition
    unit: str
    sentence: str
    overall: Line
    lines: tuple[Line, ...]
    ends: tuple[float, float]
    groups: dict[str, Any] | None
    trend: dict[str, Any] | None
    compared: Compared | None = None
    change: Change | None = None
    weighted: Weighted | None = None

    @property
    def compared_sentence(self) -> str:
        """What the comparison of the groups found."""
        return compared_sentence(self.compared) if self.compared else ""

    @property
    def change_sentence(self) -> str:
        """Whether the last period differs from the one before."""
        return change_sentence(self.definition, self.change) if self.change else ""

    @property
    def meaning(self) -> str:
        """The colour's meaning: harm where less is better."""
        return meaning_of(self.definition)

    @property
    def note(self) -> str:
        """What stands behind the sentence."""
        if self.overall.estimate is None:
            return ""
        return _("95 %% interval; %(base)s") % {"base": figures.base_size(self.overall.n)}

    @property
    def unranked_note(self) -> str:
        if all(line.ranked for line in self.lines):
            return ""
        message = _("Groups with fewer than %(base)d answers are shown, but not ranked.")
        return message % {"base": self.definition.minimum_base}


def overview_sentence(pages: Sequence[MetricPage]) -> str:
    """What the list of metrics found: the first two that people answered, else what to do."""
    answered = [page for page in pages if page.definition.scored and page.overall.estimate is not None]
    if not answered:
        return _("No score has arrived yet; load a file of survey answers or ratings.")
    said = [
        _("%(metric)s is %(figure)s")
        % {"metric": page.definition.title, "figure": _figure(page.definition, page.overall)}
        for page in answered[:2]
    ]
    return f"{'; '.join(said)}."


def metrics_overview() -> list[MetricPage]:
    """Every metric over the whole record, without charts."""
    pages = []
    for definition in METRICS.values():
        overall = _line(definition, Asked(), estimate(definition.name).rows[0])
        ends = _ends(definition, [overall])
        sentence = sentence_of(definition, overall, [])
        pages.append(MetricPage(definition, unit_of(definition), sentence, overall, (), ends, None, None))
    return pages


def metric_page(name: str, asked: Asked) -> MetricPage:
    """One metric by the dimension asked for, and over time. Refuses as :func:`estimate` does."""
    definition = definition_of(name)
    overall = _line(definition, asked, _ask(definition, asked, ()).rows[0])
    by_time = asked.by if asked.by in rules.TIMES else "month"
    grouped = asked.by and asked.by != by_time
    rows = _ask(definition, asked, (asked.by,)).rows if grouped else ()
    values = [row.group[asked.by] for row in rows]
    lines = [_line(definition, asked, row) for row in rows]
    periods = _ask(definition, asked, (by_time,))
    compared = _compared(definition, asked) if lines else None
    by_value = {one.value: one for one in compared.groups} if compared else {}
    weights = _weights(definition, asked, asked.by if grouped else "")
    lines = [
        replace(line, against=by_value.get(value), weighted=weights.group(value) if weights else None)
        for line, value in zip(lines, values, strict=True)
    ]
    return MetricPage(
        definition,
        unit_of(definition),
        weights.sentence if weights else sentence_of(definition, overall, lines),
        overall,
        tuple(lines),
        _ends(definition, lines or [overall]),
        _groups(definition, asked, lines),
        _trend(definition, periods, by_time),
        compared,
        _change(definition, asked, periods, by_time),
        weights,
    )


def _weights(definition: MetricDefinition, asked: Asked, by: str) -> Weighted | None:
    """The same weighted to the customer base, where the address says so."""
    if not asked.weights:
        return None
    chosen = (by,) if by else ()
    return weighted(definition.name, chosen, where=asked.where, since=asked.since, until=asked.until)


def _compared(definition: MetricDefinition, asked: Asked) -> Compared | None:
    """Each group against the rest; None for a metric that has no rest, and for more groups than can be compared."""
    if definition.kind not in COMPARED:
        return None
    try:
        return compare_groups(definition.name, asked.by, where=asked.where, since=asked.since, until=asked.until)
    except Refused as refused:
        if refused.code != "too_many_groups":
            raise
        return None


def _change(definition: MetricDefinition, asked: Asked, periods: MetricAnswer, by_time: str) -> Change | None:
    """The days chosen against as many before; without days, the last period against the one before it."""
    if definition.kind not in COMPARED:
        return None
    if asked.since and asked.until:
        earlier = period_before(asked.since, asked.until)
        if earlier is None:
            return None
        since, until = earlier
        then, now = (
            _ask(definition, replace(asked, since=first, until=last), ()).rows[0].result
            for first, last in ((since, until), (asked.since, asked.until))
        )
        return change(now, then, (asked.since, asked.until), (since, until))
    known = [row for row in periods.rows if row.group[by_time]]
    if len(known) < 2:
        return None
    first, last = (date.fromisoformat(row.group[by_time] or "") for row in known[-2:])
    return change(known[-1].result, known[-2].result, (last, last), (first, first))


def compared_sentence(compared: Compared) -> str:
    """How many groups differ from the rest, and how far down the list the best could be."""
    ranked, first = compared.ranked, compared.could_be_first
    if len(ranked) < 2:
        return _("Too few groups are large enough to be compared.")
    tested = _("%(found)d of %(n)d groups differ from the rest by more than chance could make.") % {
        "found": len(compared.found),
        "n": len(ranked),
    }
    if len(first) == 1:
        name = rules.group_name(compared.by, first[0].value)
        return f"{tested} {_('“%s” is first beyond doubt.') % name}"
    return f"{tested} {_('Any of the first %d could be first.') % max(one.rank.place for one in first if one.rank)}"


def change_sentence(definition: MetricDefinition, changed: Change) -> str:
    """The difference between the two periods in words, with its interval."""
    before = formats.date_format(changed.days_before[0])
    if not isinstance(changed.difference, Estimate):
        return _("Against the period from %(before)s: %(why)s") % {
            "before": before,
            "why": rules.why_not(changed.difference),
        }
    gap, unit = changed.difference, unit_of(definition)
    words = {
        "up": _("Up on the period from %(before)s by %(gap)s (%(range)s)."),
        "down": _("Down on the period from %(before)s by %(gap)s (%(range)s)."),
        "": _("Not different from the period from %(before)s beyond doubt: %(gap)s (%(range)s)."),
    }[changed.direction]
    scale, unit = (100, "") if unit == "share" else (1, "" if unit == "nps" else unit)
    sign = -1 if changed.direction == "down" else 1
    low, high = sorted((sign * scale * gap.low, sign * scale * gap.high))
    said = figures.measure(sign * scale * gap.estimate, unit)
    points = _("%s points") % said if not unit else said
    return words % {"before": before, "gap": points, "range": figures.interval(low, high, unit)}


def meaning_of(definition: MetricDefinition) -> Meaning:
    """Harm is drawn in its own colour, what customers say in theirs."""
    return "harm" if definition.name in ("share_negative", "contact_rate") else "customer"


def unit_of(definition: MetricDefinition) -> str:
    """The unit in which :mod:`headwater.base.figures` writes this metric."""
    return {"nps": "nps", "share": "share", "count": "count"}.get(definition.kind, "rating")


def sentence_of(definition: MetricDefinition, overall: Line, lines: Sequence[Line]) -> str:
    """What the page found, as one would say it."""
    if overall.estimate is None:
        return _("%(metric)s: %(reason)s") % {"metric": definition.title, "reason": overall.why_not}
    whole = _("%(metric)s is %(figure)s") % {"metric": definition.title, "figure": _figure(definition, overall)}
    ranked = [line for line in lines if line.ranked]
    if len(ranked) < 2 or definition.kind == "count":
        return f"{whole}."
    worst, best = ranked[0], ranked[-1]
    apart = worst.high < best.low if definition.better == "higher" else worst.low > best.high  # type: ignore[operator]
    if not apart:
        return _("%(whole)s; the groups cannot be told apart.") % {"whole": whole}
    return _("%(whole)s, from %(worst)s for “%(worst_name)s” to %(best)s for “%(best_name)s”.") % {
        "whole": whole,
        "worst": figures.measure(worst.estimate, unit_of(definition)),
        "worst_name": worst.name,
        "best": figures.measure(best.estimate, unit_of(definition)),
        "best_name": best.name,
    }


def _figure(definition: MetricDefinition, line: Line) -> str:
    unit = unit_of(definition)
    return f"{figures.measure(line.estimate, unit)} ({figures.interval(line.low, line.high, unit)})"


def _ask(definition: MetricDefinition, asked: Asked, by: tuple[str, ...]) -> MetricAnswer:
    return estimate(definition.name, by=by, where=asked.where, since=asked.since, until=asked.until)


def _line(definition: MetricDefinition, asked: Asked, row: MetricRow) -> Line:
    (dimension, value), *_others = row.group.items() or [("", None)]
    name = rules.group_name(dimension, value) if dimension else _("All")
    href = _narrowed(definition, asked, dimension, value) if dimension else ""
    if isinstance(row.result, Estimate):
        result = row.result
        return Line(name, href, result.estimate, result.low, result.high, row.n, row.ranked, "", result.method)
    return Line(name, href, None, None, None, row.n, False, rules.why_not(row.result), "")


def _narrowed(definition: MetricDefinition, asked: Asked, dimension: str, value: str | None) -> str:
    """The address of the same metric for this group alone; none for what the filter grammar cannot name."""
    try:
        chosen = every(parse(asked.where) if asked.where.strip() else None, equals(dimension, value))
    except FilterError:
        return ""
    return f"{reverse('metric', args=[definition.name])}?{asked.query(by='', where=str(chosen))}"


def _ends(definition: MetricDefinition, lines: Sequence[Line]) -> tuple[float, float]:
    """The scale of the whiskers: the whole of the metric's, or from nothing to the highest bound."""
    highest = definition.highest
    if highest is None:
        highest = max((line.high for line in lines if line.high is not None), default=1.0) or 1.0
    return definition.lowest, highest


def _groups(definition: MetricDefinition, asked: Asked, lines: Sequence[Line]) -> dict[str, Any] | None:
    drawn = [
        charts.Row(line.name, line.estimate, line.low, line.high, line.n, line.ranked, line.href)
        for line in lines[:MAX_DRAWN]
        if line.estimate is not None
    ]
    if not drawn:
        return None
    description = _("%(metric)s by %(dimension)s, with 95 %% intervals") % {
        "metric": definition.title,
        "dimension": asked.by,
    }
    return charts.interval_rank(
        drawn,
        unit=unit_of(definition),
        description=description,
        heading=asked.by,
        meaning=meaning_of(definition),
        ascending=definition.better == "higher",
    )


def _trend(definition: MetricDefinition, periods: MetricAnswer, by_time: str) -> dict[str, Any] | None:
    points = [
        charts.Point(date.fromisoformat(start), row.result.estimate, row.result.low, row.result.high, row.n)
        for row in periods.rows
        if (start := row.group[by_time]) and isinstance(row.result, Estimate)
    ]
    if len(points) < 2:
        return None
    description = _("%(metric)s over time, with 95 %% intervals") % {"metric": definition.title}
    return charts.trend(
        points,
        unit=unit_of(definition),
        description=description,
        meaning=meaning_of(definition),
    )
