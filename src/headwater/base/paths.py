"""Where this installation keeps its data, and where it is reached unless somebody says otherwise."""

import os
from pathlib import Path


def home() -> Path:
    """The data folder: ``HEADWATER_HOME``, by default ``./var``. Created, for this user only, when it is missing."""
    folder = Path(os.environ.get("HEADWATER_HOME") or "var").expanduser().resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def local_url(port: int | str) -> str:
    """The address of this installation on its own machine."""
    return f"http://127.0.0.1:{port}"
