"""When a connection runs next: pure functions of its schedule, the clock and the company's time zone."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from headwater.base.refusals import Refused

FEWEST_MINUTES = 1
LONGEST_PAUSE = timedelta(hours=6)


class Schedule(BaseModel):
    """Every so many minutes or hours, or daily at a time of the company's day; `manual`: when someone says so."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    every: Literal["manual", "minutes", "hours", "day"] = "manual"
    n: Annotated[int, Field(ge=1, le=1_440)] = 1
    at: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "06:00"

    @model_validator(mode="after")
    def _not_too_rare(self) -> Schedule:
        if self.every == "hours" and self.n > 168:
            raise ValueError("run it at least once a week: 168 hours")
        return self

    @property
    def pause(self) -> timedelta:
        """The time between two runs."""
        return {
            "manual": timedelta.max,
            "minutes": timedelta(minutes=self.n),
            "hours": timedelta(hours=self.n),
            "day": timedelta(days=1),
        }[self.every]


def read_schedule(plain: dict[str, Any]) -> Schedule:
    """A schedule as it is kept. Raises Refused."""
    try:
        return Schedule.model_validate(plain)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "schedule"
        said = str(first["msg"]).removeprefix("Value error, ")
        raise Refused("bad_schedule", _("The schedule cannot be kept: %(place)s: %(said)s.") % {
            "place": place, "said": said}, place) from error  # fmt: skip


def next_run(schedule: Schedule, now: datetime, zone: str, *, failures: int = 0) -> datetime | None:
    """When to run after `now`; None for a manual one. After failures the pause grows, six hours at most.

    A daily run keeps its time of day in the company's zone through changes of summer time; a time of day that is
    skipped that night runs at the one the clock jumps to.
    """
    if schedule.every == "manual":
        return None
    if failures:
        return now + back_off(failures)
    if schedule.every != "day":
        return now + schedule.pause
    hour, minute = (int(part) for part in schedule.at.split(":"))
    local = now.astimezone(ZoneInfo(zone))
    for day in (local.date(), local.date() + timedelta(days=1), local.date() + timedelta(days=2)):
        found = datetime.combine(day, time(hour, minute), ZoneInfo(zone)).astimezone(now.tzinfo)
        if found > now:
            return found
    raise AssertionError("a day has a tomorrow")


def back_off(failures: int) -> timedelta:
    """The pause after the n-th failure in a row: 2, 4, 8 … minutes, at most six hours."""
    return min(LONGEST_PAUSE, timedelta(minutes=2 ** min(failures, 10)))


def in_words(schedule: Schedule) -> str:
    """The schedule as a person says it."""
    if schedule.every == "minutes":
        return str(ngettext("every minute", "every %d minutes", schedule.n)) % (
            (schedule.n,) if schedule.n != 1 else ()
        )
    if schedule.every == "hours":
        return str(ngettext("every hour", "every %d hours", schedule.n)) % ((schedule.n,) if schedule.n != 1 else ())
    if schedule.every == "day":
        return _("daily at %s") % schedule.at
    return _("only when someone starts it")
