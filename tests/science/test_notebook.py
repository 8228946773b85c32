"""The notebook runs on the real survey and says what is written in it."""

import importlib.util
import json
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "notebooks"


def test_the_airport_survey_says_what_the_notebook_shows(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    specification = importlib.util.spec_from_file_location("run_notebook", FOLDER / "run.py")
    assert specification is not None
    assert specification.loader is not None
    runner = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(runner)
    monkeypatch.setenv("SFO_SURVEY", str(shared / "data" / "sfo_survey" / "dataset.xlsx"))
    notebook = json.loads((FOLDER / "sfo_survey.ipynb").read_text())
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for cell, found in zip(cells, runner.outputs(notebook, pictures=False), strict=True):
        assert words(found) == words(cell["outputs"]), "".join(cell["source"])


def words(outputs: list[dict]) -> list[str]:
    return [line for one in outputs for line in one.get("text", one.get("data", {}).get("text/plain", []))]
