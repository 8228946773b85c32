"""First contact resolution: contacts after which the same customer did not have to come again about the same cause."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from headwater.insight.selection import Selection
from headwater.journey.queries import taxonomy
from headwater.metrics.rules import BUCKETS, shares
from headwater.metrics.store import company_record
from headwater.record.questions import Repeats, Span
from headwater.science.bounds import Array
from headwater.science.results import NoVerdict, Result

REPEAT_DAYS: Final = 14
CHOICES: Final = (7, 14, 30)
"""Days to choose from, within which a further contact says that the first did not solve it."""


@dataclass(frozen=True, slots=True, eq=False)
class Answered:
    """Contacts old enough to judge and those of them that were repeated, both by customer bucket."""

    contacts: Array
    repeated: Array

    @classmethod
    def nothing(cls) -> Self:
        return cls(np.zeros(BUCKETS), np.zeros(BUCKETS))

    @property
    def solved(self) -> Result:
        """The share that no further contact followed."""
        return _share(self.contacts - self.repeated, self.contacts)

    @property
    def came_again(self) -> Result:
        """The share that a further contact followed."""
        return _share(self.repeated, self.contacts)


@dataclass(frozen=True, slots=True)
class FirstContact:
    """``solved``: of contacts about a known cause, those after which the same customer did not get in touch about it
    again within ``days`` days; ``repeated``: contacts that any further contact followed. A contact about two causes
    counts under each."""

    days: int
    solved: Result
    repeated: Result
    by_cause: Mapping[str, Answered]


def first_contact(selection: Selection, days: int | None = None) -> FirstContact:
    """Answer how many contacts of this selection solved what they were about."""
    days = REPEAT_DAYS if days is None else days
    known = taxonomy()
    by_cause: dict[str, Answered] = defaultdict(Answered.nothing)
    about, anything = _repeats(selection, days, any_cause=False), _repeats(selection, days, any_cause=True)
    for row in company_record().ask(about) if about else ():
        cause = known.resolve(row.cause or "")
        if known.cause(cause) is not None:  # what has no known cause cannot be the same
            by_cause[cause].contacts[row.bucket] += row.n
            by_cause[cause].repeated[row.bucket] += row.repeated
    every = Answered.nothing()
    for row in company_record().ask(anything) if anything else ():
        every.contacts[row.bucket] += row.n
        every.repeated[row.bucket] += row.repeated
    return FirstContact(days, _together(by_cause.values()).solved, every.came_again, dict(by_cause))


def _together(parts: Iterable[Answered]) -> Answered:
    whole = Answered.nothing()
    for one in parts:
        whole = Answered(whole.contacts + one.contacts, whole.repeated + one.repeated)
    return whole


def _repeats(selection: Selection, days: int, *, any_cause: bool) -> Repeats | None:
    last = company_record().ask(Span()).last_day
    if last is None:
        return None
    until = min(last, selection.until) if selection.until else last
    return Repeats(until, days, selection.filter(), selection.since, any_cause)


def _share(hits: Array, tries: Array) -> Result:
    if not tries.sum():
        return NoVerdict("no_contacts", "No contact is old enough to say whether the customer had to come again.")
    return shares(hits[None], tries[None])[0]
