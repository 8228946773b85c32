"""A 12-driver analysis from signals, against pandas and statsmodels holding the same answers, in the same run.

    python -m bench.drivers [--rows 1000000] [--keep FOLDER]

One signal a rating, thirteen a response, a tenth of the drivers' ratings left out. Timed for Headwater: the question to
the record as the page asks it (no answer kept), LMG importance with its bootstrap over customer buckets, and penalty
and reward with a jackknife. The peer has the ratings as a long frame in memory, with categories; timed are the pivot to
one row a response, pandas' pairwise correlations, R-squared of all 4,096 sets of drivers from them (LMG without any
interval: a bootstrap would be 200 times that), and statsmodels' regression on low and high with clustered errors.
Importances and coefficients are compared before a ratio is printed.
"""

import argparse
import math
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import statsmodels.api as sm

import headwater.science as hs
from headwater.record import Record
from headwater.record.filters import equals
from headwater.record.questions import Column, ResponseProducts

DRIVERS = tuple(f"question {number:02}" for number in range(1, 13))
ASKED = ("overall", *DRIVERS)
CHUNK = 100_000  # responses at once
MISSING = 0.1
START = np.datetime64("2023-01-01", "us")
Result = TypeVar("Result")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--keep", type=Path, help="build the record here, or use the one that is here")
    given, _others = arguments.parse_known_args()
    folder = given.keep or Path(tempfile.mkdtemp(prefix="headwater-bench-"))
    try:
        run(folder, given.rows // len(ASKED))
    finally:
        if given.keep is None:
            shutil.rmtree(folder, ignore_errors=True)


def run(folder: Path, responses: int) -> None:
    """Build, ask, derive; then the peer; then compare."""
    if not (folder / "record").exists():
        seconds, _ = timed(lambda: build(folder / "record", responses))
        print(f"{responses:,} responses written in {seconds:.1f} s")
    record = Record(folder / "record")
    record.versions()
    before = processor()
    asking, (moments,) = min((timed(lambda: record.ask_once(question())) for _ in range(2)), key=lambda one: one[0])
    busy = (processor() - before) / 2
    before = processor()
    deriving, (found, kinds) = timed(lambda: derived(moments.blocks))
    busy += processor() - before
    record.close()
    print(f"Headwater: processor {busy:.2f} s, load {os.getloadavg()[0]:.1f}", flush=True)
    frame = long_frame(responses)
    importance, coefficients, peer = in_pandas(frame)
    compare(found, kinds, importance, coefficients)
    ours = {"Headwater: sums from the record": asking, "Headwater: importance and asymmetry, intervals": deriving}
    print(f"{len(frame):,} signals of {responses:,} responses; the answers agree\n\n| step | s |\n|---|---|")
    for name, seconds in (ours | peer).items():
        print(f"| {name} | {seconds:.2f} |")
    own, whole = sum(ours.values()), sum(peer.values())
    print(f"| **Headwater** | {own:.2f} |\n| **pandas and statsmodels** | {whole:.2f} |")
    print(f"| ratio | {whole / own:.1f} |", flush=True)


def build(folder: Path, responses: int) -> None:
    record = Record(folder)
    for first in range(0, responses, CHUNK):
        with record.writing():
            record.commit_signals(record.plan_signals(signals_of(first, min(CHUNK, responses - first))))
    record.close()


def scores(first: int, count: int) -> np.ndarray:
    """(responses, 13) ratings of 1 to 5; ``nan`` where left out. The drivers share a mood, the first matters most."""
    random = np.random.default_rng((3, first))
    mood = random.normal(size=(count, 1))
    latent = 0.6 * mood + random.normal(size=(count, len(DRIVERS)))
    weights = np.linspace(0.5, 0.05, len(DRIVERS))
    overall = latent @ weights + random.normal(0, 0.8, count)
    given = np.clip(np.round(3.4 + 1.1 * np.column_stack([overall, latent])), 1, 5)
    given[:, 1:][random.random((count, len(DRIVERS))) < MISSING] = np.nan
    return given


def signals_of(first: int, count: int) -> pa.Table:
    """The ratings as signals, one row each."""
    given = scores(first, count)
    response, asked = np.nonzero(~np.isnan(given))
    number = first + response
    size = len(number)
    at = START + (number % 1_000).astype("timedelta64[D]") + (number % 86_400).astype("timedelta64[s]")
    score = given[response, asked]
    names = pa.array(ASKED)
    question_names = names.take(pa.array(asked))
    ids = pa.array(number).cast(pa.string())
    attributes = pa.MapArray.from_arrays(
        pa.array(np.arange(size + 1, dtype=np.int32)), pa.array(["question"] * size), question_names
    )

    def same(value: str) -> pa.Array:
        return pa.DictionaryArray.from_arrays(np.zeros(size, dtype=np.int32), [value]).cast(pa.string())

    return pa.table(
        {
            "source": same("survey"),
            "record_id": pc.binary_join_element_wise(ids, pa.array(asked).cast(pa.string()), ":"),
            "kind": same("survey"),
            "occurred_at": pa.array(at),
            "received_at": pa.array(at),
            "local_date": pa.array(at.astype("datetime64[D]")),
            "customer_id": pc.binary_join_element_wise(same("c"), pa.array(number % 300_000).cast(pa.string()), ""),
            "response_id": ids,
            "metric": same("csat"),
            "score": pa.array(score),
            "score_band": pa.array(np.where(score <= 2, -1, np.where(score >= 4, 1, 0)).astype(np.int8)),
            "attributes": attributes,
            "origin": pa.array(np.zeros(size, dtype=np.int64)),
        }
    )


def question() -> ResponseProducts:
    """Everything the drivers' page asks: the ratings, and their low and high answers."""
    where = {name: equals("attribute:question", name) for name in ASKED}
    rated = [Column(name, where=where[name], centre=3.0, required=name == "overall") for name in ASKED]
    bands = [
        band
        for name in DRIVERS
        for band in (
            Column(f"{name} low", where=where[name], at_most=2),
            Column(f"{name} high", where=where[name], at_least=5),
        )
    ]
    blocks = ((*DRIVERS, "overall"), (*(band.name for band in bands), "overall"))
    return ResponseProducts(where["overall"], (*rated, *bands), blocks, since=date(2023, 1, 1))


def derived(blocks: tuple[hs.CrossProducts, ...]) -> tuple[hs.Drivers, tuple[hs.Asymmetry, ...]]:
    """All that the page derives from the sums."""
    found = hs.drivers(blocks[0], "overall", DRIVERS)
    kinds = hs.penalty_reward(blocks[1], "overall", {name: (f"{name} low", f"{name} high") for name in DRIVERS})
    assert isinstance(found, hs.Drivers), found
    assert not isinstance(kinds, hs.NoVerdict), kinds
    return found, kinds


def long_frame(responses: int) -> pd.DataFrame:
    """One row a rating, as an analyst's extract has it."""
    parts = []
    for first in range(0, responses, CHUNK):
        given = scores(first, min(CHUNK, responses - first))
        response, asked = np.nonzero(~np.isnan(given))
        parts.append(
            pd.DataFrame(
                {"response": first + response, "question": asked.astype(np.int8), "score": given[response, asked]}
            )
        )
    frame = pd.concat(parts, ignore_index=True)
    frame["question"] = pd.Categorical.from_codes(frame["question"], ASKED)
    return frame


def in_pandas(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, dict[str, float]]:
    """LMG importances, the coefficients of low and high, and the seconds of each step."""
    seconds: dict[str, float] = {}
    seconds["pandas: pivot to one row a response"], wide = timed(
        lambda: frame.set_index(["response", "question"])["score"].unstack()
    )
    seconds["pandas: correlations, and R² of all sets of drivers"], importance = timed(lambda: lmg_of(wide))
    seconds["statsmodels: regression on low and high"], coefficients = timed(lambda: regressed(wide))
    return importance, coefficients, seconds


def lmg_of(wide: pd.DataFrame) -> np.ndarray:
    """Shares of R² from the pairwise correlations, set by set."""
    together = wide[[*DRIVERS, "overall"]].corr().to_numpy()
    count = len(DRIVERS)
    worth = np.zeros(1 << count)
    for chosen in range(1, 1 << count):
        places = [place for place in range(count) if chosen >> place & 1]
        inner, outer = together[np.ix_(places, places)], together[places, -1]
        worth[chosen] = outer @ np.linalg.solve(inner, outer)
    shares = np.zeros(count)
    for place in range(count):
        for chosen in range(1 << count):
            if not chosen >> place & 1:
                size = chosen.bit_count()
                weight = 1 / (count * math.comb(count - 1, size))
                shares[place] += weight * (worth[chosen | 1 << place] - worth[chosen])
    return shares


def regressed(wide: pd.DataFrame) -> np.ndarray:
    low, high = wide[list(DRIVERS)] <= 2, wide[list(DRIVERS)] >= 5
    design = sm.add_constant(np.column_stack([low.to_numpy(float), high.to_numpy(float)]))
    clusters = wide.index.to_numpy() % 300_000 % 200
    fitted = sm.OLS(wide["overall"].to_numpy(), design).fit(cov_type="cluster", cov_kwds={"groups": clusters})
    return np.asarray(fitted.params[1:])


def compare(
    found: hs.Drivers, kinds: tuple[hs.Asymmetry, ...], importance: np.ndarray, coefficients: np.ndarray
) -> None:
    """The same answers, or none."""
    own = [one.importance.estimate for one in found.drivers if isinstance(one.importance, hs.Estimate)]
    assert np.allclose(own, importance, atol=1e-9), (own, importance)
    sides = [[one.penalty for one in kinds], [one.reward for one in kinds]]
    own = [side.estimate for part in sides for side in part if isinstance(side, hs.Estimate)]
    assert np.allclose(own, coefficients, atol=1e-8), (own, coefficients)


def processor() -> float:
    """Seconds of processor time that this process has taken."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def timed(act: Callable[[], Result]) -> tuple[float, Result]:
    started = time.perf_counter()
    result = act()
    return time.perf_counter() - started, result


if __name__ == "__main__":
    main()
