"""What a survey found: figures known beforehand, found again with their intervals; small groups kept hidden."""

import csv
import io
from collections.abc import Iterator

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

import headwater.science as hs
from headwater.base.models import Company, Person
from headwater.listening.models import Invitation, Mailing, SurveyLink, SurveyResponse
from headwater.listening.surveys import links, results_segments, services
from headwater.listening.surveys.funnel import funnel, link_counts
from headwater.listening.surveys.queries import version_of
from headwater.listening.surveys.results import View, results
from headwater.listening.surveys.results_choices import choices_by
from headwater.listening.surveys.results_protection import SMALLEST, shown_groups, shown_tables
from headwater.listening.surveys.results_segments import segments, spoken, trend
from headwater.science.results import Estimate
from tests.listening.survey_answers import CONTENT, START, answer, make_survey

PROMOTERS, PASSIVES, DETRACTORS = 50, 30, 20


def hundred(**more: object) -> list[dict[str, object]]:
    """Fifty promoters, thirty passives and twenty detractors; half of them in the app."""
    scores = [10] * PROMOTERS + [8] * PASSIVES + [3] * DETRACTORS
    return [{"recommend": score, "way": "app" if n % 2 else "shop", **more} for n, score in enumerate(scores)]


def approx(result: object, estimate: float, low: float, high: float) -> None:
    assert isinstance(result, Estimate)
    assert (result.estimate, result.low, result.high) == pytest.approx((estimate, low, high))


@pytest.fixture
def lead(ours: Company) -> Iterator[Person]:
    return Person.objects.create(email="lead@example.com", name="Lead", roles=["cx_team"])


def test_each_kind_of_question_has_its_figure(ours: Company) -> None:
    survey = make_survey()
    answer(survey, [{**one, "parts": {"speed": 5, "help": 2}, "seen": ["tv", "web"] if n < 25 else ["web"],
                     "why": f"because of reason {n}"} for n, one in enumerate(hundred())])  # fmt: skip
    found = results(None, "orders")
    recommend, way, parts, seen, why = found.questions
    assert (found.responses, found.waves) == (100, {"1": 100})
    plain = hs.nps(PROMOTERS, PASSIVES, DETRACTORS)
    assert isinstance(plain, Estimate)
    approx(recommend.scores[0].result, 30.0, 100 * plain.low, 100 * plain.high)
    assert dict(recommend.scores[0].spread) == {3: 20, 8: 30, 10: 50}
    half, quarter = hs.proportion(50, 100), hs.proportion(25, 100)
    assert isinstance(half, Estimate)
    assert isinstance(quarter, Estimate)
    assert {one.id: one.n for one in way.options} == {"app": 50, "shop": 50}
    approx(way.options[0].share, 0.5, half.low, half.high)
    assert {one.id: one.n for one in seen.options} == {"tv": 25, "web": 100}
    approx(seen.options[0].share, 0.25, quarter.low, quarter.high)
    assert [(one.of.row, one.n) for one in parts.scores] == [("speed", 100), ("help", 100)]
    assert isinstance(parts.scores[0].result, Estimate)
    assert parts.scores[0].result.estimate == 5
    assert (why.words, why.n) == (100, 100)


def test_an_answer_that_arrives_twice_counts_once(ours: Company) -> None:
    survey = make_survey()
    answer(survey, hundred())
    answer(survey, hundred())
    assert results(None, "orders").responses == 100


def test_waves_stand_alone_together_and_against_each_other(ours: Company) -> None:
    survey = make_survey()
    answer(survey, hundred(), wave=1)
    answer(survey, [{"recommend": 10, "way": "app"}] * 60 + [{"recommend": 8, "way": "shop"}] * 40, wave=2)
    assert results(None, "orders").responses == 200
    alone = results(None, "orders", View("2"))
    assert alone.responses == 100
    assert alone.questions[0].scores[0].n == 100
    beside = results(None, "orders", View("2", "1"))
    compared = beside.questions[0].scores[0].compared
    assert compared is not None
    assert isinstance(compared.difference, Estimate)
    assert compared.difference.estimate == pytest.approx(60 - 30)
    assert compared.found
    pairs = [s.compared for q in beside.questions for s in q.scores] + [
        o.compared for q in beside.questions for o in q.options
    ]
    raw = [
        hs.p_value_of(one.difference) if one and isinstance(one.difference, Estimate) else float("nan") for one in pairs
    ]
    adjusted = hs.benjamini_hochberg(raw)
    assert compared.adjusted_p == pytest.approx(adjusted[0])


