"""Themes: of 77 Banking77 intents ten are withheld from the causes; how many come back as themes, in three draws.

The other 67 are taught with ten phrases each; 4,000 comments of all 77 are looked at. A withheld intent is back when a
theme is it at purity 0.8. Beside it, in the same run, HDBSCAN on the same vectors of the same comments.
"""

import csv
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
from sklearn.cluster import HDBSCAN
from threadpoolctl import threadpool_limits

SHARED = Path(os.environ.get("HEADWATER_SHARED") or Path(__file__).parents[2] / "shared")
DRAWS = (1, 2, 3)
WITHHELD, PHRASES, COMMENTS = 10, 10, 4_000
PURE = 0.8
FITTED_TO = 2_500


@dataclass(frozen=True)
class Draw:
    """What is taught (``phrases`` of ``classes``), and the ``comments`` with their true ``intents``."""

    withheld: frozenset[str]
    phrases: list[str]
    classes: np.ndarray
    comments: list[str]
    intents: np.ndarray


def main() -> None:
    """Run the benchmark and print its table."""
    if not (SHARED / "data").is_dir():
        sys.exit("The shared data is not here: set HEADWATER_SHARED to its folder.")
    os.environ["HEADWATER_HOME"] = tempfile.mkdtemp(prefix="headwater-bench-")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "headwater.site.settings")
    import django

    django.setup()
    from headwater.insight import text_models
    from headwater.science.text import fit_student

    texts, intents = banking77(SHARED)
    vanilla = text_models.table("english")
    print(f"load {os.getloadavg()[0]:.1f}")
    print("| encoder | draw | themes | intents back | HDBSCAN: groups | intents back | seconds |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for seed in DRAWS:
        drawn = draw(texts, intents, seed)
        some = drawn.comments[:FITTED_TO]
        student = fit_student(vanilla, some, text_models.teacher("english").encode(some), held_out=0).student
        encoders = {
            "table as it ships": (centred(vanilla.encode(drawn.comments)), centred(vanilla.encode(drawn.phrases))),
            "student of 2,500 comments": (student.encode(drawn.comments), student.encode(drawn.phrases)),
        }
        for name, (comments, phrases) in encoders.items():
            started = perf_counter()
            found, unfit = themes_of(drawn, comments, phrases)
            seconds = perf_counter() - started
            others = hdbscan(comments, unfit)
            row = (name, seed, len(found), back(drawn, found), len(others), back(drawn, others), f"{seconds:.1f}")
            print(f"| {' | '.join(str(one) for one in row)} |", flush=True)


def banking77(shared: Path) -> tuple[list[str], np.ndarray]:
    """Texts and intents, both parts of the official split."""
    rows = []
    for part in ("train", "test"):
        with (shared / "data" / "banking77" / f"{part}.csv").open(encoding="utf-8", newline="") as file:
            rows += [(row["text"].strip(), row["category"]) for row in csv.DictReader(file)]
    return [text for text, _intent in rows], np.array([intent for _text, intent in rows])


def draw(texts: list[str], intents: np.ndarray, seed: int) -> Draw:
    """Withhold ten intents, teach the others, and draw comments that were not taught."""
    random = np.random.default_rng(seed)
    names = np.unique(intents)
    withheld = frozenset(random.choice(names, WITHHELD, replace=False).tolist())
    taught = [
        random.choice(np.flatnonzero(intents == name), PHRASES, replace=False) for name in names if name not in withheld
    ]
    phrases = np.concatenate(taught)
    comments = random.choice(np.setdiff1d(np.arange(len(texts)), phrases), COMMENTS, replace=False)
    return Draw(
        withheld,
        [texts[row] for row in phrases],
        np.repeat(np.arange(len(taught)), PHRASES),
        [texts[row] for row in comments],
        intents[comments],
    )


def themes_of(drawn: Draw, comments: np.ndarray, phrases: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """The themes as the product finds them, without labels; and all comments that no cause explains."""
    from headwater.insight.themes_finding import named_groups
    from headwater.science.text.themes import LARGEST, group, nearest_phrase, yardstick

    with threadpool_limits(1):
        yard = yardstick(phrases, drawn.classes, comments)
        nearest, likeness = nearest_phrase(comments, phrases)
        unfit = np.flatnonzero(likeness < yard.explained)
        groups = [unfit[rows] for rows in group(comments[unfit[:LARGEST]], yard.together)]
        named = named_groups(drawn.comments, groups, drawn.classes[nearest])
    return [rows for rows, _words in named], unfit


def hdbscan(comments: np.ndarray, unfit: np.ndarray) -> list[np.ndarray]:
    """What a user would pick instead; at least eight to a group, as the product."""
    if not len(unfit):
        return []
    with threadpool_limits(1):
        labels = HDBSCAN(min_cluster_size=8, min_samples=3, cluster_selection_method="leaf", copy=True).fit_predict(
            comments[unfit]
        )
    return [unfit[labels == one] for one in range(labels.max() + 1)]


def back(drawn: Draw, groups: list[np.ndarray]) -> int:
    """How many of the withheld intents are some group at purity 0.8."""
    found = set()
    for rows in groups:
        names, counts = np.unique(drawn.intents[rows], return_counts=True)
        if counts.max() >= PURE * len(rows):
            found.add(str(names[counts.argmax()]))
    return len(found & drawn.withheld)


def centred(vectors: np.ndarray) -> np.ndarray:
    """The middle taken out, rows of length 1 again, as the product does with a table as it ships."""
    moved = vectors - vectors.mean(axis=0)
    return moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9)


if __name__ == "__main__":
    main()
