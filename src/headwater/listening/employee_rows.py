"""Rows about colleagues become signals: pure functions of a row, its mapping and what is known of the company.

A day becomes its month. Who answered becomes a keyed hash together with source, month and question, so that the same
answer sent again is known and nothing else is: not who, nor which answers are of one person, nor over which months.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from math import isfinite
from typing import Any

import pyarrow as pa
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from headwater.listening import times
from headwater.listening.employee_mapping import EmployeeMapping
from headwater.listening.employee_questions import AMOUNTS, COMMENT, ENPS, kind_of
from headwater.listening.pipeline.redaction import redacted
from headwater.metrics.definitions import METRICS

MAX_WORDS = 5_000
MAX_WHO = 500
MAX_PEOPLE = 1_000_000
MAX_AMOUNT = 1e9
SALT = "headwater.employee_signals"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that was not taken: its number, a code, and words that hold none of its values."""

    row: int
    code: str
    message: str


@dataclass(slots=True)
class Known:
    """What rows are read with: departments by every name, whether absence may come in, the month that is now."""

    source: str
    departments: Mapping[str, str]
    absence: bool
    this_month: date
    region: str | None
    seen: Counter[str] = field(default_factory=Counter)
    """How often equal rows without a respondent came in this file."""


@dataclass(frozen=True, slots=True)
class Said:
    """One row, taken apart: ``values`` maps a question or an amount to (number, lowest, highest) of its scale."""

    department: str
    month: date
    who: str
    people: int | None
    values: Mapping[str, tuple[float, tuple[float, float]]]
    words: str


class Unusable(ValueError):
    """A row that cannot be taken; ``code`` says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def read_row(row: Mapping[str, str | None], used: EmployeeMapping, month: date | None, known: Known) -> Said:
    """One row of a file. Raises Unusable with words that hold none of its values."""

    def cell(becomes: str) -> str:
        named = used.named(becomes)
        return (row.get(named[0]) or "").strip() if named else ""

    if month is None:
        raise Unusable("bad_date", _("the date cannot be read as %s.") % used.dates)
    values = {
        one.question: (_number(row.get(name)), one.scale or (0.0, MAX_AMOUNT))
        for name, one in used.columns.items()
        if one.question is not None and (row.get(name) or "").strip()
    }
    people = _number(cell("people")) if cell("people") else None
    who = cell("respondent")
    if not who:
        content = "\x1f".join(f"{name}={row.get(name) or ''}" for name in sorted(used.columns))
        known.seen[content] += 1
        who = f"row {known.seen[content]} {content}"
    return said(cell("department"), month, who, people, values, cell("comment"), known)


def said(
    department: str,
    month: date,
    who: str,
    people: float | None,
    values: Mapping[str, tuple[float, tuple[float, float]]],
    words: str,
    known: Known,
) -> Said:
    """What a row says, checked. Raises Unusable."""
    place = known.departments.get(" ".join(department.split()).casefold())
    if place is None:
        raise Unusable("unknown_department", _("the department is none of the company’s; add it, or mend its name."))
    if month > known.this_month:
        raise Unusable("month_in_future", _("the month has not begun yet."))
    if any(kind_of(metric) == "absence" for metric in values) and not known.absence:
        raise Unusable("absence_off", _("absence data is off until a privacy assessment is recorded."))
    if any(metric in AMOUNTS for metric in values):
        if people is None or not float(people).is_integer() or not 1 <= people <= MAX_PEOPLE:
            raise Unusable("no_people", _("it does not say, in whole numbers, how many people the amounts are about."))
        if values.get("leavers", (0.0,))[0] > people:
            raise Unusable("more_left_than_there", _("more people left than there are."))
    for metric, (value, (low, high)) in values.items():
        if not low <= value <= high:
            scale = f"{low:g}-{high:g}"
            message = _("an answer to “%(question)s” is not on its scale %(scale)s.")
            raise Unusable("score_off_scale", message % {"question": metric, "scale": scale})
    if len(words) > MAX_WORDS:
        raise Unusable("text_too_long", _("the comment has more than %d characters.") % MAX_WORDS)
    if not values and not words:
        raise Unusable("nothing_said", _("there is neither an answer nor an amount nor a comment."))
    return Said(place, month.replace(day=1), who, None if people is None else int(people), dict(values), words)


def months_of(texts: pa.Array, dates: str, zone: str) -> list[date | None]:
    """The month of each text: of a date as it is written, or ``2026-05`` as it stands."""
    plain = pa.array([f"{text}-01" if text and len(text) == 7 else text for text in texts.to_pylist()], pa.string())
    parsed = times.parse(plain, (dates, "iso"), zone)
    days = times.local_dates(parsed, zone).to_pylist()
    return [None if day is None else day.replace(day=1) for day in days]


def signals_of(rows: Iterable[Said], known: Known, arrival: int) -> pa.Table | None:
    """Signals of the guarded table; one for each answer, amount and comment. None where there is none."""
    found: list[dict[str, Any]] = []
    for one in rows:
        shared = {
            "source": known.source,
            "local_date": one.month,
            "department": one.department,
            "arrival": arrival,
        }
        for metric, (value, scale) in one.values.items():
            is_amount = metric in AMOUNTS
            found.append(
                {
                    **shared,
                    "record_id": record_id(known.source, one.month, metric, one.department if is_amount else one.who),
                    "kind": kind_of(metric),
                    "metric": metric,
                    "score": value if is_amount or metric == ENPS else 100 * (value - scale[0]) / (scale[1] - scale[0]),
                    "score_band": METRICS["nps"].band(value) if metric == ENPS else None,
                    "people": one.people if is_amount else None,
                    "text": None,
                }
            )
        if one.words:
            own = record_id(known.source, one.month, COMMENT, one.who)
            comment = {"record_id": own, "kind": "pulse", "metric": COMMENT, "score": None, "text": one.words}
            found.append({**shared, **comment, "score_band": None, "people": None})
    if not found:
        return None
    names = tuple(found[0])
    columns = {name: [row[name] for row in found] for name in names}
    texts = redacted(pa.array(columns["text"], pa.string()), known.region)
    typed = {
        "local_date": pa.date32(),
        "score": pa.float64(),
        "score_band": pa.int8(),
        "people": pa.int64(),
        "arrival": pa.int64(),
    }
    arrays = {
        name: texts if name == "text" else pa.array(values, typed.get(name, pa.string()))
        for name, values in columns.items()
    }
    return pa.table(arrays)


def record_id(source: str, month: date, metric: str, who: str) -> str:
    """What stands for one answer: a hash with this installation's key, which nobody without the key can go back."""
    plain = " ".join(who.split()).casefold() if not who.startswith("row ") else who
    text = "\x1f".join((source, month.replace(day=1).isoformat(), metric, plain))
    return salted_hmac(SALT, text, algorithm="sha256").hexdigest()[:40]


def taken(
    rows: Iterable[tuple[int, Callable[[], Said]]],
) -> tuple[list[Said], list[LeftOut]]:
    """The rows that can be taken, and why the others cannot. A row is its number and the reading of it."""
    good: list[Said] = []
    left: list[LeftOut] = []
    for number, read in rows:
        try:
            good.append(read())
        except Unusable as error:
            left.append(LeftOut(number, error.code, str(error)))
    return good, left


def _number(text: str | None) -> float:
    try:
        value = float((text or "").strip().replace(",", "."))
    except ValueError as error:
        raise Unusable("bad_number", _("a number cannot be read.")) from error
    if not isfinite(value):
        raise Unusable("bad_number", _("a number cannot be read."))
    return value
