"""A proposal for an outcome's wording, built from the company's own stages, causes and figures."""

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from headwater.base import figures
from headwater.strategy.check.outcome_parts import Part
from headwater.strategy.facts import JourneyCause, MeasureFacts, StrategyFacts
from headwater.strategy.strategy import Outcome

#: Where no target is known, a third less is proposed: enough to be seen, and a number people can argue about.
PROPOSED_RATIO = 2 / 3
_FIRST_PERSON = {
    "my": "their",
    "me": "them",
    "mine": "theirs",
    "myself": "themselves",
    "am": "are",
    "i'm": "they are",
    "i've": "they have",
    "i'll": "they will",
    "was": "were",
    "i": "they",
}


@dataclass(frozen=True, slots=True)
class Change:
    """From what to what an outcome moves: ``what`` in words, the two figures as people read them."""

    what: str
    before: str
    after: str


def proposed_outcome(facts: StrategyFacts, outcome: Outcome) -> str:
    """A whole sentence with who, what change, how much and by when; empty where the record has no figure to build on.

    The figures are those of a measure under the outcome that has a baseline and a target, else the share of complaints
    about its largest cause with a third less as target.
    """
    change = _of_measures(facts.measures_of.get(outcome.id, ())) or _of_causes(facts, outcome)
    if change is None:
        return ""
    parts = {"who": _who(facts, outcome), "what": change.what, "when": _when(facts, outcome)}
    return _("For %(who)s: %(what)s from %(before)s to %(after)s by %(when)s.") % {
        **parts,
        "before": change.before,
        "after": change.after,
    }


def completed_outcome(facts: StrategyFacts, outcome: Outcome, missing: tuple[Part, ...]) -> str:
    """The outcome's own sentence with whom it is about or its date added, where nothing else is missing."""
    text = outcome.text.rstrip(" .")
    if "who" in missing:
        lowered = text if text[:2].isupper() else text[:1].lower() + text[1:]
        text = _("For %(who)s: %(text)s") % {"who": _who(facts, outcome), "text": lowered}
    if "when" in missing:
        text = _("%(text)s, by %(when)s") % {"text": text, "when": _when(facts, outcome)}
    return f"{text}."


def in_third_person(stage_name: str) -> str:
    """A stage in the customer's own words as something said of customers: "I wait for it" → "who wait for it"."""
    words = stage_name.strip().split()
    if not words or words[0].lower().replace("’", "'") not in ("i", "i'm", "i've"):
        return ""
    first = words[0].lower().replace("’", "'")
    begun = {"i": "who", "i'm": "who are", "i've": "who have"}[first]
    rest = " ".join(_FIRST_PERSON.get(word.lower().replace("’", "'"), word) for word in words[1:])
    return f"{begun} {rest}" if rest else ""


def _who(facts: StrategyFacts, outcome: Outcome) -> str:
    ids = (
        outcome.stages
        or tuple(moment.stage for moment in facts.moments if moment.id in outcome.moments)
        or tuple(stage for cause in _causes(facts, outcome) for stage in cause.stages)
    )
    for stage in facts.stages:
        if stage.id in ids:
            described = in_third_person(stage.name)
            return _("customers %s") % described if described else _("customers at “%s”") % stage.name
    return _("our customers")


def _of_measures(measures: tuple[MeasureFacts, ...]) -> Change | None:
    for measure in sorted(measures, key=lambda one: one.kind != "what"):
        if measure.baseline is not None and measure.target is not None:
            name = measure.name[:1].lower() + measure.name[1:] if not measure.name[:2].isupper() else measure.name
            return Change(name, _figure(measure.baseline, measure), _figure(measure.target, measure, named=True))
    return None


def _of_causes(facts: StrategyFacts, outcome: Outcome) -> Change | None:
    known = [cause for cause in _causes(facts, outcome) if cause.share]
    if not known:
        return None
    cause = max(known, key=lambda one: one.share or 0)
    share = cause.share or 0
    what = _("the share of complaints about “%s”") % cause.name
    return Change(what, figures.measure(share, "share"), figures.measure(round(share * PROPOSED_RATIO, 2), "share"))


def _causes(facts: StrategyFacts, outcome: Outcome) -> list[JourneyCause]:
    """The causes an outcome names, else those of its stages, else those whose words it uses."""
    named = [cause for cause in facts.causes if cause.id in outcome.causes]
    if named:
        return named
    at_stages = [cause for cause in facts.causes if set(cause.stages) & set(outcome.stages)]
    if at_stages:
        return at_stages
    words = _words(outcome.text)
    return [cause for cause in facts.causes if words & _words(cause.name)]


def _words(text: str) -> set[str]:
    return {word[:6] for word in re.findall(r"[^\W\d_]{5,}", text.lower())}


def _when(facts: StrategyFacts, outcome: Outcome) -> str:
    return _("December %d") % (facts.today.year + outcome.year)


def _figure(value: float, measure: MeasureFacts, *, named: bool = False) -> str:
    """A figure as people write it; ``named``: with the words for its unit, where it has some."""
    text = figures.measure(value, "" if measure.unit == "ratio" else measure.unit)
    return f"{text} {measure.unit_name}" if named and measure.unit_name else text
