"""The addresses of this room under /api/v1, one file a subject."""

from ninja import Router

from headwater.journey.api.agreement import router as agreement
from headwater.journey.api.editing import router as editing
from headwater.journey.api.future import router as future
from headwater.journey.api.taxonomy import router as taxonomy
from headwater.journey.api.triggers import router as triggers

router = Router()
for part in (taxonomy, editing, agreement, future, triggers):
    router.add_router("", part)
