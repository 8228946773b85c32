"""Measures as people read them: the definition in words, the readings, and whether they are on their path."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import Prefetch
from django.urls import reverse
from django.utils.translation import gettext as _

from headwater.base.history import sentence
from headwater.base.models import HistoryEntry
from headwater.base.refusals import NotFound
from headwater.strategy.definitions import Definition, figure_unit, in_words, read
from headwater.strategy.models import Measure, Reading, SignOff
from headwater.strategy.paths import Path, Standing
from headwater.strategy.paths import standing as stands
from headwater.strategy.strategies import current
from headwater.strategy.strategy import BusinessGoal, Outcome, Strategy

SURVEY_METRICS = frozenset(["nps", "csat", "ces", "rating"])


@dataclass(frozen=True, slots=True)
class Missing:
    """Something a measure still lacks: ``code`` for programs, a sentence for people, the form's field to fill in."""

    code: str
    text: str
    field: str


@dataclass(frozen=True, slots=True)
class MeasureView:
    """A measure with all that is known of it.

    ``readings`` are those that count and follow the present definition, oldest first; ``earlier`` those that count of
    an earlier definition. ``unit`` says how figures are written (``base.figures``).
    """

    measure: Measure
    definition: Definition
    unit: str
    words: str
    outcomes: tuple[Outcome, ...]
    goals: tuple[BusinessGoal, ...]
    readings: tuple[Reading, ...]
    earlier: tuple[Reading, ...]
    standing: Standing
    sign_offs: tuple[SignOff, ...]
    missing: tuple[Missing, ...]

    @property
    def latest(self) -> Reading | None:
        """The last reading that has a figure, or None."""
        return next((reading for reading in reversed(self.readings) if reading.value is not None), None)

    @property
    def path(self) -> Path | None:
        """The path to the target, once baseline, target and both dates are known."""
        return path_of(self.measure)

    @property
    def is_survey_score(self) -> bool:
        """Whether it is computed from answers to a survey question alone."""
        return self.definition.metric in SURVEY_METRICS

    @property
    def signed(self) -> tuple[SignOff, ...]:
        """Who has signed it off as it is now."""
        return tuple(one for one in self.sign_offs if one.at is not None)


def measures(*, retired: bool = False) -> tuple[MeasureView, ...]:
    """Every measure in use (or, ``retired``, those that are not any more), by name."""
    rows = Measure.objects.filter(retired_at__isnull=not retired)
    strategy = current()
    return tuple(_view(row, strategy) for row in _with_parts(rows))


def measure(slug: str) -> MeasureView:
    """One measure, retired or not. Raises ``NotFound``."""
    rows = list(_with_parts(Measure.objects.filter(slug=slug)))
    if not rows:
        raise NotFound("measure.not_found", _("There is no measure “%s”.") % slug[:60])
    return _view(rows[0], current())


def standing(view: MeasureView) -> Standing:
    """Where the measure's last reading stands against its path."""
    return view.standing


def path_of(measure: Measure) -> Path | None:
    """The path to the target, once baseline, target and both dates are known."""
    if measure.baseline is None or measure.target is None or not measure.start_date or not measure.target_date:
        return None
    steps = None
    if measure.path == Measure.Path.STEPPED:
        steps = tuple((date.fromisoformat(day), float(value)) for day, value in measure.steps)
    return Path(measure.start_date, measure.baseline, measure.target_date, measure.target, steps)


def matches(view: MeasureView, *, kind: str = "", outcome: str = "", standing: str = "") -> bool:
    """Whether a measure is among those that the list is narrowed down to; empty words choose everything."""
    return (
        (not kind or view.measure.kind == kind)
        and (not outcome or outcome in view.measure.outcomes)
        and (not standing or view.standing.code == standing)
    )


def reading_rows(view: MeasureView, limit: int = 120) -> list[Reading]:
    """Every reading that was ever taken, superseded ones too, the latest period and the latest word on it first."""
    rows = view.measure.readings.select_related("by", "superseded_by")
    return list(rows.order_by("-period", "-id")[:limit])


