"""The pages of this room."""

from django.urls import path

from headwater.metrics import views

urlpatterns = [
    path("metrics", views.metrics, name="metrics"),
    path("metrics/<slug:name>", views.metric, name="metric"),
    path("metrics/<slug:name>/card", views.metric_card, name="metric_card"),
]
