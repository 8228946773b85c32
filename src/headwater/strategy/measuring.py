"""Starting, changing and retiring measures; what leaders signed is withdrawn when it changes."""

import math
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base.history import record_history
from headwater.base.models import Person
from headwater.base.permissions import require
from headwater.base.queue import enqueue
from headwater.base.refusals import Conflict, NotFound, Refused
from headwater.journey.edits import free_id
from headwater.metrics.access import require_shareable
from headwater.metrics.definitions import METRICS
from headwater.metrics.estimates import read_filter
from headwater.strategy import definitions, sign_offs
from headwater.strategy.models import DefinitionEdition, Measure
from headwater.strategy.strategies import current, draft

READ = "strategy.read_measure"
MAX_MEASURES = 300
MAX_STEPS = 24
SENT_TWICE_WITHIN = timedelta(minutes=10)
TEXTS = {"name": 120, "question": 300, "decision": 600, "unit": 40}
EDITABLE = (
    "name",
    "kind",
    "outcomes",
    "source",
    "definition",
    "unit",
    "baseline",
    "target",
    "start_date",
    "target_date",
    "path",
    "steps",
    "every",
    "owner",
    "question",
    "decision",
)
SIGNED = ("source", "definition", "unit", "baseline", "target", "start_date", "target_date", "path", "steps")


def start_measure(person: Person | None, values: Mapping[str, Any]) -> Measure:
    """Start a measure. Its question, owner and decision suffice; the rest is asked for over time.

    ``values`` are fields of ``EDITABLE``; ``owner`` is a person's id. A measure that the record can compute is read
    for past periods in the background.
    """
    require(person, "edit", "measures")
    _refuse_fields(values)
    for field in ("question", "decision", "owner"):
        if not values.get(field):
            raise Refused("measure.missing", _MISSING[field](), field)
    with transaction.atomic():
        there = _just_started(person, values)
        if there is not None:
            return there
        if Measure.objects.count() >= MAX_MEASURES:
            message = _("There are %d measures already; retire what informs no decision first.")
            raise Refused("measure.too_many", message % MAX_MEASURES)
        return _started(person, values)


def bring_in_measures(person: Person | None, rows: Sequence[Mapping[str, Any]]) -> int:
    """Start measures from a pack, without owners; one whose question is asked here already is left as it is."""
    require(person, "edit", "measures")
    with transaction.atomic():
        asked = {question.casefold() for question in Measure.objects.values_list("question", flat=True)}
        new = [row for row in rows if str(row.get("question", "")).casefold() not in asked]
        if Measure.objects.count() + len(new) > MAX_MEASURES:
            message = _("There would be more than %d measures; retire what informs no decision first.")
            raise Refused("measure.too_many", message % MAX_MEASURES)
        for row in new:
            _refuse_fields(row)
            _started(person, row)
        return len(new)


def change_measure(
    person: Person | None, slug: str, values: Mapping[str, Any], *, seen: int | None = None, reason: str = ""
) -> Measure:
    """Set fields of a measure. Refuses (409) when someone else changed it since edition ``seen``.

    What leaders signed (definition, baseline, target, path) withdraws their sign-offs when it changes, and they are
    asked again; a new definition is read from the record for past periods too, the old readings stay superseded.
    """
    require(person, "edit", "measures")
    _refuse_fields(values)
    with transaction.atomic():
        measure = _locked(slug)
        if seen is not None and seen != measure.edition:
            message = _("Someone else changed “%s” after you opened it. Reload the page and make your change again.")
            raise Conflict("measure.changed_meanwhile", message % measure.name)
        before = {field: _plain(measure, field) for field in EDITABLE}
        measured = _measured(measure)
        _fill(person, measure, values)
        changed = [field for field in EDITABLE if _plain(measure, field) != before[field]]
        if not changed:
            return measure
        if "every" in changed and measure.readings.exists():
            message = _("“%s” has readings already. To read it at another rhythm, start a new measure.")
            raise Refused("measure.every", message % measure.name, "every")
        measure.edition += 1
        redefined = _measured(measure) != measured
        if redefined:
            measure.definition_edition += 1
            _keep_definition(person, measure, reason)
        measure.save()
        if set(changed) & set(SIGNED):
            sign_offs.withdraw(person, measure)
        data = {"name": measure.name, "what": ", ".join(changed), "reason": reason[:300]}
        record_history(person, "measure.changed", f"measure:{slug}", data)
        if redefined:
            _read_soon(measure, restate=_("the definition changed") + (f": {reason}" if reason else ""))
    return measure


def retire_measure(person: Person | None, slug: str, *, retire: bool = True) -> Measure:
    """Stop reading a measure, or (``retire`` false) take it up again; its readings stay."""
    require(person, "edit", "measures")
    with transaction.atomic():
        measure = _locked(slug)
        if (measure.retired_at is not None) == retire:
            return measure
        measure.retired_at = timezone.now() if retire else None
        measure.edition += 1
        measure.save(update_fields=["retired_at", "edition"])
        code = "measure.retired" if retire else "measure.restored"
        record_history(person, code, f"measure:{slug}", {"name": measure.name})
        if not retire:
            _read_soon(measure)
    return measure


