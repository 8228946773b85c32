"""Runs one import: read, take through the pipeline, keep in the inbox; goes on where an earlier run was cut off."""

import errno
import fcntl
import zoneinfo
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import blake2b
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from django.db import OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base.company import ensure_company
from headwater.base.paths import home
from headwater.base.refusals import Refused
from headwater.listening import inbox, mapping, readers
from headwater.listening.mapping import Mapping
from headwater.listening.models import Import, ImportState, SetAsideRow, SetAsideState
from headwater.listening.personal import consent_columns, redacting
from headwater.listening.pipeline import Chunk, Context, Run, SetAside, run
from headwater.listening.readers.query import QueryReader
from headwater.listening.readers.rows import Reader, Rows, text_table
from headwater.listening.threads import ThreadReader

# Rows that may wait in the inbox before the import helps to move them on.
BACKLOG = 250_000
MAX_CELL_KEPT = 200_000

Progress = Callable[[Import], None]


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What became of a file's rows. `reasons` counts those set aside by reason code."""

    accepted: int
    repeated: int
    revised: int
    set_aside: int
    reasons: dict[str, int]
    import_id: int


def fingerprint(path: Path, used: Mapping) -> str:
    """Identifies an import: the bytes of its files, the source and the mapping."""
    digest = blake2b(used.to_yaml().encode(), digest_size=32)
    for file in [path] if not used.files else [(folder_of(path) / name) for name in used.files.values()]:
        if not file.is_file():
            raise Refused("no_such_file", _("There is no file %s.") % file, field="file")
        with file.open("rb") as opened:
            while piece := opened.read(1 << 20):
                digest.update(piece)
    return digest.hexdigest()


def folder_of(path: Path) -> Path:
    """Where the files of a mapping with its own SQL are: the folder given, or that of the file given."""
    return path if path.is_dir() else path.parent