def history_of(view: MeasureView, limit: int = 20) -> list[dict[str, Any]]:
    """What was done to a measure: when, by whom, what; newest first."""
    entries = HistoryEntry.objects.filter(subject=f"measure:{view.measure.slug}")[:limit]
    return [
        {"at": one.at, "who": one.actor_name or "Headwater", "what": sentence(one.code, one.data)} for one in entries
    ]


def as_json(view: MeasureView) -> dict[str, Any]:
    """A measure with its last reading, for programs; figures in its own unit, null where there is none."""
    latest, row = view.latest, view.measure
    return {
        "slug": row.slug,
        "name": row.name,
        "kind": row.kind,
        "owner": row.owner.name if row.owner else None,
        "outcomes": list(row.outcomes),
        "period": latest.period.isoformat() if latest else None,
        "value": latest.value if latest else None,
        "low": latest.low if latest else None,
        "high": latest.high if latest else None,
        "n": latest.n if latest else None,
        "expected": view.standing.expected,
        "target": row.target,
        "standing": view.standing.code,
        "missing": [one.code for one in view.missing],
    }


def verbatims_address(view: MeasureView) -> str | None:
    """Where the words behind its last reading are, with the same filter; None for figures that people give."""
    latest = view.latest
    if not view.definition.metric or latest is None:
        return None
    where = view.definition.counted()
    query = {"since": latest.period, "until": latest.until, "where": str(where) if where else ""}
    return reverse("verbatims") + "?" + urlencode({key: value for key, value in query.items() if value})


def _with_parts(rows: Any) -> Any:
    kept = Reading.objects.filter(superseded_by=None).order_by("period")
    live = SignOff.objects.filter(withdrawn=None).select_related("person")
    return rows.select_related("owner").prefetch_related(
        Prefetch("readings", kept, to_attr="kept"), Prefetch("sign_offs", live, to_attr="live")
    )


def _view(row: Any, strategy: Strategy) -> MeasureView:
    definition = read(row.definition)
    now = tuple(one for one in row.kept if one.definition_edition == row.definition_edition)
    outcomes = tuple(one for one in strategy.outcomes if one.id in row.outcomes)
    goals = tuple(goal for goal in strategy.goals if goal.id in {one.goal for one in outcomes})
    return MeasureView(
        measure=row,
        definition=definition,
        unit=figure_unit(definition, row.unit),
        words=in_words(definition, row.unit) if row.source else _("Not defined yet."),
        outcomes=outcomes,
        goals=goals,
        readings=now,
        earlier=tuple(one for one in row.kept if one.definition_edition != row.definition_edition),
        standing=_standing(row, definition, now),
        sign_offs=tuple(row.live),
        missing=_missing(row, now),
    )


def _standing(row: Measure, definition: Definition, readings: tuple[Reading, ...]) -> Standing:
    latest = next((reading for reading in reversed(readings) if reading.value is not None), None)
    path = path_of(row)
    if latest is None:
        return Standing("no_reading") if path or not readings else Standing("no_path")
    expected = path.over(latest.period, latest.until) if path else None
    return stands(latest.low, latest.high, expected, definition.direction)


def _missing(row: Any, readings: tuple[Reading, ...]) -> tuple[Missing, ...]:
    """What is still asked for, the next step first."""
    wanted = [
        (not row.owner_id, "owner", _("someone who answers for it"), "owner"),
        (not row.outcomes, "outcome", _("the outcome it belongs to"), "outcomes"),
        (not row.kind, "kind", _("whether it measures what we do or how we do it"), "kind"),
        (not row.source, "definition", _("a definition: from the record, or a figure that people give"), "source"),
        (bool(row.source) and not readings, "reading", _("a first reading"), "reading"),
        (row.baseline is None, "baseline", _("a baseline: where it was when we began"), "baseline"),
        (row.target is None, "target", _("a target"), "target"),
        (not (row.start_date and row.target_date), "dates", _("when the path begins and ends"), "target_date"),
        (not any(one.at for one in row.live), "sign_off", _("a leader who signs it off"), "leaders"),
    ]  # fmt: skip
    return tuple(Missing(code, text, field) for lacks, code, text, field in wanted if lacks)
