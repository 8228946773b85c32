"""Counts, sums and cross-products of several columns: all that a linear analysis needs to know of the rows.

They are computed in one pass wherever the rows are, one set a customer bucket, and merge by ``+``. Rows need not
reach Python.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from headwater.science.bounds import Array


@dataclass(frozen=True, slots=True, eq=False)
class CrossProducts:
    """Pairwise moments of ``p`` named columns about ``centre``; every array has the shape (…, p, p).

    For columns i and j, over the rows in which both are given: ``n[i, j]`` counts them, ``sums[i, j]`` is Σ(xᵢ - cᵢ),
    ``products[i, j]`` is Σ(xᵢ - cᵢ)(xⱼ - cⱼ) and ``squares[i, j]`` is Σ(xᵢ - cᵢ)². Where no answer is missing,
    ``n`` is the same everywhere, each row of ``sums`` is constant, and ``squares`` repeats the diagonal of
    ``products``. A leading axis holds one set a bucket.
    """

    names: tuple[str, ...]
    n: Array
    sums: Array
    products: Array
    squares: Array
    centre: Array

    def __post_init__(self) -> None:
        shape = (*self.n.shape[:-2], len(self.names), len(self.names))
        for array in (self.n, self.sums, self.products, self.squares):
            if array.shape != shape or not np.all(np.isfinite(array)):
                raise ValueError(
                    f"moments of {len(self.names)} columns have the finite shape {shape}, not {array.shape}"
                )
        if len(set(self.names)) != len(self.names) or self.centre.shape != (len(self.names),):
            raise ValueError(f"columns need different names and one centre each: {self.names!r}")

    def __add__(self, other: "CrossProducts") -> "CrossProducts":
        """Both sets of rows together; same names and centre, and same buckets if any."""
        if self.names != other.names or not np.array_equal(self.centre, other.centre):
            raise ValueError(f"cross-products of {self.names} and {other.names} do not merge: names and centres differ")
        return replace(
            self,
            n=self.n + other.n,
            sums=self.sums + other.sums,
            products=self.products + other.products,
            squares=self.squares + other.squares,
        )

    @property
    def buckets(self) -> int:
        """How many buckets have rows; 1 without a leading axis."""
        return int((self.n.max(axis=(-2, -1)) > 0).sum())

    def total(self) -> "CrossProducts":
        """All buckets together."""
        return self if self.n.ndim == 2 else self.weighted(np.ones((1, self.n.shape[0])))[0]

    def weighted(self, weights: Array) -> "CrossProducts":
        """Sums over buckets with the weights of each replicate: ``weights`` (replicates, buckets)."""
        added = (np.tensordot(weights, part, axes=1) for part in (self.n, self.sums, self.products, self.squares))
        n, sums, products, squares = added
        return replace(self, n=n, sums=sums, products=products, squares=squares)

    def __getitem__(self, key: "int | slice | npt.NDArray[np.intp]") -> "CrossProducts":
        """Some of the buckets."""
        return replace(self, n=self.n[key], sums=self.sums[key], products=self.products[key], squares=self.squares[key])

    def columns(self, names: Sequence[str]) -> "CrossProducts":
        """The moments of some of the columns, in the order asked for."""
        missing = [name for name in names if name not in self.names]
        if missing:
            raise ValueError(f"no column {missing[0]!r}: there are {', '.join(self.names)}")
        place = np.array([self.names.index(name) for name in names])
        parts = (part[..., place[:, None], place] for part in (self.n, self.sums, self.products, self.squares))
        n, sums, products, squares = parts
        return CrossProducts(tuple(names), n, sums, products, squares, self.centre[place])

    @property
    def means(self) -> Array:
        """Mean of each column over the rows that give it, shape (…, p); ``nan`` without rows."""
        n = np.diagonal(self.n, axis1=-2, axis2=-1)
        sums = np.diagonal(self.sums, axis1=-2, axis2=-1)
        return np.asarray(self.centre + sums / np.where(n > 0, n, np.nan))

    def covariances(self) -> Array:
        """Pairwise covariances with divisor n, shape (…, p, p)."""
        n = np.where(self.n > 0, self.n, np.nan)
        return np.asarray(self.products / n - self.sums / n * np.swapaxes(self.sums, -1, -2) / n)

    def correlations(self) -> Array:
        """Pairwise correlations, each from the rows that give both columns; ``nan`` where one does not vary."""
        n = np.where(self.n > 0, self.n, np.nan)
        spread = self.squares / n - (self.sums / n) ** 2
        spread = np.where(spread > 1e-12 * np.maximum(self.squares / n, 1e-300), spread, np.nan)
        found = self.covariances() / np.sqrt(spread * np.swapaxes(spread, -1, -2))
        return np.where(np.eye(len(self.names), dtype=bool) & ~np.isnan(found), 1.0, found)


def from_sums(
    names: Sequence[str],
    n: npt.ArrayLike,
    sums: npt.ArrayLike,
    products: npt.ArrayLike,
    *,
    centre: npt.ArrayLike | None = None,
) -> CrossProducts:
    """Of rows without a gap: ``n`` (…), ``sums`` (…, p) and ``products`` (…, p, p), all about ``centre`` (p).

    Far from zero, give a ``centre`` near the means: a sum of squares of large numbers forgets small differences.
    """
    p = len(names)
    base, total, crossed = np.asarray(n, float), np.asarray(sums, float), np.asarray(products, float)
    if total.shape != (*base.shape, p) or crossed.shape != (*base.shape, p, p):
        raise ValueError(
            f"{p} columns: {base.shape} counts, {total.shape} sums and {crossed.shape} products do not fit"
        )
    counted = np.broadcast_to(base[..., None, None], crossed.shape)
    spread = np.broadcast_to(total[..., :, None], crossed.shape)
    squares = np.broadcast_to(np.diagonal(crossed, axis1=-2, axis2=-1)[..., :, None], crossed.shape)
    middle = np.zeros(p) if centre is None else np.asarray(centre, float)
    return CrossProducts(tuple(names), counted.copy(), spread.copy(), crossed, squares.copy(), middle)


def from_rows(
    columns: Mapping[str, npt.ArrayLike],
    *,
    buckets: npt.ArrayLike | None = None,
    complete: bool = False,
    bucket_count: int | None = None,
) -> CrossProducts:
    """Of a mapping of columns (or a data frame), each (rows,), with ``nan`` where there is no answer.

    ``buckets`` (rows,) are whole numbers from 0: the customer bucket of each row. ``complete`` keeps the rows without
    a gap only; otherwise each pair of columns uses all rows that give both.
    """
    names = tuple(str(name) for name in columns)
    table = np.column_stack([np.asarray(columns[name], dtype=float) for name in columns])
    given = np.isfinite(table)
    if complete:
        given &= given.all(axis=1, keepdims=True)
    middle = np.array([table[use, i].mean() if use.any() else 0.0 for i, use in enumerate(given.T)])
    moved = np.where(given, table - middle, 0.0)
    present = given.astype(float)
    if buckets is None:
        return CrossProducts(names, *_moments(moved, present), middle)
    place = np.asarray(buckets, dtype=np.intp)
    if place.shape != (len(table),) or np.any(place < 0):
        raise ValueError(f"one bucket from 0 a row: {place.shape} buckets and {len(table)} rows")
    count = int(place.max(initial=-1)) + 1 if bucket_count is None else bucket_count
    order = np.argsort(place, kind="stable")
    edges = np.searchsorted(place[order], np.arange(count + 1))
    parts = [_moments(moved[order[a:b]], present[order[a:b]]) for a, b in pairwise(edges)]
    n, sums, products, squares = (np.stack(part) for part in zip(*parts, strict=True))
    return CrossProducts(names, n, sums, products, squares, middle)


def _moments(moved: Array, present: Array) -> tuple[Array, Array, Array, Array]:
    return present.T @ present, moved.T @ present, moved.T @ moved, (moved**2).T @ present
