"""Labelling: what is new as it arrives, everything again when the model or the taxonomy changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc
from django.db import transaction
from django.utils import timezone

from headwater.base.queue import enqueue
from headwater.insight import evidence, fitting, text_models
from headwater.insight.classifiers import build_heads
from headwater.insight.label_rules import SOURCED, corrected, values_of
from headwater.insight.labeller import Labeller
from headwater.insight.models import AuditItem, LabelCorrection, LabellerInForce, TextModel
from headwater.journey.queries import labels_version, taxonomy, taxonomy_of
from headwater.metrics.store import company_record
from headwater.record.questions import SignalRows, Size

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from headwater.journey.taxonomy import Taxonomy
    from headwater.record.questions import Signal

BATCH = 100_000
AT_ONCE = 50_000  # so many labels are made anew on the spot, in seconds, instead of by a job
RELABEL, APPLY, FIT = "insight.relabel", "insight.apply_corrections", "insight.fit_student"
LOOK = ("insight.watch_for_changes", "insight.find_themes")
"""What looks at labels, and looks again once everything was labelled anew."""
SETTLING = timedelta(minutes=1)
"""The first fit takes minutes; so long it lets pass what looks at the first labels."""


class Reporting(Protocol):
    """Who is told how far the work is: a job, or a command's progress bar."""

    def progress(self, done: int, total: int = 0, note: str = "") -> None: ...


@dataclass(frozen=True, slots=True)
class _Bar:
    show: Callable[[int, int], None]

    def progress(self, done: int, total: int = 0, note: str = "") -> None:
        self.show(done, total)


def label_arrivals(show: Callable[[int, int], None]) -> int:
    """Label what has arrived in this process, telling ``show(done, total)``; for the end of an import command."""
    return label_new(_Bar(show))


def label_new(context: Reporting | None = None) -> int:
    """Label every signal that has words or an event and no label yet; returns how many.

    A newer model or taxonomy than the one in force waits for a full relabelling, so that readers never see a mixture;
    a small record is relabelled on the spot.
    """
    in_force = _in_force() or _put_in_force(_wanted())
    labelled = 0
    if _wanted() != in_force:
        if company_record().ask(Size()).labelled > AT_ONCE:
            enqueue(RELABEL, {}, unique_key=RELABEL)
        else:
            labelled = relabel_everything(context)
            in_force = _wanted()
    record, using = company_record(), None
    while len(batch := record.unlabelled(in_force.model.name, in_force.taxonomy_version, BATCH)):
        using = using or labeller(in_force)
        labels = using.labels(batch)
        with record.writing():
            record.put_labels(with_corrections(labels))
        labelled += len(batch)
        if context is not None:
            context.progress(labelled, 0, "labelled")
    if labelled and fitting.is_first_fit_due():
        enqueue(FIT, {}, unique_key=FIT, run_at=timezone.now() + SETTLING)
    return labelled


def relabel_everything(context: Reporting | None = None) -> int:
    """Label all signals anew with the newest model and taxonomy; readers see all of it at once, or nothing.

    What arrives meanwhile is labelled afterwards; corrections made meanwhile are put into the record again. Killed
    half-way it leaves the record as it was, and starts again as a job.
    """
    began, record = timezone.now(), company_record()
    wanted = _wanted()
    using = labeller(wanted)
    total, done = record.ask(Size()).signals, 0
    with record.relabelling() as aside:
        for rows in record.each_labellable():
            for start in range(0, len(rows), BATCH):
                part = rows.slice(start, BATCH)
                aside.add(with_corrections(using.labels(part)))
                done += len(part)
                if context is not None:
                    context.progress(done, max(total, done), "labelled")
        # Before the swap: a kill between the two makes the next run label anew, never back to the old.
        _put_in_force(wanted, {name: round(head.threshold, 4) for name, head in using.heads.items()})
    with transaction.atomic():
        LabelCorrection.objects.filter(at__gte=began).update(applied_at=None)
        for name in (APPLY, *LOOK):
            enqueue(name, {}, unique_key=name)
    refresh_audit(using)
    return done


def relabel_now() -> int:
    """Relabel everything in this process, without a worker; for the command line. Returns how many were labelled."""
    return relabel_everything()


def apply_corrections(context: Reporting | None = None) -> int:
    """Put corrections that the record does not have yet into it; returns how many signals were written."""
    while waiting := list(LabelCorrection.objects.filter(applied_at=None).order_by("at")[:500]):
        keys = list(dict.fromkeys(row.signal_key for row in waiting))
        record = company_record()
        signals = list(record.ask(SignalRows(tuple(keys))))
        if signals:
            labels = current_labeller().labels(_as_batch(signals, heard=True))
            with record.writing():
                record.put_labels(with_corrections(labels))
        for row in waiting:
            # Only if nobody spoke again in the meantime.
            LabelCorrection.objects.filter(pk=row.pk, at=row.at, removed_at=row.removed_at).update(
                applied_at=timezone.now()
            )
        if context is not None:
            context.progress(len(signals))
    return 0


