"""Paths to a target, and where a reading stands: pure rules, checked on many paths."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.base.refusals import Refused
from headwater.strategy.definitions import Definition, figure_unit, in_words, read, written
from headwater.strategy.paths import Path, standing
from headwater.strategy.periods import before, over, period_of

DAY = date(2026, 1, 1)
days = st.dates(date(2020, 1, 1), date(2030, 12, 31))
figures = st.floats(-1000, 1000)


@st.composite
def paths(draw: st.DrawFn) -> Path:
    start = draw(days)
    length = draw(st.integers(2, 1200))
    end = start + timedelta(days=length)
    steps = draw(st.none() | st.dictionaries(st.integers(1, length - 1), figures, max_size=6))
    ordered = tuple((start + timedelta(days=day), steps[day]) for day in sorted(steps)) if steps is not None else None
    return Path(start, draw(figures), end, draw(figures), ordered)


def test_a_straight_path_is_half_way_at_half_time() -> None:
    path = Path(DAY, 0.6, DAY + timedelta(days=100), 0.8)
    assert path.on(DAY + timedelta(days=50)) == pytest.approx(0.7)
    assert path.over(DAY + timedelta(days=40), DAY + timedelta(days=60)) == pytest.approx(0.7)


def test_a_stepped_path_holds_between_its_steps() -> None:
    path = Path(DAY, 10, date(2026, 12, 31), 4, ((date(2026, 4, 1), 8), (date(2026, 8, 1), 6)))
    assert [path.on(day) for day in (date(2026, 3, 31), date(2026, 4, 1), date(2026, 12, 30))] == [10, 8, 6]
    assert path.on(date(2026, 12, 31)) == 4


@given(paths(), days)
def test_a_path_begins_at_its_baseline_and_ends_at_its_target(path: Path, day: date) -> None:
    assert path.on(path.start) == path.baseline
    assert path.on(path.end) == path.target == path.on(path.end + timedelta(days=1000))
    assert path.on(path.start - timedelta(days=1)) is None
    value = path.on(day)
    if value is not None and path.steps is None:
        low, high = sorted((path.baseline, path.target))
        assert low - 1e-9 <= value <= high + 1e-9
    if value is not None and path.steps is not None:
        assert value in {path.baseline, path.target, *(step for _day, step in path.steps)}


@given(paths())
def test_a_drawing_joins_baseline_and_target(path: Path) -> None:
    corners = path.corners()
    assert corners[0] == (path.start, path.baseline)
    assert corners[-1] == (path.end, path.target)
    assert [day for day, _value in corners] == sorted(day for day, _value in corners)


@given(figures, st.floats(0, 100), st.floats(0, 100), figures)
def test_better_in_one_direction_is_worse_in_the_other(
    value: float, below: float, above: float, expected: float
) -> None:
    low, high = value - below, value + above
    up = standing(low, high, expected, "higher").code
    down = standing(-high, -low, -expected, "lower").code
    assert up == down
    if low >= expected:
        assert up == "on_path"
    elif high < expected:
        assert up == "off_path"
    else:
        assert up == "cannot_tell"


@given(figures, figures)
def test_the_point_alone_never_decides(value: float, expected: float) -> None:
    """A wide enough interval around any point says that nobody can tell."""
    assert standing(value - 5000, value + 5000, expected, "higher").code == "cannot_tell"
    assert standing(None, None, expected, "higher").code == "no_interval"
    assert standing(value, value, None, "higher").code == "no_path"


@given(days, st.sampled_from(["month", "week"]))
def test_periods_follow_each_other_without_a_gap(day: date, every: str) -> None:
    period = period_of(day, every)
    assert period.first <= day <= period.last
    assert before(period, every).last + timedelta(days=1) == period.first
    latest = next(over(every, day))
    assert latest.last < day
    assert (period.last - period.first).days in ((6,) if every == "week" else (27, 28, 29, 30))


def test_a_definition_is_kept_as_a_document() -> None:
    definition = Definition("volume", "kind = 'contact'", "", "event:order_placed", 100, "", "lower")
    assert read(written(definition)) == definition
    assert figure_unit(definition) == "ratio"
    assert in_words(definition) == (
        "Signals where kind = 'contact', per 100 where event:order_placed; lower is better."
    )


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"metric": "nps", "denominator": "event:order_placed"}, "goes with the metric “volume”"),
        ({"metric": "volume", "where": "kind ="}, "character"),
        ({"metric": "happiness"}, "no metric “happiness”"),
        ({"scale": "ten to zero"}, "not a scale"),
        ({"direction": "sideways"}, "direction"),
        ({"per": 7}, "per"),
        ({"metric": "nps", "colour": "red"}, "colour"),
    ],
)
def test_a_definition_that_cannot_be_is_refused(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(Refused, match=says):
        read(wrong)
