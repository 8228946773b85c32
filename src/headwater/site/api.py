"""The root of the API: every room's router under one version, one way to sign in, one way to say no."""

from django.urls import URLPattern
from ninja import NinjaAPI

from headwater import __version__
from headwater.base.accounts import AUTH
from headwater.base.problems import install
from headwater.insight.api import router as insight
from headwater.journey.api import router as journey
from headwater.listening.api import router as listening
from headwater.metrics.api import router as metrics

api = NinjaAPI(
    title="Headwater",
    version=__version__,
    description="Where a bad experience starts, what it costs, who can change it, and whether the change worked.",
    auth=AUTH,
    docs_url=None,
    urls_namespace="api",
)
install(api)
for router in (listening, metrics, journey, insight):
    api.add_router("", router)


def urls() -> list[URLPattern]:
    """Return the API's addresses; each signs in by itself, so the pages' sign-in does not stand before them."""
    patterns: list[URLPattern] = api.urls[0]
    for pattern in patterns:
        pattern.callback.login_required = False  # type: ignore[attr-defined]
    return patterns
