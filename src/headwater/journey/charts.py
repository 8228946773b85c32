"""Pictures of this room that are no estimates: how often, by week."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.utils import formats
from django.utils.translation import gettext as _

from headwater.base import figures
from headwater.base.charts import Spec
from headwater.base.charts.frame import TOOLTIP, chart
from headwater.record.questions.patterns import Week


def by_week(weeks: Iterable[Week], since: date, until: date) -> Spec:
    """A bar for each week between two days, also for those without any."""
    counts = {one.week: one.n for one in weeks}
    first = since - timedelta(days=since.weekday())
    days = [first + timedelta(weeks=number) for number in range((until - first).days // 7 + 1)]
    said = [(formats.date_format(day), figures.measure(counts.get(day, 0), "count")) for day in days]
    values = [
        {
            "start": day.isoformat(),
            "end": (day + timedelta(days=7)).isoformat(),
            "n": counts.get(day, 0),
            "tooltip": _("Week of %(day)s: %(n)s") % {"day": name, "n": count},
        }
        for day, (name, count) in zip(days, said, strict=True)
    ]
    bars: Spec = {
        "mark": {"type": "rect", "style": "customer", "cornerRadius": 1.5, "xOffset": 1, "x2Offset": -1},
        "encoding": {
            "x": {"field": "start", "type": "temporal", "axis": {"title": None, "tickCount": 6, "labelOverlap": True}},
            "x2": {"field": "end"},
            "y": {"field": "n", "type": "quantitative", "axis": {"title": None, "tickCount": 3, "format": "d"}},
            "y2": {"datum": 0},
            "tooltip": TOOLTIP,
        },
    }
    return chart(
        _("How often, by week"), 110, values, [bars], ([_("Week of"), _("Count")], [list(row) for row in said])
    )
