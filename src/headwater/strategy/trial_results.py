"""What a trial found, by audience: how many found the text clear, believable and of matter, and in what words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from headwater import science
from headwater.base.figures import measure
from headwater.science.results import Estimate, NoVerdict, Result
from headwater.strategy.differences import Span, words
from headwater.strategy.models import Trial, TrialLink
from headwater.strategy.trial_answers import SCALES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from headwater.strategy.models import TrialAnswer

LEAST: Final = 5
"""Fewer answers of an audience are shown neither as a figure nor as words: who said it could be guessed."""
GOOD: Final = 4


@dataclass(frozen=True, slots=True)
class Scale:
    """One question: the share who said 4 or 5 of 5, with its 95 % interval, and how many said each (1 to 5)."""

    name: str
    result: Result
    counts: tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class AudienceResult:
    """What one audience answered. ``promises`` and ``changes`` are their words, in an order of their own."""

    audience: str
    n: int
    scales: tuple[Scale, ...]
    promises: tuple[str, ...]
    changes: tuple[str, ...]

    @property
    def is_shown(self) -> bool:
        return self.n >= LEAST


def results(trial: Trial) -> tuple[AudienceResult, ...]:
    """Return what each audience of a trial answered so far."""
    return tuple(_of(link) for link in trial.links.prefetch_related("answers"))


def trial_sentence(found: Sequence[AudienceResult]) -> str:
    """What a trial found, first: the first audience with enough answers, else how many there are."""
    shown = next((one for one in found if one.is_shown), None)
    if shown is None:
        answers = sum(one.n for one in found)
        words = ngettext(
            "%d person answered, too few to say more.", "%d people answered, too few to say more.", answers
        )
        return words % answers if answers else _("Nobody has answered yet.")
    said = {
        scale.name: measure(scale.result.estimate, "share")
        for scale in shown.scales
        if isinstance(scale.result, Estimate)
    }
    sentences = {
        "customers": _(
            "Of %(n)d customers, %(clear)s find it clear, %(believable)s believe it, to %(matters)s it matters."
        ),
        "employees": _(
            "Of %(n)d employees, %(clear)s find it clear, %(believable)s believe it, to %(matters)s it matters."
        ),
    }
    return sentences[shown.audience] % {"n": shown.n, **said}


@dataclass(frozen=True, slots=True)
class Tried:
    """A trial as the page of a version tells it: what people said of the text, and what it became."""

    trial: Trial
    answers: int
    sentence: str
    difference: tuple[Span, ...]


def tried(trials: Iterable[Trial]) -> tuple[Tried, ...]:
    """The trials of a version, each with what it found and what changed after it."""
    found = ((trial, results(trial)) for trial in trials)
    return tuple(
        Tried(trial, sum(one.n for one in answers), trial_sentence(answers), difference(trial))
        for trial, answers in found
    )


def difference(trial: Trial) -> tuple[Span, ...]:
    """The words that stayed, went and came between the text that was tried and what it became; empty without a note."""
    return words("\n".join(trial.lines), "\n".join(trial.changed_lines)) if trial.note else ()


def summary(answers: Sequence[TrialAnswer], audience: str) -> AudienceResult:
    """Count answers of one audience. Words are ordered by the alphabet, so that their order tells nothing of time."""
    enough = len(answers) >= LEAST
    return AudienceResult(
        audience,
        len(answers),
        tuple(_scale(name, [getattr(answer, name) for answer in answers]) for name in SCALES),
        _words(answer.promise for answer in answers) if enough else (),
        _words(answer.change for answer in answers) if enough else (),
    )


def _of(link: TrialLink) -> AudienceResult:
    return summary(list(link.answers.all()), link.audience)


def _scale(name: str, values: list[int]) -> Scale:
    if len(values) < LEAST:
        missing = _("%(n)d of at least %(least)d answers") % {"n": len(values), "least": LEAST}
        return Scale(name, NoVerdict("too_few", missing, len(values)), (0, 0, 0, 0, 0))
    counts = Counter(values)
    one, two, three, four, five = (counts[value] for value in range(1, 6))
    good = sum(value >= GOOD for value in values)
    return Scale(name, science.proportion(good, len(values)), (one, two, three, four, five))


def _words(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({text for text in texts if text}, key=str.casefold))
