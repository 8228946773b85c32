"""Nobody is recognised in a published table, nor by subtracting one group from another."""

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import headwater.science as hs
from headwater.science.anonymity import ranges, with_totals


def suppression(found: hs.Suppression | hs.NoVerdict) -> hs.Suppression:
    assert isinstance(found, hs.Suppression), found
    return found


def test_the_optimum_suppresses_four_cells(shared: Path) -> None:
    golden = json.loads((shared / "golden" / "b_anonymity.json").read_text())
    found = suppression(hs.suppress(golden["table"], 5))
    assert np.flatnonzero(found.primary).tolist() == golden["primary_flat"]
    assert np.flatnonzero(found.suppressed).tolist() == golden["suppressed_flat"]
    assert found.suppressed.sum() == golden["count"]
    assert found.exact
    known = found.ranges.reshape(-1, 2)
    for cell, expected in golden["audit"].items():
        assert known[int(cell)] == pytest.approx(expected)
    assert np.isnan(found.published.ravel()[golden["suppressed_flat"]]).all()


def test_leaving_out_small_cells_alone_hides_nothing(shared: Path) -> None:
    golden = json.loads((shared / "golden" / "b_anonymity.json").read_text())
    found = suppression(hs.suppress(golden["table"], 5))
    known = ranges(found.table, found.primary).reshape(-1, 2)
    for cell, expected in golden["primary_only_audit"].items():
        assert known[int(cell)] == pytest.approx(expected)
    assert len(hs.attackable(found.table, found.primary, 5)) == 2
    assert hs.attackable(found.table, found.suppressed, 5) == []


tables = arrays.arrays(int, st.tuples(st.integers(2, 4), st.integers(2, 4)), elements=st.integers(0, 25))


@given(tables, st.integers(2, 6))
@settings(max_examples=25)
def test_no_small_cell_can_be_worked_out(counts: np.ndarray, threshold: int) -> None:
    found = hs.suppress(counts, threshold)
    if isinstance(found, hs.NoVerdict):
        assert found.code == "few_people"
        return
    assert np.all(found.suppressed[found.primary])
    assert hs.attackable(found.table, found.suppressed, threshold) == []
    assert np.all(found.ranges[..., 0] <= found.table + 1e-6)
    assert np.all(found.table <= found.ranges[..., 1] + 1e-6)


@given(arrays.arrays(int, (2, 2), elements=st.integers(0, 12)))
@settings(max_examples=15)
def test_no_smaller_suppression_would_do(counts: np.ndarray) -> None:
    if counts.sum() < 4:
        return
    found = hs.suppress(counts, 4)
    table = with_totals(counts.astype(float))
    small = np.flatnonzero(((table > 0) & (table < 4)).ravel())
    others = np.flatnonzero((table >= 4).ravel())
    best = None
    for size in range(others.size + 1):
        for chosen in combinations(others, size):
            hidden = np.zeros(table.size, dtype=bool)
            hidden[small] = hidden[list(chosen)] = True
            if not hs.attackable(table, hidden.reshape(table.shape), 4):
                best = small.size + size
                break
        if best is not None or size > 4:
            break
    if isinstance(found, hs.NoVerdict):
        assert best is None
    elif found.suppressed.sum() <= small.size + 4:
        assert found.suppressed.sum() == best


def test_a_table_without_small_cells_is_published_whole() -> None:
    found = suppression(hs.suppress([[10, 20], [0, 30]], 5))
    assert not found.suppressed.any()
    assert not np.isnan(found.published).any()


def test_out_of_time_it_still_protects() -> None:
    counts = np.random.default_rng(0).poisson(9, size=(12, 10))
    found = suppression(hs.suppress(counts, 5, seconds=0.01))
    assert hs.attackable(found.table, found.suppressed, 5) == []


def test_too_few_people_cannot_be_hidden() -> None:
    found = hs.suppress([[2, 0], [0, 0]], 5)
    assert isinstance(found, hs.NoVerdict)
    assert found.code == "few_people"
    alone = suppression(hs.suppress([[4, 0], [0, 3]], 5))
    assert alone.suppressed[alone.primary].all()
    assert hs.attackable(alone.table, alone.suppressed, 5) == []
    large = hs.suppress(np.ones((60, 60)), 5)
    assert isinstance(large, hs.NoVerdict)
    assert large.code == "too_large"


def test_impossible_tables_are_an_error() -> None:
    for counts, threshold in (([[1.5]], 5), ([[-1]], 5), ([1, 2], 5), ([[9]], 1)):
        with pytest.raises(ValueError, match=r"whole counts|at least 2"):
            hs.suppress(counts, threshold)


def test_a_group_inside_another_gives_the_rest_away() -> None:
    team = set(range(12))
    found = hs.nested_differences({"team": team, "team without the new": team - {1, 2, 3}}, 5)
    assert [(one.groups, one.size) for one in found] == [(("team without the new", "team"), 3)]
    assert hs.nested_differences({"team": team, "half": set(range(6))}, 5) == []
    assert hs.nested_differences({"team": team, "same": set(team)}, 5) == []


def test_groups_that_only_together_give_a_part_away() -> None:
    everyone = set(range(30))
    groups = {"all": everyone, "north": set(range(14)), "south": set(range(14, 27))}
    found = hs.nested_differences(groups, 5)
    assert [(set(one.groups), one.size) for one in found] == [({"all", "north", "south"}, 3)]
    assert hs.nested_differences({"all": everyone, "a": set(range(10)), "b": set(range(8, 18))}, 5) == []


def test_a_group_that_is_too_small_is_named_by_itself() -> None:
    assert [one.size for one in hs.nested_differences({"a": {1, 2}}, 5)] == [2]
    assert hs.nested_differences({"a": set()}, 5) == []
