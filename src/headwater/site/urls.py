"""Every address of the product."""

from django.urls import include, path

from headwater.site import api, views
from headwater.site.style import style

handler404 = "headwater.site.views.not_found"

urlpatterns = [
    path("", include("headwater.listening.urls")),  # first: customers answer, many at once
    path("", views.forest_page, name="forest"),
    path("yours", views.yours_page, name="yours"),
    path("welcome", views.first_page_of, name="first_page"),
    path("healthz", views.healthz, name="healthz"),
    path("style", style, name="style"),
    path("", include("headwater.base.urls")),
    path("", include("headwater.metrics.urls")),
    path("", include("headwater.insight.urls")),
    path("", include("headwater.journey.urls")),
    path("", include("headwater.strategy.urls")),
    path("api/v1/", api.api.urls),
]
