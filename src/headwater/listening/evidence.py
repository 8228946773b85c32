"""What the first rows of a file say about each column: kinds of values, their range, and how many differ."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headwater.listening import synonyms, times

NUMBER = r"^[+-]?\d{1,15}(?:\.\d{1,10})?$"
NUMBER_COMMA = r"^[+-]?\d{1,15}(?:,\d{1,10})?$"
DATE_LOOKS = r"^\s*(\pL{3,9}\.?,? )?(\d{1,4}|\pL{3,9})[-/. ,]{1,2}(\d{1,2}|\pL{3,9})[-/., ]|^\d{8,14}(\.\d+)?$"
DATES_TRIED = 500
LOOKED_AT = 2_000
FEW = 100


@dataclass(frozen=True, slots=True)
class Evidence:
    """One column. Shares are of its filled cells; `formats` fit all of them as times."""

    name: str
    words: tuple[str, ...]
    rows: int
    filled: int
    distinct: int
    numeric: bool
    decimal: str
    low: float
    high: float
    whole: bool
    mean_words: float
    mean_length: float
    formats: tuple[str, ...]
    emails: float
    links: float
    nested: float
    values: tuple[str, ...]
    """The distinct values, where there are few."""

    @property
    def full(self) -> bool:
        return self.filled == self.rows

    @property
    def variety(self) -> float:
        """Distinct values per filled cell."""
        return self.distinct / self.filled if self.filled else 0.0


def look_at(name: str, column: pa.Array, now: datetime) -> Evidence:
    """Read a column of text."""
    trimmed = pc.utf8_trim_whitespace(column)
    values = trimmed.filter(pc.fill_null(pc.not_equal(trimmed, ""), False))
    unique = pc.unique(values)
    some = unique.slice(0, LOOKED_AT)
    decimal, numeric = _number(unique)
    numbers = _numbers(unique, decimal) if numeric else np.zeros(1)
    said = synonyms.words(name)
    return Evidence(
        name=name,
        words=said,
        rows=len(column),
        filled=len(values),
        distinct=len(unique),
        numeric=numeric,
        decimal=decimal,
        low=float(numbers.min()),
        high=float(numbers.max()),
        whole=bool(np.all(numbers == np.floor(numbers))),
        mean_words=_mean(pc.add(pc.count_substring_regex(some, r"\S\s+\S"), 1)) if len(some) else 0.0,
        mean_length=_mean(pc.utf8_length(some)) if len(some) else 0.0,
        formats=_formats(unique, now),
        emails=_share(some, r"^[^@\s]+@[^@\s]+\.\pL+$"),
        links=_share(some, r"^(https?://|www\.)"),
        nested=_share(some, r"^\[?\{"),
        values=tuple(unique.to_pylist()) if len(unique) <= FEW else (),
    )


def _number(unique: pa.Array) -> tuple[str, bool]:
    if not len(unique):
        return ".", False
    if pc.all(pc.match_substring_regex(unique, NUMBER)).as_py():
        return ".", True
    return ",", bool(pc.all(pc.match_substring_regex(unique, NUMBER_COMMA)).as_py())


def _numbers(unique: pa.Array, decimal: str) -> np.ndarray:
    plain = pc.replace_substring(unique, ",", ".") if decimal == "," else unique
    numbers: np.ndarray = plain.cast(pa.float64()).to_numpy()
    return numbers


def _formats(unique: pa.Array, now: datetime) -> tuple[str, ...]:
    """Formats of the values as times; a first glance spares most columns the many patterns."""
    glance = unique.slice(0, 20)
    if not len(glance) or not pc.all(pc.match_substring_regex(glance, DATE_LOOKS)).as_py():
        return ()
    tried = times.fitting(unique.slice(0, DATES_TRIED), now=now)
    if len(tried) <= 1 or len(unique) <= DATES_TRIED:
        return tried
    # Day and month look alike in the first rows: all rows are asked.
    return times.fitting(unique, now=now)


def _mean(values: pa.Array) -> float:
    return float(pc.mean(values).as_py() or 0.0)


def _share(values: pa.Array, pattern: str) -> float:
    if not len(values):
        return 0.0
    return float(np.asarray(pc.match_substring_regex(values, pattern)).mean())