def _just_started(person: Person | None, values: Mapping[str, Any]) -> Measure | None:
    """The measure that the same form, sent a moment ago, has begun."""
    texts = {field: _text(field, values[field], TEXTS[field]) for field in ("question", "decision")}
    lately = timezone.now() - SENT_TWICE_WITHIN
    same = Measure.objects.filter(**texts, created_by=person, created_at__gte=lately, retired_at=None, edition=1)
    name = str(values.get("name") or "").strip()
    return (same.filter(name=name) if name else same).order_by("-pk").first()


def _started(person: Person | None, values: Mapping[str, Any]) -> Measure:
    name = str(values.get("name") or "").strip() or str(values["question"]).strip().rstrip("?").strip()[:120]
    measure = Measure(slug=_free_slug(name), created_by=person)
    _fill(person, measure, {**values, "name": name})
    measure.save(force_insert=True)
    _keep_definition(person, measure, "")
    record_history(person, "measure.started", f"measure:{measure.slug}", {"name": measure.name})
    _read_soon(measure)
    return measure


def _free_slug(name: str) -> str:
    """An address of its own, made from the name; those of the room's other pages are taken."""
    taken = {slug.replace("-", "_") for slug in Measure.objects.values_list("slug", flat=True)}
    return free_id(name, taken | {"start", "preview"}).replace("_", "-")


def _locked(slug: str) -> Measure:
    measure = Measure.objects.select_for_update().filter(slug=slug).first()
    if measure is None:
        raise NotFound("measure.not_found", _("There is no measure “%s”.") % slug[:60])
    return measure


_MISSING = {
    "question": lambda: _("Write the question that this measure answers."),
    "decision": lambda: _("Write what a leader does when this measure moves; without that it informs no decision."),
    "owner": lambda: _("Choose who answers for this measure."),
}


def _refuse_fields(values: Mapping[str, Any]) -> None:
    if unknown := sorted(set(values) - set(EDITABLE)):
        message = _("A measure has no %(fields)s. Choose from: %(names)s.")
        raise Refused("measure.field", message % {"fields": ", ".join(unknown)[:80], "names": ", ".join(EDITABLE)})


def _fill(person: Person | None, measure: Measure, values: Mapping[str, Any]) -> None:
    """Set the fields, each checked, then what must hold between them."""
    for field, most in TEXTS.items():
        if field in values:
            setattr(measure, field, _text(field, values[field], most))
    choices = {"kind": Measure.Kind, "source": Measure.Source, "path": Measure.Path, "every": Measure.Every}
    for field, known in choices.items():
        if field in values:
            setattr(measure, field, _choice(field, values[field], known.values, empty=field in ("kind", "source")))
    for field in ("baseline", "target"):
        if field in values:
            setattr(measure, field, _number(field, values[field]))
    for field in ("start_date", "target_date"):
        if field in values:
            setattr(measure, field, _day(field, values[field]))
    if "owner" in values:
        measure.owner = _owner(values["owner"])
    if "outcomes" in values:
        measure.outcomes = _outcomes(values["outcomes"], measure.outcomes)
    if "steps" in values:
        measure.steps = _steps(values["steps"])
    if "definition" in values:
        measure.definition = _definition(person, values["definition"], measure.definition)
    _refuse_contradictions(measure)


def _refuse_contradictions(measure: Measure) -> None:
    definition = definitions.read(measure.definition)
    if measure.source == Measure.Source.RECORD and not definition.metric:
        message = _("Choose a metric that the record computes, one of: %s.")
        raise Refused("measure.metric", message % ", ".join(METRICS), "metric")
    if measure.source != Measure.Source.RECORD and definition.metric:
        message = _("A figure that people give has no metric; choose “computed from the record” for %s.")
        raise Refused("measure.metric", message % definition.metric, "source")
    if measure.start_date and measure.target_date and measure.start_date >= measure.target_date:
        message = _("The path ends on %(end)s, not after it begins on %(start)s.")
        values = {"end": measure.target_date, "start": measure.start_date}
        raise Refused("measure.dates", message % values, "target_date")
    lowest, highest = definitions.ends_of(definition)
    for field in ("baseline", "target"):
        value = getattr(measure, field)
        if value is None:
            continue
        if (lowest is not None and value < lowest) or (highest is not None and value > highest):
            ends = f"{lowest:g}…{highest:g}" if highest is not None else f"{lowest:g}…"
            message = _("%(value)g is outside of what this measure can be, %(ends)s. Shares are written 0…1.")
            raise Refused("measure.outside", message % {"value": value, "ends": ends}, field)
    for day, _value in measure.steps:
        if (measure.start_date and day <= str(measure.start_date)) or (
            measure.target_date and day >= str(measure.target_date)
        ):
            message = _("The step on %s must lie between the beginning and the end of the path.")
            raise Refused("measure.steps", message % day, "steps")


