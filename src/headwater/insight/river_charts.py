"""The river as a picture: every band and every name leads down."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from headwater.base.charts import CauseFlow, Spec, Words, causes_river
from headwater.base.figures import measure
from headwater.base.models import Department
from headwater.insight.river import SYMPTOMS, River, Stream, Symptom
from headwater.insight.river_wording import kind_beginnings, money, symptom_names
from headwater.insight.selection import Selection
from headwater.journey.queries import taxonomy
from headwater.journey.taxonomy import Taxonomy
from headwater.science.results import Estimate, Result

TESTS: Mapping[Symptom, str] = {
    "contact": "kind = 'contact'",
    "low_score": "kind in ('survey', 'review') and score_band = -1",
}


@dataclass(frozen=True, slots=True)
class RiverRow:
    """A stream as a list shows it; ``amounts`` are what it is of each symptom that the river has, by name."""

    stream: Stream
    name: str
    href: str
    stage: str
    departments: str
    amounts: tuple[tuple[str, float], ...]

    @property
    def share(self) -> Result:
        return self.stream.share

    @property
    def upstream(self) -> bool:
        return self.stream.kind == "failure"


@dataclass(frozen=True, slots=True)
class RiverList:
    """The streams as a list, for a phone and for the table; bars end at ``scale``, the highest bound."""

    rows: tuple[RiverRow, ...]
    symptoms: tuple[str, ...]

    @property
    def scale(self) -> float:
        return max((row.share.high for row in self.rows if isinstance(row.share, Estimate)), default=1.0)


def river_list(found: River, selection: Selection) -> RiverList:
    """Every stream of the river, as a list."""
    names, said = stage_names(taxonomy()), symptom_names()
    shown = [one for one in SYMPTOMS if found.of(symptom=one)]
    rows = []
    for stream in found.streams:
        by_stage = {stage: stream.of(stage=stage) for stage, _symptom in stream.flows}
        most = max(by_stage, key=lambda stage: by_stage[stage])
        rows.append(
            RiverRow(
                stream,
                stream_name(stream),
                stream_href(stream, selection),
                names.get(most, names[""]),
                ", ".join(stream.departments) or _("not upstream"),
                tuple((said[one], stream.of(symptom=one)) for one in shown),
            )
        )
    return RiverList(tuple(rows), tuple(said[one] for one in shown))


def flows(found: River, selection: Selection) -> tuple[CauseFlow, ...]:
    """The river's streams as the picture and the list for a phone take them."""
    names = stage_names(taxonomy())
    return tuple(_flow(stream, names, selection) for stream in found.streams)


def river_picture(found: River, selection: Selection, description: str) -> Spec | None:
    """Departments → causes → stages → what customers did; None where nothing flows."""
    if not found.volume:
        return None
    known = taxonomy()
    names, said = stage_names(known), symptom_names()
    words = Words(
        notes={said[one]: _amount(found, found.of(symptom=one)) for one in SYMPTOMS},
        department_hrefs={
            row.name: reverse("line_of_sight", args=[row.pk]) for row in Department.objects.only("pk", "name")
        },
        outcome_hrefs={said[one]: _verbatims(selection, TESTS[one]) for one in TESTS},
        cause_hrefs={
            (stream.key, names[stage]): _verbatims(selection, _kind_test(stream), **_asked(stream, stage))
            for stream in found.streams
            for stage, _symptom in stream.flows
            if stage in names
        },
        stage_hrefs={name: _verbatims(selection, "", stage=stage) for stage, name in names.items() if stage},
        symptom_hrefs={
            (name, said[one]): _verbatims(selection, TESTS[one], stage=stage)
            for stage, name in names.items()
            for one in TESTS
            if stage
        },
        unknown_stage=names[""],
    )
    return causes_river(
        flows(found, selection),
        description=description,
        words=words,
        stages=list(names.values()),
        outcomes=[said[one] for one in SYMPTOMS],
    )


def stage_names(known: Taxonomy) -> dict[str, str]:
    """Every stage's name in the order of the journey, and last that of no stage."""
    ordered = sorted(known.stages, key=lambda stage: stage.position)
    return {stage.id: stage.name for stage in ordered} | {"": _("Stage not known")}


def stream_name(stream: Stream) -> str:
    """What a stream is called."""
    return stream.cause.name if stream.cause else kind_beginnings()[stream.kind][0]


def stream_href(stream: Stream, selection: Selection) -> str:
    """Where a stream leads: to its cause's page, or to the words of its kind."""
    if stream.cause is not None:
        return reverse("cause", args=[stream.cause.id]) + selection.query()
    if stream.kind == "unknown":
        return _verbatims(selection, "cause is null")
    return reverse("demand") + selection.query()


def _flow(stream: Stream, names: Mapping[str, str], selection: Selection) -> CauseFlow:
    said = symptom_names()
    outcomes = {said[one]: stream.of(symptom=one) for one in SYMPTOMS if stream.of(symptom=one)}
    stages: dict[str, dict[str, float]] = {}
    for (stage, symptom), value in stream.flows.items():
        of_stage = stages.setdefault(names.get(stage, names[""]), {})
        of_stage[said[symptom]] = of_stage.get(said[symptom], 0.0) + value
    low, high = (stream.share.low, stream.share.high) if isinstance(stream.share, Estimate) else (None, None)
    upstream = stream.kind == "failure"
    return CauseFlow(
        stream.key,
        stream_name(stream),
        stream.departments if upstream else (),
        outcomes,
        low,
        high,
        stream_href(stream, selection),
        attributed=upstream,
        stages=stages,
        source="" if upstream else kind_beginnings()[stream.kind][1],
    )


def _amount(found: River, value: float) -> str:
    if found.width == "money":
        return money(value, found.currency)
    number = measure(round(value), "count")
    return _("%s customers") % number if found.width == "customers" else number


def _kind_test(stream: Stream) -> str:
    return "" if stream.cause else "cause is null" if stream.kind == "unknown" else ""


def _asked(stream: Stream, stage: str) -> dict[str, str]:
    return {"cause": stream.cause.id if stream.cause else "", "stage": stage}


def _verbatims(selection: Selection, test: str, **more: str) -> str:
    chosen = selection.with_where(test) if test else selection
    return reverse("verbatims") + chosen.query(**more)
