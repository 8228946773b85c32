"""From confidences to labels: pure rules over whole batches."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from headwater.journey.taxonomy import Taxonomy

    Vectors = NDArray[np.float32]

SOURCED = ("stage", "sentiment")  # fields that a source may give itself
MOST_CAUSES = 3
FURTHER = 0.5  # confidence from which a comment names a further cause too: more likely than not
SENTENCE = 20  # characters from which a part of a comment is heard by itself
LONGEST = 4_000
PART = 0.7  # what a sentence by itself is sure of counts for less; see docs/develop/text.md
_SENTENCE_END = re.compile(r"(?<=[.!?…;。！？])\s+|\n+")
DESPITE_PRAISE = 0.85  # confidence from which even a happy comment has a failure cause


@dataclass(frozen=True, slots=True)
class Chosen:
    """One class a row, as its number, −1 for not sure; ``confidence`` is 0 where there is none."""

    index: NDArray[np.int64]
    confidence: Vectors


def choose(probabilities: Vectors, threshold: float, none: int | None, known: NDArray[np.bool_]) -> Chosen:
    """The best class of each row if it is sure enough and not ``none``; rows not ``known`` have no words."""
    best = probabilities.argmax(axis=1)
    confidence = probabilities[np.arange(len(best)), best]
    sure = known & (confidence >= threshold)
    if none is not None:
        sure &= best != none
    return Chosen(np.where(sure, best, -1), np.where(sure, confidence, 0).astype(np.float32))


@dataclass(frozen=True, slots=True)
class Causes:
    """Up to three causes a row, most likely first: flat class numbers and confidences, and how many each row has."""

    index: NDArray[np.int64]
    confidence: Vectors
    counts: NDArray[np.int64]


def choose_causes(
    probabilities: Vectors,
    threshold: float,
    none: int | None,
    failure: NDArray[np.bool_],
    known: NDArray[np.bool_],
    happy: NDArray[np.bool_],
) -> Causes:
    """The causes each row names.

    The first needs the threshold, each further one at least ``FURTHER`` too. A happy row keeps a ``failure`` cause (a
    flag a class) only when that is near certain.
    A row whose best class is ``none`` names no cause.
    """
    count = min(MOST_CAUSES + 1, probabilities.shape[1])
    top = np.argpartition(-probabilities, count - 1, axis=1)[:, :count]
    confidence = np.take_along_axis(probabilities, top, axis=1)
    order = np.argsort(-confidence, axis=1, kind="stable")
    top, confidence = np.take_along_axis(top, order, axis=1), np.take_along_axis(confidence, order, axis=1)
    keep = confidence >= np.where(np.arange(count) == 0, threshold, max(threshold, FURTHER))
    if none is not None:
        keep &= (top != none) & (top[:, :1] != none)
    keep &= known[:, None]
    keep &= ~(happy[:, None] & failure[top] & (confidence < DESPITE_PRAISE))
    keep &= np.cumsum(keep, axis=1) <= MOST_CAUSES
    return Causes(top[keep].astype(np.int64), confidence[keep].astype(np.float32), keep.sum(axis=1))


def sentences(texts: Sequence[str]) -> tuple[list[str], NDArray[np.int64]]:
    """The sentences of texts that have several, and the row of the text each belongs to, in order."""
    parts: list[str] = []
    rows: list[int] = []
    for row, text in enumerate(texts):
        if len(text) < 2 * SENTENCE:
            continue
        found = [part for part in _SENTENCE_END.split(text[:LONGEST]) if len(part) >= SENTENCE]
        if len(found) > 1:
            parts += found
            rows += [row] * len(found)
    return parts, np.array(rows, dtype=np.int64)


def surest(whole: Vectors, parts: Vectors, rows: NDArray[np.int64], none: int | None) -> Vectors:
    """The confidence of each class in a text or in the one of its sentences that is surest of it.

    ``parts`` are the confidences of sentences, ``rows`` their texts, ascending. Naming nothing is said by the whole.
    """
    if not len(rows):
        return whole
    owners, starts = np.unique(rows, return_index=True)
    best = PART * np.maximum.reduceat(parts, starts, axis=0)
    if none is not None:
        best[:, none] = 0
    combined = whole.copy()
    combined[owners] = np.maximum(combined[owners], best)
    return combined


def causes_by_event(taxonomy: Taxonomy) -> dict[str, tuple[str, ...]]:
    """The active causes that each event shows to have happened."""
    found: dict[str, tuple[str, ...]] = {}
    for cause in taxonomy.active_causes:
        for event in cause.events:
            found[event] = (*found.get(event, ()), cause.id)
    return found


def stage_of_cause(taxonomy: Taxonomy) -> dict[str, str]:
    """The stage of each cause that belongs to one stage alone."""
    return {cause.id: cause.stages[0] for cause in taxonomy.active_causes if len(cause.stages) == 1}


def corrected(label: Mapping[str, Any], corrections: Mapping[str, Any]) -> dict[str, Any]:
    """A label row with what a person said laid over it: confidence 1 where they spoke, author ``person``.

    Of what a source may give, "none of them" stays the empty text: null would leave the word to the source.
    """
    row = dict(label)
    for field, value in corrections.items():
        if field == "causes":
            row["causes"], row["cause_confidences"] = list(value), [1.0] * len(value)
        else:
            nothing = "" if field in SOURCED else None
            row[field], row[f"{field}_confidence"] = value or nothing, 1.0 if value else None
    row["author"] = "person"
    return row


def values_of(label: Mapping[str, Any]) -> dict[str, Any]:
    """The values alone of a label row: ``""`` for not sure, a list for causes."""
    values: dict[str, Any] = {name: label.get(name) or "" for name in ("stage", "moment", "sentiment", "effort")}
    return {**values, "causes": list(label.get("causes") or ())}


def names_to_ids(items: Sequence[Any]) -> dict[str, str]:
    """Both ids and names of stages, moments or causes, case folded, to ids."""
    return {key.casefold(): item.id for item in items for key in (item.name, item.id)}
