"""A mapping is proposed from names and data, and what only a person can say is said to be unsure."""

from pathlib import Path

import pytest

from headwater.listening import editing, previews, proposal
from headwater.listening.mapping import from_yaml
from headwater.listening.pipeline.steps import RECEIVED
from tests.listening.conftest import FileMaker


def fields_of(path: Path) -> dict[str, object]:
    proposed = proposal.propose(path)
    assert from_yaml(proposed.mapping.to_yaml()) == proposed.mapping
    emit = proposed.mapping.emit[0]
    fields: dict[str, object] = {name: field.columns or field.column for name, field in emit.fields.items()}
    return {**fields, "metric": emit.metric, "scale": emit.scale, "unsure": [one.column for one in proposed.unsure]}


def test_the_airline_tweets_need_no_person(shared: Path) -> None:
    proposed = proposal.propose(shared / "data/airline_tweets/Tweets.csv")
    emit = proposed.mapping.emit[0]
    assert proposed.unsure == ()
    assert {name: field.column for name, field in emit.fields.items()} == {
        "record_id": "tweet_id", "text": "text", "occurred_at": "tweet_created", "sentiment": "airline_sentiment",
    }  # fmt: skip
    assert emit.fields["occurred_at"].format == "%m/%d/%Y %H:%M"
    assert {name: field.column for name, field in emit.attributes.items()} == {
        "airline": "airline", "negativereason": "negativereason",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            "id,date,score,comment\n1,2024-01-02,9,Great service\n2,2024-01-03,2,Came late\n3,2024-02-05,10,ok\n",
            {"record_id": "id", "occurred_at": "date", "score": "score", "text": "comment", "metric": "nps"},
        ),
        (
            "Respondent ID;NPS;Kommentar;Datum\n1;9;Sehr gut;02.01.2024\n2;3;Zu spät;13.02.2024\n",
            {"record_id": "Respondent ID", "occurred_at": "Datum", "score": "NPS", "text": "Kommentar"},
        ),
        (
            "fecha,valoración,comentario,cliente_id\n2024-01-02,5,Muy bueno todo,c1\n2024-01-03,1,Llegó tarde,c2\n",
            {"occurred_at": "fecha", "score": "valoración", "text": "comentario", "customer_id": "cliente_id",
             "metric": "rating", "scale": (1.0, 5.0)},
        ),
        (
            "Ticket ID\tCreated\tEffort\tSubject\tDescription\tUpdated\n"
            "1\t2024-01-02\t7\tHelp\tIt will not start any more\t2024-02-02\n"
            "2\t2024-01-03\t1\tBroken\tIt makes a noise at night\t2024-02-03\n",
            {"record_id": "Ticket ID", "occurred_at": "Created", "score": "Effort", "metric": "ces",
             "text": ("Subject", "Description")},
        ),
    ],
)  # fmt: skip
def test_plain_names_in_any_language(make_file: FileMaker, content: str, expected: dict[str, object]) -> None:
    found = fields_of(make_file("file.csv", content))
    assert {name: found[name] for name in expected} == expected
    assert found["unsure"] == []


def test_day_and_month_are_told_apart_by_the_data(make_file: FileMaker) -> None:
    rows = "".join(f"{n},{n % 12 + 1:02d}/05/2024,some words here\n" for n in range(30))
    assert fields_of(make_file("a.csv", f"id,date,text\n{rows}"))["unsure"] == ["date"]
    found = proposal.propose(make_file("b.csv", f"id,date,text\n{rows}99,25/05/2024,more\n"))
    assert (found.unsure, found.mapping.emit[0].fields["occurred_at"].format) == ((), "%d/%m/%Y")


def test_without_a_date_the_time_of_arrival_is_said_to_stand_for_it(shared: Path) -> None:
    found = proposal.propose(shared / "data/banking77/test.csv")
    assert found.unsure == ()
    assert found.mapping.emit[0].fields["occurred_at"].constant == RECEIVED
    assert any("time of arrival" in note for note in found.notes)


def test_a_file_that_says_nothing_is_unsure(shared: Path) -> None:
    assert proposal.propose(shared / "data/hcahps/responses.csv").unsure


def test_ids_that_are_unique_only_together_are_joined(shared: Path) -> None:
    found = fields_of(shared / "data/olist_dev/olist_order_reviews_dataset.csv")
    assert found["record_id"] == ("review_id", "order_id")
    assert found["text"] == ("review_comment_title", "review_comment_message")
    assert (found["subject_id"], found["metric"]) == ("order_id", "rating")


