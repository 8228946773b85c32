"""The pictures of a survey's results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from headwater.base import charts
from headwater.metrics.queries import unit_of
from headwater.metrics.rules import group_name
from headwater.science.results import Estimate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from headwater.listening.surveys.results import QuestionResults, ScoreResult
    from headwater.listening.surveys.results_choices import ChoiceSegment, ChoiceShare
    from headwater.listening.surveys.results_segments import Segments, Trend

ADJUSTED_WIDTH = 0.5


def spread(one: ScoreResult) -> dict[str, Any] | None:
    """How many answered with each point of the scale, as it was asked."""
    if not one.n:
        return None
    given = as_asked(one)
    low, high = one.of.question.bounds
    bins = [
        charts.Bin(point - ADJUSTED_WIDTH, point + ADJUSTED_WIDTH, given.get(point, 0))
        for point in range(low, high + 1)
    ]
    drawn = charts.histogram(bins, description=_("Answers by score: %s") % one.text)
    points = [(str(point), given.get(point, 0)) for point in range(low, high + 1)]
    values = [
        {**value, "tooltip": f"{name}: {n}"} for value, (name, n) in zip(drawn["data"]["values"], points, strict=True)
    ]
    table = {"columns": [_("Score"), _("Answers")], "rows": [[name, str(n)] for name, n in points]}
    return {**drawn, "data": {"values": values}, "usermeta": {"figures": table}}


def as_asked(one: ScoreResult) -> dict[int, int]:
    """Answers by point of the question's own scale: the record keeps scores on the metric's."""
    low, high = one.of.question.bounds
    own_low, own_high = one.of.definition.scale_low or 0.0, one.of.definition.scale_high or 1.0
    stretch = (high - low) / (own_high - own_low)
    return {round(low + (score - own_low) * stretch): n for score, n in one.spread}


def options(one: QuestionResults) -> dict[str, Any] | None:
    """The options by the share of those who answered that chose them."""
    rows = [
        charts.Row(option.text, option.share.estimate, option.share.low, option.share.high, option.n)
        for option in one.options
        if isinstance(option.share, Estimate)
    ]
    if not rows:
        return None
    return charts.share_bars(
        rows, description=_("Share of those who answered that chose each: %s") % one.text, meaning="customer",
        heading=_("Option"),
    )  # fmt: skip


def matrix(one: QuestionResults, hrefs: Mapping[str, str]) -> dict[str, Any] | None:
    """The rows of a matrix ranked, with their intervals."""
    rows = [
        charts.Row(
            score.text,
            score.result.estimate,
            score.result.low,
            score.result.high,
            score.n,
            score.n >= score.of.definition.minimum_base,
            hrefs.get(score.of.key, ""),
        )
        for score in one.scores
        if isinstance(score.result, Estimate)
    ]
    if not rows:
        return None
    unit = unit_of(one.scores[0].of.definition)
    return charts.interval_rank(rows, unit=unit, description=_("Rows ranked: %s") % one.text, heading=_("Row"))


def segments(found: Segments, heading: str, names: Mapping[str, str]) -> dict[str, Any] | None:
    """Each segment with its interval, in order."""
    unit = unit_of(found.compared.definition)
    rows = [
        charts.Row(
            names.get(group.value or "") or group_name(found.by, group.value),
            group.result.estimate,
            group.result.low,
            group.result.high,
            group.n,
            group.ranked,
        )
        for group in found.compared.groups
        if isinstance(group.result, Estimate)
    ]
    if not rows:
        return None
    return charts.interval_rank(rows, unit=unit, description=_("By segment, with 95 % intervals"), heading=heading)


def choice_segments(rows: Sequence[tuple[str, ChoiceSegment, ChoiceShare]], heading: str) -> dict[str, Any] | None:
    """Which share of each segment chose one option, with its interval."""
    shown = [
        charts.Row(name, one.share.estimate, one.share.low, one.share.high, group.n, group.compared)
        for name, group, one in rows
        if isinstance(one.share, Estimate)
    ]
    if not shown:
        return None
    shown.sort(key=lambda row: row.estimate or 0.0, reverse=True)
    return charts.interval_rank(
        shown, unit="share", description=_("By segment, with 95 % intervals"), heading=heading
    )  # fmt: skip


def over_time(found: Trend, unit: str) -> dict[str, Any] | None:
    """The score over time; where the wording changed the line stops, a rule stands, and it begins again."""
    points: list[charts.Point] = []
    last = None
    changed = dict(found.breaks)
    for point in found.points:
        if last is not None and point.wording != last.wording:
            points.append(charts.Point(_between(last.start, point.start, changed), None))
        if isinstance(point.result, Estimate):
            points.append(
                charts.Point(point.start, point.result.estimate, point.result.low, point.result.high, point.n)
            )
        last = point
    if len(found.points) < 2:
        return None
    drawn = charts.trend(points, unit=unit, description=_("The score over time"))
    return _with_breaks(drawn, found, unit)


def _between(first: Any, second: Any, changed: Mapping[Any, int]) -> Any:
    """The day of the change between two points; the later point's day where a period holds both."""
    return next((day for day in changed if first <= day <= second), second)


def _with_breaks(drawn: dict[str, Any], found: Trend, unit: str) -> dict[str, Any]:
    """Rules where the wording changed, each with the version that brought it."""
    days = {point.start for point in found.points}
    shown = [
        {"at": day.isoformat(), "text": _("new wording (version %s)") % version, "estimate": 0}
        for day, version in found.breaks
        if min(days) <= day <= max(days)
    ]
    if not shown:
        return drawn
    x = {"field": "at", "type": "temporal"}
    rule = {"data": {"values": shown}, "mark": {"type": "rule", "style": "reference"}, "encoding": {"x": x}}
    name = {
        "data": {"values": shown},
        "mark": {"type": "text", "style": "words", "align": "left", "dx": 5, "y": 8},
        "encoding": {"x": x, "text": {"field": "text", "type": "nominal"}},
    }
    figures = drawn["usermeta"]["figures"]
    rows = [*figures["rows"], *([row["at"], row["text"], *[""] * (len(figures["columns"]) - 2)] for row in shown)]
    return {**drawn, "layer": [rule, *drawn["layer"], name], "usermeta": {"figures": {**figures, "rows": rows}}}
