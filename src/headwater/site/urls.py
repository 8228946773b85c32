"""Every address of the product."""

from django.urls import include, path

from headwater.site.style import style

urlpatterns = [
    path("style", style, name="style"),
    path("", include("headwater.base.urls")),
]
