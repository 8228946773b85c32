"""What a token opens: which survey, in which version and language, for whom, and what was answered so far.

A response is found by its invitation, or by a token that only the browser holds (open links, and every anonymous
answer). Reading never changes anything: programs that follow links in mails look, and only a visitor confirms.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

from django.db import connection
from django.utils import timezone

from headwater.base.refusals import NotFound, Refused
from headwater.listening.models import Invitation, SurveyLink, SurveyResponse
from headwater.listening.surveys import branching, doors, queries
from headwater.listening.surveys.answer_words import words_of
from headwater.listening.surveys.tokens import TOKEN, hashed, is_of_link

if TYPE_CHECKING:
    from headwater.listening.models import Survey, SurveyVersion
    from headwater.listening.surveys.document import Document, Page

State = SurveyResponse.State
Asked = Invitation.State

Why = Literal["not_found", "not_open", "closed", "expired", "spent", "withdrawn", "full", "too_large"]
STATUS: Final[dict[str, int]] = {
    "not_found": 404, "not_open": 404, "closed": 410, "expired": 410, "spent": 410, "withdrawn": 410, "full": 429,
    "too_large": 413,
}  # fmt: skip


class Shut(Refused):
    """An answering page that takes no answer, for one of the reasons that visitors are told in their own language."""

    def __init__(self, why: Why, document: Document | None = None, language: str = "en") -> None:
        super().__init__(why, words_of(language)[why], status=STATUS[why])
        self.document = document
        self.language = language


@dataclass(frozen=True, slots=True)
class Visitor:
    """What is known of whoever opened the page: ``resume`` is the token their browser holds, "" before the first;
    ``chosen`` the language they chose on the page, ``languages`` those their browser asks for, the best first."""

    resume: str = ""
    address: str = ""
    languages: tuple[str, ...] = ()
    chosen: str = ""


@dataclass(frozen=True)
class Visit:
    """A token opened: what is asked, who asked whom, and what was answered so far."""

    token: str
    survey: Survey
    version: SurveyVersion
    document: Document
    language: str
    visitor: Visitor
    invitation: Invitation | None = None
    link: SurveyLink | None = None
    response: SurveyResponse | None = None

    @cached_property
    def answers(self) -> dict[str, Any]:
        """What was answered so far, also on pages that are not on the way now."""
        return dict(self.response.answers) if self.response else {}

    @property
    def is_done(self) -> bool:
        return self.response is not None and self.response.state != State.OPEN

    @property
    def attributes(self) -> dict[str, str]:
        """What texts may pipe and, but for anonymous answers, signals bear: of the link or of the one invited."""
        found = self.link.attributes if self.link else self.invitation.attributes if self.invitation else {}
        return {str(name): str(value) for name, value in found.items()}

    @property
    def channel(self) -> str:
        return channel_of(self.link, self.invitation)

    def way(self) -> list[Page]:
        return branching.visible(self.document, self.answers)

    def page(self, page_id: str = "") -> Page | None:
        """The page of this id as far as the visitor has come, else where they go on; None where nothing is asked."""
        way = self.way()
        ids = [page.id for page in way]
        reached = ids.index(self.response.page) if self.response and self.response.page in ids else 0
        place = ids.index(page_id) if page_id in ids else reached
        return way[min(place, reached)] if way else None


def channel_of(link: SurveyLink | None, invitation: Invitation | None) -> str:
    """How an answer comes: through the kind of link, else as the mailing went out."""
    if link is not None:
        return "link" if link.kind == SurveyLink.Kind.OPEN else link.kind
    mailing = invitation.mailing if invitation else None
    return mailing.channel if mailing else "link"


def visit(token: str, visitor: Visitor) -> Visit:
    """What this token opens. Raises Shut where it opens nothing now; a response that is complete is no such reason."""
    if not TOKEN.fullmatch(token):
        raise Shut("not_found", language=_first(visitor))
    link = doors.link_of(token) if is_of_link(token) else None
    invitation = None if is_of_link(token) else _invited(token)
    door = link or invitation
    if door is None:
        raise Shut("not_found", language=_first(visitor))
    response = _response(token, visitor, invitation)
    try:
        version, document = _asked(door.survey, response)
    except NotFound as error:
        raise Shut("not_open", language=_first(visitor)) from error
    language = _spoken(_preferred(visitor, response, invitation), document.languages)
    found = Visit(token, door.survey, version, document, language, visitor, invitation, link, response)
    if not found.is_done:
        _require_open(found)
    return found


def _first(visitor: Visitor) -> str:
    return next(iter((*visitor.languages, "en")))


def _asked(survey: Survey, response: SurveyResponse | None) -> tuple[SurveyVersion, Document]:
    """The version that the response was begun in, else the one that is out."""
    if response is not None:
        return response.version, queries.document_of(response.version)
    return doors.published(survey)


def _invited(token: str) -> Invitation | None:
    chosen = Invitation.objects.select_related("survey", "mailing").filter(token_hash=hashed(token))
    return next(iter(chosen), None)


def _response(token: str, visitor: Visitor, invitation: Invitation | None) -> SurveyResponse | None:
    """The response that was begun here: the invitation's own, else the one whose token the browser holds."""
    if invitation is not None:
        own = _begun("invitation_id", invitation.pk)
        if own is not None or invitation.response_id:
            return own  # an invitation with a number for its answer is of a survey that is not anonymous
    return _begun("resume_hash", resume_hash(token, visitor.resume)) if visitor.resume else None


def _begun(column: Literal["invitation_id", "resume_hash"], value: int | str) -> SurveyResponse | None:
    """A response that was begun, if there is one. Mostly there is none: asked in plain SQL first, which costs a tenth
    of composing the whole."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM listening_surveyresponse WHERE {column} = %s", [value])  # noqa: S608 a literal
        if cursor.fetchone() is None:
            return None
    return SurveyResponse.objects.select_related("version").filter(**{column: value}).first()


def resume_hash(token: str, resume: str) -> str:
    """Bound to the page's own token, so that a browser's token opens nothing anywhere else."""
    return hashed(f"{token}:{resume}")


def _preferred(visitor: Visitor, response: SurveyResponse | None, invitation: Invitation | None) -> tuple[str, ...]:
    """Languages in the order they are tried: chosen on the page, begun in, invited in, what the browser asks for."""
    begun = response.language if response else ""
    invited = invitation.language if invitation else ""
    return tuple(one for one in (visitor.chosen, begun, invited, *visitor.languages) if one)


def _spoken(wanted_languages: tuple[str, ...], languages: tuple[str, ...]) -> str:
    """The survey's language that suits the visitor best; its first where none does."""
    for wanted in wanted_languages:
        for one in languages:
            if one.lower() == wanted.lower():
                return one
        for one in languages:
            if one.split("-")[0].lower() == wanted.split("-")[0].lower():
                return one
    return languages[0]


def _require_open(found: Visit) -> None:
    why = _why_shut(found)
    if why is not None:
        raise Shut(why, found.document, found.language)


def _why_shut(found: Visit) -> Why | None:
    survey, link, invitation = found.survey, found.link, found.invitation
    if survey.closed_at or survey.archived_at or (link and link.closed_at):
        return "closed"
    if invitation is None:
        return None
    if invitation.state == Asked.SPENT:
        return "spent"
    if invitation.state == Asked.WITHDRAWN:
        return "withdrawn"
    over = invitation.expires_at is not None and invitation.expires_at <= timezone.now()
    return "expired" if over or invitation.state == Asked.EXPIRED else None
