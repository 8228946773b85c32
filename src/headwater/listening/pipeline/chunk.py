"""What flows through the pipeline: a chunk of rows in columns, and the rows that were set aside on the way."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from headwater.listening.mapping import Emit
from headwater.listening.pipeline.redaction import Redaction

SHOWN = 80


@dataclass(frozen=True, slots=True)
class SetAside:
    """A row that is not taken as it is: a stable code, plain words, and the values as they were read."""

    row: int
    code: str
    message: str
    column: str = ""
    values: dict[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Context:
    """What the steps know besides the rows. `occurrences` counts equal rows without an id over a whole file, `redacted`
    what was taken out of texts, by kind."""

    source: str
    emit: Emit
    time_zone: str
    region: str | None
    received_at: datetime
    redaction: Redaction = field(default_factory=Redaction)
    keeps_originals: bool = False
    pseudonym: Callable[[str], str] | None = None
    """Makes a customer's id a pseudonym, where the source is to have no other."""
    erased: Callable[[Sequence[str | None]], frozenset[str]] | None = None
    """Which of some ids are of customers who were erased; None where there are none."""
    why_erased: str = ""
    occurrences: dict[int, int] = field(default_factory=dict)
    redacted: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows as read (`raw`, text), their row numbers, and the fields of the signal made so far, all of one length."""

    raw: pa.Table
    numbers: NDArray[np.int64]
    fields: dict[str, pa.Array] = field(default_factory=dict)
    set_aside: tuple[SetAside, ...] = ()

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def signals(self) -> pa.Table:
        """The rows as signals of the record."""
        return pa.table(self.fields)

    def with_fields(self, **fields: pa.Array | None) -> "Chunk":
        """The chunk with fields set; None takes a field away."""
        merged = {name: value for name, value in {**self.fields, **fields}.items() if value is not None}
        return replace(self, fields=merged)

    def without(
        self,
        wrong: pa.Array | NDArray[np.bool_],
        code: str,
        say: Callable[[int], str],
        column: str = "",
        *,
        keeps_values: bool = True,
    ) -> "Chunk":
        """The chunk without the rows where `wrong` is true; `say(index)` tells why, for each of them. Their values go
        with the reason, but where nothing of them may be kept."""
        mask = np.asarray(wrong if isinstance(wrong, np.ndarray) else wrong.fill_null(False)).astype(bool)
        if not mask.any():
            return self
        places = np.flatnonzero(mask)
        values = self.raw.take(pa.array(places)).to_pylist() if keeps_values else [{}] * len(places)
        refused = tuple(
            SetAside(int(self.numbers[place]), code, f"Row {self.numbers[place]}: {say(int(place))}", column, dict(row))
            for place, row in zip(places, values, strict=True)
        )
        keep = pa.array(~mask)
        return Chunk(
            self.raw.filter(keep),
            self.numbers[~mask],
            {name: values.filter(keep) for name, values in self.fields.items()},
            self.set_aside + refused,
        )


def shown(value: object) -> str:
    """A value in a message: short, and on one line."""
    text = repr(str(value))
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
