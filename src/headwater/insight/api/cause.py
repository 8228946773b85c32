"""One cause told whole, for programs."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema

from headwater.base.permissions import require
from headwater.base.problems import REFUSALS
from headwater.base.refusals import NotFound
from headwater.insight.api.causes import Asked
from headwater.insight.api.figures import Figure, figure
from headwater.insight.cause_story import CauseStory, cause_story
from headwater.insight.happened import Happening
from headwater.insight.windows import Window, take_over_window
from headwater.journey.queries import taxonomy
from headwater.metrics.access import require_askable
from headwater.science.results import NoVerdict

router = Router(tags=["insight"])


class CauseAsked(Asked):
    """``adjust``: an attribute of customers to compare within, beside the month."""

    adjust: str | None = Field(None, max_length=60, pattern=r"^[A-Za-z][A-Za-z0-9_ .-]*$")


class CauseSuffering(Schema):
    """Whom it happened to, as events show: how many complained within the window, stayed silent, left."""

    suffered: int
    complained: int
    silent: int
    spoke_up: Figure
    left: Figure
    part: Figure
    outcomes: Figure


class CauseWindow(Schema):
    """``days`` in force; ``measured``: the last day after an event on which more than usual got in touch."""

    days: int
    measured: int | None
    why_not: str
    lags: list[int]
    contacts: list[float]
    at_risk: list[float]


class CauseTried(Schema):
    kind: str
    text: str
    state: str


class CauseAnswer(Schema):
    """``share_negative`` of all negative signals; ``contacts`` that name it, each shared by the causes it names."""

    cause: str
    name: str
    departments: list[str]
    share_negative: Figure
    negatives: int
    contacts: Figure
    happened: int
    suffering: CauseSuffering | None
    window: CauseWindow | None
    tried: list[CauseTried]


class WindowTaken(Schema):
    """The window that the draft of the journey now has."""

    days: int


@router.get("/causes/{cause_id}", response={200: CauseAnswer, **REFUSALS}, operation_id="get_cause")
def get_cause(request: HttpRequest, cause_id: str, asked: Query[CauseAsked]) -> dict[str, Any]:
    """Return one cause: how much, whom it struck silently, when customers got in touch, what was tried."""
    require(request.user, "view", "figures")
    selection = asked.selection()
    by = (f"attribute:{asked.adjust}",) if asked.adjust else ()
    require_askable(request.user, by, selection.filter())
    cause = taxonomy().cause(cause_id)
    if cause is None:
        raise NotFound("cause_unknown", _("There is no cause “%s” in the journey.") % cause_id[:60])
    person: Any = request.user
    return _as_json(cause_story(person, selection, cause, adjust=asked.adjust))


@router.post("/causes/{cause_id}/window", response={200: WindowTaken, **REFUSALS}, operation_id="take_over_window")
def post_window(request: HttpRequest, cause_id: str) -> dict[str, int]:
    """Put the measured window into the draft of the journey."""
    person: Any = request.user
    return {"days": take_over_window(person, cause_id)}


def _as_json(story: CauseStory) -> dict[str, Any]:
    return {
        "cause": story.cause.id,
        "name": story.cause.name,
        "departments": list(story.figures.departments),
        "share_negative": figure(story.figures.share),
        "negatives": story.figures.negatives,
        "contacts": figure(story.contacts),
        "happened": story.figures.happened,
        "suffering": _suffering(story.happening) if story.happening else None,
        "window": _window(story.window) if story.window else None,
        "tried": [{"kind": str(one.kind), "text": one.text, "state": str(one.state)} for one in story.tried],
    }


def _suffering(found: Happening) -> dict[str, Any]:
    figures = {name: figure(getattr(found, name)) for name in ("spoke_up", "left", "part", "outcomes")}
    return {"suffered": found.customers, "complained": found.complained, "silent": found.silent, **figures}


def _window(window: Window) -> dict[str, Any]:
    measured = window.measured
    return {
        "days": window.days,
        "measured": None if isinstance(measured, NoVerdict) else measured,
        "why_not": measured.message if isinstance(measured, NoVerdict) else "",
        "lags": window.counts.lags.tolist(),
        "contacts": window.counts.outcomes.sum(axis=1).tolist(),
        "at_risk": window.counts.at_risk.sum(axis=1).tolist(),
    }
