"""Who may ask what: figures are for everyone, but a question must not read words or single out a customer."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from headwater.base.permissions import require
from headwater.record.filters import NAMED, Filter

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from headwater.base.models import Person

WORDS = frozenset(["text"])
IDENTITIES = frozenset(["customer_id", "record_id", "response_id", "conversation_id", "subject_id"])


def require_askable(
    person: "Person | AnonymousUser | None", by: Iterable[str], where: Filter | None, *, reads_words: bool = False
) -> None:
    """Refuse (403) a grouping or filter by customers' words or identities to those who may not see them.

    Counting what matches ``text like '%x%'`` for one customer would read their words. ``reads_words``: the answer
    holds only words that this person may read anyway.
    """
    named = set(by)
    if where is not None:
        named |= {term.name for term in where.terms() if term.kind not in NAMED}
    if named & IDENTITIES:
        require(person, "view", "customers")
    if named & WORDS and not reads_words:
        require(person, "view", "verbatims")
