"""What the check before launch finds: where, what phrase, why it matters, and a mended survey where there is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from headwater.listening.surveys.document import Document

Severity = Literal["error", "warning", "note"]
ORDER: dict[Severity, int] = {"error": 0, "warning": 1, "note": 2}


@dataclass(frozen=True, slots=True)
class Mend:
    """A way to mend it: what the words would be, and the survey as it would be then."""

    words: str
    document: Document = field(compare=False, hash=False, repr=False)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the check found.

    `code` names the rule. `words` is the text it read and `phrase` the part of it that is meant, both empty where the
    finding is of no words. `error` stops publishing, `warning` asks to be confirmed, `note` is worth knowing.
    """

    code: str
    severity: Severity
    why: str
    page: str = ""
    question: str = ""
    item: str = ""
    language: str = ""
    words: str = ""
    phrase: str = ""
    mend: Mend | None = None

    @property
    def key(self) -> str:
        """What names this finding as long as the survey is the same."""
        return ":".join((self.code, self.page, self.question, self.item, self.language))


@dataclass(frozen=True, slots=True)
class Known:
    """What the record knows of customers already, so that nobody need be asked: names of attributes, and kinds of
    facts (`channel`, `date`, `order`, `tenure`) with where they are found."""

    attributes: frozenset[str] = frozenset()
    facts: Mapping[str, str] = field(default_factory=dict)
