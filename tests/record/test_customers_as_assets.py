"""Who is a customer, who was lost, what followed an experience: against the same worked out customer by customer."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import pairwise

import numpy as np
import pytest

from headwater.record import Record
from headwater.record.filters import parse
from headwater.record.questions import (
    MOVEMENTS,
    Affected,
    Assets,
    Custom,
    Departed,
    Experience,
    LossReasons,
    MovedCustomers,
    Returning,
    Stays,
)
from headwater.record.questions.departures import Lost
from tests.record.samples import arrive

FIRST = date(2025, 1, 1)
CUSTOM = Custom(("bought", "renewed"), 90, ("closed",))
ENDS = (date(2025, 3, 31), date(2025, 6, 30), date(2025, 9, 30), date(2025, 12, 31))
LATE = parse("event = 'late'")
Happening = tuple[str, str, int]
KINDS = ("bought", "bought", "bought", "renewed", "closed", "late", "brought", "contact")
UNTIL = date(2026, 2, 4)


def on(day: int) -> date:
    return FIRST + timedelta(days=day)


@pytest.fixture(scope="module")
def happenings() -> list[Happening]:
    """What happened to 400 customers, at random, so that every order of it occurs."""
    random = np.random.default_rng(7)
    whose = [f"{'plus' if number % 3 else 'basic'}{number}" for number in range(400)]
    found = []
    for who in whose:
        size = random.integers(1, 12)
        days = random.integers(0, 400, size)
        found += [(who, KINDS[kind], int(day)) for kind, day in zip(random.integers(0, 8, size), days, strict=True)]
    return found


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, happenings: list[Happening]) -> Iterator[Record]:
    record = Record(tmp_path_factory.mktemp("told") / "record")
    tell(record, happenings)
    yield record
    record.close()


def tell(record: Record, happenings: list[Happening]) -> None:
    """Signals as (customer, what, day since FIRST); what is bought costs the day's number."""
    rows: list[dict[str, object]] = [
        {
            "record_id": str(number),
            "kind": "contact" if what == "contact" else "event",
            "event": None if what == "contact" else what,
            "sentiment": "negative" if what == "contact" else None,
            "stage": "wait" if what in ("contact", "late") else None,
            "amount": float(day) if what in ("bought", "renewed") else None,
            "subject_id": f"o{number}" if what == "bought" else f"o{number - 1}" if what == "late" else None,
            "customer_id": customer,
            "occurred_at": datetime.combine(on(day), time(12)) + timedelta(seconds=number),
            "local_date": on(day),
            "attributes": {"plan": customer.rstrip("0123456789")},
        }
        for number, (customer, what, day) in enumerate(happenings)
    ]
    arrive(record, *rows)


def held(own: list[tuple[str, date]], day: date) -> bool:
    """Whether somebody with these happenings is a customer on a day."""
    active = [at for what, at in own if what in CUSTOM.active and at <= day]
    if not active or (day - max(active)).days >= CUSTOM.lost_days:
        return False
    return not any(what == "closed" and max(active) <= at <= day for what, at in own)


def worth(own: list[tuple[str, date]], day: date) -> float:
    if not held(own, day):
        return 0.0
    return sum(float((at - FIRST).days) for what, at in own if what in CUSTOM.active and 0 <= (day - at).days < 90)


def by_customer(happenings: list[Happening]) -> dict[str, list[tuple[str, date]]]:
    return {who: [(what, on(day)) for name, what, day in happenings if name == who] for who, _, _ in happenings}


def movements(happenings: list[Happening]) -> dict[tuple[date, str], tuple[int, float, float]]:
    """Customers and their worth before and after, by end and movement, customer by customer."""
    found: dict[tuple[date, str], tuple[int, float, float]] = {}
    for own in by_customer(happenings).values():
        for start, end in pairwise(ENDS):
            was, now, before, after = held(own, start), held(own, end), worth(own, start), worth(own, end)
            if not was and not now:
                continue
            known = any(what in CUSTOM.active and at <= start for what, at in own)
            moved = "lost" if not now else "steady" if was else "won_back" if known else "gained"
            if moved == "steady" and after != before and (after >= 1.25 * before or after <= 0.75 * before):
                moved = "growing" if after > before else "shrinking"
            n, first, last = found.get((end, moved), (0, 0.0, 0.0))
            found[end, moved] = (n + 1, first + before, last + after)
    return found


def test_movements_are_those_of_each_customer(told: Record, happenings: list[Happening]) -> None:
    found: dict[tuple[date, str], tuple[int, float, float]] = {}
    for row in told.ask(Assets(CUSTOM, ENDS)):
        n, before, after = found.get((row.end, row.movement), (0, 0.0, 0.0))
        found[row.end, row.movement] = (n + row.n, before + row.before, after + row.after)
    assert found == movements(happenings)
    assert {movement for _, movement in found} == set(MOVEMENTS)


