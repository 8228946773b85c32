"""The addresses of this room."""

from django.urls import path

from headwater.journey.views import agreement
from headwater.journey.views import taxonomy as views

urlpatterns = [
    path("journey", views.journey, name="journey"),
    path("journey/draft", views.draft, name="journey_draft"),
    path("journey/draft/publish", views.publish, name="publish_journey"),
    path("journey/draft/discard", views.discard, name="discard_journey"),
    path("journey/packs", views.packs, name="journey_packs"),
    path("journey/packs/preview", views.preview_pack, name="preview_pack"),
    path("journey/packs/import", views.import_pack, name="import_pack"),
    path("journey/packs/export", views.export_pack, name="export_pack"),
    path("journey/packs/<slug:name>.yaml", views.shipped_pack, name="shipped_pack"),
    path("journey/agreement", agreement.overview, name="agreement"),
    path("journey/agreement/decider", agreement.name_decider, name="name_decider"),
    path("journey/agreement/<slug:stage_id>", agreement.stage, name="agreement_stage"),
    path("journey/agreement/<slug:stage_id>/answer", agreement.answer, name="answer_stage"),
    path("journey/agreement/<slug:stage_id>/<int:answer_id>/decide", agreement.decide, name="decide_objection"),
    path("journey/<slug:kind>/add", views.add_item, name="add_journey_item"),
    path("journey/cause/<slug:item_id>/merge", views.merge_cause, name="merge_cause"),
    path("journey/cause/<slug:item_id>/retire", views.retire_cause, name="retire_cause"),
    path("journey/<slug:kind>/<slug:item_id>", views.item, name="journey_item"),
    path("journey/<slug:kind>/<slug:item_id>/move", views.move_item, name="move_journey_item"),
    path("journey/<slug:kind>/<slug:item_id>/remove", views.remove_item, name="remove_journey_item"),
]
