"""The filter grammar: what it takes, what it means, and that nothing else gets through."""

import contextlib
from collections.abc import Iterator
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.record import FilterError, Record
from headwater.record.filters import COLUMNS, MAX_DEPTH, MAX_LENGTH, Filter, equals, every, parse
from headwater.record.keys import signal_key
from headwater.record.questions import Sums
from tests.record.samples import arrive, labels

GOLD = {"plan type": "gold", "age": "41"}
JANUARY = date(2026, 1, 1)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Record]:
    record = Record(tmp_path_factory.mktemp("company") / "record")
    arrive(
        record,
        {"record_id": "low", "score": 2.0, "score_band": -1, "metric": "nps", "channel": "app", "text": "it was late"},
        {
            "record_id": "top",
            "score": 9.5,
            "score_band": 1,
            "metric": "nps",
            "attributes": {"plan type": "gold", "age": "41"},
        },
        {
            "record_id": "words",
            "sentiment": "negative",
            "channel": "web",
            "local_date": date(2026, 1, 1),
            "text": "O'Hara",
        },
        {"record_id": "event", "kind": "event", "event": "delay", "subject_id": "o1"},
        {"record_id": "tied", "subject_id": "o1", "kind": "contact"},
    )
    record.put_labels(labels({"signal_key": signal_key("app", "low"), "stage": "deliver", "causes": ["late", "rude"]}))
    yield record
    record.close()


def matching(record: Record, text: str) -> set[str]:
    answer = record.ask(Sums(("source", "score", "kind", "channel", "day"), parse(text)))
    names = {("2.0", "survey"): "low", ("9.5", "survey"): "top", (None, "survey"): "words"}
    return {names.get((row.group["score"], str(row.group["kind"])), str(row.group["kind"])) for row in answer.rows}


EVERYTHING = {"low", "top", "words", "event", "contact"}
CASES = {
    "score = 2": {"low"},
    "score < 9.5": {"low"},
    "score >= -1e1": {"low", "top"},
    "score between 2 and 3": {"low"},
    "score not between 2 and 3": EVERYTHING - {"low"},
    "channel = 'app'": {"low"},
    "channel != 'app'": EVERYTHING - {"low"},
    "not channel = 'app'": EVERYTHING - {"low"},
    "channel in ('app', 'web')": {"low", "words"},
    "channel not in ('app', 'web')": {"top", "event", "contact"},
    "channel is null": {"top", "event", "contact"},
    "CHANNEL IS NOT NULL": {"low", "words"},
    "text like '%late%'": {"low"},
    "text = 'O''Hara'": {"words"},
    "stage = 'deliver'": {"low"},
    "cause = 'rude'": {"low"},
    "cause = 'other'": set(),
    "cause != 'rude'": EVERYTHING - {"low"},
    "cause in ('rude', 'x')": {"low"},
    "cause is null": EVERYTHING - {"low"},
    "negative": {"low", "words"},
    "negative = false": {"top", "event", "contact"},
    "not negative": {"top", "event", "contact"},
    "event:delay": {"event", "contact"},
    "event:delay = 'no'": {"low", "top", "words"},
    "event = 'delay'": {"event"},
    "attribute:\"plan type\" = 'gold'": {"top"},
    "attribute:age > 40": {"top"},
    "attribute:age > 41": set(),
    "not attribute:age > 40": EVERYTHING - {"top"},
    "local_date < '2026-02-01'": {"words"},
    "day = '2026-01-01'": {"words"},
    "occurred_at >= '2026-03-04T12:00:00'": EVERYTHING,
    "kind = 'survey' and (negative or score > 9)": {"low", "top", "words"},
    "kind = 'contact' or negative and channel = 'web'": {"contact", "words"},
}


@pytest.mark.parametrize("text", CASES)
def test_a_filter_selects(company: Record, text: str) -> None:
    assert matching(company, text) == CASES[text]


@pytest.mark.parametrize("text", CASES)
def test_a_filter_and_its_opposite_divide_the_signals(company: Record, text: str) -> None:
    assert matching(company, f"not ({text})") == EVERYTHING - CASES[text]


@pytest.mark.parametrize("text", CASES)
def test_the_text_of_a_filter_parses_to_the_same_filter(text: str) -> None:
    assert parse(str(parse(text))) == parse(text)


