"""The addresses of this room under /api/v1, one file a subject."""

from ninja import Router

from headwater.strategy.api.boards import router as boards
from headwater.strategy.api.check import router as check
from headwater.strategy.api.discovery import router as discovery
from headwater.strategy.api.guideposts import router as guideposts
from headwater.strategy.api.measures import router as measures
from headwater.strategy.api.readiness import router as readiness
from headwater.strategy.api.requests import router as requests
from headwater.strategy.api.roadmap import router as roadmap
from headwater.strategy.api.strategy import router as strategy
from headwater.strategy.api.trials import router as trials

router = Router()
router.add_router("", strategy)
router.add_router("", measures)
router.add_router("", readiness)
router.add_router("", guideposts)
router.add_router("", discovery)
router.add_router("", requests)
router.add_router("", roadmap)
router.add_router("", check)
router.add_router("", boards)
router.add_router("", trials)
