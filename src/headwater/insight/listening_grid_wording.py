"""What the listening grid says, as a department manager would say it."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from headwater.base.figures import measure
from headwater.insight.listening_grid import Grid, NextData
from headwater.metrics.definitions import MetricDefinition
from headwater.metrics.queries import unit_of


def ear_name(ear: str) -> str:
    """What an ear of the grid is called."""
    return {
        "asked": _("Asked"),
        "volunteered": _("Volunteered"),
        "happened": _("Happened"),
        "front_line": _("Told by the front line"),
    }[ear]


def ear_note(ear: str) -> str:
    """Which signals come through an ear."""
    return {
        "asked": _("surveys"),
        "volunteered": _("contacts, reviews, social posts"),
        "happened": _("events"),
        "front_line": _("what agents and colleagues wrote"),
    }[ear]


def grid_sentence(found: Grid) -> str:
    """The page's first sentence: how many blind spots, and the best data to get next."""
    if not found.customers:
        return _("Nothing has arrived yet, so nobody is heard at any stage.")
    blind = len(found.blind)
    places = sum(len(row.cells) for row in found.rows)
    if not blind:
        first = _("Every stage is heard through every ear.")
    else:
        message = ngettext(
            "At %(n)s of %(places)s places nobody listens.", "At %(n)s of %(places)s places nobody listens.", blind
        )
        first = message % {"n": measure(blind, "count"), "places": measure(places, "count")}
    if not found.suggestions:
        return first
    return f"{first} {suggestion_sentence(found.suggestions[0], found.metric)}"


def suggestion_sentence(one: NextData, metric: MetricDefinition) -> str:
    """What more answers at a stage would do."""
    values = {
        "more": measure(one.more, "count"),
        "stage": one.stage.name,
        "metric": metric.title,
        "before": width(one.before, metric) if one.before is not None else "",
        "after": width(one.after, metric),
    }
    if one.before is None:
        return _("%(more)s answers at “%(stage)s” would give its %(metric)s to ±%(after)s.") % values
    return (
        _("%(more)s more answers at “%(stage)s” would narrow its %(metric)s from ±%(before)s to ±%(after)s.") % values
    )


def width(half: float, metric: MetricDefinition) -> str:
    """Half an interval, in the metric's unit; of a share in percentage points."""
    if unit_of(metric) == "share":
        return points(half)
    return measure(half, unit_of(metric)).lstrip("+")


def points(half: float) -> str:
    """Half an interval of a share, in percentage points."""
    value = 100 * half
    return measure(round(value, 1) if value < 10 else round(value), "")
