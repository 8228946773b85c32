"""Answering: each page a visitor posts is kept, until the response is complete. What pages and neighbours call."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from django.conf import settings

from headwater.listening.surveys import branching
from headwater.listening.surveys.answer_commits import write
from headwater.listening.surveys.answer_pages import preview_page
from headwater.listening.surveys.document import END, Document, Page
from headwater.listening.surveys.keeping import Keeping, now
from headwater.listening.surveys.posted import Errors, Posted, check_answers
from headwater.listening.surveys.visits import Shut, State, Visit, Visitor, visit

__all__ = ["Kept", "Shut", "State", "Visit", "Visitor", "address", "keep", "preview_page", "visit"]

MOST_SAVES: Final = 500
"""How often one response can be saved: a visitor who goes back and forth, not a program."""
TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a page that was posted: the page to go to (``end``), or what is wrong with it."""

    go_to: str
    errors: Errors
    answers: dict[str, Any]


def address(token: str) -> str:
    """Where a token is answered, as put into mails and codes."""
    return f"{settings.PUBLIC_URL}/s/{token}"


def anew(found: Visit) -> Visit:
    """The same link before anybody answered: a second person at the same browser."""
    return replace(found, response=None)


def preselected(page: Page, question_id: str, posted: Posted, document: Document) -> dict[str, Any]:
    """The answer that a link names, where the question offers it; nothing is kept."""
    asked = page.model_copy(update={"questions": tuple(one for one in page.questions if one.id == question_id)})
    answers, errors = check_answers(asked, posted, document)
    return {} if errors else answers


def keep(found: Visit, page_id: str, posted: Posted, *, go: str = "next") -> Kept:
    """Keep what was posted of a page, and complete the response where it was the last.

    ``go`` is ``next``, or ``back``: what can be read is kept then, whatever is missing. The same page posted twice,
    or in two tabs, leaves one response with what was posted last. Raises Shut where an answer is no longer taken.
    """
    if found.is_done:
        return Kept(END, {}, {})
    for _attempt in range(TRIES):
        page = found.page(page_id)
        if page is None:
            raise Shut("not_open", found.document, found.language)
        kept = _read(found, page, posted, go)
        if kept.errors and go != "back":
            return kept
        if _written(found, kept):
            return kept
        found = visit(found.token, found.visitor)  # another tab was faster: read what it wrote, and join it
        if found.is_done:
            return Kept(END, {}, {})
    raise Shut("full", found.document, found.language)


def _read(found: Visit, page: Page, posted: Posted, go: str) -> Kept:
    """What the response holds once this page is in it, and where that leads. Pure."""
    shown = set(posted.get("shown") or [question.id for question in page.questions])
    asked = page.model_copy(update={"questions": tuple(one for one in page.questions if one.id in shown)})
    given, errors = check_answers(asked, posted, found.document)
    wrong = {name.split(".")[1] for name in errors}
    before = {id: value for id, value in found.answers.items() if id not in {one.id for one in asked.questions}}
    after = before | given
    if errors:
        if go != "back":
            return Kept(page.id, errors, after)
        after = {id: value for id, value in after.items() if id not in wrong}
    if go == "back":
        return Kept(branching.previous_page(found.document, page.id, after) or page.id, {}, after)
    now = next((one for one in branching.visible(found.document, after) if one.id == page.id), page)
    if any(one.id not in shown for one in now.questions):
        return Kept(page.id, {}, after)  # an answer here brought up further questions of the same page
    return Kept(branching.next_page(found.document, page.id, after), {}, after)


def _written(found: Visit, kept: Kept) -> bool:
    """Write it, durably; False where another tab was faster and nothing was written."""
    if found.response is not None and found.response.edition >= MOST_SAVES:
        raise Shut("full", found.document, found.language)
    keeping = Keeping(found, kept.answers, now(), ends=State.COMPLETE if kept.go_to == END else None, go_to=kept.go_to)
    write(keeping.apply)
    if keeping.refused is not None:
        raise Shut(keeping.refused, found.document, found.language)
    return keeping.is_kept
