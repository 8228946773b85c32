"""Questions about whom a survey could ask: customers by their attributes and by what they said or did.

A draw is a customer's place in an order that a seed decides: the MD5 of seed and id, the same on every engine. Who
comes first in it is a simple random sample, and the next ones are its reserve.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
from sqlglot import exp

from headwater.record.filters import Filter, Term
from headwater.record.questions.custom import customer_of, with_merged
from headwater.record.questions.question import Known, Question
from headwater.record.views import Words, labelled, literal, within

MOST_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class People:
    """Customers that an audience is made of; those who were merged into others or left are in none.

    Args:
        customers: tests of customers' own attributes, ``attribute:plan = 'plus'``.
        signals: only those with a signal that matches, from ``since`` to ``until`` (local days, both included).
        without: only those with no such signal instead.
    """

    customers: Filter | None = None
    signals: Filter | None = None
    since: date | None = None
    until: date | None = None
    without: bool = False

    def __post_init__(self) -> None:
        unknown = {term for term in self.customers.terms() if term.kind != "attribute"} if self.customers else set()
        if unknown:
            named = ", ".join(sorted(map(str, unknown)))
            raise ValueError(f"Of customers only attributes are known (attribute:NAME), not: {named}.")

    def rows(self, known: Known) -> exp.Select:
        """One row a customer: ``customer`` and ``attributes`` (null where the record has nothing but signals)."""
        tests: list[exp.Expr] = [exp.column(name, "p").is_(exp.null()) for name in ("merged_into", "until")]
        if self.customers is not None:
            tests.append(Words(known.columns).over(self.customers, _own))
        attributes = exp.column("attributes", "p")
        if self.signals is None or self.without:
            customer = exp.column("customer_id", "p")
            if self.signals is not None:
                tests.append(exp.not_(exp.func("coalesce", customer.isin(query=self._signalled(known)), exp.false())))
            return exp.select(customer.as_("customer"), attributes).from_("customers as p").where(*tests)
        same = exp.column("customer", "w").eq(exp.column("customer_id", "p"))
        query = exp.select(exp.column("customer", "w"), attributes).from_(self._signalled(known).subquery("w"))
        return query.join("customers as p", on=same, join_type="left").where(*tests)

    def _signalled(self, known: Known) -> exp.Select:
        tests: list[exp.Expr] = [exp.not_(exp.column("customer_id", "s").is_(exp.null()))]
        tests += within(exp.column("local_date", "s"), self.since, self.until)
        if self.signals is not None:
            tests.append(Words(known.columns).condition(self.signals))
        rows = labelled(exp.select(customer_of(known).as_("customer")).where(*tests))
        return with_merged(rows, known).distinct()


def _own(term: Term) -> exp.Expr:
    return _attribute(term.name, "p")


def _attribute(name: str, table: str) -> exp.Expr:
    return exp.Bracket(this=exp.column("attributes", table), expressions=[exp.Literal.string(name)])


@dataclass(frozen=True, slots=True)
class AudienceLevel:
    """Customers of an audience at one level of an attribute; None where it is not known of them."""

    level: str | None
    n: int


@dataclass(frozen=True, slots=True)
class AudienceSize(Question[tuple[AudienceLevel, ...]]):
    """How many customers an audience has, by the values of an attribute, most first; without one in one row."""

    people: People
    by: str | None = None
    limit: int = 200

    def days(self) -> tuple[date | None, date | None]:
        return self.people.since, self.people.until

    def query(self, known: Known) -> exp.Select:
        level = _attribute(self.by, "a") if self.by else exp.cast(exp.null(), "VARCHAR")
        levels = exp.select(level.as_("level")).from_(self.people.rows(known).subquery("a"))
        counted = exp.select("level", exp.Count(this=exp.Star()).as_("n")).from_(levels.subquery("b"))
        order = (exp.column("n").desc(), exp.Ordered(this=exp.column("level"), desc=False, nulls_first=False))
        return counted.group_by("level").order_by(*order).limit(max(self.limit, 0))

    def answer(self, rows: pa.Table) -> tuple[AudienceLevel, ...]:
        return tuple(AudienceLevel(row["level"], row["n"]) for row in rows.to_pylist())


@dataclass(frozen=True, slots=True)
class Member:
    """A customer of an audience: the place in the draw, and the attributes that were asked for and are known."""

    customer_id: str
    draw: str
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AudienceMembers(Question[tuple[Member, ...]]):
    """The next customers of an audience in the order of the draw.

    Args:
        people: the audience.
        seed: which draw.
        after: the draw of the last customer that is known already; empty: from the first.
        attributes: those to be answered.
        among: only these customers.
        limit: at most this many, never more than ``MOST_AT_ONCE``.
    """

    people: People
    seed: int
    after: str = ""
    attributes: tuple[str, ...] = ()
    among: tuple[str, ...] | None = None
    limit: int = 1_000

    def days(self) -> tuple[date | None, date | None]:
        return self.people.since, self.people.until

    def query(self, known: Known) -> exp.Select:
        customer = exp.column("customer", "a")
        draw = exp.MD5(this=exp.func("concat", literal(f"{self.seed}:"), customer))
        named = [_attribute(name, "a").as_(f"a{place}") for place, name in enumerate(self.attributes)]
        drawn = exp.select(customer, draw.as_("draw"), *named).from_(self.people.rows(known).subquery("a"))
        if self.among is not None:
            drawn = drawn.where(customer.copy().isin(*(literal(one) for one in self.among)))
        place = exp.column("draw")
        query = exp.select("*").from_(drawn.subquery("d")).where(place > literal(self.after))
        return query.order_by("draw").limit(max(0, min(self.limit, MOST_AT_ONCE)))

    def answer(self, rows: pa.Table) -> tuple[Member, ...]:
        return tuple(
            Member(
                row["customer"],
                row["draw"],
                {name: row[f"a{place}"] for place, name in enumerate(self.attributes) if row[f"a{place}"] is not None},
            )
            for row in rows.to_pylist()
        )
