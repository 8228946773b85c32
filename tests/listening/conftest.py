"""A company with an empty record of its own, people who may import, and files to import."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from headwater.base.company import ensure_company
from headwater.base.models import Company, Person
from headwater.metrics.store import close_company_record

FileMaker = Callable[..., Path]


@pytest.fixture
def ours(db: None, home: Path) -> Iterator[Company]:
    """An empty company whose record is under a folder of the test's own."""
    close_company_record()
    yield ensure_company(name="Ours", time_zone="Europe/Berlin")
    close_company_record()


@pytest.fixture
def analyst(db: None) -> Person:
    return Person.objects.create(email="analyst@example.com", name="Analyst", roles=["analyst"])


@pytest.fixture
def employee(db: None) -> Person:
    return Person.objects.create(email="employee@example.com", name="Employee", roles=["employee"])


@pytest.fixture
def make_file(tmp_path: Path) -> FileMaker:
    """Write a file: ``make_file("name.csv", "text")``, or bytes."""

    def make(name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return make


@pytest.fixture
def scores(make_file: FileMaker) -> Path:
    """A plain file of answers, as a survey tool exports it."""
    rows = "\n".join(f"{n},2024-01-{n % 28 + 1:02d},{n % 11},The answer of number {n} was this" for n in range(1, 101))
    return make_file("scores.csv", f"id,date,score,comment\n{rows}\n")
