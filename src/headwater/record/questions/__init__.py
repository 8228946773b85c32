"""The questions that the record answers; each a frozen value, asked with ``Record.ask``."""

from headwater.record.questions.contents import AttributeNames, FieldValue, FieldValues, Size, SizeAnswer
from headwater.record.questions.demand import CauseSetRow, CauseSets, RepeatRow, Repeats
from headwater.record.questions.employees import TeamScore, TeamScores
from headwater.record.questions.exposures import (
    CustomerMonths,
    Exposure,
    LagRow,
    Lags,
    MonthCell,
    Suffered,
    SufferedRow,
)
from headwater.record.questions.flows import Flow, Flows
from headwater.record.questions.journey import (
    HEARD,
    Heard,
    HeardSums,
    MomentOutcomes,
    MomentSums,
    MomentTrace,
    WordsByStage,
)
from headwater.record.questions.patterns import Endings, Firings, Pattern, PatternFirings, PatternMarks
from headwater.record.questions.promises import Breaches, Kept, Promise
from headwater.record.questions.question import Known, Question
from headwater.record.questions.signals import (
    Page,
    RandomVerbatims,
    Signal,
    SignalRow,
    SignalRows,
    Texts,
    TextSample,
    Timeline,
    Verbatims,
)
from headwater.record.questions.sums import BucketSums, Sums, SumsAnswer, SumsRow

__all__ = [
    "HEARD",
    "AttributeNames",
    "Breaches",
    "BucketSums",
    "CauseSetRow",
    "CauseSets",
    "CustomerMonths",
    "Endings",
    "Exposure",
    "FieldValue",
    "FieldValues",
    "Firings",
    "Flow",
    "Flows",
    "Heard",
    "HeardSums",
    "Kept",
    "Known",
    "LagRow",
    "Lags",
    "MomentOutcomes",
    "MomentSums",
    "MomentTrace",
    "MonthCell",
    "Page",
    "Pattern",
    "PatternFirings",
    "PatternMarks",
    "Promise",
    "Question",
    "RandomVerbatims",
    "RepeatRow",
    "Repeats",
    "Signal",
    "SignalRow",
    "SignalRows",
    "Size",
    "SizeAnswer",
    "Suffered",
    "SufferedRow",
    "Sums",
    "SumsAnswer",
    "SumsRow",
    "TeamScore",
    "TeamScores",
    "TextSample",
    "Texts",
    "Timeline",
    "Verbatims",
    "WordsByStage",
]
