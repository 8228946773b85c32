"""One page on its way into the database, and with the last page the whole response: one transaction.

A response that ends is due: shortly after, its answers become signals (`surveys.due`).

Of an anonymous answer nothing is written that could join it with the invitation: the invitation is spent by an update
that keeps no time, and the answer is held, under a number of its own, until it can be let go among others
(`surveys.anonymous`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Final
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import DateTimeField, F, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from headwater.listening.models import HeldAnswer, Invitation, SurveyResponse
from headwater.listening.personal import consent
from headwater.listening.personal.consent_rules import ANY_CHANNEL
from headwater.listening.surveys import branching, doors, flood
from headwater.listening.surveys.visits import Asked, State, Visit, Why, resume_hash

UNSPENT: Final = (Asked.PLANNED, Asked.SENT, Asked.FAILED, Asked.DECLINED)


@dataclass(frozen=True, slots=True)
class Now:
    """A moment, its day in the company's time zone, and the noon that stands for that day."""

    at: datetime
    day: date
    noon: datetime


def now(at: datetime | None = None) -> Now:
    """This moment, or the one given."""
    zone = doors.zone()
    at = at or timezone.now()
    return _on(at, at.astimezone(zone).date(), zone)


def noon_of(day: date) -> Now:
    """The noon of a day, where nothing finer is known."""
    zone = doors.zone()
    return _on(datetime.combine(day, time(12), zone).astimezone(UTC), day, zone)


def _on(at: datetime, day: date, zone: ZoneInfo) -> Now:
    return Now(at, day, datetime.combine(day, time(12), zone).astimezone(UTC))


class Keeping:
    """What `answer_commits` writes for one visitor. Afterwards ``is_kept`` says whether it was, ``refused`` why not.

    ``ends`` is the state that the response ends in with this page: complete, partial where a visitor never came back;
    None where it goes on, at the page ``go_to``.
    """

    def __init__(
        self, found: Visit, answers: dict[str, Any], now: Now, *, ends: str | None = None, go_to: str = ""
    ) -> None:
        self.found, self.answers, self.now, self.ends, self.go_to = found, answers, now, ends, go_to
        self.anonymous = found.document.anonymous
        self.is_kept = False
        self.refused: Why | None = None
        # The number of an anonymous answer is no number that pages were saved under.
        begun = found.response.pk if found.response else None
        self.id: UUID = uuid4() if begun is None or (self.anonymous and ends) else begun

    def apply(self) -> None:
        """Make the change, in the current transaction; nothing of it stays where it is refused."""
        self.is_kept, self.refused = False, None
        try:
            with transaction.atomic():
                self._keep()
        except _Undone as undone:
            self.refused = undone.why
        except IntegrityError:
            return  # another tab began this response at the same moment
        else:
            self.is_kept = True

    def _keep(self) -> None:
        if self.found.response is None:
            self._begin()
        else:
            self._go_on(self.found.response)
        if self.ends:
            self._complete()

    def _begin(self) -> None:
        found, now = self.found, self.now
        visitor = found.visitor
        if not self._may_begin():
            raise _Undone("full")
        by_browser = found.link is not None or self.anonymous
        SurveyResponse.objects.create(
            id=uuid4() if self.anonymous else self.id,
            survey=found.survey,
            version=found.version,
            invitation=None if self.anonymous else found.invitation,
            link=found.link,
            resume_hash=resume_hash(found.token, visitor.resume) if by_browser and visitor.resume else None,
            day=now.day,
            started_at=None if self.anonymous else now.at,
            **self._fields(),
        )
        if found.invitation is not None and not self.anonymous and not self.ends:
            Invitation.objects.filter(pk=found.invitation.pk, opened_at__isnull=True).update(opened_at=now.at)

    def _may_begin(self) -> bool:
        found, visitor = self.found, self.found.visitor
        if found.link is not None:
            return flood.take(found.link, visitor.address, visitor.resume.split(".")[0], self.now.at)
        return not self.anonymous or flood.take_anonymous(found.token, self.now.noon)

    def _go_on(self, response: SurveyResponse) -> None:
        same = SurveyResponse.objects.filter(pk=response.pk, edition=response.edition, state=State.OPEN)
        if not same.update(edition=F("edition") + 1, **self._fields()):
            raise _Undone(None)

    def _fields(self) -> dict[str, Any]:
        """What a response holds of its answers: of an anonymous one that ends nothing, for they are held elsewhere."""
        fields: dict[str, Any] = {
            "answers": {} if self.ends and self.anonymous else self.answers,
            "page": "" if self.ends else self.go_to,
            "language": self.found.language,
            "saved_at": None if self.anonymous else self.now.at,
        }
        if self.ends:
            fields["state"] = State.DETACHED if self.anonymous else self.ends
            fields["completed_at"] = None if self.anonymous else self.now.at
            fields["is_due"] = not self.anonymous
        return fields

    def _complete(self) -> None:
        found = self.found
        if found.invitation is not None:
            mine = Invitation.objects.filter(pk=found.invitation.pk, state__in=UNSPENT)
            spent: dict[str, Any] = {"state": Asked.SPENT}
            if not self.anonymous:
                spent["opened_at"] = Coalesce("opened_at", Value(self.now.at, output_field=DateTimeField()))
            if not mine.update(**spent) and self.ends == State.COMPLETE:
                raise _Undone("spent")
        if not self.anonymous:
            self._take_consent()
            return
        HeldAnswer.objects.create(
            id=self.id,
            survey=found.survey,
            version=found.version,
            link=found.link,
            language=found.language,
            day=self.now.day,
            state=self.ends or State.COMPLETE,
            channel=found.channel,
            wave=found.invitation.mailing.wave if found.invitation and found.invitation.mailing else None,
            answers=self.answers,
            is_due=True,
        )

    def _take_consent(self) -> None:
        """What a known customer allowed goes into the ledger of consent, with the words that they agreed to."""
        found, invitation = self.found, self.found.invitation
        if invitation is None or not invitation.customer_id:
            return
        counted = branching.counted(found.document, self.answers)
        asked = [one for one in found.document.questions if one.kind == "consent" and one.id in counted]
        if asked:
            given = [
                consent.Given(
                    customer_id=invitation.customer_id,
                    channel=ANY_CHANNEL,
                    purpose="contact",
                    is_given=counted[one.id] is True,
                    at=self.now.at,
                    wording=found.document.in_language(one.text, found.language),
                )
                for one in asked
            ]
            consent.record_consent(None, given, origin=found.survey.source)


class _Undone(Exception):
    """Nothing of this change is kept; ``why`` is told to the visitor, None: try again."""

    def __init__(self, why: Why | None) -> None:
        super().__init__(why)
        self.why = why
