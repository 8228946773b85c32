"""One choice question by segment: which share of each segment chose each option, against all others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from django.utils.translation import gettext as _

import headwater.science as hs
from headwater.base.permissions import require
from headwater.base.refusals import NotFound, Refused
from headwater.listening.surveys.results import View, document_of_all
from headwater.listening.surveys.results_counts import CHOSEN, WAVE, attribute_of, choosing, first_day, option_names
from headwater.listening.surveys.results_protection import shown_tables
from headwater.listening.surveys.results_segments import check_dimension, require_all_waves
from headwater.metrics import rules
from headwater.metrics.comparisons import MOST_GROUPS
from headwater.metrics.definitions import METRICS
from headwater.metrics.store import company_record
from headwater.record.filters import equals
from headwater.record.questions.surveys import CHOICES, MOST_CHOSEN, SurveyAnswers
from headwater.science.results import Estimate, NoVerdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from headwater.base.models import Person
    from headwater.listening.models import Survey
    from headwater.listening.surveys.document import Document, Question
    from headwater.record.questions.surveys import AnswerCounts
    from headwater.science.bounds import Array, Flags
    from headwater.science.results import Result

MINIMUM_BASE: Final = METRICS["csat"].minimum_base
"""Answers under which a segment is shown and compared with nobody, as for scores."""


@dataclass(frozen=True, slots=True)
class ChoiceShare:
    """One option in one segment: how many chose it, their share of those of the segment who answered, that of all
    others, the difference, and its p-value adjusted over all segments and options."""

    option: str
    n: int
    share: Result
    rest: Result
    difference: Result
    adjusted_p: float | None
    found: bool


@dataclass(frozen=True, slots=True)
class ChoiceSegment:
    """One segment: ``n`` answered. Under the minimum base it is not compared."""

    value: str | None
    n: int
    compared: bool
    shares: tuple[ChoiceShare, ...]

    def share_of(self, option: str) -> ChoiceShare:
        """What this segment says of one option."""
        return next(one for one in self.shares if one.option == option)


@dataclass(frozen=True, slots=True)
class ChoiceSegments:
    """A choice question by the values of one dimension, the largest segment first. ``options`` are ids and words;
    ``hidden`` segments of an anonymous survey are left out, with what would give them away."""

    by: str
    question: Question
    options: tuple[tuple[str, str], ...]
    groups: tuple[ChoiceSegment, ...]
    hidden: int


def choice_of(document: Document, key: str) -> Question:
    """The choice question of this id. Refuses (404) one that there is not."""
    for one in choosing(document):
        if one.id == key:
            return one
    message = _("This survey offers no choice in “%(key)s”. It does in: %(keys)s.")
    keys = ", ".join(one.id for one in choosing(document))
    raise NotFound("survey.no_such_choice", message % {"key": key[:80], "keys": keys or "–"}, "question")


def choices_by(person: Person | None, survey: Survey, key: str, by: str, view: View) -> ChoiceSegments:
    """Which share of each segment chose each option, every segment against all others, false discoveries held at 5 %.

    Refuses what :func:`results_segments.segments` refuses, and the stage: a choice has none.
    """
    require(person, "view", "figures")
    document = document_of_all(survey)
    question = choice_of(document, key)
    if by == "stage":
        raise Refused("survey.dimension", _("A choice belongs to no stage; choose another way to group."), "by")
    check_dimension(person, survey, document, by)
    require_all_waves(document, view)
    values, chosen, answered = _tables(survey, question, by, view)
    options = option_names(document, question, chosen)
    groups = _compared(values, [chosen.get(id, np.zeros_like(answered)) for id, _text in options], answered, options)
    if not document.anonymous:
        return ChoiceSegments(by, question, options, groups, 0)
    shown = shown_tables({group.value: (group.n, [one.n for one in group.shares]) for group in groups})
    kept = tuple(group for group in groups if group.value in shown)
    return ChoiceSegments(by, question, options, kept, len(groups) - len(kept))


def _tables(
    survey: Survey, question: Question, by: str, view: View
) -> tuple[list[str | None], Mapping[str, Array], Array]:
    """The segments; responses by option, and those that chose any, each (segments, customer buckets)."""
    where = equals(WAVE, view.wave) if view.wave else None
    since = first_day(survey)
    asked = SurveyAnswers(survey.source, (attribute_of(question),), (by,), where, since, only_choices=True)
    found = company_record().ask(asked)
    rows = found.part == CHOICES
    places, values = found.by[0].places[rows], list(found.by[0].values)
    if len(values) > MOST_GROUPS or len(found.n) > MOST_CHOSEN:
        message = _("%(by)s makes more than %(most)d groups; add a filter or choose a coarser dimension.")
        raise Refused("too_many_groups", message % {"by": by, "most": MOST_GROUPS}, "by")
    named = sorted(set(places.tolist()))
    at = {place: index for index, place in enumerate(named)}
    segment = np.array([at[place] for place in places.tolist()], dtype=np.intp)
    return ([values[place] for place in named], *_by_option(found, rows, segment, len(named)))


def _by_option(
    found: AnswerCounts, rows: Flags, segment: NDArray[np.intp], segments: int
) -> tuple[dict[str, Array], Array]:
    cell = segment * rules.BUCKETS + found.bucket[rows]
    size, n, combination = segments * rules.BUCKETS, found.n[rows], found.value.places[rows]
    answered = np.bincount(cell, n, size).astype(float).reshape(segments, rules.BUCKETS)
    chosen: dict[str, Array] = {}
    for place in np.unique(combination).tolist():
        here = combination == place
        counts = np.bincount(cell[here], n[here], size).astype(float).reshape(segments, rules.BUCKETS)
        for option in set(CHOSEN.findall(found.value.values[place] or "")):
            chosen[option] = chosen.get(option, 0) + counts
    return chosen, answered


def _compared(
    values: Sequence[str | None], chosen: Sequence[Array], answered: Array, options: Iterable[tuple[str, str]]
) -> tuple[ChoiceSegment, ...]:
    """Each share beside that of everybody else; p-values are adjusted over the whole table together."""
    names, bases = [id for id, _text in options], answered.sum(axis=1)
    own = [rules.shares(table, answered) for table in chosen]
    rest = [rules.shares(table.sum(axis=0) - table, answered.sum(axis=0) - answered) for table in chosen]
    few = NoVerdict("few_answers", _("fewer than %d answers") % MINIMUM_BASE)
    tested = hs.compare(
        [
            (f"{option}/{place}", own[option][place] if bases[place] >= MINIMUM_BASE else few, rest[option][place])
            for option in range(len(names))
            for place in range(len(values))
        ]
    )
    groups = []
    for place, value in enumerate(values):
        shares = []
        for option, name in enumerate(names):
            one = tested[option * len(values) + place]
            p = one.adjusted_p if isinstance(one.difference, Estimate) else None
            n = round(float(chosen[option][place].sum()))
            shares.append(
                ChoiceShare(name, n, own[option][place], rest[option][place], one.difference, p, one.found)
            )  # fmt: skip
        n = round(float(bases[place]))
        groups.append(ChoiceSegment(value, n, n >= MINIMUM_BASE, tuple(shares)))
    return tuple(sorted(groups, key=lambda one: (-one.n, one.value or "")))
