"""Line of sight: how a department's work reaches the customer, with the figures, and what changed since last month."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from headwater.base.departments import below, department_tree
from headwater.base.models import Department, Person
from headwater.base.refusals import NotFound, Refused
from headwater.insight.causes import SAID, CauseFigures, causes
from headwater.insight.moments import MomentRow, moment_ranking
from headwater.insight.outcomes import Served, outcomes_of
from headwater.insight.selection import Selection
from headwater.insight.typical import typical
from headwater.insight.verbatims import verbatim_page
from headwater.journey.moments import leaders
from headwater.journey.queries import taxonomy
from headwater.journey.standards import reliability
from headwater.journey.taxonomy import Cause, Contribution, Moment, Taxonomy
from headwater.metrics.rules import BUCKETS, shares
from headwater.metrics.store import company_record
from headwater.record.filters import Among, Filter, Term
from headwater.record.questions import Signal, Span, Sums, SumsRow
from headwater.science.bounds import Array
from headwater.science.comparisons import Comparison, compare
from headwater.science.results import Estimate, NoVerdict, Result

FIGURES_OF_DAYS = 365
LEAST_BASE = 30
YEARS = (1970, 2100)
WORDS = 3
WORDS_READ = 60
ChangeKind = Literal["stage", "cause", "moment"]


@dataclass(frozen=True, slots=True)
class Doing:
    """What the department does at one moment, in its own sentence, with the moment's figures and who answers."""

    moment: Moment
    stage: str
    does: str
    figures: MomentRow | None
    leader: Person | None


@dataclass(frozen=True, slots=True)
class Change:
    """A share of this month beside that of the month before.

    ``comparison`` is judged together with all the others of the page, so that few of those found are chance. For all
    three kinds more is worse: negative signals of a stage, complaints naming a cause, promises of a moment broken.
    """

    kind: ChangeKind
    id: str
    name: str
    now: Result
    before: Result
    comparison: Comparison

    @property
    def direction(self) -> Literal["worse", "better", ""]:
        """``worse`` or ``better`` where the change is found; empty where it may be chance."""
        gap = self.comparison.difference
        if not self.comparison.found or not isinstance(gap, Estimate):
            return ""
        return "worse" if gap.estimate > 0 else "better"


@dataclass(frozen=True, slots=True)
class LineOfSight:
    """Everything of one department and those below it. ``month`` is the first day of the month read."""

    department: Department
    doings: tuple[Doing, ...]
    causes: tuple[CauseFigures, ...]
    month: date | None
    changes: tuple[Change, ...]
    words: tuple[Signal, ...]
    may_read: bool
    outcomes: tuple[Served, ...]

    @property
    def found(self) -> tuple[Change, ...]:
        """The changes that are more than chance."""
        return tuple(change for change in self.changes if change.direction)


@dataclass(frozen=True, slots=True)
class Sighted:
    """A department in the list of all: at how many moments it says what it does, and how many causes it can change."""

    department: Department
    depth: int
    moments: int
    causes: int
    is_mapped: bool

    @property
    def levels(self) -> range:
        """One item for each level above, for templates to indent by."""
        return range(self.depth)


def line_of_sight(person: Person | None, department_id: int, month: date | None = None) -> LineOfSight:
    """Read a department's line of sight; words only where this person may read them."""
    department = Department.objects.filter(pk=department_id).first()
    if department is None:
        raise NotFound("department_unknown", _("There is no department %s. It may have been merged.") % department_id)
    known, ours = taxonomy(), _parts_of([department.pk])
    month = _read_month(month) if month else last_whole_month()
    changed = _changes(known, ours, month) if month else ()
    words, may_read = _words(person, known, ours)
    return LineOfSight(
        department=department,
        doings=doings(known, ours),
        causes=_causes(known, ours),
        month=month,
        changes=changed,
        words=words,
        may_read=may_read,
        outcomes=outcomes_of(department),
    )


def sighted() -> tuple[Sighted, ...]:
    """Every department, as a tree, with how far it sees."""
    known = taxonomy()
    rows = []
    for branch in department_tree():
        ours = _parts_of([branch.department.pk])
        seen = len(_parts(known, ours)), len(_own_causes(known, ours))
        rows.append(Sighted(branch.department, branch.depth, *seen, is_mapped=bool(ours)))
    return tuple(rows)


