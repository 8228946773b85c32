"""Departments: a tree, each with a head, and the departments of the journey pack mapped onto them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from headwater.base.history import record_history
from headwater.base.models import Department, Person
from headwater.base.permissions import require
from headwater.base.refusals import Conflict, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MAX_DEPARTMENTS: Final = 2_000
NAME_LENGTH: Final = 120


@dataclass(frozen=True, slots=True)
class Branch:
    """A department in the order of the tree: parents before their children, ``depth`` 0 at the top."""

    department: Department
    depth: int
    people: int

    @property
    def levels(self) -> range:
        """One item for each level above, for templates to indent by."""
        return range(self.depth)


def department_tree() -> list[Branch]:
    """Return all departments in the order of the tree, with how many active people each has itself."""
    active = Count("people", filter=Q(people__is_active=True))
    people = dict(Department.objects.annotate(active=active).values_list("pk", "active"))
    children: dict[int | None, list[Department]] = {}
    for row in Department.objects.select_related("head").order_by("name"):
        children.setdefault(row.parent_id, []).append(row)
    found: list[Branch] = []
    waiting = [(row, 0) for row in reversed(children.get(None, []))]
    while waiting:
        here, depth = waiting.pop()
        found.append(Branch(here, depth, people[here.pk]))
        waiting.extend((child, depth + 1) for child in reversed(children.get(here.pk, [])))
    return found


def below(parents: Mapping[int, int | None], tops: Iterable[int]) -> set[int]:
    """Return ``tops`` and every department below them; ``parents`` maps each id to its parent's."""
    found = set(tops)
    grew = True
    while grew:
        more = {child for child, parent in parents.items() if parent in found} - found
        found |= more
        grew = bool(more)
    return found


def departments_of(person: Person) -> set[int]:
    """Return the ids that "department" means for this person: their own, those they head, and all below these."""
    tops = set(Department.objects.filter(head=person).values_list("pk", flat=True))
    if person.department_id:
        tops.add(person.department_id)
    return below(_parents(), tops)


def department_for_pack(pack_department: str) -> Department | None:
    """Return the department onto which this one of the journey pack is mapped; None when none is."""
    return next((row for row in Department.objects.all() if pack_department in row.pack_departments), None)


def add_department(
    person: Person | None, name: str, *, parent: Department | None = None, pack_departments: Sequence[str] = ()
) -> Department:
    """Add a department under ``parent``, or at the top."""
    require(person, "manage", "departments")
    with transaction.atomic():
        name = _free_name(name)
        if Department.objects.count() >= MAX_DEPARTMENTS:
            raise Refused("too_many_departments", _("There are %d departments already; merge some.") % MAX_DEPARTMENTS)
        _unmap(pack_departments)
        department = Department.objects.create(name=name, parent=parent, pack_departments=sorted(set(pack_departments)))
        _record(person, "department.added", department)
    return department


def rename_department(person: Person | None, department: Department, name: str) -> None:
    """Give the department another name, which no other has."""
    require(person, "manage", "departments")
    with transaction.atomic():
        old, department.name = department.name, _free_name(name, besides=department)
        if old == department.name:
            return
        department.save(update_fields=["name"])
        _record(person, "department.renamed", department, old=old, new=department.name)


def move_department(person: Person | None, department: Department, parent: Department | None) -> None:
    """Put the department, with all below it, under another one or at the top (None)."""
    require(person, "manage", "departments")
    with transaction.atomic():
        parents = _parents(lock=True)
        if parent is not None and parent.pk in below(parents, [department.pk]):
            message = _("%(parent)s is below %(name)s, so %(name)s cannot move under it.")
            raise Refused("department_circle", message % {"parent": parent.name, "name": department.name}, "parent")
        if parents.get(department.pk) == (parent.pk if parent else None):
            return
        department.parent = parent
        department.save(update_fields=["parent"])
        where = parent.name if parent else _("the company")
        _record(person, "department.moved", department, parent=where)


