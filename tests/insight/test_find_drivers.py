"""Drivers: what an outcome goes together with, from import to page."""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from itertools import combinations, permutations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from django.test import Client

import headwater.science as hs
from headwater.base.company import ensure_company
from headwater.base.models import Person
from headwater.base.refusals import NotFound, Refused
from headwater.insight import finance
from headwater.insight.drivers import Analysis, DriversAsked, analyse
from headwater.insight.drivers_segments import by_segment
from headwater.insight.drivers_wording import drivers_sentence
from headwater.insight.selection import Selection
from headwater.journey.packs import load_pack
from headwater.journey.services import apply_pack
from headwater.listening import services
from headwater.listening.mapping import from_yaml
from headwater.metrics.store import close_company_record
from headwater.record import Record
from headwater.science import Estimate, NoVerdict
from headwater.science.drivers import lmg
from tests.insight.conftest import Write

pytestmark = [pytest.mark.django_db, pytest.mark.reads_record]

EXAMPLES = Path(__file__).parents[2] / "examples"
EVERYTHING = Selection()


def found(selection: Selection = EVERYTHING, **asked: Any) -> Analysis:
    analysis = analyse(selection, DriversAsked(**asked))
    assert analysis is not None
    return analysis


def estimate(result: hs.Result) -> Estimate:
    assert isinstance(result, Estimate), result
    return result


def answers() -> list[dict[str, Any]]:
    """400 responses: the whole follows speed (twice) and price, not colour; price hurts only when it is low."""
    random = np.random.default_rng(11)
    rows: list[dict[str, Any]] = []
    for response in range(400):
        speed, price, colour = (int(random.integers(1, 6)) for _ in range(3))
        whole = 1.2 + 0.6 * speed - 1.4 * (price <= 2) + random.normal(0, 0.4)
        plan = ("basic", "plus")[response % 2]
        scores = {"Overall": int(np.clip(round(whole), 1, 5)), "speed": speed, "price": price, "colour": colour}
        for name, score in scores.items():
            if name == "colour" and response % 4 == 0:
                continue
            rows.append(
                {
                    "record_id": f"{name}:{response}",
                    "response_id": f"r{response}",
                    "customer_id": f"c{response}",
                    "metric": "csat",
                    "score": float(score),
                    "attributes": [("question", name), ("plan", plan)],
                }
            )
    return rows


@pytest.fixture
def survey(write: Write) -> None:
    write(answers())


def test_the_planted_drivers_come_first_and_the_whole_is_the_outcome(survey: None) -> None:
    analysis = found()
    assert analysis.outcome.name == "Overall"
    assert [row.candidate.name for row in analysis.rows] == ["Speed", "Price", "Colour"]
    speed, price, colour = (estimate(row.importance) for row in analysis.rows)
    assert speed.low > price.high > colour.high
    parts = speed.estimate + price.estimate + colour.estimate
    assert parts == pytest.approx(estimate(analysis.r_squared).estimate)
    assert analysis.responses == 400
    assert {row.candidate.name: row.answered for row in analysis.rows}["Colour"] == pytest.approx(0.75)


def test_what_only_hurts_when_missing_is_told_from_the_rest(survey: None) -> None:
    kinds = {row.candidate.name: row.asymmetry.kind for row in found().rows if row.asymmetry}
    assert kinds["Price"] == "must not fail"


def test_complete_answers_leave_out_who_did_not_answer_everything(survey: None) -> None:
    analysis = found(complete=True)
    assert analysis.responses == analysis.fewest == 300
    assert all(row.answered == 1 for row in analysis.rows)


def test_a_low_score_and_the_order_of_answers_are_outcomes_too(survey: None) -> None:
    low, rank = found(form="low"), found(form="rank")
    assert low.ends == (0.0, 1.0)
    worse = {row.candidate.name: estimate(row.worse).estimate for row in low.rows}
    better = {row.candidate.name: estimate(row.better).estimate for row in low.rows}
    assert worse["Speed"] > better["Speed"]  # more low scores where speed was rated low
    assert estimate(rank.average).estimate == pytest.approx(0.5)
    assert [row.candidate.name for row in rank.rows] == ["Speed", "Price", "Colour"]


