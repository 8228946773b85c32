"""What the sample company has connected: its help desk, resting, and a chat that would be told of alerts."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from headwater.listening.connections.credentials import new_secret, sealed
from headwater.listening.connections.options import read_options
from headwater.listening.connections.presets import preset_of
from headwater.listening.models import Connection, ConnectionRun, Source, WebhookEndpoint
from headwater.listening.personal import crypto
from headwater.listening.ready import ready_mapping

NAME = "help-desk"
RUNS = ((26, 412), (14, 385), (2, 441))
"""Hours ago, and rows."""


def load_connections() -> None:
    """A connection of each direction, once. Both rest: the sample company speaks to nobody."""
    if Connection.objects.filter(name=NAME).exists():
        return
    preset = preset_of("zendesk")
    plain = {**preset.options, "url": str(preset.options["url"]).replace("SUBDOMAIN", "example")}
    ready = ready_mapping(preset.ready).mapping
    if ready is None:
        raise LookupError(f"{preset.ready} is a whole mapping")
    with transaction.atomic():
        text = ready.model_copy(update={"source": NAME}).to_yaml()
        source, _made = Source.objects.get_or_create(name=NAME, defaults={"mapping": text})
        connection = Connection.objects.create(
            name=NAME,
            kind=Connection.Kind.REST,
            source=source,
            options=read_options("rest", plain).model_dump(mode="json"),
            credentials=sealed("rest", {"password": new_secret()}),
            schedule={"every": "hours", "n": 12, "at": "06:00"},
            state=Connection.State.PAUSED,
        )
        for hours, rows in RUNS:
            at = timezone.now() - timedelta(hours=hours)
            run = ConnectionRun.objects.create(
                connection=connection, state=ConnectionRun.State.DONE, rows=rows, finished_at=at
            )
            ConnectionRun.objects.filter(pk=run.pk).update(started_at=at)
        WebhookEndpoint.objects.create(
            title="Chat of the CX team",
            url="https://chat.example.com/hooks/headwater",
            events=["alert.raised", "survey.completed"],
            secret=crypto.encrypt(new_secret().encode()),
            state=WebhookEndpoint.State.PAUSED,
        )
