"""Encoders: deterministic, each text by itself, and nothing that a stranger writes makes them fail."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.insight.text_models import table
from headwater.science.text import Pieces, StaticTable, Student, agreement, fit_student, unit_rows
from headwater.science.text.student import BUCKETS, hashed_pairs, quantise

WORDS = ["late", "flight", "bag", "lost", "refund", "never", "arrived", "great", "crew", "thanks", "entrega", "não"]
TEXTS = [f"{a} {b} {c}" for a in WORDS for b in WORDS[3:] for c in WORDS[6:9]]


@pytest.fixture(scope="module")
def english() -> StaticTable:
    return table("english")


@pytest.fixture(scope="module")
def student(english: StaticTable) -> Student:
    """Fitted to a made-up teacher: a random projection of the counts of words."""
    return fit_student(english, TEXTS, _teacher(TEXTS), held_out=0).student


def _teacher(texts: list[str]) -> np.ndarray:
    projection = np.random.default_rng(7).normal(size=(len(WORDS), 16)).astype(np.float32)
    counts = np.array([[text.split().count(word) for word in WORDS] for text in texts], dtype=np.float32)
    return unit_rows(counts @ projection)


@pytest.mark.parametrize("pair", ["english", "multilingual"])
def test_like_texts_lie_closer_than_unlike_ones(pair: str) -> None:
    encoder = table(pair)  # type: ignore[arg-type]
    late, delayed, food = encoder.encode(["my flight was late", "the flight is delayed", "the soup was cold"])
    assert late @ delayed > late @ food


def test_the_multilingual_table_puts_a_translation_near() -> None:
    original, translation, other = table("multilingual").encode(
        ["my parcel has not arrived", "minha encomenda não chegou", "adorei a cor"]
    )
    assert original @ translation > original @ other


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=80), max_size=12))
def test_each_text_is_encoded_by_itself_whatever_is_beside_it(texts: list[str]) -> None:
    encoder = table("english")
    together = encoder.encode(texts)
    backwards = encoder.encode(texts[::-1])[::-1]
    assert together.shape == (len(texts), 256)
    assert np.isfinite(together).all()
    np.testing.assert_allclose(together, backwards, atol=1e-6)
    lengths = np.linalg.norm(together, axis=1)
    assert np.all((lengths < 1e-6) | (np.abs(lengths - 1) < 1e-4))


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t",
        "😡👎🏽👨‍👩‍👧",
        "الرحلة متأخرة جدا",
        "航班延误了",
        "a" * 1_000_000,
        "late " * 100_000,
        "\x00\ud7ff",
        "é" * 50,
    ],
    ids=["empty", "blank", "emoji", "arabic", "chinese", "one long word", "very long", "control", "accents"],
)
def test_no_text_is_too_odd(student: Student, text: str) -> None:
    for encoder in (student, table("english"), table("multilingual")):
        vectors = encoder.encode([text, "late flight"])
        assert np.isfinite(vectors).all()
        np.testing.assert_allclose(vectors[1], encoder.encode(["late flight"])[0], atol=1e-5)


def test_no_texts_give_no_rows(student: Student) -> None:
    assert student.encode([]).shape == (0, 16)


def test_threads_and_batches_change_nothing(student: Student) -> None:
    many = TEXTS * 20
    np.testing.assert_array_equal(student.encode(many, threads=2), student.encode(many, threads=1))
    np.testing.assert_allclose(student.encode(many)[-7:], student.encode(many[-7:]), atol=1e-6)


def test_a_student_follows_its_teacher_also_where_word_order_says_it(english: StaticTable, student: Student) -> None:
    assert agreement(student, TEXTS, _teacher(TEXTS)) > 0.97
    held = fit_student(english, TEXTS, _teacher(TEXTS))
    assert held.texts == int(len(TEXTS) * 0.9) + 1
    assert 0.9 < held.agreement <= 1


def test_a_student_read_back_gives_the_same_vectors(student: Student) -> None:
    read = Student.from_bytes(student.to_bytes(), student.pieces)
    np.testing.assert_array_equal(read.encode(TEXTS), student.encode(TEXTS))


def test_a_student_of_another_vocabulary_is_refused(student: Student) -> None:
    with pytest.raises(ValueError, match="was written as"):
        Student.from_bytes(student.to_bytes(), table("multilingual").pieces)


def test_a_table_and_tokenizer_of_different_sizes_are_refused(english: StaticTable) -> None:
    data = (Path(__file__).parents[3] / "src/headwater/insight/tables/english_tokenizer.json").read_bytes()
    with pytest.raises(ValueError, match="the table has 3 rows"):
        StaticTable(np.zeros((3, 4), np.int8), None, data)


def test_too_few_texts_are_refused(english: StaticTable) -> None:
    with pytest.raises(ValueError, match="at least 20 texts"):
        fit_student(english, TEXTS[:5], _teacher(TEXTS[:5]))


def test_words_are_cut_as_the_tokenizer_cuts_the_whole_text() -> None:
    folder = Path(__file__).parents[3] / "src/headwater/insight/tables"
    data = gzip.decompress((folder / "multilingual_tokenizer.json.gz").read_bytes())
    pieces = Pieces(data)
    text = "a entrega não chegou no prazo"
    from tokenizers import Tokenizer

    flat, lengths = pieces.rows([text, "", text])
    whole = Tokenizer.from_buffer(data).encode(text).ids
    assert flat.tolist() == whole * 2
    assert lengths.tolist() == [len(whole), 0, len(whole)]


def test_pairs_stay_within_their_text() -> None:
    pieces = np.array([5, 6, 7, 8, 9], dtype=np.int32)
    pairs, lengths = hashed_pairs(pieces, np.array([2, 0, 3, 0], dtype=np.int64))
    alone, _ = hashed_pairs(pieces[2:], np.array([3], dtype=np.int64))
    assert lengths.tolist() == [1, 0, 2, 0]
    assert pairs[1:].tolist() == alone.tolist()
    assert len(pairs) == 3
    assert ((pairs >= 0) & (pairs < BUCKETS)).all()


@given(st.integers(1, 40), st.integers(1, 20))
def test_quantising_loses_less_than_half_a_step(rows: int, columns: int) -> None:
    values = np.random.default_rng(rows).normal(size=(rows, columns)).astype(np.float32)
    quantised, scales = quantise(values)
    assert (np.abs(quantised * scales - values) <= scales * 0.501).all()
