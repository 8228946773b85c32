"""Customers month by month: what happened to them, and what came of it."""

from collections import Counter
from datetime import date, datetime, time, timedelta

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.record import Record
from headwater.record.filters import parse
from headwater.record.questions import CustomerMonths, Exposure, Lags, Suffered
from tests.record.samples import arrive

CONTACTS = parse("kind = 'contact'")
EXPOSURES = (Exposure("late", ("late",), 14), Exposure("outage", ("outage", "cut"), 40))
FIRST, LAST = date(2026, 1, 1), date(2026, 6, 30)
STRANGERS = frozenset({"known by outcomes alone"})
Happening = tuple[str, str, int]


def tell(record: Record, *happenings: Happening, start: int = 0) -> None:
    """Signals as (customer, what, day since FIRST): ``contact``, or the name of an event."""
    rows = []
    for number, (customer, what, day) in enumerate(happenings):
        on = FIRST + timedelta(days=day)
        row: dict[str, object] = {
            "record_id": f"{start}-{number}",
            "kind": "contact" if what == "contact" else "event",
            "event": None if what == "contact" else what,
            "customer_id": customer,
            "occurred_at": datetime.combine(on, time(12)),
            "local_date": on,
            "attributes": {"plan": "plus" if customer == "a" else "basic"},
        }
        rows.append(row)
    arrive(record, *rows)


def months(record: Record, segment: str | None = None) -> Counter[tuple[date, frozenset[str], str | None]]:
    """Customers at risk and outcomes by month and causes, buckets together."""
    found: Counter[tuple[date, frozenset[str], str | None]] = Counter()
    for cell in record.ask(CustomerMonths(CONTACTS, EXPOSURES, FIRST, LAST, segment)):
        found[cell.month, cell.causes, cell.segment] += cell.customers
    return found


def by_hand(happenings: list[Happening]) -> dict[tuple[date, frozenset[str]], tuple[int, int, int]]:
    """The same, customer by customer and month by month."""
    cells: dict[tuple[date, frozenset[str]], tuple[int, int, int]] = {}
    asked = [date(2026, month, 1) for month in range(1, 7)]
    for customer in {who for who, _, _ in happenings}:
        own = [(what, FIRST + timedelta(days=day)) for who, what, day in happenings if who == customer]
        own = [(what, on) for what, on in own if on <= LAST]
        if not own:
            continue
        since = min((on for what, on in own if what != "contact"), default=date.max).replace(day=1)
        for month in asked:
            end = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
            exposed = frozenset(
                exposure.cause
                for exposure in EXPOSURES
                if any(
                    what in exposure.events and on <= end and on + timedelta(days=exposure.lag_days) >= month
                    for what, on in own
                )
            )
            outcomes = sum(what == "contact" and month <= on <= end for what, on in own)
            if month < since:
                if outcomes:
                    n, struck, total = cells.get((month, STRANGERS), (0, 0, 0))
                    cells[month, STRANGERS] = (0, 0, total + outcomes)
                continue
            n, struck, total = cells.get((month, exposed), (0, 0, 0))
            cells[month, exposed] = (n + 1, struck + (outcomes > 0), total + outcomes)
    return cells


def test_a_customer_is_exposed_in_every_month_that_the_window_touches(record: Record) -> None:
    tell(record, ("a", "order", 5), ("a", "late", 25), ("a", "contact", 27), ("a", "contact", 28))
    found = {cell.month.month: cell for cell in record.ask(CustomerMonths(CONTACTS, EXPOSURES, FIRST, LAST))}
    assert {month: set(cell.causes) for month, cell in found.items()} == {
        1: {"late"}, 2: {"late"}, 3: set(), 4: set(), 5: set(), 6: set(),
    }  # fmt: skip
    assert (found[1].customers, found[1].struck, found[1].outcomes) == (1, 1, 2)
    assert (found[2].customers, found[2].struck, found[2].outcomes) == (1, 0, 0)


def test_nobody_is_at_risk_before_the_first_signal_and_segments_are_told_apart(record: Record) -> None:
    tell(record, ("a", "order", 5), ("b", "order", 100))
    found = months(record, "plan")
    assert found[date(2026, 3, 1), frozenset(), "plus"] == 1
    assert found[date(2026, 3, 1), frozenset(), "basic"] == 0
    assert found[date(2026, 4, 1), frozenset(), "basic"] == 1


def test_customers_that_were_merged_are_one(record: Record) -> None:
    tell(record, ("a", "late", 5), ("b", "contact", 8))
    record.put_customers(pa.table({"customer_id": ["b", "a"], "merged_into": ["a", None]}))
    found = record.ask(CustomerMonths(CONTACTS, EXPOSURES, FIRST, date(2026, 1, 31)))
    assert [(cell.customers, set(cell.causes), cell.struck) for cell in found] == [(1, {"late"}, 1)]


def test_more_causes_than_can_be_told_apart_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 60"):
        CustomerMonths(CONTACTS, tuple(Exposure(f"c{n}", ("e",)) for n in range(61)), FIRST, LAST)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcd"), st.sampled_from(("contact", "late", "outage", "cut", "order")), st.integers(0, 200)
        ),
        min_size=1,
        max_size=25,
    )
)
def test_the_record_finds_what_walking_through_each_timeline_finds(
    tmp_path_factory: pytest.TempPathFactory, happenings: list[Happening]
) -> None:
    record = Record(tmp_path_factory.mktemp("record"))
    tell(record, *happenings)
    found: dict[tuple[date, frozenset[str]], tuple[int, int, int]] = {}
    for cell in record.ask(CustomerMonths(CONTACTS, EXPOSURES, FIRST, LAST)):
        held = cell.causes if cell.customers else STRANGERS
        n, struck, total = found.get((cell.month, held), (0, 0, 0))
        found[cell.month, held] = (n + cell.customers, struck + cell.struck, total + cell.outcomes)
    assert found == by_hand(happenings)


def test_lags_count_days_from_event_to_outcome_and_back(record: Record) -> None:
    tell(record, ("a", "late", 10), ("a", "contact", 12), ("a", "contact", 5), ("b", "late", 10), ("b", "contact", 99))
    found = record.ask(Lags(CONTACTS, ("late",), FIRST, FIRST + timedelta(days=30)))
    outcomes = dict(zip(found.lags.tolist(), found.outcomes.sum(axis=1).tolist(), strict=True))
    assert {lag: n for lag, n in outcomes.items() if n} == {-5: 1, 2: 1}
    at_risk = dict(zip(found.lags.tolist(), found.at_risk.sum(axis=1).tolist(), strict=True))
    assert [at_risk[lag] for lag in (-11, -10, 0, 20, 21)] == [0, 2, 2, 2, 0]


def test_who_suffered_and_who_of_them_spoke_up_within_the_window(record: Record) -> None:
    tell(record, ("a", "late", 10), ("a", "contact", 24), ("b", "late", 10), ("b", "contact", 25), ("c", "late", 5))
    tell(record, ("a", "late", 60), ("c", "contact", 4), ("d", "contact", 10), ("e", "outage", 10), start=1)
    found = {"late": [0, 0], "outage": [0, 0]}
    for row in record.ask(Suffered(CONTACTS, EXPOSURES)):
        found[row.cause][0] += row.customers
        found[row.cause][1] += row.followed
    assert found == {"late": [3, 1], "outage": [1, 0]}
    assert sum(row.customers for row in record.ask(Suffered(CONTACTS, EXPOSURES, since=date(2026, 2, 1)))) == 1