def doings(known: Taxonomy, ours: frozenset[str]) -> tuple[Doing, ...]:
    """What departments of the journey do at its moments, in the order of the journey."""
    parts = _parts(known, ours)
    if not parts:
        return ()
    ranking, led = moment_ranking(recent()), leaders()
    names = {stage.id: stage.name for stage in known.stages}
    return tuple(
        Doing(moment, names.get(moment.stage, ""), part.does, judged(ranking.of(moment.id)), led.get(moment.id))
        for moment, part in parts
    )


def judged(row: MomentRow | None) -> MomentRow | None:
    """The figures of a moment, without a verdict on how often it goes wrong where fewer than 30 passed it."""
    if row is None or isinstance(row.goes_wrong, NoVerdict) or row.goes_wrong.n >= LEAST_BASE:
        return row
    n = row.goes_wrong.n
    message = ngettext("Only %d customer passed it.", "Only %d customers passed it.", n) % n
    return replace(row, goes_wrong=NoVerdict("small_base", message, n))


def recent() -> Selection:
    """The last twelve months of the record: what "current" means here."""
    newest = company_record().ask(Span()).last_day
    return Selection().last(FIGURES_OF_DAYS, newest) if newest else Selection()


def last_whole_month() -> date | None:
    """The first day of the last month that the record holds to its end; None in an empty record."""
    newest = company_record().ask(Span()).last_day
    if newest is None:
        return None
    start = newest.replace(day=1)
    return start if (newest + timedelta(days=1)).day == 1 else month_before(start)


def _read_month(month: date) -> date:
    """The first day of a month that someone asked for; refuses one that no record holds."""
    if not YEARS[0] <= month.year <= YEARS[1]:
        message = _("The record holds months from %(first)d to %(last)d, not %(month)s.")
        values = {"first": YEARS[0], "last": YEARS[1], "month": month.isoformat()}
        raise Refused("month_out_of_range", message % values, "month")
    return month.replace(day=1)


def month_before(month: date) -> date:
    """The first day of the month before."""
    return (month - timedelta(days=1)).replace(day=1)


def _parts_of(departments: Iterable[int]) -> frozenset[str]:
    """The departments of the journey that these, and all below them, are."""
    rows = {row.pk: row for row in Department.objects.all()}
    inside = below({key: row.parent_id for key, row in rows.items()}, departments)
    return frozenset(name for key in inside for name in rows[key].pack_departments)


def _parts(known: Taxonomy, ours: frozenset[str]) -> list[tuple[Moment, Contribution]]:
    return [(moment, part) for moment in known.moments for part in moment.contributions if part.department in ours]


def _own_causes(known: Taxonomy, ours: frozenset[str]) -> list[Cause]:
    return [cause for cause in known.active_causes if cause.demand != "value" and ours & set(cause.departments)]


def _causes(known: Taxonomy, ours: frozenset[str]) -> tuple[CauseFigures, ...]:
    own = {cause.id for cause in _own_causes(known, ours)}
    return tuple(row for row in causes(recent()).complaints if row.cause.id in own) if own else ()


def month_changes(known: Taxonomy, month: date) -> tuple[Change, ...]:
    """This month against the one before, for every stage, failure cause and measured moment of the company.

    All are judged together, so that every department reads the same verdict on the same change.
    """
    now, before = (_Month.read(start, known) for start in (month, month_before(month)))
    rows: list[tuple[ChangeKind, str, str, Result, Result]] = [
        ("stage", stage.id, stage.name, now.stage(stage.id), before.stage(stage.id)) for stage in known.stages
    ]
    failing = (cause for cause in known.active_causes if cause.demand != "value")
    rows += [("cause", cause.id, cause.name, now.cause(cause.id), before.cause(cause.id)) for cause in failing]
    rows += [
        ("moment", moment.id, moment.name, now.broken(moment.id), before.broken(moment.id))
        for moment in known.moments
        if moment.id in now.breaches or moment.id in before.breaches
    ]
    judged = compare((row[1], row[3], row[4]) for row in rows)
    changes = [Change(*row, comparison) for row, comparison in zip(rows, judged, strict=True)]
    return tuple(sorted(changes, key=lambda one: (not one.direction, one.comparison.adjusted_p, one.name)))


