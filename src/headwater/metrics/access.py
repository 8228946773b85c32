"""Who may ask what: figures are for everyone, but a question must not read words or single out a customer."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from headwater.base.permissions import NotAllowed, allows, require
from headwater.base.refusals import Refused
from headwater.metrics.singling import singled_out
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
    holds only words that this person may read anyway. An attribute with hardly more customers than values (an order
    number, an address) is an identity too; one that names colleagues is refused to everybody, because a colleague's
    figures reach them and their manager only, on their own page.
    """
    named = set(by)
    attributes = _attributes(named, where)
    whom = {name: singled_out(name) for name in attributes if name}  # one without a name is refused where it is asked
    if "colleague" in whom.values():
        message = _("Figures of a single colleague reach that colleague and their manager only, not this page.")
        raise NotAllowed("colleague_singled_out", message)
    singling = sorted(name for name, who in whom.items() if who == "customer")
    if singling and not allows(person, "view", "customers"):
        message = _(
            "“%s” has hardly more customers than values, so that a figure by it would be a figure of one customer. "
            "Choose something that many customers share, such as their region or plan."
        )
        raise NotAllowed("customer_singled_out", message % singling[0][:60], "by")
    if where is not None:
        named |= {term.name for term in where.terms() if term.kind not in NAMED}
    if named & IDENTITIES:
        require(person, "view", "customers")
    if named & WORDS and not reads_words:
        require(person, "view", "verbatims")


def _attributes(by: Iterable[str], where: Filter | None) -> set[str]:
    """The attributes that a question groups or filters by."""
    named = {name.removeprefix("attribute:") for name in by if name.startswith("attribute:")}
    return named | {term.name for term in where.terms() if term.kind == "attribute"} if where is not None else named


def require_shareable(person: "Person | AnonymousUser | None", where: Filter | None) -> None:
    """Refuse a filter that is kept where everyone reads it: one that this person may not ask (403), and one that
    singles out a customer (400), whoever asks."""
    require_askable(person, (), where)
    if where is None:
        return
    identities = {term.name for term in where.terms() if term.kind not in NAMED} & IDENTITIES
    if identities or any(singled_out(name) == "customer" for name in _attributes((), where)):
        message = _("This is for everyone to read, so its filter cannot single out a customer: %s.")
        raise Refused("filter.singles_out", message % str(where)[:120], "where")
