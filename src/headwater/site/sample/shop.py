"""The sample company's customers and orders, and which orders a planted cause strikes."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from headwater.site.sample.planted import CAMPAIGN_FACTOR, CAMPAIGN_WEEKS, PLANTED, Planted

CUSTOMERS = 6_000
ORDERS = 7_000
MONTHS = 18
DAY = 86_400

REGIONS = ("North", "South", "East", "West")
REGION_SHARES = (0.3, 0.22, 0.2, 0.28)
SEGMENTS = ("new", "regular", "loyal", "business")
SEGMENT_SHARES = (0.3, 0.38, 0.2, 0.12)
CATEGORIES = ("clothing", "home", "garden", "outdoor", "kitchen")
CATEGORY_SHARES = (0.34, 0.24, 0.12, 0.16, 0.14)
LANGUAGES = ("en", "de", "es", "fr")
LANGUAGE_SHARES = (0.7, 0.14, 0.09, 0.07)

Strings = npt.NDArray[np.str_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Customers:
    """One entry a customer: ``id``, segment attributes, ``language`` they write in, ``mood`` (points they add)."""

    id: Strings
    region: Strings
    segment: Strings
    language: Strings
    mood: Floats


@dataclass(frozen=True)
class Orders:
    """One entry an order, in order of time. Times are seconds since 1970, UTC; ``customer`` indexes the customers.

    ``struck`` has one column for each planted cause.
    """

    id: Strings
    customer: Ints
    category: Strings
    amount: Floats
    placed: Ints
    promised: Ints
    delivered: Ints
    struck: Bools


def first_day(end: date) -> date:
    """The first day of the sample: the first of the month, so that it spans 18 months with the month of ``end``."""
    months = end.year * 12 + end.month - MONTHS
    return date(months // 12, months % 12 + 1, 1)


def make_customers(rng: np.random.Generator) -> Customers:
    """Draw the customers."""
    return Customers(
        id=np.array([f"C{number}" for number in rng.permutation(np.arange(10_001, 10_001 + CUSTOMERS))]),
        region=rng.choice(REGIONS, CUSTOMERS, p=REGION_SHARES),
        segment=rng.choice(SEGMENTS, CUSTOMERS, p=SEGMENT_SHARES),
        language=rng.choice(LANGUAGES, CUSTOMERS, p=LANGUAGE_SHARES),
        mood=rng.normal(0, 0.3, CUSTOMERS),
    )


def make_orders(rng: np.random.Generator, customers: Customers, end: date) -> Orders:
    """Draw the orders from the first day to ``end``, more before the holidays, and strike some of them."""
    weights = np.where(customers.segment == "loyal", 2.5, np.where(customers.segment == "new", 0.7, 1.0))
    customer = rng.choice(CUSTOMERS, ORDERS, p=weights / weights.sum())
    placed = _order_times(rng, end)
    category = rng.choice(CATEGORIES, ORDERS, p=CATEGORY_SHARES)
    struck = np.column_stack(
        [_strikes(rng, planted, customers, customer, category, placed, end) for planted in PLANTED]
    )
    promised = placed + rng.integers(2, 5, ORDERS) * DAY
    late = struck[:, [planted.cause for planted in PLANTED].index("delivery_late")]
    early = rng.integers(2 * 3600, 40 * 3600, ORDERS)
    delay = rng.integers(2 * DAY, 13 * DAY, ORDERS)
    return Orders(
        id=np.array([f"O{number}" for number in range(200_001, 200_001 + ORDERS)]),
        customer=customer,
        category=category,
        amount=rng.lognormal(3.9, 0.6, ORDERS).round(2),
        placed=placed,
        promised=promised,
        delivered=np.where(late, promised + delay, promised - early),
        struck=struck,
    )


def seconds(day: date) -> int:
    """Midnight UTC at the start of ``day``, in seconds since 1970."""
    return (day - date(1970, 1, 1)).days * DAY


def _order_times(rng: np.random.Generator, end: date) -> Ints:
    start = first_day(end)
    days = [start + timedelta(days=offset) for offset in range((end - start).days + 1)]
    season = np.array([1.5 if day.month in (11, 12) else 0.85 if day.month in (7, 8) else 1.0 for day in days])
    weekend = np.array([1.15 if day.weekday() >= 5 else 1.0 for day in days])
    weights = season * weekend
    chosen = rng.choice(len(days), ORDERS, p=weights / weights.sum())
    # Ten minutes before midnight at the latest, and mostly in the evening.
    hour = np.clip(rng.normal(16, 4, ORDERS), 0, 23.8)
    return np.sort(seconds(start) + chosen * DAY + (hour * 3600).astype(np.int64))


def _strikes(
    rng: np.random.Generator,
    planted: Planted,
    customers: Customers,
    customer: Ints,
    category: Strings,
    placed: Ints,
    end: date,
) -> Bools:
    share = np.full(len(placed), planted.share)
    if planted.share_after is not None:
        share[placed >= changed_at(planted, end)] = planted.share_after
    if planted.favours:
        attribute, value = planted.favours
        values = category if attribute == "category" else getattr(customers, attribute)[customer]
        share = share * np.where(values == value, planted.factor, 1.0)
    if planted.cause == "promotion_misleading":
        weeks = (seconds(end) + DAY - placed) // (7 * DAY)
        share = share * np.where(np.isin(weeks, CAMPAIGN_WEEKS), CAMPAIGN_FACTOR, 1.0)
    struck: Bools = rng.random(len(placed)) < share
    return struck


def changed_at(planted: Planted, end: date) -> int:
    """When a planted cause rises or is mended: the first of a month, in seconds since 1970."""
    months = end.year * 12 + end.month - planted.changed
    return seconds(date(months // 12, months % 12 + 1, 1))
