"""Files that people upload: kept apart until they are imported, mapped on the page, and removed after some days."""

import shutil
import uuid
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from django.db import transaction
from django.utils import timezone
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _

from headwater.base import queue
from headwater.base.company import ensure_company
from headwater.base.history import record_history
from headwater.base.models import Person
from headwater.base.paths import home
from headwater.base.permissions import require
from headwater.base.refusals import Conflict, Refused
from headwater.listening import importing, mapping, proposal, services
from headwater.listening.mapping import Mapping
from headwater.listening.models import Import, ImportState, Source
from headwater.listening.personal.rules import rules

MAX_BYTES = 4 << 30
TASK = "listening.import"


class Upload(Protocol):
    """A file as a form sends it."""

    @property
    def name(self) -> str | None: ...

    @property
    def size(self) -> int | None: ...

    def chunks(self) -> Iterable[bytes]: ...


def folder() -> Path:
    place = home() / "uploads"
    place.mkdir(mode=0o700, exist_ok=True)
    return place


def upload(person: Person | None, sent: Upload, source: str = "", ready: str = "") -> Import:
    """Keep an uploaded file and propose its mapping, or fit the `ready` one that was chosen.

    Raises Refused where it cannot be read; then nothing is kept.
    """
    require(person, "import", "signals")
    services.refuse_sample()
    if (sent.size or 0) > MAX_BYTES:
        raise Refused(
            "file_too_large",
            _("The file has %(size).1f GB; pages take up to %(most)d GB. Import it with the command line.")
            % {"size": (sent.size or 0) / (1 << 30), "most": MAX_BYTES >> 30},
            field="file",
        )
    name = get_valid_filename(Path(sent.name or "file").name)[:200]
    path = folder() / uuid.uuid4().hex / name
    path.parent.mkdir(mode=0o700)
    try:
        _write(sent, path)
        used = _first_mapping(path, source, ready)
        return _create(person, path, used)
    except BaseException:
        shutil.rmtree(path.parent, ignore_errors=True)
        raise


def _write(sent: Upload, path: Path) -> None:
    try:
        with path.open("wb") as file:
            for piece in sent.chunks():
                file.write(piece)
    except OSError as error:
        if not importing.is_disk_full(error):
            raise
        raise Refused("disk_full", _("The disk is full; the file was not kept."), field="file") from error


def _first_mapping(path: Path, source: str, ready: str) -> Mapping:
    """The mapping kept for the source, else the proposed one, certain or not: the page shows it either way."""
    try:
        used = services.choose_mapping(path, source or None, None, ready or None)
    except services.MappingUnsure as unsure:
        used = unsure.proposal.mapping
    if used.sql is not None:
        used = proposal.propose(path, ready=ready or None).mapping
    name = source or (used.source if used.ready else path.name)
    return used.model_copy(update={"source": services.source_name(name)})


def _create(person: Person | None, path: Path, used: Mapping) -> Import:
    ensure_company()
    with transaction.atomic():
        source, _made = Source.objects.get_or_create(name=used.source)
        return Import.objects.create(
            source=source,
            file_name=path.name[:255],
            path=str(path),
            mapping=used.to_yaml(),
            person=person,
            state=ImportState.UPLOADED,
            bytes_total=path.stat().st_size,
        )


def change_mapping(person: Person | None, arrival: Import, used: Mapping) -> None:
    """Set the mapping of an uploaded file."""
    require(person, "import", "signals")
    _still_uploaded(arrival)
    with transaction.atomic():
        arrival.source, _made = Source.objects.get_or_create(name=used.source)
        arrival.mapping = used.to_yaml()
        arrival.save(update_fields=["source", "mapping"])


def choose_ready(person: Person | None, arrival: Import, name: str) -> Mapping:
    """Read an uploaded file with another ready mapping. Raises Refused where the file is not of its shape."""
    require(person, "import", "signals")
    return proposal.propose(Path(arrival.path), ready=name).mapping


def start(person: Person | None, arrival: Import) -> None:
    """Import an uploaded file in the background; its mapping is kept for the source."""
    require(person, "import", "signals")
    services.refuse_sample()
    used = mapping.from_yaml(arrival.mapping)
    mark = importing.fingerprint(Path(arrival.path), used)
    with transaction.atomic():
        _still_uploaded(arrival)
        arrival.source = services.keep_mapping(used, person)
        arrival.state, arrival.fingerprint, arrival.started_at = ImportState.WAITING, mark, timezone.now()
        arrival.save(update_fields=["source", "state", "fingerprint", "started_at"])
        data = {"file": arrival.file_name, "source": arrival.source.name}
        record_history(person, "import.started", f"import:{arrival.pk}", data)
        queue.enqueue(TASK, {"import": arrival.pk}, unique_key=f"{TASK}:{arrival.pk}", requested_by=person)


def discard(person: Person | None, arrival: Import) -> None:
    """Take an upload back that was not imported."""
    require(person, "import", "signals")
    _still_uploaded(arrival)
    with transaction.atomic():
        record_history(person, "import.deleted", f"import:{arrival.pk}", {"file": arrival.file_name})
        arrival.delete()
    _remove(arrival.path)


def _still_uploaded(arrival: Import) -> None:
    if Import.objects.select_for_update().filter(pk=arrival.pk).values_list("state", flat=True).first() != "uploaded":
        raise Conflict("import_started", _("This file is being imported already; its mapping cannot change any more."))


def kept_for() -> timedelta:
    """How long an uploaded file stays on the disk."""
    return timedelta(days=rules().upload_days)


def expire() -> int:
    """Remove uploaded files that are imported or forgotten for as long as the rules say; returns how many."""
    gone, kept = 0, kept_for()
    for place in folder().iterdir():
        age = timezone.now().timestamp() - place.stat().st_mtime
        if age < kept.total_seconds():
            continue
        shutil.rmtree(place, ignore_errors=True)
        Import.objects.filter(state=ImportState.UPLOADED, path__startswith=str(place)).delete()
        gone += 1
    return gone


def _remove(path: str) -> None:
    place = Path(path).parent
    if place.parent == folder():
        shutil.rmtree(place, ignore_errors=True)
