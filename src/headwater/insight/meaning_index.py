"""The index of meaning at rest: for each file of the record the packed vectors of its comments, beside the record.

Derived and never the truth: a file of the index stands for one file of the record, which never changes. When the record
replaces that file (a revision, an erasure, compacting), the file of the index goes, and the new one is read. Everything
is mapped into memory, so that processes share it and none holds it.
"""

from __future__ import annotations

import os
import shutil
import uuid
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from headwater.base.paths import home
from headwater.science.text.nearest import Packed, nearest, pack

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

SUFFIX = ".index"
EPOCH = np.datetime64("1970-01-01", "D")
KEPT = 4_096  # files of the index that stay mapped in a process


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """The comments of one file of the record: ``keys`` and ``days`` (since 1970) beside their packed vectors."""

    keys: NDArray[np.int64]
    days: NDArray[np.int32]
    packed: Packed


class MeaningIndex:
    """All segments that one text model made, in a folder of its own."""

    def __init__(self, model: str) -> None:
        self.folder = folder() / model

    def exists(self) -> bool:
        return (self.folder / "middle.npy").exists()

    def begin(self, middle: Vectors) -> None:
        """Start an index around the ``middle`` (d,) of the comments."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _replacing(self.folder / "middle.npy") as out:
            np.save(out, middle.astype(np.float32))

    @property
    def middle(self) -> Vectors:
        return np.asarray(np.load(self.folder / "middle.npy", allow_pickle=False), dtype=np.float32)

    def names(self) -> frozenset[str]:
        """The files of the record that are in it."""
        return frozenset(path.stem for path in self.folder.glob(f"*{SUFFIX}"))

    def add(self, name: str, keys: NDArray[np.int64], days: NDArray[np.int32], vectors: Vectors) -> None:
        """Put the comments of one file of the record into the index; whole, or not at all."""
        packed = pack(vectors, self.middle)
        with _replacing(self.folder / f"{name}{SUFFIX}") as out:
            for array in (keys, days, packed.bits, packed.rows, packed.scales):
                np.lib.format.write_array(out, np.ascontiguousarray(array), allow_pickle=False)

    def remove(self, name: str) -> None:
        (self.folder / f"{name}{SUFFIX}").unlink(missing_ok=True)

    def discard(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def __len__(self) -> int:
        return sum(len(segment.keys) for segment in self._segments())

    def nearest(
        self,
        query: Vectors,
        k: int,
        *,
        since: date | None = None,
        until: date | None = None,
        among: NDArray[np.int64] | None = None,
    ) -> tuple[NDArray[np.int64], Vectors]:
        """Keys of the up to ``k`` comments nearest to ``query`` (d,), the most similar first, and their cosines.

        ``among``: only these keys.
        """
        segments = self._segments()
        chosen = [_chosen(segment, since, until, among) for segment in segments]
        places, similarity = nearest(query, [one.packed for one in segments], self.middle, k, open_to_choice=chosen)
        keys = np.concatenate([one.keys for one in segments]) if segments else np.zeros(0, np.int64)
        return keys[places], similarity

    def _segments(self) -> list[Segment]:
        found = []
        for path in sorted(self.folder.glob(f"*{SUFFIX}")):
            try:
                found.append(_mapped(path, path.stat().st_ino))
            except FileNotFoundError:  # replaced at this moment
                continue
        return [segment for segment in found if len(segment.keys)]


def folder() -> Path:
    return home() / "meaning"


def indexes() -> list[MeaningIndex]:
    """Every index there is, also of models that are no longer in use."""
    return [MeaningIndex(path.name) for path in sorted(folder().glob("*")) if path.is_dir()]


def _chosen(
    segment: Segment, since: date | None, until: date | None, among: NDArray[np.int64] | None
) -> NDArray[np.bool_] | None:
    if since is None and until is None and among is None:
        return None
    chosen = np.ones(len(segment.keys), dtype=bool)
    if since is not None:
        chosen &= segment.days >= (np.datetime64(since, "D") - EPOCH).astype(np.int32)
    if until is not None:
        chosen &= segment.days <= (np.datetime64(until, "D") - EPOCH).astype(np.int32)
    if among is not None:
        chosen &= np.isin(segment.keys, among)
    return chosen


@lru_cache(maxsize=KEPT)
def _mapped(path: Path, inode: int) -> Segment:
    with path.open("rb") as file:
        keys, days, bits, rows, scales = (_map(path, file) for _ in range(5))
    return Segment(keys, days, Packed(bits, rows, scales))


def _map(path: Path, file: BinaryIO) -> NDArray[Any]:
    """The array that begins here, mapped; the file moves on behind it."""
    version = np.lib.format.read_magic(file)
    header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _fortran, dtype = header(file)
    start, size = file.tell(), int(np.prod(shape)) * dtype.itemsize
    file.seek(start + size)
    if not size:
        return np.zeros(shape, dtype)
    return np.memmap(path, dtype, "r", start, shape)


class _replacing:
    """Write a file that is there whole, under its name, or not at all."""

    def __init__(self, path: Path) -> None:
        self._path, self._draft = path, path.with_name(f".{path.name}.{uuid.uuid4().hex}")

    def __enter__(self) -> BinaryIO:
        self._file = self._draft.open("wb")
        return self._file

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        if error is None:
            self._file.flush()
            os.fsync(self._file.fileno())
        self._file.close()
        if error is None:
            self._draft.chmod(0o600)
            self._draft.replace(self._path)
        else:
            self._draft.unlink(missing_ok=True)
