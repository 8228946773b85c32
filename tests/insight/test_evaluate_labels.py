"""``headwater evaluate``: accuracy, macro-F1, calibration and coverage on a labelled file."""

import csv
import json
from pathlib import Path

import pytest

from headwater.base.refusals import Refused
from headwater.insight.evaluation import evaluate
from headwater.journey.packs import load_pack
from headwater.journey.services import apply_pack
from headwater.record import Record

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("record"), pytest.mark.reads_record]


def _file(folder: Path, rows: list[dict[str, str]]) -> Path:
    path = folder / "labels.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


ROWS = [
    {"text": "the vase arrived broken", "Cause": "damaged", "sentiment": "negative"},
    {"text": "it came a week late", "Cause": "delivery_late", "sentiment": "Negative"},
    {"text": "thank you, I love it", "Cause": "", "sentiment": "positive"},
    {"text": "something else", "Cause": "no such cause", "sentiment": "neutral"},
]


@pytest.mark.usefixtures("journey")
def test_ids_and_names_are_known_and_what_is_not_is_told(tmp_path: Path) -> None:
    report = evaluate(_file(tmp_path, ROWS))
    fields = {one.field: one for one in report.fields}
    assert set(fields) == {"cause", "sentiment"}
    assert fields["cause"].quality.n == 3
    assert fields["cause"].unknown == {"no such cause": 1}
    assert fields["sentiment"].quality.accuracy >= 0.75
    assert "no such cause" in report.lines()[-1]
    assert json.loads(json.dumps(report.as_json()))["fields"]["cause"]["n"] == 3


@pytest.mark.usefixtures("journey")
def test_naming_one_of_several_causes_is_right(tmp_path: Path) -> None:
    rows = [{"text": "the vase arrived broken", "cause": "delivery_late; damaged"}]
    assert evaluate(_file(tmp_path, rows)).fields[0].quality.accuracy == 1


@pytest.mark.usefixtures("journey")
@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([{"words": "late", "cause": "damaged"}], "columns_missing"),
        ([{"text": "late", "colour": "red"}], "columns_missing"),
        ([{"text": "late", "cause": "no such cause"}], "labels_unknown"),
        ([{"text": "", "cause": "damaged"}], "labels_unknown"),
    ],
)
def test_a_file_without_words_or_labels_is_refused(tmp_path: Path, rows: list[dict[str, str]], code: str) -> None:
    with pytest.raises(Refused) as refused:
        evaluate(_file(tmp_path, rows))
    assert refused.value.code == code


@pytest.mark.usefixtures("journey")
def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_bytes(b"text,cause\n\xff\xfe\x00late,damaged")
    with pytest.raises(Refused) as refused:
        evaluate(path)
    assert refused.value.code == "file_unreadable"


REASONS = {
    "Late Flight": "flight_delayed",
    "Cancelled Flight": "flight_cancelled",
    "Lost Luggage": "luggage_lost",
    "Damaged Luggage": "luggage_damaged",
    "Customer Service Issue": "service_unreachable;service_unhelpful",
}


def test_airline_tweets_are_understood_as_well_as_was_measured(record: Record, shared: Path, tmp_path: Path) -> None:
    """The table as it ships: well above chance, and honest about how sure it is. See docs/develop/text.md."""
    apply_pack(None, load_pack("airline"))
    with (shared / "data/airline_tweets/Tweets.csv").open(encoding="utf-8") as file:
        rows = [
            {"text": row["text"], "cause": REASONS[row["negativereason"]], "sentiment": row["airline_sentiment"]}
            for row in csv.DictReader(file)
            if row["negativereason"] in REASONS
        ][:1500]
    fields = {one.field: one.quality for one in evaluate(_file(tmp_path, rows)).fields}
    assert fields["cause"].accuracy > 0.35
    assert fields["sentiment"].accuracy > 0.6
    assert fields["cause"].calibration_error < 0.25
