"""The audit queue: random verbatims that people label, on which the classifier's errors are measured."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater import science
from headwater.base.history import record_history
from headwater.base.permissions import require
from headwater.base.refusals import NotFound, Refused
from headwater.insight import labelling
from headwater.insight.corrections import checked_value
from headwater.insight.models import AuditItem
from headwater.metrics.store import company_record
from headwater.record.filters import parse
from headwater.record.questions import RandomVerbatims, SignalRow, SignalRows, Sums
from headwater.science.results import NoVerdict
from headwater.science.text import Confusion
from headwater.science.text import confusion as count_confusion

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from headwater.base.models import Person
    from headwater.science.results import Result

NEEDED = 200  # labelled verbatims before shares are corrected for the classifier's errors
MOST_DRAWN = 500
NONE = "none"
WITH_WORDS = parse("text is not null")


@dataclass(frozen=True, slots=True)
class CalibrationState:
    """How far the audit is. Until ``needed`` verbatims are labelled, shares are "not yet calibrated"."""

    labelled: int
    open: int
    needed: int = NEEDED

    @property
    def is_calibrated(self) -> bool:
        return self.labelled >= self.needed


def calibration_state() -> CalibrationState:
    """How many random verbatims people have labelled, and how many are waiting."""
    total = AuditItem.objects.count()
    labelled = AuditItem.objects.filter(labelled_at__isnull=False).count()
    return CalibrationState(labelled, total - labelled)


def draw_audit(person: Person | None, n: int) -> list[AuditItem]:
    """Draw ``n`` verbatims at random that were not drawn before; fewer when there are no more."""
    require(person, "correct", "labels")
    if not 1 <= n <= MOST_DRAWN:
        raise Refused(
            "draw_size", _("Draw between 1 and %(most)d verbatims, not %(n)d.") % {"most": MOST_DRAWN, "n": n}
        )
    seed = secrets.randbelow(2**31)
    drawn_before = set(AuditItem.objects.values_list("signal_key", flat=True))
    found = company_record().ask(RandomVerbatims(min(1_000, n + len(drawn_before)), seed))
    fresh = [signal for signal in found if signal.signal_key not in drawn_before][:n]
    if not fresh:
        raise Refused("nothing_to_draw", _("There are no more comments to draw. Import more first."))
    predicted = labelling.predictions(labelling.current_labeller(), fresh)
    with transaction.atomic():
        items = [
            AuditItem(signal_key=signal.signal_key, seed=seed, drawn_by=person, predicted=said)
            for signal, said in zip(fresh, predicted, strict=True)
        ]
        AuditItem.objects.bulk_create(items, ignore_conflicts=True)
        record_history(person, "audit.drawn", f"audit:{seed}", {"n": len(items), "seed": seed})
    return list(AuditItem.objects.filter(seed=seed, signal_key__in=[item.signal_key for item in items]))


def next_item(person: Person | None) -> AuditItem | None:
    """The oldest drawn verbatim that nobody has labelled yet and that is still in the record."""
    require(person, "correct", "labels")
    for item in AuditItem.objects.filter(labelled_at=None):
        if company_record().ask(SignalRow(item.signal_key)) is not None:
            return item
        item.delete()  # its customer was erased since
    return None


def label_audit_item(person: Person | None, item_id: int, values: Mapping[str, Any]) -> AuditItem:
    """Keep what a person says a drawn verbatim is: values by field, "" or an empty list for none.

    It measures the classifier and teaches it nothing: what has been learnt from cannot measure.
    """
    require(person, "correct", "labels")
    truth = {field: checked_value(field, value) for field, value in values.items()}
    if not truth:
        raise Refused("audit_empty", _("Say at least one label of this verbatim."))
    with transaction.atomic():
        item = AuditItem.objects.select_for_update().filter(pk=item_id).first()
        if item is None:
            raise NotFound("audit_item_unknown", _("There is no drawn verbatim %s.") % item_id)
        item.truth, item.labelled_by, item.labelled_at = truth, person, timezone.now()
        item.save(update_fields=["truth", "labelled_by", "labelled_at"])
        record_history(person, "audit.labelled", f"signal:{item.signal_key}", {"fields": ", ".join(truth)})
    return item


def confusion(field: str) -> Confusion | None:
    """Audited verbatims of one field (stage, moment, sentiment, effort): truth in rows, prediction in columns.

    ``none`` stands for "cannot tell" in the truth and "not sure" in the prediction. None when nothing is audited.
    """
    pairs = [(truth[field] or NONE, predicted.get(field) or NONE) for truth, predicted in _audited(field)]
    return count_confusion(*zip(*pairs, strict=True)) if pairs else None


def cause_confusions(causes: Iterable[str]) -> dict[str, NDArray[np.int64]]:
    """The 2 × 2 table of each cause, has it and has it not, as ``corrected_shares`` takes it; empty without audit."""
    rows = cause_pairs()
    tables = {cause: np.zeros((2, 2), dtype=np.int64) for cause in causes} if rows else {}
    for cause, table in tables.items():
        for truth, predicted in rows:
            table[int(cause not in truth), int(cause not in predicted)] += 1
    return tables


def cause_pairs() -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """What people said the causes of each audited verbatim are, and what the classifier said."""
    return [(tuple(truth["causes"]), tuple(said.get("causes") or ())) for truth, said in _audited("causes")]


@dataclass(frozen=True, slots=True)
class LabelShare:
    """How many comments have one value of a field, ``""`` for not sure: ``counted`` as labelled, ``corrected`` for the
    errors that the audit found; None until enough are audited."""

    value: str
    n: int
    counted: Result
    corrected: Result | None


def label_shares(field: str) -> tuple[LabelShare, ...]:
    """The shares of all comments by stage or sentiment, most frequent first, not sure last.

    What is corrected is the record's value: the source's where it gives one, else the classifier's.
    """
    rows = company_record().ask(Sums(by=(field,), where=WITH_WORDS)).rows
    counts = {row.group[field] or NONE: row.n for row in rows}
    calibrated = calibration_state().is_calibrated
    corrected = _corrected_shares(field, counts) if calibrated else {}
    unknown = NoVerdict("not_audited", _("Nobody has audited it.")) if calibrated else None
    whole = sum(counts.values())
    return tuple(
        LabelShare("" if value == NONE else value, n, science.proportion(n, whole), corrected.get(value, unknown))
        for value, n in sorted(counts.items(), key=lambda item: (item[0] == NONE, -item[1], item[0]))
    )


def _corrected_shares(field: str, counts: Mapping[str, int]) -> dict[str, Result]:
    """The audit draws from all comments, so its verbatims are a random part of what is counted: "within"."""
    items = AuditItem.objects.filter(labelled_at__isnull=False).values_list("signal_key", "truth", "predicted")
    said = {
        key: (truth[field] or NONE, predicted.get(field)) for key, truth, predicted in items if truth and field in truth
    }
    pairs = [
        (said[row.signal_key][0], getattr(row, f"source_{field}") or said[row.signal_key][1] or NONE)
        for row in company_record().ask(SignalRows(tuple(sorted(said))))
    ]
    classes = sorted({*counts, *(value for pair in pairs for value in pair)})
    if len(classes) < 2:
        return {}
    place = {value: number for number, value in enumerate(classes)}
    table = np.zeros((len(classes), len(classes)), dtype=np.int64)
    for truth, found in pairs:
        table[place[truth], place[found]] += 1
    results = science.corrected_shares([counts.get(value, 0) for value in classes], table, audit="within")
    return dict(zip(classes, results, strict=True))


def _audited(field: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    rows = AuditItem.objects.filter(labelled_at__isnull=False).values_list("truth", "predicted")
    return [(truth, predicted) for truth, predicted in rows if truth and field in truth]
