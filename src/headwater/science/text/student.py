"""Static encoders: a table of vectors, one sparse product for a batch of texts.

:class:`StaticTable` is a vanilla table as it ships. :class:`Student` is such a table fitted to the vectors that a
teacher gives a company's own comments: near the teacher's quality at a hundred times its speed.
"""

from __future__ import annotations

import io
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from scipy import sparse

from headwater.science.text.pieces import Pieces

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

BUCKETS = 65_536  # of hashed pairs of neighbouring pieces
RIDGE = 1.0
ITERATIONS = 30
BATCH = 4096
FORMAT = 1


class Encoder(Protocol):
    """Anything that turns texts into rows of length 1 (a text without known pieces becomes a row of zeros)."""

    @property
    def dimensions(self) -> int: ...

    def encode(self, texts: Sequence[str]) -> Vectors: ...


class StaticTable:
    """A table with one vector for each piece of a vocabulary.

    ``vectors``: int8 or float, shape ``(pieces, dimensions)``; ``scales``: ``None`` or shape ``(pieces, 1)``;
    ``tokenizer``: the bytes of a ``tokenizer.json`` with as many pieces.
    """

    def __init__(self, vectors: NDArray[np.int8], scales: Vectors | None, tokenizer: bytes) -> None:
        self.pieces = Pieces(tokenizer)
        if vectors.shape[0] != self.pieces.size:
            raise ValueError(f"the table has {vectors.shape[0]} rows, its tokenizer {self.pieces.size} pieces")
        self.table: Vectors = vectors.astype(np.float32)
        if scales is not None:
            self.table *= scales.astype(np.float32)

    @property
    def dimensions(self) -> int:
        return int(self.table.shape[1])

    def encode(self, texts: Sequence[str], threads: int = 1) -> Vectors:
        """Vectors of length 1, shape ``(len(texts), dimensions)``, each independent of its neighbours in the batch."""
        return in_batches(self._encode_batch, texts, self.dimensions, threads)

    def _encode_batch(self, texts: Sequence[str]) -> Vectors:
        pieces, lengths = self.pieces.rows(texts)
        return unit_rows(_counts(pieces, lengths, self.pieces.size) @ self.table)


class Student:
    """A table over pieces and hashed pairs of pieces, at rest as int8 with one scale a row."""

    def __init__(self, pieces: Pieces, quantised: NDArray[np.int8], scales: Vectors) -> None:
        if quantised.shape[0] != pieces.size + BUCKETS:
            raise ValueError(f"the student has {quantised.shape[0]} rows, expected {pieces.size + BUCKETS}")
        self.pieces = pieces
        self._quantised = quantised
        self._scales = scales.astype(np.float32)
        table = quantised * self._scales
        self._pieces_table, self._pairs_table = table[: pieces.size], table[pieces.size :]

    @property
    def dimensions(self) -> int:
        return int(self._quantised.shape[1])

    def encode(self, texts: Sequence[str], threads: int = 1) -> Vectors:
        """Vectors of length 1, shape ``(len(texts), dimensions)``, each independent of its neighbours in the batch."""
        return in_batches(self._encode_batch, texts, self.dimensions, threads)

    def _encode_batch(self, texts: Sequence[str]) -> Vectors:
        pieces, lengths = self.pieces.rows(texts)
        vectors: Vectors = _counts(pieces, lengths, self.pieces.size) @ self._pieces_table
        pairs, pair_lengths = hashed_pairs(pieces, lengths)
        vectors += _counts(pairs, pair_lengths, BUCKETS) @ self._pairs_table
        return unit_rows(vectors)

    def to_bytes(self) -> bytes:
        """The table alone (the vocabulary ships with the product), for :meth:`from_bytes`."""
        out = io.BytesIO()
        head = json.dumps({"format": FORMAT, "buckets": BUCKETS, "pieces": self.pieces.size})
        np.savez_compressed(out, head=np.array(head), quantised=self._quantised, scales=self._scales)
        return out.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes, pieces: Pieces) -> Student:
        """Read what :meth:`to_bytes` wrote; ``ValueError`` when it was written for another vocabulary or format."""
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            head = json.loads(str(stored["head"]))
            expected = {"format": FORMAT, "buckets": BUCKETS, "pieces": pieces.size}
            if head != expected:
                raise ValueError(f"the student was written as {head}, this version reads {expected}")
            return cls(pieces, stored["quantised"], stored["scales"])


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted student and its mean cosine to the teacher on comments it did not see."""

    student: Student
    agreement: float
    texts: int


def fit_student(vanilla: StaticTable, texts: Sequence[str], teacher: Vectors, held_out: float = 0.1) -> Fit:
    """Fit a student to ``teacher`` (shape ``(len(texts), d)``, rows of length 1).

    The vanilla table is mapped linearly onto the teacher's space; a ridge correction of pieces and hashed pairs takes
    up the residual (conjugate gradients, λ = 1, 30 iterations). The last ``held_out`` share of the texts is kept back
    to measure the agreement. ``ValueError`` under 20 texts.
    """
    if len(texts) < 20 or len(texts) != len(teacher):
        raise ValueError(f"a student needs at least 20 texts with a vector each, got {len(texts)} and {len(teacher)}")
    kept = len(texts) - max(1, int(len(texts) * held_out)) if held_out else len(texts)
    features = _fit_features(vanilla.pieces, texts[:kept])
    target = np.ascontiguousarray(teacher[:kept], dtype=np.float32)
    start = np.zeros((features.shape[1], vanilla.dimensions), dtype=np.float32)
    start[: vanilla.pieces.size] = vanilla.table
    mapped = features @ start
    gram = mapped.T @ mapped + 1e-3 * np.trace(mapped.T @ mapped) / mapped.shape[1] * np.eye(mapped.shape[1])
    to_teacher = np.linalg.solve(gram, mapped.T @ target).astype(np.float32)
    residual = target - mapped @ to_teacher
    table = start @ to_teacher + features.T @ _ridge_dual(features, residual)
    student = Student(vanilla.pieces, *quantise(table))
    if kept == len(texts):
        return Fit(student, agreement(student, texts, teacher), kept)
    return Fit(student, agreement(student, texts[kept:], teacher[kept:]), kept)


def agreement(encoder: Encoder, texts: Sequence[str], teacher: Vectors) -> float:
    """Mean cosine between an encoder's and the teacher's vectors, −1…1: how well the student still stands in."""
    return float(np.mean(np.sum(encoder.encode(texts) * teacher, axis=1)))


def quantise(table: Vectors) -> tuple[NDArray[np.int8], Vectors]:
    """Each row as int8 and one scale."""
    scales = np.maximum(np.abs(table).max(axis=1, keepdims=True), 1e-12).astype(np.float32) / 127
    return np.round(table / scales).astype(np.int8), scales


def hashed_pairs(pieces: NDArray[np.int32], lengths: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The bucket of each pair of neighbours within a text, and how many pairs each text has."""
    if len(pieces) < 2:
        return np.zeros(0, dtype=np.int32), np.zeros_like(lengths)
    wide = pieces.astype(np.uint64)
    mixed = wide[:-1] * np.uint64(0x9E3779B97F4A7C15) + wide[1:] * np.uint64(0xC2B2AE3D27D4EB4F)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    buckets = (mixed >> np.uint64(48)).astype(np.int32)
    inside = np.ones(len(buckets), dtype=bool)
    ends = np.cumsum(lengths)[:-1]
    inside[ends[(ends > 0) & (ends < len(pieces))] - 1] = False
    return buckets[inside], np.maximum(lengths - 1, 0)


