"""The way in for colleagues' signals: a file that is looked at and mapped, or a call; then their own guarded table.

Nothing of it touches the customers' sources, imports or inbox. A file is deleted as soon as it is read, and in a day in
any case; what could not be taken is told by row number and reason, and no value of it is kept.
"""

import shutil
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Final, Protocol
from zoneinfo import ZoneInfo

import pyarrow as pa
from django.db import transaction
from django.utils import timezone
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _

from headwater.base import queue
from headwater.base.company import ensure_company
from headwater.base.departments import department_tree
from headwater.base.history import record_history
from headwater.base.models import Person
from headwater.base.paths import home
from headwater.base.permissions import require
from headwater.base.refusals import Conflict, NotFound, Refused
from headwater.listening import employee_mapping, importing, readers, services
from headwater.listening.employee_mapping import EmployeeMapping
from headwater.listening.employee_privacy import assessment
from headwater.listening.employee_questions import AMOUNTS, COMMENT, ENPS, PULSE
from headwater.listening.employee_rows import (
    MAX_AMOUNT,
    Known,
    LeftOut,
    Said,
    Unusable,
    months_of,
    read_row,
    record_id,
    said,
    signals_of,
    taken,
)
from headwater.listening.models import EmployeeArrival, EmployeeRules, EmployeeSource, PrivacyAssessment
from headwater.metrics.store import company_record
from headwater.record.questions import TeamMonths

MAX_BYTES: Final = 50 << 20
MAX_ROWS: Final = 200_000
MAX_SENT: Final = 1_000
REASONS_KEPT: Final = 200
KEPT: Final = timedelta(days=1)
PREVIEWED: Final = 8
RELEASE: Final = "insight.release_employees"


class EmployeeFile(Protocol):
    """A file as a form sends it."""

    @property
    def name(self) -> str | None: ...

    @property
    def size(self) -> int | None: ...

    def chunks(self) -> Iterable[bytes]: ...


@dataclass(frozen=True, slots=True)
class SentSignal:
    """One answer, amount or comment as a program sends it. ``scale`` is needed for a company's own question."""

    department: str
    month: date
    question: str = ""
    score: float | None = None
    scale: tuple[float, float] | None = None
    respondent: str = ""
    people: int | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Arrived:
    """What became of the rows: signals that are new or changed, those known already, rows left out and why."""

    arrival: int
    signals: int
    repeated: int
    left_out: tuple[LeftOut, ...]


def folder() -> Path:
    """Where files wait for their mapping, for a day at most."""
    place = home() / "employee-uploads"
    place.mkdir(mode=0o700, exist_ok=True)
    return place


def known_of(source: str) -> Known:
    """What rows of a source are read with, as things are now."""
    zone, region = importing.zone_and_region()
    names: dict[str, str] = {}
    for branch in department_tree():
        unit = str(branch.department.pk)
        for name in (branch.department.name, *branch.department.pack_departments):
            names.setdefault(" ".join(str(name).split()).casefold(), unit)
    this_month = timezone.localdate(timezone=ZoneInfo(zone)).replace(day=1)
    return Known(source, names, assessment() is not None, this_month, region)


# --- files


def upload(person: Person | None, sent: EmployeeFile, source: str = "") -> EmployeeArrival:
    """Keep a file until it is mapped. Raises Refused where it cannot be read; then nothing is kept."""
    require(person, "import", "employee_signals")
    services.refuse_sample()
    if (sent.size or 0) > MAX_BYTES:
        message = _("The file has %(size)d MB; at most %(most)d MB are taken. Split it by month.")
        values = {"size": (sent.size or 0) >> 20, "most": MAX_BYTES >> 20}
        raise Refused("file_too_large", message % values, field="file")
    name = get_valid_filename(Path(sent.name or "file").name)[:200]
    path = folder() / uuid.uuid4().hex / name
    path.parent.mkdir(mode=0o700)
    try:
        with path.open("wb") as file:
            for piece in sent.chunks():
                file.write(piece)
        return _kept(person, path, services.source_name(source or name))
    except BaseException:
        shutil.rmtree(path.parent, ignore_errors=True)
        raise


def _kept(person: Person | None, path: Path, source: str) -> EmployeeArrival:
    _options, seen, _rows = employee_mapping.look_into(path)
    before = EmployeeSource.objects.filter(name=source).exclude(mapping="").first()
    used = employee_mapping.from_yaml(before.mapping) if before else None
    if used is None or not set(used.columns) <= {one.name for one in seen}:
        used, _reason = employee_mapping.propose(path, source)
    ensure_company()
    with transaction.atomic():
        row, _made = EmployeeSource.objects.get_or_create(name=source)
        return EmployeeArrival.objects.create(
            source=row,
            file_name=path.name,
            path=str(path),
            mapping=used.to_yaml() if used else "",
            person=person,
        )


