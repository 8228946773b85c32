"""How often the intervals of attributable fractions hold the truth: pooled over causes and seeds.

Each run is one year of customers who come back: four causes, of which two often come together and one stays with its
customer, a segment and a season that bring both causes and contacts, and customers who are quicker to contact than
others. The truth is computed from the chances themselves. Beside it stand intervals that take every row for a customer
of its own.
"""

import sys
from itertools import product
from time import perf_counter

import numpy as np

import headwater.science as hs

CAUSES = ("late", "out of stock", "promotion", "billing")
EFFECTS = np.array([1.4, 0.9, 0.05, 1.7])
CUSTOMERS, MONTHS, SEGMENTS = 1500, 6, 3
QUICK = 0.9  # standard deviation of how quick customers are to contact, on the scale of log odds
RUNS = 200


def simulate(seed: int, *, by_row: bool = False) -> tuple[hs.ExposureCells, np.ndarray]:
    """Exposure cells of one simulated year, and the true parts of its causes."""
    random = np.random.default_rng(seed)
    customer = np.repeat(np.arange(CUSTOMERS), MONTHS)
    segment = np.repeat(random.integers(0, SEGMENTS, CUSTOMERS), MONTHS)
    season = np.tile(np.arange(MONTHS) == MONTHS - 1, CUSTOMERS).astype(int)
    prone = np.repeat(random.normal(size=CUSTOMERS), MONTHS)
    exposed = _exposed(random, segment, season, prone)
    exposed[:, 3] = np.repeat(exposed[::MONTHS, 3], MONTHS)  # a wrong invoice comes again
    quick = np.repeat(random.normal(0, QUICK, CUSTOMERS), MONTHS)
    linear = -2.7 + 0.35 * segment + 0.4 * season + quick
    happened = random.random(len(customer)) < _risk(linear + exposed @ EFFECTS)
    buckets = np.arange(len(customer)) % 200 if by_row else customer * 7919 % 200
    cells = hs.cells_of(CAUSES, exposed, happened, strata=segment * 2 + season, buckets=buckets)
    return cells, truth()


_TRUTH: list[np.ndarray] = []


def truth() -> np.ndarray:
    """The true average attributable fractions, by simulating the population once with many customers."""
    if not _TRUTH:
        _TRUTH.append(_true_parts())
    return _TRUTH[0]


def _true_parts(people: int = 400_000) -> np.ndarray:
    random = np.random.default_rng(10**9)
    segment = random.integers(0, SEGMENTS, people)
    season = (random.integers(0, MONTHS, people) == MONTHS - 1).astype(int)
    prone = random.normal(size=people)
    exposed = _exposed(random, segment, season, prone)
    base = -2.7 + 0.35 * segment + 0.4 * season
    spots, weights = np.polynomial.hermite_e.hermegauss(15)
    worth = []
    for kept in product((0, 1), repeat=4):
        linear = base + (exposed * np.array(kept[::-1])) @ EFFECTS
        worth.append(
            sum(w * _risk(linear + QUICK * x).mean() for x, w in zip(spots, weights / weights.sum(), strict=True))
        )
    return hs.shapley(np.array(worth)) / worth[-1]


def _exposed(random: np.random.Generator, segment: np.ndarray, season: np.ndarray, prone: np.ndarray) -> np.ndarray:
    often = np.array([0.12, 0.10, 0.2, 0.03]) * (1 + 0.3 * segment[:, None] + season[:, None] * [0.8, 0.8, 0.8, 0])
    exposed = random.random((len(prone), 4)) < often * np.exp(0.9 * prone[:, None] - 0.4)
    exposed[:, 1] |= exposed[:, 0] & (random.random(len(prone)) < 0.2)  # what is late is often out of stock
    return exposed


def _risk(linear: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-linear))


def main() -> None:
    """Run the simulation and print what it covered."""
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else RUNS
    print(f"{runs} runs of {CUSTOMERS:,} customers in {MONTHS} periods; true parts {np.round(truth(), 4).tolist()}")
    print("| buckets of | " + " | ".join(CAUSES) + " | pooled | mean width | ms a run |\n|---|" + "---|" * 7)
    for name, by_row in (("customers", False), ("rows (wrong)", True)):
        held, widths, seconds = [], [], 0.0
        for seed in range(runs):
            cells, true = simulate(seed, by_row=by_row)
            started = perf_counter()
            found = hs.average_attributable_fractions(cells)
            seconds += perf_counter() - started
            assert isinstance(found, hs.Attribution), found
            parts = [one for one in found.parts if isinstance(one, hs.Estimate)]
            held.append([one.low <= value <= one.high for one, value in zip(parts, true, strict=True)])
            widths.append(np.mean([one.high - one.low for one in parts]))
        each = " | ".join(f"{share:.1%}" for share in np.mean(held, axis=0))
        print(
            f"| {name} | {each} | {np.mean(held):.1%} | {np.mean(widths):.4f} | {1000 * seconds / runs:.0f} |",
            flush=True,
        )
