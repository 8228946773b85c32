"""Times, scores, languages and personal data in columns of text."""

from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from headwater.base.refusals import Refused
from headwater.listening import language, times
from headwater.listening.downloads import escaped
from headwater.listening.importing import country_of
from headwater.listening.mapping import from_yaml
from headwater.listening.pipeline import Chunk, Context, Run, run
from headwater.listening.pipeline.redaction import is_card, is_iban, redacted

NOW = datetime(2026, 1, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2/24/2015 11:35", datetime(2015, 2, 24, 11, 35)),
        ("18-12-2024 17:17", datetime(2024, 12, 18, 17, 17)),
        ("2020-01-02T03:04:05Z", datetime(2020, 1, 2, 3, 4, 5)),
        ("2016-04-28T11:19:34 -10:00", datetime(2016, 4, 28, 21, 19, 34)),
        ("2023-12-12 11:20:28.994000", datetime(2023, 12, 12, 11, 20, 28, 994000)),
        ("1596634805", datetime(2020, 8, 5, 13, 40, 5)),
        ("1596634805000", datetime(2020, 8, 5, 13, 40, 5)),
        ("13.02.2024", datetime(2024, 2, 13)),
        ("Mar 13, 2024 3:04 PM", datetime(2024, 3, 13, 15, 4)),
        ("Tue Feb 24 11:35:52 +0000 2015", datetime(2015, 2, 24, 11, 35, 52)),
    ],
)
def test_the_format_of_a_time_is_found(text: str, expected: datetime) -> None:
    formats = times.fitting(pa.array([text]), now=NOW)
    assert len(formats) == 1
    assert times.parse(pa.array([text]), formats, "UTC").to_pylist() == [expected]


@pytest.mark.parametrize(
    "text", ["2024", "5", "07_2015", "0000-01-01", "9999-12-31", "31/02/2015", "2023-02-29", "1.5"]
)
def test_what_is_no_time_is_not_taken_for_one(text: str) -> None:
    assert times.fitting(pa.array([text]), now=NOW) == ()


def test_iso_times_are_read_alike_whatever_stands_beside_them() -> None:
    """All with an offset, none, or both in one column: each way of reading gives the same times."""
    aware = ["2024-03-01T10:00:00Z", "2024-03-01T10:00:00.25+05:30", "2024-03-01 10:00:00-0100"]
    naive = ["2024-03-01T10:00:00", "2024-03-01"]
    mixed = times.parse(pa.array([*aware, *naive, None]), ("iso",), "Europe/Berlin").to_pylist()
    alone = [times.parse(pa.array([one]), ("iso",), "Europe/Berlin").to_pylist()[0] for one in (*aware, *naive)]
    assert mixed == [*alone, None]
    assert alone[1] == datetime(2024, 3, 1, 4, 30, 0, 250_000)
    assert alone[3] == datetime(2024, 3, 1, 9)


def test_local_times_become_utc_through_both_clock_changes() -> None:
    texts = pa.array(["2024-03-31 02:30:00", "2024-10-27 02:30:00", "2024-07-01 12:00:00", None])
    expected = [datetime(2024, 3, 31, 1), datetime(2024, 10, 27, 0, 30), datetime(2024, 7, 1, 10), None]
    assert times.parse(texts, ("iso",), "Europe/Berlin").to_pylist() == expected
    assert times.local_dates(pa.array([datetime(2024, 1, 1, 23, 30)]), "Europe/Berlin").to_pylist() == [
        date(2024, 1, 2)
    ]


@settings(deadline=None, max_examples=100)
@given(
    st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)),
    st.sampled_from(["%d/%m/%Y %H:%M:%S", "%m-%d-%Y %H:%M:%S", "%Y/%m/%d %H:%M:%S", "iso"]),
)
def test_every_written_time_is_read_back(moment: datetime, pattern: str) -> None:
    moment = moment.replace(microsecond=0)
    text = moment.isoformat(sep=" ") if pattern == "iso" else moment.strftime(pattern)
    assert times.parse(pa.array([text]), (pattern,), "UTC").to_pylist() == [moment]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("write to jane.doe+x@shop.example.co.uk please", "write to [e-mail] please"),
        ("call +49 30 901820 now", "call [phone] now"),
        ("call (212) 555-2368 now", "call [phone] now"),
        ("card 4111 1111 1111 1111, expires 12/26", "card [card], expires 12/26"),
        ("pay to DE89 3704 0044 0532 0130 00 AND WAIT", "pay to [account] AND WAIT"),
        ("order 732201349959 arrived", "order 732201349959 arrived"),
        ("@VirginAmerica flight UA1516 at 11:35 on 2/24/2015", "@VirginAmerica flight UA1516 at 11:35 on 2/24/2015"),
        (None, None),
    ],
)
def test_personal_data_is_redacted(text: str | None, expected: str | None) -> None:
    assert redacted(pa.array([text, "clean"], pa.string()), "US").to_pylist() == [expected, "clean"]


