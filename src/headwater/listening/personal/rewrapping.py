"""After a change of the key: everything that the installation's key seals is sealed anew with the newest one.

Keys of customers in the vault, credentials of connections, secrets of webhooks, ids of customers who are being erased.
A few rows a transaction, each locked, so that a credential that is saved meanwhile is not lost; earlier keys stay where
they are, so that whatever a kill leaves over is readable and taken up by the next run.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.db.models import Model

from headwater.base import queue
from headwater.base.history import record_history
from headwater.base.models import Person
from headwater.base.permissions import require
from headwater.listening.models import Connection, ErasureRequest, VaultKey, WebhookEndpoint
from headwater.listening.personal import crypto

TASK: Final = "listening.rewrap"
AT_ONCE: Final = 500
SEALED: Final[tuple[tuple[type[Model], str], ...]] = (
    (Connection, "credentials"),
    (WebhookEndpoint, "secret"),
    (ErasureRequest, "sealed_id"),
    (VaultKey, "wrapped"),
)
"""Everything in the database that the installation's key seals."""
Said = Callable[[int, int], object]


@dataclass(frozen=True, slots=True)
class Rewrapped:
    """How many were sealed anew, and how many no key opens: they stay as they are."""

    done: int
    unreadable: int


def new_key(person: Person | None) -> None:
    """Put a new key before the installation's others; the queue seals with it what the others sealed."""
    require(person, "manage", "personal_data")
    crypto.add_key()
    with transaction.atomic():
        record_history(person, "personal_data.key_added", "personal_data", {})
        queue.enqueue(TASK, {}, unique_key=TASK, requested_by=person)


def rewrap(said: Said = lambda done, total: None) -> Rewrapped:
    """Seal with the newest key what earlier ones sealed. Repeatable, and cut off anywhere it goes on where it was."""
    total = sum(model._default_manager.count() for model, _field in SEALED)
    seen = done = unreadable = 0
    for model, field in SEALED:
        for changed, lost, rows in _rewrapped(model, field):
            done, unreadable, seen = done + changed, unreadable + lost, seen + rows
            said(min(seen, total), total)
    if done:
        with transaction.atomic():
            data = {"done": done, "unreadable": unreadable}
            record_history(None, "personal_data.rewrapped", "personal_data", data)
    return Rewrapped(done, unreadable)


def _rewrapped(model: type[Model], field: str) -> Iterator[tuple[int, int, int]]:
    """A page of rows at a time, each page in its own transaction: sealed anew, opened by no key, looked at."""
    after = 0
    while True:
        with transaction.atomic():
            rows: list[Any] = list(
                model._default_manager.select_for_update().filter(pk__gt=after).order_by("pk")[:AT_ONCE]
            )
            changed, lost = [], 0
            for row in rows:
                token = bytes(getattr(row, field) or b"")
                if not token or crypto.is_newest(token):
                    continue
                try:
                    setattr(row, field, crypto.renewed(token))
                except crypto.Undecipherable:
                    lost += 1
                else:
                    changed.append(row)
            model._default_manager.bulk_update(changed, [field])
        if not rows:
            return
        after = rows[-1].pk
        yield len(changed), lost, len(rows)
