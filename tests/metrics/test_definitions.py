"""Definitions of metrics: bands, scales and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.metrics.definitions import METRICS, ScaleError, parse_scale

SCORED = [definition for definition in METRICS.values() if definition.scored]


@pytest.mark.parametrize(
    ("name", "low", "middle", "top"),
    [
        ("nps", range(7), (7, 8), (9, 10)),
        ("csat", (1, 2), (3,), (4, 5)),
        ("ces", (1, 2, 3), (4,), (5, 6, 7)),
        ("rating", (1, 2), (3,), (4, 5)),
    ],
)
def test_bands(name: str, low: list[int], middle: list[int], top: list[int]) -> None:
    definition = METRICS[name]
    assert [definition.band(score) for score in low] == [-1] * len(low)
    assert [definition.band(score) for score in middle] == [0] * len(middle)
    assert [definition.band(score) for score in top] == [1] * len(top)


@pytest.mark.parametrize("definition", SCORED, ids=lambda definition: definition.name)
@given(data=st.data())
def test_many_bands_are_the_same_as_one_at_a_time(definition, data: st.DataObject) -> None:  # type: ignore[no-untyped-def]
    on_scale = st.floats(definition.scale_low, definition.scale_high)
    scores = data.draw(st.lists(on_scale, max_size=20))
    bands = definition.band_many(scores)
    assert bands.dtype == np.int8
    assert bands.tolist() == [definition.band(score) for score in scores]


def test_a_missing_score_has_no_band() -> None:
    nps = METRICS["nps"]
    assert nps.band_many([9, float("nan"), 3]).tolist() == [1, 0, -1]
    assert nps.on_scale([9, float("nan"), 11]).tolist() == [True, False, False]


@pytest.mark.parametrize("score", [-1, 11, 87, float("inf")])
def test_a_score_off_the_scale_is_named(score: float) -> None:
    with pytest.raises(ScaleError, match=f"answered on 0-10; {score:g} is not"):
        METRICS["nps"].band(score)


@pytest.mark.parametrize("definition", SCORED, ids=lambda definition: definition.name)
def test_other_scales_are_mapped_end_to_end(definition) -> None:  # type: ignore[no-untyped-def]
    for low, high in definition.converts:
        converted = definition.convert([low, (low + high) / 2, high], f"{low:g}-{high:g}")
        middle = (definition.scale_low + definition.scale_high) / 2
        assert converted == pytest.approx([definition.scale_low, middle, definition.scale_high])
        assert [definition.band(score) for score in converted] == [-1, 0, 1]


def test_a_scale_of_its_own_or_none_is_left_alone() -> None:
    for scale in (None, "", "1-5", "1 to 5"):
        assert METRICS["rating"].convert([1, 4.5], scale).tolist() == [1, 4.5]


@pytest.mark.parametrize(
    ("name", "scale", "reason"),
    [
        ("nps", "0-100", "0-10; a scale of 0-100 cannot be read as it. Its shares depend"),
        ("nps", "1-10", "eleven answers"),
        ("ces", "1-5", "how much effort it took"),
        ("csat", "1-3", "on 1-5, 1-7, 1-10, 0-10, 0-100; a scale of 1-3"),
    ],
)
def test_a_scale_that_gives_another_figure_is_refused_with_the_reason(name: str, scale: str, reason: str) -> None:
    with pytest.raises(ScaleError, match=reason):
        METRICS[name].convert([1], scale)


def test_a_counted_metric_has_no_scores() -> None:
    for name in ("share_negative", "volume", "contact_rate"):
        with pytest.raises(ScaleError, match="is counted"):
            METRICS[name].band(1)


@pytest.mark.parametrize("text", ["0-10", "0 to 10", "0..10", " 0 – 10 ", "0.0-10.0"])
def test_scales_are_read_as_people_write_them(text: str) -> None:
    assert parse_scale(text) == (0, 10)


@pytest.mark.parametrize("text", ["ten", "10-0", "5-5", "1-", "stars", "1-5; drop table"])
def test_what_is_no_scale_is_named(text: str) -> None:
    with pytest.raises(ScaleError, match="is not a scale"):
        parse_scale(text)


def test_every_definition_is_complete() -> None:
    for name, definition in METRICS.items():
        assert definition.name == name
        written = definition.as_json()
        for field in ("title", "question", "computation", "moves", "unit", "interval"):
            assert written[field], f"{name} has no {field}"
        assert definition.highest is None or definition.lowest < definition.highest
        assert definition.kind == "count" or definition.minimum_base == 30
