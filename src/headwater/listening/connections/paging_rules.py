"""Where the next page is: pure functions of the answer and of where we are.

A place is what the next request adds: `{"link": …}` or `{"value": …}`; None when there is no next page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import jmespath  # type: ignore[import-untyped]
from django.utils.translation import gettext as _
from jmespath.exceptions import JMESPathError  # type: ignore[import-untyped]

from headwater.base.refusals import Refused
from headwater.listening.connections.options import SINCE, Incremental, Paging

Place = dict[str, str]
LINK = re.compile(r'<([^<>]+)>\s*((?:;\s*[\w*-]+\s*=\s*(?:"[^"]*"|[^;,\s]*)\s*)*)')
REL_NEXT = re.compile(r'\brel\s*=\s*"?[^";]*\bnext\b', re.IGNORECASE)
NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,9})?")
NOTHING_MORE = (None, "", False, "false", 0)


def first_place(paging: Paging) -> Place:
    """Where the first page is."""
    return {"value": str(paging.first)} if paging.kind == "page" else {"value": "0"} if paging.kind == "offset" else {}


def next_place(
    paging: Paging, place: Place, answer: Any, headers: Mapping[str, str], records: Sequence[Any]
) -> Place | None:
    """Where the page after this one is."""
    if paging.more and found(answer, paging.more) in NOTHING_MORE:
        return None
    if paging.kind == "link_header":
        link = next_link(headers.get("Link", ""))
        return {"link": link} if link else None
    if paging.kind in ("cursor", "next_link"):
        value = found(answer, paging.path)
        if value in NOTHING_MORE or isinstance(value, dict | list):
            return None
        return {"link" if paging.kind == "next_link" else "value": str(value)}
    if (
        paging.kind == "none"
        or not records
        or (paging.size_parameter and len(records) < paging.size and not paging.more)
    ):
        return None
    step = 1 if paging.kind == "page" else len(records)
    return {"value": str(int(place.get("value", paging.first)) + step)}


def next_link(header: str) -> str | None:
    """The address with `rel="next"` of a Link header (RFC 8288)."""
    return next((match[1] for match in LINK.finditer(header) if REL_NEXT.search(match[2])), None)


def found(answer: Any, path: str) -> Any:
    """What stands at a JMESPath. Raises Refused for an expression that is none."""
    try:
        return jmespath.search(path, answer)
    except (JMESPathError, RecursionError) as error:
        said = str(error).splitlines()[0][:200]
        raise Refused("bad_path", _("“%(path)s” cannot be looked up: %(said)s") % {"path": path[:100], "said": said},
                      "records") from error  # fmt: skip


def records_of(answer: Any, path: str) -> list[Any]:
    """The list of records in an answer: where the path says, else the answer itself or its only list of objects."""
    if path:
        value = found(answer, path)
        if value is None:
            raise Refused("no_records", _("The answer has nothing at “%(path)s”; it has %(names)s.") % {
                "path": path[:100], "names": _names(answer)}, "records")  # fmt: skip
        return value if isinstance(value, list) else [value]
    if isinstance(answer, list):
        return answer
    if isinstance(answer, dict):
        lists = [value for value in answer.values() if isinstance(value, list)]
        if len(lists) == 1:
            return lists[0]
    raise Refused("no_records", _("Say where in the answer the list of records stands; it has %s.") % _names(answer),
                  "records")  # fmt: skip


def _names(answer: Any) -> str:
    return ", ".join(str(name)[:60] for name in list(answer)[:20]) if isinstance(answer, dict) else "—"


def since_text(incremental: Incremental, seen: str | None) -> str | None:
    """What the request says of the last record seen; None: nothing, for the first run."""
    if seen is None:
        text = incremental.start
    else:
        at = datetime.fromisoformat(seen) - timedelta(minutes=incremental.overlap_minutes)
        text = {
            "iso": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "unix": str(int(at.timestamp())),
            "unix_ms": str(int(at.timestamp() * 1000)),
            "date": at.date().isoformat(),
        }[incremental.format]
    return incremental.template.replace(SINCE, text) if text else None


def latest(incremental: Incremental, records: Sequence[Any], seen: str | None) -> str | None:
    """The latest time among the records and what was seen before, as ISO 8601 in UTC."""
    times = [at for at in (moment(found(one, incremental.field)) for one in records if isinstance(one, dict)) if at]
    newest = max(times, default=None)
    before = datetime.fromisoformat(seen) if seen else None
    later = max((at for at in (newest, before) if at is not None), default=None)
    return later.isoformat() if later else None


def moment(value: Any) -> datetime | None:
    """A time as records spell it: ISO 8601, a date, seconds or milliseconds since 1970. None for anything else."""
    try:
        if isinstance(value, bool) or value is None:
            return None
        if isinstance(value, int | float) or (isinstance(value, str) and NUMBER.fullmatch(value)):
            number = float(value)
            return datetime.fromtimestamp(number / 1000 if number > 1e11 else number, UTC)
        if isinstance(value, str) and len(value) == 10:
            at = datetime.combine(date.fromisoformat(value), datetime.min.time(), UTC)
        else:
            at = datetime.fromisoformat(str(value))
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """How many seconds the other side asks to wait: seconds or an HTTP date (RFC 9110); None when it says nothing."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit() and len(text) < 9:
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return max(0.0, (at - now).total_seconds()) if at.tzinfo else None
