"""The background tasks of this room."""

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy

from headwater.base.queue import JobContext, schedule, task
from headwater.journey import agreement, building, firings, services, states, triggers, watching


@task(services.ASK_HEADS, title=gettext_lazy("Ask the heads about the journey"))
def ask_heads(context: JobContext, payload: dict[str, Any]) -> None:
    """Ask who was not asked yet; after publishing, and daily, since heads and departments change too."""
    agreement.ask_heads()
    agreement.pass_on_objections()


schedule(services.ASK_HEADS, every=timedelta(days=1))


@task(states.BUILD, title=gettext_lazy("Read the record for a trigger"), lane="long")
def build_trigger(context: JobContext, payload: dict[str, Any]) -> None:
    building.build(context, payload["trigger"])


@task("journey.watch_triggers", title=gettext_lazy("Look at deadlines that passed"))
def watch_triggers(context: JobContext, payload: dict[str, Any]) -> None:
    watching.watch()


@task("journey.rebuild_triggers", title=gettext_lazy("Have every trigger read the record again"))
def rebuild_triggers(context: JobContext, payload: dict[str, Any]) -> None:
    """Each night: what merged customers, erasures and very late news left is set right."""
    building.rebuild_all()


@task(firings.ANSWER, title=gettext_lazy("Answer what triggers found"))
def answer_firings(context: JobContext, payload: dict[str, Any]) -> None:
    triggers.answer_waiting()


schedule("journey.watch_triggers", every=timedelta(seconds=15))
schedule("journey.rebuild_triggers", every=timedelta(days=1))
