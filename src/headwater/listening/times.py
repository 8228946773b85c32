"""Times as text → UTC: whole columns at once, in ISO 8601, Unix seconds or strptime patterns; which pattern fits."""

import re
from datetime import datetime, timedelta
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

UTC_TIME = pa.timestamp("us")
AWARE_TIME = pa.timestamp("us", "UTC")
EARLIEST, LATEST = datetime(1970, 1, 1), datetime(2101, 1, 1)

ISO = (
    r"^\s*(?P<date>\d{4}-\d{2}-\d{2})"
    r"(?:[T ]\s*(?P<time>\d{1,2}:\d{2}(?::\d{2})?)(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?\s*$"
)
DATES = ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d/%m/%y",
         "%m/%d/%y", "%d.%m.%y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%d-%b-%Y",
         "%d-%b-%y", "%a %b %d %Y")  # fmt: skip
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", ", %H:%M", ", %H:%M:%S", "T%H:%M:%S", ", %I:%M %p")
WHOLE = ("%a %b %d %H:%M:%S +0000 %Y", "%Y%m%d%H%M%S", "%a, %d %b %Y %H:%M:%S +0000")
PATTERNS = tuple(date + clock for date in DATES for clock in CLOCKS) + WHOLE


def parse(texts: pa.Array, formats: tuple[str, ...], zone: str) -> pa.Array:
    """Naive UTC times (µs), null where no format fits. `zone` is that of times without an offset of their own."""
    result = pa.nulls(len(texts), UTC_TIME)
    for one in formats:
        if one == "iso":
            found = _iso(texts, zone)
        elif one in ("unix", "unix_ms"):
            found = _unix(texts, 1_000_000 if one == "unix" else 1_000)
        else:
            found = _strptime(texts, one, zone)
        result = found if result.null_count == len(result) else pc.coalesce(result, found)
        if result.null_count == texts.null_count:
            break
    return result


def plausible(times: pa.Array) -> pa.Array:
    """Whether each time lies in 1970…2100; null stays null."""
    return pc.and_(pc.greater_equal(times, pa.scalar(EARLIEST, UTC_TIME)), pc.less(times, pa.scalar(LATEST, UTC_TIME)))


def local_dates(times: pa.Array, zone: str) -> pa.Array:
    """The day of each naive UTC time in a time zone."""
    aware = pc.assume_timezone(times, "UTC").cast(pa.timestamp("us", zone))
    return pc.local_timestamp(aware).cast(pa.date32(), safe=False)


def fitting(texts: pa.Array, *, now: datetime) -> tuple[str, ...]:
    """Every format that fits all texts with plausible years; day before month and month before day may both be there,
    unless the data or the calendar (nothing was said in the future) tells them apart.
    """
    if not len(texts):
        return ()
    if _all_plausible(_iso(texts, "UTC")):
        return ("iso",)
    digits = pc.all(pc.match_substring_regex(texts, r"^\d{9,13}(\.\d+)?$")).as_py()
    if digits:
        length = pc.max(pc.utf8_length(pc.replace_substring_regex(texts, r"\..*", ""))).as_py()
        for one in ("unix",) if length <= 10 else ("unix_ms",) if length == 13 else ():
            if _all_plausible(_unix(texts, 1_000_000 if one == "unix" else 1_000)):
                return (one,)
    # Four digits are a year, not the day, month and year of a short pattern.
    found = [one for one in PATTERNS if _all_plausible(_strptime(texts, one, "UTC")) and _digits_fit(texts, one)]
    if len(found) > 1:
        limit = pa.scalar(now + timedelta(days=2), UTC_TIME)
        past = [one for one in found if pc.all(pc.less(_strptime(texts, one, "UTC"), limit)).as_py()]
        found = past or found
    return tuple(_different(texts, found))


def _different(texts: pa.Array, patterns: list[str]) -> list[str]:
    """The patterns that read something different: %b and %B, say, are one."""
    kept: list[tuple[str, pa.Array]] = []
    for one in patterns:
        times = _strptime(texts, one, "UTC")
        if not any(times.equals(other) for _, other in kept):
            kept.append((one, times))
    return [one for one, _ in kept]


def _digits_fit(texts: pa.Array, pattern: str) -> bool:
    if "%Y%m%d" in pattern:
        return bool(pc.all(pc.match_substring_regex(texts, r"^\d{8}")).as_py())
    year = r"\d{4}" if "%Y" in pattern else r"(?:^|\D)\d{2}(?:\D|$)"
    return bool(pc.all(pc.match_substring_regex(texts, year)).as_py()) and (
        "%Y" in pattern or not pc.any(pc.match_substring_regex(texts, r"\d{4}")).as_py()
    )


def _all_plausible(times: pa.Array) -> bool:
    return times.null_count == 0 and bool(pc.all(plausible(times)).as_py())


def _strptime(texts: pa.Array, pattern: str, zone: str) -> pa.Array:
    trimmed = pc.utf8_trim_whitespace(texts)
    return _to_utc(
        _without_31_february(pc.strptime(trimmed, pattern, "us", error_is_null=True), trimmed, pattern), zone
    )


