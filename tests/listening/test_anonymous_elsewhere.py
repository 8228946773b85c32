"""What tells anonymous answers apart is in no page, no answer to a program, no file and no command but their survey's
own results, which leave small groups out."""

import json

import pytest
from click.testing import CliRunner
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.base.models import Company, Person
from headwater.listening.models import Survey
from headwater.listening.surveys.results import View
from headwater.listening.surveys.results_segments import segments
from headwater.metrics.commands import metric_command
from headwater.metrics.estimates import estimate
from headwater.metrics.store import company_record
from headwater.record.filters import parse
from headwater.record.questions import (
    AttributeNames,
    AttributeSpread,
    FieldValues,
    MatchingKeys,
    RandomVerbatims,
    SignalRows,
    Sums,
    SurveySignals,
    Verbatims,
    WordMatches,
)
from tests.listening.survey_answers import answer, make_survey

TELLING = ("attribute:team", "attribute:way", "attribute:wave", "attribute:survey_version", "channel", "language")
MANY, FEW = 40, 2
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def answered(ours: Company) -> None:
    """An anonymous survey: 40 answers of one team, 2 of another, in another language; and one that is not anonymous."""
    survey = make_survey(anonymous=True)
    for team, n, language, channel in (("north", MANY, "en", "email"), ("annex", FEW, "ar", "qr")):
        said = {"way": "app" if team == "north" else "shop", "why": f"Nobody answered the telephone in {team}"}
        one = {"recommend": 3, **said, "language": language, "channel": channel, "attributes": {"team": team}}
        answer(survey, [one] * n, wave=1 if team == "north" else 2)
    named = make_survey("named")
    answer(named, [{"recommend": 9, "attributes": {"team": "west"}}] * 30)


def grouped(by: str, where: str = "kind = 'survey'") -> dict[str | None, int]:
    return {row.group[by]: row.n for row in estimate("nps", by=(by,), where=where).rows}


@pytest.mark.parametrize("by", TELLING)
def test_no_group_is_told_by_what_singles_out(answered: None, by: str) -> None:
    found = grouped(by, "source = 'survey-orders'")
    assert found == {None: MANY + FEW}
    named = grouped(by)
    assert named.pop(None) == MANY + FEW + (30 if by == "attribute:way" else 0)
    assert sum(named.values()) == (0 if by == "attribute:way" else 30)  # the other survey's are grouped as ever
    assert company_record().ask(Sums((by,), parse("source = 'survey-orders'"), customers=True)).rows[0].group == {
        by: None
    }


VALUES = ("north", "annex", "west", "app", "shop", "en", "ar", "qr", "email", "1", "2", "")
TESTS = st.one_of(
    st.builds("{} = '{}'".format, st.sampled_from(TELLING), st.sampled_from(VALUES)),
    st.builds("{} != '{}'".format, st.sampled_from(TELLING), st.sampled_from(VALUES)),
    st.builds("{} like '%{}%'".format, st.sampled_from(TELLING), st.sampled_from(VALUES)),
    st.builds("{} in ('{}', 'x')".format, st.sampled_from(TELLING), st.sampled_from(VALUES)),
    st.builds("{} is null".format, st.sampled_from(TELLING)),
)
FILTERS = st.recursive(
    TESTS,
    lambda inner: st.one_of(
        st.builds("not ({})".format, inner), st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
    ),
    max_leaves=4,
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FILTERS)
def test_no_filter_and_so_no_difference_of_two_divides_them(answered: None, where: str) -> None:
    counted = estimate("nps", where=f"source = 'survey-orders' and ({where})").rows[0].n
    assert counted in (0, MANY + FEW)


def test_single_answers_say_what_was_asked_and_nothing_of_who_answered(answered: None) -> None:
    record = company_record()
    ours = parse("source = 'survey-orders'")
    keys = tuple(map(int, record.ask(MatchingKeys(ours)).keys))
    assert len(keys) == MANY + FEW
    pages = (
        record.ask(Verbatims(ours, limit=100)).rows,
        record.ask(SignalRows(keys)),
        record.ask(RandomVerbatims(100, 1, ours)),
        record.ask(WordMatches(("telephone",), ours, limit=100)).rows,
    )
    for rows in pages:
        assert len(rows) == MANY + FEW
        for row in rows:
            assert row.anonymous
            assert (row.customer_id, row.channel, row.language) == (None, None, None)
            assert row.attributes == {"survey": "orders", "question": "why"}
    every = record.ask(SurveySignals("survey-orders"))
    assert {name for row in every for name in row.attributes} == {"survey", "question"}
    other = record.ask(SurveySignals("survey-named"))
    assert all(row.attributes["team"] == "west" and not row.anonymous for row in other)


def test_no_list_of_names_or_values_counts_them(answered: None) -> None:
    record = company_record()
    assert {(row.value, row.n) for row in record.ask(FieldValues("attribute:team"))} == {
        ("west", 30),
        (None, 2 * (MANY + FEW)),
    }
    assert {row.value: row.n for row in record.ask(AttributeNames())}["team"] == 30
    assert record.ask(AttributeSpread("team")).values == 1
    assert {row.value for row in record.ask(FieldValues("channel"))} == {"email", None}


def test_their_own_survey_shows_what_is_large_enough(answered: None) -> None:
    survey = Survey.objects.get(name="orders")
    answer(survey, [{"recommend": 9, "attributes": {"team": "south"}}] * 20, wave=3)
    for by, shown in (("attribute:team", ["north"]), ("channel", []), ("attribute:wave", ["1"])):
        found = segments(None, survey, "recommend", by, View())
        assert [group.value for group in found.compared.groups] == shown, by


@pytest.mark.parametrize("role", ["analyst", "cx_team", "executive", "administrator"])
def test_pages_programs_and_commands_agree(answered: None, client: Client, role: str) -> None:
    person = Person.objects.create(email="one@example.com", name="One", roles=[role])
    client.force_login(person, backend=BACKEND)
    for address in (
        "/metrics/nps?by=attribute:team",
        "/metrics/nps?by=language&where=source%20%3D%20'survey-orders'",
        "/verbatims?where=source%20%3D%20'survey-orders'",
        "/drivers?by=attribute:team",
        "/api/v1/verbatims/search?q=annex&where=attribute:team%20%3D%20'annex'",
        "/api/v1/metrics/nps?by=attribute:team",
        "/api/v1/metrics/nps/groups?by=attribute:team",
        "/api/v1/verbatims?where=source%20%3D%20'survey-orders'",
        "/api/v1/verbatims/search?q=telephone",
    ):
        found = client.get(address)
        assert found.status_code in (200, 403, 404, 422), (address, found.status_code)
        assert '"annex"' not in found.content.decode(), address
        assert ">annex<" not in found.content.decode(), address
    told = CliRunner().invoke(metric_command, ["nps", "--by", "attribute:team", "--json"], standalone_mode=False)
    assert {row["group"]["attribute:team"]: row["n"] for row in json.loads(told.output)["rows"]} == {
        "west": 30, None: MANY + FEW,
    }  # fmt: skip