def test_what_was_there_and_what_came_less_what_went_is_what_is_there(told: Record) -> None:
    sums: Counter[tuple[date, str | None, str]] = Counter()
    for row in told.ask(Assets(CUSTOM, ENDS, "plan")):
        opened = row.movement not in ("gained", "won_back")
        sums[row.end, row.segment, "opening"] += row.n if opened else 0
        sums[row.end, row.segment, "closing"] += row.n if row.movement != "lost" else 0
    for segment in ("plus", "basic"):
        for start, end in pairwise(ENDS[1:]):
            assert sums[start, segment, "closing"] == sums[end, segment, "opening"] > 0


def test_those_who_moved_are_named_those_worth_most_first(told: Record, happenings: list[Happening]) -> None:
    start, end = ENDS[1:3]
    lost = told.ask(MovedCustomers(CUSTOM, start, end, "lost", "plan", "plus", limit=500))
    own = by_customer(happenings)
    expected = {who for who in own if who.startswith("plus") and held(own[who], start) and not held(own[who], end)}
    assert {row.customer_id for row in lost} == expected
    assert [row.before for row in lost] == sorted((row.before for row in lost), reverse=True)
    page = told.ask(MovedCustomers(CUSTOM, start, end, "lost", "plan", "plus", limit=3, offset=2))
    assert page == lost[2:5]


def test_what_last_went_wrong_is_the_reason(told: Record, happenings: list[Happening]) -> None:
    start, end = ENDS[1:3]
    asked = LossReasons(CUSTOM, start, end, parse("negative or event = 'late'"), (("delivery_late", ("late",)),))
    found: Counter[tuple[str | None, str | None]] = Counter()
    for row in told.ask(asked):
        found[row.cause, row.stage] += row.n
    expected: Counter[tuple[str | None, str | None]] = Counter()
    for own in by_customer(happenings).values():
        if held(own, start) and not held(own, end):
            since = start - timedelta(days=CUSTOM.lost_days)
            broken = [(at, place, what) for place, (what, at) in enumerate(own) if what in ("late", "contact")]
            what = max((one for one in broken if since <= one[0] <= end), default=(None, 0, ""))[2]
            expected["delivery_late" if what == "late" else None, "wait" if what else None] += 1
    assert found == expected


def test_what_followed_an_experience_is_counted_customer_by_customer(told: Record, happenings: list[Happening]) -> None:
    expected: Counter[tuple[date, bool, str]] = Counter()
    for own in by_customer(happenings).values():
        active = sorted(at for what, at in own if what in CUSTOM.active)
        for month in {at.replace(day=1) for at in active}:
            start = min(at for at in active if at.replace(day=1) == month)
            window, end = start + timedelta(days=30), start + timedelta(days=120)
            if end > UNTIL:
                continue
            noticed = min((at for what, at in own if what == "closed" and start <= at <= window), default=window)
            affected = any(what == "late" and start <= at <= noticed for what, at in own)
            after = [at for at in active if window < at <= end]
            gone = any(what == "closed" and start <= at <= end for what, at in own)
            expected[month, affected, "n"] += 1
            expected[month, affected, "left"] += not after or gone
            expected[month, affected, "returns"] += len(after)
            expected[month, affected, "spent"] += sum((at - FIRST).days for at in after)
            expected[month, affected, "referrals"] += sum(w == "brought" and start <= at <= end for w, at in own)
    found: Counter[tuple[date, bool, str]] = Counter()
    for cell in told.ask(Experience(CUSTOM, LATE, UNTIL, segment="plan", referral=("brought",))):
        for name in ("n", "left", "returns", "spent", "referrals"):
            found[cell.month, cell.affected, name] += getattr(cell, name)
    assert +found == +expected


def test_tenure_and_frequency_are_those_before_the_experience(told: Record, happenings: list[Happening]) -> None:
    expected: Counter[tuple[str, int, int]] = Counter()
    for who, own in by_customer(happenings).items():
        active = sorted(at for what, at in own if what in CUSTOM.active)
        starts = sorted({min(one for one in active if one.replace(day=1) == at.replace(day=1)) for at in active})
        for place, start in enumerate(starts):
            if start + timedelta(days=120) <= UNTIL:
                known = (start - starts[0]).days
                classes = (sum(known >= one for one in (90, 365)), sum(place >= one for one in (1, 4)))
                expected[who.rstrip("0123456789"), *classes] += 1
    found: Counter[tuple[str, int, int]] = Counter()
    for cell in told.ask(Experience(CUSTOM, LATE, UNTIL, segment="plan")):
        found[cell.segment or "", cell.tenure, cell.frequency] += cell.n
    assert found == expected


