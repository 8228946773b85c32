"""One of every question, in every form that composes other SQL; asked of DuckDB and of Spark."""

from datetime import date, datetime

from headwater.record.filters import parse
from headwater.record.questions import (
    AttributeNames,
    Breaches,
    CauseSets,
    CustomerMonths,
    Endings,
    Exposure,
    FieldValues,
    Flows,
    Heard,
    Kept,
    Lags,
    MomentOutcomes,
    MomentTrace,
    Pattern,
    PatternFirings,
    PatternMarks,
    Promise,
    Question,
    RandomVerbatims,
    Repeats,
    SignalRow,
    SignalRows,
    Size,
    Suffered,
    Sums,
    TeamScores,
    TextSample,
    Timeline,
    Verbatims,
    WordsByStage,
)

FILTER = parse(
    "(stage != 'pay' or negative) and not channel in ('phone', 'x') and text like '%a%' and score between 0 and 9.5 "
    "and attribute:plan = 'plus' and cause is not null and local_date >= '2023-11-05' and occurred_at < '2024-06-01'"
)
OUTAGE, CONTACT = parse("event = 'outage'"), parse("kind = 'contact' and not negative")
AS_OF = datetime(2023, 12, 20)
PROMISE = Promise(OUTAGE, CONTACT, 48, "", parse("event = 'refund_late'"), parse("kind = 'survey'"), "customer")
QUESTIONS: dict[str, Question[object]] = {
    "everything": Sums(),
    "by every period": Sums(("day", "week", "month")),
    "by cause and stage": Sums(("cause", "stage")),
    "by cause, of one cause": Sums(("cause",), parse("cause in ('cause_01', 'cause_02')")),
    "by attribute": Sums(("attribute:plan", "negative"), customers=True),
    "by event": Sums(("event:outage",), parse("not event:refund_late")),
    "by bucket": Sums(("stage",), buckets=True, metric="nps"),
    "filtered": Sums(("channel", "sentiment"), FILTER, date(2023, 11, 2), date(2023, 12, 24)),
    "numbers in attributes": Sums((), parse("attribute:age > 30 or attribute:plan is null")),
    "verbatims": Verbatims(FILTER, cause="cause_01", stage="pay", negative=True, order="lowest", offset=2),
    "longest verbatims": Verbatims(order="longest", limit=5),
    "timeline": Timeline("c7"),
    "signal": SignalRow(12),
    "signals": SignalRows((12, -5)),
    "random verbatims": RandomVerbatims(7, 3, parse("language = 'en'")),
    "text sample": TextSample(20, 5),
    "team scores": TeamScores("enps"),
    "flows": Flows(since=date(2023, 11, 2)),
    "size": Size(),
    "causes": FieldValues("cause"),
    "plans": FieldValues("attribute:plan"),
    "attribute names": AttributeNames(),
    "third signal": PatternFirings(Pattern("nth", parse("kind = 'contact'"), n=3), AS_OF, until=date(2023, 12, 24)),
    "three within": PatternFirings(Pattern("within", CONTACT, n=3, hours=720), AS_OF, date(2023, 11, 2), offset=1),
    "not followed": PatternFirings(Pattern("not_followed", OUTAGE, CONTACT, hours=72), AS_OF, date(2023, 11, 2)),
    "not by the promise": PatternFirings(
        Pattern("not_followed", OUTAGE, CONTACT, per="subject", promised="promised"), AS_OF
    ),
    "low scores": PatternFirings(Pattern("threshold", CONTACT, measured="score", at_least=False, value=3), AS_OF),
    "marks": PatternMarks(Pattern("not_followed", OUTAGE, CONTACT, hours=72), ("c1", "c8"), date(2023, 11, 2)),
    "marks and revisions": PatternMarks(Pattern("nth", OUTAGE, n=2), ending="8", revised=True),
    "endings": Endings(Pattern("nth", OUTAGE, n=2)),
    "kept": Kept(PROMISE, AS_OF, date(2023, 11, 5), date(2023, 12, 10)),
    "breaches": Breaches(PROMISE, AS_OF, date(2023, 11, 5), limit=20, offset=1),
    "cause sets": CauseSets(("month", "stage"), FILTER),
    "customer months": CustomerMonths(
        parse("kind = 'contact' and not stage = 'pay'"),
        (Exposure("outage", ("outage",), 40), Exposure("late", ("refund_late", "delivery_late"))),
        date(2023, 11, 2),
        date(2024, 1, 10),
        "plan",
    ),
    "months without exposures": CustomerMonths(parse("kind = 'contact'"), (), date(2023, 11, 2), date(2024, 1, 10)),
    "lags": Lags(parse("kind = 'contact' and negative"), ("outage", "refund_late"), since=date(2023, 11, 2)),
    "suffered": Suffered(
        parse("kind = 'contact' or negative"),
        (Exposure("outage", ("outage",), 40), Exposure("late", ("refund_late", "delivery_late"))),
        date(2023, 11, 2),
    ),
    "repeats": Repeats(date(2024, 1, 31), 30, parse("channel is not null"), date(2023, 11, 1)),
    "repeats of any cause": Repeats(date(2024, 1, 31), any_cause=True),
    "how moments went": MomentOutcomes(
        "nps",
        (MomentTrace("m9", parse("event = 'outage' or not event:refund_late")),),
        ("outage",),
        parse("channel != 'x'"),
        date(2023, 11, 2),
    ),
    "how moments went, by words alone": MomentOutcomes("csat"),
    "how each stage is heard": Heard(FILTER, date(2023, 11, 2), date(2024, 1, 2)),
    "words by stage": WordsByStage(parse("language = 'en'"), most=3),
}
