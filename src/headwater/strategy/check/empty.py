"""Empty phrases: sentences that name no behaviour, no measure and no customer situation."""

from django.utils.translation import gettext as _

from headwater.strategy.check.finding import Finding, Severity
from headwater.strategy.check.outcome_parts import is_output
from headwater.strategy.check.phrases import Reading, empty_phrases
from headwater.strategy.check.texts import PlacedText, is_english, own_words, texts
from headwater.strategy.check.wording import proposed_outcome
from headwater.strategy.facts import StrategyFacts

RULE = "phrases"


def check(facts: StrategyFacts) -> tuple[Finding, ...]:
    """Every sentence that any company could say of itself. Texts in other languages than English are not judged."""
    own = own_words(facts)
    found: list[Finding] = []
    for placed in texts(facts.strategy):
        if not is_english(facts.strategy, placed.text):
            evidence = _("Not checked: empty phrases are recognised in English only.")
            mend = _("Ask a colleague what one would see someone do, measure or live through.")
            found.append(Finding(RULE, placed.place, evidence, mend, severity="note"))
        elif not (placed.place.kind == "outcome" and is_output(placed.text)):
            found += [_finding(facts, placed, reading) for reading in empty_phrases(placed.text, own)]
    return tuple(found)


def _finding(facts: StrategyFacts, placed: PlacedText, reading: Reading) -> Finding:
    evidence = _("“%(sentence)s” names no behaviour, no measure and no customer situation%(because)s.") % {
        "sentence": reading.sentence,
        "because": _because(reading),
    }
    mend = _("Say what one would see someone do, what would be counted, or what a customer lives through.")
    outcome = facts.strategy.outcome(placed.place.id) if placed.place.kind == "outcome" else None
    suggestion = proposed_outcome(facts, outcome) if outcome else ""
    # A value may be an attitude: whether an outcome makes it real is another rule's question.
    severity: Severity = "note" if placed.place.kind == "value" else "mend"
    return Finding(RULE, placed.place, evidence, mend, severity, suggestion)


def _because(reading: Reading) -> str:
    """The words that only praise, so that a person sees what the rule saw."""
    words = [*reading.praise, *dict.fromkeys(reading.vague)][:4]
    return _(", only %s") % ", ".join(f"“{word.strip()}”" for word in words) if words else ""
