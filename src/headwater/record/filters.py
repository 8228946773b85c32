"""The one filter grammar: the same in the address bar, the API, the command line and saved segments.

    expression := expression or expression | expression and expression | not expression | ( expression ) | test
    test       := term (= | != | <> | < | <= | > | >=) value | term [not] in (value, …) | term [not] like 'pattern'
                | term [not] between value and value | term is [not] null | flag
    term       := a column of the record | cause | attribute:NAME | attribute:"any name"
    flag       := negative | event:NAME | event:"any name"         (also flag = true, flag = false)
    value      := 'text' | number | true | false

``cause = 'x'`` means: has that cause, perhaps among others. Dates are written as text, ``local_date >= '2026-01-31'``,
in ISO 8601. A test about something that is not known is false, so that an expression and its ``not`` always divide the
signals in two. The grammar is small enough for a parser of its own, which can say where an error is and lets nothing
through that it does not name; what comes out is compiled to SQL expressions, never to text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

MAX_LENGTH, MAX_DEPTH, MAX_TESTS, MAX_VALUES = 4000, 30, 100, 1000
Value: TypeAlias = str | float | bool | date | datetime

_PLACE = ("source", "record_id", "kind", "customer_id", "response_id", "conversation_id", "subject_id", "channel")
_SAID = ("author", "language", "metric", "scale", "text", "event", "currency", "stage", "moment", "sentiment", "effort")
TEXT = frozenset((*_PLACE, *_SAID))
NUMBER = frozenset(["revision", "customer_bucket", "score", "score_band", "amount"])
DAYS = {"local_date": "local_date", "day": "local_date"}
TIMES = frozenset(("occurred_at", "received_at"))
FLAG = "negative"
NAMED = ("attribute", "event")
KEYWORDS = frozenset(["and", "or", "not", "in", "is", "null", "between", "like", "true", "false"])


class FilterError(ValueError):
    """A filter that cannot be understood. ``position`` counts characters from 0."""

    def __init__(self, reason: str, position: int) -> None:
        super().__init__(f"{reason} (at character {position + 1})")
        self.reason = reason
        self.position = position


@dataclass(frozen=True, slots=True, order=True)
class Term:
    """A column, a flag, or a named attribute or event."""

    kind: str
    name: str

    def __str__(self) -> str:
        if self.kind not in NAMED:
            return self.name
        plain = re.fullmatch(r"[A-Za-z_]\w*", self.name, re.ASCII)
        return f"{self.kind}:{self.name}" if plain else f"{self.kind}:" + '"' + self.name.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True)
class Compare:
    term: Term
    operator: str
    value: Value

    def __str__(self) -> str:
        return f"{self.term} {self.operator} {_write(self.value)}"


@dataclass(frozen=True, slots=True)
class Among:
    term: Term
    values: tuple[Value, ...]

    def __str__(self) -> str:
        return f"{self.term} in ({', '.join(map(_write, self.values))})"


@dataclass(frozen=True, slots=True)
class Between:
    term: Term
    low: Value
    high: Value

    def __str__(self) -> str:
        return f"{self.term} between {_write(self.low)} and {_write(self.high)}"


@dataclass(frozen=True, slots=True)
class Like:
    term: Term
    pattern: str

    def __str__(self) -> str:
        return f"{self.term} like {_write(self.pattern)}"


@dataclass(frozen=True, slots=True)
class IsNull:
    term: Term

    def __str__(self) -> str:
        return f"{self.term} is null"


@dataclass(frozen=True, slots=True)
class Flag:
    term: Term

    def __str__(self) -> str:
        return str(self.term)


@dataclass(frozen=True, slots=True)
class Not:
    part: "Node"

    def __str__(self) -> str:
        return f"not ({self.part})"


@dataclass(frozen=True, slots=True)
class Group:
    """Parts joined by ``and`` or by ``or``."""

    word: str
    parts: tuple["Node", ...]

    def __str__(self) -> str:
        return f" {self.word} ".join(f"({part})" if isinstance(part, Group) else str(part) for part in self.parts)


Node: TypeAlias = Compare | Among | Between | Like | IsNull | Flag | Not | Group


@dataclass(frozen=True, slots=True)
class Filter:
    """A parsed filter; ``str`` gives its text, which parses to an equal one."""

    node: Node

    def __str__(self) -> str:
        return str(self.node)

    def terms(self) -> frozenset[Term]:
        return frozenset(term for term in _terms(self.node))

    def conjuncts(self) -> tuple[Node, ...]:
        """The tests that must all hold."""
        node = self.node
        return node.parts if isinstance(node, Group) and node.word == "and" else (node,)


def every(*filters: Filter | None) -> Filter | None:
    """All of the filters at once; None where there is none."""
    parts = tuple(part for one in filters if one is not None for part in one.conjuncts())
    if not parts:
        return None
    return Filter(parts[0] if len(parts) == 1 else Group("and", parts))


def equals(term: str, value: str | None) -> Filter:
    """``term = value``, or ``term is null``: a row of an answer, turned into the filter that selects it.

    Raises:
        FilterError: the term does not exist.
    """
    parser = _Parser(term)
    found = parser.term()
    parser.end()
    if value is None:
        return Filter(IsNull(found))
    if found.kind in ("negative", "event"):
        return Filter(Flag(found) if value in ("yes", "true", "True") else Not(Flag(found)))
    literal: str | float = float(value) if found.kind == "number" else value
    return Filter(Compare(found, "=", _fit(found, literal, 0)))


def parse(text: str) -> Filter:
    """Parse a filter.

    Raises:
        FilterError: the text is no filter; says where and why.
    """
    if len(text) > MAX_LENGTH:
        raise FilterError(f"The filter has {len(text)} characters; {MAX_LENGTH} are allowed", MAX_LENGTH)
    parser = _Parser(text)
    node = parser.either(0)
    parser.end()
    return Filter(node)


_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^']|'')*')|(?P<quoted>"(?:[^"]|"")*")|(?P<number>-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<word>[A-Za-z_]\w*)|(?P<sign><=|>=|<>|!=|[=<>(),:]))""",
    re.VERBOSE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int


