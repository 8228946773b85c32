"""Changes of surveys: each checks the permission, changes the draft or the survey, and writes its history at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from headwater.base import versions
from headwater.base.history import record_history
from headwater.base.permissions import require
from headwater.base.refusals import Conflict, Refused
from headwater.listening.models import (
    HeldAnswer,
    Invitation,
    Survey,
    SurveyLogo,
    SurveyResponse,
    SurveyStep,
    SurveyVersion,
)
from headwater.listening.surveys import defaults, doors, logos
from headwater.listening.surveys.check import check
from headwater.listening.surveys.exchange import read, written
from headwater.listening.surveys.findings import Finding, Known
from headwater.listening.surveys.queries import document_of, draft, known, published, published_or_none, scope_of
from headwater.listening.surveys.texts import place_of
from headwater.listening.surveys.wording import finding_name

if TYPE_CHECKING:
    from headwater.base.models import Person
    from headwater.listening.surveys.document import Document

MAX_STEPS = 100
"""How many edits of a draft can be taken back."""
MOST_SURVEYS = 2_000
TITLE_LENGTH = 200
MOST_TOLD = 5
RESERVED = frozenset({"new", "contact-limits", "import", "templates", "archived"})
"""Names that are addresses of their own."""


def create(
    person: Person | None, title: str, *, language: str = "en", template: str | None = None, name: str | None = None
) -> Survey:
    """Make a survey with a draft: from a template of :mod:`defaults`, else with one empty page.

    Refuses an empty or overlong title, an unknown template, and a name that is taken.
    """
    require(person, "edit", "surveys")
    return create_from(person, defaults.document(template, title.strip(), language), title, name=name)


def create_from(person: Person | None, document: Document, title: str = "", *, name: str | None = None) -> Survey:
    """Make a survey whose draft is this document; its title is the document's where none is given."""
    require(person, "edit", "surveys")
    title = title.strip() or document.in_language(document.title, document.languages[0]).strip()
    if not 1 <= len(title) <= TITLE_LENGTH:
        message = _("Give the survey a title of 1 to %(most)d characters; this one has %(length)d.")
        raise Refused("survey.title", message % {"most": TITLE_LENGTH, "length": len(title)}, "title")
    if "\0" in title:
        raise Refused("survey.title", _("The title holds a character that cannot be kept (NUL); take it out."), "title")
    if Survey.objects.count() >= MOST_SURVEYS:
        raise Refused("survey.too_many", _("There are %d surveys already; that is the most.") % MOST_SURVEYS)
    content = written(logos.only_kept(document))
    read(content)
    with transaction.atomic():
        survey = _made(person, title, name)
        versions.start_draft(SurveyVersion, person, scope_of(survey), survey=survey)
        SurveyVersion.objects.filter(survey=survey).update(content=content)
        record_history(person, "survey.created", _subject(survey), {"survey": title})
    return survey


def duplicate(person: Person | None, survey: Survey, title: str = "") -> Survey:
    """Make a new survey that asks what this one's draft, else its published version, asks."""
    require(person, "edit", "surveys")
    found = draft(survey) or published(survey)
    return create_from(person, found[1], title.strip() or (_("%s (copy)") % survey.title)[:TITLE_LENGTH])


def save(
    person: Person | None, survey: Survey, document: Document, edition: int | None = None, *, what: str = ""
) -> SurveyVersion:
    """Replace the draft, which begins as a copy of what is published. What was before can be taken back.

    ``edition`` is the draft's when the person read it: refuses (409) when someone changed it since; None replaces
    whatever is there. ``what`` says in words what changed.
    """
    require(person, "edit", "surveys")
    content = written(document)
    read(content)
    logos.require_kept(document)
    with transaction.atomic():
        row = versions.start_draft(SurveyVersion, person, scope_of(_writable(survey)), survey=survey)
        versions.require_seen(row, edition)
        if row.content == content:
            return row
        SurveyStep.objects.create(row=row, edition=row.edition, content=row.content)
        SurveyStep.objects.filter(row=row, edition__lt=row.edition - MAX_STEPS).delete()
        versions.save_draft(row, content, edition=row.edition)
        data = {"survey": survey.title, "what": what or _("the draft")}
        record_history(person, "survey.edited", _subject(survey), data)
    return row


def undo(person: Person | None, survey: Survey, edition: int | None = None) -> SurveyVersion:
    """Take back the last edit of the draft. Refuses (409) when someone made another since ``edition``."""
    require(person, "edit", "surveys")
    with transaction.atomic():
        row = versions.draft(SurveyVersion, scope_of(_writable(survey)))
        step = row.steps.first() if row else None
        if row is None or step is None:
            raise Refused("survey.nothing_to_undo", _("There is no edit of this draft left to undo."))
        versions.require_seen(row, edition)
        versions.save_draft(row, step.content, edition=row.edition)
        step.delete()
        record_history(person, "survey.undone", _subject(survey), {"survey": survey.title})
    return row


def discard(person: Person | None, survey: Survey, seen: int | None = None) -> None:
    """Throw the draft away; what is published stays. A survey that was never published goes with its draft."""
    require(person, "edit", "surveys")
    with transaction.atomic():
        row = versions.draft(SurveyVersion, scope_of(survey))
        if row is None:
            return
        versions.discard_draft(row, seen=seen)
        if not SurveyVersion.objects.filter(survey=survey).exists():
            survey.delete()
        record_history(person, "survey.draft_discarded", _subject(survey), {"survey": survey.title})


