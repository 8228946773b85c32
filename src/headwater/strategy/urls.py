"""The addresses of this room, one list a subject."""

from django.urls import URLPattern, path

from headwater.strategy.views import strategy

urlpatterns: list[URLPattern] = [
    path("strategy", strategy.strategy, name="strategy"),
]