@contextmanager
def only_one(mark: str) -> Iterator[None]:
    """One run of the same import at a time; the lock goes when its process dies."""
    folder = home() / "imports"
    folder.mkdir(mode=0o700, exist_ok=True)
    with (folder / f"{mark[:40]}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def run_import(arrival: Import, progress: Progress | None = None) -> None:
    """Read the file of an import into the inbox. Raises Refused when it cannot be read.

    Whatever ends this early, the chunks that were received stay, and another run goes on after them.
    """
    used = mapping.from_yaml(arrival.mapping)
    Import.objects.filter(pk=arrival.pk).update(state=ImportState.READING, reason="")
    reader = None
    try:
        reader = open_reader(Path(arrival.path), used)
        _check_columns(reader, used)
        arrival.columns = [storable(name) for name in reader.columns]
        arrival.save(update_fields=["columns"])
        _read(arrival, used, reader, progress)
    except Refused as refused:
        with transaction.atomic():
            end_import(arrival, ImportState.REFUSED, refused.message)
        raise
    except (OSError, OperationalError, pa.ArrowException) as error:
        if not is_disk_full(error):
            raise
        raise Refused(
            "disk_full",
            _("The disk is full. What was received is kept; make room and start the same import again: it goes on."),
        ) from error
    finally:
        if reader is not None:
            reader.close()


def is_disk_full(error: BaseException) -> bool:
    text = str(error).lower()
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    return full or "disk is full" in text or "no space left" in text


def open_reader(path: Path, used: Mapping) -> Reader:
    """The rows that a mapping reads: of its file, or of its own SQL over several files."""
    reader = QueryReader(folder_of(path), used) if used.sql is not None else readers.open_file(path, used.file)
    return reader if used.thread is None else ThreadReader(reader, used.thread, zone_and_region()[0])


def _check_columns(reader: Reader, used: Mapping) -> None:
    missing = sorted(used.columns - set(reader.columns))
    if missing and reader.options.format not in ("json", "jsonl"):
        raise Refused(
            "column_missing",
            _("The mapping reads the column “%(missing)s”, which the file does not have; it has %(columns)s.")
            % {"missing": missing[0], "columns": ", ".join(reader.columns[:30])},
            field="mapping",
        )


def _read(arrival: Import, used: Mapping, reader: Reader, progress: Progress | None) -> None:
    needs_all = any("record_id" not in emit.fields for emit in used.emit)
    tally = Run()
    received = arrival.chunks
    for index, rows in enumerate(reader.batches()):
        if index < received and not needs_all:
            continue
        # Asked anew for each batch: a customer may be erased while a long file is read.
        contexts = contexts_for(used, arrival.source.name, arrival.started_at)
        signals, aside = through_pipeline(rows, contexts, tally)
        if index < received:
            tally.redacted.clear()
            continue
        with inbox.turn(), transaction.atomic():
            keep_chunk(arrival, index, rows, signals, aside, reader.position(), tally)
        if progress:
            progress(arrival)
        if inbox.waiting() >= BACKLOG:
            inbox.flush()
    with transaction.atomic():
        end_import(arrival, ImportState.RECEIVED, "")
        inbox.finish_if_empty(arrival.pk)


def contexts_for(used: Mapping, source: str, started: datetime) -> list[Context]:
    """What the pipeline knows, one for each signal a row becomes."""
    zone, region = zone_and_region()
    received_at = started.astimezone(UTC).replace(tzinfo=None)
    given = redacting.treatment(source, used.region or region)
    return [
        Context(
            source,
            emit,
            zone,
            used.region or region,
            received_at,
            given.redaction,
            given.keeps_originals,
            given.pseudonym,
            erased=given.erased,
            why_erased=given.why_erased,
        )
        for emit in used.emit
    ]


def zone_and_region() -> tuple[str, str | None]:
    """The company's time zone, and the country whose telephone numbers it most likely sees."""
    zone = ensure_company().time_zone
    return zone, country_of(zone)


@cache
def country_of(zone: str) -> str | None:
    """The country of a time zone (ISO 3166), by the tz database."""
    if zone not in zoneinfo.available_timezones():
        return None
    table = resources.files("tzdata").joinpath("zoneinfo/zone.tab").read_text()
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return next((row[0] for row in rows if row[2] == zone), None)


def through_pipeline(rows: Rows, contexts: list[Context], tally: Run) -> tuple[pa.Table | None, list[SetAside]]:
    """The signals of a batch of rows, several a row where the mapping says so, and what was set aside."""
    tables = []
    aside = [SetAside(one.row, one.code, one.message, "", dict(one.values)) for one in rows.unreadable]
    seen = set()
    for context in contexts:
        done = run(Chunk(rows.table, rows.numbers), context, tally)
        tally.redacted.update(context.redacted)
        context.redacted.clear()
        if len(done):
            tables.append(done.signals)
        for one in done.set_aside:
            if (one.row, one.message) not in seen:
                seen.add((one.row, one.message))
                aside.append(one)
    return (pa.concat_tables(tables, promote_options="permissive") if tables else None), aside


def keep_chunk(
    arrival: Import,
    index: int,
    rows: Rows,
    signals: pa.Table | None,
    aside: list[SetAside],
    position: int,
    tally: Run,
) -> None:
    """Receive one chunk: signals, set-aside rows and counts in one transaction."""
    if signals is not None:
        inbox.put(signals, arrival)
    redacting.note(tally.redacted, arrival.source.name, arrival.pk)
    tally.redacted.clear()
    if arrival.mapping:
        consent_columns.keep(rows.table, mapping.from_yaml(arrival.mapping), arrival.source.name, arrival.started_at)
    SetAsideRow.objects.bulk_create((_row(arrival, one) for one in aside), batch_size=500)
    arrival.chunks = index + 1
    arrival.rows_read += len(rows.numbers) + len(rows.unreadable)
    arrival.received += len(signals) if signals is not None else 0
    arrival.set_aside += len(aside)
    for one in aside:
        arrival.reasons[one.code] = arrival.reasons.get(one.code, 0) + 1
    arrival.bytes_read = max(arrival.bytes_read, position)
    arrival.timings = {name: round(seconds, 3) for name, seconds in tally.seconds.items()}
    arrival.save(update_fields=["chunks", "rows_read", "received", "set_aside", "reasons", "bytes_read", "timings"])


def resend(arrival: Import, rows: list[SetAsideRow], corrections: dict[int, dict[str, str]]) -> None:
    """Take corrected rows through the pipeline again. In the current transaction; the rows' states follow."""
    used = mapping.from_yaml(arrival.mapping)
    by_number: dict[int, SetAsideRow] = {}
    for row in rows:
        row.values = {**row.values, **corrections[row.pk]}
        by_number.setdefault(row.row, row)
    chosen = list(by_number.values())
    names = sorted(used.columns)
    texts = [[_as_sent(row.values.get(name)) for name in names] for row in chosen]
    batch = Rows(text_table(names, texts), np.asarray([row.row for row in chosen], np.int64))
    tally = Run()
    signals, aside = through_pipeline(batch, contexts_for(used, arrival.source.name, arrival.started_at), tally)
    redacting.note(tally.redacted, arrival.source.name, arrival.pk)
    wrong = {one.row: one for one in reversed(aside)}
    for row in rows:
        still = wrong.get(row.row)
        arrival.reasons[row.code] = arrival.reasons.get(row.code, 1) - 1
        if still is None:
            row.state = SetAsideState.RESENT
            arrival.set_aside -= 1
        else:
            row.code, row.message, row.column = still.code, storable(still.message), storable(still.column)
            arrival.reasons[row.code] = arrival.reasons.get(row.code, 0) + 1
        row.save(update_fields=["values", "state", "code", "message", "column"])
    arrival.reasons = {code: count for code, count in arrival.reasons.items() if count > 0}
    if signals is not None:
        inbox.put(signals, arrival)
        arrival.received += len(signals)
    arrival.save(update_fields=["reasons", "set_aside", "received"])


def _as_sent(value: Any) -> str | None:
    return None if value is None else str(value)


def _row(arrival: Import, one: SetAside) -> SetAsideRow:
    return SetAsideRow(
        arrival=arrival,
        row=one.row,
        code=one.code,
        message=storable(one.message),
        column=storable(one.column)[:255],
        values={storable(name): storable(value) for name, value in one.values.items()},
    )


def storable(value: Any) -> Any:
    """Text that any database keeps: no NUL, no half characters, no endless cell."""
    if not isinstance(value, str):
        return value
    text = value.replace("\x00", "\N{REPLACEMENT CHARACTER}")[:MAX_CELL_KEPT]
    return text.encode("utf-8", "replace").decode()


def end_import(arrival: Import, state: ImportState, reason: str) -> None:
    arrival.state, arrival.reason = state, storable(reason)
    if arrival.finished:
        arrival.finished_at = timezone.now()
    arrival.bytes_read = arrival.bytes_total
    arrival.save(update_fields=["state", "reason", "finished_at", "bytes_read"])


def outcome_of(arrival: Import) -> ImportOutcome:
    return ImportOutcome(
        arrival.accepted, arrival.repeated, arrival.revised, arrival.set_aside, dict(arrival.reasons), arrival.pk
    )
