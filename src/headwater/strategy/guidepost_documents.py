"""Guideposts as one frozen value: what we always do at a moment, what never, and what anyone may do unasked. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any, ClassVar, Final

from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter

from headwater.journey.documents import checked
from headwater.journey.taxonomy import Slug

_STRICT = ConfigDict(extra="forbid")
LINES: Final = 12
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=200, pattern=r"^[^\x00]*$")]
Lines = Annotated[tuple[Line, ...], Field(max_length=LINES)]


@dataclass(frozen=True, slots=True)
class Authority:
    """Something an employee may do without asking, up to ``limit`` whole units of the company's currency if any."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    text: Line
    limit: Annotated[int, Field(ge=1, le=1_000_000)] | None = None


@dataclass(frozen=True, slots=True)
class Guidepost:
    """The guideposts of one moment."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    moment: Slug
    always: Lines = ()
    never: Lines = ()
    may: Annotated[tuple[Authority, ...], Field(max_length=LINES)] = ()

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing."""
        return not (self.always or self.never or self.may)


@dataclass(frozen=True, slots=True)
class Guideposts:
    """All guideposts of a version; 0 was never published."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    version: int = 0
    guideposts: Annotated[tuple[Guidepost, ...], Field(max_length=200)] = ()

    def of(self, moment: str) -> Guidepost | None:
        """The guideposts of a moment; None where there are none."""
        return next((one for one in self.guideposts if one.moment == moment), None)

    def with_guidepost(self, new: Guidepost) -> Guideposts:
        """The same with the guideposts of one moment replaced; empty ones are left out."""
        others = tuple(one for one in self.guideposts if one.moment != new.moment)
        return replace(self, guideposts=others if new.is_empty else tuple(sorted((*others, new), key=_moment)))


@dataclass(frozen=True, slots=True)
class Change:
    """What a draft changes at one moment: lines that come and lines that go, each with its kind."""

    moment: str
    came: tuple[tuple[str, str], ...]
    went: tuple[tuple[str, str], ...]


_GUIDEPOSTS: Final = TypeAdapter(Guideposts)
_GUIDEPOST: Final = TypeAdapter(Guidepost)


def read(content: Mapping[str, Any], version: int = 0) -> Guideposts:
    """The guideposts a document holds; refuses one that is not one, naming each place that is wrong."""
    return checked(_GUIDEPOSTS, {**content, "version": version}, "guideposts.invalid")


def read_one(content: Mapping[str, Any]) -> Guidepost:
    """The guideposts of one moment, from what a form or program sent; the same line twice stands once."""
    found = checked(_GUIDEPOST, dict(content), "guidepost.invalid")
    by_text = {one.text: one for one in found.may}
    once = replace(found, always=tuple(dict.fromkeys(found.always)), never=tuple(dict.fromkeys(found.never)))
    return replace(once, may=tuple(by_text.values()))


def written(guideposts: Guideposts) -> dict[str, Any]:
    """The document of guideposts, without its version."""
    content = asdict(guideposts)
    del content["version"]
    return content


def changes(old: Guideposts, new: Guideposts) -> tuple[Change, ...]:
    """What differs between two versions, by moment, in the order of their ids; a changed limit is another line."""
    moments = sorted({one.moment for one in (*old.guideposts, *new.guideposts)})
    found = (_change(moment, lines(old.of(moment)), lines(new.of(moment))) for moment in moments)
    return tuple(change for change in found if change.came or change.went)


def lines(guidepost: Guidepost | None) -> tuple[tuple[str, str], ...]:
    """Every line with its kind (``always``, ``never``, ``may``), in order; a limit stands at the end of its line."""
    if guidepost is None:
        return ()
    may = [("may", one.text if one.limit is None else f"{one.text} (≤ {one.limit})") for one in guidepost.may]
    always = [("always", line) for line in guidepost.always]
    return (*always, *[("never", line) for line in guidepost.never], *may)


def _change(moment: str, was: tuple[tuple[str, str], ...], now: tuple[tuple[str, str], ...]) -> Change:
    came = tuple(line for line in now if line not in was)
    return Change(moment, came, tuple(line for line in was if line not in now))


def _moment(one: Guidepost) -> str:
    return one.moment
