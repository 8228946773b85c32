"""The Olist example: reviews meet their orders, and late deliveries cost stars."""

from pathlib import Path

import pandas as pd
import pytest

from headwater.base.models import Company
from headwater.listening import services
from headwater.listening.mapping import from_yaml
from headwater.metrics.store import company_record
from headwater.record import filters
from headwater.record.questions import Sums

EXAMPLE = Path(__file__).parents[2] / "examples/olist"


def test_late_deliveries_have_2_60_stars_and_others_4_28(ours: Company, shared: Path) -> None:
    folder = shared / "data/olist_dev"
    reviews = pd.read_csv(folder / "olist_order_reviews_dataset.csv")
    orders = pd.read_csv(folder / "olist_orders_dataset.csv")
    expected = _expected(reviews, orders)
    assert round(expected["yes"][0], 2) == 2.60
    assert round(expected["no"][0], 2) == 4.28

    outcome = services.import_file(folder, mapping=from_yaml((EXAMPLE / "reviews.yaml").read_text()))
    assert (outcome.accepted, outcome.set_aside) == (len(reviews), 0)
    events = services.import_file(folder, mapping=from_yaml((EXAMPLE / "orders.yaml").read_text()))
    delivered = int(orders.order_delivered_customer_date.notna().sum())
    assert events.accepted == len(orders) + delivered + _late(orders)

    where = filters.parse("attribute:order_status = 'delivered'")
    answer = company_record().ask(Sums(("event:delivery_late",), where, None, None, "rating"))
    found = {row.group["event:delivery_late"]: (row.score_sum / row.scored, row.scored) for row in answer.rows}
    for group, (mean, count) in expected.items():
        assert found[group][1] == count
        assert found[group][0] == pytest.approx(mean, abs=1e-12)


def _expected(reviews: pd.DataFrame, orders: pd.DataFrame) -> dict[str, tuple[float, int]]:
    joined = reviews.merge(orders[orders.order_status == "delivered"], on="order_id")
    late = joined.order_delivered_customer_date > joined.order_estimated_delivery_date
    groups = {"yes": joined[late].review_score, "no": joined[~late].review_score}
    return {name: (float(scores.mean()), len(scores)) for name, scores in groups.items()}


def _late(orders: pd.DataFrame) -> int:
    """Delivered after the promise, or neither delivered, cancelled nor out of stock when the promise passed."""
    late = orders.order_delivered_customer_date > orders.order_estimated_delivery_date
    last = max(orders.order_purchase_timestamp.max(), orders.order_delivered_customer_date.max())
    open_ = orders.order_delivered_customer_date.isna() & ~orders.order_status.isin(
        ["delivered", "canceled", "unavailable"]
    )
    return int((late | (open_ & (orders.order_estimated_delivery_date < last))).sum())
