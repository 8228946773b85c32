"""Signals that are over their time: counted first, then taken out file by file, or their words alone."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from headwater.record.days import encode
from headwater.record.engine import Files
from headwater.record.lake import DataFile, Snapshot
from headwater.record.store import Store, by_file


@dataclass(frozen=True, slots=True)
class Group:
    """Signals of a source and of a kind; None means any."""

    source: str | None = None
    kind: str | None = None

    def condition(self) -> exp.Condition:
        tests = [
            exp.column(name).eq(exp.Literal.string(value))
            for name, value in (("source", self.source), ("kind", self.kind))
            if value is not None
        ]
        return exp.and_(*tests) if tests else exp.true()


@dataclass(frozen=True, slots=True)
class Expiry:
    """What is over: signals of a group of days before ``before``, but for the groups that have terms of their own.

    ``words``: their words alone go, and what was counted of them stays.
    """

    group: Group
    before: date
    words: bool = False
    but: tuple[Group, ...] = ()

    def condition(self) -> exp.Condition:
        tests = [
            self.group.condition(),
            exp.column("local_date") < exp.cast(exp.Literal.string(self.before.isoformat()), "date"),
        ]
        tests += [exp.not_(_surely(group.condition())) for group in self.but]
        if self.words:
            tests.append(exp.not_(exp.column("text").is_(exp.null())))
        return exp.and_(*tests)


def _surely(condition: exp.Condition) -> exp.Expr:
    """False instead of unknown, where a signal has no kind."""
    return exp.func("coalesce", condition, exp.false())


@dataclass(frozen=True, slots=True)
class Expired:
    """How many signals were taken out (or lost their words), and how many files were rewritten for it."""

    signals: int
    files: int


def count_expired(store: Store, expiry: Expiry) -> int:
    """How many signals are over their time."""
    table = store.tables["signals"]

    def count() -> int:
        snapshot = table.snapshot()
        files = _of_those_days(snapshot, expiry)
        if not files:
            return 0
        query = exp.select(exp.Count(this=exp.Star()).as_("n")).from_("stored").where(expiry.condition())
        counted: int = store.run(query, {"stored": Files(snapshot, files)})["n"][0].as_py()
        return counted

    return store.retried(count)


def expire(
    store: Store,
    expiry: Expiry,
    progress: Callable[[int, int], None],
    letting_go: Callable[[Sequence[int]], None],
) -> Iterator[Expired]:
    """Take out what is over, one file and one commit at a time; the lock is free in between. Killed half-way, the
    rest is done the next time.

    A file of nothing else goes as a whole; of any other, what stays is written anew. Old versions of the files stay for
    readers until the next compaction deletes them. ``progress`` hears the files done and how many there are,
    ``letting_go`` before each commit the keys of the signals that it takes out.
    """
    names = [file.path.name for file in _of_those_days(store.tables["signals"].snapshot(), expiry)]
    for done, name in enumerate(names):
        progress(done, len(names))
        with store.lock:
            snapshot = store.tables["signals"].snapshot()
            file = next((one for one in snapshot.files if one.path.name == name), None)
            if file is not None:
                yield _expire_file(store, snapshot, file, expiry, letting_go)
    progress(len(names), len(names))


def _of_those_days(snapshot: Snapshot, expiry: Expiry) -> tuple[DataFile, ...]:
    return tuple(file for file in snapshot.files if file.first is None or file.first < expiry.before)


def _expire_file(
    store: Store, snapshot: Snapshot, file: DataFile, expiry: Expiry, letting_go: Callable[[Sequence[int]], None]
) -> Expired:
    stored = {"stored": Files(snapshot, (file,))}
    gone = store.run(exp.select("signal_key", "local_date").from_("stored").where(expiry.condition()), stored)
    if not len(gone):
        return Expired(0, 0)
    letting_go(gone["signal_key"].to_pylist())
    days = encode(pc.unique(gone["local_date"].drop_null().cast(pa.int32())).to_pylist())
    signals = store.tables["signals"]
    if expiry.words:
        rows = store.run(exp.select("*").from_("stored"), stored)
        mute = pc.is_in(rows["signal_key"], value_set=gone["signal_key"].combine_chunks())
        place = rows.schema.get_field_index("text")
        words = pc.if_else(mute, pa.scalar(None, pa.string()), rows["text"])
        added = signals.write(rows.set_column(place, "text", words))
        signals.commit(added, (file,), note={"days": days})
        return Expired(len(gone), 1)
    # Labels first: a signal without its label is labelled again, a label without its signal would be astray.
    located = store.locate("labels", gone)
    if len(located):
        kept, removed = store.without("labels", by_file(located))
        store.tables["labels"].commit(kept, removed, note={"days": days})
    rest = store.run(exp.select("*").from_("stored").where(exp.not_(_surely(expiry.condition()))), stored)
    signals.commit(signals.write(rest), (file,), note={"days": days})
    return Expired(len(gone), 1)
