"""What people and scores say about labels, gathered for the classifiers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, Max

from headwater.insight.classifiers import NONE_OF, Evidence
from headwater.insight.models import AuditItem, LabelCorrection
from headwater.metrics.store import company_record
from headwater.record.filters import parse
from headwater.record.questions import RandomVerbatims, SignalRows, TextSample

if TYPE_CHECKING:
    from typing import Any

SAMPLE = 2_000
SCORED = 1_000
SEED = 20_260_101
BANDS = {-1: "negative", 0: "neutral", 1: "positive"}
LEARNT_FROM = 20_000  # the latest corrections


def version() -> tuple[object, ...]:
    """Changes whenever there is something new to learn from people."""
    said = LabelCorrection.objects.aggregate(Count("pk"), Max("at"), Max("removed_at"))
    audited = AuditItem.objects.aggregate(Count("truth"), Max("labelled_at"))
    return (*said.values(), *audited.values())


def gather() -> Evidence:
    """Everything there is to learn from beside the taxonomy's own phrases."""
    record = company_record()
    scored = record.ask(RandomVerbatims(SCORED, SEED, parse("score_band is not null")))
    return Evidence(
        said=_said(),
        audited=_audited(),
        scored=[(row.text or "", BANDS[row.score_band]) for row in scored if row.score_band is not None],
        sample=record.ask(TextSample(SAMPLE, SEED)).texts,
    )


def _said() -> dict[str, list[tuple[str, str]]]:
    rows = LabelCorrection.objects.filter(removed_at=None).order_by("-at")[:LEARNT_FROM]
    return _by_field([(row.signal_key, {row.field: row.value}) for row in rows])


def _audited() -> dict[str, list[tuple[str, str]]]:
    rows = AuditItem.objects.filter(labelled_at__isnull=False)
    return _by_field([(row.signal_key, row.truth or {}) for row in rows])


def _by_field(said: list[tuple[int, dict[str, Any]]]) -> dict[str, list[tuple[str, str]]]:
    """(text, class) by classifier. Of several causes each is a row; of none, the class of comments without any."""
    found: dict[str, list[tuple[str, str]]] = {}
    keys = tuple(sorted({key for key, _ in said}))
    texts = {row.signal_key: row.text for row in company_record().ask(SignalRows(keys))} if keys else {}
    for key, values in said:
        if not (text := texts.get(key)):
            continue
        for field, value in values.items():
            name = "cause" if field == "causes" else field
            labels = value if field == "causes" else [value]
            for label in labels or [""]:
                if label or NONE_OF[name]:
                    found.setdefault(name, []).append((text, label or NONE_OF[name]))
    return found
