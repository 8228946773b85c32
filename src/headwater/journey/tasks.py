"""The background tasks of this room."""

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy

from headwater.base.queue import JobContext, schedule, task
from headwater.journey import agreement, services


@task(services.ASK_HEADS, title=gettext_lazy("Ask the heads about the journey"))
def ask_heads(context: JobContext, payload: dict[str, Any]) -> None:
    """Ask who was not asked yet; after publishing, and daily, since heads and departments change too."""
    agreement.ask_heads()
    agreement.pass_on_objections()


schedule(services.ASK_HEADS, every=timedelta(days=1))
