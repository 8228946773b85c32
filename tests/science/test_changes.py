"""Changes noticed: alarms that are rare when nothing happens, breaks in a level, seasons, and repeat purchases."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson

import headwater.science as hs
from headwater.science.detection import _Wagers

WEEK = np.array([1.2, 1.1, 1.0, 1.0, 0.9, 0.6, 0.5])
HISTORY = 105


def days(
    seed: int, length: int, mean: float = 120, spread: float = 2.0, rise: float = 1.0, start: int = 0
) -> np.ndarray:
    """Daily counts with weekdays, more spread than Poisson, that rise by a factor from a day on."""
    random = np.random.default_rng(seed)
    when = np.arange(length)
    level = 120 * (WEEK / WEEK.mean())[when % 7] * np.where(when >= start, rise, 1.0)
    return random.poisson(random.gamma(level, 1.0))  # twice the variance of Poisson


def test_a_quiet_year_is_mostly_quiet_where_a_daily_test_never_is() -> None:
    quiet, cried = [], []
    for seed in range(40):
        counts = days(seed, HISTORY + 365)
        quiet.append(not hs.watch({"late": counts}).alarms)
        level = 120 * (WEEK / WEEK.mean())[np.arange(HISTORY, HISTORY + 365) % 7]
        cried.append(((counts[HISTORY:] - level) / np.sqrt(level) > 1.96).any())
    # An average run length of 1,000 days means at most 31 % of years with an alarm.
    assert np.mean(quiet) >= 0.69
    assert np.mean(cried) == 1


def test_a_rise_of_a_fifth_is_noticed_within_days_and_dated() -> None:
    delays, errors, held = [], [], []
    for seed in range(40):
        start = HISTORY + 60
        found = [
            one for one in hs.watch({"late": days(seed, start + 60, rise=1.2, start=start)}).alarms if one.day >= start
        ]
        assert found
        delays.append(found[0].day - start + 1)
        errors.append(abs(found[0].since - start))
        held.append(found[0].rise.low <= 1.2 <= found[0].rise.high)
        assert found[0].score >= 1000
    assert np.median(delays) <= 8
    assert np.median(errors) <= 5
    assert np.mean(held) >= 0.75  # the day it began is itself a guess


def test_many_series_together_do_not_alarm_more_often() -> None:
    series = {str(seed): days(1000 + seed, HISTORY + 100) for seed in range(30)}
    assert len(hs.watch(series).alarms) <= 1
    risen = series | {"late": days(5, HISTORY + 100, rise=1.6, start=HISTORY + 50)}
    assert {one.name for one in hs.watch(risen).alarms} == {"late"}


def test_more_customers_are_not_an_alarm() -> None:
    growth = np.linspace(1, 3, HISTORY + 150)
    counts = np.random.default_rng(3).poisson(60 * growth)
    assert hs.watch({"late": counts}).alarms
    assert not hs.watch({"late": counts}, exposure=1000 * growth).alarms


def test_what_lasts_is_one_alarm_that_ends_when_it_does() -> None:
    counts = days(9, HISTORY + 120, rise=1.5, start=HISTORY + 20)
    (lasting,) = hs.watch({"late": counts[: HISTORY + 60]}).alarms
    assert lasting.until is None
    assert lasting.rise.low < 1.5 < lasting.rise.high
    passed = counts.copy()
    passed[HISTORY + 50 :] = days(9, HISTORY + 120)[HISTORY + 50 :]
    (over,) = hs.watch({"late": passed}).alarms
    assert over.until is not None
    assert abs(over.until - (HISTORY + 50)) <= 7


def test_a_level_that_stays_becomes_the_new_normal() -> None:
    counts = days(11, HISTORY + 300, rise=1.5, start=HISTORY + 20)
    (alarm,) = hs.watch({"late": counts}).alarms
    assert alarm.until is not None
    assert 80 < alarm.until - alarm.since < 150


@given(st.floats(0.2, 5), st.floats(1, 30), st.floats(1, 10))
@settings(max_examples=15)
def test_a_wager_is_fair_whatever_the_level_is(level: float, history: float, since: float) -> None:
    """Over all counts that history and the days since may have, the mean win without a rise is 1."""
    before, seen = np.meshgrid(np.arange(int(level * history * 2 + 60)), np.arange(int(level * since * 4 + 60)))
    chance = poisson.pmf(before, level * history) * poisson.pmf(seen, level * since)
    before, seen, chance = before.ravel().astype(float), seen.ravel().astype(float), chance.ravel()
    known = np.maximum(before, 1e-9)
    wagers = _Wagers(before.size, 1)
    won = wagers.add(0, seen, known * since / history, known, np.ones(before.size))
    assert chance @ won == pytest.approx(1, abs=0.02)


def test_counts_that_vary_more_than_chance_do_not_alarm_more_often() -> None:
    alarmed = 0
    for seed in range(30):
        random = np.random.default_rng(seed)
        level = 2 * (WEEK / WEEK.mean())[np.arange(HISTORY + 365) % 7]
        alarmed += bool(hs.watch({"late": random.poisson(random.gamma(level / 0.5, 0.5))}).alarms)
    assert alarmed / 30 <= 0.27  # by design 11 %; with the level before taken as known it was 31 %


def test_several_that_rise_together_need_less_evidence_each() -> None:
    quiet = {str(seed): days(2000 + seed, HISTORY + 20) for seed in range(20)}
    risen = {name: days(3000 + place, HISTORY + 20, rise=1.25, start=HISTORY) for place, name in enumerate("abcdefgh")}
    together, alone = hs.watch(quiet | risen), hs.watch(quiet | {"a": risen["a"]})
    first = {one.name: one.day for one in together.alarms}
    assert set(first) == set("abcdefgh")
    assert min((one.day for one in alone.alarms), default=HISTORY + 20) >= first["a"]
    assert all(one.score >= 1000 for one in together.alarms)


def test_each_series_may_have_an_exposure_of_its_own() -> None:
    growth = np.linspace(1, 3, HISTORY + 150)
    counts = np.random.default_rng(3).poisson(60 * growth)
    bases = {"late": 1000 * growth, "damaged": np.ones(counts.size)}
    found = hs.watch({"late": counts, "damaged": counts}, exposure=bases)
    assert {one.name for one in found.alarms} == {"damaged"}
    assert found.expected["late"][-1] == pytest.approx(180, rel=0.1)


def test_what_cannot_be_watched_says_so() -> None:
    found = hs.watch({"new": [3.0] * 50})
    assert found.unwatched["new"].code == "short_history"
    rare = hs.watch({"rare": np.eye(1, 200, 7)[0], "late": days(1, 200)})
    assert rare.unwatched["rare"].code == "few_a_day"
    assert "late" in rare.scores
    assert hs.watch({}).alarms == ()
    with pytest.raises(ValueError, match="same days"):
        hs.watch({"a": [1.0], "b": [1.0, 2.0]})
    with pytest.raises(ValueError, match="not negative"):
        hs.watch({"a": [-1.0] * 200})


def test_a_rare_cause_is_watched_with_few_false_alarms() -> None:
    random = np.random.default_rng(8)
    rare = {str(place): random.poisson(0.05, HISTORY + 200) for place in range(60)}
    watched = hs.watch(rare)
    assert len(watched.scores) > 50
    assert len(watched.alarms) <= 1
    rising = np.concatenate([random.poisson(0.05, HISTORY + 60), random.poisson(0.6, 90)])
    alarm, *_later = hs.watch({"rare": rising}).alarms
    assert HISTORY + 60 <= alarm.day <= HISTORY + 110


def test_the_nile_broke_in_1898(shared: Path) -> None:
    golden = json.loads((shared / "golden" / "e_changepoint_stl.json").read_text())["nile"]
    table = sm.datasets.nile.load_pandas().data
    found = hs.breaks(table.volume)
    assert isinstance(found, hs.Breaks)
    assert found.places == (golden["breakpoint"],)
    assert table.year[found.places[0] - 1] == 1898
    assert found.levels == pytest.approx(golden["means"], abs=1e-4)
    assert found.chance < 0.01


@given(st.integers(0, 1000), st.floats(0.1, 40), st.floats(-9, 9))
@settings(max_examples=20)
def test_a_break_does_not_depend_on_units(seed: int, scale: float, shift: float) -> None:
    values = np.random.default_rng(seed).normal(size=60)
    values[35:] += 4
    plain, moved = hs.breaks(values), hs.breaks(values * scale + shift)
    assert isinstance(plain, hs.Breaks)
    assert isinstance(moved, hs.Breaks)
    assert moved.places == plain.places
    assert min(abs(one - 35) for one in plain.places) <= 2


def test_noise_has_no_break() -> None:
    found = [hs.breaks(np.random.default_rng(seed).normal(size=80)) for seed in range(40)]
    assert np.mean([isinstance(one, hs.Breaks) and not one.places for one in found]) > 0.8
    for series, code in (([1.0] * 5, "few_points"), ([1.0] * 50, "no_spread")):
        none = hs.breaks(series)
        assert isinstance(none, hs.NoVerdict)
        assert none.code == code


def test_season_and_trend_as_r_computes_them(shared: Path) -> None:
    golden = json.loads((shared / "golden" / "e_changepoint_stl.json").read_text())
    series = np.log(pd.read_csv(shared / "golden" / golden["co2_file"]).co2)
    found = hs.seasons(series, 12, robust=False, degree=0)
    assert isinstance(found, hs.Seasons)
    assert found.seasonal[:3] == pytest.approx(golden["stl_first3"]["seasonal"], abs=golden["tol"])
    assert found.trend[:3] == pytest.approx(golden["stl_first3"]["trend"], abs=golden["tol"])
    assert found.seasonal + found.trend + found.rest == pytest.approx(series.to_numpy())
    assert found.strength > 0.95


def test_one_outlier_does_not_bend_a_robust_season() -> None:
    clean = 100 + 10 * np.tile(WEEK, 20)
    struck = clean + np.random.default_rng(0).normal(0, 3, 140)
    struck[66] += 500
    robust, plain = hs.seasons(struck, 7), hs.seasons(struck, 7, robust=False)
    assert isinstance(robust, hs.Seasons)
    assert isinstance(plain, hs.Seasons)
    away = [np.abs(one.seasonal + one.trend - clean).max() for one in (robust, plain)]
    assert away[0] < 10 < 100 < away[1]
    short = hs.seasons(clean[:10], 7)
    assert isinstance(short, hs.NoVerdict)
    assert short.code == "few_points"


def test_repeat_purchases_as_published(shared: Path) -> None:
    golden = json.loads((shared / "golden" / "d_bgnbd_cdnow.json").read_text())
    table = pd.read_csv(shared / "golden" / golden["file"])
    found = hs.bg_nbd(table.frequency, table.recency, table["T"])
    assert isinstance(found, hs.BgNbd)
    for name in ("r", "alpha", "a", "b"):
        assert getattr(found, name) == pytest.approx(golden["published"][name], abs=golden["tol"])
        assert getattr(found, name) == pytest.approx(golden["own"][name], abs=1e-5)
    assert found.log_likelihood == pytest.approx(golden["own"]["loglik"], abs=1e-4)
    active = found.still_active([0, 10, 10], [0, 38, 5], [39, 39, 39])
    assert active[0] == 1
    assert active[2] < 0.01 < 0.9 < active[1]


def test_few_repeat_purchases_show_no_pattern() -> None:
    found = hs.bg_nbd([1, 0], [2.0, 0.0], [5.0, 5.0])
    assert isinstance(found, hs.NoVerdict)
    assert found.code == "few_repeats"
    with pytest.raises(ValueError, match="within the time known"):
        hs.bg_nbd([1], [6.0], [5.0])
