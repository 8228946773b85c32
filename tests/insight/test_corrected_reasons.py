"""Shares of reasons from an imperfect classifier, corrected by an audited sample, against what people labelled."""

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

import headwater.science as hs

TRAINED, AUDITED = 1_500, 600


@pytest.fixture(scope="module")
def said(shared: Path) -> tuple[list[str], list[str]]:
    """The reason that people gave for each negative tweet, and the reason that a modest classifier gives."""
    with (shared / "data/airline_tweets/Tweets.csv").open(newline="", encoding="utf-8") as file:
        rows = [(row["text"], row["negativereason"]) for row in csv.DictReader(file) if row["negativereason"]]
    order = np.random.default_rng(3).permutation(len(rows))
    rows = [rows[place] for place in order]
    words = TfidfVectorizer(min_df=5, max_features=2_000)
    texts = words.fit_transform([text for text, _reason in rows])
    reasons = [reason for _text, reason in rows]
    model = LogisticRegression(max_iter=60).fit(texts[:TRAINED], reasons[:TRAINED])
    return reasons[TRAINED:], model.predict(texts[TRAINED:]).tolist()


def test_corrected_shares_hold_what_people_labelled(said: tuple[list[str], list[str]]) -> None:
    """The interval carries the classifier's errors: as counted alone, most shares miss what people say."""
    truth, predicted = said
    classes = sorted(set(truth))
    table = confusion(classes, truth[:AUDITED], predicted[:AUDITED])
    counted, human = Counter(predicted[AUDITED:]), Counter(truth[AUDITED:])
    n = len(truth) - AUDITED
    corrected = hs.corrected_shares([counted[one] for one in classes], table, audit="within")
    held = [holds(result, human[reason] / n) for reason, result in zip(classes, corrected, strict=True)]
    plainly = [holds(hs.proportion(counted[reason], n), human[reason] / n) for reason in classes]
    assert sum(held) >= len(classes) - 1
    assert sum(plainly) <= len(classes) / 2


def test_a_cause_is_corrected_by_its_own_two_by_two_table(said: tuple[list[str], list[str]]) -> None:
    """As the causes page does: one table a cause, the audit taken from elsewhere."""
    truth, predicted = said
    n, found = len(truth) - AUDITED, []
    for reason in sorted(set(truth)):
        has = [["no", "yes"][one == reason] for one in truth]
        says = [["no", "yes"][one == reason] for one in predicted]
        table = confusion(["yes", "no"], has[:AUDITED], says[:AUDITED])
        counted = says[AUDITED:].count("yes")
        result = hs.corrected_shares([counted, n - counted], table, audit="separate")[0]
        if isinstance(result, hs.Estimate):
            found.append(holds(result, has[AUDITED:].count("yes") / n))
    assert len(found) >= 6
    assert sum(found) >= len(found) - 1


def confusion(classes: list[str], truth: list[str], predicted: list[str]) -> np.ndarray:
    table = np.zeros((len(classes), len(classes)), dtype=np.int64)
    for true, found in zip(truth, predicted, strict=True):
        table[classes.index(true), classes.index(found)] += 1
    return table


def holds(result: hs.Result, share: float) -> bool:
    assert isinstance(result, hs.Estimate)
    return result.low <= share <= result.high
