"""The pipeline: what happens to every row between a file and the record, as a list."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter

from headwater.listening.pipeline import steps
from headwater.listening.pipeline.chunk import Chunk, Context, SetAside

__all__ = ["PIPELINE", "Chunk", "Context", "Run", "SetAside", "run"]

Step = Callable[[Chunk, Context], Chunk]

PIPELINE: tuple[tuple[str, Step], ...] = (
    ("pick", steps.pick),
    ("identify", steps.identify),
    ("parse", steps.parse),
    ("check", steps.check),
    ("band", steps.band),
    ("pseudonymise", steps.pseudonymise),
    ("hold_off", steps.hold_off),
    ("redact", steps.redact),
    ("detect_language", steps.detect_language),
    ("describe", steps.describe),
    ("place", steps.place),
    ("fingerprint", steps.fingerprint),
)


@dataclass(slots=True)
class Run:
    """What the steps took and refused, over all chunks of an import: seconds and rows by step. `redacted` counts, by
    kind, what was taken out of texts since somebody last wrote that down."""

    seconds: dict[str, float] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    redacted: Counter[str] = field(default_factory=Counter)


def run(chunk: Chunk, context: Context, tally: Run) -> Chunk:
    """Take a chunk through every step; it comes out as signals and the rows that were set aside."""
    for name, step in PIPELINE:
        started, before = perf_counter(), len(chunk.set_aside)
        chunk = step(chunk, context)
        tally.seconds[name] = tally.seconds.get(name, 0.0) + perf_counter() - started
        tally.refused[name] = tally.refused.get(name, 0) + len(chunk.set_aside) - before
    return chunk