def _text(field: str, value: Any, most: int) -> str:
    text = " ".join(str(value or "").split()) if field != "decision" else str(value or "").strip()
    if "\x00" in text or len(text) > most:
        message = _("This has %(most)d characters at most, and no control characters; it has %(have)d.")
        raise Refused("measure.text", message % {"most": most, "have": len(text)}, field)
    if not text and field in ("name", "question", "decision"):
        raise Refused("measure.missing", _("This cannot be empty."), field)
    return text


def _choice(field: str, value: Any, known: Sequence[str], *, empty: bool) -> str:
    text = str(value or "")
    if text not in known and (text or not empty):
        message = _("“%(value)s” is none of %(known)s.")
        raise Refused("measure.choice", message % {"value": text[:40], "known": ", ".join(known)}, field)
    return text


def _number(field: str, value: Any) -> float | None:
    if value is None or value == "":
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number) or abs(number) >= 1e15:
        raise Refused("measure.number", _("“%s” is no number that can be kept.") % str(value)[:40], field)
    return number


def _day(field: str, value: Any) -> date | None:
    if value is None or value == "":
        return None
    try:
        day = value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError:
        message = _("“%s” is not a date. Write it as year-month-day, for example 2026-05-31.")
        raise Refused("measure.date", message % str(value)[:40], field) from None
    if not 1970 <= day.year <= 2200:
        raise Refused("measure.date", _("%s is too far away for a path.") % day, field)
    return day


def _owner(value: Any) -> Person | None:
    if value is None or value == "":
        raise Refused("measure.missing", _MISSING["owner"](), "owner")
    if isinstance(value, Person):
        return value
    found = (
        Person.objects.filter(pk=value, is_active=True).first() if isinstance(value, int) and value < 2**63 else None
    )
    if found is None:
        raise Refused("measure.owner", _("There is no person %s who could own it.") % str(value)[:20], "owner")
    return found


def _outcomes(value: Any, before: Sequence[str]) -> list[str]:
    """Ids of outcomes of the strategy or its draft; what was linked before may stay after its outcome went."""
    wanted = list(dict.fromkeys(str(one) for one in value or ()))
    found = draft()
    known = {outcome.id for outcome in current().outcomes} | {
        outcome.id for outcome in (found.strategy.outcomes if found else ())
    }
    if missing := [one for one in wanted if one not in known and one not in before]:
        message = _("The strategy has no outcome %s. Choose from those it has.")
        raise Refused("measure.outcome", message % ", ".join(missing)[:120], "outcomes")
    return wanted


def _steps(value: Any) -> list[list[Any]]:
    """Pairs of date and value in the order of time."""
    rows = list(value or ())
    if len(rows) > MAX_STEPS:
        raise Refused("measure.steps", _("A path has %d steps at most.") % MAX_STEPS, "steps")
    steps: dict[str, float] = {}
    for row in rows:
        pair = list(row) if isinstance(row, list | tuple) else []
        day = _day("steps", pair[0]) if len(pair) == 2 else None
        number = _number("steps", pair[1]) if len(pair) == 2 else None
        if day is None or number is None:
            raise Refused("measure.steps", _("Write each step as a date and a value: 2027-01-31 0.8"), "steps")
        if str(day) in steps:
            raise Refused("measure.steps", _("There are two steps on %s.") % day, "steps")
        steps[str(day)] = number
    return [[day, steps[day]] for day in sorted(steps)]


def _definition(person: Person | None, value: Mapping[str, Any] | None, before: Mapping[str, Any]) -> dict[str, Any]:
    definition = definitions.read(value or {})
    written = definitions.written(definition)
    if written == before:
        return written
    for text in (definition.where, definition.population, definition.denominator):
        require_shareable(person, read_filter(text))
    return written


def _measured(measure: Measure) -> tuple[bool, dict[str, Any]]:
    """What its readings are of: figures of the record or given ones, and by which definition."""
    return measure.source == Measure.Source.RECORD, measure.definition


def _plain(measure: Measure, field: str) -> Any:
    return measure.owner_id if field == "owner" else getattr(measure, field)


def _keep_definition(person: Person | None, measure: Measure, reason: str) -> None:
    content = {"source": measure.source, "definition": measure.definition, "unit": measure.unit}
    DefinitionEdition.objects.create(
        measure=measure, edition=measure.definition_edition, content=content, reason=reason[:300], by=person
    )


def _read_soon(measure: Measure, restate: str = "") -> None:
    if measure.source == Measure.Source.RECORD and measure.retired_at is None:
        payload = {"measure": measure.pk, "restate": restate[:300]}
        enqueue(READ, payload, unique_key=f"{READ}:{measure.pk}:{measure.definition_edition}")