@pytest.mark.parametrize("view", [View("7"), View("1", "7"), View("1", "1"), View("", "1")])
def test_a_wave_that_cannot_be_shown_is_refused_with_its_name(ours: Company, view: View) -> None:
    answer(make_survey(), hundred())
    with pytest.raises(services.Refused) as refused:
        results(None, "orders", view)
    assert (view.against or view.wave) in refused.value.message


def test_segments_are_each_compared_with_all_others(ours: Company) -> None:
    survey = make_survey()
    answer(survey, [{"recommend": 10 if n % 2 else 2, "way": "app" if n % 2 else "shop"} for n in range(200)])
    found = segments(None, survey, "recommend", "attribute:way", View())
    app, shop = found.compared.groups
    assert (app.value, app.n, shop.n) == ("app", 100, 100)
    assert app.found
    assert isinstance(app.difference, Estimate)
    assert app.difference.estimate == pytest.approx(200)


def by_region(regions: int = 3) -> list[dict[str, object]]:
    """Sixty people in each region: in the first three of four order in the app, in the others one of four."""
    return [
        {"recommend": 8, "way": "app" if (n % 4 < 3) == (region == 0) else "shop",
         "seen": ["tv", "web"] if n % 3 == 0 else ["web"], "attributes": {"region": f"r{region}"}}
        for region in range(regions)
        for n in range(60)
    ]  # fmt: skip


def test_choices_by_segment_are_each_compared_with_all_others(ours: Company) -> None:
    survey = make_survey()
    answer(survey, by_region())
    found = choices_by(None, survey, "way", "attribute:region", View())
    assert [(one.value, one.n) for one in found.groups] == [("r0", 60), ("r1", 60), ("r2", 60)]
    assert found.options == (("app", "In the app"), ("shop", "In the shop"))
    app = found.groups[0].share_of("app")
    own, rest = hs.proportion(45, 60), hs.proportion(30, 120)
    assert isinstance(own, Estimate)
    assert isinstance(rest, Estimate)
    approx(app.share, 0.75, own.low, own.high)
    difference = hs.difference(own, rest)
    approx(app.difference, 0.5, difference.low, difference.high)
    assert (app.n, app.found) == (45, True)
    pairs = [
        (name, hs.proportion(n, 60), hs.proportion(whole - n, 120))
        for name, whole, counts in (("app", 75, (45, 15, 15)), ("shop", 105, (15, 45, 45)))
        for n in counts
    ]
    expected = [one.adjusted_p for one in hs.compare([(f"{i}", a, b) for i, (_name, a, b) in enumerate(pairs)])]
    assert [group.share_of("app").adjusted_p for group in found.groups] == pytest.approx(expected[:3])
    seen = choices_by(None, survey, "seen", "attribute:region", View())
    assert [(one.share_of("tv").n, one.share_of("web").n) for one in seen.groups] == [(20, 60)] * 3
    assert not any(share.found for group in seen.groups for share in group.shares)
    alone = choices_by(None, survey, "way", "attribute:wave", View("1"))
    assert [(one.value, one.n) for one in alone.groups] == [("1", 180)]


def test_a_small_segment_of_choices_is_shown_and_not_compared(ours: Company) -> None:
    survey = make_survey()
    answer(survey, [*by_region(2), *({**one, "attributes": {"region": "tiny"}} for one in by_region(1)[:9])])
    tiny = choices_by(None, survey, "way", "attribute:region", View()).groups[-1]
    assert (tiny.value, tiny.n, tiny.compared) == ("tiny", 9, False)
    assert all(not one.found and one.adjusted_p is None for one in tiny.shares)


