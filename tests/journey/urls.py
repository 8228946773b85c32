"""The addresses of this room and the one below it: its tests need no room above."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from ninja import NinjaAPI

from headwater.base.accounts import AUTH
from headwater.base.problems import install
from headwater.journey.api import router

api = NinjaAPI(auth=AUTH, urls_namespace="journey-tests")
install(api)
api.add_router("", router)
for pattern in api.urls[0]:
    pattern.callback.login_required = False


def journey(request: HttpRequest) -> HttpResponse:
    """Stands in for the map that the room above draws."""
    return HttpResponse("the map")


urlpatterns = [
    path("journey", journey, name="journey"),
    path("", include("headwater.base.urls")),
    path("", include("headwater.journey.urls")),
    path("api/v1/", api.urls),
]