def _changes(known: Taxonomy, ours: frozenset[str], month: date) -> tuple[Change, ...]:
    """The changes of the stages it touches, of the causes it can change and of the moments it contributes to."""
    moments = {moment.id: moment.stage for moment, _part in _parts(known, ours)}
    causes_of = {cause.id: cause.stages for cause in _own_causes(known, ours)}
    touched = {
        "stage": {*moments.values(), *(stage for stages in causes_of.values() for stage in stages)},
        "cause": set(causes_of),
        "moment": set(moments),
    }
    return tuple(
        change
        for change in month_changes(known, month)
        if change.id in touched[change.kind] and (change.now.n or change.before.n)
    )


@dataclass(frozen=True, slots=True)
class _Month:
    """One calendar month: negative signals and all signals by customer bucket, and promises broken."""

    whole: Array
    named: Mapping[str, Array]
    negative: Mapping[str, Array]
    signals: Mapping[str, Array]
    breaches: Mapping[str, Result]

    @classmethod
    def read(cls, start: date, known: Taxonomy) -> "_Month":
        end = (start + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        said = Filter(Among(Term("text", "kind"), SAID))

        def ask(*by: str) -> tuple[SumsRow, ...]:
            return company_record().ask(Sums((*by, "bucket"), said, start, end)).rows

        whole, by_stage = _by_bucket(ask(), "", "negative"), ask("stage")
        return cls(
            whole.get("", np.zeros(BUCKETS)),
            _by_bucket(ask("cause"), "cause", "negative", known.resolve),
            _by_bucket(by_stage, "stage", "negative"),
            _by_bucket(by_stage, "stage", "n"),
            {moment: _broken(answer.result) for moment, answer in reliability(None, start, end).items()},
        )

    def stage(self, stage: str) -> Result:
        """Negative signals ÷ all signals of a stage."""
        return _share(self.negative.get(stage), self.signals.get(stage))

    def cause(self, cause: str) -> Result:
        """Negative signals naming a cause ÷ all negative signals."""
        return _share(self.named.get(cause), self.whole)

    def broken(self, moment: str) -> Result:
        """Promises of a moment broken ÷ promises due."""
        return self.breaches.get(moment, NoVerdict("nothing_due", _("Nothing was due in this time.")))


def _by_bucket(
    rows: Iterable[SumsRow], dimension: str, field: str, resolve: Callable[[str], str] = str
) -> dict[str, Array]:
    found: dict[str, Array] = defaultdict(lambda: np.zeros(BUCKETS))
    for row in rows:
        group = resolve(row.group.get(dimension) or "")
        found[group][int(row.group["bucket"] or 0)] += getattr(row, field)
    return dict(found)


def _share(hits: Array | None, base: Array | None) -> Result:
    """A share, or no verdict on fewer than 30."""
    nothing = np.zeros(BUCKETS)
    base = nothing if base is None else base
    n = round(base.sum())
    if n < LEAST_BASE:
        return NoVerdict("small_base", _("Fewer than %d signals in a month are not compared.") % LEAST_BASE, n)
    return shares((nothing if hits is None else hits)[None], base[None])[0]


def _broken(kept: Result) -> Result:
    if isinstance(kept, NoVerdict):
        return kept
    return replace(kept, estimate=1 - kept.estimate, low=1 - kept.high, high=1 - kept.low)


def _words(person: Person | None, known: Taxonomy, ours: frozenset[str]) -> tuple[tuple[Signal, ...], bool]:
    """Typical complaints about what the department can change, and whether this person may read such words."""
    listed = ", ".join(f"'{cause.id}'" for cause in _own_causes(known, ours))
    if not listed:
        return (), True
    try:
        page = verbatim_page(person, recent().with_where(f"cause in ({listed})"), negative=True, size=WORDS_READ)
    except Refused:
        return (), False
    return tuple(typical(page.rows, WORDS)), True
