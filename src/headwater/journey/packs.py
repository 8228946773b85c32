"""Journey packs: a taxonomy as a YAML file that a company starts from, edits, and passes on."""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Annotated, Any, ClassVar, Literal

import yaml
from pydantic import ConfigDict, Field, TypeAdapter

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

    def taxonomy(self, version: int = 0) -> Taxonomy:
        """The parts as a taxonomy of this version."""
        return Taxonomy(
            version, self.stages, self.moments, self.causes, self.departments, self.journeys, self.touchpoints
        )


_PACK = TypeAdapter(Pack)


class _Loader(yaml.SafeLoader):
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
        content = yaml.load(text, Loader=_Loader)  # noqa: S506 (a SafeLoader, made stricter)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise Refused("pack.invalid", f"This is not a YAML file that can be read: {_flat(error)}") from error
    if not isinstance(content, dict):
        raise Refused(
            "pack.invalid", "A pack is a YAML mapping with schema, name, version, stages, moments and causes."
        )
    if content.get("schema") != SCHEMA:
        found = content.get("schema")
        raise Refused("pack.invalid", f"This pack has schema {found!r}; packs of schema {SCHEMA} can be read.")
    pack = checked(_PACK, content, "pack.invalid")
    consistent(pack.taxonomy(), "pack.invalid")
    return replace(pack, stages=arranged(pack.stages))


@cache
def load_pack(name: str) -> Pack:
    """A pack that ships with Headwater, by name. Raises ``Refused("pack.unknown")``."""
    if name not in PACKS:
        raise Refused("pack.unknown", f"There is no pack {name!r}; choose one of {', '.join(PACKS)}.", "pack")
    file = resources.files("headwater.journey") / "packs" / f"{name}.yaml"
    return read_pack(file.read_text(encoding="utf-8"))


def pack_of(taxonomy: Taxonomy, *, name: str, title: str, description: str = "") -> Pack:
    """A taxonomy as a pack to pass on. Raises ``Refused("pack.invalid")`` for a name that is no identifier."""
    header = {"schema": SCHEMA, "name": name, "version": max(1, taxonomy.version)}
    content = header | {"title": title, "description": description} | written(taxonomy)
    pack = checked(_PACK, content, "pack.invalid")
    return replace(pack, stages=arranged(pack.stages))


def pack_text(pack: Pack) -> str:
    """The pack as YAML, in the order a reader expects, without what equals its default."""
    header = {key: getattr(pack, key) for key in ("schema", "name", "version", "title", "description")}
    content = header | written(pack.taxonomy())
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120)


def pack_schema() -> dict[str, Any]:
    """The JSON Schema of a pack file, for editors that check while one writes."""
    schema = _PACK.json_schema()
    # The position of a stage is its place in the file.
    schema["$defs"]["Stage"]["properties"].pop("position")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _flat(error: BaseException) -> str:
    return " ".join(str(error).split())[:300]
