"""How good hunches are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import headwater.science as hs

hunches = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=8, max_size=60)


def calibrated(found: hs.Calibration | hs.NoVerdict) -> hs.Calibration:
    assert isinstance(found, hs.Calibration), found
    return found


@given(hunches, st.integers(1, 10))
def test_the_parts_of_the_score_add_up(answers: list[tuple[float, bool]], bins: int) -> None:
    said, happened = (np.array(part, dtype=float) for part in zip(*answers, strict=True))
    found = calibrated(hs.calibration(said, happened, bins=bins))
    parts = found.reliability - found.resolution + found.uncertainty + found.within_bins
    assert parts == pytest.approx(np.mean((said - happened) ** 2), abs=1e-12)
    if isinstance(found.score, hs.Estimate):
        assert found.score.estimate == pytest.approx(parts, abs=1e-12)
        assert 0 <= found.score.low <= found.score.estimate <= found.score.high <= 1
    assert sum(one.n for one in found.bins) == len(answers)


def test_a_worked_example() -> None:
    # 10 hunches at 80 %, of which 6 came true; 10 at 20 %, of which 2 did.
    said = [0.8] * 10 + [0.2] * 10
    found = calibrated(hs.calibration(said, [1] * 6 + [0] * 4 + [1] * 2 + [0] * 8))
    assert found.reliability == pytest.approx(0.5 * 0.2**2)
    assert found.resolution == pytest.approx(0.2**2)
    assert found.uncertainty == pytest.approx(0.4 * 0.6)
    assert found.within_bins == pytest.approx(0, abs=1e-12)
    assert isinstance(found.bias, hs.Estimate)
    assert found.bias.estimate == pytest.approx(0.1)
    assert [round(one.said, 6) for one in found.bins] == [0.2, 0.8]
    assert found.skill == pytest.approx(1 - (0.02 - 0.04 + 0.24) / 0.24)
    assert found.plot()["usermeta"]["figures"]["rows"]


def test_who_always_says_fifty_has_no_skill_and_no_spread() -> None:
    found = calibrated(hs.calibration([0.5] * 20, [1, 0] * 10))
    assert found.skill == pytest.approx(0)
    assert isinstance(found.score, hs.NoVerdict)
    assert found.score.code == "no_spread"
    one_sided = calibrated(hs.calibration([0.7] * 20, [1] * 20))
    assert np.isnan(one_sided.skill)


def test_few_hunches_say_little_of_a_person() -> None:
    few = hs.calibration([0.5] * 7, [1] * 7)
    assert isinstance(few, hs.NoVerdict)
    assert few.code == "few_hunches"
    with pytest.raises(ValueError, match="lie in 0…1"):
        hs.calibration([1.2] * 9, [1] * 9)
    with pytest.raises(ValueError, match="one outcome"):
        hs.calibration([0.2] * 9, [1] * 8)
