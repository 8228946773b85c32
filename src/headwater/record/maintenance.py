"""What keeps the record in good order: fewer and fuller files, promoted attributes, a check of everything."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from headwater.record.engine import Files, whole
from headwater.record.labels import in_files
from headwater.record.lake import DataFile, LakeTable
from headwater.record.rollups import SUM_NAMES, Rollups
from headwater.record.schema import (
    LABELS,
    PROMOTED,
    ROLLUPS,
    SHAPES,
    SIGNALS,
    SUMS,
    TEXT,
    Column,
    Shape,
    promoted_column,
)
from headwater.record.scratch import abandoned, sweep
from headwater.record.signals import promote_attributes
from headwater.record.store import Store

RETENTION = 3600.0
"""Seconds that a replaced file stays, for readers that still have it in their list."""
SCATTERED = 200
"""More small files than this slow every question down that reads rows; a flush every half second leaves them in two
minutes."""
SCRATCH = ("aside", "spill")
"""Folders of work in progress: relabelling, and the engine's sorting of what is larger than memory."""
ROLLED_VALUES = 50
"""An attribute with more values than this gets a column, and no place in the rollups."""


@dataclass(frozen=True, slots=True)
class Compacted:
    """Files before and after, and old files deleted from the disk."""

    before: int
    after: int
    deleted: int


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to know. ``code`` is for programs; ``message`` says what to do. Not wrong is what compacting or the
    next opening of the record sets right by itself."""

    code: str
    table: str
    message: str
    is_wrong: bool = True


def compact(store: Store, rollups: Rollups, *, retention: float = RETENTION) -> Compacted:
    """Merge small files and files whose days overlap, and delete what nobody reads any more. Under the lock."""
    before = sum(len(table.snapshot().files) for table in store.tables.values())
    for table in store.tables.values():
        chosen = _untidy(table.shape, table.snapshot().files)
        if chosen:
            _rewrite(store, table, chosen)
    rollups.refresh()
    deleted = sum(len(table.vacuum(retention)) for table in store.tables.values())
    sweep_scratch(store.root)
    return Compacted(before, sum(len(table.snapshot().files) for table in store.tables.values()), deleted)


def is_scattered(store: Store) -> bool:
    """Whether compacting some table would do away with many small files. Needs no lock."""
    return any(_small_ones(table.shape, table.snapshot().files) > SCATTERED for table in store.tables.values())


def _small_ones(shape: Shape, files: tuple[DataFile, ...]) -> int:
    if len(files) <= SCATTERED:
        return 0
    return sum(file.rows < shape.file_rows // 2 for file in _untidy(shape, files))


def sweep_scratch(root: Path) -> None:
    """Delete what killed processes left in the folders for work in progress. Needs no lock."""
    for folder in SCRATCH:
        sweep(root / folder)


def _untidy(shape: Shape, files: tuple[DataFile, ...]) -> tuple[DataFile, ...]:
    """Files worth rewriting: runs of neighbours that would fit in fewer files, and files that overlap in time."""
    ordered = sorted(files, key=lambda file: (file.first is None, file.first, file.last))
    runs: list[list[DataFile]] = []
    for file in ordered:
        run = runs[-1] if runs else None
        if run and (_overlap(run, file) or (run[-1].rows < shape.file_rows // 2 and file.rows < shape.file_rows // 2)):
            run.append(file)
        else:
            runs.append([file])
    chosen: list[DataFile] = []
    for run in runs:
        fewest = -(-sum(file.rows for file in run) // shape.file_rows)
        if len(run) > max(fewest, 1) or (len(run) > 1 and _spread(run)):
            chosen += run
    return tuple(chosen)


def _overlap(run: list[DataFile], file: DataFile) -> bool:
    """Whether the file shares more than its first day with an earlier one."""
    ends = [one.last for one in run if one.last is not None]
    return not ends or file.first is None or file.first < max(ends)


def _spread(run: list[DataFile]) -> bool:
    return any(_overlap(run[:place], file) for place, file in enumerate(run) if place)


def _rewrite(store: Store, table: LakeTable, chosen: tuple[DataFile, ...]) -> None:
    snapshot = table.snapshot()
    query = exp.select("*").from_("stored").order_by(*table.shape.order)
    added: list[DataFile] = []
    for rows in in_files(store.engine.stream(query, {"stored": Files(snapshot, chosen)}), table.shape.file_rows):
        added += table.write(rows)
    table.commit(added, chosen, note={"days": ""})


def promote(store: Store, rollups: Rollups, attribute: str) -> None:
    """Give an attribute a column of its own, filled for all signals, and a place in the rollups. Under the lock."""
    column = Column(promoted_column(attribute), TEXT, f"the attribute {attribute}, promoted")
    signals = store.tables["signals"]
    if column.name in signals.snapshot().columns:
        return
    signals.add_columns([column])
    snapshot = signals.snapshot()
    added: list[DataFile] = []
    values: set[str | None] = set()
    promoted = [name for name in snapshot.columns if name.startswith(PROMOTED)]
    for file in snapshot.files:
        rows = store.run(exp.select("*").from_("stored"), {"stored": Files(snapshot, (file,))})
        rows = promote_attributes(rows.drop_columns(promoted), snapshot.columns)
        values.update(pc.unique(rows[column.name]).to_pylist())
        added += signals.write(rows)
    signals.commit(added, snapshot.files, note={"days": "all"})
    if len(values) <= ROLLED_VALUES:
        for shape in ROLLUPS:
            if shape.columns[0].name == "day":
                store.tables[shape.name].add_columns([column])
    rollups.refresh()


def check(store: Store, rollups: Rollups) -> Iterator[Finding]:
    """Verify the record against itself. Under the lock; reads everything."""
    damaged = [finding for shape in SHAPES for finding in _check_files(store.tables[shape.name])]
    if damaged:  # nothing more can be read
        yield from damaged
        return
    rollups.refresh()
    for shape in (SIGNALS, LABELS):
        yield from _check_keys(store, shape.name)
    yield from _check_labels(store)
    for shape in ROLLUPS:
        yield from _check_rollup(store, rollups, shape)
    for path in (place for folder in SCRATCH for place in abandoned(store.root / folder)):
        message = f"{path.name} was left by a process that died; compacting deletes it."
        yield Finding("abandoned_work", path.parent.name, message, is_wrong=False)


def _check_files(table: LakeTable) -> Iterator[Finding]:
    name = table.shape.name
    for file in table.snapshot().files:
        if not file.path.exists():
            yield Finding(
                "missing_file", name, f"{file.path.name} is in the log and not on the disk. Restore a backup."
            )
        elif file.path.stat().st_size != file.size:
            yield Finding("damaged_file", name, f"{file.path.name} is not {file.size} bytes long. Restore a backup.")


def _check_keys(store: Store, name: str) -> Iterator[Finding]:
    several = exp.Count(this=exp.Star()) > exp.Literal.number(1)
    twice = exp.select("signal_key").from_(name).group_by("signal_key").having(several)
    found = store.ask_tables(exp.select(exp.Count(this=exp.Star()).as_("n")).from_(twice.subquery("t")), name)
    if count := found["n"][0].as_py():
        yield Finding("key_twice", name, f"{count} keys are there more than once. Restore a backup, and report this.")


def _check_labels(store: Store) -> Iterator[Finding]:
    astray = exp.or_(
        exp.column("signal_key", "s").is_(exp.null()),
        exp.column("local_date", "s").neq(exp.column("local_date", "l")),
    )
    query = (
        exp.select(exp.Count(this=exp.Star()).as_("n"))
        .from_("labels as l")
        .join("signals as s", on=exp.column("signal_key", "s").eq(exp.column("signal_key", "l")), join_type="left")
        .where(astray)
    )
    if count := store.ask_tables(query, "labels", "signals")["n"][0].as_py():
        yield Finding("label_astray", "labels", f"{count} labels have no signal on their day. Label everything anew.")


def _check_rollup(store: Store, rollups: Rollups, shape: Shape) -> Iterator[Finding]:
    """Compare the stored sums with sums computed from all rows."""
    expected = rollups.compute(shape, store.snapshots(("signals", "labels")), None)
    stored = _stored(store, shape)
    counts = [column.name for column in SUMS if pa.types.is_integer(column.type)]
    dimensions = [name for name in expected.schema.names if name not in SUM_NAMES]
    order = [(name, "ascending") for name in dimensions]
    one, other = (table.select([*dimensions, *counts]).sort_by(order) for table in (expected, stored))
    if not one.equals(other):
        table = store.tables[shape.name]
        table.commit(table.write(expected), table.snapshot().files)
        yield Finding("rollup_wrong", shape.name, "The sums were not those of the rows. They are computed anew now.")


def _stored(store: Store, shape: Shape) -> pa.Table:
    table = store.tables[shape.name]
    rows = store.run(exp.select("*").from_("stored"), {"stored": whole(table.snapshot())})
    schema = table.arrow_schema()
    return rows.select(schema.names).cast(schema)
