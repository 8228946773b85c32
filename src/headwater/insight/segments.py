"""Which segment a comparison is made within, beside the month: an attribute of customers, else one of their signals."""

from dataclasses import dataclass
from typing import Final

from headwater.metrics.store import company_record
from headwater.record.questions import AttributeNames, CustomerAttributes

MOST: Final = 6
"""So many attributes are offered."""


@dataclass(frozen=True, slots=True)
class Segments:
    """The attributes to choose from, most frequent first, and the one chosen (None: the month alone)."""

    names: tuple[str, ...]
    chosen: str | None

    @property
    def dimension(self) -> tuple[str, ...]:
        """What is grouped by, as the guard of figures reads it."""
        return (f"attribute:{self.chosen}",) if self.chosen else ()


def segments(wanted: str = "") -> Segments:
    """The segments of this record; one that no signal has is not chosen."""
    names = tuple(str(one.level) for one in company_record().ask(CustomerAttributes(MOST)) if one.level)
    if not names:
        names = tuple(str(one.value) for one in company_record().ask(AttributeNames(MOST)) if one.value)
    return Segments(names, wanted if wanted in names else None)