def test_choices_of_an_anonymous_survey_show_nobody(ours: Company) -> None:
    survey = make_survey(anonymous=True)
    answer(survey, [{"recommend": 8, "way": way, "channel": channel} for channel, way, n in
                    (("qr", "app", 30), ("qr", "shop", 30), ("web", "app", 20), ("web", "shop", 20),
                     ("link", "app", 12), ("link", "shop", 2)) for _ in range(n)])  # fmt: skip
    found = choices_by(None, survey, "way", "channel", View())
    # Two of "link" chose the shop; alone it would be the whole less the others, so that "web" is left out with it.
    assert [(one.value, one.n) for one in found.groups] == [("qr", 60)]
    assert found.hidden == 2
    with pytest.raises(services.Refused) as refused:
        choices_by(None, survey, "way", "channel", View("1"))
    assert refused.value.code == "survey.anonymous_waves"


TABLES = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=1),
    st.lists(st.integers(0, 12), min_size=2, max_size=2).map(lambda counts: (sum(counts), counts)),
)


@given(TABLES)
def test_no_cell_of_a_small_group_is_shown_or_can_be_worked_out(tables: dict[str, tuple[int, list[int]]]) -> None:
    shown = shown_tables(tables)
    hidden = [name for name in tables if name not in shown and tables[name][0]]
    for names in ([name] for name in shown):
        assert all(cell == 0 or cell >= SMALLEST for name in names for cell in tables[name][1])
    if shown and hidden:
        assert len(hidden) > 1
        together = [sum(tables[name][1][option] for name in hidden) for option in (0, 1)]
        assert all(cell == 0 or cell >= SMALLEST for cell in together)


def test_choices_by_segment_have_a_page_a_file_and_an_answer_for_programs(lead: Person, client: Client) -> None:
    survey = make_survey()
    answer(survey, by_region())
    client.force_login(lead)
    assert f"/surveys/{survey.name}/choices/way" in client.get(f"/surveys/{survey.name}/results").content.decode()
    page = client.get(f"/surveys/{survey.name}/choices/way?by=attribute:region").content.decode()
    assert "most often “In the shop”" in page
    assert "“r0” chose “In the" in page
    lines = list(
        csv.DictReader(io.StringIO(_text(client, f"/surveys/{survey.name}/choices/way.csv?by=attribute:region")))
    )
    assert [(one["segment"], one["option"], one["chosen"], one["answered"]) for one in lines[:2]] == [
        ("r0", "app", "45", "60"), ("r0", "shop", "15", "60")]  # fmt: skip
    told = client.get("/api/v1/surveys/orders/results/way/choices?by=attribute:region").json()
    assert told["segments"][0]["shares"][0]["n"] == 45
    assert told["options"] == {"app": "In the app", "shop": "In the shop"}
    for path, status in (("recommend", 404), ("nothing", 404), ("way?by=stage", 400), ("way?by=customer_id", 400)):
        assert client.get(f"/surveys/{survey.name}/choices/{path}").status_code == status, path
    assert Client().get(f"/surveys/{survey.name}/choices/way").status_code == 302


def _text(client: Client, path: str) -> str:
    return b"".join(client.get(path).streaming_content).decode("utf-8-sig")


@pytest.mark.parametrize("by", ["response_id", "customer_id", "text", "day", "nothing", "attribute:employee"])
def test_no_segment_singles_anybody_out(ours: Company, employee: Person, by: str) -> None:
    survey = make_survey()
    answer(survey, hundred())
    with pytest.raises(services.Refused):
        segments(employee, survey, "recommend", by, View())


