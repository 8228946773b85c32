"""The sample company's strategy and measures: good ones, with two weaknesses for the strategy check to find, and
nothing else that it names.

The weaknesses: an outcome of the second year is a thing to be launched instead of a change for customers, and the
issue about refunds hangs under no outcome.
"""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from headwater.base.models import Department, OutboxMail, Person
from headwater.metrics.store import company_record
from headwater.record.questions import Span
from headwater.science.results import Estimate
from headwater.site.sample.company import CURRENCY
from headwater.site.sample.trial import FIRST_MISSION, try_mission
from headwater.strategy import agreement, definitions, drafting, measuring, readings, sign_offs
from headwater.strategy.models import Measure, StrategyVersion
from headwater.strategy.readings import Figure, GivenReading
from headwater.strategy.strategy import BusinessGoal, Issue, Money, Outcome, Strategy, Value

STRATEGY = Strategy(
    0,
    vision="The shop that people name first when a neighbour asks where to order.",
    mission="Every order comes on the day we said, is what we showed, and whoever asks us gets one answer that holds.",
    success=(
        "At the end of year three, 96 of 100 customers get their parcel on the promised day, and half as many have to "
        "contact us about an order. 45 of 100 who ordered once order again within a year."
    ),
    values=(
        Value(
            "word",
            "We keep our word",
            "A date, a price or an answer that a customer got from us stays as it was given.",
        ),
        Value("plain", "We say it plainly", "Prices, terms and bad news in words that need no second reading."),
        Value(
            "source",
            "We mend it at the source",
            "What made a customer call is changed in the department where it began.",
        ),
    ),
    goals=(
        BusinessGoal("order_again", "More customers order again", "Half of our revenue comes from second orders."),
        BusinessGoal("cost_to_serve", "Cost to serve falls", "Contacts, returns and goodwill per order."),
    ),
    outcomes=(
        Outcome(
            "on_the_day",
            1,
            "Customers who wait for a delivery get it on the promised day in 95 of 100 orders, instead of 91.",
            goal="order_again",
            values=("word",),
            money=Money(900_000, CURRENCY, "revenue"),
            stages=("wait",),
            moments=("promised_day", "follow_parcel"),
            causes=("delivery_late",),
            segments=("attribute:region = 'South'",),
        ),
        Outcome(
            "offer_holds",
            1,
            "New customers who see an offer pay the price it named: 1 of 100 offers is turned down at the till, not 5.",
            goal="order_again",
            values=("plain", "word"),
            money=Money(350_000, CURRENCY, "revenue"),
            stages=("choose", "order"),
            moments=("see_offer", "check_out"),
            causes=("promotion_misleading",),
            segments=("attribute:segment = 'new'",),
        ),
        Outcome(
            "no_need_to_call",
            2,
            "Customers contact us about 10 of 100 orders instead of 25, because what made them call is mended.",
            goal="cost_to_serve",
            values=("source",),
            money=Money(600_000, CURRENCY, "cost"),
            stages=("get_help", "wait"),
            moments=("reach_service", "solved"),
            causes=("service_unreachable", "delivery_late"),
        ),
        Outcome("new_app", 2, "Launch the new app and train all staff in it.", goal="order_again", values=("plain",)),
        Outcome(
            "one_answer",
            3,
            "Business customers with a question about an invoice get one answer that settles it in 9 of 10 cases.",
            goal="cost_to_serve",
            values=("plain", "source"),
            money=Money(250_000, CURRENCY, "cost"),
            stages=("get_help", "order"),
            moments=("solved", "pay"),
            causes=("invoice_wrong", "service_unhelpful"),
            segments=("attribute:segment = 'business'",),
        ),
    ),
    issues=(
        Issue("parcels_late", "Parcels come later than the day we promised", ("delivery_late",), "on_the_day"),
        Issue("offers_refused", "Offers are turned down at the till", ("promotion_misleading",), "offer_holds"),
        Issue("nobody_answers", "Nobody answers when customers call", ("service_unreachable",), "no_need_to_call"),
        Issue("sold_out", "What was ordered is not there after all", ("out_of_stock",), "no_need_to_call"),
        Issue("refunds_late", "Money comes back late after a return", ("refund_late",)),
    ),
)

