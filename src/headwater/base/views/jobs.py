"""Background jobs: the list, one job's live progress, retry and cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from headwater.base import jobs as services
from headwater.base.accounts import person
from headwater.base.models import Job
from headwater.base.permissions import allows, require

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

PAGE = 50


def jobs(request: HttpRequest) -> HttpResponse:
    """The jobs this person may see, newest first."""
    me = person(request)
    require(me, "view", "jobs", words_of="own")
    state = request.GET.get("state", "")
    found = services.jobs_seen_by(me)
    sentence = services.sentence(found)
    if state in Job.State.values:
        found = found.filter(state=state)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    manages = [job.pk for job in page if allows(me, "manage", "jobs", words_of=_whose(request, job))]
    shown = {"page": page, "state": state, "states": Job.State.choices, "manages": manages, "sentence": sentence}
    return render(request, "base/jobs.html", shown)


def progress(request: HttpRequest, job_id: int) -> HttpResponse:
    """One job's progress, as the fragment that a page shows and keeps asking for."""
    job = services.visible_job(person(request), job_id)
    manages = allows(person(request), "manage", "jobs", words_of=_whose(request, job))
    response = render(request, "base/job_progress.html", {"job": job, "may_cancel": manages})
    if job.is_finished:
        response["HX-Trigger"] = "job-over"  # a page may wait for this to show the result
    return response


@require_POST
def retry(request: HttpRequest, job_id: int) -> HttpResponse:
    """Try a job again."""
    services.retry_job(person(request), services.visible_job(person(request), job_id))
    return redirect("jobs")


@require_POST
def cancel(request: HttpRequest, job_id: int) -> HttpResponse:
    """Cancel a job."""
    services.cancel_job(person(request), services.visible_job(person(request), job_id))
    return redirect("jobs")


def _whose(request: HttpRequest, job: Job) -> str:
    return "own" if job.requested_by_id == request.user.pk else "company"
