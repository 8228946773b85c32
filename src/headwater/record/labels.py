"""Labels: merged by key, never a model over a person, all of them replaced in one commit."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlglot import exp
from sqlglot.expressions import Condition

from headwater.record.days import encode
from headwater.record.engine import Files, whole
from headwater.record.lake import DataFile
from headwater.record.schema import LABELS, Shape
from headwater.record.scratch import Scratch
from headwater.record.store import Store, by_file

PERSON = "person"
READ = (
    "signal_key",
    "local_date",
    "revision",
    "source",
    "kind",
    "channel",
    "language",
    "metric",
    "score",
    "score_band",
    "text",
    "event",
    "subject_id",
    "stage",
    "sentiment",
)
"""What a labeller gets to see of a signal."""


def put_labels(store: Store, labels: pa.Table) -> int:
    """Write labels over older ones of the same signals, in one commit. Under the lock.

    Labels of signals that are not in the record (erased meanwhile) are left out, and so are a model's where a person
    has spoken. Of two for one signal the later row counts. Returns how many were written.
    """
    rows = _of_known_signals(store, _last_of_each(_shaped(labels, LABELS)))
    located = store.locate("labels", rows, ("author", "local_date"))
    spoken = located.filter(pc.equal(located["author"], PERSON))["signal_key"].combine_chunks()
    by_model = pc.not_equal(pc.fill_null(rows["author"], ""), PERSON)
    rows = rows.filter(pc.invert(pc.and_(by_model, pc.is_in(rows["signal_key"], value_set=spoken))))
    if not len(rows):
        return 0
    outdated = located.filter(pc.is_in(located["signal_key"], value_set=rows["signal_key"].combine_chunks()))
    kept, removed = store.without("labels", by_file(outdated))
    table = store.tables["labels"]
    days = set(rows["local_date"].drop_null().cast(pa.int32()).to_pylist())
    table.commit([*kept, *table.write(rows)], removed, note={"days": encode(days)})
    return len(rows)


class Unlabelled:
    """Finds what has no label yet. Remembers which files are done: they never change, so only new ones are read."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._done: dict[tuple[str, int], set[Path]] = {}

    def find(self, model: str, taxonomy_version: int, limit: int) -> pa.Table:
        """Signals with words, or events, that have no label of this model and taxonomy for their present revision.

        At most ``limit``, and none only when there are none: some files are read at a time, so that finding all of
        them, batch after batch, does not read everything again for each.
        """
        snapshot = self._store.tables["signals"].snapshot()
        done = self._done.setdefault((model, taxonomy_version), set())
        done.intersection_update(file.path for file in snapshot.files)
        query = _unlabelled(model, taxonomy_version, limit)
        labels = whole(self._store.tables["labels"].snapshot())
        waiting = [file for file in snapshot.files if file.path not in done]
        for files in [*_groups(waiting, limit), ()]:
            rows = self._store.run(query, {"signals": Files(snapshot, files), "labels": labels})
            if len(rows) or limit <= 0:
                break
            done.update(file.path for file in files)
        return rows


def _groups(files: Iterable[DataFile], rows: int) -> Iterator[tuple[DataFile, ...]]:
    """Files in groups of at least so many rows; the last may have fewer."""
    group: list[DataFile] = []
    for file in files:
        group.append(file)
        if sum(one.rows for one in group) >= rows:
            yield tuple(group)
            group = []
    if group:
        yield tuple(group)


def _unlabelled(model: str, taxonomy_version: int, limit: int) -> exp.Select:
    stale = exp.or_(
        exp.func("coalesce", exp.column("model", "l"), exp.Literal.string("")).neq(exp.Literal.string(model)),
        exp.func("coalesce", exp.column("taxonomy_version", "l"), exp.Literal.number(-1)).neq(
            exp.Literal.number(taxonomy_version)
        ),
        exp.column("revision", "l") < exp.column("revision", "s"),
    )
    missing = exp.column("signal_key", "l").is_(exp.null())
    again = exp.and_(exp.not_(_is_person("author", "l")), exp.paren(stale))
    return (
        exp.select(*(exp.column(name, "s") for name in READ))
        .from_("signals as s")
        .join("labels as l", on=exp.column("signal_key", "s").eq(exp.column("signal_key", "l")), join_type="left")
        .where(labellable("s"), exp.or_(missing, again))
        .limit(limit)
    )


def each_labellable(store: Store) -> Iterator[pa.Table]:
    """All signals with words, or events, a file's rows at a time (at most ``SIGNALS.file_rows``)."""
    snapshot = store.tables["signals"].snapshot()
    query = exp.select(*READ).from_("signals").where(labellable("signals"))
    for file in snapshot.files:
        rows = store.run(query, {"signals": Files(snapshot, (file,))})
        if len(rows):
            yield rows


def labellable(table: str) -> Condition:
    text, event = exp.column("text", table), exp.column("event", table)
    return exp.or_(text.neq(exp.Literal.string("")), exp.not_(event.is_(exp.null())))