def arrivals(person: Person | None, limit: int = 20) -> list[EmployeeArrival]:
    """The latest arrivals, newest first."""
    require(person, "import", "employee_signals")
    return list(EmployeeArrival.objects.select_related("source", "person")[:limit])


def arrival_of(person: Person | None, pk: int) -> EmployeeArrival:
    """One arrival. Raises NotFound."""
    require(person, "import", "employee_signals")
    found = EmployeeArrival.objects.select_related("source").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_such_arrival", _("There is no arrival %s of employees’ signals.") % pk)
    return found


def preview(person: Person | None, arrival: EmployeeArrival, used: EmployeeMapping) -> tuple[list[Said], list[LeftOut]]:
    """What a mapping makes of the first rows."""
    require(person, "import", "employee_signals")
    return _read(Path(arrival.path), used, known_of(used.source), most=PREVIEWED)


def take(person: Person | None, arrival: EmployeeArrival, used: EmployeeMapping) -> Arrived:
    """Take the signals of a file into the guarded table, keep the mapping for its source, delete the file."""
    require(person, "import", "employee_signals")
    services.refuse_sample()
    return _take(person, arrival, used)


def _take(person: Person | None, arrival: EmployeeArrival, used: EmployeeMapping) -> Arrived:
    if EmployeeArrival.objects.filter(pk=arrival.pk, state=EmployeeArrival.State.UPLOADED).count() != 1:
        raise Conflict("arrival_taken", _("This file was taken already."))
    known = known_of(used.source)
    good, left = _read(Path(arrival.path), used, known, most=MAX_ROWS + 1)
    if len(good) + len(left) > MAX_ROWS:
        message = _("The file has more than %d rows; split it by month.") % MAX_ROWS
        raise Refused("too_many_rows", message, field="file")
    arrived, place = _put(good, left, known, arrival), _place(arrival)
    with transaction.atomic():
        source, _made = EmployeeSource.objects.get_or_create(name=used.source)
        source.mapping = used.to_yaml()
        source.questions = sorted({*source.questions, *_questions(good)})
        source.save()
        arrival.source, arrival.mapping, arrival.path = source, used.to_yaml(), ""
        _finish(person, arrival, arrived)
    shutil.rmtree(place, ignore_errors=True)
    return arrived


def _read(path: Path, used: EmployeeMapping, known: Known, *, most: int) -> tuple[list[Said], list[LeftOut]]:
    reader = readers.open_file(path, used.file)
    missing = sorted(set(used.columns) - set(reader.columns))
    if missing:
        reader.close()
        raise Refused("column_missing", _("The file has no column “%s”.") % missing[0], field="columns")
    zone = ensure_company().time_zone
    good: list[Said] = []
    left: list[LeftOut] = []
    try:
        for rows in reader.batches():
            table: pa.Table = rows.table.slice(0, most)
            months = months_of(table.column(used.named("when")[0]).combine_chunks(), used.dates, zone)
            plain = table.select(sorted(used.columns)).to_pylist()
            numbered = zip(rows.numbers.tolist(), plain, months, strict=False)
            more, without = taken(
                (number, partial(read_row, row, used, month, known)) for number, row, month in numbered
            )
            good, left = good + more, left + without
            left += [LeftOut(one.row, one.code, _("the row cannot be taken apart.")) for one in rows.unreadable]
            if len(good) + len(left) >= most:
                break
    finally:
        reader.close()
    return good, left


def discard(person: Person | None, arrival: EmployeeArrival) -> None:
    """Take a file back that was not taken yet."""
    require(person, "import", "employee_signals")
    if arrival.state != EmployeeArrival.State.UPLOADED:
        raise Conflict("arrival_taken", _("This file was taken already."))
    shutil.rmtree(_place(arrival), ignore_errors=True)
    arrival.delete()


def expire() -> int:
    """Delete files that nobody mapped within a day; returns how many."""
    old = EmployeeArrival.objects.filter(state=EmployeeArrival.State.UPLOADED, at__lt=timezone.now() - KEPT)
    for arrival in old:
        shutil.rmtree(_place(arrival), ignore_errors=True)
    gone, _each = old.delete()
    horizon = (timezone.now() - KEPT).timestamp()
    for place in folder().iterdir():
        if place.stat().st_mtime < horizon:  # left by a process that died
            shutil.rmtree(place, ignore_errors=True)
    return gone


