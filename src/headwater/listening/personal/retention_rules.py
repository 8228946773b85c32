"""Which signals are over their time: pure functions of the rules and a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from headwater.record.expiry import Expiry, Group


@dataclass(frozen=True, slots=True)
class Term:
    """Signals of a source and kind (empty: any), or their words alone, are kept so many days."""

    source: str
    kind: str
    days: int
    words: bool = False

    @property
    def group(self) -> Group:
        return Group(self.source or None, self.kind or None)

    def meets(self, other: "Term") -> bool:
        """Whether any signal can be meant by both."""
        return (not self.source or not other.source or self.source == other.source) and (
            not self.kind or not other.kind or self.kind == other.kind
        )


def expiries(terms: Sequence[Term], today: date) -> list[Expiry]:
    """What is over on a day. Of several terms for a signal the most particular counts; a source is more particular
    than a kind. Words have terms of their own, and go with their signal at the latest."""
    found = []
    for term in terms:
        stronger = [
            other.group
            for other in terms
            if other is not term
            and other.words == term.words
            and _strength(other) > _strength(term)
            and other.meets(term)
        ]
        found.append(Expiry(term.group, today - timedelta(days=term.days), term.words, tuple(stronger)))
    return found


def _strength(term: Term) -> int:
    return 2 * bool(term.source) + bool(term.kind)
