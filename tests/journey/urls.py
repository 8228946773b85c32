"""The addresses of this room and the one below it: its tests need no room above."""

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

urlpatterns = [
    path("", include("headwater.base.urls")),
    path("", include("headwater.journey.urls")),
    path("api/v1/", api.urls),
]
