"""A trace as charts: from its figures to the builders of ``base.charts``."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.base.charts import Part, Point, Row, share_bars, stacked_bar, trend

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headwater.base.charts.frame import Meaning
    from headwater.strategy.tracing import Trace, TracedCause

Spec = dict[str, Any]
MEANINGS: Final[dict[str, Meaning]] = {"failure": "harm", "service": "waiting", "value": "customer", "unknown": "doubt"}
KINDS: Final = {
    "failure": gettext_lazy("Failed upstream"),
    "service": gettext_lazy("Service’s own failures"),
    "value": gettext_lazy("Wanted by customers"),
    "unknown": gettext_lazy("Cause not known"),
}


def kinds(trace: Trace) -> Spec | None:
    """The contacts by what they were about; None where the trace is about complaints."""
    parts = [Part(str(KINDS[one.kind]), one.n, MEANINGS[one.kind]) for one in trace.kinds if one.n]
    return stacked_bar(parts, description=_("Contacts by what they were about")) if parts else None


def cause_bars(causes: Sequence[TracedCause], query: str) -> Spec | None:
    """Each cause's share, with its interval."""
    rows = [
        Row(one.name, one.share.value, one.share.low, one.share.high, n=one.said, href=f"/causes/{one.id}{query}")
        for one in causes
        if one.share.value
    ]
    return share_bars(rows, description=_("Share by cause, with 95 % intervals")) if rows else None


def upstream_trend(trace: Trace) -> Spec | None:
    """The share that began upstream over time; None where there is no course of time to show."""
    if len(trace.trend) < 2:
        return None
    points = [
        Point(date.fromisoformat(one.start), one.share.value, one.share.low, one.share.high, n=one.n)
        for one in trace.trend
    ]
    about = _("Share of contacts that began upstream, over time")
    if trace.basis == "complaints":
        about = _("Share of complaints that name the largest cause, over time")
    return trend(points, unit="share", description=about, meaning="harm")
