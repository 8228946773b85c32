"""Who a customer is, and that one who leaves is gone everywhere."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from headwater.record import Record, UnknownCustomer
from headwater.record.keys import signal_key
from headwater.record.questions import Sums, Timeline, Verbatims
from tests.record.samples import arrive, labels, rows_of


def customers(*rows: dict[str, object]) -> pa.Table:
    from headwater.record.schema import CUSTOMERS

    return pa.Table.from_pylist(list(rows), schema=CUSTOMERS.schema)


@pytest.fixture
def company(record: Record) -> Record:
    arrive(
        record,
        {"record_id": "1", "customer_id": "anna-4711", "text": "anna's secret words"},
        {"record_id": "2", "customer_id": "anna-old", "text": "older secret words", "local_date": date(2020, 1, 1)},
        {"record_id": "3", "customer_id": "ben", "text": "other words"},
    )
    record.put_labels(labels(*({"signal_key": signal_key("app", one), "stage": "pay"} for one in "123")))
    record.put_customers(
        customers(
            {
                "customer_id": "anna-4711",
                "aliases": [{"kind": "email", "value": "anna@example.org"}],
                "since": date(2019, 1, 1),
                "money": [{"day": date(2025, 1, 1), "revenue": 10.0, "margin": 4.0, "currency": "EUR"}],
            },
            {"customer_id": "ben"},
        )
    )
    return record


def test_a_customer_keeps_names_dates_and_money(company: Record) -> None:
    row = next(row for row in rows_of(company, "customers") if row["customer_id"] == "anna-4711")
    assert row["aliases"] == [{"kind": "email", "value": "anna@example.org"}]
    assert row["money"] == [{"day": date(2025, 1, 1), "revenue": 10.0, "margin": 4.0, "currency": "EUR"}]


def test_a_customer_written_again_is_replaced(company: Record) -> None:
    company.put_customers(customers({"customer_id": "ben", "until": date(2026, 1, 1)}))
    rows = {row["customer_id"]: row for row in rows_of(company, "customers")}
    assert len(rows) == 2
    assert rows["ben"]["until"] == date(2026, 1, 1)
    with pytest.raises(ValueError, match="customer_id"):
        company.put_customers(pa.table({"since": [date(2026, 1, 1)]}))


def test_merged_customers_share_a_timeline_and_count_once(company: Record) -> None:
    assert company.ask(Sums(customers=True)).rows[0].customers == 3
    company.merge_customers("anna-old", into="anna-4711")
    assert company.ask(Sums(customers=True)).rows[0].customers == 2
    for one in ("anna-old", "anna-4711"):
        assert {row.record_id for row in company.ask(Timeline(one)).rows} == {"1", "2"}
    with pytest.raises(ValueError, match="one customer already"):
        company.merge_customers("anna-4711", into="anna-old")
    company.unmerge_customer("anna-old")
    assert [row.record_id for row in company.ask(Timeline("anna-old")).rows] == ["2"]
    with pytest.raises(UnknownCustomer, match="ben"):
        company.unmerge_customer("ben")


def test_merging_a_merged_customer_leads_to_the_last(company: Record) -> None:
    company.merge_customers("anna-old", into="anna-4711")
    company.merge_customers("anna-4711", into="ben")
    assert len(company.ask(Timeline("anna-old")).rows) == 3


def on_disk(root: Path) -> bytes:
    """Everything in the folder, with the Parquet files read out."""
    import pyarrow.parquet as pq

    found = b""
    for path in root.rglob("*"):
        if path.suffix == ".parquet":
            found += repr(pq.read_table(path).to_pylist()).encode()
        elif path.is_file():
            found += path.read_bytes()
    return found


def test_an_erased_customer_is_nowhere_on_the_disk(company: Record) -> None:
    arrive(company, {"record_id": "1", "customer_id": "anna-4711", "text": "anna's secret words, revised"})
    company.merge_customers("anna-old", into="anna-4711")
    before = on_disk(company.root)
    secrets = (b"anna-4711", b"anna-old", b"secret words", b"anna@example.org")
    assert all(secret in before for secret in secrets)
    report = company.erase_customer("anna-old")
    assert set(report.customer_ids) == {"anna-4711", "anna-old"}
    assert (report.signals, report.labels, report.customers) == (2, 2, 2)
    after = on_disk(company.root)
    assert not [secret for secret in secrets if secret in after]
    assert company.ask(Verbatims()).rows[0].customer_id == "ben"
    assert company.ask(Sums(("stage",))).rows[0].n == 1
    assert company.check() == []


def test_a_label_that_comes_after_the_erasure_is_left_out(company: Record) -> None:
    company.erase_customer("anna-4711")
    assert company.put_labels(labels({"signal_key": signal_key("app", "1"), "stage": "pay"})) == 0


def test_erasing_nobody_changes_nothing(company: Record) -> None:
    before = company.versions()
    report = company.erase_customer("nobody")
    assert (report.signals, report.labels, report.customers, report.files) == (0, 0, 0, 0)
    assert company.versions() == before