def publish(person: Person | None, survey: Survey, seen: int | None = None, *, confirmed: bool = True) -> SurveyVersion:
    """Make the draft the version that is answered from now on. Answers begun before keep the wording they began with.

    Refuses what the check calls an error, what it warns of unless that is ``confirmed`` (both 409), and a draft that
    changed since the edition ``seen``.
    """
    require(person, "edit", "surveys")
    with transaction.atomic():
        row = versions.draft(SurveyVersion, scope_of(_writable(survey)))
        versions.require_seen(row, seen)
        assert row is not None  # noqa: S101  (require_seen refuses a draft that is gone)
        document = document_of(row)
        _require_same_promise(survey, document)
        _require_checked(document, confirmed)
        row = versions.publish(row, person, seen=seen)
        row.steps.all().delete()
        survey.title = (document.in_language(document.title, document.languages[0]) or survey.title)[:TITLE_LENGTH]
        survey.save(update_fields=["title"])
        data = {"survey": survey.title, "version": row.version}
        record_history(person, "survey.published", _subject(survey), data)
    return row


def close(person: Person | None, survey: Survey) -> Survey:
    """Take no more answers. Closing what is closed changes nothing."""
    return _marked(person, survey, "closed_at", True, "survey.closed")


def reopen(person: Person | None, survey: Survey) -> Survey:
    """Take answers again."""
    return _marked(person, survey, "closed_at", False, "survey.reopened")


def archive(person: Person | None, survey: Survey) -> Survey:
    """Put a survey aside: it takes no answers and leaves the list; its answers stay."""
    return _marked(person, survey, "archived_at", True, "survey.archived")


def unarchive(person: Person | None, survey: Survey) -> Survey:
    """Bring an archived survey back to the list."""
    return _marked(person, survey, "archived_at", False, "survey.unarchived")


def clear() -> None:
    """Forget every survey with all that hangs on it: the sample company ends. The caller holds the transaction."""
    SurveyResponse.objects.all().delete()
    SurveyVersion.objects.all().delete()
    Survey.objects.all().delete()
    SurveyLogo.objects.all().delete()


def _made(person: Person | None, title: str, name: str | None) -> Survey:
    base = (slugify(name or title) or "survey")[:50].strip("-")
    taken = set(Survey.objects.filter(name__startswith=base).values_list("name", flat=True)) | RESERVED
    if name is not None and base in taken:
        raise Conflict("survey.name_taken", _("There is a survey “%s” already. Choose another name.") % base, "name")
    free = next(one for one in (base, *(f"{base}-{n}" for n in range(2, MOST_SURVEYS + 10))) if one not in taken)
    try:
        with transaction.atomic():
            return Survey.objects.create(name=free, title=title, owner=person)
    except IntegrityError as error:
        raise Conflict("survey.name_taken", _("Someone made “%s” at the same moment. Try again.") % free) from error


def _writable(survey: Survey) -> Survey:
    if survey.archived_at is not None:
        raise Refused("survey.archived", _("“%s” is archived. Bring it back before you change it.") % survey.title)
    return survey


def _require_same_promise(survey: Survey, document: Document) -> None:
    """What people were told when they were asked holds for as long as their answers are kept, and looked at."""
    before = published_or_none(survey)
    if before is None or before[1].anonymous == document.anonymous:
        return
    if any(one.objects.filter(survey=survey).exists() for one in (Invitation, SurveyResponse, HeldAnswer)):
        message = (
            _("“%s” was anonymous when people were asked, and stays so. Duplicate it to ask who answers.")
            if before[1].anonymous
            else _("“%s” was not anonymous when people were asked. Duplicate it to ask anonymously.")
        )
        raise Conflict("survey.anonymity_stays", message % survey.title, "anonymous")


def _require_checked(document: Document, confirmed: bool) -> None:
    found = check(document, Known() if confirmed else known(document))
    errors = [one for one in found if one.severity == "error"]
    if errors:
        message = _("The check found what stops this survey: %s Mend it, then publish.")
        raise Conflict("survey.has_errors", message % _told(document, errors))
    warnings = [one for one in found if one.severity == "warning"]
    if warnings and not confirmed:
        message = _("The check warns: %s Mend it, or confirm that it is meant so.")
        raise Conflict("survey.has_warnings", message % _told(document, warnings), "confirmed")


def _told(document: Document, found: list[Finding]) -> str:
    shown = [f"{place_of(document, one.question, one.page)} {finding_name(one.code)}".strip() for one in found]
    more = _(" and %d more") % (len(shown) - MOST_TOLD) if len(shown) > MOST_TOLD else ""
    return f"{'; '.join(shown[:MOST_TOLD])}{more}."


def _marked(person: Person | None, survey: Survey, field: str, on: bool, code: str) -> Survey:
    require(person, "edit", "surveys")
    with transaction.atomic():
        now = timezone.now() if on else None
        waiting = Survey.objects.filter(pk=survey.pk, **{f"{field}__isnull": on})
        if waiting.update(**{field: now}):
            record_history(person, code, _subject(survey), {"survey": survey.title})
    survey.refresh_from_db()
    doors.forget()
    return survey


def _subject(survey: Survey) -> str:
    return f"survey:{survey.name}"
