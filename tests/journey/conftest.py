"""People of each role, a small taxonomy, and the task that publishing asks for."""

from collections.abc import Callable

import pytest

from headwater.base import queue
from headwater.base.models import Person
from headwater.journey.taxonomy import Cause, Department, Moment, Stage, Taxonomy

SMALL = Taxonomy(
    version=1,
    stages=(Stage("order", "I order", position=0), Stage("wait", "I wait for it", position=1)),
    moments=(
        Moment("pay", "I pay", "order"),
        Moment("confirm", "It is confirmed", "order"),
        Moment("arrival", "It comes", "wait"),
    ),
    causes=(
        Cause("late", "Delivery late", examples=("it came late",), departments=("delivery",), stages=("wait",)),
        Cause("lost", "Parcel lost", examples=("it never came",), departments=("delivery",), stages=("wait",)),
        Cause("declined", "Payment declined", examples=("card refused",), departments=("finance",), stages=("order",)),
    ),
    departments=(Department("delivery", "Delivery"), Department("finance", "Finance")),
)


@pytest.fixture
def small() -> Taxonomy:
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


@pytest.fixture(autouse=True)
def _relabel_task() -> None:
    """Publishing asks for a relabelling, a task of a room above; without that room a stand-in takes the name."""
    if "insight.relabel" not in queue.tasks():
        queue.task("insight.relabel", lane="long")(lambda context, payload: None)