def unit_rows(vectors: Vectors) -> Vectors:
    """Rows of length 1 in place; rows of zeros stay."""
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    vectors /= np.where(lengths > 0, lengths, 1)[:, None]
    return vectors


def in_batches(encode: _Encode, texts: Sequence[str], dimensions: int, threads: int) -> Vectors:
    """Encode batch by batch into one array; threads help, because the product leaves the interpreter's lock."""
    out = np.zeros((len(texts), dimensions), dtype=np.float32)

    def one(start: int) -> None:
        out[start : start + BATCH] = encode(texts[start : start + BATCH])

    starts = range(0, len(texts), BATCH)
    if threads > 1 and len(starts) > 1:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(one, starts))
    else:
        for start in starts:
            one(start)
    return out


class _Encode(Protocol):
    def __call__(self, texts: Sequence[str], /) -> Vectors: ...


def _counts(columns: NDArray[np.int32], lengths: NDArray[np.int64], width: int) -> sparse.csr_matrix:
    ends = np.zeros(len(lengths) + 1, dtype=np.int32)
    np.cumsum(lengths, out=ends[1:])
    ones = np.ones(len(columns), dtype=np.float32)
    return sparse.csr_matrix((ones, columns, ends), shape=(len(lengths), width))


def _fit_features(pieces: Pieces, texts: Sequence[str]) -> sparse.csr_matrix:
    flat, lengths = pieces.rows(texts)
    pairs, pair_lengths = hashed_pairs(flat, lengths)
    both = sparse.hstack(
        [_counts(flat, lengths, pieces.size), _counts(pairs, pair_lengths, BUCKETS)], format="csr", dtype=np.float32
    )
    both.sum_duplicates()
    lengths_squared = np.asarray(both.multiply(both).sum(axis=1)).ravel()
    scale = sparse.diags_array((1 / np.sqrt(np.maximum(lengths_squared, 1e-12))).astype(np.float32))
    return sparse.csr_matrix(scale @ both)


def _ridge_dual(features: sparse.csr_matrix, residual: Vectors) -> Vectors:
    """Solve ``(X Xᵀ + λ I) A = R`` by conjugate gradients, all columns at once: the ridge weights are ``Xᵀ A``."""
    transposed = features.T.tocsr()
    solution = np.zeros_like(residual)
    rest, direction = residual.copy(), residual.copy()
    size = np.einsum("ij,ij->j", rest, rest)
    for _ in range(ITERATIONS):
        image = features @ (transposed @ direction) + RIDGE * direction
        step = size / np.maximum(np.einsum("ij,ij->j", direction, image), 1e-20)
        solution += step * direction
        rest -= step * image
        new_size = np.einsum("ij,ij->j", rest, rest)
        direction = rest + new_size / np.maximum(size, 1e-20) * direction
        size = new_size
    return solution
