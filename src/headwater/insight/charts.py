"""Insight's figures as charts: from answers to the builders of ``base.charts``."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from headwater.base.charts import Bin, Point, Row, histogram, share_bars, trend
from headwater.insight.causes import CauseFigures
from headwater.insight.selection import Selection
from headwater.insight.windows import Window
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


def cause_lags(window: Window) -> Spec:
    """Contacts by weeks from a cause's event, before and after it, for each thousand events at risk."""
    lags, bins = window.counts.lags, []
    for start in range(int(lags[0]), int(lags[-1]), 7):
        week = (lags >= start) & (lags < start + 7)
        at_risk = float(window.counts.at_risk[week].sum(axis=1).mean())
        bins.append(Bin(start, start + 7, round(1000 * float(window.counts.outcomes[week].sum()) / max(at_risk, 1), 1)))
    description = _("Contacts for each thousand events, by days from the event")
    return histogram(bins, description=description, heading=_("Days from the event"), meaning="harm")


def _bounds(result: Result) -> tuple[float | None, float | None, float | None]:
    if isinstance(result, Estimate):
        return result.estimate, result.low, result.high
    return None, None, None
