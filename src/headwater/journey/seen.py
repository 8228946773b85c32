"""What someone saw when they opened a form, so that what others changed meanwhile is named and never overwritten."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from headwater.base.refusals import Conflict

MAX_LENGTH = 1_000
_DIGITS = 10


def digests(values: Mapping[str, Any]) -> str:
    """What was seen, field by field in short digests: ``grace_days:2f1e0c9a44 name:91bb…``."""
    return " ".join(f"{name}:{_digest(values[name])}" for name in sorted(values))


def changed_since(seen: str, values: Mapping[str, Any]) -> list[str]:
    """The fields that differ from what was seen; one that the fingerprint does not know counts as changed."""
    then = dict(part.split(":", 1) for part in seen.split() if ":" in part)
    return [name for name, value in values.items() if then.get(name) != _digest(value)]


def require_unchanged(
    seen: str | None, values: Mapping[str, Any], *, code: str, name: str, titles: Mapping[str, Any] | None = None
) -> None:
    """Refuse (409) a change by someone who saw something else, naming what changed meanwhile.

    Args:
        seen: the fingerprint when it was opened; None: whoever asks did not look.
        values: the fields as they are now.
        code: of the refusal.
        name: of what is changed.
        titles: fields as people read them, by name; None: by their names in the document.
    """
    changed = [] if seen is None else changed_since(seen, values)
    if changed:
        what = ", ".join(str((titles or {}).get(field, field)) for field in changed)
        message = _(
            "Someone else changed “%(name)s” after you opened it (%(what)s). "
            "Reload the page and make your change again."
        )
        raise Conflict(code, message % {"name": name, "what": what})


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
