"""What the pages of this room read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from headwater.base.departments import departments_of
from headwater.base.history import sentence
from headwater.base.models import HistoryEntry, Person
from headwater.base.permissions import require, widest_scope

if TYPE_CHECKING:
    from datetime import date

    from django.db.models import QuerySet


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """Which entries to show; empty fields do not narrow."""

    actor: Person | None = None
    thing: str = ""
    subject: str = ""
    since: date | None = None
    until: date | None = None


def history_entries(person: Person, chosen: HistoryFilter) -> QuerySet[HistoryEntry]:
    """Return the entries this person may see, newest first: all, those of their departments' people, or their own."""
    require(person, "view", "history", words_of="own")
    entries = HistoryEntry.objects.select_related("actor")
    scope = widest_scope(person, "view", "history")
    if scope == "own":
        entries = entries.filter(actor=person)
    elif scope == "department":
        entries = entries.filter(Q(actor=person) | Q(actor__department__in=departments_of(person)))
    if chosen.actor is not None:
        entries = entries.filter(actor=chosen.actor)
    if chosen.thing:
        entries = entries.filter(code__startswith=f"{chosen.thing}.")
    if chosen.subject:
        entries = entries.filter(subject=chosen.subject)
    if chosen.since:
        entries = entries.filter(at__gte=_midnight(chosen.since))
    if chosen.until:
        entries = entries.filter(at__lte=timezone.make_aware(datetime.combine(chosen.until, time.max)))
    return entries


def told(entries: list[HistoryEntry]) -> list[dict[str, object]]:
    """Return entries as a page tells them: ``at``, ``who`` (empty: the installation itself), ``what``, ``subject``."""
    return [
        {"at": entry.at, "who": entry.actor_name, "what": sentence(entry.code, entry.data), "subject": entry.subject}
        for entry in entries
    ]


def people_found(text: str, *, closed: bool = False) -> QuerySet[Person]:
    """Return people whose name, address, title or site contains ``text``, with their departments."""
    people = Person.objects.select_related("department", "manager").filter(is_active=not closed)
    for word in text.split()[:8]:
        people = people.filter(
            Q(name__icontains=word) | Q(email__icontains=word) | Q(title__icontains=word) | Q(site__icontains=word)
        )
    return people


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
