"""The addresses of this room under /api/v1, one file a subject."""

from ninja import Router

from headwater.listening.api.connections import router as connections
from headwater.listening.api.mailings import router as mailings
from headwater.listening.api.personal import router as personal
from headwater.listening.api.signals import router as signals
from headwater.listening.api.survey_results import router as survey_results
from headwater.listening.api.surveys import router as surveys
from headwater.listening.api.webhooks import router as webhooks

router = Router()
for part in (signals, mailings, surveys, survey_results, personal, connections, webhooks):
    router.add_router("", part)