def test_a_yes_or_no_is_shared_out_by_what_each_driver_adds_to_a_logistic_fit(survey: None) -> None:
    """McFadden's R² of every set of drivers from statsmodels, over the responses that give all; general dominance."""
    low = found(form="low")
    assert low.mcfadden
    assert low.fewest == 300
    scores = pd.DataFrame(answers())
    scores["question"] = [dict(one)["question"] for one in scores.attributes]
    wide = scores.pivot(index="response_id", columns="question", values="score").dropna()
    y = (wide.Overall <= 2).astype(float)
    names = ["speed", "price", "colour"]

    def fit(chosen: tuple[str, ...]) -> float:
        design = np.column_stack([np.ones(len(wide)), *(wide[name] for name in chosen)])
        return float(sm.Logit(y, design).fit(disp=0).llf)

    nothing = fit(())
    worth = {chosen: 1 - fit(chosen) / nothing for size in range(4) for chosen in combinations(names, size)}
    for name in names:
        adds = [
            worth[tuple(one for one in names if one in order[: order.index(name) + 1])]
            - worth[tuple(one for one in names if one in order[: order.index(name)])]
            for order in permutations(names)
        ]
        row = next(one for one in low.rows if one.candidate.id == f"rating:csat:{name}")
        assert estimate(row.importance).estimate == pytest.approx(np.mean(adds), abs=1e-6)
    assert estimate(low.r_squared).estimate == pytest.approx(worth[tuple(names)], abs=1e-6)
    assert drivers_sentence(low).startswith(
        "“Speed” tells most about who gives “Overall” a low score: knowing it takes"
    )
    assert not found().mcfadden


def test_segments_that_answer_alike_are_not_told_apart(survey: None) -> None:
    analysis = found()
    segments = by_segment(EVERYTHING, analysis, "attribute:plan")
    assert {one.value: one.responses for one in segments} == {"basic": 200, "plus": 200}
    assert not any(one.differing for one in segments)


def test_segments_that_weigh_differently_are_found(write: Write) -> None:
    random = np.random.default_rng(3)
    rows: list[dict[str, Any]] = []
    for response in range(600):
        speed, price = (int(random.integers(1, 6)) for _ in range(2))
        plan = ("basic", "plus")[response % 2]
        whole = np.clip(round((price if plan == "basic" else speed) + random.normal(0, 0.5)), 1, 5)
        for name, score in {"overall": whole, "speed": speed, "price": price}.items():
            of = {"response_id": f"r{response}", "customer_id": f"c{response}", "metric": "csat", "score": float(score)}
            attributes = [("question", name), ("plan", plan)]
            rows.append({"record_id": f"{name}{response}", **of, "attributes": attributes})
    write(rows)
    segments = {one.value: one for one in by_segment(EVERYTHING, found(), "attribute:plan")}
    more = {one.driver for one in segments["basic"].differing if estimate(one.difference).estimate > 0}
    assert more == {"rating:csat:price"}
    assert {one.driver for one in segments["plus"].differing} == {"rating:csat:price", "rating:csat:speed"}


def test_drivers_that_repeat_each_other_have_no_verdict_when_chosen(write: Write) -> None:
    random = np.random.default_rng(4)
    rows: list[dict[str, Any]] = []
    for response in range(200):
        speed = float(random.integers(1, 6))
        for name, score in {"overall": float(random.integers(1, 6)), "speed": speed, "pace": speed}.items():
            of = {"response_id": f"r{response}", "metric": "csat", "score": score, "attributes": [("question", name)]}
            rows.append({"record_id": f"{name}{response}", **of})
    write(rows)
    assert [one.reason for one in found().left_out] == ["says the same as “Pace”"]
    chosen = found(drivers=("rating:csat:speed", "rating:csat:pace"))
    assert isinstance(chosen.refused, NoVerdict)
    assert chosen.refused.code == "collinear"
    assert "cannot be told" in drivers_sentence(chosen)


def test_without_scores_nothing_is_claimed(write: Write) -> None:
    write([{"record_id": "1", "kind": "contact", "text": "words"}])
    assert analyse(EVERYTHING) is None
    assert "nothing can drive one" in drivers_sentence(None)
    with pytest.raises(NotFound):
        analyse(EVERYTHING, DriversAsked(outcome="rating:nps"))


def test_a_driver_that_is_not_there_is_refused_by_name(survey: None) -> None:
    with pytest.raises(Refused, match="no driver of Overall"):
        found(drivers=("rating:csat:smell",))
    with pytest.raises(NotFound, match="rating:csat:Overall"):
        found(outcome="rating:nps")


