"""The addresses of this room."""

from django.urls import path, re_path

from headwater.listening.views import answering, connections, imports, survey_editor, surveys

app_name = "listening"

urlpatterns = [
    path("s/<str:token>", answering.answer, name="answer"),
    path("s/<str:token>/<str:page_id>", answering.answer, name="answer_page"),
    re_path(r"^survey-colour/(?P<colour>[0-9a-f]{6})\.css$", answering.survey_colour, name="survey_colour"),
    path("surveys", surveys.surveys, name="surveys"),
    path("surveys/new", surveys.new_survey, name="new_survey"),
    path("surveys/<slug:name>", surveys.survey, name="survey"),
    path("surveys/<slug:name>/duplicate", surveys.duplicate, name="survey_duplicate"),
    path("surveys/<slug:name>/discard", surveys.discard, name="survey_discard"),
    path("surveys/<slug:name>/export.<slug:format>", surveys.export, name="survey_export"),
    path("surveys/<slug:name>/versions", surveys.versions, name="survey_versions"),
    path("surveys/<slug:name>/versions/<int:number>", surveys.version, name="survey_version"),
    path("surveys/<slug:name>/edit", survey_editor.edit, name="survey_edit"),
    path("surveys/<slug:name>/edit/do", survey_editor.do, name="survey_edit_do"),
    path("surveys/<slug:name>/edit/undo", survey_editor.undo, name="survey_undo"),
    path("surveys/<slug:name>/edit/condition", survey_editor.condition, name="survey_edit_condition"),
    path("surveys/<slug:name>/edit/languages", survey_editor.edit_languages, name="survey_edit_languages"),
    path("surveys/<slug:name>/edit/pages/<slug:page_id>", survey_editor.edit_page, name="survey_edit_page"),
    path(
        "surveys/<slug:name>/edit/questions/<slug:question_id>",
        survey_editor.edit_question,
        name="survey_edit_question",
    ),
    path("surveys/<slug:name>/state/<slug:act>", surveys.change_state, name="survey_state"),
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
