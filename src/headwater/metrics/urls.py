"""The pages of this room."""

from django.urls import path

from headwater.metrics import views

app_name = "metrics"

urlpatterns = [
    path("metrics", views.metrics, name="all"),
    path("metrics/<slug:name>", views.metric, name="metric"),
]
