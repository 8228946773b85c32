"""Trials of drafts: what strangers see and may send, what is counted, and what stays with the version."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from headwater.base.models import HistoryEntry, PageView, Person
from headwater.base.refusals import NotFound, Refused
from headwater.science.results import Estimate, NoVerdict
from headwater.strategy import agreement, drafting, guideposts, trial_answers, trials
from headwater.strategy.models import Trial, TrialAnswer, TrialLink
from headwater.strategy.trial_results import LEAST, difference, results, summary
from tests.insight.conftest import journey

__all__ = ["journey"]

pytestmark = pytest.mark.django_db
PersonWith = Callable[..., Person]
MISSION = "Every order arrives when we said it would."
SOON = timezone.localdate() + timedelta(days=7)
GOOD: dict[str, Any] = {"clear": 4, "believable": 5, "matters": 2, "promise": "It comes in time.", "change": ""}


@pytest.fixture
def trial(editor: Person) -> Trial:
    drafting.change_statements(editor, {"mission": MISSION})
    return trials.start_trial(editor, "mission", closes_on=SOON)


@pytest.fixture
def link(trial: Trial) -> TrialLink:
    return trial.links.get(audience="customers")


def answered(link: TrialLink, number: int, **given: Any) -> bool:
    return trial_answers.answer(trial_answers.link_of(link.token), GOOD | given, browser=f"browser {number}")


def test_a_stranger_reads_and_answers_once_without_signing_in(link: TrialLink) -> None:
    stranger = Client(enforce_csrf_checks=True)
    page = stranger.get(f"/try/{link.token}")
    words = page.content.decode()
    assert (page.status_code, MISSION in words) == (200, True)
    assert page["X-Robots-Tag"] == "noindex, nofollow"
    assert page["Referrer-Policy"] == "same-origin"
    cookie = stranger.cookies["headwater_try"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    sent = GOOD | {"csrfmiddlewaretoken": stranger.cookies["csrftoken"].value}
    for _ in range(2):
        answer = stranger.post(f"/try/{link.token}", sent)
        assert (answer.status_code, answer["Location"]) == (302, f"/try/{link.token}")
    assert "your answer is kept" in stranger.get(f"/try/{link.token}").content.decode()
    kept = TrialAnswer.objects.get()
    assert (kept.clear, kept.believable, kept.matters, kept.promise) == (4, 5, 2, "It comes in time.")
    assert TrialLink.objects.get(pk=link.pk).answered == 1
    assert not PageView.objects.exists()


def test_nothing_kept_leads_back_to_a_person(link: TrialLink, editor: Person, client: Client) -> None:
    client.force_login(editor)
    client.get(f"/try/{link.token}")
    client.post(f"/try/{link.token}", GOOD)
    kept = TrialAnswer.objects.get()
    browser = client.cookies["headwater_try"].value
    assert browser not in (kept.browser, kept.address)
    assert "127.0.0.1" not in kept.address
    assert kept.address
    assert not HistoryEntry.objects.filter(code__startswith="trial.", actor=editor).exclude(code="trial.started")


def test_without_a_cookie_or_a_token_of_the_page_nothing_counts(link: TrialLink) -> None:
    assert Client(enforce_csrf_checks=True).post(f"/try/{link.token}", GOOD).status_code == 403
    assert Client().post(f"/try/{link.token}", GOOD).status_code == 400
    assert not TrialAnswer.objects.exists()


def test_a_flood_from_new_browsers_is_slowed_and_bounded(link: TrialLink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial_answers, "A_MINUTE", 3)
    assert [answered(link, number) for number in range(3)] == [True] * 3
    with pytest.raises(Refused) as refused:
        answered(link, 3)
    assert refused.value.status == 429
    TrialAnswer.objects.update(at=timezone.now() - timedelta(minutes=2))
    assert answered(link, 3)


def test_a_flood_from_one_address_is_slowed(link: TrialLink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial_answers, "AN_ADDRESS", 2)
    statuses = []
    for _ in range(4):
        stranger = Client(REMOTE_ADDR="192.0.2.7")
        stranger.get(f"/try/{link.token}")
        statuses.append(stranger.post(f"/try/{link.token}", GOOD).status_code)
    assert statuses == [302, 302, 429, 429]
    elsewhere = Client(REMOTE_ADDR="192.0.2.8")
    elsewhere.get(f"/try/{link.token}")
    assert elsewhere.post(f"/try/{link.token}", GOOD).status_code == 302


def test_a_link_takes_no_more_than_it_was_made_for(editor: Person) -> None:
    drafting.change_statements(editor, {"mission": MISSION})
    small = trials.start_trial(editor, "mission", closes_on=SOON, most=2, audiences=["customers"]).links.get()
    assert [answered(small, number) for number in range(2)] == [True, True]
    with pytest.raises(trial_answers.Over):
        answered(small, 2)
    page = Client().get(f"/try/{small.token}")
    assert (page.status_code, "all the answers it needs" in page.content.decode()) == (410, True)


def test_after_its_day_a_trial_is_over_and_forgets_addresses(link: TrialLink, trial: Trial) -> None:
    stranger = Client()
    stranger.get(f"/try/{link.token}")
    stranger.post(f"/try/{link.token}", GOOD)
    assert trials.expire() == 0
    Trial.objects.update(closes_on=timezone.localdate() - timedelta(days=1))
    assert Client().get(f"/try/{link.token}").status_code == 410
    with pytest.raises(trial_answers.Over):
        answered(link, 1)
    assert trials.expire() == 1
    assert TrialAnswer.objects.get().address == ""


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"clear": 0}, "one of the five"),
        ({"clear": 6}, "one of the five"),
        ({"matters": None}, "one of the five"),
        ({"believable": "4"}, "one of the five"),
        ({"believable": True}, "one of the five"),
        ({"promise": "x" * 501}, "at most 500"),
        ({"change": "x" * 100_000}, "at most 500"),
    ],
)
def test_bad_answers_are_refused(link: TrialLink, given: dict[str, Any], says: str) -> None:
    with pytest.raises(Refused, match=says):
        answered(link, 1, **given)
    assert not TrialAnswer.objects.exists()


def test_a_huge_body_is_refused_unread_and_a_bad_form_keeps_what_was_written(link: TrialLink) -> None:
    stranger = Client()
    stranger.get(f"/try/{link.token}")
    assert stranger.post(f"/try/{link.token}", GOOD | {"change": "x" * 200_000}).status_code == 413
    answer = stranger.post(f"/try/{link.token}", {"promise": "My own words", "clear": "9"})
    assert (answer.status_code, "My own words" in answer.content.decode()) == (400, True)
    assert not TrialAnswer.objects.exists()


def test_words_of_strangers_are_shown_as_words(link: TrialLink, editor: Person, client: Client) -> None:
    for number in range(LEAST):
        answered(link, number, promise="<script>alert(1)</script>", change="a\x00b\n\nc")
    client.force_login(editor)
    words = client.get(f"/strategy/trials/{link.trial_id}").content.decode()
    assert "&lt;script&gt;alert(1)" in words
    assert "<script>alert" not in words
    assert "a b c" in words


@pytest.mark.parametrize("token", ["nothing", "x" * 500, "../../etc", "%00"])
def test_a_guessed_link_leads_nowhere(token: str, trial: Trial) -> None:
    assert Client().get(f"/try/{token}").status_code == 404
    with pytest.raises(NotFound):
        trial_answers.link_of(token)


def test_links_are_long_random_and_told_to_editors_alone(
    trial: Trial, person_with: PersonWith, editor: Person, client: Client
) -> None:
    tokens = [link.token for link in trial.links.all()]
    assert len(set(tokens)) == 2
    assert min(map(len, tokens)) >= 43
    client.force_login(person_with("employee"))
    assert tokens[0] not in client.get(f"/strategy/trials/{trial.pk}").content.decode()
    assert client.get(f"/api/v1/strategy/trials/{trial.pk}").json()["audiences"][0]["link"] is None
    client.force_login(editor)
    assert tokens[0] in client.get(f"/strategy/trials/{trial.pk}").content.decode()


def test_results_have_intervals_by_audience_and_a_least_base(link: TrialLink, trial: Trial) -> None:
    for number in range(LEAST - 1):
        answered(link, number)
    few = results(Trial.objects.get(pk=trial.pk))[0]
    assert (few.n, few.promises, few.is_shown) == (4, (), False)
    assert all(isinstance(scale.result, NoVerdict) for scale in few.scales)
    answered(link, LEAST, clear=1, promise="Nothing.")
    customers, employees = results(Trial.objects.get(pk=trial.pk))
    clear = customers.scales[0].result
    assert isinstance(clear, Estimate)
    assert (clear.estimate, clear.n) == (0.8, 5)
    assert clear.low < 0.8 < clear.high
    assert customers.scales[0].counts == (1, 0, 0, 4, 0)
    assert customers.promises == ("It comes in time.", "Nothing.")
    assert (employees.audience, employees.n) == ("employees", 0)


def test_what_changed_stays_with_the_version(trial: Trial, editor: Person, client: Client) -> None:
    better = "Every order arrives on the day we said."
    drafting.change_statements(editor, {"mission": better})
    for _ in range(2):
        kept = trials.keep_change(editor, trial.pk, "Customers did not know what “when we said” meant.")
    assert HistoryEntry.objects.filter(code="trial.change_kept").count() == 1
    spans = difference(kept)
    assert "".join(span.text for span in spans if span.what != "added") == MISSION
    assert "".join(span.text for span in spans if span.what != "removed") == better
    from headwater.strategy.strategies import draft

    row = draft()
    assert row is not None
    assert [one.pk for one in trials.tried_with(row.row.pk, ["mission"])] == [trial.pk]
    agreement.publish(editor, override="a test")
    client.force_login(editor)
    page = client.get("/strategy/versions/1").content.decode()
    assert "Tried before it counted" in page
    assert "Customers did not know what" in page
    assert "<ins>" in page


def test_the_same_text_is_not_tried_twice_at_once(trial: Trial, editor: Person) -> None:
    assert trials.start_trial(editor, "mission", closes_on=SOON).pk == trial.pk
    trials.close_trial(editor, trial.pk)
    trials.close_trial(editor, trial.pk)
    assert HistoryEntry.objects.filter(code="trial.closed").count() == 1
    assert trials.start_trial(editor, "mission", closes_on=SOON).pk != trial.pk


@pytest.mark.usefixtures("journey")
def test_guideposts_and_outcomes_are_tried_too(editor: Person) -> None:
    from headwater.journey.queries import taxonomy

    moment = taxonomy().moments[0]
    with pytest.raises(Refused, match="no guideposts to try"):
        trials.start_trial(editor, "guideposts", moment=moment.id, closes_on=SOON)
    with pytest.raises(Refused, match="no text to try"):
        trials.start_trial(editor, "outcomes", closes_on=SOON)
    with pytest.raises(Refused, match="cannot be tried"):
        trials.start_trial(editor, "poem", closes_on=SOON)
    guideposts.change_guidepost(
        editor, moment.id, {"always": ["Say the day."], "may": [{"text": "Pay it.", "limit": 5}]}
    )
    tried = trials.start_trial(editor, "guideposts", moment=moment.id, closes_on=SOON)
    assert tried.lines == ["We always: Say the day.", "Anyone of us may: Pay it. (≤ 5)"]
    drafting.add_item(editor, "outcome", {"year": 1, "text": "Parcels come on the promised day in 95 of 100 orders."})
    tried = trials.start_trial(editor, "outcomes", closes_on=SOON)
    assert tried.lines == ["Parcels come on the promised day in 95 of 100 orders."]


@pytest.mark.parametrize(
    "given",
    [
        {"closes_on": timezone.localdate() - timedelta(days=1)},
        {"closes_on": timezone.localdate() + timedelta(days=181)},
        {"closes_on": SOON, "most": 0},
        {"closes_on": SOON, "most": 2_001},
        {"closes_on": SOON, "audiences": []},
        {"closes_on": SOON, "audiences": ["everyone"]},
    ],
)
def test_a_trial_has_bounds(editor: Person, given: dict[str, Any]) -> None:
    drafting.change_statements(editor, {"mission": MISSION})
    with pytest.raises(Refused):
        trials.start_trial(editor, "mission", **given)


@pytest.mark.parametrize("role", ["manager", "employee", "analyst", "hr"])
def test_others_see_figures_and_may_not_start_close_or_read_words(
    role: str, link: TrialLink, person_with: PersonWith, client: Client
) -> None:
    for number in range(LEAST):
        answered(link, number)
    person = person_with(role)
    client.force_login(person)
    words = client.get(f"/strategy/trials/{link.trial_id}").content.decode()
    assert "It is clear" in words
    assert "It comes in time." not in words
    for act in (
        lambda: trials.start_trial(person, "mission", closes_on=SOON),
        lambda: trials.close_trial(person, link.trial_id),
        lambda: trials.keep_change(person, link.trial_id, "no"),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.status == 403


def test_the_pages_start_a_trial_and_keep_what_changed(editor: Person, client: Client) -> None:
    client.force_login(editor)
    assert "Nothing was tried yet" in client.get("/strategy/trials").content.decode()
    sent = {"kind": "mission", "audiences": ["customers"], "closes_on": SOON.isoformat(), "most": "50"}
    assert client.post("/strategy/trials/new", sent).status_code == 400
    drafting.change_statements(editor, {"mission": MISSION})
    address = client.post("/strategy/trials/new", sent)["Location"]
    assert client.get(address).status_code == 200
    assert client.post(address + "/change", {"note": "Said the day."})["Location"] == address
    assert client.post(address + "/close")["Location"] == address
    assert "Said the day." in client.get("/strategy/trials").content.decode()


def test_a_stranger_sees_no_results(trial: Trial) -> None:
    for page in ("/strategy/trials", "/strategy/trials/new", f"/strategy/trials/{trial.pk}"):
        assert "/account/login/" in Client().get(page)["Location"]


def test_programs_start_read_and_close(editor: Person, client: Client) -> None:
    client.force_login(editor)
    drafting.change_statements(editor, {"mission": MISSION})
    sent = {"kind": "mission", "closes_on": SOON.isoformat(), "audiences": ["employees"]}
    made = client.post("/api/v1/strategy/trials", sent, content_type="application/json")
    assert (made.status_code, made.json()["lines"]) == (201, [MISSION])
    number = made.json()["id"]
    note = {"note": "Nothing."}
    changed = client.put(f"/api/v1/strategy/trials/{number}/change", note, content_type="application/json")
    assert changed.json()["note"] == "Nothing."
    assert client.post(f"/api/v1/strategy/trials/{number}/close").json()["open"] is False
    assert [one["id"] for one in client.get("/api/v1/strategy/trials").json()] == [number]
    assert client.get("/api/v1/strategy/trials/999999").status_code == 404


one_to_five = st.integers(1, 5)
answers_of_any_kind = st.builds(
    TrialAnswer,
    clear=one_to_five,
    believable=one_to_five,
    matters=one_to_five,
    promise=st.text(max_size=5),
    change=st.text(max_size=5),
)


@given(st.lists(answers_of_any_kind, max_size=12))
def test_no_words_and_no_figures_below_the_least_base(given_answers: list[TrialAnswer]) -> None:
    found = summary(given_answers, "employees")
    shown = len(given_answers) >= LEAST
    assert all(isinstance(scale.result, Estimate) == shown for scale in found.scales)
    assert shown or not (found.promises or found.changes)
    if shown:
        assert all(sum(scale.counts) == len(given_answers) for scale in found.scales)


def test_clearing_the_sample_company_forgets_trials(trial: Trial) -> None:
    trials.clear()
    assert not TrialLink.objects.exists()
