"""The addresses of this room under /api/v1, one file a subject."""

from ninja import Router

from headwater.insight.api.causes import router as causes
from headwater.insight.api.demand import router as demand
from headwater.insight.api.moments import router as moments

router = Router()
for part in (
    causes,
    demand,
    moments,
):
    router.add_router("", part)
