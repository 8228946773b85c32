"""Hunches: what somebody expects, what the record answers, and who sees how good they are."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from headwater.base.models import HistoryEntry, Job, Person
from headwater.base.permissions import ROLES
from headwater.base.refusals import Conflict, NotFound, Refused
from headwater.insight import hunches
from headwater.insight.hunches import Claim, answer_due, write_hunch
from headwater.insight.hunches_calibration import CROWD, crowd, own_calibration
from headwater.insight.hunches_rules import PATIENCE, before, is_due, judge
from headwater.insight.hunches_wording import claim_sentence
from headwater.insight.models import Hunch
from headwater.science import Calibration, Estimate, NoVerdict
from tests.insight.conftest import Write
from tests.metrics.conftest import answers

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journey")]

SINCE, UNTIL = date(2026, 4, 1), date(2026, 4, 30)
SOUTH = "attribute:region = 'South'"


def claim(**more: object) -> Claim:
    said = {
        "metric": "csat",
        "where": SOUTH,
        "against": "rest",
        "other": "",
        "comparison": "lower",
        "at_least": 0.0,
        "since": SINCE,
        "until": UNTIL,
        "judge_on": UNTIL + timedelta(days=1),
        **more,
    }
    return Claim(**said)  # type: ignore[arg-type]


@pytest.fixture
def told(write: Write) -> None:
    """In April 40 of 100 are satisfied in the south and 80 of 100 in the north; in March 60 of 100 in the south."""
    april, march = {"local_date": date(2026, 4, 10)}, {"local_date": date(2026, 3, 20)}
    south, north = {"attributes": [("region", "South")]}, {"attributes": [("region", "North")]}
    write(
        [
            *answers("csat", {5: 40, 1: 60}, **april, **south),
            *answers("csat", {5: 80, 1: 20}, **april, **north),
            *answers("csat", {5: 60, 1: 40}, **march, **south),
            *answers("csat", {5: 1}, local_date=date(2026, 5, 2)),
        ]
    )


@pytest.fixture
def writer(person_with: Callable[..., Person]) -> Person:
    return person_with("employee")


def settled(writer: Person, **more: object) -> Hunch:
    write_hunch(writer, claim(**more), 80)
    answer_due(date(2026, 6, 1))
    return hunches.hunches_of(writer)[0]


def test_the_record_answers_with_both_figures_and_their_difference(told: None, writer: Person) -> None:
    found = settled(writer)
    assert found.state == "true"
    assert found.evidence["first"]["estimate"] == pytest.approx(0.4)
    assert found.evidence["second"]["estimate"] == pytest.approx(0.8)
    gap = found.evidence["gap"]
    assert gap["estimate"] == pytest.approx(-0.4)
    assert gap["low"] < -0.4 < gap["high"] < -0.2
    assert found.settled_at


@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        ({"comparison": "higher"}, "false"),
        ({"at_least": 0.2}, "true"),
        ({"at_least": 0.4}, "cannot_tell"),
        ({"at_least": 0.7}, "false"),
        ({"against": "before"}, "true"),
        ({"against": "before", "comparison": "differs", "at_least": 0.5}, "false"),
        ({"against": "group", "other": "attribute:region = 'North'"}, "true"),
        ({"where": "attribute:region = 'West'"}, "cannot_tell"),
        ({"metric": "volume", "against": "before", "comparison": "differs"}, "cannot_tell"),
    ],
)
def test_a_claim_is_judged_from_the_interval(more: dict[str, object], verdict: str, told: None, writer: Person) -> None:
    assert settled(writer, **more).state == verdict


GAPS = st.tuples(st.floats(-1, 1), st.floats(0, 0.5), st.floats(0, 0.5))


@given(GAPS, st.floats(0, 1))
def test_a_verdict_and_its_opposite_are_never_both_true(gap: tuple[float, float, float], at_least: float) -> None:
    middle, below, above = gap
    found = Estimate(middle, middle - below, middle + above, 9, "")
    higher, lower, differs = (judge(one, at_least, found) for one in ("higher", "lower", "differs"))
    assert not (higher == "true" and lower == "true")
    if "true" in (higher, lower):
        assert differs == "true"
    if differs == "false":
        assert {higher, lower} == {"false"}
    if higher == "true":
        assert middle >= at_least
    if higher == "false":
        assert middle <= at_least
    assert judge("higher", at_least, NoVerdict("x", "x")) == "cannot_tell"


def test_it_waits_for_its_day_and_for_the_record() -> None:
    day, end = date(2026, 5, 1), date(2026, 4, 30)
    assert not is_due(day, end, date(2026, 4, 30), end)
    assert is_due(day, end, day, end)
    assert not is_due(day, end, day, date(2026, 4, 29))
    assert is_due(day, end, day + PATIENCE, date(2026, 4, 29))
    assert not is_due(day, end, day + PATIENCE, None)
    assert before(date(2026, 4, 1), date(2026, 4, 30)) == (date(2026, 3, 2), date(2026, 3, 31))


def test_the_same_hunch_sent_twice_is_one_and_is_answered_once(told: None, writer: Person) -> None:
    first = write_hunch(writer, claim(), 80)
    assert write_hunch(writer, claim(), 80) == first
    with pytest.raises(Conflict, match="80 %"):
        write_hunch(writer, claim(), 60)
    assert Job.objects.filter(name=hunches.TASK).count() == 1
    assert answer_due(date(2026, 4, 30)) == 0
    assert answer_due(date(2026, 6, 1)) == 1
    assert answer_due(date(2026, 6, 1)) == 0


def test_it_is_withdrawn_before_the_answer_and_not_after(told: None, writer: Person) -> None:
    kept = write_hunch(writer, claim(), 80)
    for _twice in range(2):
        assert hunches.withdraw_hunch(writer, kept.pk).state == "withdrawn"
    answered = settled(writer, at_least=0.1)
    with pytest.raises(Conflict, match="no longer"):
        hunches.withdraw_hunch(writer, answered.pk)
    assert [row.code for row in HistoryEntry.objects.exclude(code__startswith="taxonomy").order_by("id")][-3:] == [
        "hunch.withdrawn",
        "hunch.written",
        "hunch.answered",
    ]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"metric": "luck"}, "metric_unknown"),
        ({"where": ""}, "group_missing"),
        ({"against": "group", "other": SOUTH}, "group_missing"),
        ({"where": "nonsense ="}, "bad_filter"),
        ({"where": "customer_id = 'c1'"}, None),
        ({"where": "attribute:agent = 'x'"}, "colleague_singled_out"),
        ({"at_least": 2.0}, "at_least"),
        ({"at_least": float("nan")}, "at_least"),
        ({"since": UNTIL + timedelta(days=1)}, "period_backwards"),
        ({"judge_on": UNTIL - timedelta(days=1)}, "judged_early"),
    ],
)
def test_what_the_record_could_never_answer_is_refused(
    more: dict[str, object], code: str | None, writer: Person
) -> None:
    with pytest.raises(Refused) as caught:
        write_hunch(writer, claim(**more), 50)
    assert code is None or caught.value.code == code
    assert not Hunch.objects.exists()


def decided(person: Person, number: int, probability: int, state: str) -> None:
    values = {name: getattr(claim(), name) for name in Claim.__slots__}
    Hunch.objects.create(person=person, **values, digest=str(number), probability=probability, state=state)


def test_the_score_is_the_mean_squared_distance_and_what_nobody_can_tell_does_not_count(writer: Person) -> None:
    for number in range(8):
        decided(writer, number, 75, "true" if number < 6 else "false")
    decided(writer, 99, 99, "cannot_tell")
    decided(writer, 98, 99, "withdrawn")
    found = own_calibration(writer)
    assert isinstance(found, Calibration)
    assert found.n == 8
    assert isinstance(found.score, Estimate)
    assert found.score.estimate == pytest.approx((6 * 0.25**2 + 2 * 0.75**2) / 8)


def test_the_crowd_is_shown_from_eight_people_up(person_with: Callable[..., Person]) -> None:
    people = [person_with("employee") for _ in range(CROWD)]
    for number, person in enumerate(people[:-1]):
        for place in range(3):
            decided(person, place, 60 + place, "true" if (number + place) % 2 else "false")
    assert crowd(people[0]) is None
    decided(people[-1], 0, 90, "true")
    found = crowd(people[0])
    assert found is not None
    assert (found.people, found.found.n) == (8, 22)
    # Seven of the eight said 60 to 62 %, one 90 %: no point stands for eight, so none is drawn.
    assert found.shown == ()
    decided(people[-1], 1, 61, "true")
    found = crowd(people[0])
    assert found is not None
    assert len(found.shown) == 1


@pytest.mark.parametrize("role", list(ROLES))
def test_nobody_sees_anothers_hunches_whatever_their_role(
    role: str, writer: Person, person_with: Callable[..., Person], client: Client
) -> None:
    secret = write_hunch(writer, claim(), 83, "because of the secret reason")
    for number in range(9):
        decided(writer, number, 90, "true")
    other = person_with(role, department=writer.department)
    Person.objects.filter(pk=writer.pk).update(manager=other)
    with pytest.raises(NotFound):
        hunches.hunch_of(other, secret.pk)
    client.force_login(other)
    assert client.get(f"/hunches/{secret.pk}").status_code == 404
    assert client.get(f"/api/v1/hunches/{secret.pk}").status_code == 404
    assert client.post(f"/hunches/{secret.pk}/withdraw").status_code == 404
    assert client.get("/api/v1/hunches").json() == []
    assert client.get("/api/v1/hunches/calibration").json()["n"] == 0
    assert client.get("/api/v1/hunches/crowd").json()["people"] is None
    for path in ("/hunches", "/history", "/administration/history", "/jobs"):
        said = client.get(path).content.decode()
        assert "secret reason" not in said
        assert "83 %" not in said


def test_strangers_are_sent_to_sign_in(client: Client) -> None:
    assert client.get("/hunches").status_code == 302
    assert client.get("/api/v1/hunches").status_code == 401


def test_a_hunch_is_written_on_the_page_and_the_preview_never_tells(told: None, writer: Person, client: Client) -> None:
    client.force_login(writer)
    assert "What does your gut say" in client.get("/hunches").content.decode()
    given = {
        "metric": "csat",
        "group": SOUTH,
        "where": SOUTH,
        "comparison": "lower",
        "against": "rest",
        "at_least": "10",
        "since": "2026-04-01",
        "until": "2026-04-30",
        "probability": "70",
    }
    del given["group"]
    preview = client.post("/hunches/preview", given).content.decode()
    said = claim_sentence(claim(at_least=0.1))
    assert said in preview
    assert "lower by 10 points or more" in said
    assert "100" in preview
    assert "40" not in preview
    assert client.post("/hunches/new", given).status_code == 302
    kept = hunches.hunches_of(writer)[0]
    assert (kept.at_least, kept.judge_on, kept.probability) == (pytest.approx(0.1), date(2026, 5, 1), 70)
    answer_due(date(2026, 6, 1))
    page = client.get(f"/hunches/{kept.pk}").content.decode()
    assert "It came true" in page
    assert client.post("/hunches/new", {**given, "probability": "100"}).status_code == 400
    assert "It came true" in client.get("/hunches").content.decode()
    hunches.clear()
    assert not Hunch.objects.exists()
