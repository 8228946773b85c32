"""The sample company: the same from the same seed, and true to what is planted in it."""

from collections import Counter
from datetime import date

import numpy as np
import pyarrow.compute as pc
import pytest

from headwater.base.models import Company, Department, Person
from headwater.base.refusals import Conflict
from headwater.insight import causes
from headwater.insight.alerts import alerts
from headwater.insight.employees import employees
from headwater.journey.agreement import stage_agreements
from headwater.journey.models import Standard
from headwater.journey.moments import leaders
from headwater.journey.packs import load_pack
from headwater.journey.queries import taxonomy
from headwater.metrics.store import company_record
from headwater.record.questions import Verbatims
from headwater.site.sample import SampleCompany, generate, load_sample, sample_is_loaded
from headwater.site.sample.generate import last_month_end
from headwater.site.sample.planted import PLANTED, PLANTED_IN_SERVICE, TOP
from headwater.site.sample.shop import ORDERS, changed_at, first_day, make_customers, make_orders, seconds
from headwater.site.sample.voices import grammar
from headwater.strategy.assembly import strategy_facts
from headwater.strategy.check.catalogue import run
from headwater.strategy.models import Pin
from headwater.strategy.strategies import current

END = date(2026, 10, 31)
LOW = {"csat": 2, "nps": 6, "ces": 3, "rating": 2}


@pytest.fixture(scope="module")
def sample() -> SampleCompany:
    return generate(7, END)


def test_the_same_seed_and_end_give_the_same_company(sample: SampleCompany) -> None:
    again = generate(7, END)
    assert again.signals.equals(sample.signals)
    assert again.named == sample.named
    assert not generate(8, END).signals.equals(sample.signals)


def test_it_spans_eighteen_months_and_ends_with_the_last(sample: SampleCompany) -> None:
    times = pc.min_max(sample.signals["occurred_at"]).as_py()
    assert times["min"].date() >= first_day(END) == date(2025, 5, 1)
    assert times["max"].date() <= END
    assert last_month_end(date(2026, 1, 15)) == date(2025, 12, 31)


def test_it_has_the_size_of_a_company_to_look_at(sample: SampleCompany) -> None:
    assert 20_000 <= len(sample.signals) <= 45_000
    assert len(set(sample.customers.id)) == 6_000
    flows = Counter(sample.signals["flow"].to_pylist())
    assert set(flows) == {"csat", "nps", "ces", "review", "contact", "event"}
    assert min(flows.values()) > 400


def test_it_speaks_of_the_packs_causes_stages_and_events() -> None:
    pack = load_pack("retail").taxonomy()
    for planted in (*PLANTED, *PLANTED_IN_SERVICE):
        cause = pack.cause(planted.cause)
        assert cause is not None
        assert planted.stage in cause.stages
        assert planted.event is None or planted.event in cause.events
    for language in ("en", "de", "es", "fr"):
        causes = {cause.id for cause in pack.causes} | {"none"}
        assert set(grammar(language).causes) <= causes
        assert {planted.cause for planted in (*PLANTED, *PLANTED_IN_SERVICE)} <= set(grammar(language).causes)


def test_departments_are_mapped_onto_all_of_the_packs(sample: SampleCompany) -> None:
    mapped = [one for department in sample.departments for one in department.pack_departments]
    assert sorted(mapped) == sorted(department.id for department in load_pack("retail").departments)
    names = {department.name for department in sample.departments}
    assert {person.department for person in sample.people} <= names


def test_causes_strike_as_often_as_they_are_planted() -> None:
    rng = np.random.default_rng([7, 1])
    customers = make_customers(rng)
    orders = make_orders(rng, customers, END)
    for column, planted in enumerate(PLANTED):
        struck = orders.struck[:, column]
        if planted.share_after is not None:
            since = orders.placed >= changed_at(planted, END)
            before, after = struck[~since].mean(), struck[since].mean()
            assert after == pytest.approx(planted.share_after, abs=0.02)
            assert (after > before) == (planted.course == "rising")
        if planted.favours:
            attribute, value = planted.favours
            values = orders.category if attribute == "category" else getattr(customers, attribute)[orders.customer]
            ratio = struck[values == value].mean() / struck[values != value].mean()
            assert ratio == pytest.approx(planted.factor, rel=0.45)
    late = orders.struck[:, 0]
    assert np.array_equal(orders.delivered > orders.promised, late)
    assert len(orders.id) == ORDERS
    assert orders.placed.max() < seconds(END) + 86_400


