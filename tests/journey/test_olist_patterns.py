"""The rule "order not delivered by the promised date" on real orders, against the files themselves."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from headwater.base.company import ensure_company
from headwater.base.models import Person
from headwater.journey import services, standards, triggers
from headwater.journey.models import Standard
from headwater.journey.packs import load_pack
from headwater.journey.standard_edits import create_standard
from headwater.journey.trigger_rules import Rule
from headwater.listening.mapping import from_yaml
from headwater.listening.services import import_file
from headwater.metrics.store import close_company_record, company_record
from headwater.record.filters import parse
from headwater.record.questions import PatternFirings, SignalRows, Sums
from headwater.science import Estimate

EXAMPLE = Path(__file__).parents[2] / "examples/olist"
PLACED = "event = 'order_placed' and attribute:order_status not in ('canceled', 'unavailable')"
RULE = Rule("not_followed", PLACED, "event = 'order_delivered'", per="subject", promised="promised")


@pytest.fixture
def orders(db: None, home: Path, shared: Path, editor: Person) -> Iterator[pd.DataFrame]:
    close_company_record()
    ensure_company(name="Ours", time_zone="America/Sao_Paulo", currency="BRL")
    services.apply_pack(editor, load_pack("retail"))
    folder = shared / "data/olist_dev"
    import_file(folder, mapping=from_yaml((EXAMPLE / "orders.yaml").read_text()))
    yield pd.read_csv(folder / "olist_orders_dataset.csv")
    close_company_record()


def test_the_promised_date_on_real_orders(orders: pd.DataFrame, editor: Person) -> None:
    """One import for all three: it takes most of the time."""
    undelivered_by_the_promise_is_what_the_files_call_late(orders)
    its_preview_says_how_often_and_whom(editor)
    reliability_is_the_share_delivered_by_the_promise(orders, editor)


def undelivered_by_the_promise_is_what_the_files_call_late(orders: pd.DataFrame) -> None:
    as_of = standards.as_of()
    found = company_record().ask(PatternFirings(RULE.pattern(), as_of, limit=100_000))
    placed = company_record().ask(SignalRows(tuple(one.signal_key for one in found.rows)))
    fired = {one.subject_id for one in placed}
    assert len(fired) == found.total == len(found.rows)

    promised, came = orders.order_estimated_delivery_date, orders.order_delivered_customer_date
    counted = ~orders.order_status.isin(["canceled", "unavailable"])
    local = pd.to_datetime(promised).dt.tz_localize("America/Sao_Paulo").dt.tz_convert("UTC").dt.tz_localize(None)
    late = counted & (local < as_of) & ~(came <= promised)
    assert fired == set(orders.order_id[late])

    # What the mapping says happened: it cannot call an order late that is marked as delivered without a time.
    events = company_record().ask(Sums(("subject_id",), parse("event = 'delivery_late'")))
    said = {row.group["subject_id"] for row in events.rows}
    unknown = set(orders.order_id[(orders.order_status == "delivered") & came.isna()])
    assert fired - unknown == said - set(orders.order_id[~counted])


def its_preview_says_how_often_and_whom(editor: Person) -> None:
    found = triggers.preview(editor, RULE)
    assert found.firings.total == sum(week.n for week in found.firings.weeks) > 0
    assert len(found.firings.rows) == triggers.EXAMPLES
    assert found.since <= found.firings.rows[-1].at.date() <= found.until


def reliability_is_the_share_delivered_by_the_promise(orders: pd.DataFrame, editor: Person) -> None:
    definition = {"promise": PLACED, "receipt": "event = 'order_delivered'", "promised": "promised"}
    moment = load_pack("retail").taxonomy().moments[0]
    values = {"name": "Delivered as promised", "moment": moment.id, "method": "kept", "definition": definition}
    standard = create_standard(editor, {**values, "departments": [load_pack("retail").departments[0].id]})
    answer = standards.reliability(moment.id)[moment.id]
    promised, came = orders.order_estimated_delivery_date, orders.order_delivered_customer_date
    counted = ~orders.order_status.isin(["canceled", "unavailable"])
    local = pd.to_datetime(promised).dt.tz_localize("America/Sao_Paulo").dt.tz_convert("UTC").dt.tz_localize(None)
    due = counted & (local < standards.as_of())
    assert answer.due == int(due.sum())
    assert answer.kept == int((due & (came <= promised)).sum())
    assert isinstance(answer.result, Estimate)
    assert answer.result.low < answer.kept / answer.due < answer.result.high
    assert list(answer.by_department.values()) == [answer.result]
    assert Standard.objects.get() == standard

    broken = standards.breaches()
    last = standards.as_of()
    assert broken.rows
    assert broken.at == last > datetime(2018, 1, 1)
    still = [one for one in broken.rows if one.is_open]
    assert still == sorted(still, key=lambda one: one.breach.deadline)
    assert list(broken.rows[: len(still)]) == still
