"""Whether an English sentence says anything: an empty phrase names no behaviour, no measure, no customer situation.

The sentence is first freed of fixed turns of praise ("at the heart of everything we do"), so that what stands inside
them is no evidence. Then the evidence is weighed: numbers and time limits, verbs one would see someone do, things one
can point at, a situation behind "when", "whose" or "before", and words that are not of the vague vocabulary; praise,
intent and abstractions weigh against it. The weights were set on the sentences of
``tests/strategy/phrases_development.csv`` and judged on others, see ``docs/use/strategy-check.md``.
"""

from dataclasses import dataclass

from headwater.strategy.check.english import (
    Word,
    lexicon,
    quantities,
    sentences,
    time_limits,
    without_idioms,
    word_texts,
    words_of,
)

#: A sentence whose evidence weighs more than this says something.
NEEDED = 2.4
WEIGHTS = {
    "quantity": 2.0,
    "time_limit": 1.2,
    "behaviour": 1.4,
    "thing": 1.4,
    "either": 0.8,
    "situation": 0.8,
    "other": 1.2,
    "share": 1.0,
    "vague": -0.55,
    "praise": -1.0,
}
#: More of the same is no better evidence than this many.
MOST = {"quantity": 2, "time_limit": 1, "behaviour": 3, "thing": 3, "other": 3, "vague": 5, "praise": 2}
NEARBY = 4
EXPLAINS = (
    "that means",
    "this means",
    "it means",
    "which means",
    "in practice",
    "for example",
    "so we",
    "therefore we",
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found in a sentence, in its own words, and what that weighs; see :data:`NEEDED`."""

    sentence: str
    weight: float
    quantities: tuple[str, ...]
    time_limits: tuple[str, ...]
    behaviours: tuple[str, ...]
    things: tuple[str, ...]
    praise: tuple[str, ...]
    vague: tuple[str, ...]
    has_situation: bool

    @property
    def is_empty(self) -> bool:
        return self.weight <= NEEDED


def read(sentence: str, own: frozenset[str] = frozenset()) -> Reading:
    """Weigh one English sentence. ``own`` are the words of the company's own stages, moments and causes."""
    bare, praise = without_idioms(sentence)
    words = words_of(bare, own)
    kinds = {kind: tuple(dict.fromkeys(word.text for word in words if word.kind == kind)) for kind in _KINDS}
    vague = tuple(word.text for word in words if word.kind == "vague")
    counted, limits = tuple(quantities(bare)), tuple(time_limits(bare))
    situation = _has_situation(words)
    content = len(vague) + sum(map(len, kinds.values()))
    specific = len(kinds["behaviour"]) + len(kinds["thing"]) + len(kinds["other"]) / 2
    evidence = {
        "quantity": len(counted),
        "time_limit": len(limits),
        **{kind: len(found) for kind, found in kinds.items()},
        "situation": float(situation),
        "share": specific / max(1, content + 2 * len(praise)),
        "vague": len(vague),
        "praise": len(praise),
    }
    weight = sum(WEIGHTS[name] * min(value, MOST.get(name, value)) for name, value in evidence.items())
    return Reading(
        sentence, weight, counted, limits, kinds["behaviour"], kinds["thing"], praise, vague, has_situation=situation
    )


def empty_phrases(text: str, own: frozenset[str] = frozenset()) -> list[Reading]:
    """The sentences of an English text that say nothing. One that the next explains is judged together with it."""
    parts = sentences(text)
    found = []
    for sentence, following in zip(parts, [*parts[1:], ""], strict=True):
        if not word_texts(sentence):
            continue
        explained = following.lower().startswith(EXPLAINS)
        reading = read(f"{sentence} {following}" if explained else sentence, own)
        if reading.is_empty:
            found.append(reading)
    return found


_KINDS = ("behaviour", "thing", "either", "other")


def _has_situation(words: list[Word]) -> bool:
    """Whether something specific follows soon behind a word that opens a situation."""
    openers = lexicon().openers
    return any(
        word.text in openers
        and any(near.kind in ("behaviour", "thing", "other") for near in words[place + 1 : place + 1 + NEARBY])
        for place, word in enumerate(words)
    )
