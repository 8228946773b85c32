"""What can be an outcome and what can drive it: ratings, events, causes, moments and numbers that answers come with."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from django.utils.translation import gettext as _

from headwater.base.refusals import NotFound
from headwater.insight.assets import custom_of
from headwater.insight.finance import figures
from headwater.insight.selection import Selection
from headwater.journey.queries import taxonomy
from headwater.metrics.definitions import METRICS, MetricDefinition
from headwater.metrics.store import company_record
from headwater.record.filters import Compare, Filter, Flag, Term, equals, every, parse
from headwater.record.questions import Column, Custom, FieldValues, RatingCount, RatingsTogether, Returning, Sums
from headwater.record.questions.again import MOST_EXPERIENCES
from headwater.science import NoVerdict, ridits

Kind = Literal["rating", "event", "cause", "moment", "number"]
Form = Literal["score", "low", "rank"]
FORMS: Final[tuple[Form, ...]] = ("score", "low", "rank")
Taken = Literal["score", "low", "rank", "again"]
"""How the outcome was taken: a rating in one of its forms, or whether customers bought again."""
SHARE_ANSWERED: Final = 0.1
"""A rating is proposed where at least this share of the responses gives it."""
FEWEST: Final = 30
"""Fewer responses with (or without) something are too few to say what goes with it."""
MOST_PROPOSED: Final = 14
MOST_RATINGS: Final = 40
MOST_EVENTS: Final = 12
MOST_KNOWN: Final = 200
"""So many of the record's events are looked at, the most frequent first."""
OVERALL: Final = ("overall", "all", "whole", "general", "gesamt", "total", "insgesamt")
SCORED = parse("score is not null")
SILENT = "metric is null and negative"
"""Signals about a moment count as it going wrong where they carry no score, so that a score never proves itself."""


@dataclass(frozen=True, slots=True)
class Rating:
    """A question that is answered with a score: a metric, and which question where a response answers several."""

    metric: str
    question: str | None
    responses: int

    @property
    def id(self) -> str:
        return f"rating:{self.metric}" if self.question is None else f"rating:{self.metric}:{self.question}"

    @property
    def definition(self) -> MetricDefinition:
        return METRICS[self.metric]

    @property
    def name(self) -> str:
        return str(self.definition.title) if self.question is None else as_words(self.question)

    @property
    def where(self) -> Filter:
        metric = Filter(Compare(Term("text", "metric"), "=", self.metric))
        given = every(metric, SCORED)
        asked = None if self.question is None else Filter(Compare(Term("attribute", "question"), "=", self.question))
        return every(given, asked) or metric


@dataclass(frozen=True, slots=True)
class CameBack:
    """Whether customers bought again, yes or no of each once; ``responses`` are the customers who ever bought."""

    custom: Custom
    responses: int
    again: int
    id: str = "again"
    metric: str = ""
    question: str | None = None

    @property
    def name(self) -> str:
        return _("Bought again")


