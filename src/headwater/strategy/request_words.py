"""What a request in free words is about: stages, causes and departments, each with how sure that is, and why.

The classifier was made for customers' words and a request is in a colleague's, so what it says is a proposal that
people correct; departments are found by their names. Pure, apart from the classifier that is handed in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from headwater.insight.label_rules import sentences, surest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from headwater.insight.labeller import Labeller
    from headwater.journey.taxonomy import Taxonomy

Why = Literal["words", "named", "person"]

MOST: Final = 3
FURTHER: Final = 0.5
"""How sure, beside the surest, a further stage or cause must be, as a part of the surest."""
ABOUT_CONTACTS: Final = re.compile(
    r"\b(call|contact|support|service)[- ]?(cent(er|re)s?|desks?|lines?|volumes?|teams?)\b"
    r"|\b(too many|number of|volume of|fewer|less) (\w+[- ]){0,2}"
    r"(calls?|contacts?|tickets?|chats?|e-?mails?|enquiries)\b"
    r"|\b(calls?|contacts?|tickets?) (go|went|are|keep|rise|rising|up)\b",
    re.IGNORECASE,
)
_PARTS = re.compile(r"\s*(?:,|&|/|\band\b)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Guess:
    """Something of the journey that the words are about. ``confidence`` is 0…1; 1 for what is named or corrected."""

    id: str
    name: str
    confidence: float
    why: Why


@dataclass(frozen=True, slots=True)
class Understanding:
    """What a request is about. ``all_contacts``: it is about customers getting in touch as such, whatever about."""

    causes: tuple[Guess, ...] = ()
    stages: tuple[Guess, ...] = ()
    departments: tuple[Guess, ...] = ()
    all_contacts: bool = False
    by_person: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether the words name nothing that the journey knows."""
        return not (self.causes or self.stages or self.departments or self.all_contacts)


def understood(text: str, labeller: Labeller, known: Taxonomy) -> Understanding:
    """Read a request's words. A department that recovers what others failed (one that a cause of service's own names)
    stands for all contacts: they are what reaches it, not what it causes."""
    departments = named_departments(text, known)
    downstream = service_departments(known)
    return Understanding(
        causes=_heard("cause", text, labeller, {cause.id: cause.name for cause in known.active_causes}),
        stages=_heard("stage", text, labeller, {stage.id: stage.name for stage in known.stages}),
        departments=departments,
        all_contacts=bool(ABOUT_CONTACTS.search(text)) or any(guess.id in downstream for guess in departments),
    )


def corrected(
    known: Taxonomy, causes: Iterable[str], stages: Iterable[str], departments: Iterable[str], *, all_contacts: bool
) -> Understanding:
    """What a person says a request is about; ids that the journey does not know are left out."""
    wanted = set(causes), set(stages), set(departments)
    return Understanding(
        causes=tuple(Guess(one.id, one.name, 1.0, "person") for one in known.active_causes if one.id in wanted[0]),
        stages=tuple(Guess(one.id, one.name, 1.0, "person") for one in known.stages if one.id in wanted[1]),
        departments=tuple(Guess(one.id, one.name, 1.0, "person") for one in known.departments if one.id in wanted[2]),
        all_contacts=all_contacts,
        by_person=True,
    )


def named_departments(text: str, known: Taxonomy) -> tuple[Guess, ...]:
    """The departments whose names, or a part of whose names, stand in the words as whole words."""
    words = text.casefold()
    return tuple(
        Guess(one.id, one.name, 1.0, "named")
        for one in known.departments
        if any(re.search(rf"\b{re.escape(name)}\b", words) for name in _names(one.name, one.id))
    )


def service_departments(known: Taxonomy) -> frozenset[str]:
    """The departments that customers reach when something failed: those that causes of service's own name."""
    own = (cause.departments for cause in known.active_causes if cause.demand == "service")
    return frozenset(department for departments in own for department in departments)


def scope(understanding: Understanding, known: Taxonomy) -> str:
    """The filter expression of the signals a request is about; empty for all of them.

    A cause widens to the stages where it hurts, so that what else fails there is seen beside it; a department is
    every cause that it can change.
    """
    if understanding.all_contacts or understanding.is_empty:
        return ""
    stages, causes = {guess.id for guess in understanding.stages}, set[str]()
    for guess in understanding.causes:
        cause = known.cause(guess.id)
        stages |= set(cause.stages) if cause else set()
        causes.add(guess.id)
    departments = {guess.id for guess in understanding.departments}
    causes |= {cause.id for cause in known.active_causes if departments & set(cause.departments)}
    tests = [f"{name} in ({_listed(ids)})" for name, ids in (("stage", stages), ("cause", causes)) if ids]
    return " or ".join(tests)


def _heard(field: str, text: str, labeller: Labeller, names: dict[str, str]) -> tuple[Guess, ...]:
    """Up to three classes that the classifier hears in the whole text or one of its sentences, the surest first."""
    head = labeller.heads.get(field)
    if head is None:
        return ()
    vectors = labeller.encoder.encode([text])
    if not vectors.any():
        return ()
    parts, rows = sentences([text])
    whole = head.probabilities(vectors)
    none = head.classifier.classes.index(head.none) if head.none in head.classifier.classes else None
    heard = surest(whole, head.probabilities(labeller.encoder.encode(parts)), rows, none) if parts else whole
    found = [
        Guess(one, names[one], round(float(sure), 3), "words")
        for one, sure in zip(head.classifier.classes, heard[0], strict=True)
        if one in names and sure >= head.threshold
    ]
    found.sort(key=lambda guess: (-guess.confidence, guess.id))
    return tuple(guess for guess in found[:MOST] if guess.confidence >= FURTHER * found[0].confidence)


def _names(name: str, department_id: str) -> set[str]:
    whole = {name.casefold(), department_id.replace("_", " ").casefold()}
    parts = {part for one in whole for part in _PARTS.split(one) if len(part) >= 4}
    return whole | parts


def _listed(ids: Iterable[str]) -> str:
    return ", ".join(f"'{one}'" for one in sorted(ids))


def ids(guesses: Sequence[Guess]) -> tuple[str, ...]:
    """The ids of guesses, in order."""
    return tuple(guess.id for guess in guesses)
