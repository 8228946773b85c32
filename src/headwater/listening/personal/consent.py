"""Consent: the ledger of what customers allowed, for which purpose and over which channel, and what follows from it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import Count, OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base.history import record_history
from headwater.base.models import Person
from headwater.base.permissions import require
from headwater.base.refusals import Refused
from headwater.listening.models import Consent, ContactTurn
from headwater.listening.personal import holding_off, pseudonyms
from headwater.listening.personal.consent_rules import ANY_CHANNEL, Said, State, state_of
from headwater.listening.personal.rules import rules

CHANNELS = (ANY_CHANNEL, "email", "link", "web", "phone", "sms", "post")
PURPOSES = tuple(Consent.Purpose.values)
MOST_AT_ONCE = 10_000
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Given:
    """Consent given or withdrawn, as it arrives: from a page, the API, a file's columns or a survey's answer."""

    customer_id: str
    channel: str
    purpose: str
    is_given: bool
    at: datetime
    wording: str = ""


def may_ask(
    customer_ids: Sequence[str], *, channel: str, purpose: str, at: datetime | None = None
) -> dict[str, str | None]:
    """For each customer: None where they may be asked, else why not, in words.

    A withdrawal always counts. Whether silence is enough is a rule of the installation, by purpose.
    """
    needed = purpose in rules().consent_needed
    reasons: dict[str, str | None] = {}
    for one, state in states(customer_ids, channel=channel, purpose=purpose, at=at).items():
        if state == "withdrawn":
            reasons[one] = _("The customer withdrew consent for this.")
        elif state == "unknown" and needed:
            reasons[one] = _("The customer has not given consent for this, and it is needed here.")
        else:
            reasons[one] = None
    return reasons


def states(customer_ids: Sequence[str], *, channel: str, purpose: str, at: datetime | None = None) -> dict[str, State]:
    """What each customer's last word is, by the ledger."""
    now = at or timezone.now()
    said = _said(customer_ids, now)
    return {one: state_of(said.get(one, ()), channel=channel, purpose=purpose, at=now) for one in customer_ids}


def may_ask_one(person: Person | None, customer_id: str, *, channel: str, purpose: str) -> str | None:
    """Whether one customer may be asked now, for who may see customers: None, or why not."""
    require(person, "view", "customers")
    name = require_customer(customer_id)
    return may_ask([name], channel=channel, purpose=purpose)[name]


def with_offset(at: datetime) -> datetime:
    """A time without an offset is UTC. Raises Refused for one that UTC has not."""
    try:
        return at.astimezone(UTC) if timezone.is_aware(at) else at.replace(tzinfo=UTC)
    except OverflowError as error:
        raise Refused("too_early", _("%s is no time of ours.") % at.isoformat(), field="at") from error


def _said(customer_ids: Sequence[str], at: datetime) -> dict[str, list[Said]]:
    """What each said, also under the pseudonym of the id that is asked for."""
    asked = {spelling: one for one in customer_ids for spelling in pseudonyms.spellings(one)}
    names = list(asked)
    said: dict[str, list[Said]] = defaultdict(list)
    for start in range(0, len(names), 1_000):
        some = names[start : start + 1_000]
        for row in Consent.objects.filter(customer_id__in=some, at__lte=at).order_by("at", "pk").iterator():
            said[asked[row.customer_id]].append(Said(row.channel, row.purpose, row.is_given, row.at, row.pk))
    return said


def record_consent(person: Person | None, given: Iterable[Given], *, origin: str, renews: bool = True) -> int:
    """Write what customers said into the ledger; the same thing sent twice counts once. Returns how many are new.

    Of a customer who was erased nothing is written, but for a consent that they gave afterwards, by which they come
    back. ``renews`` is False where the times are not those at which customers said it.

    Raises Refused, and nothing is written, where a channel or a purpose is unknown or a time lies in the future.
    """
    require(person, "import", "signals")
    if not is_text(origin):
        raise Refused("bad_text", _("The origin holds characters that are none."), field="origin")
    known_as = pseudonyms.known_as(rules())
    lines = [replace(line, customer_id=known_as(line.customer_id)) for line in given]
    if len(lines) > MOST_AT_ONCE:
        raise Refused("too_many_rows", _("Send at most %s lines of consent at once.") % MOST_AT_ONCE)
    for line in lines:
        _check(line)
    with transaction.atomic():
        lines = _of_the_present(lines, renews)
        # The ledger only grows, so what was written is what there is more of afterwards, among these customers.
        mine = Consent.objects.filter(customer_id__in={line.customer_id for line in lines})
        _take_turn(lines)
        before = mine.count()
        Consent.objects.bulk_create(
            (
                Consent(
                    customer_id=line.customer_id, channel=line.channel, purpose=line.purpose, is_given=line.is_given,
                    at=line.at, wording=line.wording[:200], origin=origin[:80], recorded_by=person,
                )
                for line in lines
            ),
            ignore_conflicts=True, batch_size=500,
        )  # fmt: skip
        written = mine.count() - before
        if written:
            data = {"lines": written, "origin": origin}
            record_history(person, "consent.recorded", "consent", data)
    return written


