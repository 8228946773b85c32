"""Filters read over the columns of a few signals, without the engine: what a signal means the moment it arrives.

The same meaning as :class:`headwater.record.views.Words` gives them in SQL. A test about something unknown is false,
also inside a ``not``, so two truth values are enough. What could mean something else here than there (an odd number in
an attribute, labels) is not decided: :class:`Undecided` says so, and the engine is asked instead.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from functools import reduce
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from headwater.record.filters import (
    Among,
    Between,
    Compare,
    Filter,
    Flag,
    Group,
    IsNull,
    Like,
    Node,
    Not,
    Term,
    Value,
)
from headwater.record.schema import MOMENT, OPEN_ATTRIBUTES, SIGNALS, TELLING

Mask = NDArray[np.bool_]
_COMPARISONS: dict[str, Callable[[pa.Array, pa.Scalar], pa.Array]] = {
    "=": pc.equal,
    "<": pc.less,
    "<=": pc.less_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
}
_PLAIN_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?", re.ASCII)
_NO_NUMBER = re.compile(r"(?!\s|inf|nan)[^0-9+.\-].*|", re.ASCII | re.IGNORECASE | re.DOTALL)
_PLAIN_TIME = re.compile(r"[1-9]\d{3}-\d\d-\d\d(?:[ T]\d\d:\d\d:\d\d(?:\.\d{1,6})?)?", re.ASCII)
_NO_TIME = re.compile(r"(?!\s|inf|epoch)[^0-9+\-(].*|", re.ASCII | re.IGNORECASE | re.DOTALL)


class Undecided(ValueError):
    """Only the engine can say what this means."""


class Batch:
    """Signals with every column of the record, as they are on their way into it. Each test is made once, whichever
    filters hold it."""

    def __init__(self, signals: pa.Table) -> None:
        self._signals = signals
        self._known: dict[Node, Mask] = {}
        self._columns: dict[str, pa.Array] = {}
        self._values: dict[str, list[Any]] = {}

    def __len__(self) -> int:
        return len(self._signals)

    def column(self, name: str) -> pa.Array:
        """A column in one piece; ``attribute:NAME`` is one of texts."""
        if name not in self._columns:
            kind, _, named = name.partition(":")
            if kind == "attribute" and named:
                values = pc.map_lookup(self.column("attributes"), named, "first")
                self._columns[name] = values if named in OPEN_ATTRIBUTES else self._unless_anonymous(values)
            else:
                column = self._signals[name]
                values = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
                self._columns[name] = self._unless_anonymous(values) if name in TELLING else values
        return self._columns[name]

    def _unless_anonymous(self, values: pa.Array) -> pa.Array:
        """As in `views`: what may tell an anonymous answer from others is unknown."""
        anonymous = self.column("anonymous")
        if anonymous.null_count == len(anonymous):
            return values
        return pc.if_else(pc.fill_null(anonymous, False), pa.scalar(None, values.type), values)

    def values(self, name: str) -> list[Any]:
        """A column's values; times are microseconds since 1970."""
        if name not in self._values:
            column = self.column(name)
            self._values[name] = (column.cast(pa.int64()) if column.type == MOMENT else column).to_pylist()
        return self._values[name]

    def matches(self, where: Filter) -> Mask:
        """Which signals pass a filter.

        Raises:
            Undecided: the filter speaks of labels, or of values that only the engine can read.
        """
        return self._node(where.node)

    def numbers(self, name: str) -> pa.Array:
        """A column of numbers, or an attribute's texts as numbers."""
        if name.startswith("attribute:"):
            return pa.array([_number(text) for text in self.values(name)], pa.float64())
        column = self.column(name).cast(pa.float64())
        if pc.any(pc.is_nan(column)).as_py():
            raise Undecided(f"{name} holds what is no number")
        return column

    def time(self, attribute: str, place: int) -> datetime | None:
        """The time that an attribute of one signal holds; None where it is none.

        Raises:
            Undecided: it may be a time to the engine.
        """
        return _time(self.values(f"attribute:{attribute}")[place])

    def _node(self, node: Node) -> Mask:
        known = self._known.get(node)
        if known is None:
            known = self._known[node] = self._made(node)
        return known

    def _made(self, node: Node) -> Mask:
        if isinstance(node, Group):
            joined = np.logical_and if node.word == "and" else np.logical_or
            return reduce(joined, (self._node(part) for part in node.parts))
        if isinstance(node, Not):
            return ~self._node(node.part)
        if isinstance(node, Flag) or not _is_of_signals(node.term):
            raise Undecided(f"“{node.term}” is not said by a signal alone")
        if isinstance(node, Compare) and node.operator == "!=":
            return ~self._node(Compare(node.term, "=", node.value))
        return _mask(self._test(node))

    def _test(self, node: "Compare | Among | Between | Like | IsNull") -> pa.Array:
        if isinstance(node, IsNull):
            return self._column(node.term).is_null()
        if isinstance(node, Like):
            if "\\" in node.pattern:
                raise Undecided("a backslash means different things to different engines")
            return pc.match_like(self._column(node.term), node.pattern)
        if isinstance(node, Compare):
            return _COMPARISONS[node.operator](self._column(node.term, node.value), _scalar(node.value))
        if isinstance(node, Among):
            column = self._column(node.term, *node.values)
            return pc.is_in(column, value_set=pa.array(list(node.values), column.type))
        column = self._column(node.term, node.low, node.high)
        return pc.and_(pc.greater_equal(column, _scalar(node.low)), pc.less_equal(column, _scalar(node.high)))

    def _column(self, term: Term, *compared: Value) -> pa.Array:
        """What a term says; an attribute that is compared with a number is read as one."""
        name = f"attribute:{term.name}" if term.kind == "attribute" else term.name
        numbers = [isinstance(one, float) for one in compared]
        if any(numbers) and not all(numbers):
            raise Undecided(f"“{term}” is compared with numbers and texts")
        return self.numbers(name) if any(numbers) else self.column(name)


def _is_of_signals(term: Term) -> bool:
    """Whether a signal says it by itself; stage and sentiment come from labels too."""
    if term.name in ("stage", "sentiment") and term.kind != "attribute":
        return False
    return term.kind == "attribute" or (term.kind != "event" and term.name in SIGNALS.names)


def _mask(test: pa.Array) -> Mask:
    return np.asarray(pc.fill_null(test, False)).astype(bool, copy=False)


def _scalar(value: Value) -> pa.Scalar:
    if isinstance(value, datetime):
        return pa.scalar(value, pa.timestamp("us"))
    return pa.scalar(value, pa.date32()) if isinstance(value, date) else pa.scalar(value)


def _number(text: str | None) -> float | None:
    if text is None or _NO_NUMBER.fullmatch(text):
        return None
    if not _PLAIN_NUMBER.fullmatch(text):
        raise Undecided(f"“{text[:20]}” may be a number")
    return float(text)


def _time(text: str | None) -> datetime | None:
    if text is None or _NO_TIME.fullmatch(text):
        return None
    if not _PLAIN_TIME.fullmatch(text):
        raise Undecided(f"“{text[:30]}” may be a time")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise Undecided(f"“{text[:30]}” may be a time") from error
