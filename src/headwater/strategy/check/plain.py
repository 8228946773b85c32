"""Easy to understand: short sentences, few years of school needed, no jargon."""

from django.utils.translation import gettext as _

from headwater.strategy.check.finding import Finding
from headwater.strategy.check.phrases import empty_phrases
from headwater.strategy.check.reading import jargon_in, reading_ease
from headwater.strategy.check.texts import PlacedText, is_english, own_words, texts
from headwater.strategy.facts import StrategyFacts

RULE = "plain"
LONGEST_SENTENCE = 28
HIGHEST_GRADE = 14.0
HIGHEST_LIX = 60.0
#: Grades and LIX of a shorter text say more of its longest word than of the text.
SHORTEST_GRADED = 15


def check(facts: StrategyFacts) -> tuple[Finding, ...]:
    """Sentences that are too long, texts that are too hard, and jargon with a plain word for each."""
    return tuple(found for placed in texts(facts.strategy) for found in _of_text(facts, placed))


def _of_text(facts: StrategyFacts, placed: PlacedText) -> list[Finding]:
    ease = reading_ease(placed.text)
    if ease is None:
        return []
    english = is_english(facts.strategy, placed.text)
    found = []
    if ease.longest_words > LONGEST_SENTENCE:
        evidence = _("“%(sentence)s” has %(count)d words; people follow up to %(most)d.") % {
            "sentence": ease.longest,
            "count": ease.longest_words,
            "most": LONGEST_SENTENCE,
        }
        found.append(Finding(RULE, placed.place, evidence, _("Make two sentences of it.")))
    elif ease.words >= SHORTEST_GRADED and english and ease.grade > HIGHEST_GRADE:
        evidence = _("“%(sentence)s” takes %(grade).0f years of school to read (reading ease %(flesch).0f of 100).") % {
            "sentence": ease.longest,
            "grade": ease.grade,
            "flesch": ease.flesch,
        }
        found.append(Finding(RULE, placed.place, evidence, _("Use shorter words, as you would at a counter.")))
    elif ease.words >= SHORTEST_GRADED and not english and ease.lix > HIGHEST_LIX:
        evidence = _("“%(sentence)s” is hard to read (LIX %(lix).0f; a newspaper has about 45).") % {
            "sentence": ease.longest,
            "lix": ease.lix,
        }
        found.append(Finding(RULE, placed.place, evidence, _("Use shorter words and shorter sentences.")))
    if english:
        found += _jargon(facts, placed)
    return found


def _jargon(facts: StrategyFacts, placed: PlacedText) -> list[Finding]:
    """Jargon, unless it stands in an empty phrase: that is to be said differently as a whole."""
    empty = " ".join(reading.sentence for reading in empty_phrases(placed.text, own_words(facts)))
    words = [word for word in jargon_in(placed.text) if word.word not in empty]
    if not words:
        return []
    evidence = _("Not everyone knows %s.") % ", ".join(f"“{word.word}”" for word in words)
    mend = _("Plain words: %s.") % "; ".join(f"{word.word} → {word.plain}" for word in words)
    return [Finding(RULE, placed.place, evidence, mend)]
