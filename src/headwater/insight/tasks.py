"""The background tasks of this room."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from headwater.base.queue import JobContext, schedule, task
from headwater.insight import fitting, labelling


@task("insight.label_new")
def label_new(context: JobContext, payload: dict[str, Any]) -> None:
    labelling.label_new(context)


schedule("insight.label_new", every=timedelta(seconds=5))


@task("insight.relabel", lane="long")
def relabel(context: JobContext, payload: dict[str, Any]) -> None:
    labelling.relabel_everything(context)


@task("insight.fit_student", lane="long")
def fit_student(context: JobContext, payload: dict[str, Any]) -> None:
    fitting.fit_student(context)


schedule("insight.fit_student", every=timedelta(hours=1))


@task("insight.apply_corrections")
def apply_corrections(context: JobContext, payload: dict[str, Any]) -> None:
    labelling.apply_corrections(context)
