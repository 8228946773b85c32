"""One moment as people who work at it read it: how it goes, what we promise, who does what, and customers' words."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from headwater.base.models import Person
from headwater.base.refusals import NotFound, Refused
from headwater.insight.line_of_sight import judged
from headwater.insight.moments import MomentRanking, MomentRow, moment_ranking
from headwater.insight.selection import Selection
from headwater.insight.typical import typical
from headwater.insight.verbatims import verbatim_page
from headwater.journey.moments import leader_of
from headwater.journey.queries import department_names, taxonomy
from headwater.journey.standards import Reading
from headwater.journey.taxonomy import Cause, Moment, Stage
from headwater.record.questions import Signal

WORDS = 4
WORDS_READ = 60


@dataclass(frozen=True, slots=True)
class MomentPage:
    """Everything of one moment. ``parts`` are (department, what it does there); ``place`` is None where it has none.

    ``may_read`` says whether this person may read customers' words about it.
    """

    moment: Moment
    stage: Stage | None
    ranking: MomentRanking
    row: MomentRow
    place: int | None
    leader: Person | None
    parts: tuple[tuple[str, str], ...]
    causes: tuple[Cause, ...]
    words: tuple[Signal, ...]
    may_read: bool

    @property
    def readings(self) -> tuple[Reading, ...]:
        """What each of its standards measures."""
        return self.row.reliability.readings if self.row.reliability else ()


def moment_page(person: Person | None, moment_id: str, selection: Selection) -> MomentPage:
    """Read one moment of the published journey. Refuses (404) any other."""
    known = taxonomy()
    moment = known.moment(moment_id)
    if moment is None:
        raise NotFound("moment_unknown", _("There is no moment “%s” in the published journey.") % moment_id[:60])
    ranking = moment_ranking(selection)
    row = judged(ranking.of(moment_id))
    assert row is not None  # noqa: S101 (the ranking has a row for every published moment)
    names = department_names(known)
    words, may_read = _words(person, moment_id, selection)
    return MomentPage(
        moment=moment,
        stage=known.stage(moment.stage),
        ranking=ranking,
        row=row,
        place=next((n for n, one in enumerate(ranking.ranked, start=1) if one.moment.id == moment_id), None),
        leader=leader_of(moment_id),
        parts=tuple((names.get(part.department, part.department), part.does) for part in moment.contributions),
        causes=tuple(cause for cause in known.causes_of(moment.stage) if cause.active and cause.demand != "value"),
        words=words,
        may_read=may_read,
    )


def _words(person: Person | None, moment_id: str, selection: Selection) -> tuple[tuple[Signal, ...], bool]:
    """Typical complaints at the moment, and whether this person may read such words."""
    asked = selection.with_where(f"moment = '{moment_id}'")
    try:
        page = verbatim_page(person, asked, negative=True, size=WORDS_READ)
    except Refused:
        return (), False
    return tuple(typical(page.rows, WORDS)), True