def current_labeller() -> Labeller:
    """The labeller whose labels the record has; it knows every correction made so far."""
    return labeller(_in_force() or _put_in_force(_wanted()))


def with_corrections(labels: pa.Table) -> pa.Table:
    """Label rows with what people said laid over them. Call it under ``record.writing()``, so that a correction made
    meanwhile either is seen here or is put into the record after this."""
    by_signal: dict[int, dict[str, Any]] = {}
    for key, field, value, removed in LabelCorrection.objects.values_list("signal_key", "field", "value", "removed_at"):
        said = by_signal.setdefault(key, {})
        if removed is None:
            said[field] = value
    touched = pc.is_in(labels["signal_key"], value_set=pa.array(list(by_signal), pa.int64()))
    if not pc.any(touched).as_py():
        return labels
    rows = [corrected(row, by_signal[row["signal_key"]]) for row in labels.filter(touched).to_pylist()]
    return pa.concat_tables([labels.filter(pc.invert(touched)), pa.Table.from_pylist(rows, schema=labels.schema)])


def refresh_audit(using: Labeller) -> None:
    """Say again what the labeller predicts for every audited verbatim: its errors are measured on these."""
    record = company_record()
    keys = tuple(AuditItem.objects.values_list("signal_key", flat=True))
    signals = list(record.ask(SignalRows(keys))) if keys else []
    for signal, predicted in zip(signals, predictions(using, signals), strict=True):
        AuditItem.objects.filter(signal_key=signal.signal_key).update(predicted=predicted)


def predictions(using: Labeller, signals: list[Signal]) -> list[dict[str, Any]]:
    """What a labeller says about signals, as values alone, without any person's corrections."""
    if not signals:
        return []
    return [values_of(row) for row in using.labels(_as_batch(signals, heard=False)).to_pylist()]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A text model and a taxonomy."""

    model: TextModel
    taxonomy_version: int

    @property
    def taxonomy(self) -> Taxonomy:
        now = taxonomy()
        return now if now.version == self.taxonomy_version else taxonomy_of(self.taxonomy_version) or now


def labeller(wanted: Wanted) -> Labeller:
    """The labeller for a model and taxonomy, with every correction made so far; built anew only after a change."""
    with _building:
        return _built(wanted.model.name, wanted, evidence.version())


def _in_force() -> Wanted | None:
    row = LabellerInForce.objects.select_related("text_model").first()
    return Wanted(row.text_model, row.taxonomy_version) if row else None


def _wanted() -> Wanted:
    return Wanted(fitting.active_model(), labels_version())


def _put_in_force(wanted: Wanted, thresholds: dict[str, float] | None = None) -> Wanted:
    fields: dict[str, Any] = {"text_model": wanted.model, "taxonomy_version": wanted.taxonomy_version}
    LabellerInForce.objects.update_or_create(
        singleton=True, defaults={**fields, "since": timezone.now(), "thresholds": thresholds or {}}
    )
    return wanted


_building = Lock()


@lru_cache(maxsize=2)
def _built(name: str, wanted: Wanted, evidence_version: tuple[object, ...]) -> Labeller:
    encoder = text_models.load(wanted.model)
    known = wanted.taxonomy
    return Labeller(encoder, known, build_heads(encoder, known, evidence.gather()))


def _as_batch(signals: Sequence[Signal], *, heard: bool) -> pa.Table:
    """Signals as ``record.unlabelled`` gives them. Where the source is not ``heard``, the labeller says what it would
    say of stage and sentiment by itself."""
    names = ("signal_key", "local_date", "revision", "text", "event", "score_band")
    rows = [{name: getattr(signal, name) for name in names} for signal in signals]
    types = [pa.int64(), pa.date32(), pa.int32(), pa.string(), pa.string(), pa.int8()]
    table = pa.Table.from_pylist(rows, schema=pa.schema(list(zip(names, types, strict=True))))
    for name in SOURCED:
        given = [getattr(signal, f"source_{name}") if heard else None for signal in signals]
        table = table.append_column(name, pa.array(given, pa.string()))
    return table


def clear() -> None:
    """Forget what belongs to the sample company; run when it is cleared, repeatable."""
    LabelCorrection.objects.all().delete()
    AuditItem.objects.all().delete()
    LabellerInForce.objects.all().delete()
    for model in TextModel.objects.all():
        (text_models.models_folder() / model.file_name).unlink(missing_ok=True)
    TextModel.objects.all().delete()
