"""Template filters that say of a background job what it is and how far it is."""

from django import template

from headwater.base import jobs
from headwater.base.models import Job

register = template.Library()


@register.filter
def job_title(job: Job) -> str:
    """What the job does, in words."""
    return jobs.title(job)


@register.filter
def job_note(job: Job) -> str:
    """How far it is, or how it ended."""
    return jobs.note(job)


@register.filter
def job_look(job: Job) -> str:
    """How its progress is drawn: empty while it goes on, else ``done`` or ``failed``."""
    if not job.is_finished:
        return ""
    return "done" if job.state == Job.State.DONE else "failed"
