"""Exports of which there is no real sample, written after their makers' public documentation, and SPSS data."""

import csv
import io
import os
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from deltalake import DeltaTable

from headwater.base.models import Company
from headwater.base.refusals import Refused
from headwater.listening import proposal, ready, services
from headwater.listening.readers import open_file
from headwater.metrics.store import company_record
from tests.listening.conftest import FileMaker


def record_rows() -> list[dict[str, Any]]:
    return DeltaTable(company_record().root / "signals").to_pyarrow_table().to_pylist()


def table(*rows: list[Any]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def imported(path: Path, ready_name: str, **how: Any) -> list[dict[str, Any]]:
    """Import by its shape alone, or as `ready`; nothing is set aside, and the second time nothing is new."""
    found = ready.with_ready(path, how["ready"]) if "ready" in how else ready.recognise(path)
    assert found is not None
    assert found.ready.name == ready_name
    outcome = services.import_file(path, **how)
    assert (outcome.set_aside, outcome.reasons) == (0, {})
    assert services.import_file(path, **how).accepted == 0
    return record_rows()


def test_trustpilot(ours: Company, make_file: FileMaker) -> None:
    header = ["Review Id", "Review Created (UTC)", "Review Consumer User Id", "Review Title", "Review Content",
              "Review Stars", "Source Of Review", "Review Username", "Review User Email", "Review Language",
              "Reference Id", "Location Name", "Tags", "Company Reply Content"]  # fmt: skip
    reviews = [
        [f"r{n}", f"2024-03-{n + 1:02d} 10:00:00", f"u{n}", f"Title {n}", f"Words of review {n}", n % 5 + 1,
         "AFSv2", f"name{n}", f"n{n}@y.com", "en", f"order{n}", "", "late", "We are sorry"] for n in range(20)
    ]  # fmt: skip
    rows = imported(make_file("trustpilot.csv", table(header, *reviews)), "trustpilot")
    assert Counter(row["score"] for row in rows) == Counter(float(one[5]) for one in reviews)
    first = next(row for row in rows if row["record_id"] == "r0")
    assert first["text"] == "Title 0\nWords of review 0"
    assert (first["customer_id"], first["subject_id"], first["channel"]) == ("u0", "order0", "Trustpilot")
    assert first["occurred_at"] == datetime(2024, 3, 1, 10)
    assert not {"username", "email"} & set(dict(first["attributes"]))


def test_google_play_console_in_utf_16(ours: Company, make_file: FileMaker) -> None:
    header = ["Package Name", "App Version Code", "App Version Name", "Reviewer Language", "Device",
              "Review Submit Date and Time", "Review Submit Millis Since Epoch", "Review Last Update Date and Time",
              "Review Last Update Millis Since Epoch", "Star Rating", "Review Title", "Review Text",
              "Developer Reply Date and Time", "Developer Reply Millis Since Epoch", "Developer Reply Text",
              "Review Link"]  # fmt: skip
    review = ["com.shop", "7", "1.0", "ja", "pixel", "2024-03-01T10:00:00Z", "1709287200000", "2024-03-02T10:00:00Z",
              "1709373600000", "2", "", "壊れた", "2024-03-03T10:00:00Z", "17094", "Sorry", "https://x"]  # fmt: skip
    rated = [*review[:6], "1709287200999", *review[7:9], "5", "", "", "", "", "", ""]
    content = table(header, review, rated).encode("utf-16")
    rows = sorted(imported(make_file("reviews.csv", content), "google-play"), key=lambda row: row["score"])
    assert [row["score"] for row in rows] == [2.0, 5.0]  # a rating without words counts
    assert (rows[0]["text"], rows[0]["language"]) == ("壊れた", "ja")
    assert rows[0]["occurred_at"] == datetime(2024, 3, 2, 10)
    assert "Sorry" not in str(rows)


def test_qualtrics_with_an_nps_group_and_several_choices(ours: Company, make_file: FileMaker) -> None:
    names = ["StartDate", "EndDate", "Status", "RecordedDate", "ResponseId", "ExternalReference", "UserLanguage", "Q1",
             "Q1_NPS_GROUP", "Q2_1", "Q2_2", "Q3", "Q4", "Q4 - Topics"]  # fmt: skip
    asked = ["Start", "End", "Type", "Recorded", "Id", "Reference", "Language", "How likely are you to recommend us?",
             "How likely are you to recommend us? - Group", "What did you use? - Web", "What did you use? - App",
             "How satisfied were you with delivery?", "Why?", "Why? - Topics"]  # fmt: skip
    known = ["startDate", *["x"] * 6, "QID1", "QID1_NPS_GROUP", "QID2_1", "QID2_2", "QID3", "QID4_TEXT", "QID4_Topics"]
    ids = [f'{{"ImportId":"{one}"}}' for one in known]
    answers = [
        ["2024-01-01", "2024-01-01", "IP Address", f"2024-01-{n + 1:02d} 10:00:00", f"R_{n}", f"c{n}", "EN", n % 11,
         "Detractor", "Web" if n % 2 else "", "App", n % 5 + 1, "Late." if n % 3 == 0 else "", "Delivery"]
        for n in range(22)
    ]  # fmt: skip
    preview = [*answers[0][:2], "Survey Preview", *answers[0][3:]]
    rows = imported(make_file("q.csv", table(names, asked, ids, *answers, preview)), "qualtrics")
    measured = Counter(row["metric"] for row in rows)
    assert measured == {"nps": 22, "csat": 22, None: sum(bool(one[12]) for one in answers)}
    assert sum(row["score"] for row in rows if row["metric"] == "nps") == sum(one[7] for one in answers)
    one = next(row for row in rows if row["metric"] == "nps" and row["response_id"] == "R_1")
    attributes = dict(one["attributes"])
    assert attributes["question"] == "How likely are you to recommend us?"
    assert (attributes["q2_1"], attributes["q2_2"], one["customer_id"]) == ("Web", "App", "c1")
    assert not {"q4_topics", "q1_nps_group"} & set(attributes)


def test_surveymonkey_with_two_header_rows(ours: Company, make_file: FileMaker) -> None:
    top = ["Respondent ID", "Collector ID", "Start Date", "End Date", "IP Address", "Email Address", "First Name",
           "Last Name", "Custom Data 1", "How likely is it that you would recommend us?", "What did you use?", "",
           "What could be better?"]  # fmt: skip
    below = [""] * 9 + ["Response", "Web", "App", "Open-Ended Response"]
    answers = [
        [100 + n, 5, "03/01/2024 09:00:00 AM", f"03/{n + 13:02d}/2024 02:05:00 PM", "1.2.3.4", "a@b.com", "A", "B",
         f"c{n}", n % 11, "Web", "", "Faster" if n % 4 == 0 else ""] for n in range(12)
    ]  # fmt: skip
    rows = imported(make_file("sm.csv", table(top, below, *answers)), "surveymonkey")
    assert Counter(row["metric"] for row in rows) == {"nps": 12, None: 3}
    text = next(row for row in rows if row["text"])
    attributes = dict(text["attributes"])
    assert (text["text"], attributes["question"]) == ("Faster", "What could be better?")
    assert attributes["what_did_you_use_web"] == "Web"
    # 14:05 in Berlin in March is 13:05 in UTC.
    assert text["occurred_at"].isoformat().endswith("T13:05:00")
    assert "a@b.com" not in str(rows)


def test_typeform_as_csv(ours: Company, make_file: FileMaker) -> None:
    header = ["#", "How likely are you to recommend us?", "What went wrong?", "Start Date (UTC)", "Submit Date (UTC)",
              "Network ID", "How did you hear of us?"]  # fmt: skip
    answers = [
        [
            f"t{n}",
            n % 11,
            f"The parcel number {n} came late",
            "2024-01-01 10:00:00",
            f"2024-01-{n + 1:02d} 10:00:00",
            "n",
            ("Friends", "Search", "Friends, Search")[n % 3],
        ]
        for n in range(11)
    ]
    rows = imported(make_file("tf.csv", table(header, *answers)), "typeform")
    assert Counter(row["metric"] for row in rows) == {"nps": 11, None: 11}
    assert {row["response_id"] for row in rows} == {one[0] for one in answers}
    chosen = {one[0]: one[-1] for one in answers}
    assert all(dict(row["attributes"])["how_did_you_hear_of_us"] == chosen[row["response_id"]] for row in rows)


def test_satisfaction_ratings_of_service_desks(ours: Company, make_file: FileMaker) -> None:
    zendesk = (
        '{"satisfaction_ratings": [{"id": 1, "score": "good", "comment": "Quick", "ticket_id": 5, "requester_id": 7,'
        ' "assignee_id": 2, "updated_at": "2024-01-01T00:00:00Z"}, {"id": 2, "score": "offered", "comment": null,'
        ' "ticket_id": 6, "requester_id": 8, "assignee_id": 2, "updated_at": "2024-01-01T00:00:00Z"}]}'
    )
    (row,) = imported(make_file("z.json", zendesk), "zendesk-ratings")
    assert (row["metric"], row["score"], row["text"], row["conversation_id"]) == ("csat", 5.0, "Quick", "5")
    freshdesk = (
        '[{"id": 9, "survey_id": 1, "user_id": 3, "agent_id": 4, "ticket_id": 5, "feedback": "Bad",'
        ' "ratings": {"default_question": -103}, "created_at": "2024-01-01T00:00:00Z"}]'
    )
    rows = imported(make_file("f.json", freshdesk), "freshdesk-ratings")
    assert {(one["source"], one["score"]) for one in rows} == {("zendesk-ratings", 5.0), ("freshdesk-ratings", 1.0)}


def test_ticket_lists(ours: Company, make_file: FileMaker) -> None:
    zendesk = table(
        ["Id", "Requester id", "Subject", "Status", "Created at", "Via", "Assignee", "Tags", "Satisfaction Score"],
        [1, 7, "Kettle broke", "Open", "2024-01-01 10:00:00", "Mail", "4", "a b", "Good"],
        [2, 8, "Spam", "Deleted", "2024-01-01 10:00:00", "Mail", "4", "", "Offered"],
    )
    rows = imported(make_file("z.csv", zendesk), "zendesk-report")
    assert sorted((row["record_id"], row["score"]) for row in rows if row["score"]) == [("rating:1", 5.0)]
    assert [row["text"] for row in rows if row["text"]] == ["Kettle broke"]
    freshdesk = table(
        ["Ticket ID", "Subject", "Status", "Priority", "Source", "Agent", "Created time", "Tags", "Contact ID"],
        [11, "Lid broke", "Open", "Low", "Email", "4", "2024-01-01 10:00:00", "a", "77"],
    )
    rows = imported(make_file("f.csv", freshdesk), "freshdesk-report")
    assert {row["text"] for row in rows if row["source"] == "freshdesk"} == {"Lid broke"}


def test_any_scores_as_nps(ours: Company, make_file: FileMaker) -> None:
    answers = [[n, f"2024-01-{n % 28 + 1:02d}", n % 10 + 1, f"Words {n} of this answer here"] for n in range(300)]
    path = make_file("own.csv", table(["id", "date", "score", "comment"], *answers))
    rows = imported(path, "nps", ready="nps")
    scores = [row for row in rows if row["metric"] == "nps"]
    assert sum(row["score"] for row in scores) == sum(one[2] for one in answers)
    assert len(rows) == 600  # the score and the words of a response, under one response
    assert len({row["response_id"] for row in rows}) == 300


# --- SPSS


@pytest.fixture
def sav(tmp_path: Path) -> Path:
    """Answers with labels, a missing value that a person set, dates, and words in several alphabets."""
    rows = 40
    frame = pd.DataFrame(
        {
            "RESPID": [f"r{n}" for n in range(rows)],
            "DONE": [datetime(2024, 1, n % 28 + 1, 10, 30) for n in range(rows)],
            "BORN": [date(1980, 1, n % 28 + 1) for n in range(rows)],
            "Q1": [float(n % 11) for n in range(rows)],
            "Q2": [99.0 if n == 3 else float(n % 5 + 1) for n in range(rows)],
            "REGION": [float(n % 3 + 1) for n in range(rows)],
            "WHY": [f"Das Paket Nummer {n} kam zu spät – 壊れた" if n % 2 else "" for n in range(rows)],
            "EMPTY": [np.nan] * rows,
        }
    )
    path = tmp_path / "wave.sav"
    pyreadstat.write_sav(
        frame,
        str(path),
        column_labels=["Respondent", "Completed", "Born", "How likely are you to recommend us?",
                       "Satisfaction with delivery", "Region", "Why?", ""],
        variable_value_labels={"REGION": {1: "North", 2: "South", 3: "West"}, "Q2": {1: "Bad", 99: "None"}},
        missing_ranges={"Q2": [99]},
    )  # fmt: skip
    return path


def test_spss_is_read_with_labels_missing_values_and_dates(sav: Path) -> None:
    reader = open_file(sav)
    batch = next(iter(reader.batches()))
    rows = batch.table.to_pylist()
    assert (len(rows), batch.numbers[0]) == (40, 1)
    assert (rows[0]["RESPID"], rows[0]["DONE"], rows[0]["BORN"]) == ("r0", "2024-01-01 10:30:00", "1980-01-01")
    assert [row["REGION (label)"] for row in rows[:3]] == ["North", "South", "West"]
    assert (rows[3]["Q2"], rows[3]["Q2 (label)"], rows[2]["Q2"]) == (None, None, "3")
    assert rows[1]["WHY"] == "Das Paket Nummer 1 kam zu spät – 壊れた"
    assert rows[0]["EMPTY"] is None
    assert reader.questions["Q1"].wording == "How likely are you to recommend us?"


def test_spss_answers_become_signals(ours: Company, sav: Path) -> None:
    rows = imported(sav, "spss")
    assert Counter(row["metric"] for row in rows) == {"nps": 40, "csat": 39, None: 20}
    assert sum(row["score"] for row in rows if row["metric"] == "nps") == sum(n % 11 for n in range(40))
    one = next(row for row in rows if row["response_id"] == "r4" and row["metric"] == "csat")
    attributes = dict(one["attributes"])
    assert (attributes["region"], attributes["question"]) == ("South", "Satisfaction with delivery")
    assert one["occurred_at"] == datetime(2024, 1, 5, 9, 30)  # Berlin


def test_spss_that_is_damaged_is_refused(sav: Path, make_file: FileMaker) -> None:
    whole = sav.read_bytes()
    for name, content in {
        "cut.sav": whole[: len(whole) // 2],
        "header.sav": whole[:200],
        "random.sav": whole[:4] + os.urandom(4_000),
        "zeros.zsav": b"$FL3" + b"\x00" * 5_000,
    }.items():
        path = make_file(name, content)
        with pytest.raises(Refused, match=name):
            read_all(path)


def read_all(path: Path) -> None:
    reader = open_file(path)
    try:
        list(reader.batches())
    finally:
        reader.close()


def test_a_survey_with_a_rating_a_column_is_proposed_as_one_signal_a_rating(make_file: FileMaker) -> None:
    header = ["id", "date", "comment", "satisfaction_checkin", "satisfaction_food", "satisfaction_seat"]
    answers = [
        [n, "2024-01-01", f"Words of number {n} here", n % 5 + 1, (n + 1) % 5 + 1, (n + 2) % 5 + 1] for n in range(50)
    ]
    found = proposal.propose(make_file("wide.csv", table(header, *answers)))
    assert [emit.metric for emit in found.mapping.emit] == ["csat"] * 3
    assert len({emit.record_id_prefix for emit in found.mapping.emit}) == 3
