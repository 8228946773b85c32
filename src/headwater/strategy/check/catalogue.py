"""The ten rules in the order a reader meets them, and what they say of a strategy."""

from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.strategy.check import (
    aligned,
    clear,
    culture,
    empty,
    everyone,
    inclusive,
    measured,
    outputs,
    plain,
    surveys,
)
from headwater.strategy.check.finding import Finding, Rule
from headwater.strategy.check.texts import any_english
from headwater.strategy.facts import StrategyFacts

State = Literal["met", "not_met", "cannot_say"]


def _nothing(facts: StrategyFacts) -> str:
    return _("Nothing has been written yet.") if facts.strategy.is_empty else ""


def _no_outcomes(facts: StrategyFacts) -> str:
    return _nothing(facts) or ("" if facts.strategy.outcomes else _("No outcome has been written yet."))


def _no_english(facts: StrategyFacts) -> str:
    other = _("No text is in English, the only language this rule knows.")
    return _nothing(facts) or ("" if any_english(facts.strategy) else other)


def _no_english_outcomes(facts: StrategyFacts) -> str:
    return _no_outcomes(facts) or _no_english(facts)


def _no_departments(facts: StrategyFacts) -> str:
    if not facts.departments:
        return _("No department is known yet; add the company's departments.")
    if facts.contributions is None:
        return _("The journey does not say yet what any department does at its moments.")
    return _no_outcomes(facts)


def _no_groups(facts: StrategyFacts) -> str:
    if not facts.groups:
        return _("The record does not know its customers' segments, regions or languages yet.")
    return _no_outcomes(facts)


def _no_list(facts: StrategyFacts) -> str:
    return _nothing(facts) or ("" if facts.readiness else _("The readiness list has not been begun."))


