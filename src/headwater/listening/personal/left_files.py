"""Uploaded files that are still on the disk: whose they are, and what goes with an erased customer."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from time import time

from headwater.base.paths import home
from headwater.base.refusals import Refused
from headwater.listening import importing, mapping
from headwater.listening.models import Import, ImportState

READING = (ImportState.WAITING, ImportState.READING, ImportState.INTERRUPTED)


def folder() -> Path:
    """Where uploads lie, one folder each."""
    return home() / "uploads"


def is_ours(path: str) -> bool:
    """Whether the file lies in the folder of uploads; a file given to the command line is its owner's."""
    return bool(path) and Path(path).parent.parent == folder()


def remove(path: str) -> None:
    shutil.rmtree(Path(path).parent, ignore_errors=True)


def remove_done() -> int:
    """Remove uploads that are in the record, and folders that no import knows; returns how many."""
    needed = {
        Path(path).parent
        for path in Import.objects.exclude(state__in=(ImportState.DONE, ImportState.RECEIVED)).values_list(
            "path", flat=True
        )
        if is_ours(path)
    }
    gone = [
        place for place in (folder().iterdir() if folder().exists() else ()) if place not in needed and _is_old(place)
    ]
    for place in gone:
        shutil.rmtree(place, ignore_errors=True)
    return len(gone)


def _is_old(place: Path) -> bool:
    """A folder of an upload that is being sent has no import yet; it is known by its content's age of a minute."""
    try:
        return time() - place.stat().st_mtime > 60 or Import.objects.filter(path__startswith=str(place)).exists()
    except FileNotFoundError:
        return False


def any_being_read() -> bool:
    """Whether an import goes on from an upload."""
    return any(is_ours(path) for path in Import.objects.filter(state__in=READING).values_list("path", flat=True))


def names_any(arrival: Import, ids: Sequence[str]) -> bool:
    """Whether a cell of the file is one of the ids; a file that cannot be read might."""
    try:
        reader = importing.open_reader(Path(arrival.path), mapping.from_yaml(arrival.mapping))
        try:
            wanted = set(ids)
            return any(
                not wanted.isdisjoint(column.to_pylist()) for rows in reader.batches() for column in rows.table.columns
            )
        finally:
            reader.close()
    except (Refused, OSError, ValueError):
        return True