def set_head(person: Person | None, department: Department, head: Person | None) -> None:
    """Make an active person the head of the department, or leave it without one."""
    require(person, "manage", "departments")
    if head is not None and not head.is_active:
        raise Refused("head_inactive", _("The account of %s is closed; choose someone else.") % head.name, "head")
    with transaction.atomic():
        department.head = head
        department.save(update_fields=["head"])
        _record(person, "department.head_changed", department, head=head.name if head else _("nobody"))


def map_pack_departments(person: Person | None, department: Department, pack_departments: Sequence[str]) -> None:
    """Say which departments of the journey pack this one is; each is mapped onto one department only."""
    require(person, "manage", "departments")
    with transaction.atomic():
        _unmap(pack_departments, besides=department)
        department.pack_departments = sorted(set(pack_departments))
        department.save(update_fields=["pack_departments"])
        shown = ", ".join(department.pack_departments) or _("nothing")
        _record(person, "department.mapped", department, pack_departments=shown)


def map_all(person: Person | None, mapped: Mapping[str, Department | None]) -> int:
    """Say of each of these pack departments which of ours it is, None for none; returns how many of ours changed.

    What is mapped and not named here stays as it is.
    """
    require(person, "manage", "departments")
    changed = 0
    with transaction.atomic():
        for row in Department.objects.select_for_update().order_by("pk"):
            kept = {one for one in row.pack_departments if one not in mapped}
            new = sorted(kept | {key for key, ours in mapped.items() if ours is not None and ours.pk == row.pk})
            if new == row.pack_departments:
                continue
            row.pack_departments = new
            row.save(update_fields=["pack_departments"])
            _record(person, "department.mapped", row, pack_departments=", ".join(new) or _("nothing"))
            changed += 1
    return changed


def merge_departments(person: Person | None, department: Department, into: Department) -> None:
    """Move the people, the departments below and the pack mapping of ``department`` to ``into``, and remove it."""
    require(person, "manage", "departments")
    with transaction.atomic():
        parents = _parents(lock=True)
        if into.pk in below(parents, [department.pk]):
            message = _("%(name)s cannot be merged into %(into)s, which is itself or below it.")
            raise Refused("department_circle", message % {"name": department.name, "into": into.name}, "into")
        department.people.update(department=into)
        department.children.update(parent=into)
        into.refresh_from_db()
        into.pack_departments = sorted({*into.pack_departments, *department.pack_departments})
        into.head = into.head or department.head
        into.save(update_fields=["pack_departments", "head"])
        _record(person, "department.merged", department, into=into.name)
        department.delete()


def _parents(*, lock: bool = False) -> dict[int, int | None]:
    """Each department's parent. Locked, two moves at once cannot close a circle that each alone would not."""
    rows = Department.objects.order_by("pk")
    return dict((rows.select_for_update() if lock else rows).values_list("pk", "parent_id"))


def _free_name(name: str, *, besides: Department | None = None) -> str:
    name = " ".join(name.split())
    if not name:
        raise Refused("name_missing", _("A department needs a name."), "name")
    if len(name) > NAME_LENGTH:
        message = _("The name has %(length)d characters; a department's name has at most %(most)d.")
        raise Refused("name_too_long", message % {"length": len(name), "most": NAME_LENGTH}, "name")
    if "\x00" in name:
        raise Refused("name_unreadable", _("The name holds a character that cannot be shown; type it again."), "name")
    others = Department.objects.filter(name__iexact=name)
    if (others.exclude(pk=besides.pk) if besides else others).exists():
        raise Conflict("name_taken", _("There is a department %s already.") % name, "name")
    return name


def _unmap(pack_departments: Sequence[str], *, besides: Department | None = None) -> None:
    """Take these pack departments off whichever other department holds them."""
    wanted = set(pack_departments)
    for row in Department.objects.all():
        if row != besides and wanted.intersection(row.pack_departments):
            row.pack_departments = [item for item in row.pack_departments if item not in wanted]
            row.save(update_fields=["pack_departments"])


def _record(person: Person | None, code: str, department: Department, **data: str) -> None:
    record_history(person, code, f"department:{department.pk}", {"name": department.name, **data})
