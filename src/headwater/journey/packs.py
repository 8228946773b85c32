"""Journey packs: a taxonomy as a YAML file that a company starts from, edits, and passes on.

The rooms and subjects above put parts of their own into the same file. Each registers in its ``apps.ready()``::

    packs.add_section("triggers", title=gettext_lazy("Triggers"), export="…", preview="…", apply="…")

with the dotted names of ``export(taxonomy) -> list``, ``preview(content, taxonomy) -> Iterable[SectionDifference]`` and
``apply(person, content, taxonomy) -> int``. Preview and apply refuse content that they cannot read; apply checks the
permission, runs in the transaction of the import, and brings things in without owners and not yet switched on.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import Annotated, Any, ClassVar, Literal

import yaml
from django.utils.module_loading import import_string
from pydantic import ConfigDict, Field, TypeAdapter

from headwater.base.models import Person
from headwater.base.refusals import Refused
from headwater.journey.documents import arranged, checked, consistent, written
from headwater.journey.taxonomy import (
    Causes,
    Departments,
    Journeys,
    Moments,
    Name,
    Slug,
    Stage,
    Taxonomy,
    Touchpoints,
    Words,
)

PACKS = ("retail", "airline", "telecom", "bank", "insurance", "software")
SCHEMA = 1
MAX_PACK_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a pack file that belongs to a subject above: its key, its title, and the functions that serve it."""

    name: str
    title: Any
    export: str
    preview: str
    apply: str


@dataclass(frozen=True, slots=True)
class SectionDifference:
    """One thing of a section that an import would bring or change. ``title`` is the section's."""

    what: Literal["added", "changed", "removed"]
    name: str
    detail: str = ""
    title: Any = ""


_sections: dict[str, Section] = {}


def add_section(name: str, *, title: Any = "", export: str, preview: str, apply: str) -> None:
    """Have ``name`` as a key of every pack file; the three functions are dotted names, imported when first used."""
    _sections[name] = Section(name, title or name, export, preview, apply)


@dataclass(frozen=True)
class Pack:
    """One pack file: a header and the parts of a taxonomy. The order of the stages is the order of the journey."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", title="Headwater journey pack")
    schema: Literal[1]
    name: Slug
    version: Annotated[int, Field(ge=1)]
    title: Name
    description: Words
    stages: Annotated[tuple[Stage, ...], Field(min_length=1, max_length=60)]
    moments: Moments
    causes: Causes
    departments: Departments
    journeys: Journeys = ()
    touchpoints: Touchpoints = ()
    # What the registered sections hold, by their key; in the file each stands at the top, so none is read from here.
    sections: Annotated[Mapping[str, Any], Field(max_length=0)] = field(default_factory=dict)

    def taxonomy(self, version: int = 0) -> Taxonomy:
        """The parts as a taxonomy of this version."""
        return Taxonomy(
            version, self.stages, self.moments, self.causes, self.departments, self.journeys, self.touchpoints
        )


_PACK = TypeAdapter(Pack)


class PlainLoader(yaml.SafeLoader):
    """YAML without aliases (a small file must stay small when read) and without keys given twice."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.MarkedYAMLError(problem="aliases (*name) are not read in packs", problem_mark=self.get_mark())
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="a key must be a word", problem_mark=key.start_mark)
            if key.value in seen:
                raise yaml.MarkedYAMLError(problem=f"key {key.value!r} given twice", problem_mark=key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def read_pack(text: str) -> Pack:
    """The pack a YAML text holds. Raises ``Refused("pack.invalid")`` with line, place or value, and what to do."""
    if len(text.encode()) > MAX_PACK_BYTES:
        raise Refused("pack.too_large", f"A pack is at most {MAX_PACK_BYTES:,} bytes; this one is larger.")
    try:
        content = yaml.load(text, Loader=PlainLoader)  # noqa: S506 (a SafeLoader, made stricter)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise Refused("pack.invalid", f"This is not a YAML file that can be read: {_flat(error)}") from error
    if not isinstance(content, dict):
        raise Refused(
            "pack.invalid", "A pack is a YAML mapping with schema, name, version, stages, moments and causes."
        )
    if content.get("schema") != SCHEMA:
        found = content.get("schema")
        raise Refused("pack.invalid", f"This pack has schema {found!r}; packs of schema {SCHEMA} can be read.")
    sections = {name: content.pop(name) for name in _sections if name in content}
    pack = checked(_PACK, content, "pack.invalid")
    consistent(pack.taxonomy(), "pack.invalid")
    return replace(pack, stages=arranged(pack.stages), sections=sections)


@cache
def load_pack(name: str) -> Pack:
    """A pack that ships with Headwater, by name. Raises ``Refused("pack.unknown")``."""
    if name not in PACKS:
        raise Refused("pack.unknown", f"There is no pack {name!r}; choose one of {', '.join(PACKS)}.", "pack")
    file = resources.files("headwater.journey") / "packs" / f"{name}.yaml"
    return read_pack(file.read_text(encoding="utf-8"))


def pack_of(taxonomy: Taxonomy, *, name: str, title: str, description: str = "") -> Pack:
    """A taxonomy, with what every section has to export, as a pack to pass on.

    Raises ``Refused("pack.invalid")`` for a name that is no identifier.
    """
    header = {"schema": SCHEMA, "name": name, "version": max(1, taxonomy.version)}
    content = header | {"title": title, "description": description} | written(taxonomy)
    pack = checked(_PACK, content, "pack.invalid")
    exported = {section.name: import_string(section.export)(taxonomy) for section in _sections.values()}
    sections = {key: value for key, value in exported.items() if value}
    return replace(pack, stages=arranged(pack.stages), sections=sections)


def preview_sections(pack: Pack, taxonomy: Taxonomy) -> tuple[SectionDifference, ...]:
    """What the sections of a pack would bring or change, were ``taxonomy`` the journey they speak of."""
    return tuple(
        replace(difference, title=_sections[name].title)
        for name, content in pack.sections.items()
        for difference in import_string(_sections[name].preview)(content, taxonomy)
    )


def apply_sections(person: Person | None, pack: Pack, taxonomy: Taxonomy) -> int:
    """Bring in what the sections of a pack hold; returns how many things that changed."""
    applied = (import_string(_sections[name].apply)(person, pack.sections[name], taxonomy) for name in pack.sections)
    return sum(applied)


def pack_text(pack: Pack) -> str:
    """The pack as YAML, in the order a reader expects, without what equals its default."""
    header = {key: getattr(pack, key) for key in ("schema", "name", "version", "title", "description")}
    content = header | written(pack.taxonomy()) | dict(pack.sections)
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120)


def pack_schema() -> dict[str, Any]:
    """The JSON Schema of a pack file, for editors that check while one writes."""
    schema = _PACK.json_schema()
    # The position of a stage is its place in the file.
    schema["$defs"]["Stage"]["properties"].pop("position")
    schema["properties"].pop("sections")
    schema["properties"] |= {section.name: {"title": str(section.title)} for section in _sections.values()}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _flat(error: BaseException) -> str:
    return " ".join(str(error).split())[:300]
