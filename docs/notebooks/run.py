"""Run a notebook and write what its cells say into it: python docs/notebooks/run.py docs/notebooks/sfo_survey.ipynb

No Jupyter is needed. The test of the notebook runs the same code and compares what is printed.
"""

import base64
import contextlib
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def outputs(notebook: dict[str, Any], *, pictures: bool = True) -> Iterator[list[dict[str, Any]]]:
    """What each code cell prints, and the pictures it calls ``show`` for, in order."""
    shown: list[dict[str, Any]] = []

    def show(picture: dict[str, Any]) -> None:
        """Keep a Vega-Lite specification as an output of the cell; Jupyter draws it, other readers see the image."""
        data: dict[str, Any] = {"text/plain": [picture["description"]]}
        if pictures:
            import vl_convert

            drawn = vl_convert.vegalite_to_png(json.dumps(picture), scale=1)
            data["image/png"] = base64.b64encode(drawn).decode()
        shown.append({"output_type": "display_data", "data": data, "metadata": {}})

    names: dict[str, Any] = {"__name__": "__main__", "show": show}
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        printed = io.StringIO()
        shown.clear()
        with contextlib.redirect_stdout(printed):
            exec("".join(cell["source"]), names)  # noqa: S102 the notebook is part of the project
        words = printed.getvalue().splitlines(keepends=True)
        text = [{"output_type": "stream", "name": "stdout", "text": words}] if words else []
        yield [*text, *shown]


def main(path: Path) -> None:
    """Write the outputs into the notebook."""
    notebook = json.loads(path.read_text())
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for number, (cell, found) in enumerate(zip(cells, outputs(notebook), strict=True), start=1):
        cell["outputs"], cell["execution_count"] = found, number
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
