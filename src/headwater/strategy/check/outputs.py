"""Not a programme of tactics: outcomes that are outputs are named as such."""

from django.utils.translation import gettext as _

from headwater.strategy.check.finding import Finding
from headwater.strategy.check.outcome_parts import is_output
from headwater.strategy.check.texts import is_english, outcome_place
from headwater.strategy.check.wording import proposed_outcome
from headwater.strategy.facts import StrategyFacts

RULE = "tactics"


def check(facts: StrategyFacts) -> tuple[Finding, ...]:
    """Outcomes that say what the company will make or do, not what will be different for customers."""
    return tuple(
        Finding(
            RULE,
            outcome_place(outcome),
            _("“%s” is something we make or do, not something that changes for customers.") % outcome.text,
            _("Ask “so that which customers can do what?” and write that; keep this as an initiative under it."),
            suggestion=proposed_outcome(facts, outcome),
        )
        for outcome in facts.strategy.outcomes
        if is_english(facts.strategy, outcome.text) and is_output(outcome.text)
    )
