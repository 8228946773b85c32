"""The addresses of this room."""

from django.urls import path

from headwater.listening.views import connections, imports

app_name = "listening"

urlpatterns = [
    path("connections", connections.connections, name="connections"),
    path("imports", imports.imports, name="imports"),
    path("imports/<int:import_id>", imports.one_import, name="import"),
    path("imports/<int:import_id>/progress", imports.progress, name="progress"),
    path("imports/<int:import_id>/mapping", imports.change_mapping, name="mapping"),
    path("imports/<int:import_id>/discard", imports.discard, name="discard"),
    path("imports/<int:import_id>/set-aside", imports.set_aside, name="set_aside"),
    path("imports/<int:import_id>/set-aside.csv", imports.download_set_aside, name="download_set_aside"),
    path("sources", imports.sources, name="sources"),
    path("sources/<slug:name>", imports.source, name="source"),
]
