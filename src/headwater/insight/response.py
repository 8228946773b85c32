"""Who was asked, who answered, and who did not: response rates by segment of those invited.

Invitations younger than the wait are left out, because their answers may still come. See docs/use/response.md for how
a survey tool writes an invitation.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
from django.utils.translation import gettext as _

import headwater.science as hs
from headwater.base.refusals import Refused
from headwater.insight.selection import Selection
from headwater.insight.weighting_margins import MOST_MARGINS, margins_in_force
from headwater.metrics.rules import BUCKETS
from headwater.metrics.singling import names_colleague
from headwater.metrics.store import company_record
from headwater.record.questions import Invited, InvitedRow, Span
from headwater.record.views import UnknownDimension
from headwater.science.bounds import Array
from headwater.science.results import Estimate, NoVerdict, Result

WAIT: Final = 14
"""How many days an answer is waited for."""
MOST_SEGMENTS: Final = 60
OTHER_DIMENSIONS: Final = ("channel", "language", "attribute:survey", "attribute:branch", "month")


@dataclass(frozen=True, slots=True)
class SegmentResponse:
    """One segment of those invited. ``gap`` is its response rate less that of all others; ``found`` says whether they
    differ once all segments were compared; ``silent``: too few answers for a large part of those asked."""

    segment: str
    asked: int
    answered: int
    rate: Result
    gap: Result
    found: bool
    silent: bool


@dataclass(frozen=True, slots=True)
class Response:
    """Who answered, by the segments of one dimension.

    ``unnamed`` were asked and have no value there; they are in the whole. ``young`` invitations are left out, because
    their answers may still come; ``until`` is the last day that is in.
    """

    dimension: str
    selection: Selection
    rows: tuple[SegmentResponse, ...]
    overall: Result
    representativity: Result
    largest_bias: Result
    uneven: bool
    asked: int
    answered: int
    unnamed: int
    young: int
    until: date | None

    @property
    def lowest(self) -> SegmentResponse | None:
        """Of the segments that surely answer less than the others the one with the lowest rate."""
        below = [row for row in self.rows if row.found and isinstance(row.gap, Estimate) and row.gap.high < 0]
        return min(below, key=lambda row: row.answered / row.asked, default=None)


def dimensions() -> tuple[str, ...]:
    """What response can be looked at by: what is known of customers first."""
    known = (f"attribute:{margin.attribute}" for margin in margins_in_force())
    return (*known, *OTHER_DIMENSIONS)


def response(selection: Selection | None = None, dimension: str = "") -> Response:
    """Response rates by the segments of a dimension; where none is named, by the attribute that tells most."""
    selection = selection or Selection()
    if not dimension:
        return _most_telling(selection)
    if names_colleague(dimension.removeprefix("attribute:")):
        message = _("Who answers by colleague is score integrity: it reaches the colleague and their manager only.")
        raise Refused("dimension_of_colleagues", message, "by")
    last = company_record().ask(Span()).last_day
    until = None if last is None else min(last - timedelta(days=WAIT), selection.until or last)
    rows = _asked(dimension, selection, selection.since, until) if until else ()
    segments = _segments(rows, dimension)
    if len(segments) > MOST_SEGMENTS:
        message = _("%(by)s has more than %(most)d values among those asked; choose a coarser one.")
        raise Refused("too_many_segments", message % {"by": dimension, "most": MOST_SEGMENTS}, "by")
    found = hs.response_rates({name or "": counts for name, counts in segments.items()})
    young = 0
    if until is not None and (selection.until is None or selection.until > until):
        after = max(until + timedelta(days=1), selection.since or date.min)
        young = sum(row.asked for row in _asked("month", selection, after, selection.until))
    return _answer(dimension, selection, segments, found, young, until)


def _most_telling(selection: Selection) -> Response:
    """By the attribute of customers whose segments answer least alike; where none is known, by channel."""
    known = [name for name in dimensions() if name not in OTHER_DIMENSIONS][:MOST_MARGINS] or [OTHER_DIMENSIONS[0]]
    found = [response(selection, name) for name in known]
    telling = [one for one in found if isinstance(one.representativity, Estimate)]
    return min(telling, key=lambda one: _evenness(one.representativity), default=found[0])


def _evenness(result: Result) -> float:
    return result.estimate if isinstance(result, Estimate) else 1.0


def _asked(dimension: str, selection: Selection, since: date | None, until: date | None) -> tuple[InvitedRow, ...]:
    if dimension in ("bucket", "cause"):
        raise Refused("dimension_unknown", _("Those asked cannot be grouped by %s.") % dimension, "by")
    try:
        return company_record().ask(Invited((dimension, "bucket"), selection.filter(), since, until, wait=WAIT))
    except UnknownDimension as error:
        raise Refused("dimension_unknown", str(error), "by") from error


def _segments(rows: Iterable[InvitedRow], dimension: str) -> dict[str | None, tuple[Array, Array]]:
    """Answered and asked of each segment, by customer bucket."""
    found: dict[str | None, tuple[Array, Array]] = {}
    for row in rows:
        answered, asked = found.setdefault(row.group[dimension], (np.zeros(BUCKETS), np.zeros(BUCKETS)))
        bucket = int(row.group["bucket"] or 0)
        answered[bucket] += row.answered
        asked[bucket] += row.asked
    return found


def _answer(
    dimension: str,
    selection: Selection,
    segments: dict[str | None, tuple[Array, Array]],
    found: hs.ResponseRates | NoVerdict,
    young: int,
    until: date | None,
) -> Response:
    if isinstance(found, NoVerdict):
        return Response(dimension, selection, (), found, found, found, False, 0, 0, 0, young, until)
    gaps = {one.name: one for one in found.against_rest}
    rows = tuple(
        SegmentResponse(
            name,
            round(float(asked.sum())),
            round(float(answered.sum())),
            found.rates[name],
            gaps[name].difference,
            gaps[name].found,
            name in found.silent,
        )
        for name, (answered, asked) in segments.items()
        if name
    )
    unnamed = sum(round(float(asked.sum())) for name, (_answered, asked) in segments.items() if not name)
    answered = round(sum(float(pair[0].sum()) for pair in segments.values()))
    ordered = tuple(sorted(rows, key=lambda row: row.segment))
    return Response(
        dimension,
        selection,
        ordered,
        found.overall,
        found.representativity,
        found.largest_bias,
        found.uneven,
        found.n,
        answered,
        unnamed,
        young,
        until,
    )