def test_a_changed_wording_is_a_break_and_its_answers_stay_apart(ours: Company) -> None:
    survey = make_survey()
    answer(survey, hundred(), at=START)
    pages = [dict(page) for page in CONTENT["pages"]]
    pages[0] = {**pages[0], "questions": [{**pages[0]["questions"][0], "text": {"en": "Would you really?", "ar": "x"}}]}
    services.save(None, survey, services.read({**CONTENT, "pages": pages}))
    services.publish(None, survey)
    answer(survey, [{"recommend": 10}] * 40, version=2, at=START.replace(month=5))
    found = trend(None, survey, "recommend", View())
    assert [(point.wording, point.n) for point in found.points] == [(0, 100), (1, 40)]
    assert [version for _day, version in found.breaks] == [2]
    gone = next(one for one in results(None, "orders").questions if one.id == "way")
    assert not gone.asked
    assert gone.n == 100


def test_what_was_said_links_down_to_the_words(ours: Company, lead: Person, employee: Person) -> None:
    survey = make_survey()
    answer(survey, [{"recommend": 9, "why": f"the driver was kind, time {n}"} for n in range(8)])
    said = spoken(lead, survey, "why", View())
    assert said.n == 8
    assert len(said.newest) == 3
    assert "source = 'survey-orders'" in said.where
    assert spoken(employee, survey, "why", View()).newest == ()


def test_an_anonymous_survey_shows_no_small_group_and_none_by_subtraction(ours: Company) -> None:
    survey = make_survey(anonymous=True)
    answer(survey, hundred(), wave=1)
    answer(survey, [{"recommend": 0, "way": "app"}] * 3, wave=2)
    answer(survey, [{"recommend": 5, "way": "app"}] * 9, wave=3)
    found = results(None, "orders")
    assert found.shown == {"1"}  # wave 3 with its nine is all that hides the three of wave 2
    for hidden in ("2", "3"):
        with pytest.raises(services.Refused, match="too few"):
            results(None, "orders", View(hidden))
    by_wave = segments(None, survey, "recommend", "attribute:wave", View())
    assert ([group.value for group in by_wave.compared.groups], by_wave.hidden) == (["1"], 2)
    with pytest.raises(services.Refused, match="over all waves"):
        segments(None, survey, "recommend", "attribute:way", View("1"))
    with pytest.raises(services.Refused, match="over all waves"):
        trend(None, survey, "recommend", View("1"))


def test_a_question_that_few_answered_is_not_shown_in_an_anonymous_survey(ours: Company) -> None:
    survey = make_survey(anonymous=True)
    answer(survey, [{"recommend": 9, "parts": {"speed": 1}} if n < 3 else {"recommend": 9} for n in range(20)])
    found = {one.id: one for one in results(None, "orders").questions}
    assert found["recommend"].n == 20
    assert found["parts"].withheld
    assert found["parts"].scores == ()


