"""A trigger's rule as a person wrote it: the document that is kept, what it means, and the sentence that says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any, ClassVar, Literal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter

from headwater.base.refusals import Refused
from headwater.journey.documents import checked
from headwater.record.filters import Filter, FilterError, parse
from headwater.record.questions import Pattern

MAX_N = 1_000
MAX_GATHERED = 50
MAX_HOURS = 24 * 366
KINDS = ("first", "nth", "within", "not_followed", "threshold")
Expression = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4_000)]


@dataclass(frozen=True, slots=True)
class Rule:
    """What fires: the kinds of ``record.questions.patterns`` and ``first``, the first time. Fields that the kind does
    not use keep their defaults."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    kind: Literal["first", "nth", "within", "not_followed", "threshold"]
    first: Expression
    second: Expression = ""
    per: Literal["customer", "subject"] = "customer"
    n: Annotated[int, Field(ge=1, le=MAX_N)] = 1
    hours: Annotated[int, Field(ge=0, le=MAX_HOURS)] = 0
    promised: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""
    measured: Literal["amount", "score"] = "amount"
    side: Literal["at_least", "at_most"] = "at_least"
    value: Annotated[float, Field(allow_inf_nan=False, ge=-1e15, le=1e15)] = 0.0

    def filters(self) -> tuple[Filter, ...]:
        """The filters that the rule uses. Raises ``Refused`` at the first that cannot be read."""
        first = read_filter(self.first, "first")
        return (first, read_filter(self.second, "second")) if self.kind == "not_followed" else (first,)

    def pattern(self) -> Pattern:
        """What the record is asked for. Raises ``Refused`` where the rule says too little."""
        self._complete()
        filters = self.filters()
        return Pattern(
            kind="nth" if self.kind == "first" else self.kind,
            first=filters[0],
            second=filters[1] if len(filters) > 1 else None,
            per=self.per,
            n=self.n if self.kind in ("nth", "within") else 1,
            hours=self.hours if self.kind == "within" or (self.kind == "not_followed" and not self.promised) else 0,
            promised=self.promised if self.kind == "not_followed" else "",
            measured=self.measured,
            at_least=self.side == "at_least",
            value=self.value if self.kind == "threshold" else 0.0,
        )

    def _complete(self) -> None:
        if self.kind in ("nth", "within") and self.n < 2:
            raise Refused("trigger.n", _("Count to at least 2; for the first one choose “First time”."), "n")
        if self.kind == "within" and self.n > MAX_GATHERED:
            raise Refused("trigger.n", _("Within a time at most %d can be counted.") % MAX_GATHERED, "n")
        needs_time = self.kind == "within" or (self.kind == "not_followed" and not self.promised)
        if needs_time and not self.hours:
            raise Refused("trigger.hours", _("Say within how long, or which attribute holds the deadline."), "hours")


_RULE = TypeAdapter(Rule)


def read_rule(content: Mapping[str, Any]) -> Rule:
    """The rule that a document holds; refuses what is wrong with its place, its filters included."""
    rule = checked(_RULE, dict(content), "trigger.invalid")
    rule.pattern()
    return rule


def written(rule: Rule) -> dict[str, Any]:
    """The document of a rule, without what equals its default."""
    bare = asdict(Rule(kind=rule.kind, first=""))
    return {key: value for key, value in asdict(rule).items() if key in ("kind", "first") or value != bare[key]}


def read_filter(text: str, field: str) -> Filter:
    """A filter that a person wrote. Raises ``Refused`` at the field with what is wrong and where."""
    if not text:
        raise Refused("trigger.filter", _("Say which signals count, such as event = 'order_placed'."), field)
    try:
        return parse(text)
    except FilterError as error:
        raise Refused("trigger.filter", str(error), field) from error


def in_words(rule: Rule) -> str:
    """The rule as a sentence."""
    whose = _("of a customer") if rule.per == "customer" else _("of an order or other subject")
    data = {"first": rule.first, "second": rule.second, "n": rule.n, "time": duration(rule.hours), "whose": whose}
    match rule.kind:
        case "first":
            return _("The first signal %(whose)s where %(first)s.") % data
        case "nth":
            return _("Signal number %(n)d %(whose)s where %(first)s.") % data
        case "within":
            return _("%(n)d signals %(whose)s within %(time)s where %(first)s.") % data
        case "not_followed" if rule.promised:
            data["promised"] = rule.promised
            return _("%(first)s, and not %(second)s by the time in its attribute “%(promised)s”.") % data
        case "not_followed":
            return _("%(first)s, and not %(second)s within %(time)s.") % data
    data |= {"what": _("amount") if rule.measured == "amount" else _("score"), "value": f"{rule.value:g}"}
    if rule.side == "at_least":
        return _("A signal where %(first)s with an %(what)s of %(value)s or more.") % data
    return _("A signal where %(first)s with an %(what)s of %(value)s or less.") % data


def duration(hours: int) -> str:
    """``3 days``, ``36 hours``."""
    if hours and hours % 24 == 0:
        return ngettext("%d day", "%d days", hours // 24) % (hours // 24)
    return ngettext("%d hour", "%d hours", hours) % hours
