"""Triggers: made, changed, activated, paused and retired by people; previewed on history; answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from headwater.base.history import record_history
from headwater.base.permissions import allows, require
from headwater.base.refusals import Conflict, NotFound, Refused
from headwater.journey import trigger_answers
from headwater.journey.models import Firing, Trigger, TriggerEdition, UnitState
from headwater.journey.queries import taxonomy
from headwater.journey.seen import digests, require_unchanged
from headwater.journey.standards import as_of
from headwater.journey.states import ask_to_build
from headwater.journey.taxonomy import Taxonomy
from headwater.journey.trigger_rules import Rule, read_rule, written
from headwater.metrics.access import require_askable, require_shareable
from headwater.metrics.store import company_record
from headwater.record.questions import Firings, PatternFirings

if TYPE_CHECKING:
    from headwater.base.models import Person

MAX_TRIGGERS = 100
MAX_GRACE_DAYS = 365
MAX_WAIT_HOURS = 24 * 14
PREVIEW_DAYS = 91
EXAMPLES = 5
MAX_DELAY_HOURS = 24 * 365
EDITED = (
    "name", "description", "stage", "moment", "action", "target", "delay_hours", "grace_days", "wait_hours", "rule",
)  # fmt: skip
State = Trigger.State

# --- what it would do


@dataclass(frozen=True, slots=True)
class Preview:
    """When a rule would have fired in the last quarter that the record knows, with examples for those who may see
    customers (else without ids)."""

    firings: Firings
    since: date
    until: date
    may_see_customers: bool


def preview(person: Person | None, rule: Rule, *, wait_hours: int = 0) -> Preview:
    """What a rule would have done in the last 13 weeks of the record: what an activation keeps of these weeks.

    ``wait_hours``: how long after a deadline late news is waited for.
    """
    require(person, "view", "triggers")
    pattern = rule.pattern()
    for one in rule.filters():
        require_askable(person, (), one)
    until = as_of()
    since = until.date() - timedelta(days=PREVIEW_DAYS - 1)
    judged = until - timedelta(hours=wait_hours)
    found = company_record().ask(PatternFirings(pattern, judged, since, until.date(), limit=EXAMPLES))
    return Preview(found, since, until.date(), allows(person, "view", "customers"))


# --- made and changed


def trigger_of(person: Person | None, pk: int) -> Trigger:
    """One trigger."""
    require(person, "view", "triggers")
    found = Trigger.objects.select_related("created_by").filter(pk=pk).first()
    if found is None:
        raise NotFound("trigger.unknown", _("There is no trigger %s.") % pk)
    return found


def triggers(person: Person | None) -> list[Trigger]:
    """All triggers, those that are retired last."""
    require(person, "view", "triggers")
    rows = Trigger.objects.all()
    return sorted(rows, key=lambda one: (one.state == State.RETIRED, one.name.casefold()))


def create_trigger(person: Person | None, values: Mapping[str, Any], *, known: Taxonomy | None = None) -> Trigger:
    """Make a draft trigger. ``values``: name, description, stage, moment, action, grace_days, wait_hours, rule.

    ``known`` is the journey that its stage and moment belong to, by default the published one.
    """
    require(person, "edit", "triggers")
    given = _checked(person, values, known)
    if Trigger.objects.exclude(state=State.RETIRED).count() >= MAX_TRIGGERS:
        raise Refused("trigger.too_many", _("There are %d triggers. Retire one first.") % MAX_TRIGGERS)
    with transaction.atomic():
        trigger = _saved(Trigger(created_by=person, **given))
        TriggerEdition.objects.create(trigger=trigger, edition=1, rule=given["rule"], created_by=person)
        record_history(person, "trigger.created", f"trigger:{trigger.pk}", {"name": trigger.name})
    return trigger


def change_trigger(
    person: Person | None,
    pk: int,
    values: Mapping[str, Any],
    *,
    seen: str | None = None,
    known: Taxonomy | None = None,
) -> Trigger:
    """Change a trigger. A changed rule is a new edition: an active trigger reads the record again, and what happened
    before it is history.

    Args:
        seen: what the person saw, see :func:`fingerprint_of`; refused (409) when someone else changed it meanwhile.
    """
    require(person, "edit", "triggers")
    given = _checked(person, values, known, except_pk=pk)
    with transaction.atomic():
        trigger = _locked(pk)
        if trigger.state == State.RETIRED:
            raise Refused("trigger.retired", _("“%s” is retired. Make a new trigger instead.") % trigger.name)
        what = [name for name, value in given.items() if getattr(trigger, name) != value]
        if what:
            now, code = _edited(trigger), "trigger.changed_meanwhile"
            require_unchanged(seen, now, code=code, name=trigger.name, titles=_titles())
        for name in what:
            setattr(trigger, name, given[name])
        if "rule" in what:
            trigger.edition += 1
            TriggerEdition.objects.create(
                trigger=trigger, edition=trigger.edition, rule=trigger.rule, created_by=person
            )
            if trigger.state in (State.ACTIVE, State.BUILDING):
                _begin(trigger)
        if what:
            _saved(trigger)
            data = {"name": trigger.name, "what": ", ".join(what), "edition": trigger.edition}
            record_history(person, "trigger.changed", f"trigger:{trigger.pk}", data)
    return trigger


def fingerprint_of(trigger: Trigger) -> str:
    """What someone sees who opens a trigger to change it."""
    return digests(_edited(trigger))


def _edited(trigger: Trigger) -> dict[str, Any]:
    return {name: getattr(trigger, name) for name in EDITED}


def _titles() -> dict[str, Any]:
    return {name: getattr(Trigger._meta.get_field(name), "verbose_name", name) for name in EDITED}


def activate_trigger(person: Person | None, pk: int) -> Trigger:
    """Let a trigger act from now on; first it reads the record, in the background."""
    require(person, "edit", "triggers")
    with transaction.atomic():
        trigger = _locked(pk)
        if trigger.state in (State.ACTIVE, State.BUILDING):
            return trigger
        if trigger.state == State.RETIRED:
            raise Refused("trigger.retired", _("“%s” is retired. Make a new trigger instead.") % trigger.name)
        _begin(trigger)
        trigger.save()
        record_history(person, "trigger.activated", f"trigger:{pk}", {"name": trigger.name})
    return trigger


def pause_trigger(person: Person | None, pk: int) -> Trigger:
    """Let a trigger rest: nothing fires; what happens meanwhile is history when it is activated again."""
    return _stopped(person, pk, State.PAUSED, "trigger.paused")


def retire_trigger(person: Person | None, pk: int) -> Trigger:
    """End a trigger; its firings stay."""
    return _stopped(person, pk, State.RETIRED, "trigger.retired")


def _stopped(person: Person | None, pk: int, state: str, code: str) -> Trigger:
    require(person, "edit", "triggers")
    with transaction.atomic():
        trigger = _locked(pk)
        if trigger.state == state:
            return trigger
        if trigger.state == State.RETIRED or (state == State.PAUSED and trigger.state == State.DRAFT):
            raise Refused("trigger.not_active", _("“%s” is not active.") % trigger.name)
        trigger.state, trigger.activated_at = state, None
        trigger.save(update_fields=["state", "activated_at"])
        UnitState.objects.filter(trigger=trigger).delete()
        record_history(person, code, f"trigger:{pk}", {"name": trigger.name})
    return trigger


def _begin(trigger: Trigger) -> None:
    trigger.state, trigger.activated_at = State.BUILDING, timezone.now()
    ask_to_build(trigger)


def _locked(pk: int) -> Trigger:
    trigger = Trigger.objects.select_for_update().filter(pk=pk).first()
    if trigger is None:
        raise NotFound("trigger.unknown", _("There is no trigger %s.") % pk)
    return trigger


def _saved(trigger: Trigger) -> Trigger:
    try:
        with transaction.atomic():
            trigger.save()
    except IntegrityError as error:
        raise _taken(trigger.name) from error
    return trigger


def _taken(name: str) -> Conflict:
    return Conflict("trigger.name_taken", _("There is a trigger “%s” already. Choose another name.") % name, "name")


def _checked(
    person: Person | None, values: Mapping[str, Any], known: Taxonomy | None, *, except_pk: int | None = None
) -> dict[str, Any]:
    """The values as they are kept; refuses what is wrong with them."""
    name = str(values.get("name", "")).strip()
    if not 1 <= len(name) <= 80 or "\x00" in name:
        raise Refused("trigger.name", _("Give it a name of at most 80 characters."), "name")
    description = str(values.get("description") or "").strip()[:600]
    if "\x00" in description:
        raise Refused("trigger.description", _("The description has a character that cannot be kept."), "description")
    if Trigger.objects.filter(name=name).exclude(pk=except_pk or 0).exists():
        raise _taken(name)
    rule = read_rule(values.get("rule") or {})
    for one in rule.filters():
        require_shareable(person, one)
    action = str(values.get("action") or Trigger.Action.CASE)
    if action not in Trigger.Action.values:
        raise Refused("trigger.action", _("“%s” is no answer.") % action[:40], "action")
    stage, moment = _place(known or taxonomy(), str(values.get("stage") or ""), str(values.get("moment") or ""))
    target, delay_hours = _target(action, values)
    return {
        "name": name,
        "description": description,
        "stage": stage,
        "moment": moment,
        "action": action,
        "target": target,
        "delay_hours": delay_hours,
        "grace_days": _whole(values.get("grace_days", 7), 0, MAX_GRACE_DAYS, "grace_days"),
        "wait_hours": _whole(values.get("wait_hours", 0), 0, MAX_WAIT_HOURS, "wait_hours"),
        "rule": written(rule),
    }


def _target(action: str, values: Mapping[str, Any]) -> tuple[str, int]:
    """What the answer chooses, and how many hours it waits; nothing for answers that choose nothing."""
    if not trigger_answers.chooses(action):
        if action == Trigger.Action.SURVEY:
            raise Refused("trigger.action", _("Nothing here can ask with a survey."), "action")
        return "", 0
    offered, target = dict(trigger_answers.targets(action)), str(values.get("target") or "")
    if target not in offered:
        message = _("Choose a survey that takes answers.") if not target else _("There is no survey “%s” to ask with.")
        raise Refused("trigger.target", message % target[:80] if target else message, "target")
    return target, _whole(values.get("delay_hours") or 0, 0, MAX_DELAY_HOURS, "delay_hours")


def _place(known: Taxonomy, stage: str, moment: str) -> tuple[str, str]:
    """Stage and moment of the journey; a moment brings its stage."""
    if moment:
        found = known.moment(moment)
        if found is None:
            raise Refused("trigger.moment", _("There is no moment “%s” in the journey.") % moment[:60], "moment")
        return found.stage, moment
    if stage and known.stage(stage) is None:
        raise Refused("trigger.stage", _("There is no stage “%s” in the journey.") % stage[:60], "stage")
    return stage, ""


def _whole(value: Any, low: int, high: int, field: str) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = -1
    if not low <= number <= high:
        raise Refused("trigger.number", _("Give a whole number from %(low)d to %(high)d.") % _ends(low, high), field)
    return number


def _ends(low: int, high: int) -> dict[str, int]:
    return {"low": low, "high": high}


# --- answered


def answer_firing(person: Person | None, pk: int, *, answered: bool = True) -> Firing:
    """Say that a waiting firing has been answered, or take that back."""
    require(person, "edit", "triggers")
    with transaction.atomic():
        firing = Firing.objects.select_for_update(of=("self",)).select_related("trigger").filter(pk=pk).first()
        if firing is None:
            raise NotFound("firing.unknown", _("There is no firing %s.") % pk)
        before, after = (Firing.State.WAITING, Firing.State.ANSWERED)
        if not answered:
            before, after = after, before
        if firing.state == after:
            return firing
        if firing.state != before:
            raise Refused("firing.not_waiting", _("This one is not waiting; it is: %s.") % firing.get_state_display())
        firing.state = after
        firing.answered_at, firing.answered_by = (timezone.now(), person) if answered else (None, None)
        firing.save(update_fields=["state", "answered_at", "answered_by"])
        code = "firing.answered" if answered else "firing.reopened"
        record_history(person, code, f"trigger:{firing.trigger_id}", {"name": firing.trigger.name, "firing": pk})
    return firing


def answer_waiting() -> int:
    """Let what is registered answer the waiting firings, each once; returns how many. Called by the worker."""
    waiting = Firing.objects.filter(
        state=Firing.State.WAITING, trigger__action__in=list(trigger_answers.hooks)
    ).order_by("pk")
    answered = 0
    for pk in waiting.values_list("pk", flat=True):
        with transaction.atomic():
            row = Firing.objects.select_for_update(of=("self",)).select_related("trigger")
            firing = row.filter(pk=pk, state=Firing.State.WAITING).first()
            if firing is None:
                continue
            import_string(trigger_answers.hooks[firing.trigger.action])(firing)
            firing.state, firing.answered_at = Firing.State.ANSWERED, timezone.now()
            firing.save(update_fields=["state", "answered_at"])
            data = {"name": firing.trigger.name, "firing": pk}
            record_history(None, "firing.answered", f"trigger:{firing.trigger_id}", data)
            answered += 1
    return answered


def clear() -> None:
    """Called when the sample company is cleared: its triggers go with it."""
    Trigger.objects.all().delete()


def editions(trigger: Trigger) -> list[TriggerEdition]:
    """What the rule was, newest first."""
    return list(trigger.editions.select_related("created_by"))