def test_the_companys_own_words_are_not_taken_for_the_customers(shared: Path) -> None:
    assert fields_of(shared / "data/uber_reviews/uber_reviews.csv")["text"] == "content"


def test_personal_data_is_named_and_left_out(make_file: FileMaker) -> None:
    content = "id,date,comment,first name,phone,country\n" + "".join(
        f"{n},2024-01-01,words of number {n},Name{n},+49 30 {n}12345,{'DE' if n % 2 else 'FR'}\n" for n in range(10)
    )
    emit = proposal.propose(make_file("a.csv", content)).mapping.emit[0]
    personal = {field.column: field.personal for field in emit.attributes.values()}
    assert personal == {"first name": True, "phone": True, "country": False}


def test_a_score_of_one_to_ten_in_many_rows_is_unsure(make_file: FileMaker) -> None:
    rows = "".join(f"{n},2024-01-01,{n % 10 + 1},words of {n}\n" for n in range(300))
    assert fields_of(make_file("a.csv", f"id,date,score,comment\n{rows}"))["unsure"] == ["score"]


def test_a_preview_shows_signals_and_keeps_nothing(db: None, home: Path, scores: Path) -> None:
    shown = previews.preview(scores, proposal.propose(scores).mapping, 5)
    assert len(shown.signals) == 5
    assert shown.signals[0]["score_band"] in (-1, 0, 1)


def test_dates_of_a_promise_and_a_delivery_are_kept_beside_when_it_happened(shared: Path) -> None:
    found = proposal.propose(shared / "data/olist_dev/olist_orders_dataset.csv")
    emit = found.mapping.emit[0]
    assert emit.fields["occurred_at"].column == "order_purchase_timestamp"
    dates = {name for name in emit.attributes if name.endswith(("date", "at"))}
    assert dates == {
        "order_approved_at",
        "order_delivered_carrier_date",
        "order_delivered_customer_date",
        "order_estimated_delivery_date",
    }
    assert any("promise can be held against them" in note for note in found.notes)


def test_a_date_that_is_neither_is_named_for_a_person_to_choose(make_file: FileMaker) -> None:
    content = (
        "id,created,text,synced\n1,2024-01-02,Came far too late,2024-02-02\n2,2024-01-03,All good here,2024-02-03\n"
    )
    found = proposal.propose(make_file("words.csv", content))
    assert "synced" not in found.mapping.emit[0].attributes
    assert any("“synced”" in note and "left out" in note for note in found.notes)


@pytest.mark.django_db
def test_a_promise_is_kept_as_a_time_that_a_deadline_can_be_read_from(make_file: FileMaker) -> None:
    rows = "1;02.01.2024;Kam viel zu spät an;13.01.2024\n2;15.01.2024;Alles war gut;27.01.2024\n"
    path = make_file("worte.csv", f"id;Datum;Kommentar;Lieferdatum\n{rows}")
    found = proposal.propose(path).mapping
    assert found.emit[0].attributes["lieferdatum"].format == "%d.%m.%Y"
    kept = [dict(row["attributes"]) for row in previews.preview(path, found).signals]
    assert kept == [{"lieferdatum": "2024-01-13T00:00:00"}, {"lieferdatum": "2024-01-27T00:00:00"}]


def test_the_page_keeps_a_further_date_as_it_is_written(make_file: FileMaker) -> None:
    path = make_file("w.csv", "id;Datum;Kommentar;Umzug\n1;02.01.2024;Kam viel zu spät an;13.01.2024\n")
    used = proposal.propose(path).mapping
    columns, sample = previews.first_rows(path, used)
    choices = editing.choices_of(used, columns, sample)
    assert [(one.column, one.becomes) for one in choices if one.format] == [("Datum", "occurred_at"), ("Umzug", "")]
    given = {f"column_{one.index}": one.becomes for one in choices} | {"column_3": "attribute", "date_3": "%d.%m.%Y"}
    chosen = editing.with_choices(used, columns, given)
    assert chosen.emit[0].attributes["umzug"].format == "%d.%m.%Y"
    again = {f"column_{one.index}": one.becomes for one in editing.choices_of(chosen, columns, sample)}
    assert editing.with_choices(chosen, columns, again).emit[0].attributes == chosen.emit[0].attributes
