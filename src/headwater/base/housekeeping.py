"""What is kept how long: finished jobs, sent mails, page views and sessions are removed when their time is over."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.contrib.sessions.models import Session
from django.utils import timezone

from headwater.base.models import Job, OutboxMail, PageView

JOBS: Final = timedelta(days=30)
MAILS: Final = timedelta(days=90)
PAGE_VIEWS: Final = timedelta(days=400)  # a year can be compared with the one before


def tidy() -> None:
    """Remove what is over; history is kept for good, and so is every mail that could not be sent."""
    now = timezone.now()
    Job.objects.filter(finished_at__lt=now - JOBS).delete()
    OutboxMail.objects.filter(state=OutboxMail.State.SENT, sent_at__lt=now - MAILS).delete()
    OutboxMail.objects.filter(state=OutboxMail.State.DROPPED, created_at__lt=now - MAILS).delete()
    PageView.objects.filter(at__lt=now - PAGE_VIEWS).delete()
    Session.objects.filter(expire_date__lt=now).delete()
