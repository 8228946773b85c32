"""Requests: filed in free words, traced upstream by the product, corrected, linked or declined by people."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic import TypeAdapter

from headwater.base.departments import departments_of
from headwater.base.history import record_history
from headwater.base.models import Department, Person
from headwater.base.outbox import put_mail
from headwater.base.permissions import require, widest_scope
from headwater.base.queue import enqueue
from headwater.base.refusals import Conflict, NotFound, Refused
from headwater.insight.labelling import current_labeller
from headwater.journey.queries import taxonomy
from headwater.strategy import request_words, tracing
from headwater.strategy.models import Request
from headwater.strategy.request_words import Understanding
from headwater.strategy.strategies import current
from headwater.strategy.trace_wording import trace_sentence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

SHORTEST: Final = 8
LONGEST: Final = 2_000
REASON_LENGTH: Final = 1_000
A_DAY: Final = 30
"""So many requests one person may file in a day."""
ANSWER: Final = "strategy.answer_requests"
State = Request.State
_UNDERSTANDING: Final = TypeAdapter(Understanding)


def file_request(person: Person | None, text: str, *, sent: uuid.UUID | None = None) -> Request:
    """File a request; the worker answers it within seconds. The same form (``sent``) twice is one request."""
    require(person, "file", "requests", words_of="own")
    text = text.strip()
    if "\x00" in text or not SHORTEST <= len(text) <= LONGEST:
        message = _("Say what should be fixed in %(least)d to %(most)d characters; these are %(given)d.")
        raise Refused("request_text", message % {"least": SHORTEST, "most": LONGEST, "given": len(text)}, "text")
    sent = sent or uuid.uuid4()
    earlier = Request.objects.filter(sent=sent).first()
    if earlier is not None:
        return _own(earlier, person)
    _require_patience(person)
    try:
        with transaction.atomic():
            row = Request.objects.create(
                sent=sent,
                text=text,
                filed_by=person,
                filed_by_name=person.name if person else "",
                department=person.department if person else None,
            )
            record_history(person, "request.filed", _subject(row), {"text": _short(text)})
            enqueue(ANSWER, {}, unique_key=ANSWER)
    except IntegrityError:  # the same form arrived twice at the same moment
        return _own(Request.objects.get(sent=sent), person)
    return row


def answer_filed() -> int:
    """Answer every request that waits for it; return how many. Run by the worker."""
    answered = 0
    for pk in Request.objects.filter(state=State.FILED).order_by("id").values_list("pk", flat=True):
        answered += answer_request(pk)
    return answered


def answer_request(pk: int) -> bool:
    """Trace one filed request, keep the answer, and tell who filed it; False when that was done already."""
    row = Request.objects.get(pk=pk)
    if row.state != State.FILED:
        return False
    known = taxonomy()
    understanding = request_words.understood(row.text, current_labeller(), known)
    found = tracing.trace(request_words.scope(understanding, known))
    with transaction.atomic():
        waiting = Request.objects.select_for_update().filter(pk=pk, state=State.FILED, edition=row.edition)
        if not waiting.exists():
            return False
        _keep(row, understanding, found, state=State.ANSWERED)
        record_history(None, "request.answered", _subject(row), {"text": _short(row.text)})
        _tell(row, _("Where it really starts: %s") % _short(row.text, 60), trace_sentence(found))
    return True


def correct_request(
    person: Person | None,
    pk: int,
    *,
    causes: Iterable[str] = (),
    stages: Iterable[str] = (),
    departments: Iterable[str] = (),
    all_contacts: bool = False,
) -> Request:
    """Say what a request is really about: it is traced again, and who filed it is told."""
    row = _answerable(person, pk)
    known = taxonomy()
    understanding = request_words.corrected(known, causes, stages, departments, all_contacts=all_contacts)
    if understanding.is_empty:
        message = _("Choose at least one cause, stage or department, or say that it is about all contacts.")
        raise Refused("request_about", message, "causes")
    if understanding == understanding_of(row):
        return row
    found = tracing.trace(request_words.scope(understanding, known))
    with transaction.atomic():
        row = _locked(row)
        state = State.ANSWERED if row.state == State.FILED else row.state
        _keep(row, understanding, found, state=state)
        record_history(person, "request.corrected", _subject(row), {"text": _short(row.text)})
        _tell(row, _("A better answer: %s") % _short(row.text, 60), trace_sentence(found))
    return row


def link_request(person: Person | None, pk: int, outcome: str) -> Request:
    """Say which outcome of the published strategy a request is part of; who filed it is told."""
    row = _answerable(person, pk)
    found = next((one for one in current().outcomes if one.id == outcome), None)
    if found is None:
        message = _("There is no outcome “%s” in the published strategy.")
        raise Refused("outcome_unknown", message % outcome[:60], "outcome")
    return _decide(person, row, State.LINKED, outcome, "", "request.linked", found.text)


def decline_request(person: Person | None, pk: int, reason: str) -> Request:
    """Decline a request, with the reason; who filed it is told."""
    row = _answerable(person, pk)
    reason = reason.strip()
    if not reason or len(reason) > REASON_LENGTH or "\x00" in reason:
        message = _("Say why, in 1 to %d characters: who filed it reads it.")
        raise Refused("reason_missing", message % REASON_LENGTH, "reason")
    return _decide(person, row, State.DECLINED, "", reason, "request.declined", reason)


def requests_of(person: Person | None) -> QuerySet[Request]:
    """The requests this person may see, newest first: all, those from or about their departments, or their own."""
    require(person, "view", "requests", words_of="own")
    rows = Request.objects.select_related("filed_by", "department", "decided_by")
    scope = widest_scope(person, "view", "requests")
    if scope == "company" or person is None:
        return rows
    if scope == "department":
        return rows.filter(Q(filed_by=person) | Q(department__in=departments_of(person)) | Q(pk__in=_about(person)))
    return rows.filter(filed_by=person)


def request_of(person: Person | None, pk: int) -> Request:
    """Return one request that this person may see; refuses (404) any other."""
    row = requests_of(person).filter(pk=pk).first()
    if row is None:
        raise NotFound("request_unknown", _("There is no request %s, or it is not for you to read.") % pk)
    return row


def understanding_of(row: Request) -> Understanding:
    """What a request is about, as far as it is known."""
    return _UNDERSTANDING.validate_python(row.understanding) if row.understanding else Understanding()


def trace_of(row: Request) -> tracing.Trace | None:
    """Where a request's trouble starts; None until it is answered."""
    return tracing.read(row.trace) if row.trace else None