class Relabelling:
    """All labels anew, built aside; nothing of it is seen before :meth:`swap`, all of it after."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._scratch = Scratch(store.root / "aside")
        self._parts: list[DataFile] = []

    def add(self, labels: pa.Table) -> None:
        """Add labels, in as many calls as is convenient. Of two for one signal the later counts."""
        path = self._scratch.path / f"{len(self._parts):09}.parquet"
        part = _shaped(labels, LABELS).append_column("part", pa.repeat(len(self._parts), len(labels)))
        pq.write_table(part.append_column("place", pa.array(range(len(part)), pa.int64())), path, compression="zstd")
        self._parts.append(DataFile(path, path.stat().st_size, len(part), None, None))

    def swap(self) -> int:
        """Put the new labels in place of the old in one commit; returns their number. Under the lock.

        Kept are what people said and the labels of signals for which nothing was added: those that arrived meanwhile.
        """
        if not self._parts:
            return 0
        table = self._store.tables["labels"]
        before = table.snapshot()
        sources = {
            "aside": Files(before, tuple(self._parts)),
            "labels": whole(before),
            "signals": whole(self._store.tables["signals"].snapshot()),
        }
        added: list[DataFile] = []
        for rows in in_files(self._store.engine.stream(_swapped(), sources), LABELS.file_rows):
            added += table.write(rows)
        table.commit(added, before.files, note={"days": "all"})
        return sum(file.rows for file in added)

    def discard(self) -> None:
        self._scratch.remove()


def in_files(batches: Iterable[pa.RecordBatch], size: int) -> Iterator[pa.Table]:
    """Batches, gathered to tables of a file's size."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        while sum(len(one) for one in waiting) >= size:
            table = pa.Table.from_batches(waiting)
            yield table.slice(0, size)
            waiting = table.slice(size).to_batches()
    if waiting:
        yield pa.Table.from_batches(waiting)


def _swapped() -> exp.Select:
    """The labels after the swap, by day: the last added of each signal, and the present ones that it leaves alone."""
    names = [name for name in LABELS.names if name not in ("signal_key", "local_date", "revision")]
    order = exp.Order(expressions=[exp.column("part").desc(), exp.column("place").desc()])
    rank = exp.Window(this=exp.func("row_number"), partition_by=[exp.column("signal_key")], order=order)
    ranked = exp.select("*", rank.as_("rank")).from_("aside").subquery("a")
    spoken = exp.select("signal_key").from_("labels").where(_is_person("author", "labels"))
    over_person = exp.and_(exp.not_(_is_person("author", "a")), exp.column("signal_key", "a").isin(query=spoken))
    revision = exp.func("coalesce", exp.column("revision", "a"), exp.column("revision", "s")).as_("revision")
    fresh = (
        exp.select(exp.column("signal_key", "a"), exp.column("local_date", "s"), revision)
        .select(*(exp.column(name, "a") for name in names))
        .from_(ranked)
        .join("signals as s", on=exp.column("signal_key", "s").eq(exp.column("signal_key", "a")))
        .where(exp.column("rank", "a").eq(exp.Literal.number(1)), exp.not_(exp.paren(over_person)))
    )
    replacing = (
        exp.select(exp.Literal.number(1))
        .from_("aside as a")
        .where(
            exp.column("signal_key", "a").eq(exp.column("signal_key", "l")),
            exp.or_(exp.not_(_is_person("author", "l")), _is_person("author", "a")),
        )
    )
    kept = (
        exp.select(*(exp.column(name, "l") for name in ("signal_key", "local_date", "revision", *names)))
        .from_("labels as l")
        .where(exp.not_(exp.Exists(this=replacing)))
    )
    both = exp.union(fresh, kept, distinct=False).subquery("swapped")
    return exp.select("*").from_(both).order_by("local_date", "signal_key")


def _is_person(column: str, table: str) -> Condition:
    author = exp.func("coalesce", exp.column(column, table), exp.Literal.string(""))
    return author.eq(exp.Literal.string(PERSON))


def _shaped(rows: pa.Table, shape: Shape) -> pa.Table:
    """Rows with the shape's columns in its order; missing ones are empty.

    Raises:
        ValueError: a column's type does not fit, or ``signal_key`` is missing.
    """
    if "signal_key" not in rows.schema.names:
        raise ValueError("Labels need the column signal_key.")
    present = set(rows.schema.names)
    columns = [
        rows[field.name].cast(field.type) if field.name in present else pa.nulls(len(rows), field.type)
        for field in shape.schema
    ]
    return pa.table(columns, schema=shape.schema)


def _last_of_each(rows: pa.Table) -> pa.Table:
    place = {key: index for index, key in enumerate(rows["signal_key"].to_pylist())}
    return rows.take(pa.array(sorted(place.values()), type=pa.int64()))


def _of_known_signals(store: Store, rows: pa.Table) -> pa.Table:
    """Labels with their signal's day, and its revision where none is given; others are left out."""
    known = store.locate("signals", rows, ("local_date", "revision")).drop_columns(["filename"])
    known = known.rename_columns(["signal_key", "signal_date", "signal_revision"])
    place = rows.append_column("place", pa.array(range(len(rows)), pa.int64())).select(["signal_key", "place"])
    joined = place.join(known, "signal_key", join_type="inner").sort_by("place")
    found = rows.take(joined["place"])
    revision = pc.coalesce(found["revision"], joined["signal_revision"])
    found = found.set_column(found.schema.get_field_index("revision"), "revision", revision)
    return found.set_column(found.schema.get_field_index("local_date"), "local_date", joined["signal_date"])
