"""The bar above a page that says, and changes, what the page is about."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.utils import formats
from django.utils.translation import gettext as _

from headwater.insight.selection import RANGES, Selection
from headwater.metrics.store import company_record
from headwater.record.filters import equals
from headwater.record.questions import FieldValues, Span

SEGMENT_DIMENSIONS = ("channel", "kind", "language", "source")
SEGMENT_VALUES = 8


@dataclass(frozen=True, slots=True)
class Choice:
    """A link that narrows or widens the page."""

    name: str
    href: str
    current: bool = False
    n: int | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """The values of one dimension to choose from."""

    title: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """What the template draws. ``kept``: what else the page's address says, which a new selection leaves as it is."""

    selection: Selection
    ranges: tuple[Choice, ...]
    segments: tuple[Segment, ...]
    days: str
    kept: tuple[tuple[str, str], ...] = ()

    @property
    def selected(self) -> bool:
        return bool(self.selection.query())

    @property
    def everything(self) -> str:
        """The address of the same page about the whole record."""
        return _address(Selection(), self.kept) or "?"


def bar(selection: Selection, kept: Sequence[tuple[str, str]] = ()) -> Bar:
    """Return the bar for a selection; ranges end at the newest signal, so that old data are not an empty page."""
    newest = company_record().ask(Span()).last_day
    ranges, segments = tuple(_ranges(selection, newest, kept)), tuple(_segments(selection, kept))
    return Bar(selection, ranges, segments, _days(selection), tuple(kept))


def _address(selection: Selection, kept: Sequence[tuple[str, str]]) -> str:
    query = selection.query()
    return f"{query}{'&' if query else '?'}{urlencode(kept)}" if kept else query


def _ranges(selection: Selection, newest: date | None, kept: Sequence[tuple[str, str]]) -> Iterable[Choice]:
    names = {"30d": _("30 days"), "90d": _("90 days"), "12m": _("12 months"), "all": _("All time")}
    for key, days in RANGES.items():
        if newest is None:
            return
        chosen = selection.last(days, newest)
        yield Choice(names[key], _address(chosen, kept) or "?", chosen == selection)


def _segments(selection: Selection, kept: Sequence[tuple[str, str]]) -> Iterable[Segment]:
    titles = {"channel": _("Channel"), "kind": _("Kind"), "language": _("Language"), "source": _("Source")}
    for dimension in SEGMENT_DIMENSIONS:
        values = [value for value in company_record().ask(FieldValues(dimension, SEGMENT_VALUES)) if value.value]
        if len(values) < 2:
            continue
        yield Segment(titles[dimension], tuple(_choice(selection, dimension, str(v.value), v.n, kept) for v in values))


def _choice(selection: Selection, dimension: str, value: str, n: int, kept: Sequence[tuple[str, str]]) -> Choice:
    expression = str(equals(dimension, value))
    narrowed = selection.with_where(expression) if expression not in selection.where else selection
    return Choice(value, _address(narrowed, kept), expression in selection.where, n)


def _days(selection: Selection) -> str:
    since, until = selection.since, selection.until
    if since and until:
        return f"{_day(since)} – {_day(until)}"
    if since:
        return _("from %s") % _day(since)
    return _("until %s") % _day(until) if until else ""


def _day(day: date) -> str:
    return formats.date_format(day, "SHORT_DATE_FORMAT")
