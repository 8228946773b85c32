"""Questions about contacts: which causes stand behind them, each combination counted once, and which came again."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
from sqlglot import exp

from headwater.record.filters import Filter
from headwater.record.questions.question import Known, Question
from headwater.record.questions.sums import as_text
from headwater.record.views import Words, each_cause, labelled, no_causes, within

SEPARATOR = ","
"""Between the ids of a combination; an id is letters, digits and underscores."""


@dataclass(frozen=True, slots=True)
class CauseSetRow:
    """``n`` signals that name exactly these causes (none: no cause is known), in one group."""

    group: Mapping[str, str | None]
    causes: frozenset[str]
    n: int


@dataclass(frozen=True, slots=True)
class CauseSets(Question[tuple[CauseSetRow, ...]]):
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

    def query(self, known: Known) -> exp.Select:
        words = Words(known.columns)
        tests = within(exp.column("local_date", "s"), self.since, self.until)
        if self.where is not None:
            tests.append(words.condition(self.where))
        chosen = [words.dimension(name).as_(alias, quoted=True) for alias, name in self._dimensions]
        rows = labelled(exp.select(_combination().as_("causes"), *chosen).where(*tests))
        aliases = [exp.column(alias, quoted=True) for alias, _ in self._dimensions]
        counted = exp.Count(this=exp.Star()).as_("n")
        query = exp.select("causes", *aliases, counted).from_(rows.subquery("m"))
        return query.group_by("causes", *aliases)

    @property
    def _dimensions(self) -> list[tuple[str, str]]:
        return [(f"d{place}", name) for place, name in enumerate(self.by)]

    def answer(self, rows: pa.Table) -> tuple[CauseSetRow, ...]:
        counts: dict[tuple[frozenset[str], tuple[str | None, ...]], int] = defaultdict(int)
        groups = [rows.column(alias).to_pylist() for alias, _ in self._dimensions]
        sets = {text: frozenset(text.split(SEPARATOR)) - {""} for text in set(rows.column("causes").to_pylist())}
        for text, n, *group in zip(
            rows.column("causes").to_pylist(), rows.column("n").to_pylist(), *groups, strict=True
        ):
            counts[sets[text], tuple(as_text(value) for value in group)] += n
        ordered = sorted(counts.items(), key=lambda item: (sorted(item[0][0]), str(item[0][1])))
        return tuple(CauseSetRow(dict(zip(self.by, group, strict=True)), causes, n) for (causes, group), n in ordered)


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
        customer, at = exp.column("customer_id", "s"), exp.column("occurred_at", "s")
        tests = [
            exp.column("kind", "s").eq(exp.Literal.string("contact")),
            exp.not_(customer.is_(exp.null())),
            *within(exp.column("local_date", "s"), self.since, self.until),
        ]
        if self.where is not None:
            tests.append(Words(known.columns).condition(self.where))
        cause = exp.cast(exp.null(), exp.DataType.Type.VARCHAR) if self.any_cause else each_cause()
        day, bucket = exp.column("local_date", "s"), exp.column("customer_bucket", "s")
        contacts = labelled(exp.select(customer.copy(), at, day, bucket, cause.as_("cause")).where(*tests))
        following = exp.Window(
            this=exp.Lead(this=exp.column("occurred_at")),
            partition_by=[exp.column("customer_id"), exp.column("cause")],
            order=exp.Order(expressions=[exp.Ordered(this=exp.column("occurred_at"))]),
        )
        kept = ("local_date", "customer_bucket", "cause", "occurred_at")
        followed = exp.select(*kept, following.as_("following")).from_(contacts.subquery("m"))
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


def _combination() -> exp.Expr:
    """The causes as one word, with commas, in the order they have; empty where there is none."""
    joined = exp.ArrayToString(this=exp.column("causes", "l"), expression=exp.Literal.string(SEPARATOR))
    return exp.case().when(no_causes(), exp.Literal.string("")).else_(joined)