def test_the_page_says_it_and_the_file_and_the_api_agree(
    survey: None, person_with: Callable[..., Person], client: Client
) -> None:
    assert client.get("/drivers").status_code == 302
    client.force_login(person_with("employee"))
    page = client.get("/drivers", {"by": "attribute:plan"})
    assert page.status_code == 200
    text = page.content.decode()
    assert drivers_sentence(found()) in text
    assert "“Speed” matters most for “Overall”" in text
    assert "must not fail" in text
    assert "weighs differently in any segment" in text
    lines = client.get("/drivers.csv").content.decode("utf-8-sig").splitlines()
    assert lines[1].startswith("Speed,rating,")
    answer = client.get("/api/v1/drivers", {"by": "attribute:plan"}).json()
    importance = estimate(found().rows[0].importance)
    assert answer["drivers"][0]["importance"]["estimate"] == pytest.approx(importance.estimate)
    assert float(lines[1].split(",")[5]) == pytest.approx(importance.estimate, rel=1e-5)
    assert [one["value"] for one in answer["segments"]] == ["basic", "plus"]


def test_an_empty_page_says_what_to_bring(record: Record, person_with: Callable[..., Person], client: Client) -> None:
    client.force_login(person_with("employee"))
    text = client.get("/drivers").content.decode()
    assert "Load answers to a survey with several ratings" in text
    assert client.get("/api/v1/drivers").json()["outcome"] is None


@pytest.mark.parametrize("address", ["/drivers?by=customer_id", "/drivers?where=text+like+'%25x%25'"])
def test_a_question_that_would_single_out_a_customer_is_refused(
    survey: None, person_with: Callable[..., Person], client: Client, address: str
) -> None:
    client.force_login(person_with("employee"))
    assert client.get(address).status_code == 403


@pytest.fixture
def imported(db: None, home: Path) -> Iterator[Callable[[Path, Path], None]]:
    """Import a folder with a mapping into an empty company of its own."""
    close_company_record()
    ensure_company(name="Ours", time_zone="UTC")

    def load(folder: Path, mapping: Path) -> None:
        outcome = services.import_file(folder, mapping=from_yaml(mapping.read_text()))
        assert outcome.set_aside == 0

    yield load
    close_company_record()


def test_an_event_drives_where_it_shows_a_failure_or_was_chosen(journey: None, write: Write) -> None:
    rows: list[dict[str, Any]] = []
    for number in range(400):
        late = number % 4 == 0
        of = {"customer_id": f"c{number}", "subject_id": f"order {number}"}
        events = ["order_placed", *(["delivery_late"] if late else []), *(["invited"] if number % 2 else [])]
        rows += [{"record_id": f"{event}{number}", "kind": "event", "event": event, **of} for event in events]
        score = float((2, 3, 8)[number % 3] if late else (7, 9, 10)[number % 3])
        rows.append({"record_id": f"s{number}", "response_id": f"r{number}", "metric": "nps", "score": score, **of})
    write(rows)
    analysis = found()
    assert [row.candidate.id for row in analysis.rows] == ["event:delivery_late"]
    reasons = {one.candidate.id: one.reason for one in analysis.left_out}
    assert reasons["event:invited"] == "an event of no failure; choose it to see it"
    mean = np.mean([(7, 9, 10)[number % 3] for number in range(400) if number % 4])
    sentence = drivers_sentence(analysis)
    assert sentence.startswith("What hurts Net Promoter Score most: customers with “Delivery late” give 4.31 ("), (
        sentence
    )
    assert f"others {mean:.2f} (" in sentence
    low = drivers_sentence(found(form="low"))
    assert low.startswith("What hurts Net Promoter Score most: of customers with “Delivery late” 67")
    chosen = found(drivers=("event:invited", "event:delivery_late"))
    assert {row.candidate.id for row in chosen.rows} == {"event:invited", "event:delivery_late"}


@pytest.fixture
def shop(journey: None, write: Write) -> None:
    """600 customers buy on 1 January; to a third it came late a week on, and they buy again in March more seldom."""
    finance.enter(None, "active", {"events": ["order_placed"], "days": 60, "source": "Plan"}, seen=0)
    finance.enter(None, "lost", {"events": [], "days": 60, "source": "Plan"}, seen=0)
    rows: list[dict[str, Any]] = []
    for number in range(600):
        late = number % 3 == 0
        again = number % (10 if late else 2) == 0
        days = [date(2026, 1, 1), *([date(2026, 3, 1)] if again else [])]
        said = [("order_placed", day) for day in days] + ([("delivery_late", date(2026, 1, 8))] if late else [])
        for event, day in said:
            at = {"local_date": day, "occurred_at": datetime(day.year, day.month, day.day)}
            name = f"{event}{number}{day}"
            rows.append({"record_id": name, "kind": "event", "event": event, "customer_id": f"c{number}", **at})
    rows += [
        {"record_id": "last", "kind": "event", "event": "order_placed", "customer_id": "c", **on(date(2026, 6, 1))}
    ]
    write(rows)


def on(day: date) -> dict[str, Any]:
    return {"local_date": day, "occurred_at": datetime(day.year, day.month, day.day)}