def test_a_part_of_the_customers_is_whole_buckets(told: Record) -> None:
    whole = told.ask(Experience(CUSTOM, LATE, UNTIL))
    part = told.ask(Experience(CUSTOM, LATE, UNTIL, every=5))
    assert part == tuple(cell for cell in whole if cell.bucket % 5 == 0)
    with pytest.raises(ValueError, match="every"):
        Experience(CUSTOM, LATE, UNTIL, every=21)


def test_stays_end_where_the_first_gap_or_the_notice_is(told: Record, happenings: list[Happening]) -> None:
    expected: Counter[tuple[bool, int, bool]] = Counter()
    for own in by_customer(happenings).values():
        active = sorted({at for what, at in own if what in CUSTOM.active})
        if not active:
            continue
        start = active[0]
        ends = [at for what, at in own if what == "closed" and at >= start]
        signs = sorted({*active, *ends})
        for at, following in zip(signs, [*signs[1:], date.max], strict=True):
            silent = at + timedelta(days=CUSTOM.lost_days)
            if at not in ends and silent < following and silent <= UNTIL:
                ends.append(silent)
        affected = any(what == "late" and start <= at <= start + timedelta(days=30) for what, at in own)
        weeks = ((min(ends) if ends else UNTIL) - start).days // 7
        expected[affected, weeks, bool(ends)] += 1
    found = {(row.affected, row.weeks, row.left): row.n for row in told.ask(Stays(CUSTOM, LATE, UNTIL))}
    assert found == expected


def test_only_the_orders_that_were_struck_are_at_stake(told: Record, happenings: list[Happening]) -> None:
    since, until = on(100), on(300)
    rows = told.ask(Affected(CUSTOM, LATE, since, until))
    late = [place for place, (_, what, day) in enumerate(happenings) if what == "late" and 100 <= day <= 300]
    struck = [happenings[place - 1] for place in late if place and happenings[place - 1][1] == "bought"]
    assert sum(row.customers for row in rows) == len({happenings[place][0] for place in late})
    assert sum(row.orders for row in rows) == len(struck) > 10
    assert sum(row.amount for row in rows) == sum(day for _, _, day in struck)


def test_who_came_back_was_active_twice(told: Record, happenings: list[Happening]) -> None:
    signs = Counter(who for who, what, _ in happenings if what in CUSTOM.active)
    answer = told.ask(Returning(CUSTOM))
    assert (answer.customers, answer.again) == (len(signs), sum(n > 1 for n in signs.values()))
    plus = told.ask(Returning(CUSTOM, parse("attribute:plan = 'plus'")))
    assert plus.customers == sum(who.startswith("plus") for who in signs)


def test_only_customers_of_a_segment_are_looked_at(told: Record) -> None:
    among = parse("attribute:plan = 'plus'")
    every = told.ask(Experience(CUSTOM, LATE, UNTIL, segment="plan"))
    of_plus = told.ask(Experience(CUSTOM, LATE, UNTIL, segment="plan", among=among))
    assert of_plus == tuple(cell for cell in every if cell.segment == "plus")


def test_a_merged_customer_is_one(record: Record) -> None:
    tell(record, [("a", "bought", 10), ("b", "bought", 150), ("b", "late", 155)])
    record.merge_customers("b", into="a")
    (row,) = [row for row in record.ask(Assets(CUSTOM, ENDS[:3])) if row.end == ENDS[1]]
    assert (row.movement, row.n) == ("steady", 1) or (row.movement, row.n) == ("growing", 1)


def test_ends_must_be_in_order_and_few() -> None:
    for ends in ((ENDS[0],), (ENDS[1], ENDS[0]), tuple(on(day) for day in range(41))):
        with pytest.raises(ValueError, match="ends"):
            Assets(CUSTOM, ends)


@pytest.mark.parametrize("custom", [CUSTOM, Custom(("bought", "renewed"), 90)], ids=["with notice", "by pause alone"])
@pytest.mark.parametrize("since", [on(60), on(150), on(380)])
def test_who_departed_in_a_range_is_the_same_from_only_the_days_that_matter(
    told: Record, happenings: list[Happening], custom: Custom, since: date
) -> None:
    until = min(since + timedelta(days=60), UNTIL)
    expected = 0
    for who in {one for one, _what, _day in happenings}:
        signs: dict[int, bool] = {}
        for _one, what, day in (one for one in happenings if one[0] == who and one[1] in custom.events):
            signs[day] = signs.get(day, False) or what in custom.leaving
        days = sorted(signs)
        ends = [day for before, day in zip([None, *days], days, strict=False) if signs[day] and not signs.get(before)]
        ends += [
            day + custom.lost_days
            for day, after in zip(days, [*days[1:], 10_000], strict=False)
            if not signs[day] and after > day + custom.lost_days
        ]
        expected += any(since <= on(end) <= until for end in ends)
    assert expected
    assert told.ask(Departed(since, until, Lost(custom, UNTIL))) == expected
