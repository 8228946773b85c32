"""The addresses of this room under /api/v1, one file a subject."""

from ninja import Router

from headwater.insight.api.alerts import router as alerts
from headwater.insight.api.assets import router as assets
from headwater.insight.api.cause import router as cause
from headwater.insight.api.causes import router as causes
from headwater.insight.api.demand import router as demand
from headwater.insight.api.drivers import router as drivers
from headwater.insight.api.employees import router as employees
from headwater.insight.api.finance import router as finance
from headwater.insight.api.hunches import router as hunches
from headwater.insight.api.integrity import router as integrity
from headwater.insight.api.line_of_sight import router as line_of_sight
from headwater.insight.api.listening_grid import router as listening_grid
from headwater.insight.api.meaning import router as meaning
from headwater.insight.api.moments import router as moments
from headwater.insight.api.response import router as response
from headwater.insight.api.river import router as river
from headwater.insight.api.scorecards import router as scorecards
from headwater.insight.api.search import router as search
from headwater.insight.api.themes import router as themes
from headwater.insight.api.value import router as value

router = Router()
for part in (
    assets,
    value,
    meaning,  # before a verbatim by its key
    alerts,
    themes,
    cause,
    causes,
    demand,
    drivers,
    employees,
    finance,
    hunches,
    integrity,
    line_of_sight,
    listening_grid,
    moments,
    response,
    river,
    scorecards,
    search,
):
    router.add_router("", part)