@pytest.mark.parametrize(
    ("text", "reason", "position"),
    [
        ("", "A column is expected here, not the end", 0),
        ("stage", "A comparison is expected after “stage”, not the end", 5),
        ("plan = 'gold'", "There is no column “plan”", 0),
        ("stage = 3", "“stage” is text: write '3'", 8),
        ("score = '3'", "“score” is a number, and '3' is text", 8),
        ("score = 'x' or 1 = 1", "“score” is a number", 8),
        ("score > 1e999", "too large", 8),
        ("local_date > 'yesterday'", "not written like '2026-01-31'", 13),
        ("occurred_at > '2026-01-01T00:00:00+02:00'", "without a zone", 14),
        ("stage = 'a", "has no end", 8),
        ("stage = 'a'; drop table signals", "“;” has no meaning here", 11),
        ("stage = 'a' -- tail", "“-” has no meaning here", 12),
        ("stage = 'a' signals", "“and”, “or” or the end is expected here, not “signals”", 12),
        ("stage in ()", "A number or a text in 'quotes' is expected here, not “)”", 10),
        ("stage in (select 1)", "not “select”", 10),
        ("(stage = 'a'", "“)” is expected here", 12),
        ("score like '1%'", "like needs a text", 6),
        ("cause > 'a'", "A cause can be compared with", 6),
        ("attribute: = 'x'", "The name of the attribute is expected", 11),
        ("negative = 'maybe'", "true or false", 11),
        ("length(text) > 3", "There is no column “length”", 0),
        ("stage = stage", "A number or a text in 'quotes'", 8),
    ],
)
def test_what_is_no_filter_is_refused_with_place_and_reason(text: str, reason: str, position: int) -> None:
    with pytest.raises(FilterError) as caught:
        parse(text)
    assert reason in caught.value.reason
    assert caught.value.position == position


def test_filters_have_limits() -> None:
    for text in (
        "a" * (MAX_LENGTH + 1),
        "(" * (MAX_DEPTH + 2),
        "not " * (MAX_DEPTH + 2),
        "negative or " * 101 + "negative",
    ):
        with pytest.raises(FilterError):
            parse(text)
    assert parse("(" * MAX_DEPTH + "negative" + ")" * MAX_DEPTH)


words = st.sampled_from(
    [*sorted(COLUMNS), "attribute:x", 'event:"a b"', "and", "or", "not", "in", "is", "null", "between"]
)
signs = st.sampled_from(["=", "!=", "<", "(", ")", ",", "'x'", "3", "-1.5", "'2026-01-01'", "'", '"', ";", "--", "/*"])


@given(st.one_of(st.text(max_size=60), st.lists(st.one_of(words, signs), max_size=12).map(" ".join)))
@settings(max_examples=600)
def test_any_text_is_a_filter_or_refused(text: str) -> None:
    with contextlib.suppress(FilterError):
        found = parse(text)
        assert parse(str(found)) == found


@given(st.text(min_size=1, max_size=30).filter(lambda text: "\0" not in text))
@settings(max_examples=150)
def test_a_value_or_name_is_never_read_as_sql(company: Record, value: str) -> None:
    written = value.replace("'", "''")
    name = value.replace('"', '""')
    text = f"stage = '{written}' and attribute:\"{name}\" = '{written}' and event:\"{name}\" and cause = '{written}'"
    answer = company.ask(Sums((f"attribute:{value}",), parse(text)))
    assert answer.rows == ()


def test_filters_are_put_together() -> None:
    assert every(None, None) is None
    assert every(parse("negative"), None) == parse("negative")
    joined = every(parse("negative or score = 1"), equals("stage", "a"), equals("channel", None))
    assert joined == parse("(negative or score = 1) and stage = 'a' and channel is null")
    assert isinstance(joined, Filter)


def test_a_group_of_an_answer_becomes_the_filter_that_selects_it() -> None:
    assert equals("event:delay", "yes") == parse("event:delay")
    assert equals("negative", "no") == parse("not negative")
    assert equals("score", "3.0") == parse("score = 3")
    assert equals("day", "2026-01-01") == parse("local_date = '2026-01-01'")
    assert equals('attribute:"a b"', "x").node.value == "x"  # type: ignore[union-attr]
    assert parse("occurred_at = '2026-01-01'").node.value == datetime(2026, 1, 1)  # type: ignore[union-attr]
