"""A person's own page, composed of what the rooms say: why we are here, what waits for them, how their work reaches
customers, and what holds at the moments they are part of."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from headwater.base.models import Person
from headwater.base.permissions import allows
from headwater.insight.line_of_sight import LineOfSight, line_of_sight
from headwater.insight.line_of_sight_wording import sight_note, sight_sentence
from headwater.journey import agreement as stages
from headwater.strategy import agreement, guideposts, readiness, sign_offs, strategies
from headwater.strategy.strategy import Strategy

LOOKS_AT_THE_WHOLE = ("executive", "cx_team", "analyst", "administrator")


@dataclass(frozen=True, slots=True)
class Yours:
    """What one person sees of their own. ``sight`` is None for someone who is in no department."""

    strategy: Strategy
    sight: LineOfSight | None
    asked: tuple[agreement.Due, ...]
    stages: tuple[Any, ...]
    readiness: tuple[readiness.Due, ...]
    guideposts: tuple[Any, ...]

    @property
    def waiting(self) -> int:
        """How many things wait for this person."""
        return len(self.asked) + len(self.stages) + len(self.readiness)

    @property
    def sentence(self) -> str:
        """The page's first sentence: how their department's work goes for customers."""
        if self.sight is None:
            return _("You are in no department yet, so no line leads from your work to the customer.")
        return sight_sentence(self.sight)

    @property
    def note(self) -> str:
        """What waits, and what changed last month."""
        waiting = ngettext("%d thing waits for you.", "%d things wait for you.", self.waiting) % self.waiting
        changed = sight_note(self.sight) if self.sight else ""
        return " ".join(part for part in (waiting if self.waiting else _("Nothing waits for you."), changed) if part)


def yours(person: Person) -> Yours:
    """Everything of one person; each part asks its own room, which checks what this person may see."""
    return Yours(
        strategy=strategies.current(),
        sight=line_of_sight(person, person.department_id) if person.department_id else None,
        asked=(*agreement.due_for(person), *sign_offs.due_for(person)),
        stages=stages.due_for(person),
        readiness=readiness.due_for(person),
        guideposts=guideposts.for_person(person),
    )


def first_page(person: Person) -> str:
    """The name of the page someone comes to on signing in: the whole, or their own part of it."""
    sees_all = allows(person, "view", "figures") and person.has_role(*LOOKS_AT_THE_WHOLE)
    return "forest" if sees_all else "yours"