def test_checksums_of_cards_and_accounts() -> None:
    assert is_card("4111111111111111")
    assert not is_card("4111111111111112")
    assert is_iban("GB82WEST12345698765432")
    assert not is_iban("GB82WEST12345698765433")


def test_languages_are_those_that_the_library_finds_one_by_one() -> None:
    texts = [
        "The delivery was late and nobody answered", "Die Lieferung kam zu spät und niemand hat geantwortet",
        "La livraison est arrivée en retard", "A entrega chegou atrasada e ninguém respondeu", "HELLO THERE MY FRIENDS",
        "配送がとても遅くて困りました", "Доставка опоздала на три дня", "ok", "", "Größe" * 100, "😀" * 40,
    ]  # fmt: skip
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    known = set(identifier.labels)
    identifier.set_languages([code for code in language.LANGUAGES if code in known])
    expected = []
    for text in texts:
        code, probability = identifier.classify(text.encode()[: language.BYTES])
        sure = probability >= language.SURE and len(text.encode()[: language.BYTES]) >= language.SHORTEST
        expected.append(code if sure else None)
    assert language.detect(pa.array(texts)).to_pylist() == expected
    assert expected[:4] == ["en", "de", "fr", "pt"]


def signal(fields: str, **values: str | None) -> Chunk:
    mapping = from_yaml(f"{{version: 1, source: s, emit: [{fields}]}}")
    table = pa.table({name: pa.array([value], pa.string()) for name, value in values.items()})
    context = Context("s", mapping.emit[0], "Europe/Berlin", "DE", NOW)
    return run(Chunk(table, np.array([2])), context, Run())


def test_scores_are_put_on_the_metrics_own_scale() -> None:
    done = signal("{metric: rating, scale: [1, 10], fields: {score: s, record_id: i}}", s="10", i="1")
    assert done.signals.select(["score", "scale", "score_band"]).to_pylist() == [
        {"score": 5.0, "scale": "1-5", "score_band": 1}
    ]


@pytest.mark.parametrize(
    ("score", "code"),
    [("11", "score_out_of_scale"), ("-1", "score_out_of_scale"), ("nine", "bad_score"), ("NaN", "bad_score")],
)
def test_a_score_that_cannot_be_is_set_aside_with_its_value(score: str, code: str) -> None:
    done = signal("{metric: nps, fields: {score: s, record_id: i}}", s=score, i="1")
    assert (len(done), done.set_aside[0].code) == (0, code)
    assert score in done.set_aside[0].message


def test_decimal_commas_blanks_and_renamed_values() -> None:
    done = signal(
        "{metric: rating, fields: {score: {column: s, decimal: ','}, record_id: i, sentiment: {column: f, values: "
        "{'2': positive}}, channel: {column: c, blank: ['n/a']}}}",
        s="4,5", i="1", f="2", c="n/a",
    )  # fmt: skip
    row = done.signals.to_pylist()[0]
    assert (row["score"], row["sentiment"], row["channel"]) == (4.5, "positive", None)


def test_personal_attributes_never_reach_the_record() -> None:
    done = signal("{fields: {text: t, record_id: i}, attributes: {mail: {column: m, personal: true}, c: c}}",
                  t="words", i="1", m="a@example.com", c="DE")  # fmt: skip
    assert done.signals.to_pylist()[0]["attributes"] == [("c", "DE")]


@pytest.mark.parametrize(
    "yaml",
    [
        "nothing",
        "{version: 2, source: s, emit: [{fields: {text: t}}]}",
        "{version: 1, source: s, emit: []}",
        "{version: 1, source: s, emit: [{fields: {colour: t}}]}",
        "{version: 1, source: s, emit: [{fields: {score: t}}]}",
        "{version: 1, source: s, files: {a: ../../secret.csv}, sql: select 1, emit: [{fields: {text: t}}]}",
        "{version: 1, source: s, sql: select 1, emit: [{fields: {text: t}}]}",
        "a: &a [1, 1]\nb: [*a, *a]",
        "[" * 5000,
    ],
)
def test_a_mapping_that_is_wrong_is_refused(yaml: str) -> None:
    with pytest.raises(Refused):
        from_yaml(yaml)


def test_downloads_run_nothing_in_a_spreadsheet() -> None:
    cells = ["=1+1", "+cmd", "-2", "-2+3", "@SUM(A1)", "\t=1", "plain", "5"]
    assert [escaped(cell) for cell in cells] == ["'=1+1", "'+cmd", "-2", "'-2+3", "'@SUM(A1)", "'\t=1", "plain", "5"]


def test_a_time_zone_has_a_country() -> None:
    assert (country_of("Europe/Berlin"), country_of("UTC"), country_of("../etc/passwd")) == ("DE", None, None)
