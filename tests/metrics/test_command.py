"""`headwater metric` as people and programs read it."""

import json
import re

import pytest
from click.testing import CliRunner, Result

from headwater.base.refusals import Refused
from headwater.metrics.commands import metric_command, whisker
from headwater.record import Record
from headwater.science import Estimate
from tests.metrics.conftest import Write, answers


def run(*words: str) -> Result:
    return CliRunner().invoke(metric_command, words, env={"COLUMNS": "140"}, standalone_mode=False)


def test_json_for_programs(write: Write) -> None:
    write(answers("rating", {5: 40, 1: 10}, channel="chat"))
    result = run("rating", "--by", "channel", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.output)
    assert set(found) == {"metric", "definition", "rows"}
    assert found["rows"][0]["group"] == {"channel": "chat"}
    assert found["rows"][0]["estimate"] == pytest.approx(4.2)


def test_a_table_for_people(write: Write) -> None:
    write(answers("nps", {9: 30, 3: 10}, channel="chat") + answers("nps", {3: 4}, channel="fax"))
    output = run("nps", "--by", "channel").output
    assert re.search(r"chat\s+\+50\.0\s+\+19\.6 to \+71\.6\s+.*├.*●.*┤.*40", output)
    assert re.search(r"fax\s+-100\.0 .*4\*", output)
    assert "* base under 30: not ranked." in output


def test_no_verdict_says_why(record: Record) -> None:
    assert "Nobody has answered yet." in run("nps").output
    assert "No signal matches" in run("nps", "--by", "channel").output


def test_filter_and_period(write: Write) -> None:
    write(answers("csat", {5: 4}, channel="chat") + answers("csat", {1: 4}, channel="fax"))
    found = json.loads(run("csat", "--where", "channel = 'fax'", "--since", "2026-01-01", "--json").output)
    assert [(row["n"], row["estimate"]) for row in found["rows"]] == [(4, 0)]


@pytest.mark.parametrize("words", [("npx",), ("nps", "--by", "colour"), ("nps", "--where", "colour = 1")])
def test_what_cannot_be_asked_is_refused(record: Record, words: tuple[str, ...]) -> None:
    result = run(*words)
    assert isinstance(result.exception, Refused)


def test_a_date_that_is_none_is_named() -> None:
    result = CliRunner().invoke(metric_command, ["nps", "--since", "soon"])
    assert result.exit_code == 2
    assert "'soon' does not match the format '%Y-%m-%d'" in result.output


def test_the_whisker_stands_where_its_figures_are() -> None:
    drawn = whisker(Estimate(50, 25, 75, 30, ""), (0, 100), 21)
    assert (drawn.index("├"), drawn.index("●"), drawn.index("┤")) == (5, 10, 15)
    assert len(drawn) == 21
    assert whisker(Estimate(0, 0, 0, 30, ""), (0, 1), 5) == "●    "
