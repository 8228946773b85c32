"""Who may ask what: figures are for everyone, but a question must not read words or single out a customer."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from headwater.base.permissions import NotAllowed, require
from headwater.base.refusals import Refused
from headwater.record.filters import NAMED, Filter

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from headwater.base.models import Person

WORDS = frozenset(["text"])
IDENTITIES = frozenset(["customer_id", "record_id", "response_id", "conversation_id", "subject_id"])
COLLEAGUES = frozenset(["agent", "agent_id", "employee", "employee_id"])
"""Attributes that name a colleague: a colleague's figures reach them and their manager only, on their own page."""


def require_askable(
    person: "Person | AnonymousUser | None", by: Iterable[str], where: Filter | None, *, reads_words: bool = False
) -> None:
    """Refuse (403) a grouping or filter by customers' words or identities to those who may not see them.

    Counting what matches ``text like '%x%'`` for one customer would read their words. ``reads_words``: the answer
    holds only words that this person may read anyway.
    """
    named = set(by)
    attributes = {name.removeprefix("attribute:") for name in named if name.startswith("attribute:")}
    if where is not None:
        attributes |= {term.name for term in where.terms() if term.kind == "attribute"}
    if {name.casefold() for name in attributes} & COLLEAGUES:
        message = _("Figures of a single colleague reach that colleague and their manager only, not this page.")
        raise NotAllowed("colleague_singled_out", message)
    if where is not None:
        named |= {term.name for term in where.terms() if term.kind not in NAMED}
    if named & IDENTITIES:
        require(person, "view", "customers")
    if named & WORDS and not reads_words:
        require(person, "view", "verbatims")


def require_shareable(person: "Person | AnonymousUser | None", where: Filter | None) -> None:
    """Refuse a filter that is kept where everyone reads it: one that this person may not ask (403), and one that
    singles out a customer (400), whoever asks."""
    require_askable(person, (), where)
    if where is None:
        return
    if {term.name for term in where.terms() if term.kind not in NAMED} & IDENTITIES:
        message = _("This is for everyone to read, so its filter cannot single out a customer: %s.")
        raise Refused("filter.singles_out", message % str(where)[:120], "where")
