"""Files that people attach as evidence: kept under the data folder by an unguessable name, never run, never shown.

A file is written before the row that names it, and removed after that row is gone: a kill in between leaves a file
without a row, which :func:`sweep` removes, never a row without its file.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from django.core.exceptions import SuspiciousFileOperation
from django.utils import timezone
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _

from headwater.base.paths import home
from headwater.base.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

MAX_BYTES: Final = 10 << 20
MOST: Final = 10
NAME_LENGTH: Final = 120
SWEPT_AFTER_SECONDS: Final = 3600


class Upload(Protocol):
    """A file as a form sends it."""

    @property
    def name(self) -> str | None: ...

    @property
    def size(self) -> int | None: ...

    def chunks(self) -> Iterable[bytes]: ...


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that lies in the folder; ``name`` is what people called it, made safe."""

    stored: uuid.UUID
    name: str
    size: int
    digest: str


def folder() -> Path:
    """Return the folder of evidence, made on first use, for this installation's user alone."""
    place = home() / "evidence"
    place.mkdir(mode=0o700, exist_ok=True)
    return place


def path_of(stored: uuid.UUID) -> Path:
    """Return where a file lies."""
    return folder() / stored.hex


def keep(sent: Upload) -> Kept:
    """Write a file to the disk for good. Refuses one that is empty or larger than :data:`MAX_BYTES`."""
    if (sent.size or 0) > MAX_BYTES:
        raise _too_large()
    stored, digest, size = uuid.uuid4(), hashlib.sha256(), 0
    path = path_of(stored)
    try:
        with path.open("xb") as file:
            for piece in sent.chunks():
                size += len(piece)
                if size > MAX_BYTES:
                    raise _too_large()
                digest.update(piece)
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        if not size:
            raise Refused("file_empty", _("The file “%s” is empty.") % safe_name(sent.name), "file")
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Kept(stored, safe_name(sent.name), size, digest.hexdigest())


def safe_name(name: str | None) -> str:
    """Return a name without folders or characters that mean something to a shell or a header."""
    base = Path((name or "").replace("\\", "/").replace("\x00", "")).name
    try:
        valid = get_valid_filename(base)
    except SuspiciousFileOperation:
        return "file"
    stem, suffix = Path(valid).stem, Path(valid).suffix[:12]
    return f"{stem[: NAME_LENGTH - len(suffix)]}{suffix}".lstrip(".") or "file"


def remove(stored: uuid.UUID) -> None:
    """Remove a file; one that is gone already is no matter."""
    path_of(stored).unlink(missing_ok=True)


def sweep(known: Collection[uuid.UUID]) -> int:
    """Remove files that no row names and that are too old to be on their way; return how many."""
    names, gone, now = {one.hex for one in known}, 0, timezone.now().timestamp()
    for path in folder().iterdir():
        if path.name not in names and now - path.stat().st_mtime > SWEPT_AFTER_SECONDS:
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def clear() -> None:
    """Remove every file; repeatable."""
    shutil.rmtree(folder(), ignore_errors=True)


def _too_large() -> Refused:
    return Refused(
        "file_too_large", _("A file may have %d MB at most. Link to it instead.") % (MAX_BYTES >> 20), "file"
    )
