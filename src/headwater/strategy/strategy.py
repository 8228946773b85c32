"""Why, as one frozen value: what the company promises its customers, what is to change by when, and for which goal.

The same dataclasses serve the code, a YAML file and a published version in the database. Texts that come from outside
are checked by :func:`headwater.strategy.documents.read`.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field, StringConstraints

from headwater.journey.taxonomy import Name, Slug

Statement = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1200)]
Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=600)]
Expression = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Slugs = Annotated[tuple[Slug, ...], Field(max_length=40)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]

Year = Literal[1, 2, 3]
MoneyKind = Literal["revenue", "cost", "margin"]

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Value:
    """Something the company stands for."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    id: Slug
    name: Name
    text: Statement = ""


@dataclass(frozen=True, slots=True)
class BusinessGoal:
    """What the business wants to reach, and outcomes for customers are to lead to."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    id: Slug
    name: Name
    text: Statement = ""


@dataclass(frozen=True, slots=True)
class Money:
    """What an outcome should move in a year, in whole units of ``currency``: revenue or margin up, or cost down."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    amount: Annotated[int, Field(ge=1, le=10**13)]
    currency: Currency
    kind: MoneyKind


@dataclass(frozen=True, slots=True)
class Outcome:
    """What will be different for customers by the end of a year of the strategy.

    ``stages``, ``moments`` and ``causes`` are ids of the journey; ``segments`` are filter expressions of the record.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    id: Slug
    year: Year
    text: Sentence
    goal: Slug | None = None
    values: Slugs = ()
    money: Money | None = None
    stages: Slugs = ()
    moments: Slugs = ()
    causes: Slugs = ()
    segments: Annotated[tuple[Expression, ...], Field(max_length=10)] = ()


@dataclass(frozen=True, slots=True)
class Issue:
    """A problem that hurts many customers; it hangs under an outcome, and is a stray without one."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    id: Slug
    text: Sentence
    causes: Slugs = ()
    outcome: Slug | None = None


@dataclass(frozen=True)
class Strategy:
    """A strategy as it was published under ``version``; 0 is one that was never published.

    ``vision``, ``values`` and ``goals`` are the company's; ``mission`` is the mission for the customer experience and
    ``success`` says how everyone will know that its strategy succeeded.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    version: int
    vision: Statement = ""
    mission: Statement = ""
    success: Statement = ""
    values: Annotated[tuple[Value, ...], Field(max_length=20)] = ()
    goals: Annotated[tuple[BusinessGoal, ...], Field(max_length=20)] = ()
    outcomes: Annotated[tuple[Outcome, ...], Field(max_length=60)] = ()
    issues: Annotated[tuple[Issue, ...], Field(max_length=200)] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been written yet."""
        return self == Strategy(self.version)

    @property
    def strays(self) -> tuple[Issue, ...]:
        """The issues that hang under no outcome."""
        return tuple(issue for issue in self.issues if issue.outcome is None)

    def value(self, value_id: str) -> Value | None:
        """The value with this id, or None."""
        return next((value for value in self.values if value.id == value_id), None)

    def goal(self, goal_id: str | None) -> BusinessGoal | None:
        """The business goal with this id, or None."""
        return next((goal for goal in self.goals if goal.id == goal_id), None)

    def outcome(self, outcome_id: str | None) -> Outcome | None:
        """The outcome with this id, or None."""
        return next((outcome for outcome in self.outcomes if outcome.id == outcome_id), None)

    def issue(self, issue_id: str) -> Issue | None:
        """The issue with this id, or None."""
        return next((issue for issue in self.issues if issue.id == issue_id), None)

    def outcomes_of(self, year: int) -> tuple[Outcome, ...]:
        """The outcomes of one year, in order."""
        return tuple(outcome for outcome in self.outcomes if outcome.year == year)

    def issues_of(self, outcome_id: str) -> tuple[Issue, ...]:
        """The issues that hang under an outcome, in order."""
        return tuple(issue for issue in self.issues if issue.outcome == outcome_id)
