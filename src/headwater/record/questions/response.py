"""Questions about who was asked and who answered, and about the customers they are to stand for.

An invitation is an event ``invited``. An answer belongs to it when both bear the same response id; where the invitation
bears none, the same customer's next answer does. Either way it must come within the days that an answer is waited for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import pyarrow as pa
from sqlglot import exp

from headwater.record.filters import Filter
from headwater.record.questions.question import Known, Question
from headwater.record.questions.sums import MAX_GROUPS, as_text
from headwater.record.views import Words, labelled, literal, within

EVENT = "invited"
METRIC = "metric"
"""The attribute by which an invitation says which metric it asks about; one without it asks about any."""
COUNTS = ("asked", "answered", "scored", "top", "low")


@dataclass(frozen=True, slots=True)
class InvitedRow:
    """Of those ``asked`` in one group, how many ``answered``; of these, how many gave a score, a top and a low one."""

    group: Mapping[str, str | None]
    asked: int
    answered: int
    scored: int
    top: int
    low: int


@dataclass(frozen=True, slots=True)
class Invited(Question[tuple[InvitedRow, ...]]):
    """Invitations by dimensions (as in ``Sums``, without ``cause``), and what became of them.

    An invitation sent twice under one response id counts once. One that bears neither a response id nor a customer is
    left out, because no answer could be told to be its own.

    Args:
        by: the dimensions of the invitation.
        where: only invitations that match.
        since, until: first and last local day of the invitations, both included.
        metric: only invitations that ask about it, and answers that give it.
        wait: how many days after the invitation an answer counts.
    """

    by: tuple[str, ...] = ()
    where: Filter | None = None
    since: date | None = None
    until: date | None = None
    metric: str | None = None
    wait: int = 14

    def days(self) -> tuple[date | None, date | None]:
        """Answers come later than their invitations."""
        return self.since, self._last_answer()

    def _last_answer(self) -> date | None:
        # One day more, because days are the company's own and the wait is counted in hours.
        wait = timedelta(days=self.wait + 1)
        return None if self.until is None or date.max - self.until < wait else self.until + wait

    def query(self, known: Known) -> exp.Select:
        names = self._names
        dimensions = [exp.column(name, quoted=True) for name in names]
        known_at_all = exp.not_(exp.column("answered_at").is_(exp.null()))
        span = exp.Interval(this=exp.Literal.string(str(self.wait)), unit=exp.var("DAY"))
        in_time = exp.column("answered_at") <= exp.Add(this=exp.column("at"), expression=span)
        answered = exp.and_(known_at_all, in_time)
        query = exp.select(*dimensions, exp.Count(this=exp.Star()).as_("asked"), _count(answered).as_("answered"))
        for name in ("scored", "top", "low"):
            given = exp.column(name).eq(exp.Literal.number(1))
            query = query.select(_count(exp.and_(answered.copy(), given)).as_(name))
        both = exp.union(self._by_response(), self._by_customer(), distinct=False)
        query = query.from_(both.subquery("linked")).limit(MAX_GROUPS)
        query = query.with_("invitations", as_=self._invitations(known)).with_("answers", as_=self._answers(known))
        return query.group_by(*(one.copy() for one in dimensions)) if dimensions else query

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(f"d{place}" for place, _ in enumerate(self.by))

    def _invitations(self, known: Known) -> exp.Select:
        words = Words(known.columns)
        tests: list[exp.Expr] = [
            exp.column("kind", "s").eq(exp.Literal.string("event")),
            exp.column("event", "s").eq(exp.Literal.string(EVENT)),
            *within(exp.column("local_date", "s"), self.since, self.until),
        ]
        if self.metric is not None:
            named = exp.func("coalesce", words.attribute(METRIC), literal(self.metric))
            tests.append(named.eq(literal(self.metric)))
        if self.where is not None:
            tests.append(words.condition(self.where))
        # As text, so that both ways of linking give one type.
        chosen = [
            exp.cast(words.dimension(name), "VARCHAR").as_(f"d{place}", quoted=True)
            for place, name in enumerate(self.by)
        ]
        return _who(known, exp.select(*chosen).where(*tests))

    def _answers(self, known: Known) -> exp.Select:
        tests: list[exp.Expr] = [
            exp.column("kind", "s").eq(exp.Literal.string("survey")),
            *within(exp.column("local_date", "s"), self.since, self._last_answer()),
        ]
        if self.metric is not None:
            tests.append(exp.column("metric", "s").eq(literal(self.metric)))
        return _who(known, exp.select(exp.column("score_band", "s")).where(*tests))

    def _by_response(self) -> exp.Select:
        """Invitations with a response id, each once, beside the first answer that bears it."""
        names = [exp.column(name, quoted=True) for name in self._names]
        first = [exp.func("min", name).as_(name.name, quoted=True) for name in names]
        at = exp.func("min", exp.column("at"))
        sent = exp.select("response_id", at.as_("at"), *first).from_("invitations").group_by("response_id")
        sent = sent.where(exp.not_(exp.column("response_id").is_(exp.null())))
        band = exp.column("score_band")
        came = exp.select("response_id", at.copy().as_("answered_at")).from_("answers").group_by("response_id")
        came = came.where(exp.not_(exp.column("response_id").is_(exp.null()))).select(
            *(exp.func("max", _mark(test)).as_(name) for name, test in _marks(band).items())
        )
        kept = [exp.column(name.name, "i", quoted=True) for name in names]
        found = [exp.column(name, "a") for name in ("answered_at", "scored", "top", "low")]
        same = exp.column("response_id", "i").eq(exp.column("response_id", "a"))
        query = exp.select(*kept, exp.column("at", "i"), *found).from_(sent.subquery("i"))
        return query.join(came.subquery("a"), on=same, join_type="left")

    def _by_customer(self) -> exp.Select:
        """Invitations without a response id, beside the customer's next answer, where no invitation lies between."""
        names = [exp.column(name, quoted=True) for name in self._names]
        nameless = exp.column("response_id").is_(exp.null())
        customer = exp.not_(exp.column("customer").is_(exp.null()))
        taken = exp.select("response_id").from_("invitations").where(exp.not_(nameless.copy()))
        free = exp.or_(nameless.copy(), exp.not_(exp.column("response_id").isin(query=taken)))
        nothing = exp.cast(exp.null(), "INT")
        asked = exp.select("customer", "at", exp.Literal.number(1).as_("asked"), *names)
        asked = asked.select(nothing.as_("score_band")).from_("invitations").where(nameless, customer)
        blank = [exp.cast(exp.null(), "VARCHAR").as_(name.name, quoted=True) for name in names]
        came = exp.select("customer", "at", exp.Literal.number(0).as_("asked"), *blank)
        came = came.select(exp.cast(exp.column("score_band"), "INT").as_("score_band")).from_("answers")
        came = came.where(customer.copy(), free)
        marks = exp.union(asked, came, distinct=False).subquery("m")
        columns = [name.copy() for name in names]
        following = (
            exp.select(*columns, "at", "asked")
            .from_(marks)
            .select(_next("at").as_("next_at"), _next("asked").as_("next_asked"), _next("score_band").as_("next_band"))
        )
        is_answer = exp.column("next_asked").eq(exp.Literal.number(0))
        band = exp.column("next_band")
        given = [_mark(exp.and_(is_answer.copy(), test)).as_(name) for name, test in _marks(band).items()]
        answered_at = exp.case().when(is_answer, exp.column("next_at")).as_("answered_at")
        query = exp.select(*(name.copy() for name in names), "at", answered_at, *given).from_(following.subquery("f"))
        return query.where(exp.column("asked").eq(exp.Literal.number(1)))

    def answer(self, rows: pa.Table) -> tuple[InvitedRow, ...]:
        found = []
        for row in rows.to_pylist():
            group = {name: as_text(row[f"d{place}"]) for place, name in enumerate(self.by)}
            found.append(InvitedRow(group, **{name: row[name] for name in COUNTS}))
        return tuple(sorted(found, key=lambda row: tuple((v is None, v or "") for v in row.group.values())))


