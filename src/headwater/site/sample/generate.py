"""The sample company as one value, the same for the same seed and end."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from headwater.site.sample.company import DEPARTMENTS, PEOPLE, SampleDepartment, SamplePerson
from headwater.site.sample.custom import live_on
from headwater.site.sample.invitations import invite
from headwater.site.sample.planted import PLANTED, PLANTED_IN_SERVICE, Planted
from headwater.site.sample.shop import Customers, make_customers, make_orders
from headwater.site.sample.signals import Teller, rows_in_time

SEED = 20_140
SCHEMA = pa.schema(
    {
        "flow": pa.string(),
        "record_id": pa.string(),
        "occurred_at": pa.timestamp("s"),
        "customer_id": pa.string(),
        "response_id": pa.string(),
        "conversation_id": pa.string(),
        "subject_id": pa.string(),
        "channel": pa.string(),
        "metric": pa.string(),
        "score": pa.float64(),
        "stage": pa.string(),
        "text": pa.string(),
        "event": pa.string(),
        "amount": pa.float64(),
        "currency": pa.string(),
        "region": pa.string(),
        "segment": pa.string(),
        "category": pa.string(),
        "unsolved_reason": pa.string(),
        "survey": pa.string(),
        "asks": pa.string(),
        "agent": pa.string(),
        "branch": pa.string(),
    }
)
"""One row a signal, as the sample company's systems would export it. ``flow`` says which: csat, nps, ces, review,
contact or event; with it the ``record_id`` is the signal's own: ``csat-12``. ``occurred_at`` is UTC."""


@dataclass(frozen=True)
class SampleCompany:
    """What the sample company's systems hold, and the truth behind it.

    ``signals`` has :data:`SCHEMA`. ``named`` is the truth about words: for each signal with a text, the causes it
    names, by the record's ``record_id``. ``planted`` is the truth about causes.
    """

    signals: pa.Table
    customers: Customers
    departments: tuple[SampleDepartment, ...]
    people: tuple[SamplePerson, ...]
    planted: tuple[Planted, ...]
    named: dict[str, tuple[str, ...]]
    end: date


def last_month_end(today: date) -> date:
    """The last day of the month before ``today``'s."""
    return today.replace(day=1) - timedelta(days=1)


def generate(seed: int = SEED, end: date | None = None) -> SampleCompany:
    """Generate the sample company: 18 months that end with ``end``, by default the end of last month."""
    end = end or last_month_end(date.today())
    rng = np.random.default_rng([seed, 1])
    customers = make_customers(rng)
    orders = make_orders(rng, customers, end)
    told = Teller(seed, customers, orders, end).tell()
    invite(told, customers, seed)
    live_on(told, customers, orders, seed)
    signals = pa.Table.from_pylist([row | {"text": row.get("text") or None} for row in rows_in_time(told)], SCHEMA)
    return SampleCompany(
        signals=signals,
        customers=customers,
        departments=DEPARTMENTS,
        people=PEOPLE,
        planted=PLANTED + PLANTED_IN_SERVICE,
        named=told.named,
        end=end,
    )
