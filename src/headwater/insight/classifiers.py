"""One classifier for each field of a label, learnt from the taxonomy's phrases and from what people said."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from headwater.insight.phrases import phrases
from headwater.science.text import Classifier, fit_temperature, learn, left_out_scores, softmax, threshold_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from headwater.insight.text_models import CommentEncoder
    from headwater.journey.taxonomy import Taxonomy

    Vectors = NDArray[np.float32]

FIELDS = ("stage", "moment", "cause", "sentiment", "effort")
NOTHING = "nothing"  # the class of comments that name no cause, stage or moment; for effort: none
NONE_OF = {"stage": NOTHING, "moment": NOTHING, "cause": NOTHING, "sentiment": "", "effort": "none"}

# How right, by its own confidence, what is kept should be. For causes the confidence is too modest: at 0.6 seven in
# ten were right on public data and two in three comments kept, at 0.7 only a third were kept; see docs/develop/text.md.
TARGETS = {"stage": 0.70, "moment": 0.70, "cause": 0.60, "sentiment": 0.75, "effort": 0.75}
# Temperatures before anybody labelled anything, measured on public data with the packs' own phrases.
TEMPERATURES = {"stage": 0.5, "moment": 0.5, "cause": 0.5, "sentiment": 1.3, "effort": 1.0}
MEASURED_FROM = 30  # labels of a field from which its temperature is measured on them
PERSON_WEIGHT = 3.0  # of a comment that a person labelled, against 1 for a phrase
SCORES_WEIGHT = 0.5  # of all comments with a score together, against all phrases, for sentiment
FAILURES_WEIGHT = 0.2  # of the phrases of failures, against all phrases of sentiment
LOWEST_THRESHOLD = 0.2


@dataclass(frozen=True, slots=True)
class Row:
    """Something to learn from: a phrase or comment, its class, and how much it counts within the class."""

    text: str
    label: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What people and scores say, beside the taxonomy: ``said`` are corrected comments by field, ``audited`` are
    held back from learning and measure the confidence, ``scored`` are comments whose score says the sentiment,
    ``sample`` are comments as they come, on which the thresholds are chosen."""

    said: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    audited: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    scored: Sequence[tuple[str, str]] = ()
    sample: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Head:
    """The classifier of one field. ``measured_on`` is the number of labels its confidence was measured on."""

    field: str
    classifier: Classifier
    threshold: float
    measured_on: int

    @property
    def none(self) -> str:
        return NONE_OF[self.field]

    def probabilities(self, vectors: Vectors) -> Vectors:
        """Calibrated confidence of each class, shape ``(n, k)``."""
        return self.classifier.probabilities(vectors)


def build_heads(encoder: CommentEncoder, taxonomy: Taxonomy, evidence: Evidence) -> dict[str, Head]:
    """The classifiers of all fields that have anything to tell apart; takes about a second."""
    sample = encoder.encode(evidence.sample)
    heads = {}
    for name in FIELDS:
        rows = taught_rows(name, taxonomy, encoder.pair)
        if len({row.label for row in rows} - {NONE_OF[name]}) < 1:
            continue
        heads[name] = _head(name, rows, encoder, evidence, sample)
    return heads


def taught_rows(name: str, taxonomy: Taxonomy, pair: str) -> list[Row]:
    """What a field's classifier knows before anybody corrected anything."""
    if name == "sentiment":
        return _sentiment_rows(taxonomy, pair)
    if name == "effort":
        return [Row(phrase, label) for phrase, label in phrases("effort", pair)]
    rows = {"stage": _stage_rows, "moment": _moment_rows, "cause": _cause_rows}[name](taxonomy)
    return [*rows, *(Row(phrase, label) for phrase, label in phrases(NOTHING, pair))] if rows else []


