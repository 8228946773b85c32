"""The language of many texts at once: the trained model of py3langid, walked over all texts in step.

py3langid classifies one text in about 100 µs, most of it a Python loop over bytes. The same automaton and the same
naive Bayes table, walked with one array operation per byte position and one sparse product per batch, give the same
answer for some microseconds a text (a test compares the two).
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from py3langid.langid import MODEL_FILE, LanguageIdentifier
from scipy.sparse import csr_matrix

# Bytes read of each text: the language shows in the first line or two, and the rest would only cost time.
BYTES = 96
# Below this probability, or with fewer bytes than this, the language stays unknown rather than guessed.
SURE = 0.5
SHORTEST = 12
ROWS_AT_ONCE = 8192
# The array operations run outside Python's lock, so that two threads take two thirds of the time of one.
THREADS = 2

# Languages customers write in. Rare ones of the model's 142 would otherwise win on a few short words.
LANGUAGES = [
    "af",
    "ar",
    "bg",
    "bn",
    "bs",
    "ca",
    "cs",
    "cy",
    "da",
    "de",
    "el",
    "en",
    "es",
    "et",
    "eu",
    "fa",
    "fi",
    "fr",
    "ga",
    "gu",
    "he",
    "hi",
    "hr",
    "hu",
    "hy",
    "id",
    "is",
    "it",
    "ja",
    "ka",
    "kk",
    "km",
    "kn",
    "ko",
    "lo",
    "lt",
    "lv",
    "mk",
    "ml",
    "mn",
    "mr",
    "ms",
    "mt",
    "my",
    "ne",
    "nl",
    "no",
    "pa",
    "pl",
    "ps",
    "pt",
    "ro",
    "ru",
    "si",
    "sk",
    "sl",
    "sq",
    "sr",
    "sv",
    "sw",
    "ta",
    "te",
    "th",
    "tl",
    "tr",
    "uk",
    "ur",
    "uz",
    "vi",
    "xh",
    "zh",
    "zu",
]


@dataclass(frozen=True, slots=True)
class Model:
    """The automaton (`next_state[row << 8 | byte]`), what it puts out, and log-probabilities (features × classes)."""

    next_state: NDArray[np.uint32]
    row: NDArray[np.int64]
    feature: NDArray[np.int64]
    table: NDArray[np.float32]
    prior: NDArray[np.float32]
    classes: tuple[str, ...]


@cache
def model() -> Model:
    """Load once a process (0.3 s, about 100 MB)."""
    identifier: Any = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    known = set(identifier.labels)
    identifier.set_languages([code for code in LANGUAGES if code in known])
    return Model(
        next_state=np.asarray(identifier.tk_nextmove),
        row=np.asarray(identifier.tk_row, dtype=np.int64) << 8,
        feature=np.asarray(identifier.tk_output, dtype=np.int64),
        table=np.ascontiguousarray(identifier.nb_ptc, dtype=np.float32),  # else each product copies it
        prior=np.asarray(identifier.nb_pc, dtype=np.float32),
        classes=tuple(identifier.nb_classes),
    )


def detect(texts: pa.Array) -> pa.Array:
    """The ISO 639 code of each text, null where it is too short or the model is not sure. Length as `texts`."""
    encoded = pc.dictionary_encode(texts)
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    distinct = encoded.dictionary
    if not len(distinct):
        return pa.nulls(len(texts), pa.string())
    parts = [distinct.slice(start, ROWS_AT_ONCE) for start in range(0, len(distinct), ROWS_AT_ONCE)]
    return pa.array(_classify_all(parts), pa.string()).take(encoded.indices)


def _classify_all(parts: list[pa.Array]) -> list[str | None]:
    if len(parts) == 1:
        return _classify(parts[0])
    with ThreadPoolExecutor(THREADS) as threads:
        return [code for part in threads.map(_classify, parts) for code in part]


def _classify(texts: pa.Array) -> list[str | None]:
    used = model()
    matrix, lengths = _bytes(texts)
    probabilities = _probabilities(used, matrix, lengths)
    best = probabilities.argmax(axis=1)
    certain = (probabilities[np.arange(len(best)), best] >= SURE) & (lengths >= SHORTEST)
    return [used.classes[column] if sure else None for column, sure in zip(best, certain, strict=True)]


def _bytes(texts: pa.Array) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The first BYTES bytes of each text, all-capitals lowered as the model was trained, and how many there are."""
    cut = pc.utf8_slice_codeunits(texts, 0, BYTES)
    cut = pc.if_else(pc.utf8_is_upper(cut), pc.utf8_lower(cut), cut)
    cut = pc.utf8_normalize(cut, "NFC")
    raw = pc.binary_slice(cut.cast(pa.binary()), 0, BYTES)
    lengths = pc.binary_length(raw).to_numpy(zero_copy_only=False).astype(np.int64)
    matrix = np.zeros((len(lengths), BYTES), np.uint8)
    flat = np.frombuffer(raw.buffers()[2] or b"", np.uint8)
    offsets = np.frombuffer(raw.buffers()[1], np.int32)[raw.offset : raw.offset + len(lengths) + 1]
    within = np.arange(BYTES) < lengths[:, None]
    matrix[within] = flat[offsets[0] : offsets[-1]]
    return matrix, lengths


def _probabilities(used: Model, matrix: NDArray[np.uint8], lengths: NDArray[np.int64]) -> NDArray[np.float32]:
    order = np.argsort(-lengths, kind="stable")
    longest = int(lengths[order[0]]) if len(order) else 0
    alive = np.searchsorted(-lengths[order], -np.arange(longest), side="left")
    state = np.zeros(len(order), np.int64)
    rows, features = [], []
    for position in range(longest):
        here = order[: alive[position]]
        state[here] = used.next_state[used.row[state[here]] + matrix[here, position]]
        feature = used.feature[state[here]]
        found = feature >= 0
        rows.append(here[found])
        features.append(feature[found])
    shape = (len(lengths), len(used.table))
    row = np.concatenate(rows) if rows else np.zeros(0, np.int64)
    column = np.concatenate(features) if features else np.zeros(0, np.int64)
    counts = csr_matrix((np.ones(len(row), np.float32), (row, column)), shape=shape)
    counts.sum_duplicates()
    counts.data = np.log1p(counts.data)
    scores = np.asarray(counts @ used.table) + used.prior
    scores[np.bincount(row, minlength=len(lengths)) == 0] = 0.0
    scores /= np.sqrt(np.maximum(lengths, 1))[:, None]
    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    result: NDArray[np.float32] = scores / scores.sum(axis=1, keepdims=True)
    return result