def _without_31_february(times: pa.Array, texts: pa.Array, pattern: str) -> pa.Array:
    """Null where the parser rolled a day that a month does not have over into the next one (its first three days)."""
    early = pc.fill_null(pc.less_equal(pc.day(times), 3), False)
    rows = np.flatnonzero(np.asarray(early))
    if not len(rows):
        return times
    written = pc.struct_field(pc.extract_regex(texts.take(pa.array(rows)), _pattern_regex(pattern)), "day")
    rolled = pc.fill_null(pc.greater(written.cast(pa.int64()), 3), True)
    wrong = np.zeros(len(times), bool)
    wrong[rows[np.asarray(rolled)]] = True
    return pc.if_else(pa.array(wrong), pa.scalar(None, UTC_TIME), times)


@cache
def _pattern_regex(pattern: str) -> str:
    """A strptime pattern as a regular expression with the group `day`."""
    day = r"\d{2}" if "%Y%m%d" in pattern else r"\d{1,2}"
    parts = {"%d": rf"(?P<day>{day})", "%Y": r"\d{4}", "%b": r"\pL+\.?", "%B": r"\pL+\.?", "%a": r"\pL+", "%A": r"\pL+",
             "%p": r"[AaPp][Mm]"}  # fmt: skip
    out, at = "", 0
    while at < len(pattern):
        piece = pattern[at : at + 2]
        if piece[0] == "%":
            out += parts.get(piece, day if piece != "%y" else r"\d{2}")
            at += 2
        else:
            out += r"\s+" if piece[0] == " " else re.escape(piece[0])
            at += 1
    return f"^{out}$"


def _unix(texts: pa.Array, microseconds: int) -> pa.Array:
    whole = pc.match_substring_regex(texts, r"^-?\d{1,14}(\.\d+)?$")
    numbers = pc.if_else(whole, texts, pa.scalar(None, pa.string())).cast(pa.float64())
    return pc.multiply(numbers, float(microseconds)).cast(pa.int64(), safe=False).cast(UTC_TIME)


def _iso(texts: pa.Array, zone: str) -> pa.Array:
    # Nearly always all times are written alike, without an offset or with one.
    for kind in (UTC_TIME, AWARE_TIME):
        try:
            times = texts.cast(kind)
        except pa.ArrowInvalid:
            continue
        return _to_utc(times, zone) if kind == UTC_TIME else pc.local_timestamp(times)
    parts = pc.extract_regex(texts, ISO)
    date, clock, fraction, offset = (pc.struct_field(parts, name) for name in ("date", "time", "fraction", "zone"))
    clock = pc.if_else(pc.equal(clock, ""), "00:00:00", clock)
    clock = pc.if_else(
        pc.match_substring_regex(clock, r"^\d{1,2}:\d{2}$"), pc.binary_join_element_wise(clock, "00", ":"), clock
    )
    stamp = pc.binary_join_element_wise(date, clock, " ")
    pattern = "%Y-%m-%d %H:%M:%S"
    naive = _without_31_february(pc.strptime(stamp, pattern, "us", error_is_null=True), stamp, pattern)
    micros = pc.utf8_slice_codeunits(pc.utf8_rpad(pc.fill_null(fraction, ""), 6, "0"), 0, 6).cast(pa.int64())
    naive = pc.add(naive, micros.cast(pa.duration("us")))
    has_offset = pc.not_equal(pc.fill_null(offset, ""), "")
    return pc.if_else(has_offset, pc.subtract(naive, _offsets(offset)), _to_utc(naive, zone))


def _offsets(offset: pa.Array) -> pa.Array:
    """+05:30 as a duration; Z, UTC and an absent one are zero."""
    parts = pc.extract_regex(offset, r"^(?P<sign>[+-])(?P<hours>\d{2}):?(?P<minutes>\d{2})?$")
    number = [pc.fill_null(pc.struct_field(parts, name), "0") for name in ("hours", "minutes")]
    hours, minutes = (pc.if_else(pc.equal(part, ""), "0", part).cast(pa.int64()) for part in number)
    seconds = pc.add(pc.multiply(hours, 3600), pc.multiply(minutes, 60))
    negative = pc.equal(pc.fill_null(pc.struct_field(parts, "sign"), ""), "-")
    signed = pc.if_else(negative, pc.negate(seconds), seconds)
    return pc.multiply(signed, 1_000_000).cast(pa.duration("us"))


def _to_utc(naive: pa.Array, zone: str) -> pa.Array:
    """Local times as UTC; the earlier of an hour that comes twice, the hour after one that is left out."""
    if zone == "UTC":
        return naive
    # Years far outside overflow the zone's rules; they are refused later, so their zone does not matter.
    within = pc.fill_null(plausible(naive), False)
    if not np.asarray(within).all():
        inside = pc.if_else(within, naive, pa.scalar(None, UTC_TIME))
        return pc.if_else(within, _to_utc_within(inside, zone), naive)
    return _to_utc_within(naive, zone)


def _to_utc_within(naive: pa.Array, zone: str) -> pa.Array:
    aware = pc.assume_timezone(naive, zone, ambiguous="earliest", nonexistent="latest")
    return pc.local_timestamp(aware.cast(pa.timestamp("us", "UTC")))