@dataclass(frozen=True, slots=True)
class BaseLevel:
    """Customers of the base at one level of an attribute; None where it is not known of them."""

    level: str | None
    n: int


@dataclass(frozen=True, slots=True)
class CustomerBase(Question[tuple[BaseLevel, ...]]):
    """The customers the company has now, by one attribute: neither merged into others nor gone; most frequent first."""

    attribute: str
    limit: int = 200

    def query(self, known: Known) -> exp.Select:
        level = exp.Bracket(this=exp.column("attributes"), expressions=[exp.Literal.string(self.attribute)])
        base = exp.select(level.as_("level")).from_("customers").where(*_still_customers())
        return _by_count(base, self.limit)

    def answer(self, rows: pa.Table) -> tuple[BaseLevel, ...]:
        return tuple(BaseLevel(row["level"], row["n"]) for row in rows.to_pylist())


@dataclass(frozen=True, slots=True)
class CustomerAttributes(Question[tuple[BaseLevel, ...]]):
    """The attributes that are known of the customers, with how many customers have each; most frequent first."""

    limit: int = 50

    def query(self, known: Known) -> exp.Select:
        names = exp.Explode(this=exp.MapKeys(this=exp.column("attributes")))
        return _by_count(exp.select(names.as_("level")).from_("customers").where(*_still_customers()), self.limit)

    def answer(self, rows: pa.Table) -> tuple[BaseLevel, ...]:
        return tuple(BaseLevel(row["level"], row["n"]) for row in rows.to_pylist())


