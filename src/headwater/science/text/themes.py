"""Groups of comments that no class explains, and the words that are typical of each.

How near a comment must come to be explained, and how near two must be to say the same, is read off the classes
themselves: it changes with every encoder and every company.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

SMALLEST = 8
EXPLAINED = 0.4
"""A comment is explained that comes as near to a phrase as this share of phrases at most come to their own class."""
TOGETHER = 0.85
"""Of the distance between two comments of one class: from here on two groups do not say the same."""
UNKNOWN_DISTANCE = 0.4
ENOUGH_OF_A_CLASS = 5
ENOUGH_CLASSES = 3
LARGEST = 4_000
MOST_WORDS = 5
WORD = r"(?u)\b[^\W\d_][\w'’]+\b"
ENOUGH_TO_TELL = 20
EVENLY = 0.35
COMMONPLACE = 0.2
"""Words in more than this share of all comments are typical of none."""


@dataclass(frozen=True, slots=True)
class Yardstick:
    """``explained``: the cosine to the nearest phrase from which a comment is explained. ``together``: the mean cosine
    distance up to which groups are one."""

    explained: float
    together: float


def yardstick(phrases: Vectors, classes: NDArray[np.int64], comments: Vectors) -> Yardstick:
    """Read off the phrases (n, d) of known ``classes`` (n,) and ``comments`` (m, d), rows of length 1.

    Without two phrases of any class nothing is explained, and a fixed distance stands in.
    """
    if not len(phrases):
        return Yardstick(2.0, UNKNOWN_DISTANCE)
    near = phrases @ phrases.T
    np.fill_diagonal(near, -1)
    own = np.where(classes[:, None] == classes[None], near, -1).max(axis=1)
    own = own[own > -1]
    explained = float(np.quantile(own, EXPLAINED)) if own.size else 2.0
    return Yardstick(explained, _within(phrases, classes, comments))


def _within(phrases: Vectors, classes: NDArray[np.int64], comments: Vectors) -> float:
    """How far apart comments are that come nearest to one class: 85 % of the median over classes."""
    if not len(comments):
        return UNKNOWN_DISTANCE
    nearest, best = nearest_phrase(comments, phrases)
    surer = best >= np.median(best)
    apart = []
    for one in np.unique(classes):
        mine = comments[surer & (classes[nearest] == one)]
        if len(mine) >= ENOUGH_OF_A_CLASS:
            together = (np.square(mine.sum(axis=0)).sum() - len(mine)) / (len(mine) * (len(mine) - 1))
            apart.append(1 - float(together))
    return TOGETHER * float(np.median(apart)) if len(apart) >= ENOUGH_CLASSES else UNKNOWN_DISTANCE


def nearest_phrase(comments: Vectors, phrases: Vectors) -> tuple[NDArray[np.int64], Vectors]:
    """Of each comment the nearest phrase and its cosine."""
    if not len(phrases):
        return np.zeros(len(comments), np.int64), np.full(len(comments), -1, np.float32)
    near = comments @ phrases.T
    nearest = near.argmax(axis=1)
    return nearest, near[np.arange(len(comments)), nearest]


def group(vectors: Vectors, together: float, *, smallest: int = SMALLEST) -> list[NDArray[np.int64]]:
    """Groups of rows of ``vectors`` (n, d), length 1, that say the same, the largest first; others are left out.

    Average linkage on the cosine distance: two groups become one while the mean distance between their comments is at
    most ``together``. Deterministic; n is at most ``LARGEST`` (memory and time grow with its square).
    """
    if len(vectors) > LARGEST:
        raise ValueError(f"at most {LARGEST} comments are grouped at once, not {len(vectors)}")
    known = np.flatnonzero(np.einsum("ij,ij->i", vectors, vectors) > 0)
    if len(known) < max(smallest, 2):
        return []
    from sklearn.cluster import AgglomerativeClustering  # slow to import, and needed here alone

    model = AgglomerativeClustering(None, distance_threshold=together, linkage="average", metric="cosine")
    labels = model.fit_predict(vectors[known])
    sizes = np.bincount(labels)
    chosen = [label for label in np.argsort(-sizes, kind="stable") if sizes[label] >= smallest]
    return [known[labels == label] for label in chosen]


def typical_words(
    texts: Sequence[str],
    groups: Sequence[NDArray[np.int64]],
    classes: NDArray[np.int64] | None = None,
    *,
    languages: Sequence[str | None] | None = None,
    fewest: int = 3,
) -> list[list[str]]:
    """Up to five words or pairs of words that tell each group of ``texts`` from all of them, the most telling first.

    Class-based TF-IDF: how often a group says it × log(1 + mean size of a group ÷ how often all say it) (Grootendorst,
    BERTopic, arXiv 2203.05794). A word counts that at least ``fewest`` comments of the group say, and at most a fifth
    of all: so that nobody's name becomes that of a group. Words that only hold others together never count: the
    commonest of some languages, and in any language those that are said evenly whatever ``classes`` (n,) the texts are
    of. A group of which no word is left has none.

    With ``languages`` (n,) a group is named in the one that most of its texts have, against the texts of that language
    alone: else whatever is said in the rarer language would tell a group from all others. Words are written as the
    group mostly writes them.
    """
    if not groups:
        return []
    if languages is not None:
        return _by_language(texts, groups, classes, np.array([one or "" for one in languages]), fewest)
    from sklearn.feature_extraction.text import CountVectorizer

    counter = CountVectorizer(ngram_range=(1, 2), token_pattern=WORD, max_features=50_000)
    try:
        said = (counter.fit_transform([text.casefold() for text in texts]) > 0).astype(np.float64).tocsr()
    except ValueError:  # no words at all
        return [[] for _ in groups]
    words = counter.get_feature_names_out()
    overall = np.asarray(said.sum(axis=0)).ravel()
    common = overall > max(COMMONPLACE * len(texts), fewest)
    empty = _names_nothing(words, _said_evenly(said, overall, classes, groups) if classes is not None else None)
    counts = np.stack([np.asarray(said[rows].sum(axis=0)).ravel() for rows in groups])
    idf = np.log1p(counts.sum(axis=1).mean() / np.maximum(overall, 1))
    found = []
    for row, members in zip(counts, groups, strict=True):
        worth = row / len(members) * idf
        worth[(row < fewest) | empty | (common & (row < 0.5 * overall))] = 0
        telling = [str(words[place]) for place in np.argsort(-worth, kind="stable")[:60] if worth[place] > 0]
        found.append([_as_written(word, [texts[one] for one in members]) for word in _without_repeats(telling)])
    return found


def _by_language(
    texts: Sequence[str],
    groups: Sequence[NDArray[np.int64]],
    classes: NDArray[np.int64] | None,
    languages: NDArray[np.str_],
    fewest: int,
) -> list[list[str]]:
    """The words of each group in its language, from the texts of that language."""
    spoken = [main_language(languages[rows].tolist()) for rows in groups]
    found: list[list[str]] = [[] for _ in groups]
    for language in dict.fromkeys(spoken):
        kept = np.flatnonzero(languages == language)
        places = [place for place, one in enumerate(spoken) if one == language]
        own = [np.searchsorted(kept, np.intersect1d(groups[place], kept)) for place in places]
        same = None if classes is None else classes[kept]
        words = typical_words([texts[row] for row in kept.tolist()], own, same, fewest=fewest)
        for place, one in zip(places, words, strict=True):
            found[place] = one
    return found


def main_language(languages: Sequence[str]) -> str:
    """The language that most of a group's texts have; of equals the first by name."""
    counted = Counter(languages)
    return min(counted, key=lambda one: (-counted[one], one))


