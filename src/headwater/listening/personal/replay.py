"""Who was erased, for the day a backup is restored: a file of keyed hashes, and the command that forgets them again.

`erased_customers` in the data folder holds a line for each: when, and the keyed hash of the id. Copy it away from the
backups, with `pseudonym_key`; after a restore, `headwater replay-erasures FILE` erases whoever came back with it.
"""

import os
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path

from django.utils.translation import gettext as _

from headwater.base.paths import home
from headwater.base.refusals import Refused
from headwater.listening.models import Addressee, Consent
from headwater.listening.personal import pseudonyms
from headwater.listening.personal.crypto import one_at_a_time, replace_file
from headwater.metrics.store import company_record

FILE = "erased_customers"


def remember(ids: Sequence[str], at: datetime | None = None) -> None:
    """Add erased ids to the list; durable when this returns."""
    when = (at or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    with one_at_a_time():
        known = remembered(home() / FILE) if (home() / FILE).exists() else {}
        new = dict.fromkeys(map(pseudonyms.hasher(), ids))
        lines = [f"{when} {hashed}\n" for hashed in new if hashed not in known]
        descriptor = os.open(home() / FILE, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "a") as out:
            out.writelines(lines)
            out.flush()
            os.fsync(out.fileno())


def forget(hashes: Collection[str]) -> None:
    """Take hashes off the list: of customers who came back, whom no restore is to erase again."""
    with one_at_a_time():
        path = home() / FILE
        lines = path.read_text("ascii").splitlines(keepends=True) if path.exists() else []
        kept = [line for line in lines if line.split()[-1] not in hashes]
        if len(kept) < len(lines):
            replace_file(path, "".join(kept))


def remembered(path: Path) -> dict[str, datetime]:
    """When each was erased, by keyed hash. Raises Refused for a file that is no such list."""
    found: dict[str, datetime] = {}
    try:
        for number, line in enumerate(path.read_text("ascii").splitlines(), start=1):
            when, _space, hashed = line.partition(" ")
            if len(hashed) != 32:
                raise Refused("bad_replay_list", _("Line %s is not a time and a keyed hash.") % number, field="file")
            found[hashed] = datetime.fromisoformat(when)
    except (OSError, ValueError) as error:
        raise Refused("bad_replay_list", _("%(file)s cannot be read: %(error)s.") % {
            "file": path, "error": error}, field="file") from error  # fmt: skip
    return found


def came_back(path: Path) -> list[str]:
    """The ids, among all that are known here, that the list says were erased."""
    erased, hashed = remembered(path), pseudonyms.hasher()
    found: set[str] = set()
    for rows in company_record().customers_named():
        found.update(one for one in rows["customer_id"].to_pylist() if hashed(one) in erased)
    for model in (Addressee, Consent):
        ids = model._default_manager.values_list("customer_id", flat=True).distinct()
        found.update(one for one in ids.iterator() if hashed(one) in erased)
    return sorted(found)
