"""Label accuracy and speed: a student against its teacher and against TF-IDF with a linear classifier, in one run.

Banking77 (official split, 77 intents) and the reasons of the airline tweets (a random quarter as test). All see the
same labels: none (the label's name is the only example), 5 or 10 a class, all. Speed is texts a second, encoding only.
"""

import csv
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, make_union
from threadpoolctl import threadpool_limits

SHARED = Path(os.environ.get("HEADWATER_SHARED") or Path(__file__).parents[2] / "shared")
SHOTS: tuple[int | None, ...] = (0, 5, 10, None)
SEED = 20_260_101
Encode = Callable[[Sequence[str]], np.ndarray | sparse.csr_matrix]
Rows = tuple[list[str], list[str]]


def main() -> None:
    """Run the benchmark and print its tables."""
    if not (SHARED / "data").is_dir():
        sys.exit("The shared data is not here: set HEADWATER_SHARED to its folder.")
    os.environ["HEADWATER_HOME"] = tempfile.mkdtemp(prefix="headwater-bench-")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "headwater.site.settings")
    import django

    django.setup()
    warnings.filterwarnings("ignore", message="The number of unique classes")  # one name a class is meant
    for name, (train, test) in {"Banking77": _banking77(), "airline reasons": _airline_reasons()}.items():
        _compare(name, train, test)


def _compare(name: str, train: Rows, test: Rows) -> None:
    from headwater.insight import text_models
    from headwater.science.text import fit_student

    everything = [*train[0], *test[0]]
    vanilla, teacher = text_models.table("english"), text_models.teacher("english")
    started = perf_counter()
    taught = teacher.encode(everything)
    teacher_speed = len(everything) / (perf_counter() - started)
    started = perf_counter()
    student = fit_student(vanilla, train[0], taught[: len(train[0])], held_out=0).student
    fit_seconds = perf_counter() - started
    known = dict(zip(everything, taught, strict=True))
    tfidf = _tfidf().fit(train[0])

    def by_teacher(texts: Sequence[str]) -> np.ndarray:
        unknown = [text for text in texts if text not in known]
        known.update(zip(unknown, teacher.encode(unknown), strict=True) if unknown else ())
        return np.array([known[text] for text in texts])

    encoders: dict[str, Encode] = {
        "TF-IDF words + characters": tfidf.transform,
        "table as it ships": vanilla.encode,
        "teacher": by_teacher,
        "student": student.encode,
    }
    speeds = {"teacher": teacher_speed}
    for label, encode in encoders.items():
        if label != "teacher":
            speeds[label] = _speed(encode, everything)
    print(f"\n## {name}: {len(train[0]):,} train, {len(test[0]):,} test, {len(set(train[1]))} classes")
    print("| | zero | 5-shot | 10-shot | full | texts/s |\n|---|---|---|---|---|---|")
    accuracy = {}
    for label, encode in encoders.items():
        accuracy[label] = [_accuracy(encode, train, test, shots) for shots in SHOTS]
        print(f"| {label} | {' | '.join(f'{one:.1%}' for one in accuracy[label])} | {speeds[label]:,.0f} |", flush=True)
    behind = [100 * (a - b) for a, b in zip(accuracy["student"], accuracy["teacher"], strict=True)]
    print(f"\nStudent minus teacher, points: {', '.join(f'{one:+.1f}' for one in behind)}.")
    print(f"Student ÷ teacher speed: {speeds['student'] / speeds['teacher']:,.0f} ×. Fitted in {fit_seconds:.1f} s.")


def _accuracy(encode: Encode, train: Rows, test: Rows, shots: int | None) -> float:
    """Share of the test that is right, learnt from ``shots`` examples a class (``None``: all) and the class's name."""
    classes = sorted(set(train[1]))
    chosen = range(len(train[0])) if shots is None else _few(train[1], classes, shots)
    texts = [*(_name(one) for one in classes), *(train[0][row] for row in chosen)]
    labels = [*classes, *(train[1][row] for row in chosen)]
    model = LogisticRegression(C=10, max_iter=300)
    with threadpool_limits(1):
        model.fit(encode(texts), labels)
        return float(model.score(encode(test[0]), test[1]))


def _few(labels: Sequence[str], classes: Sequence[str], shots: int) -> list[int]:
    random = np.random.default_rng(SEED)
    places = {one: [row for row, label in enumerate(labels) if label == one] for one in classes}
    return [int(row) for one in classes for row in random.permutation(places[one])[:shots]]


def _speed(encode: Encode, texts: Sequence[str]) -> float:
    """Texts a second on one thread, the better of two passes over at least 20,000 texts."""
    many = list(texts) * max(1, 20_000 // len(texts) + 1)
    best = float("inf")
    with threadpool_limits(1):
        for _ in range(2):
            started = perf_counter()
            encode(many)
            best = min(best, perf_counter() - started)
    return len(many) / best


def _tfidf() -> FeatureUnion:
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    return make_union(words, TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True))


def _name(label: str) -> str:
    return label.replace("_", " ")


def _banking77() -> tuple[Rows, Rows]:
    folder = SHARED / "data" / "banking77"
    train, test = (_columns(folder / f"{part}.csv", "text", "category") for part in ("train", "test"))
    return train, test


def _airline_reasons() -> tuple[Rows, Rows]:
    texts, reasons = _columns(SHARED / "data" / "airline_tweets" / "Tweets.csv", "text", "negativereason")
    rows = [row for row, reason in enumerate(reasons) if reason and reason != "Can't Tell"]
    shuffled = np.random.default_rng(SEED).permutation(rows)
    quarter = len(shuffled) // 4

    def part(chosen: np.ndarray) -> Rows:
        return [texts[row] for row in chosen], [reasons[row] for row in chosen]

    return part(shuffled[quarter:]), part(shuffled[:quarter])


def _columns(path: Path, *names: str) -> tuple[list[str], list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    first, second = ([row[name] for row in rows] for name in names)
    return first, second


if __name__ == "__main__":
    main()
