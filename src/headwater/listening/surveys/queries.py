"""What pages, the API and neighbours ask about surveys."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from django.db.models import Count, Max, Q
from django.utils.translation import gettext as _

from headwater.base import versions
from headwater.base.permissions import require
from headwater.base.refusals import NotFound
from headwater.listening.models import Survey, SurveyResponse, SurveyVersion
from headwater.listening.surveys.differences import Difference, differences
from headwater.listening.surveys.exchange import read
from headwater.listening.surveys.findings import Known
from headwater.metrics.store import company_record
from headwater.record.questions import CustomerAttributes, Span

if TYPE_CHECKING:
    from datetime import datetime

    from headwater.base.models import Person
    from headwater.listening.surveys.document import Document

State = Literal["draft", "open", "closed", "archived"]
MOST_ATTRIBUTES = 60
KEPT = 256
"""How many documents are kept read."""


@dataclass(frozen=True, slots=True)
class SurveySummary:
    """A survey as the list shows it. ``version`` is the published one's number; None before the first."""

    survey: Survey
    state: State
    version: int | None
    has_draft: bool
    answers: int
    last_answer: datetime | None = None


@dataclass(frozen=True, slots=True)
class ListedVersion:
    """A published version with what it changed of the one before and how many responses were given to it."""

    row: SurveyVersion
    document: Document
    changes: tuple[Difference, ...]
    answers: int


@dataclass(frozen=True, slots=True)
class _Stored:
    """A version's content under what it is known by: the pair of number and edition never says two things."""

    pk: int
    edition: int
    created_at: datetime
    content: dict[str, Any] = field(compare=False, hash=False)


def surveys(person: Person | None, *, archived: bool = False) -> list[SurveySummary]:
    """Every survey, newest first; archived ones only when asked for."""
    require(person, "view", "surveys")
    found = list(Survey.objects.filter(archived_at__isnull=not archived).select_related("owner"))
    mine = Q(survey__in=found)
    drafts = set(SurveyVersion.objects.filter(mine, state="draft").values_list("survey_id", flat=True))
    numbers = dict(SurveyVersion.objects.filter(mine, state="published").values_list("survey_id", "version"))
    done = SurveyResponse.objects.filter(mine, state=SurveyResponse.State.COMPLETE).values_list("survey_id")
    counts = {id: (n, last) for id, n, last in done.annotate(n=Count("pk"), last=Max("completed_at")).order_by()}
    return [
        SurveySummary(one, _state(one, numbers.get(one.pk)), numbers.get(one.pk), one.pk in drafts,
                      *counts.get(one.pk, (0, None)))
        for one in found
    ]  # fmt: skip


def survey_of(person: Person | None, name: str) -> Survey:
    """One survey by name. Raises NotFound."""
    require(person, "view", "surveys")
    found = Survey.objects.select_related("owner").filter(name=name).first()
    if found is None:
        raise NotFound("no_such_survey", _("There is no survey “%s”.") % name, field="name")
    return found


def state_of(survey: Survey) -> State:
    """Whether a survey can be answered: `open` when a version is published and it was not closed."""
    row = versions.published(SurveyVersion, scope_of(survey))
    return _state(survey, row.version if row else None)


def published(survey: Survey) -> tuple[SurveyVersion, Document]:
    """The version that is answered now. Refuses (404) a survey that was never published."""
    row = versions.published(SurveyVersion, scope_of(survey))
    if row is None:
        message = _("“%s” has not been published yet. Check and publish it first.")
        raise NotFound("survey.not_published", message % survey.title)
    return row, document_of(row)


def draft(survey: Survey) -> tuple[SurveyVersion, Document] | None:
    """The draft that is being edited; None when there is none."""
    row = versions.draft(SurveyVersion, scope_of(survey))
    return (row, document_of(row)) if row else None


def latest(survey: Survey) -> tuple[SurveyVersion, Document]:
    """What those who edit work on: the draft, else what is published."""
    return draft(survey) or published(survey)


def version_of(survey: Survey, number: int) -> tuple[SurveyVersion, Document]:
    """The version published under this number. Raises NotFound."""
    row = SurveyVersion.objects.filter(survey=survey, version=number).select_related("published_by").first()
    if row is None:
        raise NotFound("survey.no_such_version", _("“%(survey)s” has no version %(number)s.") % {
            "survey": survey.title, "number": number})  # fmt: skip
    return row, document_of(row)


def document_of(version: SurveyVersion) -> Document:
    """What a version asks. Read once for each edition and then kept."""
    return _document(_Stored(version.pk, version.edition, version.created_at, version.content))


def published_or_none(survey: Survey) -> tuple[SurveyVersion, Document] | None:
    """The version that is answered now; None before the first."""
    row = versions.published(SurveyVersion, scope_of(survey))
    return (row, document_of(row)) if row else None


def summary_of(survey: Survey) -> SurveySummary:
    """One survey as the list shows it."""
    current = versions.published(SurveyVersion, scope_of(survey))
    done = SurveyResponse.objects.filter(survey=survey, state=SurveyResponse.State.COMPLETE)
    counted = done.aggregate(n=Count("pk"), last=Max("completed_at"))
    number = current.version if current else None
    has_draft = versions.draft(SurveyVersion, scope_of(survey)) is not None
    return SurveySummary(survey, _state(survey, number), number, has_draft, counted["n"], counted["last"])


def versions_of(survey: Survey) -> list[ListedVersion]:
    """Every published version, newest first, with what it changed of the one before and how many answered it."""
    rows = list(
        SurveyVersion.objects.filter(survey=survey, version__isnull=False)
        .select_related("published_by")
        .order_by("version")
    )
    done = SurveyResponse.objects.filter(survey=survey, state=SurveyResponse.State.COMPLETE)
    counts = dict(done.values_list("version").annotate(n=Count("pk")).order_by())
    listed: list[ListedVersion] = []
    for row in rows:
        document = document_of(row)
        changed = differences(listed[-1].document, document) if listed else ()
        listed.append(ListedVersion(row, document, changed, counts.get(row.pk, 0)))
    return listed[::-1]


def answers_of(version: SurveyVersion) -> int:
    """How many complete responses were given to this version's wording."""
    return SurveyResponse.objects.filter(version=version, state=SurveyResponse.State.COMPLETE).count()


def known(document: Document) -> Known:
    """What the record knows of whoever is asked; nothing in an anonymous survey, which cannot look it up."""
    if document.anonymous:
        return Known()
    facts: dict[str, str] = {}
    if company_record().ask(Span()).signals:
        facts = {
            "channel": _("the channel of each contact"),
            "date": _("the time of each order and contact"),
            "order": _("the order"),
            "tenure": _("the first order"),
        }
    return Known(frozenset(known_attributes()), facts)


def known_attributes() -> list[str]:
    """Attributes that the record knows of customers, which words can name and a survey need not ask."""
    return sorted(str(one.level) for one in company_record().ask(CustomerAttributes(MOST_ATTRIBUTES)))


def scope_of(survey: Survey) -> str:
    """The scope of this survey's versions."""
    return str(survey.pk)


def _state(survey: Survey, version: int | None) -> State:
    if survey.archived_at:
        return "archived"
    if survey.closed_at:
        return "closed"
    return "open" if version else "draft"


@lru_cache(maxsize=KEPT)
def _document(stored: _Stored) -> Document:
    return read(stored.content)
