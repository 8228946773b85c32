"""People of each role, and a small strategy."""

from collections.abc import Callable

import pytest

from headwater.base.models import Person
from headwater.strategy.strategy import BusinessGoal, Issue, Money, Outcome, Strategy, Value

SMALL = Strategy(
    version=1,
    vision="The shop people recommend to their neighbours.",
    mission="Every order arrives when we said it would, and whoever asks gets an answer that holds.",
    success="Nine of ten customers get their order on the promised day, and service answers once.",
    values=(Value("word", "We keep our word"), Value("plain", "We speak plainly")),
    goals=(BusinessGoal("repeat", "More customers buy again"), BusinessGoal("cost", "Cost to serve falls")),
    outcomes=(
        Outcome(
            "on_time",
            1,
            "Customers who wait for a delivery get it on the promised day in 90 of 100 orders.",
            goal="repeat",
            values=("word",),
            money=Money(400_000, "EUR", "revenue"),
        ),
        Outcome("one_answer", 2, "Customers with a question about a bill get one answer.", "cost", ("plain",)),
    ),
    issues=(Issue("late", "Parcels come later than promised", outcome="on_time"), Issue("app", "The app logs out")),
)


@pytest.fixture
def small() -> Strategy:
    return SMALL


@pytest.fixture
def person_with() -> Callable[..., Person]:
    """Make a person with these roles."""

    def make(*roles: str) -> Person:
        number = Person.objects.count() + 1
        return Person.objects.create(email=f"p{number}@example.com", name=f"Person {number}", roles=list(roles))

    return make


@pytest.fixture
def editor(person_with: Callable[..., Person]) -> Person:
    return person_with("cx_team")
