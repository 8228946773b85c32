"""Erased customers stay away: what a source still sends of them is refused on arrival, until they come back themselves.

The list holds keyed hashes (`pseudonyms.hasher`), which tell nothing without the key in `pseudonym_key`, and since
when. A customer comes off it by a consent that they gave afterwards, or by whoever manages personal data, with a reason
in the history.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.db.models import Count, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base.history import record_history
from headwater.base.models import Person
from headwater.base.paths import home
from headwater.base.permissions import require
from headwater.base.refusals import NotFound, Refused
from headwater.listening.models import ErasedCustomer
from headwater.listening.personal import replay
from headwater.listening.personal.pseudonyms import hasher

CODE = "erased_customer"
"""The reason of a row that is refused."""
SHORTEST_REASON, LONGEST_REASON = 5, 300
AT_ONCE = 500

_kept: tuple[tuple[Path, int, int], frozenset[str]] | None = None


def words() -> str:
    """Why a row is refused."""
    return _("the customer was erased. Nothing of theirs is kept until they come back themselves.")


def hold_off(customer_ids: Iterable[str], *, since: datetime | None = None) -> None:
    """Refuse from now on what arrives about these customers. In the current transaction."""
    hashed = hasher()
    keep({hashed(one): since or timezone.now() for one in customer_ids})


def keep(hashes: Mapping[str, datetime]) -> None:
    """Put hashes on the list, such as those kept outside of a backup. Of those that are on it the later time counts."""
    rows = (ErasedCustomer(customer=one, since=since) for one, since in hashes.items())
    ErasedCustomer.objects.bulk_create(rows, ignore_conflicts=True, batch_size=AT_ONCE)
    names = list(hashes)
    for start in range(0, len(names), AT_ONCE):
        known = ErasedCustomer.objects.filter(customer__in=names[start : start + AT_ONCE])
        held = known.values_list("customer", "since")
        for one in [one for one, since in held if since < hashes[one]]:
            ErasedCustomer.objects.filter(customer=one, since__lt=hashes[one]).update(since=hashes[one])


def count() -> int:
    """How many ids are held off."""
    return ErasedCustomer.objects.count()


def gate() -> Callable[[Sequence[str | None]], frozenset[str]] | None:
    """Which of some ids are of erased customers, asked of one hash each; None where nobody is held off."""
    held = _held()
    if not held:
        return None
    hashed = hasher()

    def erased(customer_ids: Sequence[str | None]) -> frozenset[str]:
        return frozenset(one for one in customer_ids if one and hashed(one) in held)

    return erased


def erased_among(customer_ids: Collection[str]) -> frozenset[str]:
    """Which of these ids are of erased customers."""
    erased = gate()
    return erased(list(customer_ids)) if erased else frozenset()


def _held() -> frozenset[str]:
    """The list, read once for as long as it stays the same: no row of it ever changes whom it is about."""
    global _kept
    now = ErasedCustomer.objects.aggregate(last=Max("pk"), n=Count("pk"))
    state = (home(), now["last"] or 0, now["n"])
    if _kept is None or _kept[0] != state:
        _kept = state, frozenset(ErasedCustomer.objects.values_list("customer", flat=True).iterator())
    return _kept[1]


def let_back(person: Person | None, customer_id: str, reason: str) -> None:
    """Take a customer off the list; who did it and why is in the history, the customer is not.

    Raises:
        NotFound: the customer is not on it.
        Refused: no reason is given.
    """
    require(person, "manage", "personal_data")
    why = " ".join(reason.split())
    if not SHORTEST_REASON <= len(why) <= LONGEST_REASON or "\x00" in why:
        message = _("Say in %(few)s to %(most)s characters why this customer may come back.")
        raise Refused("reason_missing", message % {"few": SHORTEST_REASON, "most": LONGEST_REASON}, "reason")
    with transaction.atomic():
        if not _take_off([customer_id.strip()]):
            message = _("This customer is not held off: nobody erased them, or they came back.")
            raise NotFound("not_held_off", message, "customer_id")
        record_history(person, "customer.let_back", "customer", {"reason": why})


def came_back(said: Mapping[str, datetime]) -> frozenset[str]:
    """Take off the list who said yes to something after they were erased; returns who they are.

    Args:
        said: when each customer last gave consent, as far as that is known of their own words.
    """
    erased = erased_among(said)
    hashed = hasher()
    since = dict(ErasedCustomer.objects.filter(customer__in=[hashed(one) for one in erased]).values_list(
        "customer", "since"))  # fmt: skip
    back = frozenset(one for one in erased if hashed(one) in since and said[one] > since[hashed(one)])
    if back:
        with transaction.atomic():
            _take_off(back)
            record_history(None, "customer.came_back", "customer", {"customers": len(back)})
    return back


def _take_off(customer_ids: Iterable[str]) -> int:
    hashed = hasher()
    hashes = [hashed(one) for one in customer_ids]
    gone, _by_table = ErasedCustomer.objects.filter(customer__in=hashes).delete()
    if gone:
        transaction.on_commit(lambda: replay.forget(hashes))
    return gone
