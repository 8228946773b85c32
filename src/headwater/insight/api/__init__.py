"""The addresses of this room under /api/v1, one file a subject."""

from ninja import Router

from headwater.insight.api.causes import router as causes

router = Router()
for part in (causes,):
    router.add_router("", part)
