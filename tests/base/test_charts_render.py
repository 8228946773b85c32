"""Every builder's specification is drawn as SVG and PNG, in both themes, from a process of its own."""

import json
import os
from collections.abc import Callable
from typing import Any

import pytest

from headwater.base import charts
from headwater.base.charts import bundle, render
from headwater.base.charts.theme import theme
from headwater.base.charts.tokens import colours
from headwater.site.style import example_charts

EXAMPLES = example_charts()


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("dark", [False, True])
def test_a_chart_is_drawn_in_both_themes(name: str, dark: bool) -> None:
    drawn = charts.svg(EXAMPLES[name], dark)
    assert drawn.startswith("<svg")
    ours = [colour for colour in colours(dark).values() if colour in drawn]
    assert ours
    assert "#4c78a8" not in drawn, "a mark without a style of the theme has Vega's own blue"


def test_a_chart_is_a_picture_for_mail() -> None:
    assert charts.png(EXAMPLES["trend"]).startswith(b"\x89PNG")


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_chart_says_what_it_shows_and_brings_its_figures(name: str) -> None:
    spec = EXAMPLES[name]
    figures = spec["usermeta"]["figures"]
    assert spec["description"]
    assert figures["rows"]
    assert all(len(row) == len(figures["columns"]) for row in figures["rows"])
    assert json.loads(json.dumps(spec)) == spec


@pytest.mark.parametrize(
    "empty",
    [
        lambda: charts.trend([], description="nothing"),
        lambda: charts.interval_rank([], description="nothing"),
        lambda: charts.share_bars([], description="nothing"),
        lambda: charts.stacked_bar([], description="nothing"),
        lambda: charts.histogram([], description="nothing"),
        lambda: charts.causes_river([], description="nothing"),
        lambda: charts.interval_rank([charts.Row("one", None)], description="no verdict"),
    ],
)
def test_a_chart_of_nothing_is_drawn_too(empty: Callable[[], dict[str, Any]]) -> None:
    assert charts.svg(empty()).startswith("<svg")


def test_words_of_customers_stay_words() -> None:
    hostile = '<script>alert(1)</script> & "quotes" \']]>'
    drawn = charts.svg(charts.share_bars([charts.Row(hostile, 0.5)], description=hostile))
    assert "<script>" not in drawn


def test_what_cannot_be_drawn_says_why_and_the_next_chart_is_drawn() -> None:
    with pytest.raises(charts.ChartError, match="Invalid specification"):
        charts.svg({"nonsense": 1})
    assert charts.svg(EXAMPLES["trend"])


def test_nothing_is_fetched_for_a_chart() -> None:
    with pytest.raises(charts.ChartError):
        charts.svg({"data": {"url": "http://127.0.0.1:9/rows.csv"}, "mark": "point", "encoding": {"x": {"field": "x"}}})


def test_a_drawing_process_that_died_is_started_again() -> None:
    drawer = render.Drawer()
    try:
        assert drawer.draw("svg", EXAMPLES["whole"], dark=False)
        process = drawer._process
        assert process is not None
        process.kill()
        process.wait()
        assert drawer.draw("svg", EXAMPLES["whole"], dark=False)
    finally:
        drawer.close()


def test_a_forked_worker_draws_with_a_process_of_its_own() -> None:
    drawer = render.Drawer()
    drawer.draw("svg", EXAMPLES["whole"], dark=False)
    parents = drawer._process
    child = os.fork()
    if child == 0:
        drawn = drawer.draw("svg", EXAMPLES["whole"], dark=False)
        own = drawer._process is not parents
        drawer.close()
        os._exit(0 if own and drawn else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert parents is not None
    assert parents.poll() is None
    drawer.close()


def test_both_themes_name_the_same_styles() -> None:
    assert theme(False)["style"].keys() == theme(True)["style"].keys()
    assert theme(False) != theme(True)


def test_the_page_program_is_made_once_and_offered_as_a_static_file() -> None:
    made = bundle.bundle()
    before = made.stat().st_mtime_ns
    found = bundle.ChartFinder().find(bundle.NAME)
    assert found == str(made)
    assert made.stat().st_mtime_ns == before
    assert [name for name, _ in bundle.ChartFinder().list(None)] == [bundle.NAME]
    assert bundle.ChartFinder().find("base/other.js") == []
    program = made.read_text()
    assert "window.headwaterCharts=" in program
    assert colours(True)["water"] in program
