"""What the sample's customers buy in its stores, who leaves and why; and finance's figures about them.

Planted: whoever something went wrong for stops buying with a known probability beyond what makes others stop.
"""

import random
from typing import Any, Final

import numpy as np
from django.db import transaction

from headwater.base.models import Person
from headwater.insight import finance
from headwater.insight.models import FinanceEntry
from headwater.metrics.store import company_record
from headwater.record.questions import Span
from headwater.site.sample.planted import PLANTED
from headwater.site.sample.shop import DAY, Customers, Orders
from headwater.site.sample.signals import Rows

EVERY: Final = 95 * DAY
"""Between two purchases in a store, on average."""
LEAVES: Final = 0.03
"""The chance of stopping after a purchase, for no reason of ours."""
LEAVES_PER_POINT: Final = 0.13
"""The chance of stopping after a failure, for each point of satisfaction that it takes."""
GIVES_NOTICE: Final = 0.4
FIGURES: Final[tuple[tuple[str, str, dict[str, Any], bool], ...]] = (
    ("cost_per_contact", "", {"value": 6.4, "low": 5.2, "high": 7.9}, True),
    ("cost_per_contact", "phone", {"value": 8.9, "low": 7.0, "high": 11.0}, False),
    ("margin", "", {"value": 62.0, "low": 48.0, "high": 75.0, "basis": "customer_year"}, True),
    ("discount", "", {"value": 0.08, "low": 0.06, "high": 0.1}, True),
    ("horizon", "", {"value": 3.0, "low": 2.0, "high": 4.0}, True),
    ("active", "", {"events": ["order_placed", "store_purchase"], "days": 150}, True),
    ("lost", "", {"events": ["account_closed"], "days": 180}, True),
)
"""Key, channel, what finance says, and whether it is signed: one is not, for the pages to say so."""


def live_on(told: Rows, customers: Customers, orders: Orders, seed: int) -> None:
    """Add what customers bought in stores after their first order, until they left."""
    chance = random.Random(seed + 3)  # noqa: S311 (a sample, not a secret)
    by_customer: dict[int, list[int]] = {}
    for order, customer in enumerate(orders.customer.tolist()):
        by_customer.setdefault(customer, []).append(order)
    for customer, own in sorted(by_customer.items()):
        who = {
            "customer_id": str(customers.id[customer]),
            "region": str(customers.region[customer]),
            "segment": str(customers.segment[customer]),
        }
        _buy(told, who, _upset_at(orders, own, chance), int(orders.placed[own[0]]), chance)


def _upset_at(orders: Orders, own: list[int], chance: random.Random) -> int | None:
    """When a failure made a customer stop, if one did: the first that was too much."""
    for order in own:
        lost = sum(PLANTED[column].lost for column in np.flatnonzero(orders.struck[order]))
        if lost and chance.random() < LEAVES_PER_POINT * lost:
            return int(orders.delivered[order]) + chance.randrange(DAY, 4 * DAY)
    return None


def _buy(told: Rows, who: dict[str, Any], upset: int | None, at: int, chance: random.Random) -> None:
    """Purchases at random times, until upset or tired; some of those who leave say so."""
    while True:
        at += round(chance.expovariate(1 / EVERY))
        if upset is not None and at > upset:
            if chance.random() < GIVES_NOTICE:
                told.add("event", upset + chance.randrange(DAY, 15 * DAY), event="account_closed", **who)
            return
        if at >= told.end:
            return
        amount = round(chance.lognormvariate(3.2, 0.5), 2)
        told.add("event", at, event="store_purchase", amount=amount, currency="EUR", **who)
        if chance.random() < LEAVES:
            return


def load_finance() -> None:
    """Enter what finance of the sample company says, once, and have its head sign it."""
    if FinanceEntry.objects.exists():
        return
    head = Person.objects.get(email="finance@sample.example")
    last = company_record().ask(Span()).last_day
    with transaction.atomic():
        for key, channel, content, signed in FIGURES:
            given = {**content, "source": "Controlling, plan for this year", "stated_on": last, "owner": head}
            entry = finance.enter(head, key, given, seen=0, channel=channel)
            if signed:
                finance.sign(head, key, seen=entry.edition, channel=channel)