def negatives_by_cause(sample: SampleCompany) -> Counter[str]:
    """How often each cause is truly named in what is negative: low scores, and contacts that something failed for."""
    named: Counter[str] = Counter()
    for row in sample.signals.select(["flow", "record_id", "metric", "score"]).to_pylist():
        causes_of = sample.named.get(f"{row['flow']}-{row['record_id']}", ())
        if row["flow"] == "contact" or (row["metric"] and row["score"] <= LOW[row["metric"]]):
            named.update(cause for cause in causes_of if cause not in ("praise", "question"))
    return named


def test_what_strikes_most_is_named_most_in_what_is_negative(sample: SampleCompany) -> None:
    assert tuple(cause for cause, _count in negatives_by_cause(sample).most_common(len(TOP))) == TOP


def test_comments_read_as_written_by_many(sample: SampleCompany) -> None:
    texts = [text for text in sample.signals["text"].to_pylist() if text and len(text) > 25]
    assert len(texts) > 4_000
    assert len(set(texts)) > 0.85 * len(texts)
    assert not [text for text in texts if "{" in text or "  " in text]
    phrases = {phrase.casefold() for cause in load_pack("retail").causes for phrase in cause.examples}
    assert not phrases & {text.casefold().strip(" .!?") for text in texts}


def truly_named(sample: SampleCompany) -> Counter[str]:
    """How often each failure is truly named in the words that the record holds to be negative."""
    named: Counter[str] = Counter()
    more, offset = True, 0
    while more:
        page = company_record().ask(Verbatims(negative=True, limit=1000, offset=offset))
        for row in page.rows:
            of_row = sample.named.get(row.record_id or "", ())
            named.update(cause for cause in of_row if cause not in ("praise", "question"))
        more, offset = page.more, offset + 1000
    return named


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("home")
def test_it_arrives_like_any_companys_data_and_what_is_planted_is_found(sample: SampleCompany) -> None:
    outcome = load_sample(7, END)
    ours = Company.objects.get()
    assert ours.is_sample
    assert sample_is_loaded(ours)
    assert (outcome.accepted, outcome.set_aside) == (len(sample.signals), 0)
    assert sum(moment.truth for moment in taxonomy().moments) == 10
    assert len(leaders()) == 10
    assert Department.objects.count() == len(sample.departments)
    assert not Person.objects.exclude(is_sample=True).exists()

    found = [row for row in causes.causes(trends=True).rows if row.cause.demand != "value"]
    assert found[0].cause.id == TOP[0]
    assert {row.cause.id for row in found[: len(TOP)]} == set(TOP)
    true = truly_named(sample)
    attributed = sum(row.negatives for row in found)
    for row in found:
        share, planted_share = row.negatives / attributed, true[row.cause.id] / true.total()
        assert share == pytest.approx(planted_share, abs=0.08), row.cause.id
    change = {row.cause.id: row.change for row in found}
    assert change["site_fails"] == "rises"
    assert change["invoice_wrong"] == "falls"

    noticed = alerts(None)
    assert {(row.kind, row.cause) for row in noticed.open} == {("happened", "site_fails")}
    assert noticed.unseen == ()

    shown = employees(Person.objects.get(title="Head of Supply chain"))
    assert shown is not None
    assert {team.unit.name for team in shown.withheld} == {"Finance", "People and culture"}
    assert len(shown.teams) == 1 + len(sample.departments)

    checked = run(strategy_facts(current()))
    assert [verdict.rule.name for verdict in checked.not_met] == ["aligned", "tactics"]  # the two that are planted
    assert checked.unsaid == ()
    assert Pin.objects.filter(decision="").count() == 1
    assert Standard.objects.count() == 4
    assert sum(stage.settled for stage in stage_agreements().values()) == 4


@pytest.mark.django_db
def test_it_never_enters_a_company_of_ones_own() -> None:
    Company.objects.create(name="Ours", pack="retail")
    with pytest.raises(Conflict, match="Ours"):
        load_sample(7, END)
