"""What the pages of insight show of single signals: names instead of ids, typical words, fields to correct."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from headwater.base.models import Person
from headwater.base.refusals import NotFound, Refused
from headwater.insight.audit import LabelShare, label_shares
from headwater.insight.selection import Selection
from headwater.insight.typical import typical
from headwater.insight.verbatims import note_look, verbatim_page
from headwater.journey.taxonomy import Taxonomy
from headwater.record.questions import Signal

AUDITED_FIELDS = ("causes", "stage", "sentiment")
TYPICAL = 6


@dataclass(frozen=True, slots=True)
class ShownSignal:
    """A signal as a page shows it: ids resolved to the names of the journey."""

    row: Signal
    stage: str
    causes: tuple[tuple[str, str], ...]
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Option:
    """One value a label may have."""

    value: str
    name: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class LabelField:
    """A label that a person may correct; ``many`` where a verbatim can have several."""

    name: str
    title: str
    options: tuple[Option, ...]
    many: bool = False


def shown_signal(row: Signal, known: Taxonomy, labels: Mapping[str, Any] | None = None) -> ShownSignal:
    """Return a signal with the names that people use; ``labels`` are a person's corrections on top."""
    labels = labels or {}
    stage = known.stage(labels.get("stage", row.stage) or "")
    named = [known.cause(known.resolve(cause)) for cause in labels.get("causes", row.causes) or ()]
    causes = tuple((cause.id, cause.name) for cause in named if cause is not None)
    facts = [row.kind, row.channel, row.source, row.language]
    if row.metric and row.score is not None:
        facts.insert(0, f"{row.metric.upper() if len(row.metric) < 5 else row.metric} {row.score:g}")
    return ShownSignal(row, stage.name if stage else "", causes, tuple(fact for fact in facts if fact))


def typical_verbatims(person: Person | None, selection: Selection, cause: str) -> list[Signal]:
    """Return words about a cause chosen for being typical and varied, from those this person may read."""
    try:
        page = verbatim_page(person, selection, cause=cause, negative=True, size=200)
    except Refused:
        return []
    chosen = typical(page.rows, TYPICAL)
    note_look(person, "list", chosen)
    return chosen


def label_fields(known: Taxonomy, labels: Mapping[str, Any] | None) -> tuple[LabelField, ...]:
    """Return the labels to correct with their choices, as they stand now."""
    labels = labels or {}
    causes = set(labels.get("causes") or ())
    sentiments = {"negative": _("Negative"), "neutral": _("Neutral"), "positive": _("Positive")}
    return (
        LabelField(
            "causes", _("Causes"), _options([(one.id, one.name) for one in known.active_causes], causes), many=True
        ),
        LabelField("stage", _("Stage"), _options([(one.id, one.name) for one in known.stages], {labels.get("stage")})),
        LabelField("sentiment", _("Sentiment"), _options(list(sentiments.items()), {labels.get("sentiment")})),
    )


@dataclass(frozen=True, slots=True)
class SharesTable:
    """The shares of one field's values, by the values' names."""

    title: str
    rows: tuple[tuple[str, LabelShare], ...]


def shown_shares(known: Taxonomy) -> tuple[SharesTable, ...]:
    """Return how the comments are spread over stages and sentiments, as labelled and as the audit corrects it."""
    tables = []
    for field in label_fields(known, None):
        if not field.many:
            names = {option.value: option.name for option in field.options} | {"": _("Not sure")}
            rows = tuple((names.get(row.value, row.value), row) for row in label_shares(field.name))
            tables.append(SharesTable(field.title, rows))
    return tuple(table for table in tables if table.rows)


def read_key(text: str) -> int:
    """Return a signal's key from an address; refuses (404) what is none."""
    try:
        key = int(text)
    except ValueError:
        raise NotFound("signal_unknown", _("There is no signal “%s”.") % text[:40]) from None
    if not -(2**63) <= key < 2**63:
        raise NotFound("signal_unknown", _("There is no signal “%s”.") % text[:40])
    return key


def read_value(field: str, values: Sequence[str]) -> Any:
    """Return a label's value as the corrections know it: several causes, or one of the others."""
    chosen = [value for value in values if value]
    return chosen if field == "causes" else unsure_as_kept(field, chosen[0] if chosen else None)


def unsure_as_kept(field: str, value: Any) -> Any:
    """Return a label's value as corrections keep it: "not sure" is an empty word, and no causes an empty list."""
    if value is None:
        return [] if field == "causes" else ""
    return value


def _options(named: Sequence[tuple[str, str]], chosen: set[str] | set[str | None]) -> tuple[Option, ...]:
    return tuple(Option(value, name, value in chosen) for value, name in named)