def _tokens(text: str) -> Iterator[_Token]:
    place = 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            start = place + len(text[place:]) - len(text[place:].lstrip())
            hint = (
                "The text that begins here has no end"
                if text[start] in "'\""
                else f"“{text[start]}” has no meaning here"
            )
            raise FilterError(hint, start)
        yield _Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup))
        place = match.end()
    yield _Token("end", "", len(text))


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._place = 0
        self._tests = 0

    @property
    def _next(self) -> _Token:
        return self._tokens[self._place]

    def _take(self) -> _Token:
        token = self._next
        self._place = min(self._place + 1, len(self._tokens) - 1)
        return token

    def _word(self, *words: str) -> bool:
        token = self._next
        if token.kind in ("word", "sign") and token.text.lower() in words:
            self._take()
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._word(word):
            raise FilterError(f"“{word}” is expected here, not {_shown(self._next)}", self._next.start)

    def end(self) -> None:
        if self._next.kind != "end":
            raise FilterError(f"“and”, “or” or the end is expected here, not {_shown(self._next)}", self._next.start)

    def either(self, depth: int) -> Node:
        parts = [self._both(depth)]
        while self._word("or"):
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else Group("or", tuple(parts))

    def _both(self, depth: int) -> Node:
        parts = [self._one(depth)]
        while self._word("and"):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else Group("and", tuple(parts))

    def _one(self, depth: int) -> Node:
        start = self._next.start
        if depth > MAX_DEPTH:
            raise FilterError(f"The filter is nested more than {MAX_DEPTH} deep", start)
        if self._word("not"):
            return Not(self._one(depth + 1))
        if self._word("("):
            node = self.either(depth + 1)
            self._expect(")")
            return node
        self._tests += 1
        if self._tests > MAX_TESTS:
            raise FilterError(f"The filter has more than {MAX_TESTS} tests", start)
        return self._test(self.term())

    def term(self) -> Term:
        token = self._take()
        name = token.text.lower()
        if token.kind != "word" or name in KEYWORDS:
            raise FilterError(f"A column is expected here, not {_shown(token)}", token.start)
        if name in NAMED and self._word(":"):
            return Term(name, self._name(name))
        kind = _kind(name)
        if kind is None:
            raise FilterError(
                f"There is no column “{token.text}”. Columns are {', '.join(sorted(COLUMNS))}; "
                "attributes are written attribute:NAME, events event:NAME",
                token.start,
            )
        return Term(kind, DAYS.get(name, name))

    def _name(self, kind: str) -> str:
        token = self._take()
        name = token.text[1:-1].replace('""', '"') if token.kind == "quoted" else token.text
        if token.kind not in ("word", "quoted") or not name:
            raise FilterError(f"The name of the {kind} is expected here, not {_shown(token)}", token.start)
        return name

    def _test(self, term: Term) -> Node:
        if term.kind in (FLAG, "event"):
            return self._flag(term)
        start = self._next.start
        if self._word("is"):
            denied = self._word("not")
            self._expect("null")
            return Not(IsNull(term)) if denied else IsNull(term)
        denied = self._word("not")
        node = self._range(term, start)
        if node is not None:
            return Not(node) if denied else node
        sign = self._take()
        if denied or sign.kind != "sign" or sign.text not in ("=", "!=", "<>", "<", "<=", ">", ">="):
            raise FilterError(f"A comparison is expected after “{term}”, not {_shown(sign)}", sign.start)
        operator = "!=" if sign.text == "<>" else sign.text
        if term.kind == "cause" and operator not in ("=", "!="):
            raise FilterError("A cause can be compared with =, != and in", sign.start)
        return Compare(term, operator, self._value(term))

    def _range(self, term: Term, start: int) -> Node | None:
        if self._word("in"):
            self._expect("(")
            values = [self._value(term)]
            while self._word(","):
                values.append(self._value(term))
            self._expect(")")
            if len(values) > MAX_VALUES:
                raise FilterError(f"The list has {len(values)} values; {MAX_VALUES} are allowed", start)
            return Among(term, tuple(values))
        if self._word("between"):
            low = self._value(term)
            self._expect("and")
            if term.kind == "cause":
                raise FilterError("A cause can be compared with =, != and in", start)
            return Between(term, low, self._value(term))
        if self._word("like"):
            if term.kind not in ("text", "attribute"):
                raise FilterError(f"like needs a text, and “{term}” is none", start)
            pattern = self._take()
            if pattern.kind != "text":
                raise FilterError(f"A pattern in 'quotes' is expected here, not {_shown(pattern)}", pattern.start)
            return Like(term, pattern.text[1:-1].replace("''", "'"))
        return None

    def _flag(self, term: Term) -> Node:
        for sign, negated in (("=", False), ("!=", True), ("<>", True)):
            if self._word(sign):
                token = self._take()
                word = token.text.lower().strip("'")
                if word not in ("true", "false", "yes", "no"):
                    raise FilterError(f"“{term}” is true or false, not {_shown(token)}", token.start)
                return Flag(term) if (word in ("true", "yes")) != negated else Not(Flag(term))
        return Flag(term)

    def _value(self, term: Term) -> Value:
        token = self._take()
        if token.kind == "text":
            return _fit(term, token.text[1:-1].replace("''", "'"), token.start)
        if token.kind == "number":
            return _fit(term, float(token.text), token.start)
        raise FilterError(f"A number or a text in 'quotes' is expected here, not {_shown(token)}", token.start)


