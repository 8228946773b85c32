"""Two exports as a shop would make them on one day, from real public orders and reviews."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

DAY = "2018-05-01"
"""The day of the exports: what was not known on its first minute is in none of them."""
MONTH = "2018-04"
ORDERS = 3_000
WEEKS = 13


@dataclass(frozen=True)
class Exports:
    """The two files, and what is counted from them by hand."""

    orders: Path
    reviews: Path
    events: int
    words: int
    late: int
    """Orders promised for a day of the last 13 weeks and not delivered by its end."""
    april: tuple[float, int]
    """The mean of the stars of the last month, and of how many reviews."""


def write_exports(olist: Path, folder: Path) -> Exports:
    """Write the last orders before the day, as an event a row, and their reviews."""
    customers = {row["customer_id"]: row["customer_unique_id"] for row in _rows(olist, "customers")}
    known = [row for row in _rows(olist, "orders") if row["order_purchase_timestamp"] < DAY]
    orders = sorted(known, key=lambda row: row["order_purchase_timestamp"])[-ORDERS:]
    buyers = {row["order_id"]: customers[row["customer_id"]] for row in orders}
    events = list(_events(orders, buyers))
    reviews = list(_reviews(_rows(olist, "order_reviews"), buyers))
    april = [int(review[3]) for review in reviews if review[5] >= MONTH]
    return Exports(
        _write(folder / "orders.csv", ("order_id", "customer", "event", "time", "promised"), events),
        _write(folder / "reviews.csv", ("review_id", "order_id", "customer", "stars", "comment", "time"), reviews),
        len(events),
        len(reviews),
        _late(events),
        (sum(april) / len(april), len(april)),
    )


def _rows(olist: Path, table: str) -> Iterator[dict[str, str]]:
    with (olist / f"olist_{table}_dataset.csv").open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def _events(orders: list[dict[str, str]], buyers: dict[str, str]) -> Iterator[tuple[str, ...]]:
    for row in orders:
        order, promised = row["order_id"], f"{row['order_estimated_delivery_date'][:10]} 23:59:59"
        yield order, buyers[order], "order_placed", row["order_purchase_timestamp"], promised
        delivered = row["order_delivered_customer_date"]
        if delivered and delivered < DAY:
            yield order, buyers[order], "order_delivered", delivered, ""


def _reviews(rows: Iterable[dict[str, str]], buyers: dict[str, str]) -> Iterator[tuple[str, ...]]:
    seen = set()
    for row in rows:
        review, order, at = row["review_id"], row["order_id"], row["review_creation_date"]
        if order in buyers and at < DAY and review not in seen:
            seen.add(review)
            yield review, order, buyers[order], row["review_score"], row["review_comment_message"], at


def _late(events: list[tuple[str, ...]]) -> int:
    first = (date.fromisoformat(DAY) - timedelta(weeks=WEEKS)).isoformat()
    delivered = {order: at for order, _customer, event, at, _promised in events if event == "order_delivered"}
    promises = [(order, promised) for order, _customer, event, _at, promised in events if event == "order_placed"]
    return sum(1 for order, promised in promises if first <= promised < DAY and delivered.get(order, DAY) > promised)


def _write(path: Path, head: tuple[str, ...], rows: list[tuple[str, ...]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows(rows)
    return path
