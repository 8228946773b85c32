"""Finance's own figures, entered once: what a contact costs, what a customer is worth, who counts as one.

Every figure has an owner, a date, a source and the ends between which it lies; a person of finance or an executive
signs it, and a change takes the signature away. What reads them says whether they are signed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal, cast

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base.company import company
from headwater.base.history import record_history
from headwater.base.models import Person
from headwater.base.permissions import NotAllowed, allows, require, widest_scope
from headwater.base.refusals import Conflict, NotFound, Refused
from headwater.insight.finance_rules import (
    KEYS,
    NAMES,
    Amount,
    Basis,
    Content,
    Definition,
    Key,
    check_together,
    content_of,
    stored,
)
from headwater.insight.models import FinanceEntry
from headwater.science.results import Estimate, NoVerdict, Result

METHOD: Final = "finance's own figure, with the ends finance gives it"
FINANCE: Final = "finance"
"""The department of the journey packs whose managers may enter and sign."""
MAX_CHANNEL, MAX_SOURCE, MAX_CHANNELS = 60, 300, 30


@dataclass(frozen=True, slots=True)
class Entry:
    """A figure or definition in force, and where it comes from. ``channel`` is empty where it holds for all."""

    key: Key
    channel: str
    content: Content
    edition: int
    source: str
    stated_on: date
    owner: str
    owner_id: int | None
    entered_at: datetime
    signed_by: str
    signed_at: datetime | None

    @property
    def signed(self) -> bool:
        return self.signed_at is not None


@dataclass(frozen=True, slots=True)
class FinanceFigures:
    """What is in force: by key, and costs of contacts by channel.

    Amounts are estimates whose interval is the one finance gives; a :class:`NoVerdict` says that nobody has entered
    one. Money is in ``currency``, the discount rate a share a year, the horizon years.
    """

    currency: str
    entries: tuple[Entry, ...]

    def entry(self, key: Key, channel: str = "") -> Entry | None:
        return next((one for one in self.entries if (one.key, one.channel) == (key, channel)), None)

    def amount(self, key: Key, channel: str = "") -> Result:
        """An amount; a channel without one of its own has that of all."""
        found = self.entry(key, channel) or self.entry(key)
        if found is None or not isinstance(found.content, Amount):
            message = _("Finance has not said: %s.") % NAMES[key]
            return NoVerdict("not_entered", message)
        content = found.content
        said = _("%(name)s: from “%(source)s”, as of %(day)s") % {
            "name": NAMES[key],
            "source": found.source,
            "day": found.stated_on.isoformat(),
        }
        assumptions = (said, *(() if found.signed else (_("%s is not signed by finance") % NAMES[key],)))
        return Estimate(content.value, content.low, content.high, 0, METHOD, assumptions)

    @property
    def cost_per_contact(self) -> Result:
        return self.amount("cost_per_contact")

    @property
    def margin(self) -> Result:
        return self.amount("margin")

    @property
    def margin_basis(self) -> Basis:
        found = self.entry("margin")
        basis = found.content.basis if found and isinstance(found.content, Amount) else ""
        return cast(Basis, basis or "customer_year")

    @property
    def discount(self) -> Result:
        return self.amount("discount")

    @property
    def horizon(self) -> Result:
        return self.amount("horizon")

    @property
    def channels(self) -> tuple[str, ...]:
        """Channels with a cost of their own."""
        return tuple(one.channel for one in self.entries if one.key == "cost_per_contact" and one.channel)

    def definition(self, key: Literal["active", "lost", "referral"]) -> Definition | None:
        """A definition, or None while finance has not given one."""
        found = self.entry(key)
        return found.content if found and isinstance(found.content, Definition) else None

    @property
    def missing(self) -> tuple[Key, ...]:
        """What nobody has entered; a referral is left to those who have such an event."""
        return tuple(key for key in KEYS if key != "referral" and self.entry(key) is None)

    @property
    def unsigned(self) -> tuple[Entry, ...]:
        """What is in force without a signature."""
        return tuple(one for one in self.entries if not one.signed)

    def unsigned_of(self, *keys: Key) -> tuple[str, ...]:
        """Names of those among ``keys`` that are in force without a signature."""
        return tuple(dict.fromkeys(str(NAMES[one.key]) for one in self.unsigned if one.key in keys))


def figures() -> FinanceFigures:
    """Return finance's figures in force. Who may see them is for the leaf to ask: ``view`` on ``finance``."""
    ours = company()
    return FinanceFigures(ours.currency if ours else "EUR", tuple(_entry(row) for row in _in_force() if row.content))


