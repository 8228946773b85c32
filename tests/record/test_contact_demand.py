"""Contacts by the causes they name together, and contacts that came again."""

from datetime import date, datetime, timedelta

from headwater.record import Record
from headwater.record.filters import parse
from headwater.record.questions import CauseSets, RepeatRow, Repeats
from tests.record.samples import arrive, labels, rows_of

START = datetime(2026, 3, 2, 12)


def contact(record: Record, number: int, customer: str | None, day: int, *causes: str, kind: str = "contact") -> None:
    at = START + timedelta(days=day)
    row = {"record_id": str(number), "kind": kind, "customer_id": customer, "occurred_at": at, "local_date": at.date()}
    arrive(record, row)
    key = next(found["signal_key"] for found in rows_of(record) if found["record_id"] == str(number))
    record.put_labels(labels({"signal_key": key, "causes": list(causes), "cause_confidences": [0.9] * len(causes)}))


def repeats(record: Record, **given: object) -> dict[str | None, tuple[int, int]]:
    found: dict[str | None, tuple[int, int]] = {}
    rows: tuple[RepeatRow, ...] = record.ask(Repeats(date(2026, 4, 30), **given))  # type: ignore[arg-type]
    for row in rows:
        n, repeated = found.get(row.cause, (0, 0))
        found[row.cause] = (n + row.n, repeated + row.repeated)
    return found


def test_a_signal_with_two_causes_stands_once_under_both_together(record: Record) -> None:
    contact(record, 1, "a", 0, "late", "broken")
    contact(record, 2, "b", 0, "broken", "late")
    contact(record, 3, "c", 0, "late")
    contact(record, 4, "d", 0)
    contact(record, 5, "e", 0, "late", kind="review")
    rows = record.ask(CauseSets(where=parse("kind = 'contact'")))
    assert {row.causes: row.n for row in rows} == {
        frozenset(): 1,
        frozenset({"late"}): 1,
        frozenset({"late", "broken"}): 2,
    }


def test_combinations_are_counted_in_groups_and_between_days(record: Record) -> None:
    contact(record, 1, "a", 0, "late")
    contact(record, 2, "a", 40, "late")
    rows = record.ask(CauseSets(("month",)))
    assert [(row.group, row.n) for row in rows] == [({"month": "2026-03-01"}, 1), ({"month": "2026-04-01"}, 1)]
    assert sum(row.n for row in record.ask(CauseSets(since=date(2026, 4, 1)))) == 1


def test_a_further_contact_about_the_same_cause_within_the_days_is_a_repeat(record: Record) -> None:
    contact(record, 1, "a", 0, "late")
    contact(record, 2, "a", 10, "late")
    contact(record, 3, "a", 40, "late")
    contact(record, 4, "b", 0, "late")
    contact(record, 5, "b", 3, "broken")
    assert repeats(record) == {"late": (4, 1), "broken": (1, 0)}
    assert repeats(record, window=31)["late"] == (3, 2)
    assert repeats(record, any_cause=True) == {None: (5, 2)}


def test_contacts_whose_following_days_are_not_known_yet_are_left_out(record: Record) -> None:
    contact(record, 1, "a", 50, "late")
    contact(record, 2, "a", 52, "late")
    assert repeats(record, window=14) == {}


def test_a_contact_without_a_customer_can_not_be_followed(record: Record) -> None:
    contact(record, 1, None, 0, "late")
    contact(record, 2, None, 1, "late")
    assert repeats(record) == {}
