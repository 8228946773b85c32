"""One Delta table: files written by us, durable before they are named, named in one atomic commit.

delta-rs keeps the log; the Parquet files are written here, so that their order, size and statistics are ours and each
change, also one that replaces rows, is a single commit of added and removed files. delta-rs never calls fsync: we do,
files first, then the log entry, then the folders.
"""

import json
import os
import threading
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Schema, Transaction
from deltalake.transaction import AddAction, RemoveAction

from headwater.record.schema import SCHEMA_VERSION, Column, Shape

GROUP_ROWS = 1 << 13
"""Rows that are read together: what is asked of one customer or signal reads the groups that may have it, whole."""
CHECKPOINT_EVERY = 100
VERSION_PROPERTY = "headwater.schemaVersion"
_NO_HOOKS = PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)


class RecordTooNew(RuntimeError):
    """The table was written by a newer Headwater whose shape this one does not know."""


@dataclass(frozen=True, slots=True)
class DataFile:
    """One Parquet file of a table. ``first`` and ``last`` bound the first statistics column; None: unknown."""

    path: Path
    size: int
    rows: int
    first: date | None
    last: date | None

    def touches(self, first: date | None, last: date | None) -> bool:
        """Whether rows from ``first`` to ``last``, both included, may be in the file."""
        if self.first is None or self.last is None:
            return True
        return (last is None or self.first <= last) and (first is None or first <= self.last)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a reader reads: the files of one version, the latest days first, and a file without rows that has every
    column. Who asks for the newest rows finds them at once, and engines skip what is older."""

    version: int
    files: tuple[DataFile, ...]
    shape_file: Path
    columns: tuple[str, ...]
    stands_for: tuple[int | None, int | None] = (None, None)
    """Of a rollup: the versions of signals and labels that it sums up."""

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)


def fsync(path: Path) -> None:
    """Put a file or a folder's entries on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class LakeTable:
    """One table of the record. Writers hold the record's lock; readers need none."""

    def __init__(self, folder: Path, shape: Shape) -> None:
        self.folder = folder
        self.shape = shape
        self._guard = threading.Lock()
        self._handle: DeltaTable | None = None
        self._snapshot: Snapshot | None = None
        self._durable = -1

    # --- opening

    def open(self) -> None:
        """Create the table, or add the columns that an older one lacks. Under the lock."""
        if not DeltaTable.is_deltatable(str(self.folder)):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            DeltaTable.create(
                str(self.folder),
                self.shape.schema,
                configuration={
                    "delta.dataSkippingStatsColumns": ",".join(self.shape.statistics),
                    "delta.logRetentionDuration": "interval 7 days",
                    VERSION_PROPERTY: str(SCHEMA_VERSION),
                },
                raise_if_key_not_exists=False,
            )
            self._make_durable([], 0)
            fsync(self.folder.parent)
        with self._guard:
            self._migrate(self._latest())

    def is_current(self) -> bool:
        """Whether the table exists, and in today's shape."""
        if not DeltaTable.is_deltatable(str(self.folder)):
            return False
        with self._guard:
            handle = self._latest()
            self._refuse_newer(handle)
            return {field.name for field in handle.schema().fields} >= set(self.shape.names)

    def _refuse_newer(self, handle: DeltaTable) -> None:
        written_by = int(handle.metadata().configuration.get(VERSION_PROPERTY) or 0)
        if written_by > SCHEMA_VERSION:
            raise RecordTooNew(
                f"The table {self.shape.name} in {self.folder} has schema version {written_by}; this Headwater reads "
                f"up to {SCHEMA_VERSION}. Install the newer version again, or restore a backup made before it."
            )

    def _migrate(self, handle: DeltaTable) -> None:
        self._refuse_newer(handle)
        present = {field.name for field in handle.schema().fields}
        self._add_columns(handle, [column for column in self.shape.columns if column.name not in present])

    def _add_columns(self, handle: DeltaTable, columns: Sequence[Column]) -> None:
        if not columns:
            return
        added = Schema.from_arrow(pa.schema([column.field() for column in columns])).fields
        handle.alter.add_columns(added, post_commithook_properties=_NO_HOOKS)
        self._make_durable([], handle.version())
        self._snapshot = None

    def add_columns(self, columns: Sequence[Column]) -> None:
        """Add columns, empty in every row that is there. Under the lock."""
        with self._guard:
            handle = self._latest()
            present = {field.name for field in handle.schema().fields}
            self._add_columns(handle, [column for column in columns if column.name not in present])

    # --- reading

    def version(self) -> int:
        """The latest version. Costs one look at the disk when nothing changed."""
        with self._guard:
            version = self._handle.version() if self._handle is not None else -1
            if version < 0 or not self._log(version).exists():
                return self._latest().version()
            while self._log(version + 1).exists():
                version += 1
            return version

    def snapshot(self) -> Snapshot:
        """The latest version with its files."""
        with self._guard:
            handle = self._latest()
            if self._snapshot is None or self._snapshot.version != handle.version():
                self._snapshot = self._read_snapshot(handle)
            return self._snapshot

    def forget(self) -> None:
        """Read everything anew from the disk at the next question."""
        with self._guard:
            self._handle = None
            self._snapshot = None

    def transaction(self, application: str) -> int:
        """The application's last committed transaction, −1 before the first; on the disk when this returns."""
        with self._guard:
            handle = self._latest()
            last = handle.transaction_version(application)
            if self._durable < handle.version():  # another process committed it, and may have died before the fsync
                self._make_durable([], handle.version())
            return -1 if last is None else int(last)

    def commits_since(self, version: int) -> list[dict[str, Any]] | None:
        """What each commit after ``version`` said about itself; None where the log no longer reaches back so far."""
        commits: list[dict[str, Any]] = []
        for one in range(version + 1, self.version() + 1):
            try:
                lines = self._log(one).read_text().splitlines()
            except FileNotFoundError:
                return None
            commits.append(next((entry["commitInfo"] for entry in map(json.loads, lines) if "commitInfo" in entry), {}))
        return commits

    def _latest(self) -> DeltaTable:
        handle = self._handle
        if handle is None or not self._log(handle.version()).exists():
            self._snapshot = None
            self._handle = handle = DeltaTable(str(self.folder))
        elif self._log(handle.version() + 1).exists():
            handle.update_incremental()
        return handle

    def _read_snapshot(self, handle: DeltaTable) -> Snapshot:
        actions = pa.table(handle.get_add_actions(flatten=True))
        bound = self.shape.statistics[0]
        files = tuple(
            DataFile(
                self.folder / action["path"],
                action["size_bytes"],
                action["num_records"],
                _day(action.get(f"min.{bound}")),
                _day(action.get(f"max.{bound}")),
            )
            for action in actions.to_pylist()
        )
        files = tuple(sorted(files, key=lambda file: file.last or date.max, reverse=True))
        schema = pa.schema(handle.schema().to_arrow())
        stands_for = handle.transaction_version("signals"), handle.transaction_version("labels")
        return Snapshot(handle.version(), files, self._shape_file(schema), tuple(schema.names), stands_for)

    def _shape_file(self, schema: pa.Schema) -> Path:
        """A file without rows that carries every column: older files lack the newer ones, and a table may be empty."""
        digest = blake2b(repr([(field.name, str(field.type)) for field in schema]).encode(), digest_size=8).hexdigest()
        path = self.folder / f"_shape-{digest}.parquet"
        if not path.exists():
            draft = path.with_suffix(f".{uuid.uuid4().hex}.tmp")
            pq.write_table(schema.empty_table(), draft)
            fsync(draft)
            draft.rename(path)
        return path

    # --- writing

    def write(self, rows: pa.Table) -> list[DataFile]:
        """Write rows to new files, durable and not yet part of the table. Columns that are missing stay empty."""
        schema = self.arrow_schema()
        columns = [
            rows[field.name].cast(field.type) if field.name in rows.schema.names else pa.nulls(len(rows), field.type)
            for field in schema
        ]
        ordered = pa.table(columns, schema=schema)
        ordered = ordered.sort_by([(name, "ascending") for name in self.shape.order])
        size = self.shape.file_rows
        files = [self._write_file(ordered.slice(start, size)) for start in range(0, len(ordered), size)]
        if files:
            fsync(self.folder)
        return files

    def arrow_schema(self) -> pa.Schema:
        with self._guard:
            return pa.schema(self._latest().schema().to_arrow())

    def _write_file(self, rows: pa.Table) -> DataFile:
        path = self.folder / f"part-{uuid.uuid4().hex}.parquet"
        filters = {name: {"ndv": min(len(rows), GROUP_ROWS), "fpp": 0.02} for name in self.shape.lookups}
        pq.write_table(
            rows,
            path,
            compression="zstd",
            row_group_size=GROUP_ROWS,
            write_statistics=list(self._statistics(rows)),
            bloom_filter_options=filters or None,
        )
        path.chmod(0o600)
        fsync(path)
        bounds = pc.min_max(rows[self.shape.statistics[0]]).as_py()
        return DataFile(path, path.stat().st_size, len(rows), _day(bounds["min"]), _day(bounds["max"]))

    def _statistics(self, rows: pa.Table) -> Iterable[str]:
        """Columns whose bounds help to skip row groups: numbers and times; of a text they would only repeat words."""
        for field in rows.schema:
            if not pa.types.is_nested(field.type) and not pa.types.is_string(field.type):
                yield field.name

    def commit(
        self,
        add: Sequence[DataFile] = (),
        remove: Sequence[DataFile] = (),
        transactions: Mapping[str, int] | None = None,
        note: Mapping[str, Any] | None = None,
    ) -> int:
        """Add and remove files in one atomic, durable commit; returns its version. Under the lock."""
        with self._guard:
            handle = self._latest()
            now = int(time.time() * 1000)
            actions: list[AddAction | RemoveAction] = [self._added(file, now) for file in add]
            actions += [self._removed(file, now) for file in remove]
            handle.create_write_transaction(
                actions,
                "append",
                handle.schema(),
                commit_properties=CommitProperties(
                    custom_metadata=dict(note or {}),
                    app_transactions=[Transaction(name, number) for name, number in (transactions or {}).items()],
                ),
                post_commithook_properties=_NO_HOOKS,
            )
            handle.update_incremental()
            version = handle.version()
            for file in remove:
                os.utime(file.path)  # the retention of a replaced file counts from now
            self._make_durable([], version)
            if version % CHECKPOINT_EVERY == 0:
                self._checkpoint(handle)
            return version

    def _added(self, file: DataFile, now: int) -> AddAction:
        bound = self.shape.statistics[0]
        statistics: dict[str, Any] = {"numRecords": file.rows}
        if file.first is not None and file.last is not None:
            statistics |= {
                "minValues": {bound: file.first.isoformat()},
                "maxValues": {bound: file.last.isoformat()},
            }
        return AddAction(file.path.name, file.size, {}, now, True, json.dumps(statistics))

    def _removed(self, file: DataFile, now: int) -> RemoveAction:
        return RemoveAction(path=file.path.name, data_change=True, deletion_timestamp=now, size=file.size)

    def _log(self, version: int) -> Path:
        return self.folder / "_delta_log" / f"{version:020}.json"

    def _make_durable(self, files: Iterable[Path], version: int) -> None:
        for path in (*files, self._log(version), self._log(version).parent):
            if path.exists():
                fsync(path)
        self._durable = version

    def _checkpoint(self, handle: DeltaTable) -> None:
        handle.create_checkpoint()
        log = self._log(0).parent
        self._make_durable(
            [*log.glob(f"{handle.version():020}.checkpoint*"), log / "_last_checkpoint"], handle.version()
        )
        handle.cleanup_metadata()

    # --- tidying

    def strays(self) -> list[Path]:
        """Data files in the folder that the latest version does not name."""
        named = {file.path.name for file in self.snapshot().files}
        return sorted(path for path in self.folder.glob("*.parquet") if path.name not in named and path.name[0] != "_")

    def vacuum(self, older_than: float) -> list[Path]:
        """Delete files that the latest version does not name and that are older than so many seconds. Under the
        lock, so that nobody is writing a file that is not yet named."""
        horizon = time.time() - older_than
        deleted = []
        for path in self.strays():
            if older_than <= 0 or path.stat().st_mtime < horizon:
                path.unlink()
                deleted.append(path)
        if deleted:
            fsync(self.folder)
        return deleted


def _day(value: object) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else None
