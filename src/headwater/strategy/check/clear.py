"""Clear and aspirational: an outcome says who, what change, by when and how much."""

from django.utils.translation import gettext as _

from headwater.strategy.check.finding import Finding, Place, Severity
from headwater.strategy.check.outcome_parts import is_output, parts_of
from headwater.strategy.check.phrases import empty_phrases
from headwater.strategy.check.texts import is_english, outcome_place, own_words
from headwater.strategy.check.wording import completed_outcome, proposed_outcome
from headwater.strategy.facts import MeasureFacts, StrategyFacts
from headwater.strategy.strategy import Outcome

RULE = "clear"


def check(facts: StrategyFacts) -> tuple[Finding, ...]:
    """Outcomes with a part missing, and measures whose target cannot be told from where they began.

    An outcome that is an empty phrase or an output is named by the rules for those: one fault, one finding.
    """
    outcomes = [found for outcome in facts.strategy.outcomes for found in _of_outcome(facts, outcome)]
    return (*outcomes, *(_timid(measure) for measure in facts.measures if _is_timid(measure)))


def _of_outcome(facts: StrategyFacts, outcome: Outcome) -> list[Finding]:
    text = outcome.text
    if not is_english(facts.strategy, text):
        evidence = _("Not checked: the parts of an outcome are recognised in English only.")
        mend = _("Read it aloud: does it say who, what change, how much and by when?")
        return [Finding(RULE, outcome_place(outcome), evidence, mend, severity="note")]
    if is_output(text) or empty_phrases(text, own_words(facts)):
        return []
    names = {group.value for group in facts.groups or ()}
    missing = parts_of(text, tuple(names)).missing
    if not missing:
        return []
    said = {"who": _("who"), "change": _("what change"), "when": _("by when"), "how_much": _("how much")}
    evidence = _("“%(text)s” does not say %(parts)s.") % {
        "text": text,
        "parts": _(" and ").join(said[part] for part in missing),
    }
    mend = _("Add what is missing to the sentence: %s.") % "; ".join(_hint(part) for part in missing)
    small = set(missing) <= {"who", "when"}
    suggestion = completed_outcome(facts, outcome, missing) if small else proposed_outcome(facts, outcome)
    # Its year says by when, too; a sentence that is repeated without its place should say it itself.
    severity: Severity = "note" if missing == ("when",) else "mend"
    return [Finding(RULE, outcome_place(outcome), evidence, mend, severity, suggestion)]


def _hint(part: str) -> str:
    return {
        "who": _("which customers or colleagues it is about"),
        "change": _("what will be different for them"),
        "when": _("the month and year"),
        "how_much": _("from which figure to which"),
    }[part]


def _is_timid(measure: MeasureFacts) -> bool:
    """Whether the way from baseline to target is shorter than half the interval of today's reading."""
    latest = measure.latest
    if latest is None or latest.low is None or latest.high is None:
        return False
    if measure.baseline is None or measure.target is None:
        return False
    return abs(measure.target - measure.baseline) < (latest.high - latest.low) / 2


def _timid(measure: MeasureFacts) -> Finding:
    evidence = _("The target of “%s” is closer to its baseline than the reading is certain.") % measure.name
    mend = _("Aim further, or measure more precisely: as it stands, reaching it could not be told from standing still.")
    return Finding(RULE, Place("measure", measure.id, measure.name), evidence, mend, severity="note")
