"""Which text model the company's comments get, and when a student is fitted to them anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from django.db import transaction
from django.utils import timezone

from headwater.base.history import record_history
from headwater.base.queue import enqueue
from headwater.insight import text_models
from headwater.insight.models import TextModel
from headwater.insight.phrases import phrases
from headwater.metrics.store import company_record
from headwater.record.questions import Size, TextSample, Verbatims
from headwater.science.text import Fit, agreement
from headwater.science.text import fit_student as fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headwater.base.queue import JobContext
    from headwater.insight.text_models import Pair, Vectors
    from headwater.record.questions import Texts
    from headwater.science.text import StaticTable

FIRST = 500  # comments from which a student is worth fitting: zero-shot 51.8 at 500, 60.6 at 2,000, 62.7 at 10,000
SAMPLE = 10_000
GROWN = 4  # refit when there are so many times more comments than it was fitted to, up to the sample
ENGLISH = 0.8  # share of English comments from which the English pair is the better choice
RECENT = 200
DRIFT = 0.05  # fall of the mean cosine to the teacher, on the newest comments, from which the comments have drifted
CHUNK = 256
GENERAL = 100
SEED = 20_260_101


def active_model() -> TextModel:
    """The newest text model; the first time a table as it ships, chosen by the languages of the comments there are."""
    model = TextModel.objects.filter(active=True).first()
    if model is not None:
        return model
    sample = company_record().ask(TextSample(2_000, SEED))
    pair = pair_for(sample.languages)
    encoder = text_models.table(pair)
    origin = _origin(encoder, pair, sample.texts)
    name = f"vanilla-{pair}-{timezone.now():%Y%m%d%H%M%S%f}"
    text_models.save(f"{name}.npy", text_models.origin_bytes(origin))
    return _activate(name, TextModel.Kind.VANILLA, pair, f"{name}.npy", {"texts": len(sample.texts)})


def _origin(encoder: StaticTable, pair: Pair, comments: Sequence[str]) -> Vectors:
    """The middle of the comments; while they are few, what people generally write stands in for 100 more."""
    general = encoder.encode([phrase for phrase, _ in phrases("sentiment", pair)])
    total: Vectors = encoder.encode(comments).sum(axis=0) + GENERAL * general.mean(axis=0)
    return (total / (len(comments) + GENERAL)).astype(np.float32)


def is_first_fit_due() -> bool:
    """Whether there are enough comments and no student yet; cheap."""
    if TextModel.objects.filter(active=True, kind=TextModel.Kind.STUDENT).exists():
        return False
    return company_record().ask(Size()).with_text >= FIRST


def fit_student(context: JobContext | None = None) -> TextModel | None:
    """Fit a student when one is due, and have everything labelled with it; returns it, None when none is due.

    Due is the first at 500 comments; then when the comments' languages ask for the other pair, when there are four
    times as many as it was fitted to (up to 10,000), and when the comments have drifted: on the 200 newest the
    student's mean cosine to the teacher is 0.05 below what it was on comments held back when it was fitted.
    """
    sample = company_record().ask(TextSample(SAMPLE, SEED))
    pair = pair_for(sample.languages)
    reason = _reason(pair, len(sample.texts))
    if reason is None:
        return None
    taught = _teach(pair, sample, context)
    name = f"student-{pair}-{timezone.now():%Y%m%d%H%M%S%f}"
    text_models.save(f"{name}.npz", taught.student.to_bytes())
    measures = {"texts": taught.texts, "agreement": round(taught.agreement, 4), "reason": reason}
    with transaction.atomic():
        model = _activate(name, TextModel.Kind.STUDENT, pair, f"{name}.npz", measures)
        enqueue("insight.relabel", {}, unique_key="insight.relabel")
    return model


def pair_for(languages: Sequence[str | None]) -> Pair:
    """English where at least 80 % of the comments whose language is known are English, else multilingual."""
    known = [language for language in languages if language]
    english = sum(language.lower().startswith("en") for language in known)
    return "english" if known and english >= ENGLISH * len(known) else "multilingual"


def _reason(pair: Pair, texts: int) -> str | None:
    model = TextModel.objects.filter(active=True).first()
    if texts < FIRST:
        return None
    if model is None or model.kind != TextModel.Kind.STUDENT:
        return "first"
    if model.pair != pair:
        return "language"
    fitted_to = model.measures.get("texts", 0)
    if fitted_to < 0.9 * SAMPLE and texts >= GROWN * fitted_to:
        return "grown"
    return "drift" if _has_drifted(model) else None


def _has_drifted(model: TextModel) -> bool:
    rows = company_record().ask(Verbatims(order="newest", limit=RECENT)).rows
    texts = [row.text or "" for row in rows]
    if len(texts) < RECENT:
        return False
    teacher = text_models.teacher("english" if model.pair == "english" else "multilingual")
    now = agreement(text_models.load(model).encoder, texts, teacher.encode(texts))
    return now < float(model.measures.get("agreement", 0)) - DRIFT


def _teach(pair: Pair, sample: Texts, context: JobContext | None) -> Fit:
    teacher = text_models.teacher(pair)
    parts: list[Vectors] = []
    for start in range(0, len(sample.texts), CHUNK):
        parts.append(teacher.encode(sample.texts[start : start + CHUNK]))
        if context is not None:
            context.progress(start, len(sample.texts), "read by the teacher")
    return fit(text_models.table(pair), sample.texts, np.vstack(parts))


def _activate(name: str, kind: str, pair: Pair, file_name: str, measures: dict[str, object]) -> TextModel:
    with transaction.atomic():
        TextModel.objects.filter(active=True).update(active=False)
        model = TextModel.objects.create(
            name=name,
            kind=kind,
            pair=pair,
            file_name=file_name,
            versions=text_models.teacher_versions(pair),
            measures=measures,
            active=True,
        )
        record_history(None, "text_model.fitted", f"text_model:{name}", {"name": name, **measures})
    return model
