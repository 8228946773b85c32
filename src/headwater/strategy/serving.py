"""Which outcomes of the strategy a department's work serves: what its line of sight ends with."""

from django.urls import reverse
from django.utils.translation import gettext as _

from headwater.base.models import Department
from headwater.insight.outcomes import Served
from headwater.strategy import strategies
from headwater.strategy.assembly import sight_facts
from headwater.strategy.check.everyone import matrix


def served(department: Department) -> tuple[Served, ...]:
    """The published outcomes at whose moments this department does something, in their order."""
    strategy = strategies.current()
    if not strategy.outcomes:
        return ()
    line = next((one for one in matrix(sight_facts(strategy)) if one.department.id == str(department.pk)), None)
    if line is None:
        return ()
    address = reverse("strategy")
    return tuple(
        Served(outcome.text, f"{address}#{outcome.id}", _("year %d") % outcome.year)
        for outcome, parts in zip(strategy.outcomes, line.cells, strict=True)
        if parts
    )
