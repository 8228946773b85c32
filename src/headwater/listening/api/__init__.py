"""The addresses of this room under /api/v1, one file a subject."""

from ninja import Router

from headwater.listening.api.personal import router as personal
from headwater.listening.api.signals import router as signals

router = Router()
for part in (signals, personal):
    router.add_router("", part)
