"""The river: from causes through stages to what customers did."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Literal

import pyarrow as pa
from sqlglot import exp

from headwater.record.filters import Filter
from headwater.record.questions.question import Known, Question
from headwater.record.questions.sums import Sums

Outcome = Literal["contact", "low_score", "negative_words", "none"]


@dataclass(frozen=True, slots=True)
class Flow:
    """``n`` signals that name the cause, at the stage, ended so. Cause and stage are None where they are not known."""

    cause: str | None
    stage: str | None
    outcome: Outcome
    n: int


@dataclass(frozen=True, slots=True)
class Flows(Question[tuple[Flow, ...]]):
    """Cause × stage × outcome. Each signal counts once for each of its causes, under one outcome: it contacted us, else
    gave a low score, else used negative words without a score, else none of these."""

    where: Filter | None = None
    since: date | None = None
    until: date | None = None

    @property
    def _sums(self) -> Sums:
        return Sums(("cause", "stage", "kind"), self.where, self.since, self.until)

    def query(self, known: Known) -> exp.Select:
        return self._sums.query(known)

    def answer(self, rows: pa.Table) -> tuple[Flow, ...]:
        counts: dict[tuple[str | None, str | None, Outcome], int] = defaultdict(int)
        for row in self._sums.answer(rows).rows:
            cause, stage, kind = row.group["cause"], row.group["stage"], row.group["kind"]
            if kind == "contact":
                counts[cause, stage, "contact"] += row.n
                continue
            counts[cause, stage, "low_score"] += row.low
            counts[cause, stage, "negative_words"] += row.negative - row.low
            counts[cause, stage, "none"] += row.n - row.negative
        return tuple(Flow(*key, n) for key, n in counts.items() if n)
