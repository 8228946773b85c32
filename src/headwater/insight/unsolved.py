"""Why contacts were not solved: what those say who wrapped them up, and how many nobody says anything of.

The reason comes from the source, as the attribute ``unsolved_reason`` of a contact. What was not solved by the count of
further contacts alone, or with a reason that is none of the four, stays *not said*: it is never spread over the others.
What customers' words say of these stands beside (:mod:`headwater.insight.unsolved_words`).
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from django.utils.translation import gettext as _

from headwater.insight.causes import TREND_POINTS, department_names, period_of
from headwater.insight.first_contact import REPEAT_DAYS
from headwater.insight.selection import Selection
from headwater.insight.unsolved_words import WhyInWords, why_in_words
from headwater.journey.queries import taxonomy
from headwater.journey.taxonomy import Taxonomy
from headwater.metrics.rules import BUCKETS, shares
from headwater.metrics.store import company_record
from headwater.record.questions import Span, Unsolved, UnsolvedRow
from headwater.science.bounds import Array
from headwater.science.results import Result

ATTRIBUTE: Final = "unsolved_reason"
Reason = Literal["authority", "skill", "staffing", "upstream", "not_said"]
REASONS: Final[tuple[Reason, ...]] = get_args(Reason)


@dataclass(frozen=True, slots=True)
class ReasonShare:
    """One reason: its contacts, and their share of all that were not solved."""

    reason: Reason
    n: int
    share: Result


@dataclass(frozen=True, slots=True)
class ReasonsOf:
    """The contacts that were not solved of one cause, stage, group of departments or period, by reason."""

    name: str
    href: str
    counts: tuple[int, ...]

    @property
    def n(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class WhyUnsolved:
    """Contacts that were not solved within ``days`` days, each once; only causes and places count one about two causes
    under each."""

    days: int
    reasons: tuple[ReasonShare, ...]
    causes: tuple[ReasonsOf, ...]
    stages: tuple[ReasonsOf, ...]
    places: tuple[ReasonsOf, ...]
    trend: tuple[ReasonsOf, ...]
    words: WhyInWords | None = None

    @property
    def n(self) -> int:
        return sum(one.n for one in self.reasons)

    @property
    def groups(self) -> tuple[tuple[str, tuple[ReasonsOf, ...]], ...]:
        """Every grouping with its name."""
        return (
            (_("Cause"), self.causes),
            (_("Stage"), self.stages),
            (_("Can change it together"), self.places),
            (_("Since"), self.trend),
        )

    @property
    def said(self) -> bool:
        """Whether any source says why."""
        return any(one.n for one in self.reasons if one.reason != "not_said")


def why_unsolved(selection: Selection | None = None, *, days: int | None = None) -> WhyUnsolved | None:
    """Answer why contacts of this selection were not solved; None where the record is empty."""
    selection = selection or Selection()
    known, last = taxonomy(), company_record().ask(Span()).last_day
    if last is None:
        return None
    until = min(last, selection.until) if selection.until else last
    days = REPEAT_DAYS if days is None else days

    def asked(by: str, *, causes: bool = False) -> Unsolved:
        return Unsolved(by, until, ATTRIBUTE, days, selection.filter(), selection.since, causes)

    def rows(by: str, *, causes: bool = False) -> tuple[UnsolvedRow, ...]:
        return company_record().ask(asked(by, causes=causes))

    by_cause, period = rows("stage", causes=True), period_of(selection)
    by_stage = _grouped(rows("stage"), lambda row: row.group or "")
    stage_names = {stage.id: stage.name for stage in sorted(known.stages, key=lambda one: one.position)}
    trend = _grouped(rows(period), lambda row: row.group or "")
    return WhyUnsolved(
        days=days,
        reasons=_reasons(rows("bucket")),
        causes=_largest(_grouped(by_cause, lambda row: _cause_name(row, known)), lambda name: _cause_href(name, known)),
        stages=tuple(
            ReasonsOf(name, f"/verbatims?stage={stage}", counts)
            for stage, name in stage_names.items()
            if (counts := by_stage.get(stage))
        ),
        places=_largest(_grouped(by_cause, lambda row: _place(row, known)), lambda _name: ""),
        trend=tuple(ReasonsOf(start, "", trend[start]) for start in sorted(filter(None, trend))[-TREND_POINTS:]),
        words=why_in_words(asked("bucket")),
    )


def reason_of(said: str | None) -> Reason:
    """One of the four reasons, or that none of them was said."""
    return next((one for one in REASONS if one == said), "not_said")


def _reasons(rows: Sequence[UnsolvedRow]) -> tuple[ReasonShare, ...]:
    counts = np.zeros((len(REASONS), BUCKETS))
    for row in rows:
        counts[REASONS.index(reason_of(row.reason)), int(row.group or 0)] += row.n
    results = shares(counts, np.tile(counts.sum(axis=0), (len(REASONS), 1)))
    totals = counts.sum(axis=1).tolist()
    return tuple(ReasonShare(*one) for one in zip(REASONS, map(round, totals), results, strict=True))


def _grouped(rows: Sequence[UnsolvedRow], name: Callable[[UnsolvedRow], str]) -> dict[str, tuple[int, ...]]:
    found: dict[str, Array] = defaultdict(lambda: np.zeros(len(REASONS)))
    for row in rows:
        found[name(row)][REASONS.index(reason_of(row.reason))] += row.n
    return {one: tuple(map(round, counts.tolist())) for one, counts in found.items()}


def _largest(groups: dict[str, tuple[int, ...]], href: Callable[[str], str]) -> tuple[ReasonsOf, ...]:
    rows = [ReasonsOf(name, href(name), counts) for name, counts in groups.items() if name]
    return tuple(sorted(rows, key=lambda row: (-row.n, row.name)))


def _cause_name(row: UnsolvedRow, known: Taxonomy) -> str:
    found = known.cause(known.resolve(row.cause or ""))
    return found.name if found else ""


def _cause_href(name: str, known: Taxonomy) -> str:
    return next((f"/causes/{cause.id}" for cause in known.causes if cause.name == name), "")


def _place(row: UnsolvedRow, known: Taxonomy) -> str:
    return " + ".join(sorted(department_names(known, known.resolve(row.cause or ""))))
