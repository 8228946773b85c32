"""The tables, the engine and the lock of one record, held together for the modules that work on them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
from sqlglot import exp

from headwater.record.engine import Engine, Files, FilesGone, Source, whole
from headwater.record.lake import DataFile, LakeTable, Snapshot
from headwater.record.locks import WritersLock

Answer = TypeVar("Answer")
ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions of the tables that answers depend on."""

    signals: int
    customers: int
    labels: int


@dataclass(frozen=True, slots=True)
class Store:
    root: Path
    engine: Engine
    lock: WritersLock
    tables: Mapping[str, LakeTable]

    def versions(self) -> Versions:
        return Versions(*(self.tables[name].version() for name in ("signals", "customers", "labels")))

    def snapshots(self, names: Iterable[str]) -> dict[str, Snapshot]:
        return {name: self.tables[name].snapshot() for name in names}

    def run(self, query: exp.Expr | str, sources: Mapping[str, Source]) -> pa.Table:
        return self.engine.run(query, sources)

    def ask_tables(self, query: exp.Expr, *names: str) -> pa.Table:
        """Run over the latest versions of whole tables."""
        return self.retried(lambda: self.run(query, {name: whole(self.tables[name].snapshot()) for name in names}))

    def retried(self, ask: Callable[[], Answer]) -> Answer:
        """Ask again with a fresh list of files where one was deleted in between."""
        for _ in range(ATTEMPTS - 1):
            try:
                return ask()
            except FilesGone:
                for table in self.tables.values():
                    table.forget()
        return ask()

    # --- replacing rows by key; under the lock

    def locate(self, name: str, keys: pa.Table, columns: Sequence[str] = ()) -> pa.Table:
        """Where keys are: ``signal_key``, ``filename`` and the columns asked for. ``keys`` has ``signal_key``."""
        wanted = exp.select("signal_key").from_("wanted")
        query = (
            exp.select("signal_key", "filename", *columns)
            .from_("stored")
            .where(exp.column("signal_key").isin(query=wanted))
        )
        stored = whole(self.tables[name].snapshot(), named=True)
        return self.run(query, {"stored": stored, "wanted": keys.select(["signal_key"])})

    def without(self, name: str, gone: Mapping[Path, Sequence[int]]) -> tuple[list[DataFile], list[DataFile]]:
        """New files in place of those that hold the keys: what to add, what to remove."""
        table = self.tables[name]
        snapshot = table.snapshot()
        replaced = [file for file in snapshot.files if file.path in gone]
        added: list[DataFile] = []
        for file in replaced:
            keys = pa.table({"signal_key": pa.array(gone[file.path], type=pa.int64())})
            condition = exp.column("signal_key").isin(query=exp.select("signal_key").from_("gone"))
            query = exp.select("*").from_("stored").where(exp.not_(condition))
            added += table.write(self.run(query, {"stored": Files(snapshot, (file,)), "gone": keys}))
        return added, replaced


def by_file(located: pa.Table) -> dict[Path, tuple[int, ...]]:
    """Keys of each file, from what ``locate`` found."""
    places: dict[Path, list[int]] = {}
    for key, filename in zip(located["signal_key"].to_pylist(), located["filename"].to_pylist(), strict=True):
        places.setdefault(Path(filename), []).append(key)
    return {path: tuple(keys) for path, keys in places.items()}
