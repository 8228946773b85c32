"""The addresses of this room, one list a subject."""

from django.urls import URLPattern, path

from headwater.strategy.views import (
    boards,
    check,
    discovery,
    guideposts,
    measures,
    readiness,
    requests,
    roadmap,
    strategy,
    trials,
)

READINESS = [
    path("strategy/readiness", readiness.readiness, name="readiness"),
    path("strategy/readiness/<slug:key>", readiness.item, name="readiness_item"),
    path("strategy/readiness/<slug:key>/milestones", readiness.add_milestone, name="add_readiness_milestone"),
    path("strategy/readiness/<slug:key>/files", readiness.add_file, name="add_evidence_file"),
    path("strategy/milestones/<int:milestone_id>", readiness.milestone, name="readiness_milestone"),
    path("strategy/evidence/<int:file_id>", readiness.file, name="evidence_file"),
    path("strategy/evidence/<int:file_id>/remove", readiness.remove_file, name="remove_evidence_file"),
]
STRATEGY = [
    path("strategy", strategy.strategy, name="strategy"),
    path("strategy/edit", strategy.edit, name="strategy_edit"),
    path("strategy/issue", strategy.issue_from_page, name="issue_from_page"),
    path("strategy/edit/<slug:kind>/add", strategy.add_item, name="add_strategy_item"),
    path("strategy/edit/<slug:kind>/<slug:item_id>", strategy.item, name="strategy_item"),
    path("strategy/edit/<slug:kind>/<slug:item_id>/move", strategy.move_item, name="move_strategy_item"),
    path("strategy/edit/<slug:kind>/<slug:item_id>/remove", strategy.remove_item, name="remove_strategy_item"),
    path("strategy/draft", strategy.draft, name="strategy_draft"),
    path("strategy/draft/undo/<int:edition>", strategy.undo, name="strategy_undo"),
    path("strategy/draft/propose", strategy.propose, name="propose_strategy"),
    path("strategy/draft/answer", strategy.answer, name="answer_strategy"),
    path("strategy/draft/publish", strategy.publish, name="publish_strategy"),
    path("strategy/draft/discard", strategy.discard, name="discard_strategy"),
    path("strategy/versions", strategy.all_versions, name="strategy_versions"),
    path("strategy/versions/<int:version>", strategy.one_version, name="strategy_version"),
    path("strategy/file", strategy.export, name="export_strategy"),
    path("strategy/file/preview", strategy.preview_file, name="preview_strategy_file"),
    path("strategy/file/import", strategy.import_file, name="import_strategy_file"),
]
REQUESTS = [
    path("requests", requests.requests, name="requests"),
    path("requests/new", requests.new, name="new_request"),
    path("requests/<int:request_id>", requests.one, name="request"),
    path("requests/<int:request_id>/progress", requests.progress, name="request_progress"),
    path("requests/<int:request_id>/about", requests.correct, name="correct_request"),
    path("requests/<int:request_id>/outcome", requests.link, name="link_request"),
    path("requests/<int:request_id>/decline", requests.decline, name="decline_request"),
]
GUIDEPOSTS = [
    path("guideposts", guideposts.guideposts, name="guideposts"),
    path("guideposts/for/<slug:moment_id>", guideposts.for_moment, name="guideposts_for"),
    path("guideposts/at/<slug:stage_id>", guideposts.at_stage, name="guideposts_at"),
    path("guideposts/edit/<slug:moment_id>", guideposts.edit, name="edit_guidepost"),
    path("guideposts/publish", guideposts.publish, name="publish_guideposts"),
    path("guideposts/discard", guideposts.discard, name="discard_guideposts"),
]
MEASURES = [
    path("measures", measures.all_measures, name="measures"),
    path("measures/start", measures.start, name="start_measure"),
    path("measures/preview", measures.preview, name="preview_measure"),
    path("measures/<slug:slug>", measures.measure, name="measure"),
    path("measures/<slug:slug>/edit", measures.edit, name="edit_measure"),
    path("measures/<slug:slug>/retire", measures.retire, name="retire_measure"),
    path("measures/<slug:slug>/readings", measures.give_reading, name="give_reading"),
    path("measures/<slug:slug>/readings/file", measures.import_readings, name="import_readings"),
    path("measures/<slug:slug>/readings/again", measures.compute_again, name="compute_again"),
    path("measures/<slug:slug>/ask", measures.ask, name="ask_sign_off"),
    path("measures/<slug:slug>/sign", measures.sign, name="sign_measure"),
]
CHECK = [
    path("strategy/check", check.check, name="strategy_check"),
    path("strategy/check/departments", check.departments, name="departments_outcomes"),
    path("strategy/check/outcomes/<slug:outcome_id>/take", check.take_over, name="take_over_wording"),
    path("strategy/check/<slug:name>", check.rule, name="strategy_rule"),
    path("strategy/decision-test", check.decision_test, name="decision_test"),
    path("strategy/decision-test/measures/<slug:slug>/stop", check.stop_measure, name="stop_measure"),
    path("strategy/decision-test/measures/<slug:slug>/resume", check.resume_measure, name="resume_measure"),
]
BOARDS = [
    path("boards", boards.all_boards, name="boards"),
    path("boards/pin", boards.pin, name="pin"),
    path("boards/<int:board_id>", boards.board, name="board"),
    path("boards/<int:board_id>/settings", boards.settings, name="board_settings"),
    path("boards/<int:board_id>/remove", boards.remove, name="remove_board"),
    path("boards/pins/<int:pin_id>", boards.change_pin, name="change_pin"),
    path("boards/pins/<int:pin_id>/move", boards.move_pin, name="move_pin"),
    path("boards/pins/<int:pin_id>/stop", boards.stop_pin, name="stop_pin"),
    path("boards/pins/<int:pin_id>/restore", boards.restore_pin, name="restore_pin"),
]
ROADMAP = [
    path("strategy/roadmap", roadmap.roadmap, name="roadmap"),
    path("strategy/roadmap/<slug:key>", roadmap.phase, name="phase"),
]
TRIALS = [
    path("strategy/trials", trials.trials, name="trials"),
    path("strategy/trials/new", trials.new, name="new_trial"),
    path("strategy/trials/<int:trial_id>", trials.one, name="trial"),
    path("strategy/trials/<int:trial_id>/close", trials.close, name="close_trial"),
    path("strategy/trials/<int:trial_id>/change", trials.keep_change, name="keep_trial_change"),
    path("try/<str:token>", trials.answer, name="try"),
]
DISCOVERY = [
    path("strategy/discovery", discovery.discovery, name="discovery"),
    path("strategy/discovery/start", discovery.start, name="start_discovery"),
    path("strategy/discovery/observe", discovery.observe, name="discovery_observe"),
    path("strategy/discovery/discuss", discovery.discuss, name="discovery_discuss"),
    path("strategy/discovery/learn", discovery.learn, name="discovery_learn"),
    path("strategy/discovery/answer", discovery.answer, name="answer_discovery"),
    path("strategy/discovery/choose", discovery.choose, name="choose_discovery"),
    path("strategy/discovery/draft", discovery.draft, name="draft_discovery"),
]
urlpatterns: list[URLPattern] = [
    *STRATEGY,
    *MEASURES,
    *READINESS,
    *REQUESTS,
    *GUIDEPOSTS,
    *ROADMAP,
    *TRIALS,
    *DISCOVERY,
    *CHECK,
    *BOARDS,
]
