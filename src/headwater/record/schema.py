"""The shape of the record: every table and column, with its type, unit and meaning.

A column never changes its type and is never renamed; a new one is added here and appears, empty, in older tables when
they are opened. A change that an older program could not read raises ``SCHEMA_VERSION``, and that program refuses it.
"""

from dataclasses import dataclass
from urllib.parse import quote, unquote

import pyarrow as pa

SCHEMA_VERSION = 1
BUCKETS = 200
"""Customers are spread over this many buckets by hash; intervals resample whole buckets."""

PROMOTED = "attribute:"
"""What the name of a column that was promoted from an attribute begins with."""

DATE = pa.date32()
MOMENT = pa.timestamp("us")
TEXT = pa.string()
TEXTS = pa.list_(pa.string())
ATTRIBUTES = pa.map_(pa.string(), pa.string())


OPEN_ATTRIBUTES = frozenset(["survey", "question", "moment"])
"""The attributes of an anonymous answer that say what was asked, and nothing of who answered."""
TELLING = frozenset(["channel", "language"])
"""The columns of an anonymous answer that may tell it from others, as its attributes do."""


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: pa.DataType
    meaning: str
    unit: str = ""

    def field(self) -> pa.Field:
        return pa.field(self.name, self.type, metadata={"meaning": self.meaning, "unit": self.unit})


@dataclass(frozen=True, slots=True)
class Shape:
    """One table. ``statistics`` are the columns whose smallest and largest value may stand in the log, where they
    outlive an erasure: never one with personal data. ``order`` is how rows lie within a file."""

    name: str
    columns: tuple[Column, ...]
    order: tuple[str, ...]
    statistics: tuple[str, ...]
    lookups: tuple[str, ...] = ()
    """Columns of which single values are looked up: a Bloom filter says which parts of a file have none."""
    file_rows: int = 1 << 18
    """Rows in a file at most: what a revision or a correction rewrites, kept under half a second."""

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([column.field() for column in self.columns])

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


def promoted_column(attribute: str) -> str:
    """The column of a promoted attribute. Delta allows no spaces and brackets in a name, so they are quoted."""
    return PROMOTED + quote(attribute, safe="")


def promoted_attribute(column: str) -> str:
    return unquote(column.removeprefix(PROMOTED))


SIGNALS = Shape(
    "signals",
    (
        Column("signal_key", pa.int64(), "identifies the signal: 64 bits of a hash of source and record_id"),
        Column("source", TEXT, "where it came from, a name the company chose"),
        Column("record_id", TEXT, "the signal's own id at its source; may be composite"),
        Column("revision", pa.int32(), "1 at first arrival, one more with each new content", "count"),
        Column("content_hash", pa.int64(), "64 bits of a hash of everything the source said"),
        Column("kind", TEXT, "survey, contact, review, social or event"),
        Column("occurred_at", MOMENT, "when the customer did it", "UTC"),
        Column("received_at", MOMENT, "when Headwater received this revision", "UTC"),
        Column("local_date", DATE, "the day it occurred in the company's time zone", "day"),
        Column("customer_id", TEXT, "who, as the source names the customer"),
        Column("customer_bucket", pa.int16(), "hash of the customer, of the signal where none is known", "0…199"),
        Column("response_id", TEXT, "answers of the same response share it"),
        Column("conversation_id", TEXT, "messages of the same conversation share it"),
        Column("subject_id", TEXT, "the order, flight or invoice it is about; ties words to events"),
        Column("author", TEXT, "customer, agent or employee"),
        Column("channel", TEXT, "email, phone, chat, web, store, …"),
        Column("language", TEXT, "language of the text", "ISO 639-1"),
        Column("metric", TEXT, "what the score measures: nps, csat, ces, rating, …"),
        Column("score", pa.float64(), "the score given", "the metric's scale"),
        Column("scale", TEXT, "lowest and highest possible score, such as 0-10"),
        Column("score_band", pa.int8(), "-1 low, 0 middle, 1 top; empty without a score"),
        Column("text", TEXT, "what was said, personal data redacted"),
        Column("event", TEXT, "what happened, for kind event"),
        Column("amount", pa.float64(), "money the signal is about", "currency"),
        Column("currency", TEXT, "currency of the amount", "ISO 4217"),
        Column("stage", TEXT, "journey stage, where the source says so"),
        Column("sentiment", TEXT, "negative, neutral or positive, where the source says so"),
        Column("attributes", ATTRIBUTES, "segment attributes as they were when the signal occurred"),
        Column("anonymous", pa.bool_(), "an anonymous answer: what may tell it from others is in no answer"),
    ),
    order=("local_date", "signal_key"),
    statistics=("local_date", "received_at"),
    lookups=("signal_key", "customer_id"),
)

LABELS = Shape(
    "labels",
    (
        Column("signal_key", pa.int64(), "the signal that is labelled"),
        Column("local_date", DATE, "the signal's day", "day"),
        Column("revision", pa.int32(), "the signal's revision that was read", "count"),
        Column("stage", TEXT, "journey stage; empty: not sure"),
        Column("stage_confidence", pa.float32(), "calibrated probability of the stage", "0…1"),
        Column("moment", TEXT, "moment within the stage; empty: not sure"),
        Column("moment_confidence", pa.float32(), "calibrated probability of the moment", "0…1"),
        Column("causes", TEXTS, "what went wrong upstream, none or several"),
        Column("cause_confidences", pa.list_(pa.float32()), "calibrated probability of each cause", "0…1"),
        Column("sentiment", TEXT, "negative, neutral or positive; empty: not sure"),
        Column("sentiment_confidence", pa.float32(), "calibrated probability of the sentiment", "0…1"),
        Column("effort", TEXT, "low or high; empty: not sure"),
        Column("effort_confidence", pa.float32(), "calibrated probability of the effort", "0…1"),
        Column("author", TEXT, "model, person or source; a model never replaces a person"),
        Column("model", TEXT, "name and version of the model"),
        Column("taxonomy_version", pa.int32(), "version of stages, moments and causes used", "count"),
        Column("labelled_at", MOMENT, "when", "UTC"),
    ),
    order=("local_date", "signal_key"),
    statistics=("local_date",),
    lookups=("signal_key",),
)

