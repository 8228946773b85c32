"""What a measure measures, as one frozen value: what the record computes, or the scale that people type figures on."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Annotated, Any, ClassVar, Literal

from django.utils.translation import gettext as _
from pydantic import ConfigDict, StringConstraints, TypeAdapter

from headwater.base.refusals import Refused
from headwater.journey.documents import checked
from headwater.metrics.definitions import METRICS, parse_scale
from headwater.metrics.estimates import definition_of, read_filter
from headwater.record.filters import Filter, every

Expression = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)]
Scale = Annotated[str, StringConstraints(strip_whitespace=True, max_length=20)]


@dataclass(frozen=True, slots=True)
class Definition:
    """``metric`` is a name in ``METRICS``, empty for figures that are typed in or imported.

    ``where`` chooses the signals that are counted and ``population`` whom it is about. With a ``denominator`` (for the
    metric ``volume`` alone) the measure is a rate: signals that match ``where`` per ``per`` signals that match
    ``denominator``, both within the population. ``scale`` holds the two ends of what may be typed in ("0-10").
    ``direction`` says which way is better.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    metric: Annotated[str, StringConstraints(max_length=40)] = ""
    where: Expression = ""
    population: Expression = ""
    denominator: Expression = ""
    per: Literal[1, 100, 1000] = 1
    scale: Scale = ""
    direction: Literal["higher", "lower"] = "higher"

    @property
    def is_rate(self) -> bool:
        """Whether it counts some signals per other signals."""
        return bool(self.denominator)

    def counted(self) -> Filter | None:
        """The filter of the signals that are counted: the numerator of a rate."""
        return every(read_filter(self.where), read_filter(self.population))

    def against(self) -> Filter | None:
        """The filter of what a rate is counted against."""
        return every(read_filter(self.denominator), read_filter(self.population))


_DEFINITION = TypeAdapter(Definition)


def read(content: Mapping[str, Any]) -> Definition:
    """The definition that a document holds. Raises ``Refused`` naming what is wrong with it."""
    definition = checked(_DEFINITION, dict(content), "measure.definition")
    for field in ("where", "population", "denominator"):
        try:
            read_filter(getattr(definition, field))
        except Refused as refused:
            raise Refused("measure.filter", refused.message, field) from refused
    if definition.metric:
        definition_of(definition.metric)
    if definition.is_rate and definition.metric != "volume":
        message = _("A denominator makes a rate of counts, so it goes with the metric “volume”, not with “%s”.")
        raise Refused("measure.denominator", message % (definition.metric or "–"), "denominator")
    if definition.scale:
        ends_of(definition)
    return definition


def written(definition: Definition) -> dict[str, Any]:
    """The document of a definition, without what equals its default."""
    usual = {field.name: field.default for field in fields(Definition)}
    return {name: value for name, value in asdict(definition).items() if value != usual[name]}


def ends_of(definition: Definition) -> tuple[float | None, float | None]:
    """The lowest and highest figure there can be; None where there is no end."""
    if definition.is_rate:
        return 0.0, None
    if definition.metric:
        known = METRICS[definition.metric]
        return known.lowest, known.highest
    if not definition.scale:
        return None, None
    try:
        return parse_scale(definition.scale)
    except ValueError as error:
        raise Refused("measure.scale", str(error), "scale") from error


def figure_unit(definition: Definition, unit: str = "") -> str:
    """How its figures are written (see ``base.figures``): ``unit`` is what people call the unit of a typed figure."""
    if definition.is_rate:
        return "ratio"
    if definition.metric:
        kind = METRICS[definition.metric].kind
        return {"nps": "nps", "share": "share", "mean": "rating", "count": "count", "ratio": "ratio"}[kind]
    return "%" if unit.strip() in ("%", "per cent", "percent") else ""


def in_words(definition: Definition, unit: str = "") -> str:
    """The definition as a person would say it."""
    if definition.is_rate:
        values = {
            "where": definition.where or _("any signal"),
            "against": definition.denominator,
            "per": definition.per,
        }
        text = _("Signals where %(where)s, per %(per)d where %(against)s") % values
    elif definition.metric:
        known = METRICS[definition.metric]
        text = f"{known.title}: {known.computation}".rstrip(".")
        if definition.where:
            text = _("%(metric)s; counted where %(where)s") % {"metric": text, "where": definition.where}
    else:
        text = _("A figure that people give") + (f", {unit}" if unit else "")
        if definition.scale:
            text = _("%(figure)s, on the scale %(scale)s") % {"figure": text, "scale": definition.scale}
    if definition.population:
        text = _("%(text)s; of those where %(population)s") % {"text": text, "population": definition.population}
    better = _("higher is better") if definition.direction == "higher" else _("lower is better")
    return f"{text}; {better}."
