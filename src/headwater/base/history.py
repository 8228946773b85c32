"""Readable history: who did what and when, written in the transaction of the change itself.

Each room registers its codes, with a sentence each, in a module ``codes.py``::

    register_codes({"department.renamed": gettext_lazy("renamed %(old)s to %(new)s")})

The sentence is filled from the entry's data and follows the actor's name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.module_loading import autodiscover_modules

from headwater.base.models import HistoryEntry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater.base.models import Person

_CODE = re.compile(r"^[a-z_]+\.[a-z_]+$")
_sentences: dict[str, Any] = {}


def register_codes(sentences: Mapping[str, Any]) -> None:
    """Register history codes (``thing.past_tense``) with the sentence, lazily translated, that a page shows."""
    for code, sentence in sentences.items():
        if not _CODE.match(code):
            raise ValueError(f"{code!r} is no history code: write thing.done_in_past_tense")
        _sentences[code] = sentence


def sentences() -> Mapping[str, Any]:
    """Return every registered code with its sentence; the rooms' ``codes`` modules are loaded on first use."""
    autodiscover_modules("codes")
    return _sentences


def record_history(actor: Person | None, code: str, subject: str, data: Mapping[str, Any]) -> HistoryEntry:
    """Write what was done, in the current transaction, so that a change and its entry stand or fall together.

    ``actor`` is None for the installation itself (command line, worker). ``subject`` names the thing changed, as
    ``kind:id``. ``data`` is JSON and holds what the sentence needs. Raises ``RuntimeError`` outside a transaction and
    ``ValueError`` for a code that no room registered.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError(f"{code} must be recorded in the transaction of the change")
    if code not in _sentences and code not in sentences():
        raise ValueError(f"register the history code {code!r} with its sentence in the room's codes.py")
    return HistoryEntry.objects.create(
        actor=actor, actor_name=actor.name if actor else "", code=code, subject=subject, data=dict(data)
    )


def sentence(code: str, data: Mapping[str, Any]) -> str:
    """Return what was done as words; a code of an older version without a sentence is shown as it is."""
    template = sentences().get(code)
    if template is None:
        return code
    return str(template) % defaultdict(lambda: "…", data)
