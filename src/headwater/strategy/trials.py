"""Trials of drafts: started and closed by those who edit the strategy; what changed after one is kept with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base.history import record_history
from headwater.base.permissions import require
from headwater.base.refusals import NotFound, Refused
from headwater.journey.queries import taxonomy
from headwater.strategy import guideposts, strategies
from headwater.strategy.guidepost_documents import lines as lines_of
from headwater.strategy.models import StrategyVersion, Trial, TrialAnswer, TrialLink

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

    from headwater.base.models import Person

OPEN_AT_MOST: Final = 20
LONGEST_DAYS: Final = 180
MOST_ANSWERS: Final = 2_000
NOTE_LENGTH: Final = 2_000


@dataclass(frozen=True, slots=True)
class Subject:
    """A text to try: what it is called, its lines as people will read them, and the version row it comes from."""

    title: str
    lines: tuple[str, ...]
    version_row: int | None


def subject(kind: str, moment: str = "") -> Subject:
    """Return the text of the draft, or of what is published where nothing is drafted; refuses where there is none."""
    if kind == Trial.Kind.GUIDEPOSTS:
        return _guideposts(moment)
    draft = strategies.draft()
    strategy, row = (draft.strategy, draft.row.pk) if draft else (strategies.current(), _published_row())
    if kind == Trial.Kind.MISSION:
        found = Subject(_("What we promise our customers"), _filled(strategy.mission, strategy.success), row)
    elif kind == Trial.Kind.OUTCOMES:
        found = Subject(_("What will be different"), _filled(*(outcome.text for outcome in strategy.outcomes)), row)
    else:
        kinds = ", ".join(Trial.Kind.values)
        raise Refused(
            "trial_kind", _("“%(kind)s” cannot be tried: %(kinds)s.") % {"kind": kind[:20], "kinds": kinds}, "kind"
        )
    if not found.lines:
        raise Refused(
            "trial_empty", _("There is no text to try yet. Write it in the draft of the strategy first."), "kind"
        )
    return found


def start_trial(
    person: Person | None,
    kind: str,
    *,
    moment: str = "",
    closes_on: date,
    most: int = 200,
    audiences: Sequence[str] = ("customers", "employees"),
) -> Trial:
    """Show a draft's text under an open link for each audience, until ``closes_on`` or ``most`` answers a link.

    The same text that is being tried already is not tried twice: that trial is returned.
    """
    require(person, "edit", "strategy")
    shown = subject(kind, moment)
    _require_bounds(closes_on, most, audiences)
    with transaction.atomic():
        same = [one for one in open_trials().select_for_update() if one.lines == list(shown.lines) and one.kind == kind]
        if same:
            return same[0]
        if open_trials().count() >= OPEN_AT_MOST:
            raise Refused("too_many_trials", _("%d trials are open already; close one first.") % OPEN_AT_MOST)
        trial = Trial.objects.create(
            kind=kind,
            moment=moment if kind == Trial.Kind.GUIDEPOSTS else "",
            title=shown.title[:200],
            lines=list(shown.lines),
            version_row=shown.version_row,
            closes_on=closes_on,
            most=most,
            created_by=person,
        )
        TrialLink.objects.bulk_create(
            TrialLink(trial=trial, audience=audience) for audience in dict.fromkeys(audiences)
        )
        record_history(person, "trial.started", f"trial:{trial.pk}", {"title": trial.title, "closes": str(closes_on)})
    return trial


def close_trial(person: Person | None, pk: int) -> Trial:
    """End a trial before its day."""
    require(person, "edit", "strategy")
    with transaction.atomic():
        trial = trial_of(pk, lock=True)
        if trial.closed_at is None:
            trial.closed_at = timezone.now()
            trial.save(update_fields=["closed_at"])
            _forget_addresses(TrialAnswer.objects.filter(link__trial=trial))
            record_history(person, "trial.closed", f"trial:{trial.pk}", {"title": trial.title})
    return trial


def keep_change(person: Person | None, pk: int, note: str) -> Trial:
    """Keep what changed after a trial: a note, and the text as the draft has it now beside the text that was tried."""
    require(person, "edit", "strategy")
    note = note.strip()
    if not note or len(note) > NOTE_LENGTH or "\x00" in note:
        raise Refused("note", _("Say what you changed and why, in 1 to %d characters.") % NOTE_LENGTH, "note")
    with transaction.atomic():
        trial = trial_of(pk, lock=True)
        now = list(subject(trial.kind, trial.moment).lines)
        if (trial.note, trial.changed_lines) == (note, now):
            return trial
        trial.note, trial.changed_lines = note, now
        trial.changed_by, trial.changed_at = person, timezone.now()
        trial.save()
        record_history(person, "trial.change_kept", f"trial:{trial.pk}", {"title": trial.title, "note": note[:200]})
    return trial


def trials() -> QuerySet[Trial]:
    """Every trial, newest first."""
    return Trial.objects.select_related("created_by", "changed_by").prefetch_related("links")


def open_trials() -> QuerySet[Trial]:
    """The trials that take answers."""
    return Trial.objects.filter(closed_at=None, closes_on__gte=timezone.localdate())


def trial_of(pk: int, *, lock: bool = False) -> Trial:
    """One trial; refuses (404) one that is not there."""
    rows = Trial.objects.select_for_update() if lock else trials()
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound("trial_unknown", _("There is no trial %s.") % pk)
    return found


def tried_with(version_row: int, kinds: Sequence[str]) -> tuple[Trial, ...]:
    """The trials of a version (by its row), for the page of that version: what was tried and what changed."""
    return tuple(trials().filter(version_row=version_row, kind__in=kinds))


def is_open(trial: Trial) -> bool:
    """Whether a trial takes answers today."""
    return trial.closed_at is None and trial.closes_on >= timezone.localdate()


def expire() -> int:
    """Forget the addresses behind answers of trials that are over; returns how many."""
    over = TrialAnswer.objects.exclude(link__trial__in=open_trials())
    return _forget_addresses(over)


def clear() -> None:
    """Forget every trial; run when the sample company is cleared."""
    Trial.objects.all().delete()


def _forget_addresses(answers: QuerySet[TrialAnswer]) -> int:
    return answers.exclude(address="").update(address="")


def _guideposts(moment_id: str) -> Subject:
    moment, draft = guideposts.moment_of(moment_id), guideposts.draft()
    now, row = (draft.guideposts, draft.row.pk) if draft else (guideposts.current(), None)
    names = {"always": _("We always: %s"), "never": _("We never: %s"), "may": _("Anyone of us may: %s")}
    found = tuple(names[kind] % line for kind, line in lines_of(now.of(moment.id)))
    if not found:
        raise Refused("trial_empty", _("“%s” has no guideposts to try yet.") % moment.name, "moment")
    stage = taxonomy().stage(moment.stage)
    return Subject(f"{stage.name}: {moment.name}" if stage else moment.name, found, row)


def _published_row() -> int | None:
    published: int | None = StrategyVersion.objects.filter(state="published").values_list("pk", flat=True).first()
    return published


def _filled(*texts: str) -> tuple[str, ...]:
    return tuple(text for text in texts if text)


def _require_bounds(closes_on: date, most: int, audiences: Sequence[str]) -> None:
    today = timezone.localdate()
    if not today <= closes_on <= today + timedelta(days=LONGEST_DAYS):
        message = _("A trial closes between today and %(days)d days from now, not on %(day)s.")
        raise Refused("trial_closes", message % {"days": LONGEST_DAYS, "day": closes_on}, "closes_on")
    if not 1 <= most <= MOST_ANSWERS:
        message = _("A link takes 1 to %(most)d answers, not %(given)d.")
        raise Refused("trial_most", message % {"most": MOST_ANSWERS, "given": most}, "most")
    if not audiences or set(audiences) - set(TrialLink.Audience.values):
        names = ", ".join(TrialLink.Audience.values)
        raise Refused("trial_audience", _("Choose at least one audience: %s.") % names, "audiences")
