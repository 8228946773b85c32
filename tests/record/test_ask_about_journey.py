"""Questions about the journey, against the same computed row by row in Python."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from headwater.record import Record
from headwater.record.filters import parse
from headwater.record.questions import Heard, MomentOutcomes, MomentSums, MomentTrace, WordsByStage
from tests.record.samples import arrive, labels, rows_of
from tests.record.test_rollups import fill

LATE = MomentTrace("promised_day", parse("event in ('delivered', 'late')"))


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Record]:
    record = Record(tmp_path_factory.mktemp("journey") / "record")
    fill(record, 3000)
    keys = sorted(int(str(row["signal_key"])) for row in rows_of(record))[::4]
    moments = [{"moment": f"m{key % 5}", "sentiment": "negative" if key % 3 else "positive"} for key in keys]
    record.put_labels(labels(*({"signal_key": key, **one} for key, one in zip(keys, moments, strict=True))))
    record.merge_customers("c7", into="c8")
    yield record
    record.close()


@dataclass
class Passed:
    """How a moment went for a customer, as read in plain Python."""

    wrong: bool = False
    apart: bool | None = None
    is_traced: bool = False
    days: tuple[tuple[date, bool], ...] = ()

    @property
    def since(self) -> date | None:
        failed = [day for day, wrong in self.days if wrong]
        return min(failed or [day for day, _ in self.days], default=None)


def in_plain_python(record: Record, metric: str, failures: tuple[str, ...], traced: str) -> dict[Any, Any]:
    """(moment, wrong, apart) → customers, customers a trace shows, scores, low scores, top scores."""
    merged = {row["customer_id"]: row["merged_into"] for row in rows_of(record, "customers")}
    known = {row["signal_key"]: row for row in rows_of(record, "labels")}
    passed: dict[tuple[str, Any], Passed] = {}
    signals = rows_of(record)

    def who(row: dict[str, Any]) -> Any:
        return merged.get(row["customer_id"]) or row["customer_id"] or row["signal_key"]

    for row in signals:
        label = known.get(row["signal_key"], {})
        sentiment = row["sentiment"] or label.get("sentiment")
        negative = row["score_band"] == -1 if row["score_band"] is not None else sentiment == "negative"
        wrong = negative or (row["kind"] == "event" and row["event"] in failures)
        moments = {label.get("moment")} | ({"traced"} if row["event"] == traced else set())
        for moment in moments - {None}:
            one = passed.setdefault((str(moment), who(row)), Passed())
            one.wrong |= wrong
            one.is_traced |= moment == "traced"
            if row["metric"] != metric:
                one.apart = wrong or bool(one.apart)
                one.days += ((row["local_date"], wrong),)  # type: ignore[operator]
    scores: dict[Any, list[Any]] = {}
    for row in signals:
        if row["metric"] == metric and row["score"] is not None:
            scores.setdefault(who(row), []).append((row["local_date"], row["score_band"]))
    found: dict[Any, list[int]] = {}
    for (moment, customer), one in passed.items():
        totals = found.setdefault((moment, one.wrong, one.apart), [0, 0, 0, 0, 0])
        bands = [band for day, band in scores.get(customer, ()) if one.since is not None and day >= one.since]
        added = (1, one.is_traced, len(bands), bands.count(-1), bands.count(1))
        found[moment, one.wrong, one.apart] = [had + more for had, more in zip(totals, added, strict=True)]
    return found


def folded(rows: tuple[MomentSums, ...]) -> dict[Any, list[int]]:
    found: dict[Any, list[int]] = {}
    for row in rows:
        totals = found.setdefault((row.moment, row.wrong, row.apart), [0, 0, 0, 0, 0])
        added = (row.customers, row.traced, row.scored, row.low, row.top)
        found[row.moment, row.wrong, row.apart] = [had + more for had, more in zip(totals, added, strict=True)]
    return found


@pytest.mark.parametrize("metric", ["nps", "csat"])
def test_how_moments_went_is_as_counted_by_hand(company: Record, metric: str) -> None:
    trace = MomentTrace("traced", parse("event = 'outage'"))
    answer = company.ask(MomentOutcomes(metric, (trace,), ("refund_late", "outage")))
    assert folded(answer) == in_plain_python(company, metric, ("refund_late", "outage"), "outage")


def test_a_score_never_proves_itself(record: Record) -> None:
    """The bad rating says that the moment went wrong; what the customer thinks is taken from other evidence only."""
    rating = {"metric": "rating", "score": 1.0, "score_band": -1, "text": "late again"}
    arrive(record, {"record_id": "r1", "customer_id": "a", "kind": "review", **rating})
    arrive(record, {"record_id": "e1", "customer_id": "b", "kind": "event", "event": "late"})
    arrive(record, {"record_id": "r2", "customer_id": "b", "kind": "review", **rating})
    keys = {row["record_id"]: row["signal_key"] for row in rows_of(record)}
    record.put_labels(labels({"signal_key": keys["r1"], "moment": "promised_day"}))
    by_rating = folded(record.ask(MomentOutcomes("rating", (LATE,), ("late",))))
    assert by_rating == {("promised_day", True, None): [1, 0, 0, 0, 0], ("promised_day", True, True): [1, 1, 1, 1, 0]}


def test_only_scores_given_after_it_went_wrong_count(record: Record) -> None:
    def nps(name: str, day: int, band: int) -> dict[str, Any]:
        score = {"metric": "nps", "score": 10.0 if band > 0 else 0.0, "score_band": band}
        return {"record_id": name, "customer_id": "a", "local_date": date(2026, 3, day), **score}

    def event(name: str, day: int) -> dict[str, Any]:
        return {"record_id": name + str(day), "customer_id": "a", "kind": "event", "event": name,
                "local_date": date(2026, 3, day)}  # fmt: skip

    arrive(record, event("delivered", 1), nps("before", 5, 1), event("late", 10), nps("after", 12, -1))
    assert folded(record.ask(MomentOutcomes("nps", (LATE,), ("late",)))) == {
        ("promised_day", True, True): [1, 1, 1, 1, 0]
    }


def test_customers_who_are_one_count_once_and_those_without_a_name_apart(record: Record) -> None:
    for number, customer in enumerate(["a", "b", None, None]):
        arrive(record, {"record_id": str(number), "customer_id": customer, "kind": "event", "event": "delivered"})
    record.merge_customers("a", into="b")
    assert folded(record.ask(MomentOutcomes("nps", (LATE,)))) == {("promised_day", False, False): [3, 3, 0, 0, 0]}


def test_a_selection_chooses_the_signals_that_show_a_moment(company: Record) -> None:
    everything = company.ask(MomentOutcomes("nps"))
    none = company.ask(MomentOutcomes("nps", where=parse("channel = 'no such channel'")))
    some = company.ask(MomentOutcomes("nps", since=date(2023, 12, 1)))
    assert none == ()
    assert 0 < sum(row.customers for row in some) < sum(row.customers for row in everything)


def test_each_ear_is_counted_once_a_customer(record: Record) -> None:
    stage = {"stage": "wait"}
    arrive(
        record,
        {"record_id": "1", "customer_id": "a", "kind": "contact", "sentiment": "negative", **stage},
        {"record_id": "2", "customer_id": "a", "kind": "review", **stage},
        {"record_id": "3", "customer_id": "b", "kind": "survey", **stage},
        {"record_id": "4", "customer_id": "b", "kind": "contact", "author": "agent", **stage},
        {"record_id": "5", "customer_id": "b", "kind": "event", "event": "late"},
    )
    found = {(row.stage, row.heard): (row.customers, row.n, row.negative) for row in record.ask(Heard())}
    assert found == {
        ("wait", "volunteered"): (1, 2, 1),
        ("wait", "asked"): (1, 1, 0),
        ("wait", "front_line"): (1, 1, 0),
        (None, "happened"): (1, 1, 0),
    }


def test_heard_adds_up_to_all_signals(company: Record) -> None:
    assert sum(row.n for row in company.ask(Heard())) == len(rows_of(company))


def test_the_newest_words_of_every_stage(company: Record) -> None:
    rows = company.ask(WordsByStage(most=2))
    stages = [row.stage for row in rows]
    assert all(row.text for row in rows)
    assert {stages.count(stage) for stage in stages} == {2}
    newest = company.ask(WordsByStage(most=1))
    assert len(newest) == len(set(stages))
    assert all(row in rows for row in newest)
