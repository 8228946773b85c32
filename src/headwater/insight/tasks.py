"""The background tasks of this room."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from headwater.base.queue import JobContext, schedule, task
from headwater.insight import alerts_watching, employees_releases, fitting, hunches, labelling, meaning, themes_finding


@task("insight.label_new", title=_("Label what is new"))
def label_new(context: JobContext, payload: dict[str, Any]) -> None:
    labelling.label_new(context)


schedule("insight.label_new", every=timedelta(seconds=5))


@task(hunches.TASK, title=_("Answer hunches"))
def answer_hunches(context: JobContext, payload: dict[str, Any]) -> None:
    hunches.answer_due()


schedule(hunches.TASK, every=timedelta(hours=1))


@task("insight.relabel", title=_("Label everything again"), lane="long")
def relabel(context: JobContext, payload: dict[str, Any]) -> None:
    labelling.relabel_everything(context)


@task("insight.fit_student", title=_("Fit the text model to your comments"), lane="long")
def fit_student(context: JobContext, payload: dict[str, Any]) -> None:
    fitting.fit_student(context)


@task("insight.apply_corrections", title=_("Put corrections into the record"))
def apply_corrections(context: JobContext, payload: dict[str, Any]) -> None:
    labelling.apply_corrections(context)


@task(employees_releases.TASK, title=_("Publish employees’ figures"))
def release_employees(context: JobContext, payload: dict[str, Any]) -> None:
    """Publish months that are over, and forget what is too old."""
    employees_releases.tidy()
    employees_releases.release_due()


schedule(employees_releases.TASK, every=timedelta(hours=6))


@task("insight.watch_for_changes", title=_("Look for what rises"), lane="long")
def watch_for_changes(context: JobContext, payload: dict[str, Any]) -> None:
    alerts_watching.watch_for_changes()


schedule("insight.watch_for_changes", every=timedelta(hours=1))


@task(meaning.INDEX, title=_("Read comments for the search by meaning"), lane="long")
def index_meaning(context: JobContext, payload: dict[str, Any]) -> None:
    meaning.bring_index_up_to_date(context)


schedule(meaning.INDEX, every=timedelta(minutes=1))


@task(themes_finding.FIND, title=_("Look for themes"), lane="long")
def find_themes(context: JobContext, payload: dict[str, Any]) -> None:
    themes_finding.find_themes(context, again=bool(payload.get("again")))


schedule(themes_finding.FIND, every=timedelta(hours=6))

# Last of all: fitting takes minutes, and what is due at the same time is looked at first.
schedule("insight.fit_student", every=timedelta(hours=1))
