"""Figures as people read them, and where they stand on a drawn scale."""

import math

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from headwater.base import figures

THIN = figures.THIN


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.614, "share", f"61{THIN}%"),
        (0.034, "share", f"3.4{THIN}%"),
        (0.999, "share", f"100{THIN}%"),
        (0.0, "share", f"0{THIN}%"),
        (84, "%", f"84{THIN}%"),
        (23.4, "nps", "+23"),
        (-12.6, "nps", "−13"),
        (-0.2, "nps", "0"),
        (4.2841, "rating", "4.28"),
        (1234567, "count", "1,234,567"),
        (None, "share", "–"),
        (math.nan, "share", "nan"),
        ("No verdict", "", "No verdict"),
    ],
)
def test_a_figure_is_said_in_its_unit(value: object, unit: str, said: str) -> None:
    assert figures.measure(value, unit) == said


def test_a_figure_is_said_in_the_readers_locale() -> None:
    with translation.override("de"):
        assert figures.measure(1234.5) == "1.234,5"


def test_an_interval_needs_both_ends() -> None:
    assert figures.interval(0.58, 0.64, "share") == "58 to 64"
    assert figures.interval(-19, 4, "nps") == "−19 to +4"
    assert figures.interval(0.58, None, "share") == ""


def test_a_whisker_is_drawn_in_per_cent_of_its_scale() -> None:
    assert figures.whisker(0.5, 0.4, 0.7, (0, 1)) == {
        "estimate": "50.00%",
        "low": "40.00%",
        "width": "30.00%",
        "target": "",
    }
    assert figures.whisker(3, 2, 9, (1, 5), 4) == {
        "estimate": "50.00%",
        "low": "25.00%",
        "width": "75.00%",
        "target": "75.00%",
    }
    assert figures.whisker(None, 0.4, 0.7, (0, 1)) is None


def test_a_bar_is_sure_up_to_the_low_end() -> None:
    assert figures.bar(0.5, 0.4, 0.7, 1) == {"sure": "40.00%", "unsure": "30.00%"}
    assert figures.bar(0.5, None, None, 1) == {"sure": "50.00%", "unsure": "0.00%"}
    assert figures.bar("", "", "", 1) is None


@given(st.floats(allow_nan=False), st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)))
def test_nothing_is_drawn_outside_its_scale(value: float, ends: tuple[float, float]) -> None:
    if math.isfinite(value):
        assert 0 <= figures.percent(value, ends) <= 100
