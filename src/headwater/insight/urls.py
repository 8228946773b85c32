"""The pages of this room."""

from django.urls import path

from headwater.insight.views import alerts as alerts_views
from headwater.insight.views import assets as assets_views
from headwater.insight.views import causes as views
from headwater.insight.views import (
    employees_settings,
    journey_map,
    line_of_sight,
    listening_grid,
    moments,
    scorecards,
    search,
)
from headwater.insight.views import finance as finance_views
from headwater.insight.views import hunches as hunch_views
from headwater.insight.views import integrity as integrity_views
from headwater.insight.views import response as response_views
from headwater.insight.views import themes as themes_views
from headwater.insight.views.cause import cause_page, take_over
from headwater.insight.views.demand import demand_page
from headwater.insight.views.drivers import drivers_file, drivers_page
from headwater.insight.views.employees import employees_file, employees_page
from headwater.insight.views.river import river_file, river_page
from headwater.insight.views.value import value_page
from headwater.insight.views.verbatims import verbatims_page

urlpatterns = [
    path("themes", themes_views.themes_page, name="themes"),
    path("themes/look-again", themes_views.look_again, name="look_for_themes"),
    path("themes/<int:pk>/promote", themes_views.promote, name="promote_theme"),
    path("themes/<int:pk>/dismiss", themes_views.dismiss, name="dismiss_theme"),
    path("themes/<int:pk>/undo", themes_views.undo, name="undo_theme"),
    path("alerts", alerts_views.alerts_page, name="alerts"),
    path("alerts.csv", alerts_views.alerts_file, name="alerts_file"),
    path("alerts/<int:pk>", alerts_views.alert_page, name="alert"),
    path("alerts/<int:pk>/answer", alerts_views.answer, name="answer_alert"),
    path("causes", views.causes_page, name="causes"),
    path("causes/<slug:cause_id>", cause_page, name="cause"),
    path("causes/<slug:cause_id>/window", take_over, name="take_over_window"),
    path("demand", demand_page, name="demand"),
    path("drivers", drivers_page, name="drivers"),
    path("drivers.csv", drivers_file, name="drivers_file"),
    path("river", river_page, name="river"),
    path("river.csv", river_file, name="river_file"),
    path("assets", assets_views.assets_page, name="assets"),
    path("assets/customers", assets_views.customers_page, name="asset_customers"),
    path("value", value_page, name="value"),
    path("finance", finance_views.finance_page, name="finance"),
    path("finance/<slug:key>", finance_views.entry_page, name="finance_entry"),
    path("finance/<slug:key>/sign", finance_views.sign, name="sign_finance"),
    path("finance/<slug:key>/remove", finance_views.remove, name="remove_finance"),
    path("employees", employees_page, name="employees"),
    path("employees.csv", employees_file, name="employees_file"),
    path("employees/arrivals", employees_settings.arrivals_page, name="employee_arrivals"),
    path("employees/arrivals/<int:arrival_id>", employees_settings.arrival_page, name="employee_arrival"),
    path(
        "employees/arrivals/<int:arrival_id>/discard",
        employees_settings.discard_arrival,
        name="discard_employee_arrival",
    ),
    path("employees/rules", employees_settings.rules_page, name="employee_rules"),
    path(
        "employees/assessments/<int:assessment_id>/withdraw",
        employees_settings.withdraw_assessment,
        name="withdraw_assessment",
    ),
    path("employees/scores/<slug:score>", employees_settings.score_page, name="employee_score"),
    path("response", response_views.response_page, name="response"),
    path("response.csv", response_views.response_file, name="response_file"),
    path("response/base", response_views.base_page, name="customer_base"),
    path("response/base/<str:attribute>/take-back", response_views.take_back, name="take_back_margin"),
    path("hunches", hunch_views.hunches_page, name="hunches"),
    path("hunches/new", hunch_views.new_hunch, name="new_hunch"),
    path("hunches/preview", hunch_views.preview, name="preview_hunch"),
    path("hunches/<int:pk>", hunch_views.hunch_page, name="hunch"),
    path("hunches/<int:pk>/withdraw", hunch_views.withdraw, name="withdraw_hunch"),
    path("integrity", integrity_views.integrity_page, name="integrity"),
    path("integrity/own", integrity_views.own_page, name="own_integrity"),
    path("integrity/agents", integrity_views.agents_page, name="integrity_agents"),
    path("integrity/agents/match", integrity_views.match, name="match_agent"),
    path("integrity/people/<int:person_id>", integrity_views.pattern_page, name="integrity_pattern"),
    path("line-of-sight", line_of_sight.lines_of_sight_page, name="lines_of_sight"),
    path("departments/<int:department_id>/line-of-sight", line_of_sight.line_of_sight_page, name="line_of_sight"),
    path("listening-grid", listening_grid.listening_grid_page, name="listening_grid"),
    path("scorecards", scorecards.scorecards_page, name="scorecards"),
    path("scorecards.csv", scorecards.scorecards_file, name="scorecards_file"),
    path("journey", journey_map.journey_page, name="journey"),
    path("journey/moments", moments.moments_page, name="moments"),
    path("journey/moments/<slug:moment_id>", moments.one_moment, name="moment"),
    path("journey/moments/<slug:moment_id>/choose", moments.choose, name="choose_moment"),
    path("search", search.search_page, name="search"),
    path("verbatims", verbatims_page, name="verbatims"),
    path("verbatims/<str:signal_key>", views.verbatim_page, name="verbatim"),
    path("verbatims/<str:signal_key>/labels", views.correct, name="correct_label"),
    path("customers/<path:customer_id>", views.customer_page, name="customer"),
    path("audit", views.audit_page, name="audit"),
    path("audit/draw", views.draw, name="audit_draw"),
    path("audit/<int:item_id>", views.label_item, name="audit_label"),
]
