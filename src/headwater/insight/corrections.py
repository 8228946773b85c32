"""What people say about a label: shown at once, never overwritten by a model, learnt from by the next label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base.history import record_history
from headwater.base.permissions import require
from headwater.base.queue import enqueue
from headwater.base.refusals import NotFound, Refused
from headwater.insight.models import AuditItem, LabelCorrection
from headwater.journey.queries import taxonomy
from headwater.metrics.store import company_record
from headwater.record.questions import SignalRow, SignalRows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headwater.base.models import Person
    from headwater.record.questions import Signal

APPLY = "insight.apply_corrections"
AT_ONCE = 500
MOST_CAUSES = 10
WORDS = {"sentiment": ("negative", "neutral", "positive"), "effort": ("low", "high")}


def correct_label(person: Person | None, signal_key: int, field: str, value: Any) -> LabelCorrection:
    """Set one label of a signal; the caller has checked that the person may read the signal.

    ``field`` is stage, moment, causes, sentiment or effort; ``value`` an id or word ("" for none), for causes a list
    of ids. Saying the same twice counts once. Refuses unknown fields, values and signals.
    """
    require(person, "correct", "labels", words_of="department")
    value = checked_value(field, value)
    signal = _signal(signal_key)
    with transaction.atomic():
        existing = LabelCorrection.objects.select_for_update().filter(signal_key=signal_key, field=field).first()
        if existing is not None and existing.removed_at is None and existing.value == value:
            return existing
        before = effective(signal, [existing] if existing else [])[field]
        correction, _made = LabelCorrection.objects.update_or_create(
            signal_key=signal_key,
            field=field,
            defaults={
                "value": value,
                "person": person,
                "at": timezone.now(),
                "removed_at": None,
                "applied_at": None,
            },
        )
        data = {"field": field, "old": _shown(before), "new": _shown(value)}
        record_history(person, "label.corrected", f"signal:{signal_key}", data)
        enqueue(APPLY, {}, unique_key=APPLY)
    return correction


def remove_correction(person: Person | None, signal_key: int, field: str) -> None:
    """Take a correction back: the model's label counts again. Refuses (404) when there is none."""
    require(person, "correct", "labels", words_of="department")
    with transaction.atomic():
        now = timezone.now()
        changed = LabelCorrection.objects.filter(signal_key=signal_key, field=field, removed_at=None).update(
            removed_at=now, at=now, person=person, applied_at=None
        )
        if not changed:
            message = _("The label %(field)s of signal %(signal)s was not corrected by anybody.")
            raise NotFound("correction_unknown", message % {"field": field[:20], "signal": signal_key})
        record_history(person, "label.correction_removed", f"signal:{signal_key}", {"field": field})
        enqueue(APPLY, {}, unique_key=APPLY)


def forget_erased(customer_ids: Sequence[str] = ()) -> int:
    """Remove what people said about signals that are no longer in the record, and return how many signals that was.

    Called when customers were erased; what people said is kept by signal, so the ids themselves tell nothing here.
    """
    held = set(LabelCorrection.objects.values_list("signal_key", flat=True))
    held |= set(AuditItem.objects.values_list("signal_key", flat=True))
    record, keys = company_record(), sorted(held)
    known = {
        signal.signal_key
        for start in range(0, len(keys), AT_ONCE)
        for signal in record.ask_once(SignalRows(tuple(keys[start : start + AT_ONCE])))
    }
    gone = sorted(held - known)
    with transaction.atomic():
        LabelCorrection.objects.filter(signal_key__in=gone).delete()
        AuditItem.objects.filter(signal_key__in=gone).delete()
    return len(gone)


def effective_labels(signal_key: int) -> dict[str, Any]:
    """A signal's labels as they count now: what people said, over the record's. Refuses (404) an unknown signal."""
    rows = LabelCorrection.objects.filter(signal_key=signal_key, removed_at=None)
    return effective(_signal(signal_key), list(rows))


def effective(signal: Signal, corrections: list[LabelCorrection]) -> dict[str, Any]:
    """Labels by field: an id or word, "" when not sure, a list for causes."""
    labels: dict[str, Any] = {name: getattr(signal, name) or "" for name in ("stage", "moment", "sentiment", "effort")}
    labels["causes"] = list(signal.causes)
    labels.update({row.field: row.value for row in corrections if row.removed_at is None})
    return labels


def checked_value(field: str, value: Any) -> Any:
    """The value as it is kept; refuses what the taxonomy or the field does not know."""
    known = taxonomy()
    choices = {
        "stage": {stage.id for stage in known.stages},
        "moment": {moment.id for moment in known.moments},
        "causes": {cause.id for cause in known.active_causes},
        **{name: set(words) for name, words in WORDS.items()},
    }
    if field not in choices:
        message = _("There is no label “%(field)s”. Choose from: %(fields)s.")
        shown = {"field": str(field)[:40], "fields": ", ".join(choices)}
        raise Refused("label_unknown", message % shown, "field")
    if field != "causes":
        _check(field, [value] if value != "" else [], choices[field])
        return value
    if not isinstance(value, (list, tuple)) or len(value) > MOST_CAUSES:
        message = _("Causes are a list of at most %d ids.") % MOST_CAUSES
        raise Refused("causes_malformed", message, "value")
    _check(field, value, choices[field])
    return list(dict.fromkeys(value))


def _check(field: str, values: Any, choices: set[str]) -> None:
    for one in values:
        if not isinstance(one, str) or one not in choices:
            message = _("“%(value)s” is not one of the choices for %(field)s. Reload the page and choose again.")
            raise Refused("label_value_unknown", message % {"value": str(one)[:60], "field": field}, "value")


def _signal(signal_key: int) -> Signal:
    signal = company_record().ask(SignalRow(signal_key))
    if signal is None:
        raise NotFound("signal_unknown", _("There is no signal %s.") % signal_key)
    return signal


def _shown(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)
