"""Survey reliance: no outcome rests on survey scores alone, and nobody's pay hangs on one."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from headwater.strategy.check.finding import Finding, Place
from headwater.strategy.check.texts import outcome_place
from headwater.strategy.facts import StrategyFacts

RULE = "surveys"


def check(facts: StrategyFacts) -> tuple[Finding, ...]:
    """Outcomes whose measures are all survey scores; an answer that says pay is tied to one."""
    return (*_outcomes(facts), *_pay(facts))


def _outcomes(facts: StrategyFacts) -> Iterator[Finding]:
    for outcome in facts.strategy.outcomes:
        measures = facts.measures_of[outcome.id]
        if measures and all(measure.is_survey for measure in measures):
            evidence = _("“%(text)s” is measured by survey scores alone: %(measures)s.") % {
                "text": outcome.text,
                "measures": ", ".join(measure.name for measure in measures),
            }
            mend = _(
                "Add something that happens and can be counted: few customers answer, and those who feel strongly."
            )
            yield Finding(RULE, outcome_place(outcome), evidence, mend)


def _pay(facts: StrategyFacts) -> Iterator[Finding]:
    mend = _("Tie pay to outcomes and behaviours of teams: a bonus on a score teaches people to ask for the score.")
    for item in facts.readiness or ():
        if item.is_yes_no and item.says_yes:
            evidence = _("Somebody's pay depends on a survey score, as the readiness list says.")
            yield Finding(RULE, Place("readiness", item.key, item.title), evidence, mend)
