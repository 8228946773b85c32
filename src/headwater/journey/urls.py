"""The addresses of this room. The map that people read, ``journey``, is composed by the room with the figures."""

from typing import get_args

from django.urls import path, register_converter

from headwater.journey.differences import Kind
from headwater.journey.views import (
    agreement,
    departments,
    future,
    items,
    packs,
    standards,
    taxonomy,
    touchpoints,
    triggers,
)
from headwater.journey.views import map as views


class ItemKind:
    """A kind of item of the journey, so that no other address under /journey is taken for one."""

    regex = "|".join(get_args(Kind))

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class TriggerAction(ItemKind):
    """What can be done to a trigger."""

    regex = "activate|pause|retire"


register_converter(ItemKind, "kind")
register_converter(TriggerAction, "triggeraction")

urlpatterns = [
    path("journey/edit", views.edit, name="journey_edit"),
    path("journey/edit/undo", views.undo, name="undo_journey_edit"),
    path("journey/draft", taxonomy.draft, name="journey_draft"),
    path("journey/draft/publish", taxonomy.publish, name="publish_journey"),
    path("journey/draft/discard", taxonomy.discard, name="discard_journey"),
    path("journey/packs", packs.packs, name="journey_packs"),
    path("journey/packs/preview", packs.preview_pack, name="preview_pack"),
    path("journey/packs/import", packs.import_pack, name="import_pack"),
    path("journey/packs/export", packs.export_pack, name="export_pack"),
    path("journey/packs/<slug:name>.yaml", packs.shipped_pack, name="shipped_pack"),
    path("journey/agreement", agreement.overview, name="agreement"),
    path("journey/agreement/answers", agreement.answer_stages, name="answer_stages"),
    path("journey/agreement/decider", agreement.name_decider, name="name_decider"),
    path("journey/agreement/<slug:stage_id>", agreement.stage, name="agreement_stage"),
    path("journey/agreement/<slug:stage_id>/answer", agreement.answer, name="answer_stage"),
    path("journey/agreement/<slug:stage_id>/<int:answer_id>/decide", agreement.decide, name="decide_objection"),
    path("journey/triggers", triggers.overview, name="triggers"),
    path("journey/triggers/new", triggers.new, name="new_trigger"),
    path("journey/triggers/preview", triggers.preview, name="preview_trigger"),
    path("journey/triggers/firings", triggers.found, name="trigger_firings"),
    path("journey/triggers/firings/<int:pk>/answer", triggers.answer, name="answer_firing"),
    path("journey/triggers/<int:pk>", triggers.one_trigger, name="trigger"),
    path("journey/triggers/<int:pk>/edit", triggers.edit, name="edit_trigger"),
    path("journey/triggers/<int:pk>/<triggeraction:action>", triggers.change_state, name="change_trigger_state"),
    path("journey/breaches", standards.breaches, name="breaches"),
    path("journey/standards", standards.overview, name="standards"),
    path("journey/standards/new", standards.new, name="new_standard"),
    path("journey/standards/<int:pk>", standards.one_standard, name="standard"),
    path("journey/standards/<int:pk>/edit", standards.edit, name="edit_standard"),
    path("journey/standards/<int:pk>/retire", standards.retire, name="retire_standard"),
    path("journey/standards/<int:pk>/series", standards.upload_series, name="upload_series"),
    path("journey/departments", departments.departments, name="journey_departments"),
    path("journey/touchpoints", touchpoints.overview, name="touchpoints"),
    path("journey/future", future.overview, name="future"),
    path("journey/future/start", future.start, name="start_future"),
    path("journey/future/publish", future.publish, name="publish_future"),
    path("journey/future/discard", future.discard, name="discard_future"),
    path("journey/future/decide/<str:key>", future.decide, name="decide_future"),
    path("journey/future/<kind:kind>/add", future.add_item, name="add_future_item"),
    path("journey/future/<kind:kind>/<slug:item_id>", future.item, name="future_item"),
    path("journey/future/<kind:kind>/<slug:item_id>/move", future.move_item, name="move_future_item"),
    path("journey/future/<kind:kind>/<slug:item_id>/remove", future.remove_item, name="remove_future_item"),
    path("journey/cause/<slug:item_id>/merge", items.merge_cause, name="merge_cause"),
    path("journey/cause/<slug:item_id>/retire", items.retire_cause, name="retire_cause"),
    path("journey/touchpoint/<slug:item_id>/retire", items.retire_touchpoint, name="retire_touchpoint"),
    path("journey/moment/<slug:item_id>/leader", items.lead_moment, name="lead_moment"),
    path("journey/<kind:kind>/add", items.add_item, name="add_journey_item"),
    path("journey/<kind:kind>/here", views.adding, name="adding_journey_item"),
    path("journey/<kind:kind>/new", views.add_here, name="add_journey_item_here"),
    path("journey/<kind:kind>/<slug:item_id>", items.item, name="journey_item"),
    path("journey/<kind:kind>/<slug:item_id>/name", views.name, name="journey_item_name"),
    path("journey/<kind:kind>/<slug:item_id>/rename", views.rename_item, name="rename_journey_item"),
    path("journey/<kind:kind>/<slug:item_id>/place", views.place_item, name="place_journey_item"),
    path("journey/<kind:kind>/<slug:item_id>/move", views.move_item, name="move_journey_item"),
    path("journey/<kind:kind>/<slug:item_id>/remove", items.remove_item, name="remove_journey_item"),
]
