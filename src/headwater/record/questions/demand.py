"""Questions about contacts: which causes stand behind them, each combination counted once, and which came again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sqlglot import exp

from headwater.record.filters import Filter
from headwater.record.questions.custom import customer_of, with_merged
from headwater.record.questions.question import Known, Question
from headwater.record.questions.sums import Sums, as_text
from headwater.record.views import CAUSES_SEPARATOR, Words, each_cause, labelled, within

MOST_SETS = 2_000_000
Places = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class CauseSetRow:
    """``n`` signals that name exactly these causes (none: no cause is known), in one group; ``low`` of them with a
    score in the low range, ``negative`` of them negative."""

    group: Mapping[str, str | None]
    causes: frozenset[str]
    n: int
    low: int
    negative: int


@dataclass(frozen=True, slots=True, eq=False)
class Dimension:
    """One dimension of an answer in columns: its values, and the place of each row's value among them."""

    values: tuple[str | None, ...]
    places: Places


@dataclass(frozen=True, slots=True, eq=False)
class CauseSetCounts:
    """Counts by combination of causes and further dimensions, in columns; no two rows have the same of all.

    ``sets`` are the combinations and ``set_of`` the place of each row's among them; ``n``, ``low`` and ``negative``
    have one entry a row. Iterating gives the same as rows.
    """

    sets: tuple[frozenset[str], ...]
    set_of: Places
    by: Mapping[str, Dimension]
    n: npt.NDArray[np.int64]
    low: npt.NDArray[np.int64]
    negative: npt.NDArray[np.int64]

    def __iter__(self) -> Iterator[CauseSetRow]:
        rows = []
        for place, (n, low, negative) in enumerate(zip(self.n, self.low, self.negative, strict=True)):
            group = {name: one.values[one.places[place]] for name, one in self.by.items()}
            rows.append(CauseSetRow(group, self.sets[self.set_of[place]], int(n), int(low), int(negative)))
        return iter(sorted(rows, key=lambda row: (sorted(row.causes), str(row.group))))


@dataclass(frozen=True, slots=True)
class CauseSets(Question[CauseSetCounts]):
    """Signals by the combination of causes they name: unlike a count by cause, each signal stands in it once.

    Args:
        by: further dimensions, as in ``Sums``, without ``cause``.
        where: only signals that match.
        since, until: first and last local day, both included.
    """

    by: tuple[str, ...] = ()
    where: Filter | None = None
    since: date | None = None
    until: date | None = None

    @property
    def _sums(self) -> Sums:
        return Sums(("causes", *self.by), self.where, self.since, self.until, limit=MOST_SETS)

    def query(self, known: Known) -> exp.Select:
        return self._sums.query(known)

    def answer(self, rows: pa.Table) -> CauseSetCounts:
        rows = in_order(rows, *(f"d{place}" for place in range(len(self.by) + 1)))
        written = dimension(rows["d0"])
        sets: dict[frozenset[str], int] = {}
        places = np.array(
            [
                sets.setdefault(frozenset((text or "").split(CAUSES_SEPARATOR)) - {""}, len(sets))
                for text in written.values
            ],
            dtype=np.intp,
        )
        by = {name: dimension(rows[f"d{place}"]) for place, name in enumerate(self.by, 1)}
        # The same causes in another order are the same combination: their rows become one.
        columns = [places[written.places], *(one.places for one in by.values())]
        sizes = [len(sets), *(len(one.values) for one in by.values())]
        keys, row_of = np.unique(np.ravel_multi_index(columns, sizes) if len(rows) else [], return_inverse=True)
        own = np.unravel_index(keys.astype(np.intp), sizes) if len(rows) else [np.empty(0, np.intp)] * len(sizes)
        sums = [_summed(rows[name], row_of, len(keys)) for name in ("n", "low", "negative")]
        kept = {name: Dimension(one.values, places) for (name, one), places in zip(by.items(), own[1:], strict=True)}
        return CauseSetCounts(tuple(sets), own[0], kept, *sums)


def in_order(rows: pa.Table, *columns: str) -> pa.Table:
    """Rows by these columns, so that every engine's answer is the same one."""
    return rows.sort_by([(name, "ascending") for name in columns])


def dimension(column: pa.ChunkedArray) -> Dimension:
    """A column as its distinct values, written as answers write them, and where each row's is among them."""
    encoded = column.combine_chunks().dictionary_encode(null_encoding="encode")
    values = tuple(as_text(value) for value in encoded.dictionary.to_pylist())
    return Dimension(values, encoded.indices.to_numpy(zero_copy_only=False).astype(np.intp))


