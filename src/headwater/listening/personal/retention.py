"""Retention: how long signals and words are kept, by source and kind; what would go, and the run that lets it go."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base import erasure
from headwater.base.history import record_history
from headwater.base.models import Person
from headwater.base.permissions import require
from headwater.base.refusals import NotFound, Refused
from headwater.listening.models import Import, RetentionRule, SetAsideRow
from headwater.listening.personal import crypto, looks, rewrapping, vault
from headwater.listening.personal.consent import is_text
from headwater.listening.personal.retention_rules import Term, expiries
from headwater.listening.personal.rules import rules as personal_rules
from headwater.metrics.store import company_record

FEWEST_DAYS, MOST_DAYS = 30, 36_500
MOST_RULES = 200
KINDS = ("survey", "contact", "review", "social", "event")
TASK = "listening.retain"


@dataclass(frozen=True, slots=True)
class Over:
    """One rule, the day before which it lets go, and how many signals that is now."""

    rule: RetentionRule
    before: date
    signals: int


def rules(person: Person | None) -> tuple[RetentionRule, ...]:
    """The rules, the most general first."""
    require(person, "view", "personal_data")
    return tuple(RetentionRule.objects.all())


def preview(person: Person | None) -> tuple[Over, ...]:
    """What every rule would let go if it ran now; nothing is changed."""
    rows = rules(person)
    record = company_record()
    return tuple(
        Over(row, over.before, record.count_expired(over))
        for row, over in zip(rows, expiries([_term(row) for row in rows], _today()), strict=True)
    )


def set_rule(person: Person | None, *, what: str, source: str, kind: str, days: int) -> RetentionRule:
    """Set how long signals of a source and kind are kept, or their words; empty means any."""
    require(person, "manage", "personal_data")
    if what not in RetentionRule.What.values:
        raise Refused("bad_what", _("Choose signals or words, not “%s”.") % what[:20], field="what")
    if kind and kind not in KINDS:
        message = _("“%(kind)s” is no kind of signal. Choose from: %(kinds)s.")
        raise Refused("bad_kind", message % {"kind": kind[:20], "kinds": ", ".join(KINDS)}, field="kind")
    if len(source) > 80 or not is_text(source):
        raise Refused("bad_source", _("A source's name has at most 80 characters."), field="source")
    if not FEWEST_DAYS <= days <= MOST_DAYS:
        message = _("%(days)s days are not between %(fewest)s and %(most)s.")
        raise Refused("bad_days", message % {"days": days, "fewest": FEWEST_DAYS, "most": MOST_DAYS}, field="days")
    with transaction.atomic():
        if RetentionRule.objects.count() >= MOST_RULES:
            raise Refused("too_many_rules", _("There are %s rules already; remove one first.") % MOST_RULES)
        row, made = RetentionRule.objects.get_or_create(what=what, source=source, kind=kind, defaults={"days": days})
        if made or row.days != days:
            row.days = days
            row.save()
            data = {"what": in_words(row), "days": days}
            record_history(person, "retention.changed", f"retention:{row.pk}", data)
    return row


def remove_rule(person: Person | None, pk: int) -> None:
    """Keep what a rule was about for good, or as long as a more general rule says."""
    require(person, "manage", "personal_data")
    with transaction.atomic():
        row = RetentionRule.objects.select_for_update().filter(pk=pk).first() if pk < 2**63 else None
        if row is None:
            raise NotFound("no_rule", _("There is no such rule; somebody may have removed it."))
        record_history(person, "retention.removed", f"retention:{pk}", {"what": in_words(row)})
        row.delete()


def in_words(row: RetentionRule) -> str:
    """What a rule is about: “words of reviews from trustpilot”."""
    what = _("words") if row.what == RetentionRule.What.WORDS else _("signals")
    kind = _(" of the kind %s") % row.kind if row.kind else ""
    source = _(" from %s") % row.source if row.source else ""
    return f"{what}{kind}{source}"


def run(progress: Callable[[int, int], None] = lambda done, total: None) -> tuple[int, int]:
    """Let go of everything that is over its time; returns how many signals went, and how many lost their words.

    Repeatable: what a run that was cut off left over is gone after the next.
    """
    record = company_record()
    gone = {False: 0, True: 0}
    for over in expiries([_term(row) for row in RetentionRule.objects.all()], _today()):
        gone[over.words] += record.expire(over, progress, vault.forget_signals)
    expire_beside()
    if any(gone.values()):
        with transaction.atomic():
            erasure.forget(())  # no customer, but what rooms derived from signals that are gone
            data = {"signals": gone[False], "words": gone[True]}
            record_history(None, "retention.run", "retention", data)
    return gone[False], gone[True]


def expire_beside() -> None:
    """Let go of what is kept beside the record for a while: rows set aside, originals, who looked."""
    horizon = timezone.now() - timedelta(days=personal_rules().set_aside_days)
    with transaction.atomic():
        _forget_set_aside(horizon)
    vault.expire()
    looks.expire()
    if crypto.has_earlier_keys():  # what a run that was cut off, or a key changed in the environment, left over
        rewrapping.rewrap()


def _forget_set_aside(horizon: datetime) -> None:
    """Delete rows set aside before a time; why they were stays counted with their import."""
    old = SetAsideRow.objects.filter(arrival__started_at__lt=horizon)
    arrivals = list(old.values_list("arrival", flat=True).distinct())
    old.delete()
    Import.objects.filter(pk__in=arrivals).update(set_aside=0)


def _term(row: RetentionRule) -> Term:
    return Term(row.source, row.kind, row.days, row.what == RetentionRule.What.WORDS)


def _today() -> date:
    return timezone.now().date()
