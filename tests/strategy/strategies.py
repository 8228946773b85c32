"""A strategy that holds, and ten made from it that each fail one rule."""

from dataclasses import replace
from datetime import date

from headwater.strategy.facts import (
    ContributionFacts,
    CustomerGroup,
    DepartmentFacts,
    Figure,
    JourneyCause,
    JourneyMoment,
    JourneyStage,
    MeasureFacts,
    PeopleGroup,
    ReadinessFacts,
    StrategyFacts,
)
from headwater.strategy.strategy import BusinessGoal, Outcome, Strategy, Value

TODAY = date(2026, 6, 1)
STRATEGY = Strategy(
    1,
    vision="Everyone in Brazil gets what they ordered on the day we promised.",
    mission="Customers who order from us know at each step where their parcel is, and hear from us before they ask.",
    success="By the end of 2029 nine of ten customers get their parcel on the promised day.",
    values=(
        Value("word", "We keep our word", "When we name a day, the parcel is at the door on that day."),
        Value("open", "We are open", "When something goes wrong, we call the customer before the customer calls us."),
    ),
    goals=(
        BusinessGoal("stay", "Customers stay", "Seven of ten customers order again within a year."),
        BusinessGoal("cost", "Service costs less", "Contacts per order fall by a third."),
    ),
    outcomes=(
        Outcome(
            "on_time",
            1,
            "For customers who wait for a delivery, late parcels fall from 31 % to 20 % by December 2027.",
            goal="stay",
            values=("word",),
            stages=("wait",),
        ),
        Outcome(
            "told",
            2,
            "Nine of ten customers whose parcel is late hear it from us first, by December 2028.",
            goal="cost",
            values=("open",),
            moments=("late",),
        ),
    ),
)


def measure(name: str, kind: str, outcome: str, *, is_survey: bool = False) -> MeasureFacts:
    return MeasureFacts(
        id=name,
        name=name.replace("_", " "),
        kind=kind,  # type: ignore[arg-type]
        outcomes=(outcome,),
        is_survey=is_survey,
        baseline=0.31,
        target=0.20,
        target_date=date(2027, 12, 31),
        started=date(2026, 1, 1),
        owner="Head of delivery",
        question="Do parcels arrive on the promised day?",
        decision="Change the carrier of the region.",
        signed_by=("Chief executive",),
        latest=Figure(0.29, 0.27, 0.31, date(2026, 5, 31)),
        unit="share",
        last_looked_at=date(2026, 5, 30),
    )


def answered(key: str, title: str) -> ReadinessFacts:
    return ReadinessFacts(key, title, "Head of people", date(2026, 9, 1), "under_way")


GOOD = StrategyFacts(
    strategy=STRATEGY,
    today=TODAY,
    measures=(
        measure("late_parcels", "what", "on_time"),
        measure("ease_of_delivery", "how", "on_time", is_survey=True),
        measure("told_first", "what", "told"),
        measure("felt_informed", "how", "told", is_survey=True),
    ),
    departments=(
        DepartmentFacts("1", "Operations", 2, None, ()),
        DepartmentFacts("2", "Warehouse", 40, "1", ("warehouse",)),
        DepartmentFacts("3", "Customer service", 25, None, ("service",)),
    ),
    levels=(
        PeopleGroup("front line", {"2": 35, "3": 22}),
        PeopleGroup("management", {"1": 2, "2": 5, "3": 3}),
    ),
    sites=(PeopleGroup("São Paulo", {"1": 2, "2": 40}), PeopleGroup("Recife", {"3": 25})),
    contributions=(
        ContributionFacts("warehouse", "promise", "Hands the parcel to the carrier on the day it was ordered."),
        ContributionFacts("service", "late", "Calls the customer before the promised day has passed."),
    ),
    stages=(JourneyStage("order", "I order"), JourneyStage("wait", "I wait for it")),
    moments=(JourneyMoment("promise", "The promised day", "wait"), JourneyMoment("late", "It is late", "wait")),
    causes=(JourneyCause("delivered_late", "Delivered late", ("wait",), ("warehouse",), 0.31, 0.29, 0.33),),
    groups=(
        CustomerGroup("region", "attribute:state", "SP", 4200, 0.42, 900),
        CustomerGroup("region", "attribute:state", "BA", 800, 0.08, 120),
        CustomerGroup("region", "attribute:state", "AC", 12, 0.001, 0),
    ),
    readiness=(
        answered("behaviours", "Behaviours"),
        answered("communication", "Communication"),
        answered("training", "Training"),
        replace(answered("milestones", "Milestones and quick wins"), state="done", has_evidence=True),
        ReadinessFacts("pay_on_score", "Pay and survey scores", is_yes_no=True, says_yes=False),
    ),
)


def with_strategy(**changes: object) -> StrategyFacts:
    return replace(GOOD, strategy=replace(STRATEGY, **changes))  # type: ignore[arg-type]


def with_outcome(text: str) -> StrategyFacts:
    first, *others = STRATEGY.outcomes
    return with_strategy(outcomes=(replace(first, text=text), *others))


def _surveys_alone() -> StrategyFacts:
    told = {"told_first": replace(GOOD.measures[2], is_survey=True)}
    return replace(GOOD, measures=tuple(told.get(measure.id, measure) for measure in GOOD.measures))


#: Each fails the rule it is named for, and no other.
FAILING: dict[str, StrategyFacts] = {
    "clear": with_outcome("Late parcels fall from 31 % to 20 % by December 2027."),
    "phrases": with_strategy(mission="We put the customer first."),
    "plain": with_strategy(
        success="By the end of 2029 nine of ten customers, wherever they live and whatever they order, get the "
        "parcel on the day that we promised them when they paid, and hear from us at once when we cannot keep that day."
    ),
    "aligned": with_strategy(
        values=(*STRATEGY.values, Value("thrift", "We waste nothing", "We reuse the box when the customer returns it."))
    ),
    "meaningful": replace(
        GOOD, departments=(*(GOOD.departments or ()), DepartmentFacts("4", "Billing", 12, None, ("billing",)))
    ),
    "inclusive": replace(
        GOOD, groups=(*(GOOD.groups or ()), CustomerGroup("region", "attribute:state", "RS", 700, 0.07, 3))
    ),
    "measured": replace(GOOD, measures=(replace(GOOD.measures[0], owner=""), *GOOD.measures[1:])),
    "culture": replace(GOOD, readiness=(replace((GOOD.readiness or ())[0], owner=""), *(GOOD.readiness or ())[1:])),
    "tactics": with_outcome("Launch a new tracking page by June 2027."),
    "surveys": _surveys_alone(),
}
