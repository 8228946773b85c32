"""The river of what had happened: contacts and low scores that followed events, also where nobody says so.

Beside the river of what customers say, and never added to it. What did not follow from any event that shows a cause is
not attributed, and never spread. A departure is in no event's account here. Where fewer followed an event than came
otherwise there is nothing to draw: such causes are named beside the picture, with their figure.
"""

from collections.abc import Mapping
from typing import Final

from headwater.insight.causes import department_names
from headwater.insight.demand import beginnings
from headwater.insight.happened import Happened, Happening, Outcome, happened
from headwater.insight.river import Fewer, River, Stream, Symptom
from headwater.insight.selection import Selection
from headwater.journey.queries import taxonomy
from headwater.science.results import Estimate

OUTCOMES: Final[tuple[Outcome, ...]] = ("contact", "low_score")


def river_happened(selection: Selection | None = None) -> River:
    """Answer which causes what customers did followed from, by the journey's own stage of each cause."""
    selection = selection or Selection()
    found = {outcome: happened(selection, outcome=outcome) for outcome in OUTCOMES}
    total = float(sum(one.n for one in found.values()))
    streams = [one for cause in _causes(found) if (one := _stream(cause, found, total)).value > 0]
    rest: dict[tuple[str, Symptom], float] = {}
    for outcome in OUTCOMES:
        left = found[outcome].n - sum(stream.of(symptom=outcome) for stream in streams)
        if left > 0:
            rest["", outcome] = left
    if rest:
        share = sum(rest.values()) / total
        known = [stream.share for stream in streams if isinstance(stream.share, Estimate)]
        reach = sum(((one.high - one.low) / 2) ** 2 for one in known) ** 0.5
        result = Estimate(
            share, max(share - reach, 0.0), min(share + reach, 1.0), round(total), "what no event explains"
        )
        streams.append(Stream("unknown", None, (), rest, result))
    streams.sort(key=lambda one: (one.kind != "failure", -one.value))
    whole = Estimate(total, total, total, round(total), "counted")
    return River("acts", tuple(streams), whole, beginnings(selection), evidence="happened", fewer=_fewer(found))


def _fewer(found: Mapping[Outcome, Happened]) -> tuple[Fewer, ...]:
    """Causes after which fewer contacts or low scores came than otherwise; the furthest below nothing first."""
    rows = [
        Fewer(row.cause, outcome, row.outcomes)
        for outcome, one in found.items()
        for row in one.rows
        if isinstance(row.outcomes, Estimate) and row.outcomes.estimate < 0
    ]
    return tuple(sorted(rows, key=lambda row: row.excess.estimate))


def _causes(found: Mapping[Outcome, Happened]) -> list[str]:
    return sorted({row.cause.id for one in found.values() for row in one.rows})


def _stream(cause_id: str, found: Mapping[Outcome, Happened], total: float) -> Stream:
    """One cause's extra contacts and low scores; less than nothing cannot be drawn, see ``River.fewer``."""
    rows: dict[Outcome, Happening] = {}
    for outcome, one in found.items():
        if (row := one.of(cause_id)) is not None:
            rows[outcome] = row
    cause = next(iter(rows.values())).cause
    stage = cause.stages[0] if cause.stages else ""
    sure = {outcome: row.outcomes for outcome, row in rows.items() if isinstance(row.outcomes, Estimate)}
    flows: dict[tuple[str, Symptom], float] = {
        (stage, outcome): one.estimate for outcome, one in sure.items() if one.estimate > 0
    }
    value = sum(flows.values())
    below = sum((one.estimate - one.low) ** 2 for one in sure.values()) ** 0.5
    above = sum((one.high - one.estimate) ** 2 for one in sure.values()) ** 0.5
    method = next((one.method for one in sure.values()), "")
    assumptions = next((one.assumptions for one in sure.values()), ())
    whole = max(total, 1.0)
    low, high = max(value - below, 0.0) / whole, min((value + above) / whole, 1.0)
    share = Estimate(value / whole, low, high, round(total), method, assumptions)
    departments = tuple(sorted(department_names(taxonomy(), cause_id)))
    return Stream("failure", cause, departments, flows, share)
