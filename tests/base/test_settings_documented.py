"""Every setting an operator may use is written down, and nothing else is."""

import re
from pathlib import Path

import headwater

NAME = re.compile(r"\bHEADWATER_[A-Z_]*[A-Z]\b")
SOURCES = Path(headwater.__file__).parent
DOCUMENT = SOURCES.parents[1] / "docs" / "operate" / "settings.md"


def test_every_setting_in_the_code_is_documented_and_every_documented_one_is_in_the_code() -> None:
    used = {name for file in SOURCES.rglob("*.py") for name in NAME.findall(file.read_text())}
    documented = set(NAME.findall(DOCUMENT.read_text()))
    assert used - documented == set()
    assert documented - used == set()
