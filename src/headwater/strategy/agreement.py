"""Proposed → agreed → published: named leaders answer to one edition of the draft, and editing it withdraws that."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base import versions
from headwater.base.history import record_history
from headwater.base.models import Person
from headwater.base.outbox import put_mail
from headwater.base.permissions import allows, require
from headwater.base.refusals import Conflict, NotFound, Refused
from headwater.strategy.differences import differences
from headwater.strategy.documents import read
from headwater.strategy.models import StrategyAnswer, StrategyVersion
from headwater.strategy.strategies import current
from headwater.strategy.strategy import Strategy

MAX_ASKED = 60
REASON_LENGTH = 600


@dataclass(frozen=True, slots=True)
class Proposal:
    """How far the draft is: nobody asked yet, asked, or agreed to by all who were asked about this edition.

    ``withdrawn`` are answers to earlier editions, which count no longer, newest first.
    """

    state: Literal["draft", "proposed", "agreed"]
    edition: int
    answers: tuple[StrategyAnswer, ...]
    withdrawn: tuple[StrategyAnswer, ...] = ()

    @property
    def objections(self) -> tuple[StrategyAnswer, ...]:
        """Those who object."""
        return tuple(answer for answer in self.answers if answer.answer == StrategyAnswer.Answer.OBJECTS)

    @property
    def waiting(self) -> tuple[StrategyAnswer, ...]:
        """Those who have not answered yet."""
        return tuple(answer for answer in self.answers if not answer.answer)

    def of(self, person: Person) -> StrategyAnswer | None:
        """What this person was asked and answered, or None."""
        return next((answer for answer in self.answers if answer.person_id == person.pk), None)


@dataclass(frozen=True, slots=True)
class Due:
    """Something a person is asked to do: what, where, and since when."""

    title: str
    url: str
    since: datetime


def proposal() -> Proposal | None:
    """How far the draft is; None without a draft."""
    row = versions.draft(StrategyVersion)
    return _proposal(row) if row else None


def answers_of(row: StrategyVersion) -> tuple[StrategyAnswer, ...]:
    """Who was asked about the edition of this version that was published (or is drafted), and what they answered."""
    return tuple(row.answers.filter(edition=row.edition).select_related("person", "asked_by"))


def leaders() -> list[Person]:
    """Everyone who may be asked to agree, by name."""
    return [person for person in Person.objects.filter(is_active=True) if allows_to_agree(person)]


def allows_to_agree(person: Person) -> bool:
    """Whether this person may agree to a strategy that they are asked about."""
    return allows(person, "agree", "strategy", words_of="own")


def due_for(person: Person) -> tuple[Due, ...]:
    """What this person has still to answer about the draft."""
    row = versions.draft(StrategyVersion)
    mine = row.answers.filter(edition=row.edition, person=person, answer="").first() if row else None
    if mine is None:
        return ()
    return (Due(_("Say whether you agree to the proposed strategy"), reverse("strategy_draft"), mine.asked_at),)


def propose(person: Person | None, leader_ids: Sequence[int]) -> Proposal:
    """Ask these leaders to agree to the draft as it stands; who was asked about this edition already is not again."""
    require(person, "edit", "strategy")
    with transaction.atomic():
        row = _changed_draft()
        asked = _named_leaders(leader_ids)
        already = set(row.answers.filter(edition=row.edition).values_list("person_id", flat=True))
        if len(already | {one.pk for one in asked}) > MAX_ASKED:
            message = _("At most %d people can be asked to agree.")
            raise Refused("strategy.too_many_asked", message % MAX_ASKED, "leaders")
        new = [one for one in asked if one.pk not in already]
        StrategyAnswer.objects.bulk_create(
            StrategyAnswer(draft=row, edition=row.edition, person=one, asked_by=person) for one in new
        )
        for one in new:
            _ask_by_mail(one, person)
        if new:
            names = ", ".join(one.name for one in new)
            record_history(person, "strategy.proposed", "strategy:draft", {"names": names})
        return _proposal(row)


def answer(person: Person, edition: int, given: str, reason: str = "") -> Proposal:
    """Agree to an edition of the draft, or object with a reason; the last answer counts.

    Refuses (409) when the draft was changed since that edition: the answer would be to another text.
    """
    require(person, "agree", "strategy", words_of="own")
    reason = " ".join(reason.split())
    if given not in StrategyAnswer.Answer.values:
        choices = ", ".join(StrategyAnswer.Answer.values)
        raise Refused(
            "strategy.answer",
            _("“%(given)s” is no answer. Choose from: %(choices)s.") % {"given": given[:40], "choices": choices},
            "answer",
        )
    if given == StrategyAnswer.Answer.OBJECTS and not reason:
        raise Refused("strategy.reason_missing", _("Say why you object, so that it can be mended."), "reason")
    if len(reason) > REASON_LENGTH or "\x00" in reason:
        message = _("A reason has %(most)d characters at most; this one has %(have)d.")
        raise Refused("strategy.reason_long", message % {"most": REASON_LENGTH, "have": len(reason)}, "reason")
    with transaction.atomic():
        row = StrategyVersion.objects.select_for_update().filter(state=StrategyVersion.State.DRAFT).first()
        if row is None:
            raise NotFound("strategy.no_draft", _("There is no draft any more; it was published or discarded."))
        if edition != row.edition:
            message = _("The draft was changed after you opened it. Read it again, then answer.")
            raise Conflict("strategy.other_edition", message)
        mine = row.answers.filter(edition=row.edition, person=person).first()
        if mine is None:
            raise Refused("strategy.not_asked", _("You were not asked to agree to this draft."), status=403)
        if (mine.answer, mine.reason) != (given, reason):
            mine.answer, mine.reason, mine.answered_at = given, reason, timezone.now()
            mine.save(update_fields=["answer", "reason", "answered_at"])
            code = "strategy.agreed" if given == StrategyAnswer.Answer.AGREES else "strategy.objected"
            record_history(person, code, "strategy:draft", {"reason": reason, "edition": edition})
        return _proposal(row)


def publish(person: Person | None, *, override: str = "", seen: int | None = None) -> Strategy:
    """Make the draft count for everyone. ``override`` is the reason when not all who were asked have agreed.

    ``seen`` is the edition that the person read: refuses (409) when someone edited the draft since.
    """
    require(person, "publish", "strategy")
    override = " ".join(override.split())
    if len(override) > REASON_LENGTH or "\x00" in override:
        message = _("A reason has %(most)d characters at most; this one has %(have)d.")
        raise Refused("strategy.reason_long", message % {"most": REASON_LENGTH, "have": len(override)}, "override")
    with transaction.atomic():
        row = _changed_draft()
        versions.require_seen(row, seen)
        state = _proposal(row)
        if state.state != "agreed" and not override:
            raise Refused("strategy.not_agreed", _why_not_agreed(state), "override")
        row.override_reason = "" if state.state == "agreed" else override
        row.save(update_fields=["override_reason"])
        changes = len(differences(current(), read(row.content)))
        row = versions.publish(row, person)
        data = {"version": row.version, "changes": changes, "reason": row.override_reason}
        code = "strategy.published_unagreed" if row.override_reason else "strategy.published"
        record_history(person, code, f"strategy:{row.version}", data)
        return read(row.content, row.version or 0)


def _proposal(row: StrategyVersion) -> Proposal:
    everything = list(row.answers.select_related("person", "asked_by"))
    now = tuple(answer for answer in everything if answer.edition == row.edition)
    earlier = [answer for answer in everything if answer.edition != row.edition and answer.answer]
    agreed = bool(now) and all(answer.answer == StrategyAnswer.Answer.AGREES for answer in now)
    withdrawn = tuple(sorted(earlier, key=lambda answer: answer.edition, reverse=True))
    return Proposal("agreed" if agreed else "proposed" if now else "draft", row.edition, now, withdrawn)


def _changed_draft() -> StrategyVersion:
    row = StrategyVersion.objects.select_for_update().filter(state=StrategyVersion.State.DRAFT).first()
    if row is None or not differences(current(), read(row.content)):
        message = _("There is no draft that says anything new. Write or change something first.")
        raise Refused("strategy.no_draft", message)
    return row


def _named_leaders(ids: Sequence[int]) -> list[Person]:
    if not ids:
        raise Refused("strategy.nobody_asked", _("Choose at least one leader to ask."), "leaders")
    keys = [key for key in ids if 0 < key < 2**63][: MAX_ASKED + 1]
    found = {person.pk: person for person in Person.objects.filter(pk__in=keys, is_active=True)}
    for identity in ids:
        if identity not in found:
            message = _("There is no person %s who could be asked. Reload the page.")
            raise Refused("strategy.person_unknown", message % identity, "leaders")
        if not allows_to_agree(found[identity]):
            message = _("%s has no role that may agree to the strategy. Choose an executive, manager or the CX team.")
            raise Refused("strategy.may_not_agree", message % found[identity].name, "leaders")
    return list(found.values())


def _why_not_agreed(state: Proposal) -> str:
    if state.state == "draft":
        return _("Nobody was asked to agree to this draft. Ask its leaders, or write why it is published without them.")
    waiting, against = state.waiting, state.objections
    open_names = ", ".join(one.person.name for one in (*against, *waiting)[:8])
    message = _("Not all have agreed yet: %s. Wait for them, or write why it is published without their agreement.")
    return message % open_names


def _ask_by_mail(leader: Person, asked_by: Person | None) -> None:
    subject = _("Do you agree to the proposed strategy?")
    text = _("Hello %(name)s,\n\n%(who)s asks you to read the proposed strategy and to agree or object:\n\n%(link)s\n")
    link = settings.PUBLIC_URL + reverse("strategy_draft")
    who = asked_by.name if asked_by else "Headwater"
    put_mail(leader.email, subject, text % {"name": leader.name, "who": who, "link": link})
