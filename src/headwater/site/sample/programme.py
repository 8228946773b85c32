"""The sample company's programme: a readiness list half filled, guideposts at some moments, a request, a
board, a plan.

The weakness for the pages to find: a milestone is overdue, and a chart on the board informs no decision.
"""

from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from headwater.base.models import Person
from headwater.strategy import boards, guideposts, readiness, requests, roadmap
from headwater.strategy.models import Request

REQUEST = (
    "Please fix the customer service department. We get far too many calls in the contact centre, "
    "and that is what gives us the poor ratings in our surveys."
)

# question: owner's department, days from today by when, state, answer
READINESS: dict[str, tuple[str, int, str, str]] = {
    "behaviours": (
        "Customer service",
        40,
        "under_way",
        "Whoever learns of a delay tells the customer before the customer asks. Seen on each shift by the team lead.",
    ),
    "support": ("Supply chain", 20, "under_way", "Team leads may call in the carrier without asking upwards."),
    "processes": (
        "Delivery",
        25,
        "under_way",
        "Warehouse, delivery and service meet each morning for ten minutes over yesterday’s broken promises.",
    ),
    "communication": (
        "Marketing",
        -60,
        "done",
        "A page on the intranet every second Monday: what changed for customers, and who changed it.",
    ),
    "appraisal": ("People and culture", 90, "open", ""),
    "recruiting": (
        "People and culture",
        120,
        "open",
        "One of the two who decide on a new colleague works with customers.",
    ),
    "hiring": ("People and culture", 120, "open", ""),
    "onboarding": (
        "People and culture",
        60,
        "under_way",
        "The first week is spent where customers’ calls and parcels arrive.",
    ),
    "training": (
        "People and culture",
        35,
        "under_way",
        "Half a day on the journey for everyone, then a question a week by e-mail.",
    ),
    "investment": ("Finance", 75, "under_way", "Tracking messages for every parcel; budget agreed for this year."),
    "milestones": ("Customer service", 30, "under_way", "A bell in the canteen, and cake, each time one is reached."),
}
NEWS = "https://intranet.sample.example/what-changed"
# question: milestone, days from today by when, quick win, reached
MILESTONES = (
    ("milestones", "First hundred customers told of a delay before they called", -35, True, True),
    ("milestones", "A week without a repeated call about the same parcel", 30, False, False),
    ("processes", "Morning meeting held every working day for a month", -6, True, False),
)
GUIDEPOSTS: dict[str, dict[str, Any]] = {
    "promised_day": {
        "always": ["Name the day, not “soon”.", "Say it first when the day will not hold."],
        "never": ["Send a customer to the carrier."],
        "may": [{"text": "Send it again by express.", "limit": 40}, {"text": "Waive the delivery charge."}],
    },
    "follow_parcel": {
        "always": ["Look the parcel up while the customer is with you."],
        "never": ["Ask for the order number twice."],
        "may": [{"text": "Have a parcel that has not moved for three days sent anew.", "limit": 120}],
    },
    "see_offer": {
        "always": ["Give the price that was named, also when it was named wrongly."],
        "never": ["Explain the small print to a customer who is disappointed."],
        "may": [{"text": "Take the difference off at once.", "limit": 60}],
    },
    "unpack": {
        "always": ["Believe the customer who says that something is missing or broken."],
        "never": ["Ask for a photo of something that costs less than a coffee."],
        "may": [{"text": "Replace or refund without having it back.", "limit": 50}],
    },
    "money_back": {
        "always": ["Say the day the money will be there."],
        "never": ["Let a refund wait for the parcel’s way back through the warehouse."],
        "may": [{"text": "Pay it back before the parcel is unpacked.", "limit": 100}],
    },
    "reach_service": {
        "always": ["Stay with it until someone has taken it over by name."],
        "never": ["Hand a customer on without telling what was said."],
        "may": [{"text": "Call back at a time the customer chooses."}],
    },
}
# address, the question it answers, what is decided by it
PINS = (
    (
        "/measures/late-deliveries",
        "How many orders miss the day we promised?",
        "Above the path for two months, the worst region moves to the second carrier.",
    ),
    ("/causes", "What hurts most customers now?", "The first that nobody works on is given to a team on Monday."),
    ("/scorecards", "", ""),
)
# phase: first and last day, in days from today
PLAN = {
    "honour": (-420, -240),
    "align": (-240, -30),
    "listen": (-120, 90),
    "reliable": (60, 420),
    "lead": (300, 700),
}


def load_programme() -> None:
    """Give the sample company its programme, once; after its strategy, of which it speaks."""
    if Request.objects.exists():
        return
    with transaction.atomic():
        heads = {person.department.name: person for person in _heads() if person.department}
        today = timezone.localdate()
        _readiness(heads, today)
        for moment, values in GUIDEPOSTS.items():
            guideposts.change_guidepost(None, moment, values)
        guideposts.publish(None)
        for phase, (starts, ends) in PLAN.items():
            days = {"starts": today + timedelta(days=starts), "ends": today + timedelta(days=ends)}
            roadmap.plan_phase(None, phase, {**days, "owner": heads.get("Customer service")})
        _board()
        requests.file_request(heads.get("Sales and marketing"), REQUEST)


def _heads() -> list[Person]:
    return list(Person.objects.filter(is_sample=True, heads__isnull=False).select_related("department"))


def _readiness(heads: dict[str, Person], today: date) -> None:
    for key, (department, days, state, answer) in READINESS.items():
        given = {"owner": heads.get(department), "due": today + timedelta(days=days), "state": state, "answer": answer}
        readiness.change_item(None, key, given)
    readiness.change_item(None, "communication", {"evidence_link": NEWS})
    readiness.change_item(None, "pay_on_score", {"says_yes": False, "answer": "Bonuses follow the promised day."})
    for key, text, days, is_quick_win, reached in MILESTONES:
        item = readiness.add_milestone(None, key, text, due=today + timedelta(days=days), is_quick_win=is_quick_win)
        if reached:
            readiness.reach_milestone(None, next(one.id for one in item.milestones if one.text == text))


def _board() -> None:
    """A board for Mondays, shared with everyone; the last of its charts has no decision yet."""
    lead = Person.objects.get(email="cx@sample.example")
    board = boards.add_board(lead, "Monday", shared=True)
    for address, question, decision in PINS:
        boards.pin(lead, board.pk, address, question=question, decision=decision, owner=lead if decision else None)
