"""The chart program of the pages: one static file, made from the installed vl-convert package when it is first needed.

It is served like any other static file (hashed name, compressed, kept for good by the browser), so nothing of Vega is
kept in this repository and nothing is loaded from elsewhere. A process of its own makes it: vl-convert used before a
fork would hang the server's workers.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage
from django.core.files.storage import FileSystemStorage, Storage

from headwater.base.charts.theme import theme
from headwater.base.paths import home

NAME = "base/vega.js"
MAKE = "import sys, vl_convert; sys.stdout.buffer.write(vl_convert.javascript_bundle(sys.stdin.read()).encode())"
MAKE_SECONDS = 120


def snippet() -> str:
    """What the page's own script finds as ``headwaterCharts``: Vega-Embed and the two themes."""
    themes = {"light": theme(dark=False), "dark": theme(dark=True)}
    return f"window.headwaterCharts={{embed:vegaEmbed,themes:{json.dumps(themes)}}};"


def bundle_folder() -> Path:
    """The folder that holds the made file; its name changes with the package's version and the themes."""
    made_from = f"{version('vl-convert-python')}\n{snippet()}"
    return home() / "cache" / "charts" / hashlib.sha256(made_from.encode()).hexdigest()[:16]


def bundle() -> Path:
    """The file, made now if it is not there yet. Two processes at once each make it and the last one stays."""
    file = bundle_folder() / NAME
    if file.exists():
        return file
    file.parent.mkdir(parents=True, exist_ok=True)
    made = subprocess.run(  # noqa: S603 the interpreter itself, with a constant program
        [sys.executable, "-c", MAKE], input=snippet().encode(), capture_output=True, check=True, timeout=MAKE_SECONDS
    )
    descriptor, temporary = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(descriptor, "wb") as out:
        out.write(made.stdout)
    Path(temporary).replace(file)
    return file


class ChartFinder(BaseFinder):
    """Offers the chart program to Django's static files."""

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        """Nothing to set, so nothing to check."""
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """The made file's path for its name; nothing for any other."""
        if path != NAME:
            return []
        return [str(bundle())] if find_all else str(bundle())

    def list(self, ignore_patterns: Any) -> Iterator[tuple[str, Storage]]:
        """The one file, made if need be."""
        yield NAME, FileSystemStorage(location=bundle().parents[1])
