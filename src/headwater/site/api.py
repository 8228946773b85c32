"""The root of the API: every room's router under one version, one way to sign in, one way to say no."""

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from headwater import __version__
from headwater.base.accounts import AUTH
from headwater.base.problems import install
from headwater.insight.api import router as insight
from headwater.journey.api import router as journey
from headwater.listening.api import router as listening
from headwater.metrics.api import router as metrics
from headwater.strategy.api import router as strategy


class HeadwaterAPI(NinjaAPI):
    """The API, whose description says that refusals are problems (RFC 9457)."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        schema = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        for operations in schema["paths"].values():
            for operation in operations.values():
                _describe_problems(operation["responses"])
        return schema


def _describe_problems(responses: dict[int, Any]) -> None:
    for status, response in responses.items():
        content = response.get("content", {})
        if int(status) >= 400 and "application/json" in content:
            content["application/problem+json"] = content.pop("application/json")


api = HeadwaterAPI(
    title="Headwater",
    version=__version__,
    description="Where a bad experience starts, what it costs, who can change it, and whether the change worked.",
    auth=AUTH,
    docs_url=None,
    urls_namespace="api",
)
install(api)
for router in (listening, metrics, journey, insight, strategy):
    api.add_router("", router)
