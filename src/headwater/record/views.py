"""What the words of a question mean: one definition each, over signals ``s`` and their labels ``l``.

stage = the label, else what the source says          sentiment = the same
        A label says what a person said, or the model where the source says nothing: person before source before model.
        A person's "none of them" is the empty text, which is no stage.
negative = a score in the low range where there is a score, else negative sentiment

What may tell an anonymous answer from others (its attributes, channel and language) is unknown, so that no group, no
filter and no difference of two is about it. Only a survey's own results know it, and leave small groups out.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlglot import exp

from headwater.record.filters import Among, Between, Compare, Filter, Flag, Group, IsNull, Like, Node, Not, Term, Value
from headwater.record.schema import OPEN_ATTRIBUTES, SIGNALS, TELLING, promoted_column

CAUSES_SEPARATOR = ","
"""Between the ids of a combination of causes; an id is letters, digits and underscores."""
LABELLED = ("moment", "effort", "stage_confidence", "moment_confidence", "sentiment_confidence", "effort_confidence")
PERIODS = {"week": "WEEK", "month": "MONTH"}
EVENT_DAYS = 30
"""How long after an event a customer's signals count as signals about it, where no subject ties them together."""


class UnknownDimension(ValueError):
    """There is nothing of this name to group by."""


@dataclass(frozen=True, slots=True)
class Words:
    """Turns names and filters into SQL expressions. ``columns`` are those of the signals table. ``disclosed``: what
    tells anonymous answers apart is known too; whoever asks so answers for leaving small groups out."""

    columns: frozenset[str]
    event_days: int = EVENT_DAYS
    disclosed: bool = False

    def dimension(self, name: str) -> exp.Expr:
        """What signals are grouped by under this name, except ``cause``. ``causes`` are all that a signal names.

        Raises:
            UnknownDimension: there is no such dimension.
        """
        kind, _, named = name.partition(":")
        if kind == "attribute" and named:
            return self.attribute(named)
        if kind == "event" and named:
            return exp.case().when(self.happened(named), exp.Literal.string("yes")).else_(exp.Literal.string("no"))
        if name in PERIODS:
            return period(exp.column("local_date", "s"), name)
        if name == "causes":
            return cause_combination()
        if name == "negative":
            return exp.case().when(negative(), exp.Literal.string("yes")).else_(exp.Literal.string("no"))
        alias = {"day": "local_date", "bucket": "customer_bucket"}.get(name, name)
        if alias in GROUPABLE:
            return self._column(alias)
        raise UnknownDimension(
            f"Signals cannot be grouped by “{name}”. "
            f"Dimensions are {', '.join(DIMENSIONS)}, attribute:NAME, event:NAME."
        )

    def attribute(self, name: str) -> exp.Expr:
        promoted = promoted_column(name)
        if promoted in self.columns:
            value: exp.Expr = exp.column(promoted, "s", quoted=True)
        else:
            value = exp.Bracket(this=exp.column("attributes", "s"), expressions=[exp.Literal.string(name)])
        return value if self.disclosed or name in OPEN_ATTRIBUTES else _unless_anonymous(value)

    def _column(self, name: str) -> exp.Expr:
        return exp.column(name, "s") if self.disclosed and name in TELLING else column(name)

    def happened(self, event: str) -> exp.Condition:
        """Whether the event happened to the signal's subject; where either has no subject, to its customer in the
        days before."""
        is_event = exp.and_(
            exp.column("kind", "e").eq(exp.Literal.string("event")),
            exp.column("event", "e").eq(exp.Literal.string(event)),
        )
        subject = exp.column("subject_id", "e")
        subjects = exp.select(subject).from_("signals as e").where(is_event, exp.not_(subject.is_(exp.null())))
        window = exp.Interval(this=exp.Literal.string(str(self.event_days)), unit=exp.var("DAY"))
        near = (
            exp.select(exp.column("signal_key", "a"))
            .from_("signals as a")
            .join("signals as e", on=exp.column("customer_id", "a").eq(exp.column("customer_id", "e")))
            .where(
                is_event.copy(),
                exp.or_(exp.column("subject_id", "a").is_(exp.null()), subject.copy().is_(exp.null())),
                exp.column("occurred_at", "e") <= exp.column("occurred_at", "a"),
                exp.column("occurred_at", "e") >= exp.Sub(this=exp.column("occurred_at", "a"), expression=window),
            )
        )
        tied = exp.func("coalesce", exp.paren(exp.column("subject_id", "s").isin(query=subjects)), exp.false())
        return exp.paren(exp.or_(tied, exp.column("signal_key", "s").isin(query=near)))

    def condition(self, where: Filter) -> exp.Condition:
        """The filter over signals ``s`` and labels ``l``."""
        return self._node(where.node, self._value_of, guarded=False)

    def over(self, where: Filter, column_of: Callable[[Term], exp.Expr]) -> exp.Condition:
        """The filter over other columns, such as a rollup's."""
        return self._node(where.node, column_of, guarded=False)

    def _value_of(self, term: Term) -> exp.Expr:
        if term.kind == "attribute":
            return self.attribute(term.name)
        return self._column(term.name)

    def _node(self, node: Node, of: Callable[[Term], exp.Expr], guarded: bool) -> exp.Condition:
        """``guarded`` inside a ``not``, where what is unknown must become false before it is turned round."""
        if isinstance(node, Group):
            parts = [self._node(part, of, guarded) for part in node.parts]
            return exp.paren(exp.and_(*parts) if node.word == "and" else exp.or_(*parts))
        if isinstance(node, Not):
            return exp.not_(exp.paren(self._node(node.part, of, guarded=True)))
        if isinstance(node, Flag):
            return self.happened(node.term.name) if node.term.kind == "event" else negative()
        if isinstance(node, IsNull):
            return no_causes() if node.term.kind == "cause" else of(node.term).is_(exp.null())
        if isinstance(node, Compare) and node.operator == "!=":
            same = Compare(node.term, "=", node.value)
            return exp.not_(exp.paren(self._node(same, of, guarded=True)))
        test = self._test(node, of)
        return exp.func("coalesce", test, exp.false()) if guarded else test

    def _test(self, node: "Compare | Among | Between | Like", of: Callable[[Term], exp.Expr]) -> exp.Condition:
        if node.term.kind == "cause":
            values = (node.value,) if isinstance(node, Compare) else node.values if isinstance(node, Among) else ()
            return exp.paren(exp.or_(*(has_cause(str(value)) for value in values)))
        if isinstance(node, Like):
            return exp.paren(exp.Like(this=of(node.term), expression=exp.Literal.string(node.pattern)))
        if isinstance(node, Compare):
            sides = {"this": _comparable(of(node.term), node.term, node.value), "expression": literal(node.value)}
            return exp.paren(COMPARISONS[node.operator](**sides))
        if isinstance(node, Among):
            value = _comparable(of(node.term), node.term, *node.values)
            return exp.paren(value.isin(*(literal(one) for one in node.values)))
        value = _comparable(of(node.term), node.term, node.low, node.high)
        return exp.paren(exp.Between(this=value, low=literal(node.low), high=literal(node.high)))