RULES: tuple[Rule, ...] = (
    Rule(
        clear.RULE,
        gettext_lazy("Clear and aspirational"),
        gettext_lazy("Does every outcome say who, what change, by when and how much?"),
        gettext_lazy(
            "Ideas and wishes cannot guide anyone. People can only champion a success that was described to them: for "
            "whom, what will be different, from which figure to which, and when."
        ),
        gettext_lazy("Add the missing part to the sentence. The proposal is built from your own stages and figures."),
        clear.check,
        _no_english_outcomes,
    ),
    Rule(
        empty.RULE,
        gettext_lazy("No empty phrases"),
        gettext_lazy("Does every sentence name a behaviour, a measure or a customer's situation?"),
        gettext_lazy(
            "“We put the customer first” and “we satisfy customers” are admirable and mean nothing to the customer or "
            "to those who serve: too vague to be seen, too vague to act on."
        ),
        gettext_lazy("Ask what one would see someone do on Monday, and write that instead."),
        empty.check,
        _no_english,
    ),
    Rule(
        plain.RULE,
        gettext_lazy("Easy to understand"),
        gettext_lazy("Can everyone read it once and tell it to someone else?"),
        gettext_lazy(
            "A strategy works where front-line people can repeat it. Long sentences and words of the trade keep it in "
            "the room where it was written."
        ),
        gettext_lazy("Split long sentences; replace jargon by the plain words given."),
        plain.check,
        _nothing,
    ),
    Rule(
        aligned.RULE,
        gettext_lazy("Aligned"),
        gettext_lazy("Does every outcome reach a business goal and a value, and is every value served?"),
        gettext_lazy(
            "What is not tied to the company's vision, goals and values is one more initiative, tried for a while and "
            "abandoned. High-impact issues belong under an outcome, never beside the strategy."
        ),
        gettext_lazy("Link outcomes to goals and values; hang stray issues under an outcome."),
        aligned.check,
        _nothing,
    ),
    Rule(
        everyone.RULE,
        gettext_lazy("Meaningful for everyone"),
        gettext_lazy("Can every department and every level see what it does for an outcome?"),
        gettext_lazy(
            "From billing to facilities, everyone takes part in what customers live through; people join in when the "
            "dots between their work and the customer are connected for them."
        ),
        gettext_lazy("Say at a moment of the journey what the department does there, in one sentence."),
        everyone.check,
        _no_departments,
    ),
    Rule(
        inclusive.RULE,
        gettext_lazy("Inclusive"),
        gettext_lazy("Is every group of customers of some size heard, measured and promised something?"),
        gettext_lazy(
            "A strategy speaks for customers and colleagues of all kinds and places. Whoever is not heard, not "
            "measured and not meant is left out without anyone deciding so."
        ),
        gettext_lazy("Listen to the group, widen a measure and an outcome to it, or say openly why not."),
        inclusive.check,
        _no_groups,
    ),
    Rule(
        measured.RULE,
        gettext_lazy("Measured"),
        gettext_lazy("Does every outcome have a measure of what changes and of how, each complete and signed?"),
        gettext_lazy(
            "There is no point in a change one cannot measure. WHAT shows that it happened, HOW shows that people "
            "carry it; leaders must agree with the measures before they read them."
        ),
        gettext_lazy("Complete the measure: baseline, target and date, owner, sign-off, first reading."),
        measured.check,
        _no_outcomes,
    ),
    Rule(
        culture.RULE,
        gettext_lazy("Part of the culture"),
        gettext_lazy("Do recognition, training, communication and the rest of the readiness list carry it?"),
        gettext_lazy(
            "Executing is the hard part. A mindset shows in who is hired, trained, recognised and told, and when; one "
            "day of training saves nobody."
        ),
        gettext_lazy("Give each question an owner and a date, and show evidence for what is in place."),
        culture.check,
        _no_list,
    ),
    Rule(
        outputs.RULE,
        gettext_lazy("Not a programme of tactics"),
        gettext_lazy("Are the outcomes changes for customers, not things we launch, implement or train?"),
        gettext_lazy(
            "Counting trees is not seeing the forest. A launch or a training is a means; as an outcome it is reached "
            "on the day nothing has changed for a customer."
        ),
        gettext_lazy("Ask “so that which customers can do what?” and make the answer the outcome."),
        outputs.check,
        _no_english_outcomes,
    ),
    Rule(
        surveys.RULE,
        gettext_lazy("Not resting on surveys"),
        gettext_lazy("Does every outcome have a measure that is no survey score, and is no pay tied to one?"),
        gettext_lazy(
            "Few customers answer, mostly those who feel strongly, and a bonus on the score teaches people to beg for "
            "it. Scores tell how it feels; what happened tells whether it changed."
        ),
        gettext_lazy("Add a measure of what happens; take pay off the score."),
        surveys.check,
        _no_outcomes,
    ),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule says: ``reason`` is why it cannot say anything, empty where it can."""

    rule: Rule
    state: State
    findings: tuple[Finding, ...] = ()
    reason: str = ""

    @property
    def to_mend(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == "mend")


@dataclass(frozen=True, slots=True)
class Checked:
    """What all rules say. The score is a count of rules met, nothing finer."""

    verdicts: tuple[Verdict, ...]

    @property
    def met(self) -> int:
        return sum(verdict.state == "met" for verdict in self.verdicts)

    @property
    def not_met(self) -> tuple[Verdict, ...]:
        return tuple(verdict for verdict in self.verdicts if verdict.state == "not_met")

    @property
    def unsaid(self) -> tuple[Verdict, ...]:
        return tuple(verdict for verdict in self.verdicts if verdict.state == "cannot_say")

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(finding for verdict in self.verdicts for finding in verdict.findings)


def run(facts: StrategyFacts) -> Checked:
    """Hold a strategy against every rule."""
    return Checked(tuple(_verdict(rule, facts) for rule in RULES))


def _verdict(rule: Rule, facts: StrategyFacts) -> Verdict:
    reason = rule.cannot_say(facts)
    if reason:
        return Verdict(rule, "cannot_say", reason=reason)
    findings = rule.check(facts)
    failed = any(finding.severity == "mend" for finding in findings)
    return Verdict(rule, "not_met" if failed else "met", findings)
