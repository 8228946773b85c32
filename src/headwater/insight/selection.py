"""Which part of the record a page, an answer or a command is about; the address bar holds all of it."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Self
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from headwater.base.refusals import Refused
from headwater.record.filters import Filter, FilterError, parse

RANGES: dict[str, int | None] = {"30d": 30, "90d": 90, "12m": 365, "all": None}
MAX_FILTER_LENGTH = 2000


@dataclass(frozen=True, slots=True)
class Selection:
    """A time range (both days included, in the company's time zone) and a filter; all three may be open."""

    where: str = ""
    since: date | None = None
    until: date | None = None

    @classmethod
    def read(cls, *, where: str = "", since: str = "", until: str = "") -> Self:
        """Read what a person or program wrote; refuses an unreadable date or filter with the value."""
        selection = cls(where.strip(), _day(since, "since"), _day(until, "until"))
        if selection.since and selection.until and selection.since > selection.until:
            message = _("The range starts (%(since)s) after it ends (%(until)s). Swap the two dates.") % {
                "since": selection.since,
                "until": selection.until,
            }
            raise Refused("empty_range", message, "since")
        selection.filter()
        return selection

    def filter(self) -> Filter | None:
        """Return the parsed filter; refuses one that the grammar does not know."""
        if not self.where:
            return None
        try:
            return parse(self.where)
        except FilterError as error:
            raise Refused("bad_filter", str(error), "where") from error

    def with_where(self, expression: str) -> Self:
        """Return this selection narrowed by one more expression."""
        return replace(self, where=f"({self.where}) and {expression}" if self.where else expression)

    def query(self, **more: str) -> str:
        """Return the selection as a query string, ``?`` included; empty when nothing is selected."""
        parts = {
            "since": self.since.isoformat() if self.since else "",
            "until": self.until.isoformat() if self.until else "",
            "where": self.where,
            **more,
        }
        text = urlencode({name: value for name, value in parts.items() if value})
        return f"?{text}" if text else ""

    def last(self, days: int | None, newest: date) -> Self:
        """Return this selection over the last ``days`` before the newest signal, or over everything."""
        since = newest - timedelta(days=days - 1) if days else None
        return replace(self, since=since, until=newest if days else None)


def _day(text: str, field: str) -> date | None:
    text = text.strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        message = _('"%(value)s" is not a date. Write it as year-month-day, for example 2026-05-31.') % {
            "value": text[:40]
        }
        raise Refused("bad_date", message, field) from error
