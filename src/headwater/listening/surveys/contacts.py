"""Who was asked when, over all surveys and channels: decided in turn, so that no two deciders both say yes."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from headwater.base.history import record_history
from headwater.base.models import OutboxMail
from headwater.base.permissions import require
from headwater.base.refusals import Conflict, Refused
from headwater.listening.models import Addressee, Contact, ContactLimits, ContactTurn, Invitation
from headwater.listening.personal import consent, holding_off
from headwater.listening.surveys.contact_rules import QUARTER, Allowed, Denied, Message, may_ask

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from headwater.base.models import Person
    from headwater.listening.models import Survey

PURPOSE, EMAIL = "survey", "email"
BOUNDS = {"rest_days": (0, 365), "most_a_quarter": (0, 50), "reminder_days": (1, 60), "most_reminders": (0, 5)}
"""Lowest and highest of each limit. Two messages are a day apart at least."""
AT_ONCE = 500


def limits() -> ContactLimits:
    """The limits in force; the defaults where nobody decided anything."""
    return ContactLimits.objects.first() or ContactLimits()


def change_limits(person: Person | None, values: Mapping[str, Any], *, edition: int | None = None) -> ContactLimits:
    """Change how often a customer may be asked. Refuses (409) when someone changed it since ``edition``."""
    require(person, "send", "surveys")
    given = {name: _whole(values.get(name), name) for name in BOUNDS}
    with transaction.atomic():
        row, _made = ContactLimits.objects.select_for_update().get_or_create(singleton=True)
        if edition is not None and edition != row.edition:
            message = _("Someone else changed the limits after you opened them. Reload the page and change them again.")
            raise Conflict("limits_changed", message)
        what = {name: value for name, value in given.items() if getattr(row, name) != value}
        if what:
            ContactLimits.objects.filter(pk=row.pk).update(**what, edition=F("edition") + 1)
            record_history(person, "contact_limits.changed", "contact_limits", given)
        row.refresh_from_db()
    return row


def _whole(value: object, name: str) -> int:
    low, high = BOUNDS[name]
    try:
        number = int(str(value))
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        message = _("“%(given)s” does not do: give a whole number from %(low)d to %(high)d.")
        values = {"given": str(value)[:40], "low": low, "high": high}
        raise Refused("contact_limits.number", message % values, name)
    return number


def take_turns(customer_ids: Sequence[str]) -> None:
    """Wait until nobody else decides about these customers, and let others wait until this transaction ends.

    All in one order, so that two who wait for each other's customers do not wait for ever.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("turns are taken in the transaction that decides")
    ids = sorted(set(customer_ids))
    ContactTurn.objects.bulk_create((ContactTurn(customer_id=one) for one in ids), ignore_conflicts=True)
    list(ContactTurn.objects.select_for_update().filter(customer_id__in=ids).order_by("customer_id").values_list("pk"))


def decide(
    customer_ids: Sequence[str],
    survey: Survey,
    channel: str,
    now: datetime,
    *,
    remind: Mapping[str, UUID] | None = None,
) -> dict[str, Allowed | Denied]:
    """For each customer whether they may be asked now, or reminded of the asking given for them.

    An answer holds as long as the customers' turns are held, see :func:`take_turns`; without it is a preview.
    """
    rule, found = limits(), {}
    for start in range(0, len(customer_ids), AT_ONCE):
        some = customer_ids[start : start + AT_ONCE]
        unwilling = _unwilling(some, survey, channel, now)
        known = _messages(some, rule, now)
        dead = _undeliverable(some) if channel == EMAIL else set()
        for one in some:
            asking = remind.get(one) if remind else None
            found[one] = may_ask(rule, known.get(one, ()), now, one in unwilling, remind=asking)
            if one in dead:
                found[one] = Denied("undeliverable")
    return found


def note(
    asked: Mapping[str, UUID], survey: Survey | None, channel: str, at: datetime, *, reminder: bool = False
) -> None:
    """Write that these customers are asked, or reminded, now. In the transaction that decided it."""
    Contact.objects.bulk_create(
        Contact(customer_id=one, survey=survey, asking=asking, channel=channel, is_reminder=reminder, at=at)
        for one, asking in asked.items()
    )


def forbids(customer_id: str, survey: Survey, now: datetime) -> str:
    """Why this customer is to get no mail of a survey any more, as a word; empty where nothing forbids it."""
    if customer_id in _unwilling([customer_id], survey, EMAIL, now):
        return "unwilling"
    return "undeliverable" if _undeliverable([customer_id]) else ""


def _unwilling(customer_ids: Sequence[str], survey: Survey, channel: str, now: datetime) -> set[str]:
    """Those who want no surveys over this channel, or not this one."""
    said = consent.may_ask(customer_ids, channel=channel, purpose=PURPOSE, at=now)
    mine = Invitation.objects.filter(survey=survey, declined=True, customer_id__in=customer_ids)
    declined = mine.values_list("customer_id", flat=True)
    erased = holding_off.erased_among(customer_ids)
    return {one for one, reason in said.items() if reason is not None} | set(declined) | erased


def _undeliverable(customer_ids: Sequence[str]) -> set[str]:
    """Those whose address took no mail for good."""
    dead = Addressee.objects.filter(customer_id__in=customer_ids, bounced_at__isnull=False)
    return set(dead.values_list("customer_id", flat=True))


def _messages(customer_ids: Sequence[str], rule: ContactLimits, now: datetime) -> dict[str, list[Message]]:
    span = max(QUARTER, timedelta(days=rule.rest_days))
    rows = Contact.objects.filter(customer_id__in=customer_ids, at__gt=now - span - timedelta(days=1))
    found: dict[str, list[Message]] = defaultdict(list)
    for customer, asking, at, is_reminder in rows.values_list("customer_id", "asking", "at", "is_reminder"):
        found[customer].append(Message(asking, at, is_reminder))
    return found


def forget_customers(customer_ids: Sequence[str]) -> None:
    """Forget where erased customers were reached and when they were asked. In the current transaction."""
    theirs = Invitation.objects.filter(customer_id__in=customer_ids)
    about = [f"invitation:{pk}" for pk in theirs.values_list("pk", flat=True)]
    addresses = list(Addressee.objects.filter(customer_id__in=customer_ids).exclude(email="").values_list("email"))
    OutboxMail.objects.filter(about__in=about).delete()
    OutboxMail.objects.filter(lane=OutboxMail.Lane.BULK, to__in=[one for (one,) in addresses]).delete()
    theirs.delete()
    for model in (Addressee, Contact, ContactTurn):
        model._default_manager.filter(customer_id__in=customer_ids).delete()


def export_customer(customer_ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Where a customer was reached, when they were asked and by what, for their own copy."""
    reached = Addressee.objects.filter(customer_id__in=customer_ids)
    asked = Contact.objects.filter(customer_id__in=customer_ids).order_by("at").select_related("survey")
    return {
        "addresses": [
            {name: getattr(one, name) for name in ("customer_id", "email", "name", "language", "time_zone")}
            | {"came back": one.bounced_at.isoformat() if one.bounced_at else ""}
            for one in reached
        ],
        "surveys asked": [
            {
                "survey": one.survey.name if one.survey else "",
                "channel": one.channel,
                "reminder": one.is_reminder,
                "at": one.at.isoformat(),
            }
            for one in asked
        ],
    }


def clear() -> None:
    """Forget everybody: the sample company ends. In the caller's transaction."""
    OutboxMail.objects.filter(lane=OutboxMail.Lane.BULK).delete()
    for model in (Addressee, Contact, ContactTurn, ContactLimits):
        model._default_manager.all().delete()
