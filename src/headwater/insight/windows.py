"""A cause's window: for how many days after its event customers get in touch because of it, as the record shows it."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from django.utils.translation import gettext as _

from headwater.base.models import Person
from headwater.base.refusals import NotFound, Refused
from headwater.insight.happened import OUTCOMES, Outcome
from headwater.journey.queries import taxonomy
from headwater.journey.services import change_item
from headwater.journey.taxonomy import Cause
from headwater.metrics.store import company_record
from headwater.record.questions import LagCounts, Lags, Span
from headwater.science.lags import LagProfile, lag_profile
from headwater.science.results import Estimate, NoVerdict

SHOWN_BEFORE, SHOWN_AFTER = 28, 84
JUDGED: Final = 56
"""Up to so many days after an event an excess is looked for; the days beyond, and before it, are the usual level."""


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """What the record says of a cause's window. ``days`` is the one in force, ``measured`` the one that the data show:
    the last day after an event on which more customers than usual get in touch, or why there is none."""

    cause: Cause
    counts: LagCounts
    profile: LagProfile | NoVerdict

    @property
    def days(self) -> int:
        return self.cause.lag_days

    @property
    def measured(self) -> int | NoVerdict:
        if isinstance(self.profile, NoVerdict):
            return self.profile
        return self.profile.window

    @property
    def differs(self) -> bool:
        """Whether the data show another window than the one in force."""
        return not isinstance(self.measured, NoVerdict) and self.days != self.measured


def window_of(cause: Cause, outcome: Outcome = "contact") -> Window | None:
    """Answer which window the contacts after this cause's events show; None where no event shows the cause."""
    held = company_record().ask(Span())
    if not cause.events or held.first_day is None or held.last_day is None:
        return None
    asked = Lags(OUTCOMES[outcome], cause.events, held.first_day, held.last_day, SHOWN_BEFORE, SHOWN_AFTER)
    counts = company_record().ask(asked)
    if not counts.at_risk.any():
        return None
    judged = (counts.lags >= 0) & (counts.lags <= JUDGED)
    usual = (counts.lags < 0) | (counts.lags > JUDGED)
    profile = lag_profile(
        counts.outcomes[judged],
        counts.at_risk[judged],
        np.asarray(counts.outcomes[usual].sum(axis=0)),
        np.asarray(counts.at_risk[usual].sum(axis=0)),
    )
    return Window(cause, counts, profile)


def take_over_window(person: Person | None, cause_id: str) -> int:
    """Put the measured window (days) into the draft of the journey; who publishes the draft decides."""
    cause = taxonomy().cause(cause_id)
    if cause is None:
        raise NotFound("cause_unknown", _("There is no cause “%s” in the journey.") % cause_id[:60])
    window = window_of(cause)
    measured = window.measured if window else NoVerdict("no_events", _("No event shows this cause."))
    if isinstance(measured, NoVerdict):
        raise Refused("window_unknown", _("There is no measured window to take over: %s") % measured.message)
    change_item(person, "cause", cause_id, {"lag_days": measured})
    return measured


def window_sentence(window: Window) -> str:
    """What the data say of the window."""
    measured = window.measured
    if isinstance(measured, NoVerdict):
        return _("The window is %(days)s days; the data do not say which it should be: %(why)s") % {
            "days": window.days,
            "why": measured.message,
        }
    values = {"measured": measured + 1, "days": window.days, "inside": ""}
    if measured < 1:
        first = _("Contacts return to their usual level the day after the event; the window is %(days)s days.") % values
    else:
        first = (
            _("Contacts return to their usual level %(measured)s days after the event; the window is %(days)s days.")
            % values
        )
    return f"{first} {_within(window)}".strip()


def _within(window: Window) -> str:
    """How much of the excess lies in the measured window, where that has a verdict."""
    inside = window.profile.inside if isinstance(window.profile, LagProfile) else None
    if not isinstance(inside, Estimate):
        return ""
    share = min(max(inside.estimate, 0.0), 1.0)
    return _("Up to then came %(share)d %% of the contacts beyond the usual.") % {"share": round(100 * share)}