def past(key: str, channel: str = "") -> tuple[tuple[Entry, str], ...]:
    """Return every edition of a figure, the newest first, with who entered it; those that took it out are left out."""
    rows = FinanceEntry.objects.filter(key=_key(key), channel=channel).select_related(
        "owner", "entered_by", "signed_by"
    )
    return tuple(
        (_entry(row), row.entered_by.name if row.entered_by else "") for row in rows.order_by("-edition") if row.content
    )


def may(person: Person, action: Literal["edit", "sign"]) -> bool:
    """Whether this person may enter or sign: the roles that may for the company, and managers of finance."""
    if allows(person, action, "finance"):
        return True
    scope, department = widest_scope(person, action, "finance"), person.department
    return scope is not None and department is not None and FINANCE in department.pack_departments


def enter(person: Person | None, key: str, given: Mapping[str, Any], *, seen: int, channel: str = "") -> Entry:
    """Enter a figure or definition; what is in force stays readable, its signature does not carry over.

    ``given`` has the content's fields (:class:`Amount` or :class:`Definition`) and ``source``, ``stated_on``,
    ``owner`` (a person or None: whoever enters it). ``seen`` is the edition that was read, 0 before the first: another
    one in force is a :class:`Conflict`. What is entered as it stands already changes nothing.
    """
    _require(person, "edit")
    key, channel = _key(key), _channel(key, channel)
    content = content_of(key, given)
    source, stated_on = _source(given.get("source")), given.get("stated_on") or timezone.localdate()
    owner = given.get("owner") or person
    with transaction.atomic():
        now = _newest(key, channel)
        row = FinanceEntry(
            key=key, channel=channel, content=stored(content), source=source, stated_on=stated_on, owner=owner
        )
        if now is not None and _same(now, row):
            return _entry(now)
        _check_edition(now, seen)
        _check_with_the_other(key, content)
        return _entry(_add(person, row, now, "finance.entered"))


def remove(person: Person | None, key: str, *, seen: int, channel: str = "") -> None:
    """Take a figure out of force, such as the cost of a channel that is no more; its editions stay readable."""
    _require(person, "edit")
    key = _key(key)
    with transaction.atomic():
        now = _newest(key, channel)
        if now is None or not now.content:
            return
        _check_edition(now, seen)
        _add(
            person,
            FinanceEntry(key=key, channel=channel, content={}, stated_on=timezone.localdate()),
            now,
            "finance.removed",
        )


def sign(person: Person | None, key: str, *, seen: int, channel: str = "") -> Entry:
    """Sign what is in force, as it was when its edition was ``seen``. Signing twice counts once."""
    _require(person, "sign")
    key = _key(key)
    with transaction.atomic():
        now = _newest(key, channel)
        if now is None or not now.content:
            raise NotFound("finance.nothing", _("There is nothing to sign: %s was not entered.") % NAMES[key])
        _check_edition(now, seen)
        if now.signed_at is None:
            now.signed_by, now.signed_at = person, timezone.now()
            now.save(update_fields=["signed_by", "signed_at"])
            record_history(person, "finance.signed", f"finance:{key}", {"name": _title(key, channel)})
        return _entry(now)


def clear() -> None:
    """Forget what was entered for the sample company; run when it is cleared, repeatable."""
    FinanceEntry.objects.all().delete()


