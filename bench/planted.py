"""Whether the sample company's planted causes lie in the intervals that are reported for them, over many seeds.

``python -m bench planted`` generates the sample company anew from each seed, puts its contacts and events into a
record, asks what had happened before contacts as the product does, and counts how often the true part of a cause lies
in its 95 % interval. The truth is what all seeds together know: contacts that a cause brought ÷ all contacts
(service's own repeats follow every contact alike and leave the shares as they are).
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headwater.record import Record

END = date(2026, 10, 31)
SEEDS = 200
PROCESSES = 2


@dataclass(frozen=True)
class Found:
    """One seed: interval (low, estimate, high) of each cause's part, and the contacts it truly brought; ``all``: of
    every cause and of none."""

    parts: dict[str, tuple[float, float, float]]
    brought: dict[str, int]
    all: int


@dataclass(frozen=True)
class Coverage:
    """How often the truth lay in the interval, by cause and pooled; ``bias`` is the mean error ÷ the truth."""

    seeds: int
    by_cause: dict[str, float]
    pooled: float
    bias: dict[str, float]
    truth: dict[str, float]


def one_seed(seed: int) -> Found:
    """Generate the sample company, and answer as the product does."""
    from headwater.insight.happened import OUTCOMES, exposure_cells, exposures_of, frequent_causes, outside
    from headwater.journey.packs import load_pack
    from headwater.record.questions import CustomerMonths, Size
    from headwater.science.extra_cases import ExtraCases, extra_cases
    from headwater.site.sample.generate import generate

    sample = generate(seed, END)
    known = load_pack("retail").taxonomy()
    with tempfile.TemporaryDirectory(prefix="headwater-planted-") as folder:
        record = Record(Path(folder))
        with record.writing():
            record.commit_signals(record.plan_signals(_rows(sample.signals)))
        size = record.ask(Size())
        assert size.first_day
        assert size.last_day
        cells = record.ask(CustomerMonths(OUTCOMES["contact"], exposures_of(known), size.first_day, size.last_day))
    causes, _ = frequent_causes(cells, known)
    answer = extra_cases(exposure_cells(cells, causes), outside=outside(cells))
    assert isinstance(answer, ExtraCases), answer
    parts = {
        cause: (part.low, part.estimate, part.high)  # type: ignore[union-attr]
        for cause, part in zip(answer.causes, answer.parts, strict=True)
    }
    brought = Counter(
        cause for name, causes_of in sample.named.items() if name.startswith("contact-") for cause in causes_of
    )
    service = {"service_unreachable", "service_unhelpful"}
    first = {cause: n for cause, n in brought.items() if cause not in service}
    return Found(parts, first, sum(first.values()))


def _rows(signals: pa.Table) -> pa.Table:
    """Contacts and events as the record takes them."""
    flow = signals["flow"]
    kept = signals.filter(pc.is_in(flow, pa.array(["contact", "event"])))
    at = kept["occurred_at"].cast(pa.timestamp("us"))
    return pa.table(
        {
            "source": pa.repeat(pa.scalar("sample"), len(kept)),
            "record_id": pc.binary_join_element_wise(kept["flow"], kept["record_id"], "-"),
            "kind": kept["flow"],
            "occurred_at": at,
            "received_at": at,
            "local_date": at.cast(pa.date32()),
            "customer_id": kept["customer_id"],
            "event": kept["event"],
            "origin": pa.repeat(pa.scalar(0, pa.int64()), len(kept)),
        }
    )


def coverage(found: Sequence[Found]) -> Coverage:
    """Compare every interval with the truth that all seeds together know."""
    total = sum(one.all for one in found)
    causes = sorted({cause for one in found for cause in one.parts})
    truth = {cause: sum(one.brought.get(cause, 0) for one in found) / total for cause in causes}
    inside = {
        cause: [one.parts[cause][0] <= truth[cause] <= one.parts[cause][2] for one in found if cause in one.parts]
        for cause in causes
    }
    bias = {
        cause: float(np.mean([one.parts[cause][1] for one in found if cause in one.parts])) / truth[cause] - 1
        for cause in causes
    }
    by_cause = {cause: float(np.mean(hits)) for cause, hits in inside.items()}
    return Coverage(
        len(found), by_cause, float(np.mean([hit for hits in inside.values() for hit in hits])), bias, truth
    )


def main(seeds: int = SEEDS) -> None:
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn"), initializer=_set_up) as pool:
        answer = coverage(list(pool.map(one_seed, range(1, seeds + 1), chunksize=5)))
    print(f"{answer.seeds} seeds, pooled coverage of 95 % intervals: {answer.pooled:.3f}")
    for cause, share in answer.by_cause.items():
        print(f"  {cause:24} truth {answer.truth[cause]:.4f}  covered {share:.3f}  bias {answer.bias[cause]:+.1%}")


def _set_up() -> None:
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "headwater.site.settings")
    django.setup()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS)
