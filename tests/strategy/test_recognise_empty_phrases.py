"""Empty phrases told from sentences that say something: on development sentences, and on those kept aside."""

import csv
from pathlib import Path

import pytest

from headwater.strategy.check.phrases import read

FOLDER = Path(__file__).parent
DEVELOPMENT, HELD_OUT = "phrases_development.csv", "phrases_held_out.csv"
ENOUGH = 0.9


def labelled(file: str) -> list[tuple[str, str]]:
    with (FOLDER / file).open(newline="") as lines:
        return [(row["sentence"].strip(), row["label"]) for row in csv.DictReader(lines)]


def scores(file: str) -> tuple[float, float, int]:
    """Precision and recall of "empty", and the number of sentences; none that the recognition was written with."""
    written_for = set() if file == DEVELOPMENT else {sentence for sentence, _ in labelled(DEVELOPMENT)}
    kept = [(sentence, label) for sentence, label in labelled(file) if sentence not in written_for]
    rows = [(read(sentence).is_empty, label == "empty") for sentence, label in kept]
    hits = sum(said and truth for said, truth in rows)
    return hits / sum(said for said, _ in rows), hits / sum(truth for _, truth in rows), len(rows)


@pytest.mark.parametrize("file", [DEVELOPMENT, HELD_OUT])
def test_precision_and_recall_are_above_nine_in_ten(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    precision, recall, count = scores(file)
    with capsys.disabled():
        print(f"\n{file}: {count} sentences, precision {precision:.3f}, recall {recall:.3f}")  # noqa: T201
    assert precision > ENOUGH
    assert recall > ENOUGH