def _of_the_present(lines: list[Given], renews: bool) -> list[Given]:
    """The lines without those of erased customers who did not come back."""
    erased = holding_off.erased_among({line.customer_id for line in lines})
    if not erased:
        return lines
    said: dict[str, datetime] = {}
    for line in lines:
        if renews and line.is_given and line.customer_id in erased:
            said[line.customer_id] = max(line.at, said.get(line.customer_id, line.at))
    away = erased - holding_off.came_back(said)
    return [line for line in lines if line.customer_id not in away]


def _take_turn(lines: Sequence[Given]) -> None:
    """Whoever asks these customers, or writes what they said, waits for the other: no mail after a withdrawal."""
    ids = sorted({line.customer_id for line in lines})
    ContactTurn.objects.bulk_create((ContactTurn(customer_id=one) for one in ids), ignore_conflicts=True)
    list(ContactTurn.objects.select_for_update().filter(customer_id__in=ids).order_by("customer_id"))


def _check(line: Given) -> None:
    require_customer(line.customer_id)
    if not is_text(line.wording):
        raise Refused("bad_text", _("The wording holds characters that are none."), field="wording")
    if line.channel not in CHANNELS:
        known = ", ".join(CHANNELS)
        message = _("“%(given)s” is no channel. Choose from: %(known)s.")
        raise Refused("bad_channel", message % {"given": line.channel[:40], "known": known}, field="channel")
    if line.purpose not in PURPOSES:
        known = ", ".join(PURPOSES)
        message = _("“%(given)s” is no purpose. Choose from: %(known)s.")
        raise Refused("bad_purpose", message % {"given": line.purpose[:40], "known": known}, field="purpose")
    if line.at < EARLIEST:
        raise Refused("too_early", _("%s is before 1970.") % line.at.isoformat(), field="at")
    if line.at > timezone.now():
        raise Refused("in_future", _("%s lies in the future.") % line.at.isoformat(), field="at")


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of consent for one purpose over one channel, with the last thing that was said about it."""

    purpose: str
    channel: str
    state: State
    last: Consent | None


def standing_of(person: Person | None, customer_id: str) -> tuple[tuple[Standing, ...], tuple[Consent, ...]]:
    """Every state that anything was said about, and the whole ledger of one customer, newest first."""
    require(person, "view", "customers")
    names = pseudonyms.spellings(require_customer(customer_id))
    ledger = tuple(Consent.objects.filter(customer_id__in=names).order_by("-at", "-pk"))
    said = [Said(row.channel, row.purpose, row.is_given, row.at, row.pk) for row in ledger]
    now = timezone.now()
    standings = []
    for purpose, channel in sorted({(row.purpose, row.channel) for row in ledger}):
        state = state_of(said, channel=channel, purpose=purpose, at=now)
        last = next((row for row in ledger if row.purpose == purpose and row.channel in (channel, ANY_CHANNEL)), None)
        standings.append(Standing(purpose, channel, state, last))
    return tuple(standings), ledger


def counts(person: Person | None) -> dict[tuple[str, str], Counter[str]]:
    """How many customers gave or withdrew consent, by purpose and channel, as it stands."""
    require(person, "view", "personal_data")
    same = {name: OuterRef(name) for name in ("customer_id", "purpose", "channel")}
    last = Consent.objects.filter(**same).order_by("-at", "is_given", "-pk").values("pk")[:1]
    standing = Consent.objects.filter(pk=Subquery(last)).order_by().values("purpose", "channel", "is_given")
    found: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in standing.annotate(customers=Count("pk")):
        found[row["purpose"], row["channel"]]["given" if row["is_given"] else "withdrawn"] = row["customers"]
    return dict(found)


def forget_customers(customer_ids: Sequence[str]) -> None:
    """Forget what erased customers said about being asked. In the current transaction."""
    Consent.objects.filter(customer_id__in=customer_ids).delete()


def export_customer(customer_ids: Sequence[str]) -> dict[str, list[dict[str, object]]]:
    """What the ledger has of one customer, for their own copy."""
    fields = ("purpose", "channel", "is_given", "at", "wording", "origin")
    rows = Consent.objects.filter(customer_id__in=customer_ids).values("customer_id", *fields)
    return {"consent": [dict(row) for row in rows]}


def require_customer(customer_id: str) -> str:
    """The id, trimmed. Raises Refused for one that can be nobody's."""
    name = customer_id.strip()
    if not name or len(name) > 500 or not is_text(name):
        raise Refused("no_customer", _("Name the customer, in 1 to 500 characters."), field="customer_id")
    return name


def is_text(text: str) -> bool:
    """Whether any database keeps the text: no NUL, no half characters."""
    return "\x00" not in text and text.encode("utf-8", "replace").decode() == text