def _place(arrival: EmployeeArrival) -> Path:
    """The folder of an arrival's file; a path that is none of ours is not touched."""
    place = Path(arrival.path).parent if arrival.path else folder() / "none"
    return place if place.parent == folder() else folder() / "none"


# --- programs


def receive(person: Person | None, source: str, sent: Sequence[SentSignal]) -> Arrived:
    """Take up to 1,000 signals that a program sends; sent again, they count once."""
    require(person, "import", "employee_signals")
    services.refuse_sample()
    if not 1 <= len(sent) <= MAX_SENT:
        message = _("Send 1 to %(most)s signals at once, not %(sent)s.") % {"most": MAX_SENT, "sent": len(sent)}
        raise Refused("too_many_rows", message)
    name = services.source_name(source)
    ensure_company()
    known = known_of(name)
    good, left = taken((index, partial(_said, one, known)) for index, one in enumerate(sent))
    row, _made = EmployeeSource.objects.get_or_create(name=name)
    arrival = EmployeeArrival.objects.create(source=row, person=person)
    arrived = _put(good, left, known, arrival)
    with transaction.atomic():
        row.questions = sorted({*row.questions, *_questions(good)})
        row.save()
        _finish(person, arrival, arrived)
    return arrived


def _said(one: SentSignal, known: Known) -> Said:
    if one.question and one.score is None:
        raise Unusable("nothing_said", _("there is neither an answer nor an amount nor a comment."))
    is_amount = one.question in AMOUNTS
    if not is_amount and not one.respondent:
        raise Unusable(
            "no_respondent", _("an answer needs its respondent, any token that stays the same for a person.")
        )
    values: dict[str, tuple[float, tuple[float, float]]] = {}
    if one.question and one.score is not None:
        asked = PULSE.get(one.question)
        scale = (0.0, MAX_AMOUNT) if is_amount else asked.scale if one.question == ENPS and asked else one.scale
        scale = scale or (asked.scale if asked else None)
        if scale is None or not scale[0] < scale[1]:
            raise Unusable("no_scale", _("a question of your own needs its scale, lowest and highest."))
        values[one.question] = one.score, scale
    return said(one.department, one.month, one.respondent, one.people, values, one.comment.strip(), known)


def _put(good: list[Said], left: list[LeftOut], known: Known, arrival: EmployeeArrival) -> Arrived:
    signals = signals_of(good, known, arrival.pk)
    new = company_record().put_employee_signals(signals) if signals is not None else 0
    repeated = (len(signals) if signals is not None else 0) - new
    return Arrived(arrival.pk, new, repeated, tuple(left))


def _finish(person: Person | None, arrival: EmployeeArrival, arrived: Arrived) -> None:
    arrival.state = EmployeeArrival.State.DONE
    arrival.signals, arrival.repeated = arrived.signals, arrived.repeated
    arrival.left_out = len(arrived.left_out)
    arrival.reasons = [asdict(one) for one in arrived.left_out[:REASONS_KEPT]]
    arrival.save()
    data = {"source": arrival.source.name, "signals": arrived.signals, "left_out": arrival.left_out}
    record_history(person, "employees.arrived", f"employee_arrival:{arrival.pk}", data)
    if arrived.signals:
        queue.enqueue(RELEASE, {}, unique_key=RELEASE)


def _questions(rows: Iterable[Said]) -> set[str]:
    return {metric for one in rows for metric in one.values} | {COMMENT for one in rows if one.words}


def ids_of(source: str, respondent: str) -> list[str]:
    """What stands for every answer that a respondent ever gave through a source, hashed anew from the name alone."""
    row = EmployeeSource.objects.filter(name=source).first()
    if row is None:
        raise NotFound("no_such_source", _("There is no source “%s” of employees’ signals.") % source[:80], "source")
    months = [month for month, _arrival in company_record().ask(TeamMonths())]
    return [record_id(row.name, month, question, respondent) for month in months for question in row.questions]


def clear() -> None:
    """Forget sources, arrivals and files: the sample company ends. The caller holds the transaction."""
    EmployeeArrival.objects.all().delete()
    EmployeeSource.objects.all().delete()
    PrivacyAssessment.objects.all().delete()
    EmployeeRules.objects.all().delete()
    shutil.rmtree(folder(), ignore_errors=True)
