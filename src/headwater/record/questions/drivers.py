"""Questions about what goes together in the answers customers give: cross-products of several columns, in one pass.

The unit is a *response*: signals of one source that share a ``response_id`` (a survey with one rating a column becomes
one signal a rating); a signal without one is a response by itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import numpy as np
import pyarrow as pa
from sqlglot import exp

from headwater.record.filters import Filter
from headwater.record.questions.question import Known, Question
from headwater.record.schema import BUCKETS
from headwater.record.views import EVENT_DAYS, Words, labelled, literal, within
from headwater.science.bounds import Array
from headwater.science.crossproducts import CrossProducts

Take = Literal["score", "said", "happened", "number"]
MOST_COLUMNS: Final = 96
MOST_SEGMENTS: Final = 12


@dataclass(frozen=True, slots=True)
class Column:
    """What a response gives under a name.

    Args:
        name: what it is called in the answer.
        take: ``score``: the mean score of its signals that match ``where``. ``said``: 1 where one of them matches,
            else 0. ``happened``: 1 where a signal that matches is about the same subject or, where either has none, is
            of the same customer in the ``EVENT_DAYS`` days before; else 0. ``number``: the attribute ``attribute`` of
            its signals, or their ``amount``, read as a number.
        at_most, at_least: 1 for a value within the bound, else 0; 0 also where there is no value.
        levels: values and what stands for them, such as ridits; other values are missing.
        centre: what is taken off before squaring: a value near the mean keeps the sums exact.
        required: leave out responses that lack it.
    """

    name: str
    take: Take = "score"
    where: Filter | None = None
    attribute: str = ""
    at_most: float | None = None
    at_least: float | None = None
    levels: tuple[tuple[float, float], ...] = ()
    centre: float = 0.0
    required: bool = False

    @property
    def source(self) -> tuple[Take, Filter | None, str]:
        """What it is read from: columns of one source are read once."""
        return self.take, self.where, self.attribute

    @property
    def is_always_there(self) -> bool:
        """Whether no response can lack it."""
        bounded = self.at_most is not None or self.at_least is not None
        return self.required or bounded or self.take in ("said", "happened")


@dataclass(frozen=True, slots=True)
class SegmentProducts:
    """Responses of one segment (None: all others): one set of cross-products a block, by customer bucket."""

    segment: str | None
    responses: int
    blocks: tuple[CrossProducts, ...]


@dataclass(frozen=True, slots=True)
class ResponseProducts(Question[tuple[SegmentProducts, ...]]):
    """Counts, sums and cross-products of columns over responses, by customer bucket: what a driver analysis reads.

    Args:
        about: the signals that make a response count: those with the outcome.
        columns: what responses give, at most ``MOST_COLUMNS``.
        blocks: names of columns whose cross-products are wanted with each other; default: all in one.
        where, since, until: narrow the signals that make a response count; both days included.
        segment: a dimension of those signals by which responses are told apart,
        segments: and its values, at most ``MOST_SEGMENTS``; the others together are None.
    """

    about: Filter
    columns: tuple[Column, ...]
    blocks: tuple[tuple[str, ...], ...] = ()
    where: Filter | None = None
    since: date | None = None
    until: date | None = None
    segment: str | None = None
    segments: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if not 0 < len(names) <= MOST_COLUMNS or len(set(names)) < len(names):
            raise ValueError(f"1 to {MOST_COLUMNS} columns of different names, not {names!r}")
        if len(self.segments) > MOST_SEGMENTS:
            raise ValueError(f"at most {MOST_SEGMENTS} segments, not {len(self.segments)}")
        if unknown := {name for block in self.blocks for name in block} - set(names):
            raise ValueError(f"no column {sorted(unknown)[0]!r}: there are {', '.join(names)}")

    def days(self) -> tuple[date | None, date | None]:
        """What happened before may lie before the first day."""
        return (None, None) if self._happened else (self.since, self.until)

    @property
    def _sources(self) -> list[tuple[Take, Filter | None, str]]:
        return list(dict.fromkeys(column.source for column in self.columns))

    @property
    def _happened(self) -> list[int]:
        return [place for place, (take, _, _) in enumerate(self._sources) if take == "happened"]

    @property
    def _blocks(self) -> list[list[int]]:
        names = [column.name for column in self.columns]
        return [[names.index(name) for name in block] for block in self.blocks or (tuple(names),)]

    def query(self, known: Known) -> exp.Select:
        sums = exp.select("segment", "bucket", exp.Count(this=exp.Star()).as_("n"), *self._sums())
        return self.with_responses(sums.from_(self.rows().subquery("m")).group_by("segment", "bucket"), known)

    def rows(self) -> exp.Select:
        """Each response with its columns about their centres, over what :meth:`with_responses` adds."""
        from_where = exp.select("*").from_("responses")
        if self._happened:
            struck = [
                exp.func("coalesce", exp.column(f"v{place}", "h"), _zero()).as_(f"v{place}") for place in self._happened
            ]
            own = exp.Column(this=exp.Star(), table=exp.to_identifier("r"))
            from_where = exp.select(own, *struck).from_("responses as r")
            from_where = from_where.join("struck as h", on="r.id = h.id", join_type="left")
        read = [(at, (column, self._sources.index(column.source))) for at, column in enumerate(self.columns)]
        moved = [part for at, (column, place) in read for part in _moved(at, column, place)]
        tests = [_given(column, place) for _, (column, place) in read if column.required]
        return exp.select("segment", "bucket", *moved).from_(from_where.subquery("g")).where(*tests)

    def with_responses(self, query: exp.Select, known: Known) -> exp.Select:
        """The query over :meth:`rows`, with the responses that they are read from."""
        words = Words(known.columns)
        query = query.with_("responses", as_=self._responses(words))
        if self._happened:
            query = query.with_("evidence", as_=self._evidence(words)).with_("struck", as_=self._struck())
        return query

    def _responses(self, words: Words) -> exp.Select:
        """One row a response that counts: its bucket, segment and values, and by whom and when it was given."""
        about = words.condition(self.about)
        if self.where is not None:
            about = exp.and_(about, words.condition(self.where))
        own = [place for place in range(len(self._sources)) if place not in self._happened]
        response, source = exp.column("response_id", "s"), exp.column("source", "s")
        key = exp.func("coalesce", response, exp.cast(exp.column("signal_key", "s"), exp.DataType.Type.VARCHAR))
        counted = exp.case().when(about, exp.column("signal_key", "s"))
        chosen = [
            exp.func("min", exp.column("signal_key", "s")).as_("id"),
            exp.func("min", exp.column("customer_bucket", "s")).as_("bucket"),
            self._segment(words, about).as_("segment"),
            *(self._value(words, place, about).as_(f"v{place}") for place in own),
        ]
        if self._happened:
            chosen += [
                exp.func("min", exp.column("subject_id", "s")).as_("subject"),
                exp.func("max", exp.column("occurred_at", "s")).as_("at"),
                exp.func("min", _customer()).as_("customer"),
            ]
        several = exp.or_(exp.not_(response.copy().is_(exp.null())), about.copy())
        query = labelled(
            exp.select(*chosen).where(several, *within(exp.column("local_date", "s"), self.since, self.until))
        )
        if self._happened:
            query = _with_customers(query)
        return query.group_by(source, key).having(exp.func("count", counted) > 0)

    def _segment(self, words: Words, about: exp.Condition) -> exp.Expr:
        if self.segment is None:
            return exp.cast(exp.null(), exp.DataType.Type.VARCHAR)
        value = exp.cast(words.dimension(self.segment), exp.DataType.Type.VARCHAR)
        listed = exp.and_(about.copy(), value.copy().isin(*(literal(one) for one in self.segments or ("",))))
        return exp.func("max", exp.case().when(listed, value))

    def _value(self, words: Words, place: int, about: exp.Condition) -> exp.Expr:
        take, where, attribute = self._sources[place]
        matches = about.copy() if where is None else words.condition(where)
        if take == "score":
            return exp.func("avg", exp.case().when(matches, exp.column("score", "s")))
        if take == "number":
            given: exp.Expr = exp.column("amount", "s")
            if attribute != "amount":
                given = exp.TryCast(this=words.attribute(attribute), to=exp.DataType.build("double"))
            return exp.func("max", exp.case().when(matches, given))
        return exp.func("max", exp.case().when(matches, _one()).else_(_zero()))

    def _evidence(self, words: Words) -> exp.Select:
        """Signals that show that something happened, to whom, and what."""
        tests = {place: words.condition(where) for place in self._happened if (where := self._sources[place][1])}
        shown = [exp.case().when(test, _one()).else_(_zero()).as_(f"v{place}") for place, test in tests.items()]
        rows = exp.select(
            _customer().as_("customer"),
            exp.column("subject_id", "s").as_("subject"),
            exp.column("occurred_at", "s").as_("at"),
            *shown,
        ).where(exp.or_(*(test.copy() for test in tests.values())))
        return _with_customers(labelled(rows))

    def _struck(self) -> exp.Select:
        """The responses to whose subject, or else to whose customer shortly before, something happened."""
        most = [exp.func("max", exp.column(f"v{place}", "e")).as_(f"v{place}") for place in self._happened]
        window = exp.Interval(this=exp.Literal.string(str(EVENT_DAYS)), unit=exp.var("DAY"))
        apart = exp.or_(exp.column("subject", "r").is_(exp.null()), exp.column("subject", "e").is_(exp.null()))
        near = exp.and_(
            exp.column("customer", "r").eq(exp.column("customer", "e")),
            apart,
            exp.column("at", "e") <= exp.column("at", "r"),
            exp.column("at", "e") >= exp.Sub(this=exp.column("at", "r"), expression=window),
        )
        same = exp.column("subject", "r").eq(exp.column("subject", "e"))
        parts = [
            exp.select(exp.column("id", "r"), *(one.copy() for one in most))
            .from_("responses as r")
            .join("evidence as e", on=on)
            .group_by(exp.column("id", "r"))
            for on in (same, near)
        ]
        both = exp.union(*parts, distinct=False)
        again = [exp.func("max", exp.column(f"v{place}")).as_(f"v{place}") for place in self._happened]
        return exp.select("id", *again).from_(both.subquery("b")).group_by("id")

    def _sums(self) -> Iterable[exp.Expr]:
        names: dict[str, exp.Expr] = {}
        for block in self._blocks:
            for i in block:
                for j in block:
                    names |= self._of_pair(i, j)
        return [exp.func("sum", value).as_(name) for name, value in names.items()]

    def _of_pair(self, i: int, j: int) -> Mapping[str, exp.Expr]:
        """The sums of one pair that are not known from others already; see :meth:`_moments`."""
        found: dict[str, exp.Expr] = {}
        always = self.columns[j].is_always_there
        if i <= j:
            found[f"q{i}_{j}"] = _times(f"z{i}", f"z{j}")
            if not (always and self.columns[i].is_always_there):
                found[f"n{i}_{j}"] = _times(*(f"p{one}" for one in (i, j) if not self.columns[one].is_always_there))
        if i == j or not always:
            found[f"s{i}_{j}"] = exp.column(f"z{i}") if i == j else _times(f"z{i}", f"p{j}")
        if i != j and not always:
            found[f"w{i}_{j}"] = _times(f"z{i}", f"z{i}", f"p{j}")
        return found

    def answer(self, rows: pa.Table) -> tuple[SegmentProducts, ...]:
        table = {
            name: rows.column(name).to_numpy(zero_copy_only=False) for name in rows.column_names if name != "segment"
        }
        named = np.array(rows.column("segment").to_pylist(), dtype=object)
        found = []
        for segment in sorted(set(named.tolist()), key=lambda one: (one is None, one or "")):
            mine = np.array([one == segment for one in named], dtype=bool)
            part = {name: values[mine] for name, values in table.items()}
            blocks = tuple(self._moments(part, block) for block in self._blocks)
            found.append(SegmentProducts(segment, round(float(part["n"].sum())), blocks))
        return tuple(found)

    def _moments(self, part: Mapping[str, Array], block: Sequence[int]) -> CrossProducts:
        """Spread the sums over buckets and pairs: a column that is always there leaves the others' sums as they are."""
        size = len(block)
        arrays = {one: np.zeros((BUCKETS, size, size)) for one in "nsqw"}
        at = np.asarray(part["bucket"], dtype=float)
        place = np.where(np.isnan(at), 0, at).astype(np.intp)
        for a, i in enumerate(block):
            for b, j in enumerate(block):
                low, high = min(i, j), max(i, j)
                alone = self.columns[j].is_always_there
                read = {
                    "q": f"q{low}_{high}",
                    "n": f"n{low}_{high}" if f"n{low}_{high}" in part else "n",
                    "s": f"s{i}_{i}" if alone else f"s{i}_{j}",
                    "w": f"q{i}_{i}" if alone or i == j else f"w{i}_{j}",
                }
                for one, name in read.items():
                    np.add.at(arrays[one][:, a, b], place, np.asarray(part[name], dtype=float))
        names = tuple(self.columns[one].name for one in block)
        centre = np.array([_centre(self.columns[one]) for one in block])
        return CrossProducts(names, arrays["n"], arrays["s"], arrays["q"], arrays["w"], centre)


