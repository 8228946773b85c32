"""The customer record: what the rooms above hold in their hands."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Self, TypeVar, cast

import pyarrow as pa

from headwater.record import customers, employees, expiry, maintenance, rollups, signals, words
from headwater.record import labels as labelling
from headwater.record.answers import AnswerCache
from headwater.record.arrivals import Plan
from headwater.record.engine import DIALECT, Engine, Source, between, whole
from headwater.record.lake import LakeTable, Snapshot
from headwater.record.locks import FileLock, WritersLock
from headwater.record.matching import Undecided
from headwater.record.questions.arriving import Arriving
from headwater.record.questions.patterns import MarkRow, Pattern, PatternMarks
from headwater.record.questions.question import Known, Question, tables
from headwater.record.questions.signals import customer_ids as one_customers_ids
from headwater.record.schema import SHAPES
from headwater.record.store import Store, Versions

Answer = TypeVar("Answer")
KEPT_ANSWERS = 512


class Record:
    """The record under a folder. Tables are created, and older ones migrated, when it is opened.

    One object serves all threads of a process; after a fork, open another. Readers need no lock and see whole commits
    only; writers hold ``writing()``, which every writing method takes by itself.
    """

    def __init__(self, root: Path, *, lock: WritersLock | None = None, threads: int = 2, memory: str = "4GB") -> None:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.root = root.resolve()
        self._store = Store(
            root=self.root,
            engine=Engine(self.root / "spill", threads=threads, memory=memory),
            lock=lock if lock is not None else FileLock.of(self.root / "writers.lock"),
            tables={shape.name: LakeTable(self.root / shape.name, shape) for shape in SHAPES},
        )
        self._rollups = rollups.Rollups(self._store)
        self._answers = AnswerCache(KEPT_ANSWERS)
        self._about = AnswerCache(KEPT_ANSWERS)
        self._merges: tuple[int, Mapping[str, str]] = (-1, {})
        self._unlabelled = labelling.Unlabelled(self._store)
        if not all(table.is_current() for table in self._store.tables.values()):
            with self._store.lock:
                for table in self._store.tables.values():
                    table.open()
        maintenance.sweep_scratch(self.root)

    def close(self) -> None:
        """Free the engine's memory. Questions asked afterwards fail."""
        self._store.engine.close()

    def versions(self) -> Versions:
        """The versions that answers depend on; cheap."""
        return self._store.versions()

    @contextmanager
    def writing(self) -> Iterator[Self]:
        """Be the only writer, across threads and processes. Re-entrant."""
        with self._store.lock:
            yield self

    def ask(self, question: Question[Answer]) -> Answer:
        """Answer a question, from the answers kept where the record has not changed since.

        Raises:
            UnknownDimension: the question groups by something that signals do not have.
        """
        key = (self.versions(), self._store.tables["employee_signals"].version(), question)
        kept = self._answers.get(key)
        if kept is not None:
            return cast("Answer", kept[0])
        answer = self._store.retried(lambda: self._ask(question))
        self._answers.put(key, answer)
        return answer

    def ask_once(self, question: Question[Answer]) -> Answer:
        """Answer a question whose answer is too large to be kept."""
        return self._store.retried(lambda: self._ask(question))

    def ask_about(self, arriving: pa.Table, question: Question[Answer]) -> Answer:
        """Answer a question about signals that are not in the record yet, such as a batch on its way into it.

        Raises:
            ValueError: the question reads another table than the signals.
        """
        snapshot = self._store.tables["signals"].snapshot()
        version = self._store.tables["customers"].version()
        key = (question, snapshot.columns, version)
        kept = self._about.get(key)
        if kept is None:  # composing it takes longer than its answer about a few signals
            query = question.query(Known(frozenset(snapshot.columns), merged=self._merged(version)))
            kept = ((query.sql(dialect=DIALECT), tables(query)),)
            self._about.put(key, kept[0])
        text, read = kept[0]
        if others := set(read) - {"signals", "customers"}:
            raise ValueError(f"Only signals and customers can be asked about on their way, not {sorted(others)}.")
        sources: dict[str, Source] = {"signals": signals.promote_attributes(arriving, snapshot.columns)}
        if "customers" in read:
            sources["customers"] = whole(self._store.tables["customers"].snapshot())
        return question.answer(self._store.engine.run(text, sources))

    def marks(self, arriving: pa.Table) -> Callable[[Pattern], tuple[MarkRow, ...]]:
        """What patterns look at among signals that are not in the record yet: the answers of ``PatternMarks(pattern,
        revised=True)``, for any number of patterns, read from the columns; the engine is asked only where they cannot
        tell.

        Args:
            arriving: signals with every column of the record.
        """
        read = Arriving(arriving, self._merged(self._store.tables["customers"].version()))

        def marks(pattern: Pattern) -> tuple[MarkRow, ...]:
            try:
                return read.marks(pattern)
            except Undecided:
                return self.ask_about(arriving, PatternMarks(pattern, revised=True))

        return marks

    def _ask(self, question: Question[Answer]) -> Answer:
        snapshots = self._store.snapshots(self._store.tables)
        last_day = max((file.last for file in snapshots["signals"].files if file.last), default=None)
        for shorter in question.over_fewer_days(last_day) if last_day else ():
            answer = self._answer(shorter, snapshots)
            if shorter.stands(answer):
                return answer
        return self._answer(question, snapshots)

    def _answer(self, question: Question[Answer], snapshots: Mapping[str, Snapshot]) -> Answer:
        query = question.query(
            rollups.known(self._store.tables, snapshots, self._merged(snapshots["customers"].version))
        )
        sources = {name: whole(snapshots[name]) for name in tables(query)}
        if "labels" in sources:  # a label lies on its signal's day
            sources["labels"] = between(snapshots["labels"], "local_date", *question.days())
        return question.answer(self._store.run(query, sources))

    def _merged(self, version: int) -> Mapping[str, str]:
        if self._merges[0] != version:
            self._merges = (version, customers.merged(self._store))
        return self._merges[1]

    # --- signals

    def transaction(self, application: str) -> int:
        """The application's last committed transaction, −1 before the first; durable when this returns."""
        return self._store.tables["signals"].transaction(application)

    def plan_signals(self, batch: pa.Table) -> Plan:
        """Decide what each row of a batch is: new, a repeat (same key and content) or a revision (new content).

        Rows are compared in their order with the record and with earlier rows of the batch. Hold ``writing()`` from
        the plan to its commit.

        Args:
            batch: rows of the ``signals`` table and an int64 column ``origin`` by which outcomes are counted.
                ``signal_key``, ``content_hash`` and ``customer_bucket`` are computed where the column is missing.

        Raises:
            ValueError: a column has the wrong type, or a key cannot be computed.
        """
        with self._store.lock:
            return signals.plan_signals(self._store, batch)

    def commit_signals(self, plan: Plan, *, transaction: tuple[str, int] | None = None) -> int:
        """Write a plan, and the application's transaction, in one atomic commit; durable when this returns.

        Returns:
            The version of the signals.

        Raises:
            StalePlan: signals were committed since the plan was made.
            ReplayedTransaction: the transaction is not later than the last one.
        """
        with self._store.lock:
            version = signals.commit_signals(self._store, plan, transaction)
            self._rollups.follow()
            return version

    def refresh_rollups(self) -> None:
        """Bring the rollups up to date. Cheap when they are.

        Writers do it themselves as long as it costs them little. Call it when nothing more is waiting to be written:
        after a burst of commits they may be behind, and answers come from the rows, which is slower.
        """
        with self._store.lock:
            self._rollups.refresh()

    def follow_rollups(self) -> None:
        """Bring the rollups up to date if they are behind and were not refreshed lately; else hold nobody up."""
        if self._rollups.are_due():
            with self._store.lock:
                self._rollups.follow()

    # --- labels

    def put_labels(self, labels: pa.Table) -> int:
        """Merge labels by ``signal_key`` in one atomic commit, and return how many were written.

        A model's label never replaces a person's; labels of signals that are not in the record are left out.
        ``local_date`` is the signal's, and ``revision`` too where it is not given.

        Raises:
            ValueError: ``signal_key`` is missing, or a column has the wrong type.
        """
        with self._store.lock:
            written = labelling.put_labels(self._store, labels)
            self._rollups.follow()
            return written

    def unlabelled(self, model: str, taxonomy_version: int, limit: int) -> pa.Table:
        """Signals with words, or events, that this model has not labelled with this taxonomy in their present revision.

        What a person labelled is left alone. Every row returned needs a label row, if only an empty one, or it comes
        again. Columns: ``labels.READ``.
        """
        return self._store.retried(lambda: self._unlabelled.find(model, taxonomy_version, limit))

    def each_labellable(self) -> Iterator[pa.Table]:
        """All signals with words, or events, some 250,000 rows at a time, as they are when the first is asked for."""
        return labelling.each_labellable(self._store)

    def word_files(self) -> frozenset[str]:
        """The names of the files that hold the signals now: what is derived from one stands for as long as it does."""
        return words.word_files(self._store)

    def words_in(self, name: str) -> pa.Table | None:
        """Signals with words of one file: ``signal_key``, ``local_date``, ``text``; None where it was replaced."""
        return self._store.retried(lambda: words.words_in(self._store, name))

    @contextmanager
    def relabelling(self) -> Iterator[labelling.Relabelling]:
        """Build all labels anew, aside; they take the place of the old in one commit at the end.

        An error inside, or a kill, leaves everything as it was. What people said is kept, and so are labels of signals
        for which nothing was added, such as those that arrive meanwhile: writers are held up by the swap alone.
        """
        aside = labelling.Relabelling(self._store)
        try:
            yield aside
            with self._store.lock:
                aside.swap()
                self._rollups.refresh()
        finally:
            aside.discard()

    # --- customers

    def put_customers(self, rows: pa.Table) -> int:
        """Write customers over older rows of the same id in one commit, and return how many.

        Raises:
            ValueError: ``customer_id`` is missing, or a column has the wrong type.
        """
        with self._store.lock:
            return customers.put_customers(self._store, rows)

    def put_employee_signals(self, rows: pa.Table) -> int:
        """Write colleagues' signals into their guarded table in one commit; returns how many are new or changed.

        They are read through ``questions.TeamFigures`` and ``questions.TeamWords`` alone.

        Raises:
            ValueError: ``source``, ``record_id`` or ``local_date`` is missing, or a column has the wrong type.
        """
        with self._store.lock:
            return employees.put_employee_signals(self._store, rows)

    def forget_employee_signals(self, *, before: date | None = None, words_before: date | None = None) -> int:
        """Delete colleagues' signals of months before a day, and words alone of months before another."""
        with self._store.lock:
            return employees.forget_employee_signals(self._store, before=before, words_before=words_before)

    def erase_employee_signals(self, ids: Sequence[str]) -> tuple[str, ...]:
        """Delete colleagues' signals by their record ids, from the disk at once; returns the words that are gone."""
        with self._store.lock:
            words = employees.words_of(self._store, ids)
            employees.forget_employee_signals(self._store, ids=ids)
            return words

    def merge_customers(self, customer_id: str, *, into: str) -> None:
        """Let two customers be one: they count once and share a timeline. Signals keep the id they came with.

        Raises:
            ValueError: they are one already.
        """
        with self._store.lock:
            customers.merge_customers(self._store, customer_id, into)

    def unmerge_customer(self, customer_id: str) -> None:
        """Let a merged customer be itself again.

        Raises:
            UnknownCustomer: it is not merged.
        """
        with self._store.lock:
            customers.unmerge_customer(self._store, customer_id)

    def erase_customer(self, customer_id: str) -> customers.ErasureReport:
        """Delete a customer, under all merged ids, from every table and from the disk, at once.

        Killed half-way, nothing is half visible within a table, and the same call finishes the work.
        """
        with self._store.lock:
            report = customers.erase_customer(self._store, customer_id)
            self._rollups.refresh()
            # Sums of an attribute only this customer had would still name it in replaced files.
            for table in self._store.tables.values():
                table.vacuum(0)
            return report

    def replaced_files(self) -> list[Path]:
        """Data files on the disk that no table names any more; readers may still have them in their list."""
        return [path for table in self._store.tables.values() for path in table.strays()]

    def everything_of_customer(self, customer_id: str) -> dict[str, pa.Table]:
        """All rows of one customer, under all merged ids, of ``signals``, ``labels`` and ``customers``."""
        return self._store.retried(lambda: customers.everything_of(self._store, customer_id))

    def ids_of_customer(self, customer_id: str) -> tuple[str, ...]:
        """The id with all that are one customer with it."""
        return one_customers_ids(customer_id, self._store.retried(lambda: customers.merged(self._store)))

    def customers_named(self) -> Iterator[pa.Table]:
        """Every customer's id that any table names, some at a time, in the column ``customer_id``."""
        return customers.named(self._store)

    def count_expired(self, over: expiry.Expiry) -> int:
        """How many signals are over their time."""
        return expiry.count_expired(self._store, over)

    def expire(
        self,
        over: expiry.Expiry,
        progress: Callable[[int, int], None] = lambda done, total: None,
        letting_go: Callable[[Sequence[int]], None] = lambda signal_keys: None,
    ) -> int:
        """Take out signals that are over their time, or their words, and return how many; file by file, each in a
        commit of its own. ``progress`` may raise to stop; the rest is done the next time. ``letting_go`` hears which
        they are before each commit, and forgets what is kept beside the record of them; killed, it hears them again."""
        try:
            return sum(one.signals for one in expiry.expire(self._store, over, progress, letting_go))
        finally:
            self.refresh_rollups()

    # --- good order

    def promote(self, attribute: str) -> None:
        """Give an attribute a column of its own, so that grouping by it costs a tenth. Rewrites all signals once."""
        with self._store.lock:
            maintenance.promote(self._store, self._rollups, attribute)

    def compact(self, *, retention: float = maintenance.RETENTION) -> maintenance.Compacted:
        """Merge small files and delete files that were replaced more than ``retention`` seconds ago."""
        with self._store.lock:
            return maintenance.compact(self._store, self._rollups, retention=retention)

    def is_scattered(self) -> bool:
        """Whether so many small files have gathered that compacting is due."""
        return maintenance.is_scattered(self._store)

    def check(self) -> list[maintenance.Finding]:
        """Verify files, keys, labels and rollups; no finding that ``is_wrong`` is good news. Reads everything."""
        with self._store.lock:
            return list(maintenance.check(self._store, self._rollups))