def _head(name: str, rows: Sequence[Row], encoder: CommentEncoder, evidence: Evidence, sample: Vectors) -> Head:
    known = {row.label for row in rows}
    said = [(text, label) for text, label in evidence.said.get(name, ()) if label in known]
    scored = list(evidence.scored) if name == "sentiment" else []
    score_weight = SCORES_WEIGHT * len(rows) / max(1, len(scored))
    vectors = np.vstack(
        [
            encoder.encode_phrases([row.text for row in rows]),
            encoder.encode([text for text, _ in said]),
            encoder.encode([text for text, _ in scored]),
        ]
    )
    labels = [*(row.label for row in rows), *(label for _, label in said), *(label for _, label in scored)]
    weights = [*(row.weight for row in rows), *[PERSON_WEIGHT] * len(said), *[score_weight] * len(scored)]
    classifier = learn(vectors, labels, weights)
    judged = range(len(rows), len(rows) + len(said))
    temperature, measured_on = TEMPERATURES[name], 0
    audited = [(text, label) for text, label in evidence.audited.get(name, ()) if label in known]
    if len(audited) >= MEASURED_FROM:
        scores = classifier.scores(encoder.encode([text for text, _ in audited]))
        truth = np.array([classifier.classes.index(label) for _, label in audited])
        temperature, measured_on = fit_temperature(scores, truth, prior=temperature), len(audited)
    elif len(said) >= MEASURED_FROM:
        classes, scores = left_out_scores(vectors, labels, weights, judged=list(judged))
        truth = np.array([classes.index(labels[row]) for row in judged])
        temperature, measured_on = fit_temperature(scores, truth, prior=temperature), len(said)
    classifier = classifier.at(temperature)
    return Head(name, classifier, _threshold(name, classifier, sample), measured_on)


def _threshold(name: str, classifier: Classifier, sample: Vectors) -> float:
    """The most coverage on the company's own comments at which what is kept is expected to be right often enough."""
    known = sample[np.einsum("ij,ij->i", sample, sample) > 0]
    if not len(known):
        return TARGETS[name]
    confidence = softmax(classifier.scores(known), classifier.temperature)
    best = confidence.max(axis=1)
    if NONE_OF[name] in classifier.classes:
        best = best[confidence.argmax(axis=1) != classifier.classes.index(NONE_OF[name])]
    # Where even the surest comments miss the target, the target itself is the threshold: few labels, not none.
    return min(max(threshold_for(best, best, TARGETS[name]), LOWEST_THRESHOLD), TARGETS[name])


def _stage_rows(taxonomy: Taxonomy) -> list[Row]:
    rows = [Row(text, stage.id) for stage in taxonomy.stages for text in _texts(stage)]
    rows += [Row(text, moment.stage, 0.5) for moment in taxonomy.moments for text in _texts(moment)]
    single = [cause for cause in taxonomy.active_causes if len(cause.stages) == 1]
    rows += [Row(text, cause.stages[0], 0.5) for cause in single for text in _texts(cause)]
    known = {stage.id for stage in taxonomy.stages}
    return [row for row in rows if row.label in known]


def _moment_rows(taxonomy: Taxonomy) -> list[Row]:
    return [Row(text, moment.id) for moment in taxonomy.moments for text in _texts(moment)]


def _cause_rows(taxonomy: Taxonomy) -> list[Row]:
    return [Row(text, cause.id) for cause in taxonomy.active_causes for text in _texts(cause)]


def _sentiment_rows(taxonomy: Taxonomy, pair: str) -> list[Row]:
    """Generic phrases, and the taxonomy's failures as negative words of this industry."""
    generic = [Row(phrase, label) for phrase, label in phrases("sentiment", pair)]
    failures = [text for cause in taxonomy.active_causes if cause.demand != "value" for text in _texts(cause)]
    negatives = sum(row.label == "negative" for row in generic)
    weight = FAILURES_WEIGHT * negatives / max(1, len(failures))
    return [*generic, *(Row(text, "negative", weight) for text in failures)]


def _texts(item: _Described) -> Iterable[str]:
    yield item.name
    if item.description:
        yield item.description
    yield from item.examples


if TYPE_CHECKING:
    from headwater.journey.taxonomy import Cause, Moment, Stage

    _Described = Stage | Moment | Cause
