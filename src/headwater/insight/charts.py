"""Insight's figures as charts: from answers to the builders of ``base.charts``."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from headwater.base.charts import Bin, Point, Row, histogram, share_bars, trend
from headwater.insight.causes import CauseFigures
from headwater.insight.happened import SHOWN_AFTER, SHOWN_BEFORE
from headwater.insight.selection import Selection
from headwater.record.questions import LagRow
from headwater.science.results import Estimate, Result

Spec = dict[str, Any]
BARS = 20


def cause_shares(rows: Sequence[CauseFigures], selection: Selection) -> Spec:
    """Each cause's share of all negative signals, with its interval."""
    bars = [
        Row(row.cause.name, *_bounds(row.share), n=row.negatives, href=f"/causes/{row.cause.id}{selection.query()}")
        for row in rows
    ]
    return share_bars(bars[:BARS], description=_("Share of all negative signals that name each cause"))


def cause_trend(figures: CauseFigures) -> Spec | None:
    """One cause's share of all negative signals over time; None where there is no course of time to show."""
    if len(figures.trend) < 2:
        return None
    points = [Point(point.start, *_bounds(point.share), n=point.total) for point in figures.trend]
    description = _("“%s”: share of all negative signals over time") % figures.cause.name
    return trend(points, unit="share", description=description, meaning="harm")


def cause_lags(rows: Sequence[LagRow]) -> Spec | None:
    """Contacts by weeks from a cause's event, before and after it; None where there are none."""
    if not rows:
        return None
    counts = dict.fromkeys(range(-SHOWN_BEFORE, SHOWN_AFTER, 7), 0)
    for row in rows:
        start = row.lag // 7 * 7
        if start in counts:
            counts[start] += row.n
    bins = [Bin(start, start + 7, n) for start, n in counts.items()]
    description = _("Contacts by days from the event")
    return histogram(bins, description=description, heading=_("Days from the event"), meaning="harm")


def _bounds(result: Result) -> tuple[float | None, float | None, float | None]:
    if isinstance(result, Estimate):
        return result.estimate, result.low, result.high
    return None, None, None
