"""What a question is: a frozen value that composes its SQL and turns the engine's rows into a frozen answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Generic, Self, TypeVar

import pyarrow as pa
from sqlglot import exp

from headwater.record.schema import SIGNALS

Answer = TypeVar("Answer", covariant=True)


@dataclass(frozen=True, slots=True)
class Known:
    """What a question may know of the record when it composes its SQL. ``rollups`` maps those that may be used to
    their columns; ``touched`` gives, of those that lag behind, the days since changed, which only the rows know."""

    columns: frozenset[str] = frozenset(SIGNALS.names)
    rollups: Mapping[str, frozenset[str]] = field(default_factory=dict)
    touched: Mapping[str, frozenset[date]] = field(default_factory=dict)
    merged: Mapping[str, str] = field(default_factory=dict)
    """Customers that turned out to be others: id → the id they were merged into."""


class Question(Generic[Answer]):
    """Asked with ``Record.ask``; hashable, so that its answer can be kept."""

    __slots__ = ()

    def days(self) -> tuple[date | None, date | None]:
        """First and last day of the signals it speaks of, where it has such."""
        return getattr(self, "since", None), getattr(self, "until", None)

    def over_fewer_days(self, last_day: date) -> Sequence[Self]:
        """The same question over fewer days, shortest first, worth asking before; ``last_day`` is the record's.
        None of its answers counts unless it ``stands``."""
        return ()

    def stands(self, answer: Any) -> bool:
        """Whether the answer over these days is the answer over all days too."""
        return False

    def query(self, known: Known) -> exp.Select:
        """The SQL, over tables named as in the record."""
        raise NotImplementedError

    def answer(self, rows: pa.Table) -> Answer:
        """The answer from the rows of the query."""
        raise NotImplementedError


def tables(query: exp.Expr) -> tuple[str, ...]:
    """The tables of the record that a query reads."""
    inner = {cte.alias for cte in query.find_all(exp.CTE)}
    return tuple(sorted({table.name for table in query.find_all(exp.Table) if table.name not in inner}))
