"""What a survey found: each question by its kind with intervals, one wave against another, by segment, over time.

Every figure comes from the record, so that what was erased or corrected there is so here. In an anonymous survey
nothing is shown of fewer people than ``results_protection.SMALLEST``, nor what would let one work it out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

import headwater.science as hs
from headwater.base.permissions import require
from headwater.base.refusals import NotFound, Refused
from headwater.listening.models import SurveyVersion
from headwater.listening.surveys import queries
from headwater.listening.surveys.funnel import Funnel, funnel
from headwater.listening.surveys.results_counts import Counts, Measured, cells, counts_of, measured, option_names
from headwater.listening.surveys.results_protection import SMALLEST, shown_groups
from headwater.metrics import rules
from headwater.science.results import Estimate, NoVerdict, Result

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater.base.models import Person
    from headwater.listening.models import Survey
    from headwater.listening.surveys.document import Document, Question
    from headwater.science.bounds import Array


@dataclass(frozen=True, slots=True)
class View:
    """Which waves are looked at: all (empty), or one, and the one that it is compared with."""

    wave: str = ""
    against: str = ""


@dataclass(frozen=True, slots=True)
class Compared:
    """The wave that this one is compared with: its figure, the difference, and its p-value adjusted over all."""

    before: Result
    difference: Result
    adjusted_p: float | None
    found: bool


@dataclass(frozen=True, slots=True)
class ScoreResult:
    """One scale: its metric with interval, and how many answered with each score."""

    of: Measured
    text: str
    result: Result
    spread: tuple[tuple[float, int], ...]
    compared: Compared | None = None

    @property
    def n(self) -> int:
        """How many answered."""
        return sum(n for _score, n in self.spread)


@dataclass(frozen=True, slots=True)
class OptionResult:
    """One option: how many chose it, and their share of those who answered."""

    id: str
    text: str
    n: int
    share: Result
    compared: Compared | None = None


@dataclass(frozen=True, slots=True)
class QuestionResults:
    """One question. ``asked`` is False where the published version does not ask it any more; ``withheld`` where so
    few answered an anonymous survey that nothing is shown."""

    question: Question
    text: str
    n: int
    scores: tuple[ScoreResult, ...] = ()
    options: tuple[OptionResult, ...] = ()
    words: int = 0
    asked: bool = True
    withheld: bool = False

    @property
    def id(self) -> str:
        return self.question.id


@dataclass(frozen=True, slots=True)
class Results:
    """All that a survey found. ``waves`` are responses by wave; those that may not be shown are not in ``shown``."""

    survey: Survey
    document: Document
    view: View
    waves: Mapping[str, int]
    shown: frozenset[str]
    responses: int
    funnel: Funnel
    questions: tuple[QuestionResults, ...]
    withheld: bool = False

    @property
    def headline(self) -> ScoreResult | None:
        """The first score that was asked for, which the page's sentence is about."""
        return next((score for one in self.questions for score in one.scores if one.asked and score.n), None)


def results(person: Person | None, name: str, view: View | None = None) -> Results:
    """What a survey found, in all waves, in one, or in one against another. Refuses (404) an unknown survey or wave,
    and one that was never published."""
    require(person, "view", "figures")
    survey = queries.survey_of(person, name)
    _row, document = queries.published(survey)
    counts, view = counts_of(survey, document_of_all(survey)), view or View()
    waves = counts.waves
    shown = shown_groups(waves) if document.anonymous else frozenset(waves)
    _check(view, waves, shown)
    mine = counts.of_waves([view.wave]) if view.wave else counts
    withheld = document.anonymous and mine.responses < SMALLEST
    asked = funnel(survey, anonymous=document.anonymous, waves=(view.wave,) if view.wave else ())
    questions = () if withheld else tuple(_questions(survey, document, counts, view))
    questions = _compare(questions, survey, document, counts, view)
    return Results(survey, document, view, waves, shown, mine.responses, asked, questions, withheld)


def _check(view: View, waves: Mapping[str, int], shown: frozenset[str]) -> None:
    for field, wave in (("wave", view.wave), ("against", view.against)):
        if wave and wave not in waves:
            message = _("There are no answers of wave “%(wave)s”. Waves with answers: %(waves)s.")
            raise NotFound("survey.no_such_wave", message % {"wave": wave[:40], "waves": ", ".join(waves)}, field)
        if wave and wave not in shown:
            message = _("Wave %(wave)s has too few answers to be shown without showing who gave them.")
            raise Refused("survey.wave_too_small", message % {"wave": wave}, field, status=403)
    if view.against and (not view.wave or view.wave == view.against):
        message = _("Choose two different waves to compare, not “%(one)s” and “%(other)s”.")
        raise Refused("survey.waves_alike", message % {"one": view.wave, "other": view.against}, "against")


def document_of_all(survey: Survey) -> Document:
    """The published document with the questions that only earlier versions asked, on a page at its end."""
    _row, newest = queries.published(survey)
    known = {question.id for question in newest.questions}
    gone: list[Question] = []
    earlier = SurveyVersion.objects.filter(survey=survey, state=SurveyVersion.State.SUPERSEDED).order_by("-version")
    for row in earlier:
        for question in queries.document_of(row).questions:
            if question.id not in known:
                known.add(question.id)
                gone.append(question.model_copy(update={"show_if": None}))
    if not gone:
        return newest
    return newest.model_copy(update={"pages": (*newest.pages, newest.pages[0].model_copy(
        update={"id": "no_longer_asked", "title": {}, "questions": tuple(gone), "show_if": None, "jumps": ()})),
    })  # fmt: skip


