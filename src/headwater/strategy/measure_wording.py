"""What measures say, as sentences and names that a department manager would use."""

from collections.abc import Iterable

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from headwater.base.figures import interval
from headwater.base.figures import measure as figure_text
from headwater.metrics.definitions import METRICS
from headwater.strategy.measures import MeasureView
from headwater.strategy.models import Measure, Reading


def sentence(views: Iterable[MeasureView]) -> str:
    """What the list of measures says first."""
    views = list(views)
    if not views:
        return _("Nothing is measured yet.")
    codes = [view.standing.code for view in views if view.path is not None]
    if not codes:
        text = ngettext(
            "%d measure is kept; none has a path to a target yet.",
            "%d measures are kept; none has a path to a target yet.",
            len(views),
        )
        return text % len(views)
    on, off, without = codes.count("on_path"), codes.count("off_path"), len(views) - len(codes)
    unsure = len(codes) - on - off
    text = _("%(on)d of %(all)d measures are on their path") if on else _("None of %(all)d measures is on its path yet")
    said = text % {"on": on, "all": len(views)}
    if off:
        said += ", " + ngettext("%d is off it", "%d are off it", off) % off
    if unsure:
        said += ", " + ngettext("%d cannot tell yet", "%d cannot tell yet", unsure) % unsure
    if without:
        said += ", " + ngettext("%d has none yet", "%d have none yet", without) % without
    return f"{said}."


def measure_sentence(view: MeasureView) -> str:
    """What a measure's own page says first: its last figure, and whether it is on its path."""
    latest, name = view.latest, view.measure.name
    if latest is None:
        return _("“%s” has no reading yet.") % name
    values = {
        "name": name,
        "value": figure_with_unit(view, latest.value),
        "expected": figure_text(view.standing.expected, view.unit),
    }
    return {
        "on_path": _("“%(name)s” is on its path: %(value)s, where the path asks for %(expected)s."),
        "off_path": _("“%(name)s” is off its path: %(value)s, where the path asks for %(expected)s."),
        "cannot_tell": _(
            "“%(name)s” is at %(value)s; its interval holds the path’s %(expected)s, so nobody can tell yet."
        ),
        "no_interval": _(
            "“%(name)s” is at %(value)s, where the path asks for %(expected)s; without an interval nobody can tell."
        ),
        "no_path": _("“%(name)s” is at %(value)s; it has no path to a target to be compared with yet."),
        "no_reading": _("“%(name)s” has no reading yet."),
    }[view.standing.code] % values


def reading_note(view: MeasureView) -> str:
    """The period, interval and base behind the first sentence."""
    latest = view.latest
    if latest is None:
        return ""
    parts = [period_name(view.measure, latest)]
    if latest.low is not None:
        parts.append(_("95 %% interval %s") % interval(latest.low, latest.high, view.unit))
    if latest.n is not None:
        parts.append(f"n = {figure_text(latest.n, 'count')}")
    return " · ".join(parts)


def standings() -> list[tuple[str, str]]:
    """What a list of measures can be narrowed down to: code and name of each standing."""
    return [
        ("on_path", _("On path")),
        ("off_path", _("Off path")),
        ("cannot_tell", _("Cannot tell yet")),
        ("no_path", _("No path")),
    ]


def period_name(measure: Measure, reading: Reading) -> str:
    """``October 2026``, or the week's first and last day."""
    if measure.every == Measure.Every.MONTH:
        return str(date_format(reading.period, "YEAR_MONTH_FORMAT"))
    return f"{date_format(reading.period, 'SHORT_DATE_FORMAT')} – {date_format(reading.until, 'SHORT_DATE_FORMAT')}"


def figure_with_unit(view: MeasureView, value: float | None) -> str:
    """A figure as a sentence says it: with the unit that people call it by."""
    text = figure_text(value, view.unit)
    named = unit_name(view)
    return f"{text} {named}" if named and view.unit not in ("share", "%") else text


def unit_name(view: MeasureView) -> str:
    """What the unit is called: what people wrote, else that of the metric."""
    if view.measure.unit:
        return view.measure.unit
    metric = METRICS.get(view.definition.metric)
    return str(metric.unit) if metric and not view.definition.is_rate else ""
