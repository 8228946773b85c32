"""The decision test: a figure that informs no decision is named, with the reason. Pure rules over the facts.

Which measures and pinned charts have no decision, no owner, no business goal, cannot move, or are looked at by nobody.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from django.utils.translation import gettext as _

from headwater.strategy.facts import MeasureFacts, PinFacts, StrategyFacts

LOOKED_AT_WITHIN = timedelta(days=60)
Code = Literal["no_decision", "no_owner", "no_goal", "cannot_move", "not_looked_at"]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a figure fails, as a sentence with the value."""

    code: Code
    message: str


@dataclass(frozen=True, slots=True)
class Tested:
    """A measure or a pinned chart with every reason for which it fails; none: it passes."""

    kind: Literal["measure", "pin"]
    id: str
    name: str
    where: str
    owner: str
    reasons: tuple[Reason, ...]
    board: int = 0


def decision_test(facts: StrategyFacts) -> tuple[Tested, ...]:
    """Hold every measure and every pinned chart against the test, measures first."""
    return (*(of_measure(facts, measure) for measure in facts.measures), *(of_pin(facts, pin) for pin in facts.pins))


def of_measure(facts: StrategyFacts, measure: MeasureFacts) -> Tested:
    """The test of one measure."""
    reasons = (
        _decision(measure.decision),
        _owner(measure.owner),
        _goal(facts, measure.outcomes),
        _movement(measure),
        _sight(measure.last_looked_at, measure.started, facts.today),
    )
    return Tested("measure", measure.id, measure.name, _("Measure"), measure.owner, _given(reasons))


def of_pin(facts: StrategyFacts, pin: PinFacts) -> Tested:
    """The test of one pinned chart; a chart of a measure shares the measure's decision, owner, goal and movement."""
    measure = next((one for one in facts.measures if one.id == pin.measure), None)
    outcomes = (pin.outcome,) if pin.outcome else measure.outcomes if measure else ()
    reasons = (
        _decision(pin.decision or (measure.decision if measure else "")),
        _owner(pin.owner or (measure.owner if measure else "")),
        _goal(facts, outcomes),
        _movement(measure) if measure else None,
        _sight(pin.last_looked_at, pin.pinned, facts.today),
    )
    return Tested("pin", str(pin.id), pin.title, pin.board_name, pin.owner, _given(reasons), pin.board)


def _given(reasons: tuple[Reason | None, ...]) -> tuple[Reason, ...]:
    return tuple(reason for reason in reasons if reason is not None)


def _decision(decision: str) -> Reason | None:
    if decision.strip():
        return None
    return Reason("no_decision", _("Nobody wrote down what a leader does when it moves."))


def _owner(owner: str) -> Reason | None:
    return None if owner else Reason("no_owner", _("Nobody answers for it."))


def _goal(facts: StrategyFacts, outcomes: tuple[str, ...]) -> Reason | None:
    """Whether one of the outcomes leads to a business goal."""
    named = [outcome for outcome in facts.strategy.outcomes if outcome.id in outcomes]
    if any(outcome.goal is not None for outcome in named):
        return None
    if named:
        return Reason("no_goal", _("Its outcome “%s” leads to no business goal.") % named[0].text)
    return Reason("no_goal", _("It hangs under no outcome, and so leads to no business goal."))


def _movement(measure: MeasureFacts) -> Reason | None:
    """Whether the interval of the newest reading is wider than the whole way from baseline to target.

    Against the whole way, not against what is left of it: a measure that has nearly arrived has moved.
    """
    latest, target = measure.latest, measure.target
    if latest is None or latest.low is None or latest.high is None or target is None:
        return None
    begin = measure.baseline if measure.baseline is not None else latest.value
    width, way = latest.high - latest.low, abs(target - begin)
    if width <= way:
        return None
    message = _("It cannot move: its interval is %(width)s wide and the way to its target only %(way)s.")
    return Reason("cannot_move", message % {"width": _plain(width, measure.unit), "way": _plain(way, measure.unit)})


def _plain(value: float, unit: str) -> str:
    return _("%.1f points") % (value * 100) if unit == "share" else f"{value:.3g}"


def _sight(last: date | None, since: date | None, today: date) -> Reason | None:
    """Whether nobody opened it for 60 days; something younger than that has time."""
    newest = max((day for day in (last, since) if day is not None), default=None)
    if newest is not None and today - newest <= LOOKED_AT_WITHIN:
        return None
    if last is None:
        message = _("Nobody has looked at it in %d days.")
        return Reason("not_looked_at", message % LOOKED_AT_WITHIN.days)
    return Reason("not_looked_at", _("Nobody has looked at it for %d days.") % (today - last).days)
