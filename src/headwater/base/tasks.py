"""The background tasks of this room."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from headwater.base import housekeeping, outbox
from headwater.base.queue import JobContext, schedule, task


@task("base.send_mail", title=_("Send mail"))
def send_mail(context: JobContext, payload: dict[str, Any]) -> None:
    outbox.send_due(context)


schedule("base.send_mail", every=timedelta(minutes=1))


@task("base.send_bulk_mail", title=_("Send mail to many"))
def send_bulk_mail(context: JobContext, payload: dict[str, Any]) -> None:
    outbox.send_due(context, lane=outbox.Lane.BULK)


schedule("base.send_bulk_mail", every=timedelta(minutes=1))


@task("base.tidy", title=_("Remove what is over"))
def tidy(context: JobContext, payload: dict[str, Any]) -> None:
    housekeeping.tidy()


schedule("base.tidy", every=timedelta(days=1))