def _as_written(word: str, texts: Sequence[str]) -> str:
    """The word or pair as it is mostly written, such as a German noun with its capital."""
    told = r"\W+".join(re.escape(part) for part in word.split())
    pattern = re.compile(rf"(?<!\w){told}(?!\w)", re.IGNORECASE)
    written = Counter(" ".join(re.findall(WORD, one)) for text in texts for one in pattern.findall(text))
    written = Counter({form: n for form, n in written.items() if form.casefold() == word})
    return max(written, key=lambda one: (written[one], one == word)) if written else word


def share_that_says(texts: Sequence[str], words: Sequence[str]) -> float:
    """The share of ``texts`` that say at least one of ``words``, 0…1: whether they name these texts."""
    if not texts or not words:
        return 0.0
    found = re.compile(rf"(?<!\w)(?:{'|'.join(re.escape(word.casefold()) for word in words)})(?!\w)")
    return sum(bool(found.search(" ".join(re.findall(WORD, text.casefold())))) for text in texts) / len(texts)


@cache
def common_words() -> frozenset[str]:
    """The commonest words of some languages."""
    text = (resources.files("headwater.science.text") / "common_words.txt").read_text(encoding="utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())


def _names_nothing(words: NDArray[np.str_], even: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    """Words that only hold others together, and pairs with one of them."""
    unsaid = set(common_words())
    if even is not None:
        unsaid.update(str(word) for word in words[even] if " " not in word)
    return np.array([any(part in unsaid or _elided(part) in unsaid for part in word.split()) for word in words])


def _elided(word: str) -> str:
    """What stands before an apostrophe: of “it's” and “l'heure” the part that is common; nothing elsewhere."""
    before, mark, after = word.replace("’", "'").partition("'")
    return before if mark and len(after) <= 2 else ""


def _said_evenly(
    said: sparse.csr_matrix,
    overall: NDArray[np.float64],
    classes: NDArray[np.int64],
    groups: Sequence[NDArray[np.int64]],
) -> NDArray[np.bool_]:
    """Words said by many and, whatever a text is about, about as often: the divergence of their classes from all.

    Kullback-Leibler in nats, less what chance alone adds to it, (classes − 1) ÷ (2 × how often it is said). Each group
    is a class of its own.
    """
    of = classes.astype(np.int64).copy()
    for place, rows in enumerate(groups):
        of[rows] = classes.max(initial=0) + 1 + place
    kept, of = np.unique(of, return_inverse=True)
    table = np.asarray(
        (sparse.csr_matrix((np.ones(len(of)), (of, np.arange(len(of)))), (len(kept), len(of))) @ said).todense()
    )
    share = table / np.maximum(overall, 1)
    ratio = np.divide(share, (np.bincount(of) / len(of))[:, None])
    divergence = np.where(share > 0, share * np.log(np.maximum(ratio, 1e-12)), 0).sum(axis=0)
    even: NDArray[np.bool_] = (overall >= ENOUGH_TO_TELL) & (
        divergence - (len(kept) - 1) / (2 * np.maximum(overall, 1)) < EVENLY
    )
    return even


def _without_repeats(words: Sequence[str]) -> list[str]:
    """The first words that say something new: of a pair and its parts the one that came first."""
    chosen: list[str] = []
    for word in words:
        parts = set(word.split())
        if not any(parts & set(one.split()) for one in chosen):
            chosen.append(word)
        if len(chosen) == MOST_WORDS:
            break
    return chosen