def _who(known: Known, query: exp.Select) -> exp.Select:
    """When, whose and under which response id; customers that were merged are one."""
    customer: exp.Expr = exp.column("customer_id", "s")
    if known.merged:
        customer = exp.func("coalesce", exp.column("merged_into", "c"), customer)
    at, response = exp.column("occurred_at", "s"), exp.column("response_id", "s")
    query = labelled(query.select(at.as_("at"), response.as_("response_id"), customer.as_("customer")))
    if known.merged:
        same = exp.column("customer_id", "s").eq(exp.column("customer_id", "c"))
        query = query.join("customers as c", on=same, join_type="left")
    return query


def _marks(band: exp.Expr) -> dict[str, exp.Condition]:
    """The tests of an answer's band that are counted."""
    return {
        "scored": exp.not_(band.copy().is_(exp.null())),
        "top": band.copy().eq(exp.Literal.number(1)),
        "low": band.copy().eq(exp.Literal.number(-1)),
    }


def _mark(test: exp.Expr) -> exp.Expr:
    return exp.case().when(test, exp.Literal.number(1)).else_(exp.Literal.number(0))


def _count(test: exp.Expr) -> exp.Expr:
    return exp.func("count", exp.case().when(test, exp.Literal.number(1)))


def _next(name: str) -> exp.Expr:
    """The value at the customer's next mark; of two at the same moment the invitation is the first."""
    order = [
        exp.Ordered(this=exp.column("at"), desc=False, nulls_first=False),
        exp.Ordered(this=exp.column("asked"), desc=True, nulls_first=False),
    ]
    lead = exp.Lead(this=exp.column(name))
    return exp.Window(this=lead, partition_by=[exp.column("customer")], order=exp.Order(expressions=order))


def _still_customers() -> tuple[exp.Expr, ...]:
    return exp.column("merged_into").is_(exp.null()), exp.column("until").is_(exp.null())


def _by_count(levels: exp.Select, limit: int) -> exp.Select:
    counted = exp.select("level", exp.Count(this=exp.Star()).as_("n")).from_(levels.subquery("b")).group_by("level")
    order = (exp.column("n").desc(), exp.Ordered(this=exp.column("level"), desc=False, nulls_first=False))
    return counted.order_by(*order).limit(max(limit, 0))
