"""The addresses that these tests open, whatever else the site has."""

from django.urls import include, path
from ninja import NinjaAPI

from headwater.base.accounts import AUTH
from headwater.base.problems import install
from headwater.metrics.api import router

api = NinjaAPI(auth=AUTH, urls_namespace="metrics-test")
install(api)
api.add_router("", router)

urlpatterns = [
    path("", include("headwater.base.urls")),
    path("", include("headwater.metrics.urls")),
    path("api/v1/", api.urls),
]