COMPARISONS: dict[str, type[exp.Binary]] = {"=": exp.EQ, "<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE}

_WHO = ("customer_id", "author", "label_author", "model", "response_id", "conversation_id", "subject_id")
_WHAT = ("source", "kind", "channel", "language", "metric", "scale", "score", "score_band", "event", "currency")
_MEANT = ("stage", "moment", "sentiment", "effort")
GROUPABLE = frozenset((*_WHO, *_WHAT, *_MEANT, "local_date", "customer_bucket"))
DIMENSIONS = ("day", "week", "month", "bucket", "cause", "negative", *_MEANT, *_WHAT, *_WHO)


def column(name: str) -> exp.Expr:
    """The effective value of a column."""
    if name in ("stage", "sentiment"):
        said = exp.func("coalesce", exp.column(name, "l"), exp.column(name, "s"))
        return exp.Nullif(this=said, expression=exp.Literal.string(""))
    if name in ("source_stage", "source_sentiment"):
        return exp.column(name.removeprefix("source_"), "s")
    if name == "label_author":
        return exp.column("author", "l")
    if name in TELLING:
        return _unless_anonymous(exp.column(name, "s"))
    if name in SIGNALS.names:
        return exp.column(name, "s")
    return exp.column(name, "l")


def anonymous() -> exp.Condition:
    """Whether a signal is an anonymous answer. Never unknown."""
    return exp.func("coalesce", exp.column("anonymous", "s"), exp.false())


def _unless_anonymous(value: exp.Expr) -> exp.Expr:
    return exp.case().when(exp.not_(anonymous()), value)


def negative() -> exp.Condition:
    """Never unknown: a signal without score and sentiment is not negative."""
    band = exp.column("score_band", "s")
    said = column("sentiment").eq(exp.Literal.string("negative"))
    decided = exp.case().when(exp.not_(band.is_(exp.null())), band.copy().eq(exp.Literal.number(-1))).else_(said)
    return exp.func("coalesce", decided, exp.false())


def has_cause(cause: str) -> exp.Condition:
    return exp.func(
        "coalesce", exp.ArrayContains(this=exp.column("causes", "l"), expression=exp.Literal.string(cause)), exp.false()
    )


def no_causes() -> exp.Condition:
    count = exp.func("coalesce", exp.ArraySize(this=exp.column("causes", "l")), exp.Literal.number(0))
    return count.eq(exp.Literal.number(0))


def cause_combination() -> exp.Expr:
    """All causes that a signal names as one word, in the order they have; empty where there is none."""
    joined = exp.ArrayToString(this=exp.column("causes", "l"), expression=exp.Literal.string(CAUSES_SEPARATOR))
    return exp.case().when(no_causes(), exp.Literal.string("")).else_(joined)


def each_cause() -> exp.Expr:
    """One row for each cause, and one with none for a signal without."""
    nothing = exp.Array(expressions=[exp.cast(exp.null(), exp.DataType.Type.VARCHAR)])
    return exp.Explode(this=exp.case().when(no_causes(), nothing).else_(exp.column("causes", "l")))


def period(day: exp.Expr, name: str) -> exp.Expr:
    """The first day of the day's week (Monday) or month."""
    return exp.cast(exp.func("date_trunc", exp.Literal.string(PERIODS[name].lower()), day), exp.DataType.Type.DATE)


def labelled(query: exp.Select, days: Collection[date] = ()) -> exp.Select:
    """Add the tables that the query's columns come from: signals, and labels where one is used. Of signals of some days
    alone, only those days' labels are read: a label lies on its signal's day."""
    query = query.from_("signals as s", copy=False)
    if any(one.table == "l" for one in query.find_all(exp.Column)):
        same: exp.Condition = exp.column("signal_key", "s").eq(exp.column("signal_key", "l"))
        if days:
            same = exp.and_(same, among(exp.column("local_date", "l"), days))
        query = query.join("labels as l", on=same, join_type="left", copy=False)
    return query


def within(day: exp.Expr, since: date | None, until: date | None) -> list[exp.Condition]:
    """From one day to another, both included."""
    tests: list[exp.Condition] = []
    if since is not None:
        tests.append(exp.GTE(this=day.copy(), expression=literal(since)))
    if until is not None:
        tests.append(exp.LTE(this=day.copy(), expression=literal(until)))
    return tests


def among(day: exp.Expr, days: Collection[date]) -> exp.Condition:
    """Whether a day is one of some; their bounds are said beside, by which engines skip what they need not read."""
    listed = exp.In(this=day.copy(), expressions=[literal(one) for one in sorted(days)])
    return exp.And(
        this=exp.Between(this=day.copy(), low=literal(min(days)), high=literal(max(days))), expression=listed
    )


def literal(value: Value) -> exp.Expr:
    if isinstance(value, bool):
        return exp.true() if value else exp.false()
    if isinstance(value, datetime):
        return exp.cast(exp.Literal.string(value.isoformat(sep=" ")), exp.DataType.Type.TIMESTAMPNTZ)
    if isinstance(value, date):
        return exp.Cast(this=exp.Literal.string(value.isoformat()), to=exp.DataType(this=exp.DataType.Type.DATE))
    if isinstance(value, str):
        return exp.Literal.string(value)
    # An exponent keeps it a double in every engine; 1.5 would be a decimal in Spark.
    return exp.Literal.number(f"{value!r}" if "e" in repr(value) else f"{value!r}e0")


def _comparable(value: exp.Expr, term: Term, *others: Value) -> exp.Expr:
    """An attribute compared with a number is read as one."""
    if term.kind == "attribute" and any(isinstance(other, float) for other in others):
        return exp.TryCast(this=value, to=exp.DataType.build("double"))
    return value
