"""The addresses of this room, one list a subject."""

from django.urls import URLPattern, path

from headwater.strategy.views import readiness, strategy

READINESS = [
    path("strategy/readiness", readiness.readiness, name="readiness"),
    path("strategy/readiness/<slug:key>", readiness.item, name="readiness_item"),
    path("strategy/readiness/<slug:key>/milestones", readiness.add_milestone, name="add_readiness_milestone"),
    path("strategy/readiness/<slug:key>/files", readiness.add_file, name="add_evidence_file"),
    path("strategy/milestones/<int:milestone_id>", readiness.milestone, name="readiness_milestone"),
    path("strategy/evidence/<int:file_id>", readiness.file, name="evidence_file"),
    path("strategy/evidence/<int:file_id>/remove", readiness.remove_file, name="remove_evidence_file"),
]
urlpatterns: list[URLPattern] = [
    *READINESS,
    path("strategy", strategy.strategy, name="strategy"),
]
