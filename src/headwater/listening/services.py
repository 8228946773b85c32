"""What this room does: imports files, receives signals, keeps mappings, sends corrected rows again, erases."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.db import OperationalError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from headwater.base.company import company, ensure_company
from headwater.base.history import record_history
from headwater.base.models import Company, Person
from headwater.base.permissions import require
from headwater.base.refusals import Conflict, Refused
from headwater.listening import direct, importing, inbox, mapping, proposal
from headwater.listening.importing import ImportOutcome, Progress, outcome_of
from headwater.listening.mapping import Mapping
from headwater.listening.models import Import, ImportState, InboxBatch, SetAsideRow, SetAsideState, Source
from headwater.listening.personal import erasing, redacting
from headwater.listening.pipeline import Run
from headwater.record.customers import ErasureReport

__all__ = ["ImportOutcome", "MappingUnsure", "RowResult", "import_file", "receive_signals"]

MAX_SIGNALS = 1_000
MAX_ROWS_RESENT = 10_000
UNFINISHED = (ImportState.WAITING, ImportState.READING, ImportState.INTERRUPTED, ImportState.RECEIVED)


class MappingUnsure(Refused):
    """The proposed mapping needs a person: `proposal` says of which columns it is unsure."""

    def __init__(self, proposed: proposal.Proposal) -> None:
        reasons = " ".join(one.reason for one in proposed.unsure)
        super().__init__("mapping_unsure", _("The mapping is not certain. %s") % reasons, field="mapping")
        self.proposal = proposed


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of one row that was sent: `received` (it is durable), or `refused` with the reason."""

    index: int
    state: str
    record_id: str | None = None
    code: str | None = None
    message: str | None = None


# --- files


def import_file(
    path: Path,
    *,
    source: str | None = None,
    mapping: Mapping | None = None,
    ready: str | None = None,
    person: Person | None = None,
    progress: Progress | None = None,
) -> ImportOutcome:
    """Import a file; returns when its rows are in the record.

    Without a mapping or the name of a `ready` one, the one kept for the source is used, else the ready one whose shape
    the file has, else the proposed one if it is certain. An import of the
    same file that was cut off goes on where it was. Raises Refused, MappingUnsure where a person should decide.
    """
    require(person, "import", "signals")
    refuse_sample()
    used = choose_mapping(path, source, mapping, ready)
    mark = importing.fingerprint(path, used)
    with importing.only_one(mark):
        arrival = _unfinished(mark) or _new_import(path, used, mark, person)
        if arrival.state != ImportState.RECEIVED:
            importing.run_import(arrival, progress)
        inbox.flush()
    arrival.refresh_from_db()
    return outcome_of(arrival)


def choose_mapping(path: Path, source: str | None, given: Mapping | None, ready: str | None = None) -> Mapping:
    """The mapping given, else the one kept for the source and this shape of file, else a certain proposal."""
    name = source_name(source) if source else None
    if given is not None:
        return given.model_copy(update={"source": name}) if name else given
    kept = None if ready else kept_mapping(name or source_name(path.name))
    if kept is not None and kept.ready is None:
        return kept
    proposed = proposal.propose(path, ready=ready)
    if proposed.ready is not None and not ready:
        kept = kept_mapping(name or proposed.ready.source)
        if kept is not None and reads_the_same(kept, proposed):
            return kept.model_copy(update={"file": proposed.mapping.file})
    if proposed.unsure:
        raise MappingUnsure(proposed)
    return proposed.mapping.model_copy(update={"source": name}) if name else proposed.mapping


def reads_the_same(kept: Mapping, proposed: proposal.Proposal) -> bool:
    """Whether a kept mapping was made of the same ready one, and of a file written like this one."""
    there = set(proposed.columns) | proposed.mapping.columns
    same_kind = (kept.ready, kept.file.format) == (proposed.mapping.ready, proposed.mapping.file.format)
    return same_kind and kept.sql == proposed.mapping.sql and kept.columns <= there


def kept_mapping(name: str) -> Mapping | None:
    """The mapping kept for a source, if there is one."""
    kept = Source.objects.filter(name=name).exclude(mapping="").first()
    return mapping.from_yaml(kept.mapping) if kept is not None else None


def read_mapping_file(path: Path) -> str:
    """The text of a mapping file. Raises Refused where it cannot be read."""
    try:
        if path.stat().st_size > mapping.MAX_YAML * 4:
            raise Refused("mapping_too_long", _("%s is too long for a mapping.") % path, field="mapping")
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused("mapping_unreadable", _("%(path)s cannot be read: %(error)s.") % {
            "path": path, "error": error}, field="mapping") from error  # fmt: skip


def source_name(text: str) -> str:
    """A name as a source may have it: small letters, digits and hyphens."""
    stem = text.split(".")[0] if "." in text else text
    name = slugify(stem)[:80].strip("-_")
    if not name:
        raise Refused("bad_source", _("“%s” is no name for a source; use letters and digits.") % text, field="source")
    return name


def refuse_sample() -> Company | None:
    """Refuse to mix a company's own signals with the sample's; return the company, if there is one yet."""
    ours = company()
    if ours is not None and ours.is_sample:
        raise Conflict(
            "sample_company",
            _("This is the sample company, and imports never mix with it. Start your company first: the button on "
              "every page, or headwater start --pack NAME."),
        )  # fmt: skip
    return ours