def _summed(column: pa.ChunkedArray, row_of: Places, rows: int) -> npt.NDArray[np.int64]:
    return np.bincount(row_of, weights=column.to_numpy(), minlength=rows).astype(np.int64)


@dataclass(frozen=True, slots=True)
class RepeatRow:
    """Of ``n`` contacts of one customer bucket, how many the same customer followed by another within the days."""

    cause: str | None
    bucket: int
    n: int
    repeated: int


@dataclass(frozen=True, slots=True)
class Repeats(Question[tuple[RepeatRow, ...]]):
    """Contacts that the same customer followed by a further one within ``window`` days, by cause and customer bucket.

    A contact about two causes counts under each, and is repeated where one about the same cause follows; those
    without a known cause form a group of their own (None). With ``any_cause`` a contact counts once, under None, and
    any further contact repeats it. Contacts of the last ``window`` days before ``until`` are left out: what follows
    them is not known yet. Contacts without a customer are left out too.

    Args:
        until: the last day that the record knows of in full.
        window: how many days after a contact a further one counts as a repeat of it.
        where: only contacts that match; a repeat must match too.
        since: the first local day of the contacts asked about.
    """

    until: date
    window: int = 14
    where: Filter | None = None
    since: date | None = None
    any_cause: bool = False

    def query(self, known: Known) -> exp.Select:
        at = exp.column("occurred_at", "s")
        tests = [
            exp.column("kind", "s").eq(exp.Literal.string("contact")),
            exp.not_(exp.column("customer_id", "s").is_(exp.null())),
            *within(exp.column("local_date", "s"), self.since, self.until),
        ]
        if self.where is not None:
            tests.append(Words(known.columns).condition(self.where))
        cause = exp.cast(exp.null(), exp.DataType.Type.VARCHAR) if self.any_cause else each_cause()
        day, bucket = exp.column("local_date", "s"), exp.column("customer_bucket", "s")
        customer = customer_of(known).as_("customer")
        contacts = labelled(exp.select(customer, at, day, bucket, cause.as_("cause")).where(*tests))
        following = exp.Window(
            this=exp.Lead(this=exp.column("occurred_at")),
            partition_by=[exp.column("customer"), exp.column("cause")],
            order=exp.Order(expressions=[exp.Ordered(this=exp.column("occurred_at"))]),
        )
        kept = ("local_date", "customer_bucket", "cause", "occurred_at")
        followed = exp.select(*kept, following.as_("following")).from_(with_merged(contacts, known).subquery("m"))
        span = exp.Interval(this=exp.Literal.string(str(self.window)), unit=exp.var("DAY"))
        soon = exp.column("following") <= exp.Add(this=exp.column("occurred_at"), expression=span)
        repeated = exp.func("count", exp.case().when(soon, exp.Literal.number(1)))
        counted = exp.Count(this=exp.Star()).as_("n")
        query = exp.select("cause", "customer_bucket", counted, repeated.as_("repeated")).from_(followed.subquery("f"))
        oldest = date.fromordinal(max(self.until.toordinal() - self.window, 1))
        known_until = within(exp.column("local_date"), None, oldest)
        return query.where(*known_until).group_by("cause", "customer_bucket")

    def answer(self, rows: pa.Table) -> tuple[RepeatRow, ...]:
        found = [
            RepeatRow(row["cause"], row["customer_bucket"] or 0, row["n"], row["repeated"]) for row in rows.to_pylist()
        ]
        return tuple(sorted(found, key=lambda row: (row.cause or "", row.bucket)))


@dataclass(frozen=True, slots=True)
class UnsolvedRow:
    """``n`` contacts about a cause (None: about any) that were not solved, for this reason (None: nobody said), in one
    group."""

    cause: str | None
    reason: str | None
    group: str | None
    n: int


