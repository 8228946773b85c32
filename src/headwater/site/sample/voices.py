"""Comments that read as if people had written them: grammars per language, drawn, cut, misspelt."""

import random
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

import yaml

Form = Literal["survey", "review", "contact"]
_SLOT = re.compile(r"\{(\w+)\}")
_TWO_CAUSES_JOINED = {
    "en": ("and", "also,", "on top of that"),
    "de": ("und", "außerdem"),
    "es": ("y", "además"),
    "fr": ("et", "en plus"),
}
TYPO_SHARE = 0.14
LOWER_CASE_SHARE = 0.22


@dataclass(frozen=True)
class Grammar:
    """What people write in one language."""

    slots: dict[str, list[str]]
    openings: dict[str, list[str]]
    closings: dict[str, list[str]]
    causes: dict[str, dict[str, list[str]]]


@cache
def grammar(language: str) -> Grammar:
    """The grammar of a language that the sample's customers write."""
    file = resources.files("headwater.site.sample") / "words" / f"{language}.yaml"
    return Grammar(**yaml.safe_load(file.read_text(encoding="utf-8")))


class Voices:
    """Draws comments from one seeded source of chance."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def comment(self, causes: tuple[str, ...], language: str, form: Form, *, glad: bool = False) -> str:
        """A comment that names these causes, as an answer in a survey, a review, or a message that asks for help."""
        words = grammar(language)
        if form == "contact":
            return self._finish(words, language, self._asked(words, causes[0]), "contact")
        said = self._said(words, causes[0], long=form == "review")
        if len(causes) > 1:
            joint = self.chance.choice(_TWO_CAUSES_JOINED[language])
            said = (
                f"{said.rstrip('.')}, {joint} {self._fill(words, self.chance.choice(words.causes[causes[1]]['core']))}"
            )
        return self._finish(words, language, said, "positive" if glad else "negative", bare=causes[0] == "none")

    def _said(self, words: Grammar, cause: str, *, long: bool) -> str:
        parts = words.causes[cause]
        said = self._fill(words, self.chance.choice(parts["core"]))
        if self.chance.random() < (0.6 if long else 0.2):
            detail = self._fill(words, self.chance.choice(parts["detail"]))
            said = f"{said}. {detail}" if detail else said
        return said

    def _asked(self, words: Grammar, cause: str) -> str:
        parts = words.causes[cause]
        asked = self._fill(words, self.chance.choice(parts["ask"]))
        if cause not in ("none", "question") and self.chance.random() < 0.55:
            return f"{self._fill(words, self.chance.choice(parts['core']))}. {_upper_first(asked)}"
        return asked

    def _fill(self, words: Grammar, template: str) -> str:
        return _SLOT.sub(lambda slot: self.chance.choice(words.slots[slot[1]]), template)

    def _finish(self, words: Grammar, language: str, said: str, tone: str, *, bare: bool = False) -> str:
        if bare:
            return said if self.chance.random() < 0.5 else _upper_first(said)
        opening = self.chance.choice(words.openings[tone])
        text = opening + said if opening else _upper_first(said)
        closing = self.chance.choice(words.closings[tone])
        if not text.endswith((".", "?", "!")) and (closing or self.chance.random() < 0.5):
            text += "." if self.chance.random() < 0.9 else "!"
        return self._as_typed(text + closing)

    def _as_typed(self, text: str) -> str:
        if self.chance.random() < LOWER_CASE_SHARE:
            text = text.lower()
        if self.chance.random() < TYPO_SHARE:
            text = self._misspelt(text)
        if self.chance.random() < 0.02:
            text = text.upper()
        return text

    def _misspelt(self, text: str) -> str:
        letters = [place for place in range(1, len(text) - 1) if text[place].isalpha() and text[place + 1].isalpha()]
        if not letters:
            return text
        place = self.chance.choice(letters)
        match self.chance.randrange(3):
            case 0:
                return text[:place] + text[place + 1 :]
            case 1:
                return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
            case _:
                return text[:place] + text[place] + text[place:]


def _upper_first(text: str) -> str:
    return text[:1].upper() + text[1:]
