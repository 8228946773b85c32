"""Reliability standards: set, changed and retired by people; series imported."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from headwater.base.history import record_history
from headwater.base.permissions import require
from headwater.base.refusals import Conflict, NotFound, Refused
from headwater.journey.models import SeriesPoint, Standard
from headwater.journey.queries import taxonomy
from headwater.journey.seen import digests, require_unchanged
from headwater.journey.standards import read_definition, written
from headwater.journey.taxonomy import Taxonomy
from headwater.metrics.access import require_shareable

if TYPE_CHECKING:
    from headwater.base.models import Person

MAX_STANDARDS = 200
MAX_SERIES_BYTES = 5_000_000
MAX_POINTS = 20_000
MAX_COUNT = 10**12
EDITED = ("name", "description", "moment", "method", "definition", "departments", "giver", "taker", "target")
Method = Standard.Method


def standard_of(person: Person | None, pk: int) -> Standard:
    """One standard."""
    require(person, "view", "triggers")
    found = Standard.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound("standard.unknown", _("There is no reliability standard %s.") % pk)
    return found


def all_standards(person: Person | None) -> list[Standard]:
    """Every standard, those that are retired too."""
    require(person, "view", "triggers")
    return list(Standard.objects.all())


def create_standard(person: Person | None, values: Mapping[str, Any], *, known: Taxonomy | None = None) -> Standard:
    """Set a standard. ``values``: name, description, moment, method, definition, departments, giver, taker, target.

    ``known`` is the journey that its moment and departments belong to, by default the published one.
    """
    require(person, "edit", "triggers")
    given = _checked(person, values, known)
    if Standard.objects.filter(retired=False).count() >= MAX_STANDARDS:
        raise Refused("standard.too_many", _("There are %d standards. Retire one first.") % MAX_STANDARDS)
    with transaction.atomic():
        standard = _saved(Standard(created_by=person, **given))
        record_history(person, "standard.created", f"standard:{standard.pk}", {"name": standard.name})
    return standard


def change_standard(
    person: Person | None,
    pk: int,
    values: Mapping[str, Any],
    *,
    seen: str | None = None,
    known: Taxonomy | None = None,
) -> Standard:
    """Change a standard; its figures are computed anew from the record, for the past too.

    Args:
        seen: what the person saw, see :func:`fingerprint_of`; refused (409) when someone else changed it meanwhile.
    """
    require(person, "edit", "triggers")
    standard_of(person, pk)
    given = _checked(person, values, known, except_pk=pk)
    with transaction.atomic():
        standard = Standard.objects.select_for_update().get(pk=pk)
        what = [name for name, value in given.items() if getattr(standard, name) != value]
        if what:
            now, code = _edited(standard), "standard.changed_meanwhile"
            require_unchanged(seen, now, code=code, name=standard.name, titles=_titles())
        for name in what:
            setattr(standard, name, given[name])
        if what:
            _saved(standard)
            data = {"name": standard.name, "what": ", ".join(what)}
            record_history(person, "standard.changed", f"standard:{pk}", data)
    return standard


def fingerprint_of(standard: Standard) -> str:
    """What someone sees who opens a standard to change it."""
    return digests(_edited(standard))


def _edited(standard: Standard) -> dict[str, Any]:
    return {name: getattr(standard, name) for name in EDITED}


def _titles() -> dict[str, Any]:
    return {name: getattr(Standard._meta.get_field(name), "verbose_name", name) for name in EDITED}


def retire_standard(person: Person | None, pk: int, *, retire: bool = True) -> Standard:
    """Stop measuring by a standard, or take it up again."""
    require(person, "edit", "triggers")
    with transaction.atomic():
        standard = standard_of(person, pk)
        if standard.retired != retire:
            standard.retired = retire
            standard.save(update_fields=["retired", "changed_at"])
            code = "standard.retired" if retire else "standard.restored"
            record_history(person, code, f"standard:{pk}", {"name": standard.name})
    return standard


@dataclass(frozen=True, slots=True)
class Point:
    """A day of a series: how often it happened and went right, for one department or for all."""

    day: date
    happened: int
    went_right: int
    department: str = ""


def import_series(person: Person | None, pk: int, points: Iterable[Point]) -> int:
    """Put days into a series, over days that are there already; returns how many days and departments were put.

    The same days again change nothing.
    """
    require(person, "edit", "triggers")
    standard = standard_of(person, pk)
    if standard.method != Method.SERIES:
        raise Refused("standard.no_series", _("“%s” is read from the record; it takes no series.") % standard.name)
    kept: dict[tuple[date, str], SeriesPoint] = {}
    for number, point in enumerate(points, start=1):
        if number > MAX_POINTS:
            raise Refused("series.too_many", _("At most %d rows are taken at once.") % MAX_POINTS)
        _check_point(point, number)
        kept[point.day, point.department] = SeriesPoint(standard=standard, **asdict(point))
    if not kept:
        raise Refused("series.empty", _("There is no row with a date, a count of what happened and what went right."))
    with transaction.atomic():
        SeriesPoint.objects.bulk_create(
            kept.values(),
            batch_size=500,
            update_conflicts=True,
            unique_fields=["standard", "day", "department"],
            update_fields=["happened", "went_right"],
        )
        record_history(person, "series.imported", f"standard:{pk}", {"name": standard.name, "days": len(kept)})
    return len(kept)


def read_series(text: str) -> list[Point]:
    """Days from CSV with the columns date, happened, right and, if wanted, department; refuses a row that is wrong."""
    if len(text.encode()) > MAX_SERIES_BYTES:
        raise Refused("series.too_large", _("The file is larger than %d MB.") % (MAX_SERIES_BYTES // 1_000_000), "file")
    first_line = text.lstrip("\ufeff").partition("\n")[0]
    separator = ";" if first_line.count(";") > first_line.count(",") else ","
    rows = csv.DictReader(io.StringIO(text.lstrip("\ufeff")), delimiter=separator)
    try:
        return _points(rows)
    except csv.Error as error:
        raise Refused("series.malformed", _("The file is no CSV: %s.") % error, "file") from error


def _points(rows: csv.DictReader[str]) -> list[Point]:
    names = {(name or "").strip().lower(): name for name in rows.fieldnames or ()}
    missing = [name for name in ("date", "happened", "right") if name not in names]
    if missing:
        found = ", ".join(name for name in names if name) or "–"
        message = _("The column %(missing)s is missing. The first line names these: %(found)s.")
        raise Refused("series.columns", message % {"missing": ", ".join(missing), "found": found[:200]}, "file")
    return [_point(row, names, number) for number, row in enumerate(rows, start=2) if any(row.values())]


def _point(row: Mapping[str, Any], names: Mapping[str, Any], number: int) -> Point:
    def cell(name: str) -> str:
        return str(row.get(names.get(name, "")) or "").strip()

    try:
        return Point(
            date.fromisoformat(cell("date")), int(cell("happened")), int(cell("right")), cell("department")[:60]
        )
    except ValueError as error:
        shown = ", ".join(cell(name) or "–" for name in ("date", "happened", "right"))
        message = _("Line %(number)d (%(shown)s) is not a date like 2026-01-31 and two whole numbers.")
        raise Refused("series.row", message % {"number": number, "shown": shown[:80]}, "file") from error


def _check_point(point: Point, number: int) -> None:
    if not 0 <= point.went_right <= point.happened <= MAX_COUNT:
        message = _("Row %(number)d: %(right)d went right of %(happened)d that happened. Correct the counts.")
        data = {"number": number, "right": point.went_right, "happened": point.happened}
        raise Refused("series.counts", message % data, "file")


def _checked(
    person: Person | None, values: Mapping[str, Any], known: Taxonomy | None, *, except_pk: int | None = None
) -> dict[str, Any]:
    name = str(values.get("name") or "").strip()
    if not 1 <= len(name) <= 80 or "\x00" in name:
        raise Refused("standard.name", _("Give it a name of at most 80 characters."), "name")
    description = str(values.get("description") or "").strip()[:600]
    if "\x00" in description:
        raise Refused("standard.description", _("The description has a character that cannot be kept."), "description")
    if Standard.objects.filter(name=name).exclude(pk=except_pk or 0).exists():
        raise _taken(name)
    known = known or taxonomy()
    moment = str(values.get("moment") or "")
    if known.moment(moment) is None:
        raise Refused("standard.moment", _("There is no moment “%s” in the journey.") % moment[:60], "moment")
    method = str(values.get("method") or "")
    if method not in Method.values:
        raise Refused("standard.method", _("“%s” is no way to measure it.") % method[:40], "method")
    departments = [str(one) for one in values.get("departments") or ()]
    giver, taker = str(values.get("giver") or ""), str(values.get("taker") or "")
    for one in (*departments, giver, taker):
        if one and known.department(one) is None:
            raise Refused("standard.department", _("The journey knows no department “%s”.") % one[:60], "departments")
    if taker and not giver:
        raise Refused("standard.giver", _("A hand-off needs who hands over as well as who takes over."), "giver")
    return {
        "name": name,
        "description": description,
        "moment": moment,
        "method": method,
        "definition": _definition(person, method, values.get("definition") or {}),
        "departments": list(dict.fromkeys(departments)),
        "giver": giver,
        "taker": taker,
        "target": _share(values.get("target")),
    }


def _definition(person: Person | None, method: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a definition that its method uses, checked."""
    if method == Method.SERIES:
        return {}
    definition = read_definition(content)
    for one in definition.filters().values():
        require_shareable(person, one)
    if method == Method.KEPT:
        definition.promise_of()
    used = {
        Method.KEPT: ("promise", "receipt", "hours", "promised", "called_off", "told", "per"),
        Method.RIGHT: ("happened", "right"),
    }[Method(method)]
    if method == Method.RIGHT:
        for name in used:
            if not getattr(definition, name):
                raise Refused("standard.incomplete", _("Say which signals count as this."), name)
    return {name: value for name, value in written(definition).items() if name in used}


def _share(value: Any) -> float | None:
    if value in (None, ""):
        return None
    try:
        share = float(value)
    except (TypeError, ValueError):
        share = -1.0
    if not 0 < share <= 1:
        raise Refused("standard.target", _("A target is a share above 0 and up to 1."), "target")
    return share


def _saved(standard: Standard) -> Standard:
    try:
        with transaction.atomic():
            standard.save()
    except IntegrityError as error:
        raise _taken(standard.name) from error
    return standard


def _taken(name: str) -> Conflict:
    return Conflict("standard.name_taken", _("There is a standard “%s” already. Choose another name.") % name, "name")


def clear() -> None:
    """Called when the sample company is cleared: its standards go with it."""
    Standard.objects.all().delete()
