"""What the sample company's survey after a delivery was answered: three rounds of asking, a code in the parcel, and a
snippet on the help pages.

Planted, to be found again: from the second to the third round deliveries got better, and on the help pages people are
less satisfied than those who scan the code.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

import pyarrow as pa
from django.db import transaction

from headwater.listening import direct, inbox
from headwater.listening.models import Invitation, Mailing, Survey, SurveyLink, SurveyResponse, SurveyVersion
from headwater.listening.pipeline import Run
from headwater.listening.surveys import links, queries, snippet
from headwater.listening.surveys.answers_to_signals import Given, signals_of
from headwater.listening.surveys.branching import counted
from headwater.listening.surveys.document import Document
from headwater.listening.surveys.tokens import hashed
from headwater.metrics.store import company_record
from headwater.record.filters import parse
from headwater.record.questions import Span, Sums
from headwater.site.sample.company import TIME_ZONE
from headwater.site.sample.surveys import DELIVERY
from headwater.site.sample.voices import Voices

ROUNDS: Final = ((1, 160, 0.36), (2, 95, 0.38), (3, 30, 0.66))
"""Number of the wave, days before the newest signal, and the share of very satisfied customers."""
ASKED: Final = 260
ANSWERS: Final = {"new": 0.3, "regular": 0.42, "loyal": 0.5, "business": 0.32}
THROUGH: Final = ((SurveyLink.Kind.QR, "Code in the parcel", {"place": "parcel"}, 48, 0.55),
                  (SurveyLink.Kind.WEB, "Help pages", {"place": "help pages"}, 44, 0.16))  # fmt: skip
LEFT: Final = 0.18
"""Share of those who begin through a link and leave."""
SNIPPET: Final = {"origins": ["https://shop.sample.example"], "pages": ["/help/*"], "delay": 10, "share": 20}
CAUSES: Final = ("delivery_late", "delivery_late", "damaged", "missing_item")


@dataclass(frozen=True, slots=True)
class Person:
    """A customer who is asked, with the segments they had then."""

    id: str
    attributes: dict[str, str]


class Answers:
    """Collects invitations, responses and signals, all drawn from one source of chance, and keeps them at once."""

    def __init__(self, survey: Survey, version: SurveyVersion, document: Document, seed: int) -> None:
        self.survey, self.version, self.document = survey, version, document
        self.chance = random.Random(seed * 17 + 5)  # noqa: S311 (a sample, not a secret)
        self.voices = Voices(self.chance)
        self.signals: list[direct.SignalIn] = []
        self.invitations: list[Invitation] = []
        self.responses: list[SurveyResponse] = []

    def ask(self, mailing: Mailing, one: Person, at: datetime, very: float) -> None:
        """Invite somebody, who answers or does not."""
        response_id = str(UUID(int=self.chance.getrandbits(128), version=4))
        answers = self.chance.random() < ANSWERS.get(one.attributes.get("segment", ""), 0.4)
        lost = self.chance.random()
        state = Invitation.State.SPENT if answers else Invitation.State.EXPIRED
        state = Invitation.State.FAILED if lost < 0.02 else Invitation.State.DECLINED if lost < 0.03 else state
        sent = None if state == Invitation.State.FAILED else at
        answers = state == Invitation.State.SPENT
        invitation = Invitation(
            survey=self.survey, mailing=mailing, customer_id=one.id, token_hash=hashed(response_id),
            response_id=response_id, language="en", attributes=one.attributes, state=state, due_at=at, sent_at=sent,
            opened_at=at + timedelta(hours=5) if answers else None, expires_at=at + timedelta(days=14),
        )  # fmt: skip
        self.invitations.append(invitation)
        if answers:
            self.answer(one, at + timedelta(hours=self.chance.randrange(3, 90)), very, invitation=invitation)

    def answer(
        self, one: Person, at: datetime, very: float, *, invitation: Invitation | None = None,
        link: SurveyLink | None = None,
    ) -> None:  # fmt: skip
        """A response with its signals."""
        language = "de" if self.chance.random() < 0.3 else "en"
        given = self._given(very, language)
        id = UUID(invitation.response_id) if invitation else UUID(int=self.chance.getrandbits(128), version=4)
        finished = at + timedelta(minutes=2)
        self.responses.append(SurveyResponse(
            id=id, survey=self.survey, version=self.version, invitation=invitation, link=link, language=language,
            state=SurveyResponse.State.COMPLETE, day=at.date(), started_at=at, saved_at=finished, completed_at=finished,
        ))  # fmt: skip
        channel = str(link.kind) if link else "email"
        told = Given(
            survey=self.survey.name, version=self.version.version or 1, response_id=str(id), channel=channel,
            language=language, occurred_at=at, customer_id=one.id or None, attributes=one.attributes,
            wave=invitation.mailing.wave if invitation and invitation.mailing else None,
        )  # fmt: skip
        self.signals += signals_of(self.document, counted(self.document, given), told)

    def leave(self, link: SurveyLink, at: datetime) -> None:
        """A response that was begun and answered nothing that counts."""
        state = SurveyResponse.State.PARTIAL
        self.responses.append(SurveyResponse(
            id=UUID(int=self.chance.getrandbits(128), version=4), survey=self.survey, version=self.version, link=link,
            language="en", state=state, day=at.date(), started_at=at, saved_at=at,
        ))  # fmt: skip

    def _given(self, very: float, language: str) -> dict[str, Any]:
        """How satisfied, with which parts, and why."""
        score = 5 if self.chance.random() < very else self.chance.choices((1, 2, 3, 4), (3, 4, 6, 8))[0]
        glad = score >= 4
        given: dict[str, Any] = {"csat_delivery": score}
        rows = ("row_on_time", "row_informed", "row_complete")
        given["delivery_went"] = {row: max(1, min(5, score + self.chance.choice((-1, 0, 1)))) for row in rows}
        if self.chance.random() < 0.6:
            causes = ("praise",) if glad else (self.chance.choice(CAUSES),)
            given["delivery_why"] = self.voices.comment(causes, language, "survey", glad=glad)
        return given

    def keep(self) -> None:
        """Everything at once, in one transaction; the signals move to the record."""
        signals, refused = direct.through_pipeline(
            list(enumerate(self.signals)), self.survey.source, datetime.now(UTC), TIME_ZONE, Run()
        )
        if refused or signals is None:
            raise RuntimeError(f"the sample's own answers were refused: {refused[:1]}")
        with transaction.atomic():
            Invitation.objects.bulk_create(self.invitations)
            SurveyResponse.objects.bulk_create(self.responses)
            inbox.put(_without_rows(signals))
        inbox.flush()


def _without_rows(signals: pa.Table) -> pa.Table:
    return signals.drop_columns(["row"])


def load_survey_answers(seed: int) -> None:
    """Let the survey after a delivery be sent and answered, once."""
    survey = Survey.objects.filter(name=DELIVERY).first()
    newest = company_record().ask(Span()).last_day
    if survey is None or newest is None or survey.responses.exists():
        return
    with transaction.atomic():
        version, document = queries.published(survey)
        made = Answers(survey, version, document, seed)
        began = _noon(newest - timedelta(days=ROUNDS[0][1] + 7))
        SurveyVersion.objects.filter(pk=version.pk).update(published_at=began)
        people = _customers()
        made.chance.shuffle(people)
        for number, (wave, days, very) in enumerate(ROUNDS):
            day = newest - timedelta(days=days)
            mailing = Mailing.objects.create(
                survey=survey, title=f"Deliveries, round {wave}", wave=wave, state=Mailing.State.DONE,
                started_at=_noon(day), ended_at=_noon(day + timedelta(days=14)),
            )  # fmt: skip
            for one in people[number * ASKED : (number + 1) * ASKED]:
                made.ask(mailing, one, _noon(day), very)
        for kind, title, attributes, n, very in THROUGH:
            link = links.create_link(None, survey, title, kind, attributes)
            if kind == SurveyLink.Kind.WEB:
                snippet.change_settings(None, link, snippet.read_settings(SNIPPET))
            for _number in range(n):
                at = _noon(newest - timedelta(days=made.chance.randrange(1, 75)))
                if made.chance.random() < LEFT:
                    made.leave(link, at)
                else:
                    made.answer(Person("", attributes), at, very, link=link)
        made.keep()


def _customers() -> list[Person]:
    """Customers who answered another survey, with their segments; in the order of their numbers."""
    by = ("customer_id", "attribute:region", "attribute:segment")
    rows = company_record().ask(Sums(by, parse("kind = 'survey' and customer_id is not null"))).rows
    found = {}
    for row in rows:
        region, segment = row.group["attribute:region"], row.group["attribute:segment"]
        if region and segment:
            found[str(row.group["customer_id"])] = {"region": region, "segment": segment}
    return [Person(id, attributes) for id, attributes in sorted(found.items())]


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)
