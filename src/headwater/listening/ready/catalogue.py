"""The ready mappings that come with Headwater: one YAML document each, in the grammar of every mapping."""

from functools import cache
from importlib import resources
from typing import Annotated, Literal, Self

import yaml
from django.utils.translation import gettext as _
from pydantic import Field, model_validator

from headwater.base.refusals import NotFound
from headwater.listening.mapping import FieldName, Kind, Mapping, Origin, Strict, When

FOLDER = "mappings"
OTHER_FILES = "other_files.yaml"
Shape = Literal["table", "json", "mailbox", "spss"]


class Sign(Strict):
    """What a file of this kind has: every one of `names`, none of `none_of`. A list in JSON is named ``a[].b``."""

    format: Shape
    names: tuple[str, ...]
    none_of: tuple[str, ...] = ()
    exactly: bool = False
    """It has no other names."""


class Answers(Strict):
    """For surveys, whose questions differ from file to file: what a response is. Its questions are found."""

    source: str
    kind: Kind = "survey"
    metric: str | None = None
    """What a score measures whose question does not say it."""
    unless: When | None = None
    fields: dict[FieldName, Origin] = Field(default_factory=dict)
    leave_out: tuple[str, ...] = ()
    """Patterns of columns that are no answers."""


class Ready(Strict):
    """A ready mapping: either a whole `mapping`, or what an answer is and where questions are found."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$")]
    title: str
    maker: str
    proven: Literal["real", "documentation"]
    """Whether its tests read real exports, or files written after the maker's public documentation."""
    documentation: str
    note: str = ""
    recognise: tuple[Sign, ...] = ()
    aliases: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Other names that versions of the tool give a column."""
    mapping: Mapping | None = None
    answers: Answers | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.mapping is None) == (self.answers is None):
            raise ValueError("give either mapping or answers")
        return self

    @property
    def source(self) -> str:
        """Where its signals come from, unless somebody says otherwise."""
        return self.mapping.source if self.mapping else self.answers.source if self.answers else ""


class OtherFile(Strict):
    """A kind of file that is known and holds nothing that customers said."""

    title: str
    needed: str
    """What to export instead."""
    recognise: tuple[Sign, ...]


@cache
def ready_mappings() -> tuple[Ready, ...]:
    """Every ready mapping, the more special before the more general."""
    folder = resources.files(__package__).joinpath(FOLDER)
    files = sorted((one for one in folder.iterdir() if one.name.endswith(".yaml")), key=lambda one: one.name)
    return tuple(Ready.model_validate(yaml.safe_load(one.read_text("utf-8"))) for one in files)


@cache
def other_files() -> tuple[OtherFile, ...]:
    """What is known to hold no feedback."""
    text = resources.files(__package__).joinpath(OTHER_FILES).read_text("utf-8")
    return tuple(OtherFile.model_validate(one) for one in yaml.safe_load(text))


def ready_mapping(name: str) -> Ready:
    """One ready mapping. Raises NotFound, with the names there are."""
    for one in ready_mappings():
        if one.name == name:
            return one
    known = ", ".join(one.name for one in ready_mappings())
    raise NotFound(
        "no_such_ready_mapping",
        _("There is no ready mapping %(name)s. There are: %(known)s.") % {"name": name, "known": known},
        field="ready",
    )
