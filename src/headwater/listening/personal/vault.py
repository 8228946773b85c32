"""The vault: words before redaction, sealed with a key of each customer's own, where that is switched on.

The customer's key is wrapped by the installation's. To forget a customer is to destroy that key: whatever copy of a
sealed text there is anywhere, in a backup too, is noise from then on. Words of nobody we know are not kept, for no
erasure could ever find them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc
from cryptography.fernet import Fernet, InvalidToken
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base.history import record_history
from headwater.base.models import Person
from headwater.base.permissions import require
from headwater.base.refusals import NotFound, Refused
from headwater.listening.models import VaultEntry, VaultKey
from headwater.listening.personal import looks
from headwater.listening.personal.consent import is_text
from headwater.listening.personal.crypto import Undecipherable, decrypt, encrypt, keyed_hash
from headwater.listening.personal.rules import rules
from headwater.listening.pipeline.steps import ORIGINAL

LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class VaultState:
    """How much the vault holds: customers, texts, and since when the oldest is kept."""

    is_on: bool
    customers: int
    texts: int


def keep(signals: pa.Table) -> pa.Table:
    """Put the originals among signals into the vault, in the current transaction; returns the signals without them."""
    if ORIGINAL not in signals.column_names:
        return signals
    originals = signals[ORIGINAL]
    kept = signals.filter(pc.and_(pc.is_valid(originals), pc.is_valid(signals["customer_id"])))
    rows = kept.select(["signal_key", "customer_id", ORIGINAL]).to_pylist()
    keys = _keys_of(sorted({keyed_hash(row["customer_id"]) for row in rows}))
    entries = {}
    for row in rows:
        customer = keyed_hash(row["customer_id"])
        sealed = Fernet(keys[customer]).encrypt(row[ORIGINAL].encode())
        entries[row["signal_key"]] = VaultEntry(signal_key=row["signal_key"], customer=customer, sealed=sealed)
    VaultEntry.objects.bulk_create(
        entries.values(),
        update_conflicts=True,
        unique_fields=["signal_key"],
        update_fields=["customer", "sealed", "kept_at"],
        batch_size=500,
    )
    return signals.drop_columns([ORIGINAL])


def _keys_of(customers: Sequence[str]) -> dict[str, bytes]:
    """Each customer's own key, made on first use."""
    missing = set(customers) - set(VaultKey.objects.filter(customer__in=customers).values_list("customer", flat=True))
    VaultKey.objects.bulk_create(
        (VaultKey(customer=one, wrapped=encrypt(Fernet.generate_key())) for one in sorted(missing)),
        ignore_conflicts=True,
        batch_size=500,
    )
    rows = VaultKey.objects.filter(customer__in=customers)
    return {row.customer: decrypt(bytes(row.wrapped)) for row in rows}


def state(person: Person | None) -> VaultState:
    """What the vault holds."""
    require(person, "view", "personal_data")
    return VaultState(rules().vault, VaultKey.objects.count(), VaultEntry.objects.count())


def has_original(signal_key: int) -> bool:
    return VaultEntry.objects.filter(signal_key=signal_key).exists()


def view_original(person: Person | None, signal_key: int, reason: str) -> str:
    """The words of a signal before redaction. Who looked, at what and why is in the history.

    Raises:
        NotFound: there is no original of it.
        Refused: no reason is given.
    """
    require(person, "view", "originals")
    why = " ".join(reason.split())[:LONGEST_REASON]
    if len(why) < 5 or not is_text(why):
        raise Refused("reason_missing", _("Say in a few words why you need the words as they came."), field="reason")
    entry = VaultEntry.objects.filter(signal_key=signal_key).first()
    if entry is None:
        raise NotFound("no_original", _("The words of signal %s as they came are not kept.") % signal_key)
    words = _opened(entry)
    with transaction.atomic():
        data = {"signal": str(signal_key), "reason": why}
        record_history(person, "original.viewed", f"signal:{signal_key}", data)
        looks.note_now(person, "original", [entry.customer], 1, reason=why)
    return words


def _opened(entry: VaultEntry) -> str:
    key = VaultKey.objects.filter(customer=entry.customer).first()
    if key is None:
        raise NotFound("no_original", _("The key to these words was destroyed."))
    try:
        return Fernet(decrypt(bytes(key.wrapped))).decrypt(bytes(entry.sealed)).decode()
    except InvalidToken as error:
        raise Undecipherable from error


def expire() -> int:
    """Delete originals that are older than the rules allow, and keys that open nothing any more."""
    horizon = timezone.now() - timedelta(days=rules().original_days)
    gone, _by_table = VaultEntry.objects.filter(kept_at__lt=horizon).delete()
    VaultKey.objects.exclude(customer__in=VaultEntry.objects.values("customer")).delete()
    return gone


def forget_signals(signal_keys: Sequence[int]) -> None:
    """Delete the originals of signals, or of words, that are over their time. Repeatable."""
    for start in range(0, len(signal_keys), 500):
        VaultEntry.objects.filter(signal_key__in=signal_keys[start : start + 500]).delete()


def forget_customers(customer_ids: Sequence[str]) -> None:
    """Destroy the keys of erased customers, and what they sealed. In the current transaction."""
    customers = [keyed_hash(one) for one in customer_ids]
    VaultKey.objects.filter(customer__in=customers).delete()
    VaultEntry.objects.filter(customer__in=customers).delete()


def export_customer(customer_ids: Sequence[str]) -> dict[str, list[dict[str, object]]]:
    """The customer's own words as they came, for their own copy."""
    rows = VaultEntry.objects.filter(customer__in=[keyed_hash(one) for one in customer_ids]).order_by("pk")
    return {
        "originals": [{"signal": str(row.signal_key), "text": _opened(row), "kept_at": row.kept_at} for row in rows]
    }
