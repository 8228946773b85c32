"""The addresses of this room under /api/v1, one file a subject."""

from ninja import Router

from headwater.journey.api.agreement import router as agreement
from headwater.journey.api.taxonomy import router as taxonomy
from headwater.journey.api.triggers import router as triggers

router = Router()
for part in (taxonomy, agreement, triggers):
    router.add_router("", part)