def clear() -> None:
    """Forget every request; run when the sample company is cleared."""
    Request.objects.all().delete()


def _decide(
    person: Person | None, row: Request, state: str, outcome: str, reason: str, code: str, words: str
) -> Request:
    if row.state == State.FILED:
        raise Conflict("request_not_traced", _("This request is still being traced. Decide when its answer is there."))
    with transaction.atomic():
        row = _locked(row)
        if (row.state, row.outcome, row.reason) == (state, outcome, reason):
            return row
        row.state, row.outcome, row.reason = state, outcome, reason
        row.decided_by, row.decided_at = person, timezone.now()
        row.edition += 1
        row.save()
        record_history(person, code, _subject(row), {"text": _short(row.text), "words": words})
        subject = _("Part of the strategy: %s") if state == State.LINKED else _("Declined: %s")
        _tell(row, subject % _short(row.text, 60), words)
    return row


def _keep(row: Request, understanding: Understanding, found: tracing.Trace, *, state: str) -> None:
    row.understanding, row.trace = asdict(understanding), tracing.kept(found)
    row.state, row.answered_at = state, timezone.now()
    row.edition += 1
    row.save()


def _tell(row: Request, subject: str, words: str) -> None:
    """Mail who filed a request; the sample company's people have no letter box."""
    filer = row.filed_by
    if filer is None or filer.is_sample or not filer.is_active:
        return
    link = settings.PUBLIC_URL + reverse("request", args=[row.pk])
    text = _("You wrote: %(text)s\n\n%(words)s\n\nThe whole answer, with its figures: %(link)s\n")
    put_mail(filer.email, subject, text % {"text": row.text, "words": words, "link": link})


def _answerable(person: Person | None, pk: int) -> Request:
    require(person, "answer", "requests")
    return request_of(person, pk)


def _locked(row: Request) -> Request:
    """The row as it is now, for this transaction alone; refuses (409) when someone changed it since it was read."""
    now = Request.objects.select_for_update().filter(pk=row.pk, edition=row.edition).first()
    if now is None:
        raise Conflict("request_changed", _("Someone else changed this request meanwhile. Reload the page."))
    return now


def _own(row: Request, person: Person | None) -> Request:
    if row.filed_by != person:
        raise Conflict("request_sent", _("This form was sent already. Reload the page and write it again."))
    return row


def _require_patience(person: Person | None) -> None:
    since = timezone.now() - timedelta(days=1)
    if person is not None and Request.objects.filter(filed_by=person, filed_at__gte=since).count() >= A_DAY:
        message = _("You filed %d requests today. File further ones tomorrow, or write them as one.")
        raise Refused("too_many_requests", message % A_DAY, status=429)


def _about(person: Person) -> list[int]:
    """Requests that were found to be about a department of this person's."""
    ours = Department.objects.filter(pk__in=departments_of(person))
    names = {name for row in ours for name in row.pack_departments}
    rows = Request.objects.exclude(understanding={}).values_list("pk", "understanding")
    return [pk for pk, about in rows if names & {one["id"] for one in about.get("departments", ())}]


def _subject(row: Request) -> str:
    return f"request:{row.pk}"


def _short(text: str, most: int = 120) -> str:
    words = " ".join(text.split())
    return words if len(words) <= most else words[: most - 1] + "…"