def _in_force() -> list[FinanceEntry]:
    rows = FinanceEntry.objects.select_related("owner", "signed_by").order_by("key", "channel", "-edition")
    newest: dict[tuple[str, str], FinanceEntry] = {}
    for row in rows:
        newest.setdefault((row.key, row.channel), row)
    return sorted(newest.values(), key=lambda row: (KEYS.index(cast(Key, row.key)), row.channel))


def _newest(key: Key, channel: str) -> FinanceEntry | None:
    rows = FinanceEntry.objects.select_for_update(of=("self",)).select_related("owner", "signed_by")
    return rows.filter(key=key, channel=channel).order_by("-edition").first()


def _entry(row: FinanceEntry) -> Entry:
    key = cast(Key, row.key)
    return Entry(
        key=key,
        channel=row.channel,
        content=content_of(key, row.content),
        edition=row.edition,
        source=row.source,
        stated_on=row.stated_on,
        owner=row.owner.name if row.owner else "",
        owner_id=row.owner_id,
        entered_at=row.entered_at,
        signed_by=row.signed_by.name if row.signed_by else "",
        signed_at=row.signed_at,
    )


def _add(person: Person | None, row: FinanceEntry, now: FinanceEntry | None, code: str) -> FinanceEntry:
    row.edition, row.entered_by = (now.edition if now else 0) + 1, person
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise _conflict() from error
    data = {"name": _title(cast(Key, row.key), row.channel), "content": row.content}
    record_history(person, code, f"finance:{row.key}", data)
    return row


def _same(now: FinanceEntry, row: FinanceEntry) -> bool:
    fields = ("content", "source", "stated_on", "owner")
    return all(getattr(now, field) == getattr(row, field) for field in fields)


def _check_edition(now: FinanceEntry | None, seen: int) -> None:
    if (now.edition if now else 0) != seen:
        raise _conflict()


def _conflict() -> Conflict:
    return Conflict("finance.other_edition", _("It was changed after you opened it. Read it again, then save."))


def _check_with_the_other(key: Key, content: Content) -> None:
    """Active and lost must not contradict each other, whichever was written first."""
    if key not in ("active", "lost") or not isinstance(content, Definition):
        return
    others = figures()
    active = content if key == "active" else others.definition("active")
    check_together(active, content if key == "lost" else others.definition("lost"))


def _require(person: Person | None, action: Literal["edit", "sign"]) -> None:
    if person is not None and getattr(person, "pk", None) is not None and may(person, action):
        return
    if widest_scope(person, action, "finance") == "department":
        message = _("Figures of finance are entered and signed by finance and by executives. Ask one of them.")
        raise NotAllowed("not_allowed", message)
    require(person, action, "finance")


def _key(given: str) -> Key:
    if given not in KEYS:
        message = _("“%(key)s” is none of finance’s figures. There are %(keys)s.")
        raise NotFound("finance.unknown", message % {"key": given[:40], "keys": ", ".join(KEYS)})
    return given


def _channel(key: Key, channel: str) -> str:
    channel = channel.strip()
    if channel and key != "cost_per_contact":
        raise Refused("finance.channel", _("Only the cost per contact can differ by channel."), "channel")
    if len(channel) > MAX_CHANNEL:
        raise Refused("finance.channel", _("A channel’s name has at most %d characters.") % MAX_CHANNEL, "channel")
    rows = FinanceEntry.objects.filter(key=key).exclude(channel__in=["", channel])
    if channel and rows.values("channel").distinct().count() >= MAX_CHANNELS:
        raise Refused("finance.channels", _("At most %d channels can have a cost.") % MAX_CHANNELS, "channel")
    return channel


def _source(given: object) -> str:
    source = " ".join(str(given or "").split())
    if not source:
        raise Refused("finance.source", _("Say where the figure comes from, such as a report and its month."), "source")
    if len(source) > MAX_SOURCE:
        raise Refused("finance.source", _("The source has at most %d characters.") % MAX_SOURCE, "source")
    return source


def _title(key: Key, channel: str) -> str:
    return f"{NAMES[key]} ({channel})" if channel else str(NAMES[key])