ALIAS = pa.struct([pa.field("kind", TEXT), pa.field("value", TEXT)])
MONEY = pa.struct(
    [
        pa.field("day", DATE),
        pa.field("revenue", pa.float64()),
        pa.field("margin", pa.float64()),
        pa.field("currency", TEXT),
    ]
)

CUSTOMERS = Shape(
    "customers",
    (
        Column("customer_id", TEXT, "who, as the signals name the customer"),
        Column("merged_into", TEXT, "the customer this one turned out to be; empty: itself"),
        Column("aliases", pa.list_(ALIAS), "other names of the same customer: kind (email, crm, order) and value"),
        Column("since", DATE, "first day as a customer", "day"),
        Column("until", DATE, "last day as a customer; empty: still one", "day"),
        Column("attributes", ATTRIBUTES, "segment attributes as they are now"),
        Column("money", pa.list_(MONEY), "revenue and margin by day", "currency"),
        Column("changed_at", MOMENT, "when this row was last written", "UTC"),
    ),
    order=("customer_id",),
    statistics=("since",),
)

EMPLOYEE_SIGNALS = Shape(
    "employee_signals",
    (
        Column("signal_key", pa.int64(), "identifies the signal: 64 bits of a hash of source and record_id"),
        Column("source", TEXT, "the survey or channel"),
        Column("record_id", TEXT, "a keyed hash of source, month, question and who answered; never who"),
        Column("local_date", DATE, "the first day of the month it was given in", "day"),
        Column("department", TEXT, "the department the colleague belongs to, never the colleague"),
        Column("theme", TEXT, "what it is about"),
        Column("kind", TEXT, "pulse (an answer), turnover, absence or workload (an amount of a whole team)"),
        Column("metric", TEXT, "what the score measures: a question of the pulse, or what is counted"),
        Column("score", pa.float64(), "the score given, or the amount", "the metric's scale"),
        Column("score_band", pa.int8(), "-1 low, 0 middle, 1 top; empty without a score"),
        Column(
            "people", pa.int64(), "how many people an amount is about; empty for an answer, which is of one", "count"
        ),
        Column("text", TEXT, "what was said, redacted"),
        Column("arrival", pa.int64(), "number of the arrival it came with; later ones are higher", "count"),
    ),
    order=("local_date", "signal_key"),
    statistics=("local_date",),
)

SUMS = (
    Column("n", pa.int64(), "signals", "count"),
    Column("negative", pa.int64(), "negative signals", "count"),
    Column("scored", pa.int64(), "signals with a score", "count"),
    Column("score_sum", pa.float64(), "sum of scores", "the metric's scale"),
    Column("score_sumsq", pa.float64(), "sum of squared scores", "the metric's scale, squared"),
    Column("low", pa.int64(), "scores in the low range", "count"),
    Column("top", pa.int64(), "scores in the top range", "count"),
)

_DIMENSIONS = {
    "day": Column("day", DATE, "the signals' local_date", "day"),
    "month": Column("month", DATE, "first day of the signals' month", "day"),
    "bucket": Column("bucket", pa.int16(), "customer bucket", "0…199"),
    "kind": Column("kind", TEXT, "kind of the signals"),
    "source": Column("source", TEXT, "source of the signals"),
    "channel": Column("channel", TEXT, "channel of the signals"),
    "language": Column("language", TEXT, "language of the signals"),
    "metric": Column("metric", TEXT, "metric of the signals"),
    "stage": Column("stage", TEXT, "effective stage"),
    "cause": Column("cause", TEXT, "a signal counts once for each of its causes"),
    "causes": Column("causes", TEXT, "all causes that a signal names, with commas; empty where it names none"),
}


def _rollup(name: str, *dimensions: str) -> Shape:
    time = dimensions[0]
    return Shape(
        name,
        (*(_DIMENSIONS[one] for one in dimensions), *SUMS),
        order=dimensions,
        statistics=(time,),
        file_rows=1 << 15,
    )


ROLLUP_DAYS = _rollup("rollup_days", "day", "kind", "source", "channel", "language", "metric", "stage")
ROLLUP_CAUSES = _rollup("rollup_causes", "day", "kind", "channel", "metric", "stage", "cause")
ROLLUP_BUCKETS = _rollup("rollup_buckets", "month", "bucket", "kind", "metric", "stage")
ROLLUP_CAUSE_BUCKETS = _rollup("rollup_cause_buckets", "month", "bucket", "kind", "cause")
ROLLUP_SETS = _rollup("rollup_sets", "month", "kind", "channel", "stage", "causes")
ROLLUP_SET_BUCKETS = _rollup("rollup_set_buckets", "month", "bucket", "kind", "causes")
ROLLUPS = (ROLLUP_DAYS, ROLLUP_CAUSES, ROLLUP_BUCKETS, ROLLUP_CAUSE_BUCKETS, ROLLUP_SETS, ROLLUP_SET_BUCKETS)
SHAPES = (SIGNALS, CUSTOMERS, LABELS, EMPLOYEE_SIGNALS, *ROLLUPS)
