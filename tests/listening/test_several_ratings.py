"""Surveys with one rating a column: each rating becomes a signal, and those of one row stay together."""

from click.testing import CliRunner

from headwater.base.models import Company
from headwater.listening import proposal, services
from headwater.listening.commands import import_command
from headwater.metrics.store import company_record
from headwater.record.filters import parse
from headwater.record.questions import Sums, Verbatims
from tests.listening.conftest import FileMaker

HEADER = "id,date,comment,Overall rating,Seat comfort,Cabin staff,Value for money,bags,Recommend 0-10"


def wide(rows: int = 30) -> str:
    lines = [
        f"r{n},2024-05-{n % 28 + 1:02d},words of number {n} are said here,{n % 5 + 1},{(n + 1) % 5 + 1},"
        f"{(n + 2) % 5 + 1},{'' if n == 7 else (n + 3) % 5 + 1},{n % 3},{n % 11}"
        for n in range(rows)
    ]
    return "\n".join([HEADER, *lines]) + "\n"


def test_each_rating_of_a_row_is_proposed_as_a_signal(make_file: FileMaker) -> None:
    found = proposal.propose(make_file("survey.csv", wide()))
    assert found.unsure == ()
    measured = {emit.attributes["question"].constant: (emit.metric, emit.scale) for emit in found.mapping.emit}
    assert measured == {
        "Overall rating": ("rating", (1.0, 5.0)),
        "Recommend 0-10": ("nps", (0.0, 10.0)),
        "Seat comfort": ("rating", (1.0, 5.0)),
        "Cabin staff": ("rating", (1.0, 5.0)),
        "Value for money": ("rating", (1.0, 5.0)),
    }
    assert all(emit.fields["response_id"].column == "id" for emit in found.mapping.emit)
    assert "bags" in found.mapping.emit[0].attributes


def test_the_ratings_of_a_row_share_their_response(ours: Company, make_file: FileMaker) -> None:
    outcome = services.import_file(make_file("survey.csv", wide()))
    assert (outcome.accepted, outcome.set_aside) == (5 * 30 - 1, 0)
    by_question = {
        row.group["attribute:question"]: row.n for row in company_record().ask(Sums(("attribute:question",))).rows
    }
    assert by_question["Value for money"] == 29
    assert by_question["Recommend 0-10"] == 30  # a 0 is an answer
    said = company_record().ask(Verbatims(where=parse("response_id = 'r3'"))).rows
    assert [row.response_id for row in said] == ["r3"]
    together = company_record().ask(Sums((), parse("response_id = 'r3'"))).rows
    assert together[0].n == 5


def test_one_small_number_beside_a_rating_is_no_rating(make_file: FileMaker) -> None:
    rows = "".join(f"{n},2024-01-01,words of number {n},{n % 5 + 1},{n % 5 + 1}\n" for n in range(30))
    found = proposal.propose(make_file("a.csv", f"id,date,comment,rating,rooms\n{rows}"))
    assert len(found.mapping.emit) == 1
    assert "rooms" in found.mapping.emit[0].attributes


def test_an_import_says_how_it_read_the_columns_when_nobody_was_asked(ours: Company, make_file: FileMaker) -> None:
    said = CliRunner().invoke(import_command, [str(make_file("survey.csv", wide())), "--no-wait"]).output
    assert "Read as review rating 1-5: " in said
    assert "score ← Seat comfort" in said
    assert "Attributes: bags, question" in said
