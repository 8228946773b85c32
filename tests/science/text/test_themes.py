"""Groups that no class explains come back whole, and are named by what they say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.science.text import unit_rows
from headwater.science.text.themes import LARGEST, group, nearest_phrase, typical_words, yardstick


def around(seed: int, centre: int, rows: int, spread: float = 0.08) -> np.ndarray:
    """Rows of length 1 about one of 48 axes."""
    random = np.random.default_rng([seed, centre])
    vectors = np.eye(48)[centre] + spread * random.normal(size=(rows, 48))
    return unit_rows(vectors.astype(np.float32))


@given(st.integers(0, 1000))
def test_what_no_class_explains_is_grouped_and_what_one_does_is_not(seed: int) -> None:
    known, withheld = (0, 1, 2, 3), (10, 11, 12)
    phrases = np.vstack([around(seed, one, 8) for one in known])
    comments = np.vstack([around(seed + 1, one, 20) for one in (*known, *withheld)])
    truth = np.repeat((*known, *withheld), 20)
    yard = yardstick(phrases, np.repeat(np.arange(4), 8), comments)
    _, likeness = nearest_phrase(comments, phrases)
    unfit = np.flatnonzero(likeness < yard.explained)
    groups = [unfit[rows] for rows in group(comments[unfit], 0.5)]
    found = [set(truth[rows]) for rows in groups]
    assert all(len(one) == 1 for one in found)
    assert {next(iter(one)) for one in found} >= set(withheld)
    assert [len(rows) for rows in groups] == sorted((len(rows) for rows in groups), reverse=True)


def test_without_classes_a_fixed_distance_stands_in_and_few_rows_make_no_group() -> None:
    nothing = np.zeros((0, 48), np.float32)
    yard = yardstick(nothing, np.zeros(0, np.int64), around(1, 0, 20))
    _, likeness = nearest_phrase(around(1, 0, 20), nothing)
    assert (likeness < yard.explained).all()
    assert group(around(1, 0, 5), yard.together) == []
    assert group(np.zeros((20, 48), np.float32), yard.together) == []
    with pytest.raises(ValueError, match="at most"):
        group(np.zeros((LARGEST + 1, 4), np.float32), 0.4)


def test_a_group_is_named_by_what_it_says_and_others_do_not() -> None:
    texts = [f"the gift card {end}" for end in ("is refused", "does not work", "expired", "was empty")] * 3
    texts += [f"the parcel {end}" for end in ("is late", "does not come", "is lost", "was empty")] * 8
    texts += ["Smith the gift card is refused"] * 2
    (words,) = typical_words(texts, [np.array([*range(12), 44, 45])])
    assert words[0] in ("gift", "card", "gift card")
    assert not {"smith", "the", "empty"} & set(" ".join(words).split())
    assert typical_words(["…"], [np.array([0])]) == [[]]


def test_a_group_in_the_rarer_language_is_named_against_that_language_as_it_writes_it() -> None:
    texts = [f"the parcel {end}" for end in ("is late", "does not come", "is lost", "was empty")] * 20
    texts += [f"Bestellung heute: {end}" for end in ("die Farbe stimmt", "alles gut", "danke dafür", "ganz nett")] * 5
    texts += [f"Bestellung heute: der Parkplatz {end}" for end in ("ist nass", "ist voll", "ist zu", "fehlt")] * 2
    rows = np.arange(100, 108)
    (words,) = typical_words(texts, [rows], languages=["en"] * 80 + ["de"] * 28)
    assert words[0] == "Parkplatz"
    assert not {"bestellung", "heute"} & set(" ".join(words).casefold().split())
    mixed = [*texts, "the car park is full"]
    (same,) = typical_words(mixed, [np.array([*rows, 108])], languages=["en"] * 80 + ["de"] * 28 + ["en"])
    assert same == words


def test_no_group_has_no_name() -> None:
    texts = ["the parcel is late"]
    assert typical_words(texts, []) == []