Outcome = Rating | CameBack


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that may drive the outcome. ``responses`` is how many responses are known to come with it.

    ``path`` is the page that says more of it, about the signals that ``narrows`` (a filter) leaves there. ``who`` are
    the customers that it is said of or happened to, inside a sentence. ``is_failure`` is false of an event that no
    cause of a failure claims: that an order was placed is nothing bad, and a driver only where somebody chose it.
    """

    id: str
    kind: Kind
    name: str
    column: Column
    responses: int
    rating: Rating | None = None
    path: str = ""
    narrows: str = ""
    who: str = ""
    is_failure: bool = True


def outcomes(selection: Selection) -> tuple[Rating, ...]:
    """Every rating of the selection that enough responses give, the likeliest outcome first."""
    asked = Sums(("metric", "attribute:question"), every(selection.filter(), SCORED), selection.since, selection.until)
    found = [
        Rating(metric, row.group["attribute:question"], row.scored)
        for row in company_record().ask(asked).rows
        if (metric := row.group["metric"]) in METRICS and METRICS[metric].scored and row.scored >= FEWEST
    ]
    return tuple(sorted(found, key=_likeliness)[:MOST_RATINGS])


def _likeliness(rating: Rating) -> tuple[bool, bool, int, str]:
    """A question about the whole first, then the recommendation question, then what most have answered."""
    words = as_words(rating.question or "").lower().split()
    return (not set(words) & set(OVERALL), rating.metric != "nps", -rating.responses, rating.id)


def came_back(selection: Selection) -> CameBack | None:
    """Whether customers bought again, as finance defines who is one; None where it has not, or nobody ever bought."""
    custom = custom_of(figures())
    if isinstance(custom, NoVerdict):
        return None
    found = company_record().ask(Returning(custom, selection.filter()))
    return CameBack(custom, found.customers, found.again) if found.customers else None


def outcome_of(found: Sequence[Outcome], chosen: str) -> Outcome:
    """The outcome of that id, or the likeliest. Refuses (404) one that nobody answers in this selection."""
    for rating in found:
        if not chosen or rating.id == chosen:
            return rating
    message = _("Nobody answers “%(chosen)s” in this selection. Choose another outcome: %(names)s.")
    names = ", ".join(rating.id for rating in found[:8]) or _("there is none")
    raise NotFound("outcome_unknown", message % {"chosen": chosen[:200], "names": names}, "outcome")


def outcome_column(rating: Rating, form: Form, selection: Selection) -> Column:
    """The outcome as a number: the score, 1 for a low one, or its mid-rank among all."""
    definition = rating.definition
    if form == "low":
        return Column("outcome", where=rating.where, at_most=definition.low_max, required=True)
    if form == "rank":
        asked = Sums(("score",), every(selection.filter(), rating.where), selection.since, selection.until)
        counted = sorted((float(row.group["score"] or 0), row.n) for row in company_record().ask(asked).rows)
        standing = ridits([n for _, n in counted])
        levels = tuple((score, float(rank)) for (score, _), rank in zip(counted, standing, strict=True))
        return Column("outcome", where=rating.where, levels=levels, centre=0.5, required=True)
    return Column("outcome", where=rating.where, centre=middle(definition), required=True)


def middle(definition: MetricDefinition) -> float:
    """The middle of the scale: near enough to every mean."""
    return ((definition.scale_low or 0.0) + (definition.scale_high or 0.0)) / 2


def candidates(outcome: Rating, selection: Selection) -> tuple[Candidate, ...]:
    """What the responses with this outcome come with, often enough to be asked about; ratings first."""
    together = RatingsTogether(outcome.where, selection.filter(), selection.since, selection.until)
    rated = _ratings(company_record().ask(together), outcome)
    return (*rated, *_events(), *_causes(outcome.where, selection), *_moments(), *_numbers(outcome, selection))


def candidates_after(outcome: CameBack, selection: Selection) -> tuple[Candidate, ...]:
    """What may come to customers after they first bought, and does often enough to be asked about."""
    found = (*_events(), *_causes(None, selection), *_moments())
    signs = {f"event:{name}" for name in outcome.custom.events}
    return tuple(one for one in found if one.id not in signs)[:MOST_EXPERIENCES]


def _ratings(counted: Sequence[RatingCount], outcome: Rating) -> Iterable[Candidate]:
    everyone = max((one.responses for one in counted), default=0)
    for one in counted:
        rating = Rating(one.metric, one.question, one.responses)
        enough = one.responses >= max(FEWEST, SHARE_ANSWERED * everyone)
        if one.metric not in METRICS or not rating.definition.scored or rating.id == outcome.id or not enough:
            continue
        column = Column(rating.id, where=rating.where, centre=middle(rating.definition))
        narrows = str(equals("attribute:question", one.question)) if one.question else ""
        path = f"/metrics/{one.metric}"
        yield Candidate(rating.id, "rating", rating.name, column, one.responses, rating, path, narrows)


def _events() -> Iterable[Candidate]:
    """The most frequent events, those first that show a failure."""
    failures = {name for one in taxonomy().active_causes if one.demand != "value" for name in one.events}
    often = [(one.value, one.n) for one in company_record().ask(FieldValues("event", MOST_KNOWN)) if one.value]
    often.sort(key=lambda one: one[0] not in failures)
    for value, n in often[:MOST_EVENTS]:
        if n < FEWEST:
            continue
        name, said = f"event:{value}", as_words(value)
        column = Column(name, "happened", Filter(Compare(Term("text", "event"), "=", value)))
        about = str(Filter(Flag(Term("event", value))))
        who = _("customers with “%s”") % said
        yield Candidate(name, "event", said, column, n, None, "/verbatims", about, who, value in failures)


def _causes(about: Filter | None, selection: Selection) -> Iterable[Candidate]:
    known = taxonomy()
    asked = Sums(("cause",), every(selection.filter(), about), selection.since, selection.until)
    for row in company_record().ask(asked).rows:
        cause = known.cause(known.resolve(row.group["cause"] or ""))
        if cause is not None and row.group["cause"] == cause.id and row.n >= FEWEST:
            name = f"cause:{cause.id}"
            said = _("says “%s”") % cause.name
            column = Column(name, "said", equals("cause", cause.id))
            who = _("customers who say “%s”") % cause.name
            yield Candidate(name, "cause", said, column, row.n, path=f"/causes/{cause.id}", who=who)


def _moments() -> Iterable[Candidate]:
    known = taxonomy()
    for row in company_record().ask(Sums(("moment",), parse(SILENT))).rows:
        moment = known.moment(row.group["moment"] or "")
        if moment is not None and row.n >= FEWEST:
            name = f"moment:{moment.id}"
            wrong = every(equals("moment", moment.id), parse(SILENT))
            said = _("%s went wrong") % moment.name
            column = Column(name, "happened", wrong)
            who = _("customers for whom “%s” went wrong") % moment.name
            yield Candidate(name, "moment", said, column, row.n, None, "/verbatims", str(wrong), who)


def _numbers(outcome: Rating, selection: Selection) -> Iterable[Candidate]:
    where = every(selection.filter(), outcome.where, parse("amount is not null"))
    counted = sum(row.n for row in company_record().ask(Sums((), where, selection.since, selection.until)).rows)
    if counted >= FEWEST:
        yield Candidate(
            "number:amount", "number", _("Amount"), Column("number:amount", "number", None, "amount"), counted
        )


def as_words(name: str) -> str:
    """A column's or an event's name as people read it; what has spaces is written by people already."""
    words = name.strip() if " " in name.strip() else name.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]
