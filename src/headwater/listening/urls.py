"""The addresses of this room."""

from django.urls import path

from headwater.listening import views

app_name = "listening"

urlpatterns = [
    path("imports", views.imports, name="imports"),
    path("imports/<int:import_id>", views.one_import, name="import"),
    path("imports/<int:import_id>/progress", views.progress, name="progress"),
    path("imports/<int:import_id>/mapping", views.change_mapping, name="mapping"),
    path("imports/<int:import_id>/discard", views.discard, name="discard"),
    path("imports/<int:import_id>/set-aside", views.set_aside, name="set_aside"),
    path("imports/<int:import_id>/set-aside.csv", views.download_set_aside, name="download_set_aside"),
    path("sources", views.sources, name="sources"),
    path("sources/<slug:name>", views.source, name="source"),
]
