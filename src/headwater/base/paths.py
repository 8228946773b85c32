"""Where this installation keeps its data."""

import os
from pathlib import Path


def home() -> Path:
    """The data folder: ``HEADWATER_HOME``, by default ``./var``. Created, for this user only, when it is missing."""
    folder = Path(os.environ.get("HEADWATER_HOME") or "var").expanduser().resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
