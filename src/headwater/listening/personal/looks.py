"""Who looked at whose words: one row a person, way and hour, so that reading costs next to no writing.

Whose words they were stands there as eight bytes a customer, from the keyed hash of the id: enough to answer "who read
mine?", and nothing to read a customer's id from.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.db import Error as DatabaseError
from django.db import transaction
from django.utils import timezone

from headwater.base.history import record_history
from headwater.base.models import Person
from headwater.base.permissions import require
from headwater.listening.models import WordsLook
from headwater.listening.personal.crypto import keyed_hash
from headwater.listening.personal.pseudonyms import spellings
from headwater.listening.personal.rules import rules

Way = Literal["list", "search", "one", "timeline", "export", "original"]
BYTES = 8
MOST_CUSTOMERS = 50_000
"""In one row; beyond, the row counts words and no longer whose."""


@dataclass(frozen=True, slots=True)
class Look:
    """One person's looks of one way within an hour."""

    person: str
    way: str
    hour: datetime
    looks: int
    words: int
    customers: int
    reason: str


def note(person: Person | None, way: Way, customer_ids: Iterable[str | None], words: int) -> None:
    """Note that a person was shown words. The installation itself is nobody; a busy database does not hide the page."""
    if person is None or not person.is_authenticated or not words:
        return
    hashes = sorted({keyed_hash(one) for one in customer_ids if one})
    try:
        with transaction.atomic():
            note_now(person, way, hashes, words)
    except DatabaseError:
        if way in ("export", "original"):  # these must be in the history, or not happen
            raise


def note_now(person: Person | None, way: Way, customers: Sequence[str], words: int, *, reason: str = "") -> None:
    """Note a look at customers given as keyed hashes. In the current transaction."""
    if person is None:
        return
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    row, is_new = WordsLook.objects.get_or_create(person=person, way=way, hour=hour, reason=reason[:300])
    row = WordsLook.objects.select_for_update().get(pk=row.pk)
    row.looks += 1
    row.words += words
    row.customers = _joined(bytes(row.customers), customers)
    row.save(update_fields=["looks", "words", "customers"])
    if is_new and way != "original" and not _is_noted_today(person, way, hour, row.pk):
        record_history(person, "words.read", f"words:{way}", {"way": way, "day": hour.date().isoformat()})


def _is_noted_today(person: Person, way: Way, hour: datetime, but: int) -> bool:
    midnight = hour.replace(hour=0)
    return WordsLook.objects.filter(person=person, way=way, hour__gte=midnight).exclude(pk=but).exists()


def _joined(known: bytes, customers: Sequence[str]) -> bytes:
    parts = {known[place : place + BYTES] for place in range(0, len(known), BYTES)}
    parts |= {_short(one) for one in customers}
    return known if len(parts) > MOST_CUSTOMERS else b"".join(sorted(parts))


def _short(hashed: str) -> bytes:
    return bytes.fromhex(hashed)[:BYTES]


def looks(person: Person | None, *, customer_id: str | None = None, limit: int = 100) -> tuple[Look, ...]:
    """Who looked, newest first: at anybody's words, or at those of one customer."""
    require(person, "view", "history")
    rows = WordsLook.objects.select_related("person").order_by("-hour", "pk")
    if customer_id is None:
        return tuple(_look(row) for row in rows[:limit])
    wanted = {_short(keyed_hash(one)) for one in spellings(customer_id)}
    found = []
    for row in rows.iterator(chunk_size=500):
        if any(row.customers[place : place + BYTES] in wanted for place in range(0, len(row.customers), BYTES)):
            found.append(_look(row))
            if len(found) == limit:
                break
    return tuple(found)


def _look(row: WordsLook) -> Look:
    return Look(row.person.name, row.way, row.hour, row.looks, row.words, len(row.customers) // BYTES, row.reason)


def expire() -> int:
    """Forget looks that are older than the rules keep."""
    gone, _by_table = WordsLook.objects.filter(hour__lt=timezone.now() - timedelta(days=rules().look_days)).delete()
    return gone


def forget_customers(customer_ids: Sequence[str]) -> None:
    """Take erased customers out of what was looked at; that somebody looked stays. In the current transaction."""
    gone = {_short(keyed_hash(one)) for one in customer_ids}
    for row in WordsLook.objects.iterator(chunk_size=500):
        known = bytes(row.customers)
        parts = [known[place : place + BYTES] for place in range(0, len(known), BYTES)]
        left = [one for one in parts if one not in gone]
        if len(left) < len(parts):
            WordsLook.objects.filter(pk=row.pk).update(customers=b"".join(left))


def export_customer(customer_ids: Sequence[str]) -> dict[str, list[dict[str, object]]]:
    """When the customer's words were looked at and in which way: without who, who are no data of the customer's."""
    wanted = {_short(keyed_hash(one)) for one in customer_ids}
    found: list[dict[str, object]] = []
    for row in WordsLook.objects.order_by("hour").iterator(chunk_size=500):
        known = bytes(row.customers)
        if any(known[place : place + BYTES] in wanted for place in range(0, len(known), BYTES)):
            found.append({"hour": row.hour, "way": row.way})
    return {"looks": found}