def test_an_anonymous_survey_with_few_answers_says_only_that_they_are_few(
    ours: Company, client: Client, lead: Person
) -> None:
    answer(make_survey(anonymous=True), [{"recommend": 9}] * (SMALLEST - 1))
    assert results(None, "orders").questions == ()
    client.force_login(lead, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = client.get("/surveys/orders/results").content.decode()
    assert "Too few to show" in page


@given(st.lists(st.integers(0, 40), max_size=12))
def test_hidden_groups_can_not_be_worked_out(sizes: list[int]) -> None:
    counts = dict(enumerate(sizes))
    shown = shown_groups(counts)
    hidden = [n for name, n in counts.items() if name not in shown]
    assert all(counts[name] == 0 or counts[name] >= SMALLEST for name in shown)
    # What is known of the hidden is their sum: it is none, or as large as what may be shown, of more than one group.
    if shown and any(hidden):
        assert sum(hidden) >= SMALLEST
        assert len(hidden) > 1 or not [n for name, n in counts.items() if name in shown and n]


def test_the_funnel_counts_everybody_who_was_asked(ours: Company) -> None:
    survey = make_survey()
    mailing = Mailing.objects.create(survey=survey, title="May", wave=2)
    states = ["planned"] * 2 + ["sent"] * 10 + ["spent"] * 6 + ["declined"] * 1 + ["failed"] * 3
    row, _document = version_of(survey, 1)
    for number, state in enumerate(states):
        left = state in ("sent", "spent", "declined")
        times = {"sent_at": START if left else None, "opened_at": START if state == "spent" else None}
        one = Invitation.objects.create(survey=survey, mailing=mailing, token_hash=str(number), state=state, **times)
        if state == "spent":
            SurveyResponse.objects.create(
                survey=survey, version=row, invitation=one, day=START.date(), state="complete"
            )
    found = funnel(survey, anonymous=False)
    assert [(step.step, step.n) for step in found.steps] == [
        ("planned", 22), ("sent", 17), ("opened", None), ("begun", 6), ("answered", 6)]  # fmt: skip
    assert dict(found.losses) == {"failed": 3, "declined": 1, "expired": 0, "withdrawn": 0}
    expected = hs.proportion(6, 17)
    assert found.rate == expected
    assert funnel(survey, anonymous=False, waves=("1",)).asked == 0
    nothing = funnel(survey, anonymous=True)
    assert [nothing.step(one).n for one in ("opened", "begun", "answered")] == [None, None, 6]  # type: ignore[arg-type]


def test_links_count_what_came_through_them(ours: Company) -> None:
    survey = make_survey()
    link = links.create_link(None, survey, "Receipt")
    row, _document = version_of(survey, 1)
    for state in ("complete", "complete", "open", "partial"):
        SurveyResponse.objects.create(survey=survey, version=row, link=link, day=START.date(), state=state)
    found = link_counts(survey)[0]
    assert (found.begun, found.completed, found.partial) == (4, 2, 1)
    assert SurveyLink.objects.count() == 1


def test_pages_and_files_say_the_same(ours: Company, lead: Person, client: Client) -> None:
    survey = make_survey()
    answer(survey, [{**one, "parts": {"speed": 4}, "why": "=SUM(A1)"} for one in hundred()], wave=1)
    answer(survey, hundred(), wave=2)
    client.force_login(lead, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = client.get("/surveys/orders/results").content.decode()
    assert "200 responses: Net Promoter Score +30" in page
    assert "/surveys/orders/results/parts:speed" in page
    assert "=SUM(A1)" in client.get("/surveys/orders/results/why/words").content.decode()
    assert client.get("/surveys/orders/results/way/words").status_code == 404
    compared = client.get("/surveys/orders/results?wave=2&against=1").content.decode()
    assert "no score changed by more than chance could make" in compared
    question = client.get("/surveys/orders/results/recommend?by=attribute:way").content.decode()
    assert "In the app" in question or "app" in question
    lines = list(csv.reader(io.StringIO(b"".join(client.get("/surveys/orders/results.csv")).decode("utf-8-sig"))))
    nps = next(line for line in lines if line[0] == "recommend")
    assert (nps[4], float(nps[5]), nps[8]) == ("nps", 30.0, "200")
    rows = list(csv.reader(io.StringIO(b"".join(client.get("/surveys/orders/responses.csv")).decode("utf-8-sig"))))
    assert len(rows) == 1 + 2 * 100 + 100 + 100
    assert any("'=SUM(A1)" in row for row in rows)
    assert client.get("/surveys/orders/results/nothing").status_code == 404


def test_answers_one_by_one_are_for_those_who_may_export(
    ours: Company, employee: Person, lead: Person, client: Client
) -> None:
    answer(make_survey(anonymous=True), hundred())
    answer(make_survey("named"), hundred())
    client.force_login(employee, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get("/surveys/named/results").status_code == 200
    assert client.get("/surveys/named/responses.csv").status_code == 403
    client.force_login(lead, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get("/surveys/orders/responses.csv").status_code == 403


def test_a_survey_without_answers_says_what_to_do(ours: Company, lead: Person, client: Client) -> None:
    make_survey()
    client.force_login(lead, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = client.get("/surveys/orders/results").content.decode()
    assert "Nobody has answered" in page
    assert "Open a link" in page
    assert results_segments.dimensions(results(None, "orders").survey, results(None, "orders").document)