COLUMNS = TEXT | NUMBER | TIMES | frozenset((*DAYS, FLAG, "cause"))


def _kind(name: str) -> str | None:
    kinds = {"text": TEXT, "number": NUMBER, "time": TIMES, "day": DAYS, "cause": ("cause",), FLAG: (FLAG,)}
    return next((kind for kind, names in kinds.items() if name in names), None)


def _fit(term: Term, value: str | float, place: int) -> Value:
    """The value in the term's type."""
    if term.kind in ("text", "cause") and not isinstance(value, str):
        raise FilterError(f"“{term}” is text: write '{_number(value)}'", place)
    if term.kind == "number" and isinstance(value, str):
        raise FilterError(f"“{term}” is a number, and '{value}' is text", place)
    if term.kind == "number" and isinstance(value, float) and abs(value) == float("inf"):
        raise FilterError("The number is too large", place)
    if term.kind in ("day", "time"):
        try:
            read = date.fromisoformat(str(value)) if term.kind == "day" else datetime.fromisoformat(str(value))
        except ValueError:
            raise FilterError(f"“{term}” is a date: '{value}' is not written like '2026-01-31'", place) from None
        if isinstance(read, datetime) and read.tzinfo is not None:
            raise FilterError(f"Times are UTC and written without a zone, unlike '{value}'", place)
        return read
    return value


def _terms(node: Node) -> Iterator[Term]:
    if isinstance(node, Group):
        for part in node.parts:
            yield from _terms(part)
    elif isinstance(node, Not):
        yield from _terms(node.part)
    else:
        yield node.term


def _write(value: Value) -> str:
    if isinstance(value, float):
        return _number(value)
    return "'" + (value.isoformat() if isinstance(value, date) else str(value)).replace("'", "''") + "'"


def _number(value: object) -> str:
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else repr(value)


def _shown(token: _Token) -> str:
    return "the end" if token.kind == "end" else f"“{token.text[:40]}”"