@dataclass(frozen=True, slots=True)
class RatingCount:
    """A rating that stands in ``responses`` responses: its metric, and which question it answers, where there are
    several."""

    metric: str
    question: str | None
    responses: int


@dataclass(frozen=True, slots=True)
class RatingsTogether(Question[tuple[RatingCount, ...]]):
    """Which ratings the responses carry that a signal ``about`` something (the outcome) makes count, most first."""

    about: Filter
    where: Filter | None = None
    since: date | None = None
    until: date | None = None
    limit: int = 200

    def query(self, known: Known) -> exp.Select:
        words = Words(known.columns)
        about = [words.condition(self.about), *within(exp.column("local_date", "s"), self.since, self.until)]
        if self.where is not None:
            about.append(words.condition(self.where))
        keys = (exp.column("source", "s"), exp.column("response_id", "s"))
        response = exp.not_(exp.column("response_id", "s").is_(exp.null()))
        chosen = labelled(exp.select(*keys).distinct().where(*about, response))
        same = exp.and_(*(exp.column(name, "s").eq(exp.column(name, "c")) for name in ("source", "response_id")))
        given = exp.not_(exp.column("score", "s").is_(exp.null()))
        rated = (
            exp.select(exp.column("metric", "s"), words.attribute("question").as_("question"))
            .from_("signals as s")
            .join(chosen.subquery("c"), on=same)
            .where(given, *within(exp.column("local_date", "s"), self.since, self.until))
        )
        counted = exp.Count(this=exp.Star()).as_("n")
        query = exp.select("metric", "question", counted).from_(rated.subquery("r")).group_by("metric", "question")
        return query.order_by(exp.column("n").desc(), "metric", "question").limit(self.limit)

    def answer(self, rows: pa.Table) -> tuple[RatingCount, ...]:
        found = [RatingCount(row["metric"], row["question"], row["n"]) for row in rows.to_pylist() if row["metric"]]
        return tuple(sorted(found, key=lambda one: (-one.responses, one.metric, one.question or "")))