ORDERS = "event = 'order_placed'"
#: name, kind, outcome, department whose head owns it, definition, unit, target, question, decision
MEASURES: tuple[tuple[str, str, str, str, dict[str, Any], str, float, str, str], ...] = (
    (
        "Late deliveries",
        "what",
        "on_the_day",
        "Delivery",
        {"metric": "volume", "where": "event = 'delivery_late'", "denominator": ORDERS, "per": 100},
        "late per 100 orders",
        4.0,
        "How many orders miss the day we promised?",
        "Above the path for two months, the head of Delivery moves the worst region to the second carrier.",
    ),
    (
        "Satisfaction while waiting",
        "how",
        "on_the_day",
        "Delivery",
        {"metric": "csat", "where": "stage in ('wait', 'receive')", "direction": "higher"},
        "",
        0.93,
        "How was it to wait for a parcel and to open it?",
        "When it falls while deliveries are on time, the words about tracking are read in the weekly meeting.",
    ),
    (
        "Offers turned down",
        "what",
        "offer_holds",
        "Marketing",
        {"metric": "volume", "where": "event = 'promotion_rejected'", "denominator": ORDERS, "per": 100},
        "turned down per 100 orders",
        1.0,
        "How often does an offer not hold at the till?",
        "Above the path, the campaign that is running is stopped until its terms are read by someone outside.",
    ),
    (
        "Satisfaction with ordering",
        "how",
        "offer_holds",
        "Marketing",
        {"metric": "csat", "where": "stage = 'order'", "direction": "higher"},
        "",
        0.85,
        "How was ordering for those who ordered?",
        "When it falls in a campaign week, the next campaign waits until its causes are known.",
    ),
    (
        "Contacts per order",
        "what",
        "no_need_to_call",
        "Customer service",
        {"metric": "volume", "where": "kind = 'contact'", "denominator": ORDERS, "per": 100},
        "contacts per 100 orders",
        10.0,
        "How often does an order make a customer contact us?",
        "When it rises, the cause that grew most is on the agenda of the department it starts in, not of service.",
    ),
    (
        "Ease of getting help",
        "how",
        "no_need_to_call",
        "Customer service",
        {"metric": "ces", "direction": "higher"},
        "of 7",
        6.3,
        "How easy was it for customers to get their problem solved?",
        "Below the path, two agents are taken off mail and put on calls until it is back.",
    ),
    (
        "Failures of site and app",
        "what",
        "new_app",
        "Webshop",
        {"metric": "volume", "where": "event = 'site_error'", "denominator": ORDERS, "per": 100},
        "failures per 100 orders",
        1.0,
        "How often does the site or the app stop a customer who wants to order?",
        "Above the path for a month, the last release is taken back before the next is begun.",
    ),
    (
        "Stars in reviews",
        "how",
        "new_app",
        "Webshop",
        {"metric": "rating", "direction": "higher"},
        "of 5",
        4.6,
        "How many stars do customers give us where others read it?",
        "When it falls, the reviews of the month are read aloud in the release meeting.",
    ),
    (
        "Wrong invoices",
        "what",
        "one_answer",
        "Finance",
        {
            "metric": "volume",
            "where": "event = 'invoice_wrong'",
            "denominator": ORDERS,
            "per": 100,
        },
        "wrong per 100 orders",
        0.3,
        "How often is an invoice wrong or missing?",
        "Above the path, no invoice template is changed until the last change is taken back.",
    ),
)
#: Its path begins after the last month: it rose when nobody had planned it to.
BEGINS_NOW = {"Failures of site and app"}
HEALTH = (6.1, 6.0, 6.3, 6.5, 6.8, 7.1, 7.3, 7.5)


def load_strategy() -> None:
    """Give the sample company its strategy and measures; what is there already stays. Past months are read later."""
    if StrategyVersion.objects.exists():
        return
    people = {person.email: person for person in Person.objects.filter(is_sample=True)}
    leaders = [people[f"{name}@sample.example"] for name in ("sales-marketing", "supply-chain", "finance")]
    with transaction.atomic():
        drafting.replace_draft(None, replace(STRATEGY, mission=FIRST_MISSION), source="the sample company")
        try_mission(STRATEGY.mission)
        edition = agreement.propose(None, [leader.pk for leader in leaders]).edition
        for leader in leaders:
            agreement.answer(leader, edition, "agrees")
        agreement.publish(None)
        _start_measures(leaders)
        # Nobody reads the mail of a company that does not exist.
        OutboxMail.objects.filter(to__endswith="@sample.example").delete()


def _start_measures(leaders: list[Person]) -> None:
    last = company_record().ask(Span()).last_day
    assert last is not None  # noqa: S101 (the record was just filled)
    start, end = _month(last, -8), _month(last, 16)
    owners = {one.name: one.head for one in Department.objects.select_related("head")}
    for name, kind, outcome, department, definition, unit, target, question, decision in MEASURES:
        content = {"direction": "lower", **definition}
        begins = _month(last, 1) if name in BEGINS_NOW else start
        made = measuring.start_measure(
            None,
            {
                "name": name,
                "kind": kind,
                "outcomes": [outcome],
                "source": "record",
                "definition": content,
                "unit": unit,
                "baseline": _baseline(content, begins),
                "target": target,
                "start_date": begins,
                "target_date": end,
                "owner": owners[department],
                "question": question,
                "decision": decision,
            },
        )
        _signed(made, leaders[:2])
    _signed(_team_health(start, end, last, owners["Customer service"]), leaders[2:])


def _team_health(start: date, end: date, last: date, owner: Person | None) -> Measure:
    """A figure that people give: how the service team is, from its own short questionnaire."""
    made = measuring.start_measure(
        None,
        {
            "name": "Health of the service team",
            "kind": "how",
            "outcomes": ["one_answer"],
            "source": "typed",
            "definition": {"scale": "0-10"},
            "unit": "of 10",
            "baseline": HEALTH[0],
            "target": 8.0,
            "start_date": start,
            "target_date": end,
            "owner": owner,
            "question": "Can the people who answer customers do it well, and keep doing it?",
            "decision": "Below the path, the roster and the rules that stop agents from deciding are changed first.",
        },
    )
    given = [
        GivenReading(_month(last, month - len(HEALTH) + 1), Figure(value, value - 0.4, value + 0.4, 31))
        for month, value in enumerate(HEALTH)
    ]
    readings.receive_readings(None, made.slug, given)
    return made


def _signed(measure: Measure, leaders: list[Person]) -> None:
    sign_offs.ask(None, measure.slug, [leader.pk for leader in leaders])
    for leader in leaders:
        sign_offs.sign(leader, measure.slug, measure.edition)


def _baseline(content: dict[str, Any], start: date) -> float | None:
    """Where it was in the three months before the path began, as exact as a leader would write it."""
    found = readings.figure_of(definitions.read(content), _month(start, -3), start - timedelta(days=1))
    return float(f"{found.estimate:.2g}") if isinstance(found, Estimate) else None


def _month(day: date, later: int) -> date:
    """The first day of the month this many months later."""
    months = day.year * 12 + day.month - 1 + later
    return date(months // 12, months % 12 + 1, 1)
