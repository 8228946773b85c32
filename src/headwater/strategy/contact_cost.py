"""What one contact costs, where somebody has said so: the latest reading of the measure of that name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from headwater.strategy.models import Reading

if TYPE_CHECKING:
    from datetime import date

MEASURE: Final = "cost-per-contact"
"""The id of the measure; one named “Cost per contact” gets it."""


@dataclass(frozen=True, slots=True)
class ContactCost:
    """The cost of one contact in the measure's unit, with the ends of its interval where it has one."""

    value: float
    low: float | None
    high: float | None
    unit: str
    measure: str
    period: date


def contact_cost() -> ContactCost | None:
    """Return what one contact costs by the latest reading that stands; None while nobody has said."""
    rows = Reading.objects.select_related("measure").filter(
        measure__slug=MEASURE, measure__retired_at=None, superseded_by=None, value__gt=0
    )
    row = rows.order_by("-period", "-id").first()
    if row is None or row.value is None:
        return None
    return ContactCost(row.value, row.low, row.high, row.measure.unit, row.measure.slug, row.period)
