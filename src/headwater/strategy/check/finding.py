"""What a rule of the strategy check is, and what it finds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise

from headwater.strategy.facts import StrategyFacts

Severity = Literal["mend", "note"]
PlaceKind = Literal[
    "strategy",
    "vision",
    "mission",
    "success",
    "value",
    "goal",
    "issue",
    "outcome",
    "measure",
    "department",
    "level",
    "site",
    "customers",
    "readiness",
]
Text = str | Promise


@dataclass(frozen=True, slots=True)
class Place:
    """Where a finding is: the kind of thing, its id, and its name as people know it."""

    kind: PlaceKind
    id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that fails a rule, with the sentence or the missing link that shows it and how to mend it.

    ``severity`` ``note`` is worth knowing and does not fail the rule. ``suggestion`` is a whole new text for the place,
    to be taken over or edited; empty where the rule has none.
    """

    rule: str
    place: Place
    evidence: str
    mend: str
    severity: Severity = "mend"
    suggestion: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with what it asks, why that matters and how a strategy that fails it is mended, in words for people.

    ``cannot_say`` returns why the rule cannot judge these facts, or an empty string.
    """

    name: str
    title: Text
    asks: Text
    why: Text
    how_to_mend: Text
    check: Callable[[StrategyFacts], tuple[Finding, ...]]
    cannot_say: Callable[[StrategyFacts], str]