def _moved(place: int, column: Column, value: int) -> list[exp.Expr]:
    """``z``: the column's value about its centre, 0 where there is none; ``p``: 1 where there is one."""
    read = _read(column, value)
    centred = exp.Sub(this=exp.paren(read), expression=literal(_centre(column)))
    moved = exp.func("coalesce", centred, _zero()).as_(f"z{place}")
    if column.is_always_there:
        return [moved]
    present = exp.case().when(exp.paren(read.copy()).is_(exp.null()), _zero()).else_(_one())
    return [moved, present.as_(f"p{place}")]


def _read(column: Column, value: int) -> exp.Expr:
    """The column's value as a number; null where there is none."""
    given = exp.column(f"v{value}", "g")
    if column.levels:
        cases = exp.case()
        for level, standing in column.levels:
            cases = cases.when(given.copy().eq(literal(float(level))), literal(float(standing)))
        return cases
    if column.at_most is None and column.at_least is None:
        return given
    bounds: list[exp.Condition] = []
    if column.at_most is not None:
        bounds.append(given.copy() <= literal(float(column.at_most)))
    if column.at_least is not None:
        bounds.append(given.copy() >= literal(float(column.at_least)))
    return exp.case().when(exp.and_(*bounds), _one()).else_(_zero())


def _given(column: Column, value: int) -> exp.Condition:
    """Whether a response has what a required column is read from."""
    read = _read(column, value) if column.levels else exp.column(f"v{value}", "g")
    return exp.not_(exp.paren(read).is_(exp.null()))


def _centre(column: Column) -> float:
    """Flags keep 0 and 1 exact, so that cells can be read off their sums."""
    plain = column.take in ("score", "number") and column.at_most is None and column.at_least is None
    return float(column.centre) if plain else 0.0


def _times(*names: str) -> exp.Expr:
    product: exp.Expr = exp.column(names[0])
    for name in names[1:]:
        product = exp.Mul(this=product, expression=exp.column(name))
    return product


def _one() -> exp.Expr:
    return exp.Literal.number("1e0")


def _zero() -> exp.Expr:
    return exp.Literal.number("0e0")


def _customer() -> exp.Expr:
    """Who: the customer that this one was merged into, else itself."""
    return exp.func("coalesce", exp.column("merged_into", "c"), exp.column("customer_id", "s"))


def _with_customers(query: exp.Select) -> exp.Select:
    same = exp.column("customer_id", "s").eq(exp.column("customer_id", "c"))
    return query.join("customers as c", on=same, join_type="left")
