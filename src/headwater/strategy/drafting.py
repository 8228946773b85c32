"""Changes of the strategy's draft: each checks the permission and writes its history in one transaction.

The draft is one document that several people edit; each edit keeps what was there before, so that it can be undone.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from headwater.base import versions
from headwater.base.company import company
from headwater.base.history import record_history
from headwater.base.models import Person
from headwater.base.permissions import require
from headwater.base.refusals import Conflict, Refused
from headwater.journey.queries import taxonomy
from headwater.metrics.access import require_shareable
from headwater.metrics.estimates import read_filter
from headwater.strategy import edits
from headwater.strategy.differences import Difference, Item, Kind, differences, title
from headwater.strategy.documents import read, written
from headwater.strategy.models import StrategyEdit, StrategyVersion
from headwater.strategy.strategies import current
from headwater.strategy.strategy import Outcome, Strategy

KEPT_EDITS = 50


def change_statements(person: Person | None, values: Mapping[str, str], *, seen: int | None = None) -> int:
    """Set vision, mission or success statement in the draft; returns the draft's edition.

    ``seen`` is the edition the person read: refuses (409) when someone else changed one of these statements since.
    """
    require(person, "edit", "strategy")
    with transaction.atomic():
        row, now = opened(person)
        new = edits.stated(now, values)
        if new == now:
            return row.edition
        if (
            seen is not None
            and seen != row.edition
            and _changed_since(row, seen, {("statement", name) for name in values})
        ):
            raise _meanwhile()
        row = _saved(row, new)
        what = ", ".join(name for name in values if getattr(new, name) != getattr(now, name))
        record_history(person, "strategy.statements_changed", "strategy:draft", {"what": what})
    return row.edition


def add_item(person: Person | None, kind: Kind, values: Mapping[str, Any]) -> Item:
    """Add a value, business goal, outcome or issue to the draft; returns it with the id made from its words."""
    require(person, "edit", "strategy")
    with transaction.atomic():
        row, now = opened(person)
        new, item = edits.added(now, kind, values)
        _refuse_unknown(person, item, None)
        _saved(row, new)
        _record(person, "added", kind, item)
    return item


def change_item(
    person: Person | None, kind: Kind, item_id: str, values: Mapping[str, Any], *, seen: int | None = None
) -> Item:
    """Set fields of an item in the draft. Refuses (409) when someone else changed it since edition ``seen``."""
    require(person, "edit", "strategy")
    with transaction.atomic():
        row, now = opened(person)
        old = edits.find(now, kind, item_id)
        if seen is not None and seen != row.edition and _changed_since(row, seen, {(kind, item_id)}):
            raise _meanwhile()
        new, item = edits.changed(now, kind, item_id, values)
        _refuse_unknown(person, item, old)
        if item != old:
            _saved(row, new)
            names = [field.name for field in fields(item)]
            what = ", ".join(name for name in names if getattr(item, name) != getattr(old, name))
            _record(person, "changed", kind, item, what=what)
    return item


def move_item(person: Person | None, kind: Kind, item_id: str, by: int) -> None:
    """Move an item among its siblings in the draft: later by a positive number of places, earlier by a negative."""
    require(person, "edit", "strategy")
    with transaction.atomic():
        row, now = opened(person)
        new = edits.moved(now, kind, item_id, by)
        if new != now:
            _saved(row, new)
            _record(person, "moved", kind, edits.find(new, kind, item_id))


def remove_item(person: Person | None, kind: Kind, item_id: str) -> None:
    """Remove an item from the draft; issues of a removed outcome become strays."""
    require(person, "edit", "strategy")
    with transaction.atomic():
        row, now = opened(person)
        item = edits.find(now, kind, item_id)
        _saved(row, edits.removed(now, kind, item_id))
        _record(person, "removed", kind, item)


def undo_edit(person: Person | None, edition: int) -> None:
    """Bring back the draft as it was before the edit that led to ``edition``.

    Refuses (409) when the draft was edited after that: undoing would throw someone's later edit away.
    """
    require(person, "edit", "strategy")
    with transaction.atomic():
        row = versions.draft(StrategyVersion)
        edit = StrategyEdit.objects.filter(draft=row, edition=edition).first() if row else None
        if row is None or edit is None or row.edition != edition:
            raise Conflict("strategy.undo_late", _("The draft was changed after that, so it cannot be undone."))
        _saved(row, read(edit.before))
        record_history(person, "strategy.edit_undone", "strategy:draft", {"edition": edition})


def replace_draft(person: Person | None, new: Strategy, *, source: str) -> tuple[Difference, ...]:
    """Make a whole strategy the draft (from a file, or a guided path); returns how it differs from the published."""
    require(person, "edit", "strategy")
    with transaction.atomic():
        row, now = opened(person)
        kept: list[Item] = [*current().outcomes, *current().issues, *now.outcomes, *now.issues]
        there = {one.id: one for one in kept}
        named: tuple[Item, ...] = (*new.outcomes, *new.issues)
        for item in named:
            _refuse_unknown(person, item, there.get(item.id))
        if written(new) != written(now):
            _saved(row, new)
            record_history(person, "strategy.draft_replaced", "strategy:draft", {"source": source})
        return differences(current(), new)


def discard_draft(person: Person | None, *, seen: int | None = None) -> None:
    """Throw the draft away, with the answers to it; what is published stays.

    ``seen`` is the edition that the person read: refuses (409) when someone edited the draft since.
    """
    require(person, "edit", "strategy")
    with transaction.atomic():
        row = versions.draft(StrategyVersion)
        if row is None:
            return
        changes = len(differences(current(), read(row.content)))
        versions.discard_draft(row, seen=seen)
        record_history(person, "strategy.draft_discarded", "strategy:draft", {"changes": changes})


def opened(person: Person | None) -> tuple[StrategyVersion, Strategy]:
    """The draft, begun now when there is none, and the strategy in it."""
    row = versions.start_draft(StrategyVersion, person)
    return row, read(row.content)


def _saved(row: StrategyVersion, new: Strategy) -> StrategyVersion:
    """Keep the draft, unless its parts contradict each other; what was there before stays for an undo."""
    content, before = written(new), row.content
    read(content)
    row = versions.save_draft(row, content, edition=row.edition)
    StrategyEdit.objects.create(draft=row, edition=row.edition, before=before)
    StrategyEdit.objects.filter(draft=row, edition__lte=row.edition - KEPT_EDITS).delete()
    return row


def _changed_since(row: StrategyVersion, seen: int, touched: set[tuple[str, str]]) -> bool:
    """Whether what is touched reads differently now than at edition ``seen``; yes when that is too long ago to say."""
    edit = StrategyEdit.objects.filter(draft=row, edition=seen + 1).first()
    if edit is None:
        return True
    then, now = read(edit.before), read(row.content)
    return any((one.kind, one.id) in touched for one in differences(then, now))


def _meanwhile() -> Conflict:
    message = _("Someone else changed this after you opened it. Reload the page and make your change again.")
    return Conflict("strategy.changed_meanwhile", message)


def _refuse_unknown(person: Person | None, item: Item, old: Item | None) -> None:
    """Refuse what an outcome or issue newly names and the journey does not know; what it named before may stay."""
    known = taxonomy()
    ids = {
        "stages": {stage.id for stage in known.stages},
        "moments": {moment.id for moment in known.moments},
        "causes": {cause.id for cause in known.causes},
    }
    for field, there in ids.items():
        named = set(getattr(item, field, ())) - set(getattr(old, field, ()))
        if missing := sorted(named - there):
            message = _("The journey has no %(what)s in its %(field)s. Choose from those it has.")
            raise Refused("strategy.unknown", message % {"what": ", ".join(missing[:5]), "field": field}, field)
    if isinstance(item, Outcome):
        _refuse_currency(item, old)
        for segment in item.segments:
            require_shareable(person, read_filter(segment))


def _refuse_currency(item: Outcome, old: Item | None) -> None:
    """Money of two currencies could not be added up, so a strategy has the company's own."""
    ours = company()
    if item.money is None or ours is None or item.money == getattr(old, "money", None):
        return
    if item.money.currency != ours.currency:
        message = _("This company counts in %(ours)s, not in %(given)s. Write the amount in %(ours)s.")
        raise Refused("strategy.currency", message % {"ours": ours.currency, "given": item.money.currency}, "currency")


def _record(person: Person | None, done: str, kind: Kind, item: Item, **data: str) -> None:
    name = {"value": "strategy_value", "goal": "business_goal", "outcome": "outcome", "issue": "issue"}[kind]
    record_history(person, f"{name}.{done}", f"{name}:{item.id}", {"name": title(item)[:120], **data})
