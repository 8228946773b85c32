"""Every result draws itself; what is no figure says so here."""

import inspect

import numpy as np
import pytest

import headwater.science as hs

PARTS = {"Alarm", "Part", "Screened", "Sensitivity", "Unit", "People"}
"""Parts of a result that draws them together."""
INPUTS = {"CrossProducts", "ExposureCells", "Picture"}
"""What methods read, and what pictures are."""
NO_FIGURE = {"BgNbd", "Difference", "Raked", "Suppression"}
"""Parameters of a model, findings about cells, and weights: their figures come from their own methods."""


def test_every_result_has_a_plot_or_a_reason_why_not() -> None:
    classes = {name for name in hs.__all__ if inspect.isclass(getattr(hs, name))}
    silent = {name for name in classes if not hasattr(getattr(hs, name), "plot")}
    assert silent - {"Watch"} <= PARTS | INPUTS | NO_FIGURE


@pytest.mark.parametrize(
    "result",
    [
        hs.attributable_risk(30, 100, 20, 200),
        hs.breaks([1.0] * 20 + [3.0, 3.1] * 10),
        hs.seasons(np.sin(np.arange(48) * np.pi / 6) + np.arange(48) / 20, 12),
        hs.weighted_nps([1, 0, -1, 1] * 10, [1.0, 2.0] * 20),
        hs.rate_ratio(11, 800, 21, 3011),
        hs.compare([("a", hs.proportion(56, 70), hs.proportion(48, 80))])[0],
        hs.ranks({"a": hs.proportion(56, 70), "b": hs.proportion(48, 80)})[0],
    ],
    ids=lambda one: type(one).__name__,
)
def test_a_picture_is_a_plain_specification_with_its_words_and_figures(result: object) -> None:
    picture = result.plot()  # type: ignore[attr-defined]
    assert picture["$schema"].endswith("v6.json")
    assert picture["description"]
    assert picture["usermeta"]["figures"]["rows"]
    assert picture["data"]["values"]
