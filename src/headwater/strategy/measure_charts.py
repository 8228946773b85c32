"""Readings against the path, drawn: large on a measure's page, small in the list."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from headwater.base import charts
from headwater.base.charts import Point, Spec
from headwater.strategy.measure_wording import figure_with_unit
from headwater.strategy.measures import MeasureView
from headwater.strategy.models import Reading
from headwater.strategy.periods import Period

WIDTH, HEIGHT, EDGE = 160.0, 44.0, 4.0


@dataclass(frozen=True, slots=True)
class Spark:
    """A small picture: points of SVG polylines and polygons in a box of ``WIDTH`` by ``HEIGHT``."""

    line: str
    band: str
    path: str
    last: tuple[str, str]


def chart(view: MeasureView, *, height: float = 260) -> Spec | None:
    """The readings with their intervals against the path; None before the first reading."""
    points = [_point(reading) for reading in view.readings]
    if not points:
        return None
    path = view.path
    description = _("Readings of “%(name)s” with their intervals") % {"name": view.measure.name}
    if path is not None:
        description += _(", against the path to %(target)s on %(date)s") % {
            "target": figure_with_unit(view, path.target),
            "date": path.end.isoformat(),
        }
    return charts.trend(
        points,
        description=description,
        unit=view.unit,
        height=height,
        path=[Point(day, value) for day, value in path.corners()] if path else (),
    )


def spark(view: MeasureView) -> Spark | None:
    """The readings in small; None with fewer than two figures."""
    known = [reading for reading in view.readings if reading.value is not None]
    if len(known) < 2:
        return None
    path = view.path.corners() if view.path else []
    days = [_middle(reading) for reading in known]
    ends = [end for reading in known for end in (reading.value, reading.low, reading.high) if end is not None]
    ends += [value for _day, value in path]
    first, last = min([*days, *(day for day, _ in path)]), max([*days, *(day for day, _ in path)])
    low, high = min(ends), max(ends)

    def at(day: date, value: float) -> tuple[str, str]:
        across = EDGE + (WIDTH - 2 * EDGE) * ((day - first).days / max((last - first).days, 1))
        up = (value - low) / (high - low) if high > low else 0.5
        return f"{across:.1f}", f"{HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * up:.1f}"

    def joined(points: list[tuple[date, float]]) -> str:
        return " ".join(",".join(at(day, value)) for day, value in points)

    banded = [(day, one) for day, one in zip(days, known, strict=True) if one.low is not None and one.high is not None]
    above = [(day, one.high) for day, one in banded if one.high is not None]
    below = [(day, one.low) for day, one in reversed(banded) if one.low is not None]
    values = [(day, one.value) for day, one in zip(days, known, strict=True) if one.value is not None]
    return Spark(joined(values), joined(above + below), joined(path), at(*values[-1]))


def _middle(reading: Reading) -> date:
    return Period(reading.period, reading.until).middle


def _point(reading: Reading) -> Point:
    return Point(_middle(reading), reading.value, reading.low, reading.high, reading.n)
