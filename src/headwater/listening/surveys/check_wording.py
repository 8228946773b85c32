"""How questions are worded: two things at once, leading, loaded, one-sided, negated, absolute, jargon, hard to read.

The rules read English, German, Spanish, French and Portuguese; of other languages the check says that it does not
read them. They are lists and patterns, made to be right when they speak rather than to find everything: the guide to
surveys gives their precision and recall on labelled questions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import readability
from django.utils.translation import gettext as _

from headwater.listening.surveys.branching import PIPED
from headwater.listening.surveys.check_answers import replaced
from headwater.listening.surveys.check_texts import LANGUAGES_READ, lists, pattern, phrases, without_apart
from headwater.listening.surveys.editing import change_question, free_id
from headwater.listening.surveys.findings import Finding, Known, Mend, Severity
from headwater.listening.surveys.texts import Text, texts

if TYPE_CHECKING:
    from headwater.listening.surveys.document import Document, Question

CLOSED = ("nps", "csat", "ces", "rating", "single", "multiple", "matrix")
RATED = ("nps", "csat", "ces", "rating", "matrix")
LONG_SENTENCE = 25
"""Words; style guides for public writing (GOV.UK among them) take 25 as the most."""
HARD_GRADE = 12.0
"""Flesch-Kincaid grade: years of schooling."""
SHORTEST_READ = 12
KNOWN_CAPITALS = frozenset(
    {"OK", "PDF", "SMS", "TV", "PIN", "FAQ", "USB", "ID", "EU", "UK", "US", "USA", "GPS", "QR", "WLAN", "CD", "DVD",
     "VIP", "PC", "ATM", "URL",
     "DHL", "UPS", "IBAN", "AM", "PM", "WIFI", "LED", "NHS", "AG", "SA", "EUR", "USD", "GBP", "PKW"}
)  # fmt: skip
"""Capitals that customers know."""


def findings(document: Document, _known: Known) -> Iterator[Finding]:
    """Of the words of every question, in every language that is read."""
    for text in texts(document):
        question = document.question(text.question) if text.question else None
        if question is None:
            continue
        for language, words in text.words.items():
            if language.split("-")[0] not in LANGUAGES_READ:
                continue
            yield from _Reader(document, question, text, language, words).findings()


class _Reader:
    """One text of one question in one language."""

    def __init__(self, document: Document, question: Question, text: Text, language: str, words: str) -> None:
        self.document, self.question, self.text = document, question, text
        self.language, self.words = language, words
        self.bare = PIPED.sub(lambda match: "·" * len(match.group(0)), words)
        self.is_stem = text.part == "text"
        self.is_asked = self.is_stem or text.part == "row"

    def findings(self) -> Iterator[Finding]:
        if self.question.kind in ("statement", "consent"):
            return
        if self.is_asked and self.question.kind in CLOSED:
            yield from self._double()
            yield from self._negated()
            yield from self._absolute()
        if self.is_asked:
            yield from self._leading()
            yield from self._loaded()
        if self.is_stem and self.question.kind in RATED:
            yield from self._one_sided()
        if self.text.part in ("text", "row", "option", "help"):
            yield from self._jargon()
        if self.is_stem:
            yield from self._hard()

    def _double(self) -> Iterator[Finding]:
        clear = without_apart(self.bare, self.language)
        joint = pattern("joints", self.language)
        match = joint.search(clear) if joint else None
        if match is None or not self._joins_two_things(clear, match):
            return
        why = _("It asks two things at once: somebody who sees them differently cannot answer. Ask for each by itself.")
        halves = self._halves(match)
        phrase = f"{halves[1]} {match.group(0)} {halves[2]}".strip() if halves else match.group(0)
        mend = self._split(halves) if halves else None
        yield self._finding("double_barrelled", "warning", why, phrase, mend)

    def _joins_two_things(self, clear: str, match: re.Match[str]) -> bool:
        """Not at the very beginning or end, nor in a list of what a thing is called, nor "and" before a number."""
        before, after = clear[: match.start()].split(), clear[match.end() :].split()
        if len(before) < 2 or not after:
            return self.text.part == "row" and bool(before) and bool(after)
        if self.question.kind in ("single", "multiple") and self.is_stem and len(before) > 8:
            return False
        return before[-1][-1] not in ".!?·" and not after[0][0].isdigit() and "·" not in after[0]

    def _halves(self, match: re.Match[str]) -> tuple[str, str, str, str] | None:
        """What comes before, the two things, and what comes after: one word each."""
        before = re.search(r"(?:^|\s)([^\s,]+)\s+$", self.words[: match.start()])
        after = re.match(r"\s+([^\s?.!,;:]+)", self.words[match.end() :])
        if before is None or after is None:
            return None
        head = self.words[: before.start(1)]
        return head, before.group(1), after.group(1), self.words[match.end() + after.end() :]

    def _split(self, halves: tuple[str, str, str, str]) -> Mend | None:
        head, first, second, tail = halves
        one, other = f"{head}{first}{tail}", f"{head}{second}{tail}"
        if self.text.part != "text":
            return None
        changed = replaced(self.question, self.text, self.language, one)
        id = free_id("q", {known.id for known in self.document.questions})
        copy = replaced(self.question, self.text, self.language, other).model_copy(
            update={"id": id, "attribute": None, "show_if": self.question.show_if}
        )
        pages = tuple(
            page.model_copy(
                update={
                    "questions": tuple(
                        part
                        for known in page.questions
                        for part in ((changed, copy) if known.id == self.question.id else (known,))
                    )
                }
            )
            for page in self.document.pages
        )
        return Mend(f"{one} / {other}", self.document.model_copy(update={"pages": pages}))

    def _leading(self) -> Iterator[Finding]:
        phrase = phrases("leading", without_apart(self.bare, self.language), self.language)
        why = _("It says which answer is wanted. Ask so that each answer is as easy to give as any other.")
        if phrase:
            yield self._finding("leading", "warning", why, phrase, self._one_sided_mend())
            return
        found = lists(self.language)
        match = re.search(
            rf"(?<!\w)(?:{found['ours']}) (?:\w+ )?(?P<praise>{found['praise']})(?!\w)", self.bare, re.IGNORECASE
        )
        if match and self._is_before_a_thing(match.end("praise")):
            mended = self.words[: match.start("praise")] + self.words[match.end("praise") + 1 :]
            why = _("The praise is part of the question: it says which answer is wanted. Leave it out.")
            yield self._finding("leading", "warning", why, match.group("praise"), self._mend(mended))

    def _is_before_a_thing(self, end: int) -> bool:
        """Whether a thing follows what praises it: "our friendly staff", not "was our staff friendly?"."""
        rest = self.words[end:]
        return rest[:1] == " " and rest[1:2].isalpha() and not self._is_joint(rest)

    def _is_joint(self, rest: str) -> bool:
        """Whether words go on with "and" or "or"."""
        first, joint = rest.split()[:1], pattern("joints", self.language)
        return bool(first) and joint is not None and joint.fullmatch(first[0]) is not None

    def _loaded(self) -> Iterator[Finding]:
        phrase = phrases("loaded", self.bare, self.language)
        if phrase:
            why = _("“%s” carries a feeling of its own and passes it on to the answer. Say it plainly.")
            yield self._finding("loaded", "warning", why % phrase, phrase)

    def _one_sided(self) -> Iterator[Finding]:
        mend = self._one_sided_mend()
        if mend is not None:
            why = _("It names one end of the scale only, which draws answers towards it. Name both.")
            match = next(
                (found for first, _second in self._pairs() if (found := re.search(first, self.bare, re.IGNORECASE))),
                None,
            )
            phrase = self.words[match.start() : match.end()] if match else ""
            yield self._finding("one_sided", "note", why, phrase, mend)

    def _pairs(self) -> list[list[str]]:
        pairs: list[list[str]] = lists(self.language).get("one_sided", [])
        return pairs

    def _one_sided_mend(self) -> Mend | None:
        for first, second in self._pairs():
            match = re.search(first, self.bare, re.IGNORECASE)
            if match is None or self._is_joint(self.words[match.end() :]):
                continue
            mended = re.sub(first, second, self.words, count=1, flags=re.IGNORECASE)
            start = match.start()
            mended = mended[:start] + self.words[start] + mended[start + 1 :]
            return self._mend(mended)
        return None

    def _negated(self) -> Iterator[Finding]:
        clear = without_apart(self.bare, self.language)
        if leading := pattern("leading", self.language):
            clear = leading.sub(lambda match: "·" * len(match.group(0)), clear)
        looked = pattern("negated", self.language)
        found = looked.findall(clear) if looked else []
        absolute = phrases("absolute", clear, self.language)
        if not found or (absolute and absolute.casefold() in {one.casefold() for one in found} and len(found) == 1):
            return
        match = looked.search(clear) if looked else None
        phrase = self.words[match.start() : match.end()] if match else ""
        twice = len(found) > (2 if self.language.split("-")[0] == "fr" else 1)
        why = _(
            "It is said in the negative: to agree is then to say no, and many read over the little word. Turn it round."
        )
        if twice:
            why = _("Two negatives in one question: hardly anybody answers what was meant. Turn it round.")
        yield self._finding("negated", "warning", why, phrase)

    def _absolute(self) -> Iterator[Finding]:
        phrase = phrases("absolute", without_apart(self.bare, self.language), self.language)
        if phrase:
            why = _("“%s” leaves no room: nearly everybody has to answer no. Ask how often, or how much.")
            yield self._finding("absolute", "warning", why % phrase, phrase)

    def _jargon(self) -> Iterator[Finding]:
        phrase = phrases("jargon", self.bare, self.language) or self._capitals()
        if phrase:
            why = _("“%s” is a word of ours, not of customers. Say what they would say.")
            yield self._finding("jargon", "warning", why % phrase, phrase)

    def _capitals(self) -> str:
        if self.words.isupper():
            return ""
        for word in re.findall(r"(?<!\w)[A-ZÄÖÜ]{2,6}s?(?!\w)", self.bare):
            if word.rstrip("s") not in KNOWN_CAPITALS and self.text.part in ("text", "row"):
                return str(word)
        return ""

    def _hard(self) -> Iterator[Finding]:
        sentences = [one.split() for one in re.split(r"(?<=[.!?:;])\s+", self.bare) if one.strip()]
        longest = max(sentences, key=len, default=[])
        severity: Severity = "warning"
        if len(longest) > LONG_SENTENCE:
            why = _("One sentence of %(n)d words: by its end the beginning is forgotten. Stay below %(most)d.")
            values = {"n": len(longest), "most": LONG_SENTENCE}
            yield self._finding("hard_to_read", severity, why % values, " ".join(longest[:6]) + " …")
            return
        grade = self._grade(sentences)
        if grade > HARD_GRADE:
            why = _("It reads like a text for %(grade)d years of schooling (Flesch-Kincaid). Use shorter words.")
            yield self._finding("hard_to_read", "note", why % {"grade": round(grade)}, self.words)

    def _grade(self, sentences: list[list[str]]) -> float:
        """Flesch-Kincaid grade of English words; 0 for other languages and for too few words."""
        if self.language.split("-")[0] != "en" or sum(map(len, sentences)) < SHORTEST_READ:
            return 0.0
        tokens = "\n".join(" ".join(re.findall(r"[\w'-]+", " ".join(one))) + " ." for one in sentences)
        return float(readability.getmeasures(tokens, lang="en")["readability grades"]["Kincaid"])

    def _mend(self, words: str) -> Mend:
        changed = replaced(self.question, self.text, self.language, words)
        return Mend(words, change_question(self.document, changed))

    def _finding(self, code: str, severity: Severity, why: str, phrase: str, mend: Mend | None = None) -> Finding:
        item = "" if self.is_stem else f"{self.text.part}{self.text.item}"
        return Finding(code, severity, why, question=self.question.id, item=item, language=self.language,
                       words=self.words, phrase=phrase, mend=mend)  # fmt: skip