@dataclass(frozen=True, slots=True)
class Unsolved(Question[tuple[UnsolvedRow, ...]]):
    """Contacts that were not solved, by cause, by the reason that the source gives, and by one more dimension.

    Not solved is a contact for which the source gives a reason (the attribute ``reason``), and one that the same
    customer followed by another about the same cause within ``window`` days. Contacts of the last ``window`` days
    before ``until`` are left out. A contact about two causes counts under each; once where ``causes`` is False.

    Args:
        by: a dimension as in ``Sums``, such as ``bucket``, ``stage`` or ``month``.
        until: the last day that the record knows of in full.
        reason: the attribute in which the source says why.
        window: how many days after a contact a further one says that it was not solved.
        where: only contacts that match; what follows must match too.
        since: the first local day of the contacts asked about.
        causes: whether to tell the causes apart.
    """

    by: str
    until: date
    reason: str
    window: int = 14
    where: Filter | None = None
    since: date | None = None
    causes: bool = True

    def query(self, known: Known) -> exp.Select:
        group = exp.column("group", quoted=True)
        contacts_once = exp.Count(this=exp.Distinct(expressions=[exp.column("signal_key")])).as_("n")
        cause = exp.column("cause") if self.causes else exp.cast(exp.null(), exp.DataType.Type.VARCHAR).as_("cause")
        query = self.unsolved(known).select(cause, "reason", group, contacts_once)
        return query.group_by(*(["cause"] if self.causes else []), "reason", group.copy())

    def unsolved(self, known: Known) -> exp.Select:
        """Contacts that were not solved, one row for each cause, without columns; ``following_key`` is the contact that
        came after."""
        words, customer = Words(known.columns), customer_of(known)
        tests = [
            exp.column("kind", "s").eq(exp.Literal.string("contact")),
            *within(exp.column("local_date", "s"), self.since, self.until),
        ]
        if self.where is not None:
            tests.append(words.condition(self.where))
        said = exp.func("lower", exp.func("trim", words.attribute(self.reason)))
        reason = exp.Nullif(this=said, expression=exp.Literal.string(""))
        chosen = exp.select(
            exp.func("coalesce", customer, exp.cast(exp.column("signal_key", "s"), exp.DataType.Type.VARCHAR)).as_(
                "customer"
            ),
            exp.column("signal_key", "s"),
            exp.column("occurred_at", "s"),
            exp.column("local_date", "s"),
            each_cause().as_("cause"),
            reason.as_("reason"),
            words.dimension(self.by).as_("group"),
        )
        following, following_key = (
            exp.Window(
                this=exp.Lead(this=exp.column(name)),
                partition_by=[exp.column("customer"), exp.column("cause")],
                order=exp.Order(expressions=[exp.Ordered(this=exp.column("occurred_at"))]),
            ).as_(alias)
            for name, alias in (("occurred_at", "following"), ("signal_key", "following_key"))
        )
        kept = ("signal_key", "local_date", "occurred_at", "cause", "reason", exp.column("group", quoted=True))
        contacts = with_merged(labelled(chosen.where(*tests)), known)
        followed = exp.select(*kept, following, following_key).from_(contacts.subquery("m"))
        unsolved = exp.or_(exp.not_(exp.column("reason").is_(exp.null())), _came_again(self.window))
        oldest = date.fromordinal(max(self.until.toordinal() - self.window, 1))
        return (
            exp.select().from_(followed.subquery("f")).where(unsolved, *within(exp.column("local_date"), None, oldest))
        )

    def answer(self, rows: pa.Table) -> tuple[UnsolvedRow, ...]:
        found = [UnsolvedRow(row["cause"], row["reason"], as_text(row["group"]), row["n"]) for row in rows.to_pylist()]
        return tuple(sorted(found, key=lambda row: (row.cause or "", row.reason or "", row.group or "")))


@dataclass(frozen=True, slots=True)
class UnsolvedContact:
    """A contact that was not solved, the one that came after it about the same cause within the window (None: none),
    and the reason that the source gives (None: none)."""

    signal_key: int
    following_key: int | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class UnsolvedContacts(Question[tuple[UnsolvedContact, ...]]):
    """Up to ``n`` of the contacts that ``asked`` counts, each once: a sample, because a signal's key is a hash."""

    asked: Unsolved
    n: int = 2_000

    def days(self) -> tuple[date | None, date | None]:
        """Those of the contacts."""
        return self.asked.days()

    def query(self, known: Known) -> exp.Select:
        followed = exp.case().when(_came_again(self.asked.window), exp.column("following_key"))
        query = self.asked.unsolved(known).select(
            "signal_key",
            exp.func("min", followed).as_("following_key"),
            exp.func("max", exp.column("reason")).as_("reason"),
        )
        return query.group_by("signal_key").order_by("signal_key").limit(max(self.n, 0))

    def answer(self, rows: pa.Table) -> tuple[UnsolvedContact, ...]:
        return tuple(
            UnsolvedContact(row["signal_key"], row["following_key"], row["reason"]) for row in rows.to_pylist()
        )


def _came_again(window: int) -> exp.Condition:
    """Whether the same customer's next contact about a known cause came within the window."""
    span = exp.Interval(this=exp.Literal.string(str(window)), unit=exp.var("DAY"))
    soon = exp.column("following") <= exp.Add(this=exp.column("occurred_at"), expression=span)
    return exp.func("coalesce", exp.and_(soon, exp.not_(exp.column("cause").is_(exp.null()))), exp.false())
