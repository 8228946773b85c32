"""A watched folder: a file dropped there is imported with the kept mapping once it no longer grows.

What was imported lies in `done`, what could not be read in `refused`, each with a note beside it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base.models import Person
from headwater.base.paths import home
from headwater.base.refusals import Refused
from headwater.listening import importing, services
from headwater.listening.connections import failing, guard
from headwater.listening.connections.options import FolderOptions, read_options
from headwater.listening.connections.runs import RunEnded, begin
from headwater.listening.models import Connection, ConnectionRun, Import, ImportState

DONE, REFUSED = "done", "refused"
FILES_A_RUN = 100
LONGEST_NAME, CUT_NAME = 200, 120
"""Bytes of a file's name that leave room for a stamp and for the name of its note, and what a longer one is cut to."""
Seen = dict[str, list[float]]


def folder_of(name: str, options: FolderOptions) -> Path:
    """The folder of a connection, made when it is not there. Raises Refused where the operator does not allow it."""
    if options.path:
        place = guard.require_folder(Path(options.path))
    else:
        place = home() / "watch" / name
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    for part in (place / DONE, place / REFUSED):
        try:
            part.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            message = _("The folder %(path)s cannot be used: %(why)s.")
            raise Refused("folder_unusable", message % {"path": place, "why": error.strerror}, "path") from error
    return place


def read_folder(connection: Connection, person: Person | None) -> ConnectionRun:
    """Import every file that was the same size when it was last looked at. One that is refused stops no other."""
    from headwater.listening.connections.running import close_well

    run = begin(connection, person)
    try:
        options = read_options(connection.kind, connection.options)
        if not isinstance(options, FolderOptions):
            raise TypeError("a folder has the options of a folder")
        place = folder_of(connection.name, options)
        seen: Seen = connection.position.get("files", {})
        paths = {_key(path): path for path in _files(place)}
        now_there = {name: _size(path) for name, path in paths.items()}
        for name in settled(now_there, seen)[:FILES_A_RUN]:
            _take(run, connection, paths[name])
            now_there.pop(name)
        with transaction.atomic():
            if not ConnectionRun.objects.filter(pk=run.pk, state=ConnectionRun.State.RUNNING).exists():
                raise RunEnded
            Connection.objects.filter(pk=connection.pk).update(position={"files": now_there})
    except Refused as refused:
        failing.failed(run, refused.message)
    except OSError as error:
        failing.failed(run, _("The folder cannot be read: %s.") % (error.strerror or type(error).__name__))
    else:
        close_well(run)
    run.refresh_from_db()
    return run


def settled(now: Seen, seen: Seen) -> list[str]:
    """The files whose size and time are what they were: whoever wrote them is done. Pure."""
    return sorted(name for name, state in now.items() if seen.get(name) == state)


def _files(place: Path) -> Iterator[Path]:
    """Each plain file; hidden and half-copied ones are left alone."""
    for path in sorted(place.iterdir()):
        if path.is_symlink() or not path.is_file() or path.name.startswith((".", "~")):
            continue
        if path.suffix.lower() in (".part", ".tmp", ".crdownload", ".filepart"):
            continue
        yield path


def _key(path: Path) -> str:
    """A file's name as the database can keep it: what is not UTF-8 is written out, so that no two become one."""
    return os.fsencode(path.name).decode("utf-8", "backslashreplace")


def _size(path: Path) -> list[float]:
    """What tells that a file is still being written: its size and its time."""
    found = path.stat()
    return [float(found.st_size), found.st_mtime]


def _take(run: ConnectionRun, connection: Connection, path: Path) -> None:
    """Import one file and put it away. Killed in between, it is found again, and counts once."""
    source = connection.source.name
    try:
        _require_name(path)
        earlier = _same_content(path, source)
        if earlier is not None:
            _put_away(path, DONE, _("The same content was imported before (import %d): nothing is new.") % earlier.pk)
            return
        outcome = services.import_file(path, source=source)
    except Refused as refused:
        _put_away(path, REFUSED, refused.message)
        connection_note = _("%(file)s: %(why)s") % {"file": _kept_name(path), "why": refused.message}
        ConnectionRun.objects.filter(pk=run.pk).update(note=connection_note[:2_000])
        return
    said = _("%(accepted)d new, %(repeated)d known, %(revised)d revised, %(set_aside)d set aside (import %(pk)d).")
    counts: dict[str, Any] = {
        "accepted": outcome.accepted,
        "repeated": outcome.repeated,
        "revised": outcome.revised,
        "set_aside": outcome.set_aside,
        "pk": outcome.import_id,
    }
    _count(run, outcome)
    _put_away(path, DONE, said % counts)


def _require_name(path: Path) -> None:
    """Refuse a name that cannot be written down."""
    if os.fsencode(path.name).decode("utf-8", "ignore") != path.name:
        raise Refused("bad_name", _("The name of the file is not in UTF-8; rename it."))


def _count(run: ConnectionRun, outcome: importing.ImportOutcome) -> None:
    run.rows += outcome.accepted + outcome.repeated + outcome.revised + outcome.set_aside
    run.set_aside += outcome.set_aside
    ConnectionRun.objects.filter(pk=run.pk).update(rows=run.rows, set_aside=run.set_aside)


def _same_content(path: Path, source: str) -> Import | None:
    """An import of the same bytes with the same mapping that is done."""
    used = services.choose_mapping(path, source, None)
    mark = importing.fingerprint(path, used)
    return Import.objects.filter(fingerprint=mark, state=ImportState.DONE).order_by("pk").first()


def _put_away(path: Path, where: str, note: str) -> None:
    """Move a file into `done` or `refused` with a note; one of the same name there keeps its place."""
    target = path.parent / where / _kept_name(path)
    if target.exists():
        stamp = timezone.now().strftime("%Y%m%dT%H%M%S%f")
        target = target.with_name(f"{target.stem}.{stamp}{target.suffix}")
    path.rename(target)
    target.with_name(f"{target.name}.note.txt").write_text(f"{note}\n", "utf-8")


def _kept_name(path: Path) -> str:
    """The name under which a file is put away: in UTF-8, and short enough for what is added to it."""
    raw = os.fsencode(path.name)
    name = raw.decode("utf-8", "ignore") or "_"
    return name if len(raw) <= LONGEST_NAME else raw[:CUT_NAME].decode("utf-8", "ignore") + Path(name).suffix[:20]