def _unfinished(mark: str) -> Import | None:
    """The same import, cut off earlier. Under its lock nobody else works on it."""
    arrival = Import.objects.filter(fingerprint=mark, state__in=UNFINISHED).order_by("-pk").first()
    if arrival is not None:
        with transaction.atomic():
            record_history(arrival.person, "import.resumed", f"import:{arrival.pk}", _named(arrival))
    return arrival


def _new_import(path: Path, used: Mapping, mark: str, person: Person | None) -> Import:
    ensure_company()
    with transaction.atomic():
        source = keep_mapping(used, person)
        arrival = Import.objects.create(
            source=source,
            file_name=path.name[:255],
            path=str(path.resolve()),
            fingerprint=mark,
            mapping=used.to_yaml(),
            person=person,
            state=ImportState.READING,
            bytes_total=path.stat().st_size if path.is_file() else 0,
        )
        record_history(person, "import.started", f"import:{arrival.pk}", _named(arrival))
    return arrival


def keep_mapping(used: Mapping, person: Person | None) -> Source:
    """Keep a mapping for its source, to be used again. In the current transaction."""
    text = used.to_yaml()
    source, _made = Source.objects.get_or_create(name=used.source)
    if source.mapping != text:
        source.mapping = text
        source.save(update_fields=["mapping", "changed_at"])
        record_history(person, "source.mapped", f"source:{source.name}", {"source": source.name})
    return source


def change_source_mapping(person: Person | None, source: Source, text: str) -> None:
    """Keep another mapping for a source; it is used from the next file on."""
    require(person, "import", "signals")
    used = mapping.from_yaml(text)
    if used.source != source.name:
        raise Refused(
            "other_source",
            _("The mapping names the source %(other)s; this is %(source)s.")
            % {"other": used.source, "source": source.name},
            field="source",
        )
    with transaction.atomic():
        keep_mapping(used, person)


def clear() -> None:
    """Forget imports, sources and what waits: the sample company ends. The caller holds the transaction."""
    InboxBatch.objects.all().delete()
    Import.objects.all().delete()
    Source.objects.all().delete()


def _named(arrival: Import) -> dict[str, str]:
    return {"file": arrival.file_name, "source": arrival.source.name}


# --- signals of other programs


def receive_signals(rows: Sequence[dict[str, Any]], *, source: str, person: Person | None) -> list[RowResult]:
    """Take up to 1,000 signals; those received are durable when this returns, and count once in the record."""
    require(person, "import", "signals")
    ours = refuse_sample() or ensure_company()
    name = source_name(source)
    if not 1 <= len(rows) <= MAX_SIGNALS:
        raise Refused("too_many_rows", _("Send 1 to %(most)s signals at once, not %(sent)s.") % {
            "most": MAX_SIGNALS, "sent": len(rows)})  # fmt: skip
    readable, malformed = direct.read_rows(rows)
    tally = Run()
    signals, refused = direct.through_pipeline(readable, name, datetime.now(UTC), ours.time_zone, tally)
    results = {one.row: RowResult(one.row, "refused", None, one.code, one.message) for one in (*malformed, *refused)}
    if signals is not None:
        _receive(signals.drop_columns(["row"]), name, tally)
        for index, record_id in zip(signals["row"].to_pylist(), signals["record_id"].to_pylist(), strict=True):
            results[index] = RowResult(index, "received", record_id)
    return [results[index] for index in range(len(rows))]


def _receive(signals: pa.Table, source: str, tally: Run) -> None:
    try:
        with inbox.turn(), transaction.atomic():
            inbox.put(signals)
            redacting.note(tally.redacted, source)
    except (OSError, OperationalError) as error:
        if not importing.is_disk_full(error):
            raise
        raise Refused("disk_full", _("The disk is full; nothing of this was received. Send it again later.")) from error


# --- set-aside rows


def correct_rows(person: Person | None, arrival: Import, corrections: dict[int, dict[str, str]]) -> ImportOutcome:
    """Send set-aside rows again, with the values a person corrected; what is still wrong stays set aside."""
    require(person, "import", "signals")
    if len(corrections) > MAX_ROWS_RESENT:
        raise Refused("too_many_rows", _("Correct at most %s rows at once.") % MAX_ROWS_RESENT)
    with transaction.atomic():
        rows = list(
            SetAsideRow.objects.select_for_update().filter(
                arrival=arrival, state=SetAsideState.OPEN, pk__in=list(corrections)
            )
        )
        importing.resend(arrival, rows, corrections)
        done = sum(row.state == SetAsideState.RESENT for row in rows)
        if done:
            data = {"rows": done, "file": arrival.file_name}
            record_history(person, "set_aside.corrected", f"import:{arrival.pk}", data)
    inbox.flush()
    arrival.refresh_from_db()
    return outcome_of(arrival)


def download_rows(person: Person | None, arrival: Import) -> Iterable[SetAsideRow]:
    """The rows of an import that are set aside, to be written to a file; the history says who took them."""
    require(person, "import", "signals")
    with transaction.atomic():
        record_history(person, "set_aside.downloaded", f"import:{arrival.pk}", {"file": arrival.file_name})
    return SetAsideRow.objects.filter(arrival=arrival, state=SetAsideState.OPEN).iterator(chunk_size=1_000)


# --- a customer's right to be forgotten


def erase_customer(person: Person | None, customer_id: str) -> ErasureReport:
    """Erase one customer everywhere, here and now; returns the record's report. See `personal.erasing`."""
    return erasing.erase_now(person, customer_id)
