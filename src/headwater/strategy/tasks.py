"""The background tasks of this room."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from headwater.base.queue import JobContext, schedule, task
from headwater.strategy import measuring, readiness, readings, requests, roadmap, trials


@task(requests.ANSWER, title=_("Trace requests upstream"))
def answer_requests(context: JobContext, payload: dict[str, Any]) -> None:
    requests.answer_filed()


schedule(requests.ANSWER, every=timedelta(minutes=5))


@task("strategy.sweep_evidence", title=_("Remove evidence files that belong to nothing"))
def sweep_evidence(context: JobContext, payload: dict[str, Any]) -> None:
    readiness.sweep_files()


schedule("strategy.sweep_evidence", every=timedelta(days=1))


@task("strategy.keep_roadmap", title=_("Keep this month’s evidence of the roadmap"))
def keep_roadmap(context: JobContext, payload: dict[str, Any]) -> None:
    roadmap.keep_month()


schedule("strategy.keep_roadmap", every=timedelta(days=1))


@task("strategy.expire_trials", title=_("Forget the addresses behind answers of trials that are over"))
def expire_trials(context: JobContext, payload: dict[str, Any]) -> None:
    trials.expire()


schedule("strategy.expire_trials", every=timedelta(hours=6))


@task("strategy.read_measures", title=_("Take the readings that are due"), lane="long")
def read_measures(context: JobContext, payload: dict[str, Any]) -> None:
    readings.read_due(context)


schedule("strategy.read_measures", every=timedelta(hours=6))


@task(measuring.READ, title=_("Read a measure from the record"), lane="long")
def read_measure(context: JobContext, payload: dict[str, Any]) -> None:
    readings.read_measure_of(payload["measure"], restate=payload["restate"])
