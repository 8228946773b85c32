"""The labeller: an encoder, a classifier for each field and a taxonomy, over whole batches of signals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.utils import timezone

from headwater.insight import label_rules as rules
from headwater.insight.classifiers import Head

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from headwater.insight.text_models import CommentEncoder
    from headwater.journey.taxonomy import Taxonomy

    Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Labeller:
    """Turns signals into label rows. Pure, apart from the clock."""

    encoder: CommentEncoder
    taxonomy: Taxonomy
    heads: dict[str, Head]

    @property
    def model(self) -> str:
        """The name under which the record keeps what this labeller said."""
        return self.encoder.name

    def labels(self, signals: pa.Table) -> pa.Table:
        """One label row for each signal, in order.

        ``signals`` has the columns of ``record.unlabelled``. Of a stage or sentiment that the source gives no label
        speaks; an event that a cause names is that cause by evidence, whatever is written beside it.
        """
        texts = signals["text"].fill_null("").to_pylist()
        vectors = self.encoder.encode(texts)
        known = np.einsum("ij,ij->i", vectors, vectors) > 0
        columns: dict[str, pa.Array | pa.ChunkedArray] = {}
        for name in ("stage", "moment", "sentiment", "effort"):
            columns[name], columns[f"{name}_confidence"] = self._single(name, vectors, known)
        self._keep_source(columns, signals)
        causes, confidences = self._causes(texts, vectors, known, columns, signals)
        columns["causes"], columns["cause_confidences"] = causes, confidences
        self._stage_from_cause(columns, signals)
        _leave_to_source(columns, signals)
        return self._row_table(columns, signals)

    def best(self, name: str, texts: list[str]) -> tuple[list[str], Vectors]:
        """The best class of each text for one field, however unsure, and its confidence."""
        head = self.heads[name]
        probabilities = head.probabilities(self.encoder.encode(texts))
        best = probabilities.argmax(axis=1)
        return [head.classifier.classes[number] for number in best], probabilities.max(axis=1)

    def _single(self, name: str, vectors: Vectors, known: NDArray[np.bool_]) -> tuple[pa.Array, pa.Array]:
        head = self.heads.get(name)
        if head is None:
            return pa.nulls(len(vectors), pa.string()), pa.nulls(len(vectors), pa.float32())
        chosen = rules.choose(head.probabilities(vectors), head.threshold, _none(head), known)
        unsure = chosen.index < 0
        index = pa.array(np.maximum(chosen.index, 0), pa.int32(), mask=unsure)
        names = pa.array(head.classifier.classes, pa.string()).take(index)
        return names, pa.array(chosen.confidence, pa.float32(), mask=unsure)

    def _causes(
        self,
        texts: list[str],
        vectors: Vectors,
        known: NDArray[np.bool_],
        columns: dict[str, pa.Array | pa.ChunkedArray],
        signals: pa.Table,
    ) -> tuple[pa.Array, pa.Array]:
        events, by_event = signals["event"], rules.causes_by_event(self.taxonomy)
        evident = pc.fill_null(pc.is_in(events, value_set=pa.array(list(by_event), pa.string())), False)
        shown = np.asarray(evident.to_numpy(zero_copy_only=False), dtype=bool) & _given(events)
        head = self.heads.get("cause")
        if head is None:
            return _no_causes(len(vectors))
        names = head.classifier.classes
        demand = {cause.id: cause.demand for cause in self.taxonomy.causes}
        failure = np.array([demand.get(name, "value") != "value" for name in names])
        chosen = rules.choose_causes(
            self._cause_confidence(head, texts, vectors),
            head.threshold,
            _none(head),
            failure,
            known & ~shown,
            _happy(columns, signals),
        )
        return _cause_lists(chosen, names, np.flatnonzero(shown), events, by_event)

    def _cause_confidence(self, head: Head, texts: list[str], vectors: Vectors) -> Vectors:
        """Confidence of each cause, in the whole comment or in one of its sentences: two causes seldom share one."""
        parts, rows = rules.sentences(texts)
        whole = head.probabilities(vectors)
        heard = self.encoder.encode(parts)
        confidence = head.probabilities(heard)
        confidence[np.einsum("ij,ij->i", heard, heard) == 0] = 0
        return rules.surest(whole, confidence, rows, _none(head))

    def _keep_source(self, columns: dict[str, pa.Array | pa.ChunkedArray], signals: pa.Table) -> None:
        for name in rules.SOURCED:
            given = signals[name].combine_chunks()
            columns[f"{name}_confidence"] = pc.if_else(
                pc.is_valid(given), pa.scalar(1, pa.float32()), columns[f"{name}_confidence"]
            )
            columns[name] = pc.coalesce(given, columns[name])

    def _stage_from_cause(self, columns: dict[str, pa.Array | pa.ChunkedArray], signals: pa.Table) -> None:
        """A signal without a stage, whose first cause belongs to one stage alone, belongs to that stage."""
        stages = rules.stage_of_cause(self.taxonomy)
        lists = columns["causes"]
        has = np.diff(lists.offsets.to_numpy()) > 0
        places = pa.array(lists.offsets.to_numpy()[:-1], pa.int32(), mask=~has)
        first, confidence = lists.values.take(places), columns["cause_confidences"].values.take(places)
        position = pc.index_in(first, value_set=pa.array(list(stages), pa.string()))
        from_cause = pa.array(list(stages.values()), pa.string()).take(position)
        missing = pc.and_(pc.is_null(columns["stage"]), pc.is_valid(from_cause))
        columns["stage_confidence"] = pc.if_else(missing, confidence, columns["stage_confidence"])
        columns["stage"] = pc.coalesce(columns["stage"], from_cause)

    def _row_table(self, columns: dict[str, pa.Array | pa.ChunkedArray], signals: pa.Table) -> pa.Table:
        rows, now = len(signals), _now()
        return pa.table(
            {
                "signal_key": signals["signal_key"],
                "local_date": signals["local_date"],
                "revision": signals["revision"],
                **columns,
                "author": pa.repeat(pa.scalar("model"), rows),
                "model": pa.repeat(pa.scalar(self.model), rows),
                "taxonomy_version": pa.repeat(pa.scalar(self.taxonomy.version, pa.int32()), rows),
                "labelled_at": pa.repeat(pa.scalar(now, pa.timestamp("us")), rows),
            }
        )


def _leave_to_source(columns: dict[str, pa.Array | pa.ChunkedArray], signals: pa.Table) -> None:
    """A label where the source spoke is a person's alone: theirs prevails over the source, a model's does not."""
    for name in rules.SOURCED:
        given = pc.is_valid(signals[name].combine_chunks())
        columns[name] = pc.if_else(given, pa.scalar(None, pa.string()), columns[name])


def _none(head: Head) -> int | None:
    return head.classifier.classes.index(head.none) if head.none in head.classifier.classes else None


def _now() -> datetime:
    return timezone.now().replace(tzinfo=None)


def _given(values: pa.ChunkedArray) -> NDArray[np.bool_]:
    return np.asarray(pc.is_valid(values).to_numpy(zero_copy_only=False), dtype=bool)


def _happy(columns: dict[str, pa.Array | pa.ChunkedArray], signals: pa.Table) -> NDArray[np.bool_]:
    """A score in the top range, or without a score words that are positive."""
    top = pc.equal(signals["score_band"], 1)
    positive = pc.equal(columns["sentiment"], "positive")
    happy = pc.fill_null(pc.coalesce(top, positive), False)
    return np.asarray(happy.to_numpy(zero_copy_only=False), dtype=bool)


def _no_causes(rows: int) -> tuple[pa.Array, pa.Array]:
    offsets = pa.array(np.zeros(rows + 1, dtype=np.int32))
    nothing = pa.array([], pa.string()), pa.array([], pa.float32())
    return pa.ListArray.from_arrays(offsets, nothing[0]), pa.ListArray.from_arrays(offsets, nothing[1])


def _cause_lists(
    chosen: rules.Causes,
    names: tuple[str, ...],
    shown: NDArray[np.int64],
    events: pa.ChunkedArray,
    by_event: dict[str, tuple[str, ...]],
) -> tuple[pa.Array, pa.Array]:
    """The list columns of causes by words, with those by evidence put into their rows."""
    position = {name: number for number, name in enumerate(names)}
    counts, index, confidence = chosen.counts, chosen.index, chosen.confidence
    if len(shown):
        by_row = [[position[cause] for cause in by_event[name]] for name in events.take(pa.array(shown)).to_pylist()]
        starts = np.concatenate([[0], np.cumsum(counts)])[shown]
        flat = np.array([number for row in by_row for number in row], dtype=np.int64)
        places = np.repeat(starts, [len(row) for row in by_row])
        index = np.insert(index, places, flat)
        confidence = np.insert(confidence, places, np.ones(len(flat), dtype=np.float32))
        counts = counts.copy()
        counts[shown] = [len(row) for row in by_row]
    offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]).astype(np.int32))
    values = pa.array(names, pa.string()).take(pa.array(index))
    return pa.ListArray.from_arrays(offsets, values), pa.ListArray.from_arrays(
        offsets, pa.array(confidence, pa.float32())
    )
