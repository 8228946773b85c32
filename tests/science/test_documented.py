"""What the library offers is written down."""

import inspect
from pathlib import Path

import headwater.science as hs

PAGE = Path(__file__).parents[2] / "docs" / "develop" / "statistics.md"


def test_every_method_is_on_the_page_of_statistics() -> None:
    text = PAGE.read_text()
    methods = [name for name in hs.__all__ if inspect.isfunction(getattr(hs, name))]
    assert len(methods) > 40
    assert [name for name in methods if f"`{name}" not in text] == []


def test_every_method_and_result_says_what_it_is() -> None:
    silent = [name for name in hs.__all__ if not inspect.getdoc(getattr(hs, name)) and name != "Result"]
    assert silent == []
