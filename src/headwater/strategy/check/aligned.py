"""Aligned: every outcome reaches a business goal and a value, and nothing the company stands for is left unserved."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from headwater.strategy.check.finding import Finding, Place
from headwater.strategy.check.texts import outcome_place
from headwater.strategy.facts import StrategyFacts

RULE = "aligned"


def check(facts: StrategyFacts) -> tuple[Finding, ...]:
    """Missing statements, outcomes without goal or value, values that nothing serves, issues under no outcome."""
    return (*_statements(facts), *_outcomes(facts), *_unserved(facts), *_strays(facts))


def _statements(facts: StrategyFacts) -> Iterator[Finding]:
    strategy = facts.strategy
    if not strategy.vision:
        evidence = _("There is no vision that the outcomes could be held against.")
        yield Finding(RULE, Place("vision"), evidence, _("Write down the company's vision."))
    if not strategy.mission:
        mend = _("Say in a sentence what customers can rely on.")
        yield Finding(RULE, Place("mission"), _("There is no mission for the customer experience."), mend)
    if not strategy.goals:
        mend = _("Add the goals the business has anyway: outcomes for customers are to lead to them.")
        yield Finding(RULE, Place("strategy"), _("No business goal is written down."), mend)
    if not strategy.values:
        mend = _("Add the company's values; each outcome should serve one.")
        yield Finding(RULE, Place("strategy"), _("No value is written down."), mend)


def _outcomes(facts: StrategyFacts) -> Iterator[Finding]:
    for outcome in facts.strategy.outcomes:
        if outcome.goal is None and facts.strategy.goals:
            evidence = _("“%s” leads to no business goal.") % outcome.text
            mend = _("Choose the goal it serves, or drop it: what serves none will lose its money first.")
            yield Finding(RULE, outcome_place(outcome), evidence, mend)
        if not outcome.values and facts.strategy.values:
            evidence = _("“%s” serves none of the company's values.") % outcome.text
            yield Finding(RULE, outcome_place(outcome), evidence, _("Choose the value it makes real."))


def _unserved(facts: StrategyFacts) -> Iterator[Finding]:
    served = {value for outcome in facts.strategy.outcomes for value in outcome.values}
    if not facts.strategy.outcomes:
        return
    for value in facts.strategy.values:
        if value.id not in served:
            evidence = _("No outcome serves the value “%s”.") % value.name
            mend = _("Write an outcome that makes it real, or link one that does.")
            yield Finding(RULE, Place("value", value.id, value.name), evidence, mend)
    reached = {outcome.goal for outcome in facts.strategy.outcomes}
    for goal in facts.strategy.goals:
        if goal.id not in reached:
            evidence = _("No outcome leads to the goal “%s”.") % goal.name
            mend = _("That may be right: not every goal is reached through customers.")
            yield Finding(RULE, Place("goal", goal.id, goal.name), evidence, mend, severity="note")


def _strays(facts: StrategyFacts) -> Iterator[Finding]:
    for issue in facts.strategy.strays:
        evidence = _("The issue “%s” hangs under no outcome.") % issue.text
        mend = _("Hang it under the outcome it stands in the way of, or write that outcome.")
        yield Finding(RULE, Place("issue", issue.id, issue.text), evidence, mend)
