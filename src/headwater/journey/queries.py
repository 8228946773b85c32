"""What the journey is now, what its draft would make of it, and what it was."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from headwater.base import versions
from headwater.base.company import PackChoice
from headwater.base.models import Department, Versioned
from headwater.journey.differences import Difference, differences
from headwater.journey.documents import read
from headwater.journey.models import TaxonomyVersion
from headwater.journey.packs import PACKS, load_pack
from headwater.journey.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class Draft:
    """The draft as it stands: the taxonomy it would publish, its differences, how many edits can be undone."""

    taxonomy: Taxonomy
    differences: tuple[Difference, ...]
    edition: int
    row: TaxonomyVersion
    steps: int = 0


def taxonomy() -> Taxonomy:
    """The published taxonomy; before the first is published an empty one of version 0.

    A department carries the name of the company's department it is mapped onto. Cached by version and mapping.
    """
    identity = _published_identity()
    if identity is None:
        return Taxonomy(0)
    return _named(identity, _department_names())


def draft() -> Draft | None:
    """The draft, when one is being edited."""
    row = versions.draft(TaxonomyVersion)
    if row is None:
        return None
    identity = _published_identity()
    published = _read(identity) if identity else Taxonomy(0)
    edited = read(row.content, published.version)
    return Draft(edited, differences(published, edited), row.edition, row, row.steps.count())


def department_names(edited: Taxonomy) -> dict[str, str]:
    """How each department that a taxonomy names is called here: by the company's own name, where one is mapped."""
    own = dict(_department_names())
    return {department.id: own.get(department.id, department.name) for department in edited.departments}


def named(edited: Taxonomy, departments: Iterable[str]) -> list[str]:
    """The names of these departments, each of the company's own once, though several may be mapped onto it."""
    names = department_names(edited)
    return list(dict.fromkeys(names.get(key, key) for key in departments))


def edited() -> Taxonomy:
    """What those who edit work on: the draft, else what is published. Departments have the names of the pack."""
    found = draft()
    return found.taxonomy if found else published()


def published() -> Taxonomy:
    """The published taxonomy with departments as the pack names them: what documents are compared with."""
    identity = _published_identity()
    return _read(identity) if identity else Taxonomy(0)


def taxonomy_of(version: int) -> Taxonomy | None:
    """The taxonomy as it was published under this number; None when there is no such version."""
    row = TaxonomyVersion.objects.filter(version=version).first()
    return read(row.content, version) if row else None


def labels_version() -> int:
    """The version whose labels count as those of the published taxonomy: an earlier one, where nothing changed since
    that labels depend on; 0 before the first is published."""
    row = TaxonomyVersion.objects.filter(state=Versioned.State.PUBLISHED).values_list("version", "labels_as").first()
    return (row[1] or row[0] or 0) if row else 0


def published_versions(limit: int = 50) -> list[TaxonomyVersion]:
    """The published versions, newest first, without their contents."""
    rows = TaxonomyVersion.objects.filter(version__isnull=False).select_related("published_by")
    return list(rows.defer("content").order_by("-version")[:limit])


def pack_choices() -> list[PackChoice]:
    """The packs that ship with Headwater, as "Start your company" offers them."""
    return [
        PackChoice(pack.name, pack.title, tuple((department.id, department.name) for department in pack.departments))
        for pack in map(load_pack, PACKS)
    ]


Identity = tuple[int, int, str]


def _published_identity() -> Identity | None:
    """What tells one published version from any other, also after the sample was cleared and numbers began again."""
    row = TaxonomyVersion.objects.filter(state=Versioned.State.PUBLISHED).values_list("pk", "version", "published_at")
    found: Any = row.first()
    return (found[0], found[1], found[2].isoformat()) if found else None


@lru_cache(maxsize=4)
def _read(identity: Identity) -> Taxonomy:
    row = TaxonomyVersion.objects.only("content").get(pk=identity[0])
    return read(row.content, identity[1])


@lru_cache(maxsize=8)
def _named(identity: Identity, names: tuple[tuple[str, str], ...]) -> Taxonomy:
    found = _read(identity)
    known = dict(names)
    departments = tuple(
        replace(department, name=known.get(department.id, department.name)) for department in found.departments
    )
    return replace(found, departments=departments)


def _department_names() -> tuple[tuple[str, str], ...]:
    rows = Department.objects.exclude(pack_departments=[]).values_list("name", "pack_departments").order_by("name")
    return tuple((pack_department, name) for name, mapped in rows for pack_department in mapped)