def test_what_keeps_customers_from_buying_again_is_told(
    shop: None, person_with: Callable[..., Person], client: Client
) -> None:
    analysis = found(outcome="again")
    assert (analysis.form, analysis.mcfadden, analysis.responses) == ("again", True, 600)
    assert [row.candidate.id for row in analysis.rows] == ["event:delivery_late"]
    late, other = analysis.rows[0].worse, analysis.rows[0].better
    came_late, came_well = range(0, 600, 3), [one for one in range(600) if one % 3]
    assert estimate(late).estimate == pytest.approx(sum(one % 10 == 0 for one in came_late) / len(came_late))
    assert estimate(other).estimate == pytest.approx(sum(one % 2 == 0 for one in came_well) / len(came_well))
    y = [one % (10 if one % 3 == 0 else 2) == 0 for one in range(600)]
    fitted = sm.Logit(np.array(y, float), sm.add_constant([float(one % 3 == 0) for one in range(600)])).fit(disp=0)
    importance = estimate(analysis.rows[0].importance)
    assert importance.estimate == pytest.approx(fitted.prsquared, abs=1e-6)
    assert importance.low < importance.estimate < importance.high
    sentence = drivers_sentence(analysis)
    assert sentence.startswith("What keeps customers from buying again most: of customers with “Delivery late” 10"), (
        sentence
    )
    client.force_login(person_with("employee"))
    text = client.get("/drivers", {"outcome": "again"}).content.decode()
    assert sentence in text
    assert "Followed" in text
    answer = client.get("/api/v1/drivers", {"outcome": "again"}).json()
    assert (answer["form"], answer["mcfadden"], answer["outcome"]["id"]) == ("again", True, "again")
    assert answer["drivers"][0]["worse"]["estimate"] == pytest.approx(0.1)
    assert client.get("/api/v1/drivers", {"outcome": "again", "by": "channel"}).json()["code"] == "again_by_segment"


def test_buying_again_is_no_outcome_until_finance_says_who_is_a_customer(survey: None) -> None:
    assert all(one.id != "again" for one in found().choices)
    with pytest.raises(NotFound, match="again"):
        found(outcome="again")


def test_late_delivery_is_what_hurts_at_olist(imported: Callable[[Path, Path], None], shared: Path) -> None:
    apply_pack(None, load_pack("retail"))
    for name in ("reviews", "orders"):
        imported(shared / "data/olist_dev", EXAMPLES / f"olist/{name}.yaml")
    analysis = found(Selection(where="attribute:order_status = 'delivered'"))
    top = analysis.rows[0]
    assert (top.candidate.id, top.quadrant, top.good) == ("event:delivery_late", "mend first", False)
    assert round(estimate(top.worse).estimate, 2) == 2.60
    assert round(estimate(top.better).estimate, 2) == 4.28
    sentence = drivers_sentence(analysis)
    assert sentence.startswith("What hurts mean rating most: customers with “Delivery late” give 2.60 (2.5"), sentence
    assert found().rows[0].candidate.id == "event:delivery_late"


def test_the_airport_s_drivers_are_those_of_its_rows(
    imported: Callable[[Path, Path], None], shared: Path, tmp_path: Path
) -> None:
    survey = pd.read_excel(shared / "data/sfo_survey/dataset.xlsx", engine="calamine").iloc[::5]
    survey.insert(0, "guest", range(len(survey)))
    survey.to_csv(tmp_path / "survey.csv", index=False)
    imported(tmp_path, EXAMPLES / "airport/survey.yaml")
    analysis = found()
    assert analysis.outcome.name == "Airport as a whole"
    ratings = survey.drop(columns=["guest", "year", "age", "gender", "income"]).rename(columns={"all": "overall"})
    ratings = ratings.where((ratings >= 1) & (ratings <= 5))
    moments = hs.from_rows(ratings[ratings.overall.notna()]).correlations()
    last = list(ratings.columns).index("overall")
    names = [name for name in ratings.columns if name != "overall"]
    order = [list(ratings.columns).index(name) for name in names] + [last]
    shares = dict(zip(names, lmg(moments[np.ix_(order, order)]), strict=True))
    by_name = {row.candidate.name: estimate(row.importance) for row in analysis.rows}
    assert by_name["Restaurants"].estimate == pytest.approx(shares["food"], abs=1e-9)
    assert by_name["Free Wi-Fi"].estimate == pytest.approx(shares["wifi"], abs=1e-9)
    assert sum(shares.values()) == pytest.approx(estimate(analysis.r_squared).estimate)
    assert all(one.low < one.estimate < one.high for one in by_name.values())
    assert len(by_name) == 14