def _questions(survey: Survey, document: Document, counts: Counts, view: View) -> list[QuestionResults]:
    """Each question that can be answered, of the waves in view."""
    asked = {question.id for question in document.questions}
    everything = document_of_all(survey)
    scales: dict[str, list[Measured]] = {}
    for one in measured(everything):
        scales.setdefault(one.question.id, []).append(one)
    found = []
    for question in everything.questions:
        if question.kind in ("statement", "consent"):
            continue
        made = _question(everything, question, scales.get(question.id, []), counts, view.wave)
        found.append(replace(made, asked=question.id in asked))
    return [one for one in found if one.asked or one.n]


def _question(
    document: Document, question: Question, scales: list[Measured], counts: Counts, wave: str
) -> QuestionResults:
    mine = counts.of_waves([wave]) if wave else counts
    text = document.in_language(question.text, document.languages[0])
    scores = tuple(_score(document, one, mine) for one in scales)
    options, n = _options(document, question, mine) if question.options else ((), max((s.n for s in scores), default=0))
    words = mine.words(question.id)
    n = max(n, words) if question.kind == "open" else n
    if document.anonymous and not _may_show(question, scales, counts, wave, n):
        return QuestionResults(question, text, 0, withheld=True)
    return QuestionResults(question, text, n, scores, options, words)


def _may_show(question: Question, scales: list[Measured], counts: Counts, wave: str, n: int) -> bool:
    """Whether enough people answered this question: in all, and so that a wave is not all the others' rest."""
    if 0 < n < SMALLEST:
        return False
    if not wave:
        return True
    by_wave = {one: answered(question, scales, counts.of_waves([one])) for one in counts.waves}
    return wave in shown_groups(by_wave)


def answered(question: Question, scales: list[Measured], counts: Counts) -> int:
    """How many answered a question."""
    if question.options:
        return round(float(counts.choices(question)[1].sum()))
    scored = max((round(sum(float(a.sum()) for a in counts.scores(one).values())) for one in scales), default=0)
    return max(scored, counts.words(question.id) if question.kind == "open" else 0)


def _score(document: Document, one: Measured, counts: Counts) -> ScoreResult:
    language = document.languages[0]
    row = next((row for row in one.question.rows if row.id == one.row), None)
    text = document.in_language(row.text if row else one.question.text, language)
    scores = counts.scores(one)
    spread = tuple((score, round(float(array.sum()))) for score, array in scores.items())
    return ScoreResult(one, text, result_of(one, scores), spread)


def result_of(one: Measured, scores: Mapping[float, Array]) -> Result:
    """The metric of some answers, with the interval of its kind."""
    if not scores:
        return rules.nothing(one.definition)
    return rules.results(one.definition, cells(one.definition, scores))[0]


def _options(document: Document, question: Question, counts: Counts) -> tuple[tuple[OptionResult, ...], int]:
    chosen, anything = counts.choices(question)
    found = []
    for id, text in option_names(document, question, chosen):
        share = rules.shares(chosen[id].reshape(1, -1), anything.reshape(1, -1))[0]
        found.append(OptionResult(id, text, round(float(chosen[id].sum())), share))
    return tuple(found), round(float(anything.sum()))


def _compare(
    questions: tuple[QuestionResults, ...], survey: Survey, document: Document, counts: Counts, view: View
) -> tuple[QuestionResults, ...]:
    """Put the other wave beside each figure; p-values are adjusted over all figures of the survey together.

    The waves are taken for independent: of customers who answered in both the difference is known better than it says.
    """
    if not view.against or not questions:
        return questions
    other = {one.id: one for one in _questions(survey, document, counts, View(view.against))}
    pairs: list[tuple[str, Result, Result]] = []
    for one in questions:
        past = other.get(one.id)
        before = {score.of.key: score.result for score in past.scores} if past else {}
        shares = {option.id: option.share for option in past.options} if past else {}
        none = NoVerdict("not_shown", _("nobody answered, or too few to be shown"))
        pairs += [(f"{one.id}/{s.of.key}", s.result, before.get(s.of.key, none)) for s in one.scores]
        pairs += [(f"{one.id}/{o.id}", o.share, shares.get(o.id, none)) for o in one.options]
    tested = {one.name: one for one in hs.compare(pairs)}
    past_of = {name: past for name, _now, past in pairs}

    def compared(name: str) -> Compared:
        one = tested[name]
        p = one.adjusted_p if isinstance(one.difference, Estimate) else None
        return Compared(past_of[name], one.difference, p, one.found)

    return tuple(
        replace(
            one,
            scores=tuple(replace(s, compared=compared(f"{one.id}/{s.of.key}")) for s in one.scores),
            options=tuple(replace(o, compared=compared(f"{one.id}/{o.id}")) for o in one.options),
        )
        for one in questions
    )
