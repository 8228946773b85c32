from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.record import Record


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    """An empty record."""
    opened = Record(tmp_path / "record")
    yield opened
    opened.close()
