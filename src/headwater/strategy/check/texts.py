"""The texts of a strategy, each with its place, and which of them can be read as English."""

from dataclasses import dataclass

from headwater.strategy.check.english import base_forms, lexicon, reads_as_english, word_texts
from headwater.strategy.check.finding import Place
from headwater.strategy.facts import StrategyFacts
from headwater.strategy.strategy import Outcome, Strategy

#: Words of the company's journey count as concrete from this length on, unless they are vague anyway.
SHORTEST_OWN = 4


@dataclass(frozen=True, slots=True)
class PlacedText:
    """A text of the strategy and where it stands."""

    place: Place
    text: str


def outcome_place(outcome: Outcome) -> Place:
    """Where an outcome is."""
    return Place("outcome", outcome.id, outcome.text)


def texts(strategy: Strategy) -> tuple[PlacedText, ...]:
    """Every text that people are to understand: statements, values and outcomes; empty ones are left out."""
    statements = (
        PlacedText(Place("vision"), strategy.vision),
        PlacedText(Place("mission"), strategy.mission),
        PlacedText(Place("success"), strategy.success),
        *(PlacedText(Place("value", value.id, value.name), value.text) for value in strategy.values),
        *(PlacedText(outcome_place(outcome), outcome.text) for outcome in strategy.outcomes),
    )
    return tuple(placed for placed in statements if placed.text.strip())


def is_english(strategy: Strategy, text: str) -> bool:
    """Whether a text is English; one that is too short to say is taken to be in the language of the others."""
    alone = reads_as_english(text)
    if alone is not None:
        return alone
    return reads_as_english(" ".join(placed.text for placed in texts(strategy))) is not False


def any_english(strategy: Strategy) -> bool:
    """Whether there is a text that rules which know English alone can read."""
    return any(is_english(strategy, placed.text) for placed in texts(strategy))


def own_words(facts: StrategyFacts) -> frozenset[str]:
    """The words of the company's own stages, moments and causes that are not vague wherever they stand."""
    names = (
        *(stage.name for stage in facts.stages),
        *(moment.name for moment in facts.moments),
        *(cause.name for cause in facts.causes),
    )
    known = lexicon()
    dull = known.function | known.people | known.vague
    return frozenset(
        word
        for word in word_texts(" ".join(names))
        if len(word) >= SHORTEST_OWN and not any(form in dull for form in base_forms(word))
    )
