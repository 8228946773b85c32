"""The facts of the strategy check and the decision test, put together from what each room knows."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date

from django.db.models import Count
from django.utils import timezone

from headwater.base.models import Department, Person
from headwater.insight.causes import SAID, causes
from headwater.journey.queries import taxonomy
from headwater.journey.taxonomy import Taxonomy
from headwater.metrics.store import company_record
from headwater.record.filters import Among, Filter, Term
from headwater.record.questions import AttributeNames, Sums, SumsRow
from headwater.science import Estimate
from headwater.strategy import measures as measured
from headwater.strategy import readiness, sight
from headwater.strategy.facts import (
    ContributionFacts,
    CustomerGroup,
    DepartmentFacts,
    Dimension,
    Figure,
    JourneyCause,
    JourneyMoment,
    JourneyStage,
    MeasureFacts,
    PeopleGroup,
    PinFacts,
    ReadinessFacts,
    StrategyFacts,
)
from headwater.strategy.measures import MeasureView
from headwater.strategy.models import Pin
from headwater.strategy.pinnable import measure_of
from headwater.strategy.strategy import Strategy

#: How attributes of customers are called that say their region or their segment.
NAMES: dict[Dimension, re.Pattern[str]] = {
    "region": re.compile(r"^(customer_)?(region|state|province|country|land|area)$", re.IGNORECASE),
    "segment": re.compile(r"^(customer_)?(segment|type|tier|plan|group|class)$", re.IGNORECASE),
}
MOST_GROUPS = 100
MOST_ATTRIBUTES = 4


def strategy_facts(strategy: Strategy) -> StrategyFacts:
    """Everything that is known today about a strategy, draft or published."""
    known = taxonomy()
    return StrategyFacts(
        strategy=strategy,
        today=timezone.localdate(),
        measures=measure_facts(strategy),
        departments=_departments(),
        levels=_people_by("level"),
        sites=_people_by("site"),
        contributions=_contributions(known),
        stages=tuple(JourneyStage(stage.id, stage.name) for stage in known.stages),
        moments=tuple(JourneyMoment(moment.id, moment.name, moment.stage) for moment in known.moments),
        causes=_causes(known),
        groups=_groups(),
        readiness=_readiness(),
    )


def sight_facts(strategy: Strategy) -> StrategyFacts:
    """What says which department sees its way to which outcome; asks the record nothing."""
    known = taxonomy()
    return StrategyFacts(
        strategy=strategy,
        today=timezone.localdate(),
        departments=_departments(),
        contributions=_contributions(known),
        stages=tuple(JourneyStage(stage.id, stage.name) for stage in known.stages),
        moments=tuple(JourneyMoment(moment.id, moment.name, moment.stage) for moment in known.moments),
        causes=tuple(
            JourneyCause(cause.id, cause.name, cause.stages, cause.departments, None, None, None)
            for cause in known.active_causes
        ),
    )


def decision_facts(strategy: Strategy, pins: Iterable[Pin] | None = None) -> StrategyFacts:
    """What the decision test reads: measures and the pins given, or every pin that is in use."""
    rows = Pin.objects.filter(stopped_at=None) if pins is None else pins
    return StrategyFacts(strategy, timezone.localdate(), measures=measure_facts(strategy), pins=pin_facts(rows))


def measure_facts(strategy: Strategy) -> tuple[MeasureFacts, ...]:
    """The measures in use. One that was made before the strategy keeps the outcomes that this strategy has."""
    views = measured.measures()
    seen = sight.last_looks(f"measure:{view.measure.slug}" for view in views)
    there = {outcome.id for outcome in strategy.outcomes}
    return tuple(_measure(view, there, seen) for view in views)


def pin_facts(pins: Iterable[Pin]) -> tuple[PinFacts, ...]:
    """The pinned charts with when each was last seen."""
    rows = list(pins)
    seen = sight.last_looks(f"pin:{pin.pk}" for pin in rows)
    return tuple(
        PinFacts(
            id=pin.pk,
            board=pin.board_id,
            board_name=pin.board.name,
            title=pin.title,
            question=pin.question,
            decision=pin.decision,
            owner=pin.owner.name if pin.owner else "",
            outcome=pin.outcome,
            measure=measure_of(pin.address),
            pinned=timezone.localtime(pin.pinned_at).date(),
            last_looked_at=seen.get(f"pin:{pin.pk}"),
        )
        for pin in rows
    )


def _measure(view: MeasureView, outcomes: set[str], seen: Mapping[str, date]) -> MeasureFacts:
    row, latest = view.measure, view.latest
    return MeasureFacts(
        id=row.slug,
        name=row.name,
        kind="how" if row.kind == "how" else "what",
        outcomes=tuple(one for one in row.outcomes if one in outcomes),
        is_survey=view.is_survey_score,
        segments=(view.definition.population,) if view.definition.population else (),
        baseline=row.baseline,
        target=row.target,
        target_date=row.target_date,
        started=timezone.localtime(row.created_at).date(),
        owner=row.owner.name if row.owner else "",
        question=row.question,
        decision=row.decision,
        signed_by=tuple(one.person.name for one in view.signed),
        latest=Figure(latest.value, latest.low, latest.high, latest.until)
        if latest and latest.value is not None
        else None,
        unit=view.unit,
        unit_name=row.unit,
        last_looked_at=seen.get(f"measure:{row.slug}"),
    )


def _departments() -> tuple[DepartmentFacts, ...] | None:
    rows = Department.objects.annotate(size=Count("people")).values(
        "pk", "name", "parent_id", "pack_departments", "size"
    )
    found = tuple(
        DepartmentFacts(
            str(row["pk"]),
            row["name"],
            row["size"],
            str(row["parent_id"]) if row["parent_id"] else None,
            tuple(row["pack_departments"]),
        )
        for row in rows.order_by("name")
    )
    return found or None


def _people_by(field: str) -> tuple[PeopleGroup, ...]:
    """Active colleagues by level or site, with the departments they are in; those without one are left out."""
    counted: dict[str, Counter[str | None]] = {}
    rows = Person.objects.filter(is_active=True).exclude(**{field: ""})
    for row in rows.values(field, "department_id").annotate(people=Count("pk")).order_by(field):
        department = str(row["department_id"]) if row["department_id"] else None
        counted.setdefault(row[field], Counter())[department] += row["people"]
    return tuple(PeopleGroup(name, dict(people)) for name, people in counted.items())


def _contributions(known: Taxonomy) -> tuple[ContributionFacts, ...] | None:
    """What departments do at the moments; None while no moment says so."""
    found = tuple(
        ContributionFacts(part.department, moment.id, part.does)
        for moment in known.moments
        for part in moment.contributions
    )
    return found or None


def _causes(known: Taxonomy) -> tuple[JourneyCause, ...]:
    figures = {row.cause.id: row.share for row in causes().complaints}
    found = []
    for cause in known.active_causes:
        share = figures.get(cause.id)
        bounds = (share.estimate, share.low, share.high) if isinstance(share, Estimate) else (None, None, None)
        found.append(JourneyCause(cause.id, cause.name, cause.stages, cause.departments, *bounds))
    return tuple(found)


def _groups() -> tuple[CustomerGroup, ...] | None:
    """Customers by region, segment and language, each with its share of all customers of whom that is known.

    The base are the customers to whom anything happened or who said anything; ``signals`` counts what they said.
    """
    found = [group for dimension, term in _terms() for group in _by_term(dimension, term)]
    return tuple(found) or None


def _terms() -> list[tuple[Dimension, str]]:
    names = [row.value for row in company_record().ask(AttributeNames()) if row.value]
    matched: list[tuple[Dimension, str]] = [
        (dimension, str(Term("attribute", name)))
        for dimension, known in NAMES.items()
        for name in names
        if known.match(name)
    ]
    return [*matched[:MOST_ATTRIBUTES], ("language", "language")]


def _by_term(dimension: Dimension, term: str) -> list[CustomerGroup]:
    record = company_record()
    said = Filter(Among(Term("text", "kind"), SAID))
    base = record.ask(Sums((term,), customers=True, limit=MOST_GROUPS)).rows
    words = {_value(row): row.n for row in record.ask(Sums((term,), said, limit=MOST_GROUPS)).rows}
    whole = sum(row.customers or 0 for row in base if _value(row))
    return [
        CustomerGroup(dimension, term, value, row.customers or 0, (row.customers or 0) / whole, words.get(value, 0))
        for row in base
        if (value := _value(row))
    ]


def _value(row: SumsRow) -> str:
    return next(iter(row.group.values())) or ""


def _readiness() -> tuple[ReadinessFacts, ...] | None:
    """The readiness list; None while nobody has answered any of its questions."""
    items = readiness.items()
    if all(item.edition == 0 and item.owner is None for item in items):
        return None
    return tuple(
        ReadinessFacts(
            key=item.key,
            title=str(item.question.title),
            owner=item.owner.name if item.owner else "",
            due=item.due,
            state=item.state,
            has_evidence=item.has_evidence,
            is_yes_no=item.question.is_yes_no,
            says_yes=item.says_yes,
        )
        for item in items
    )
