"""Each department's line of sight to the customer, and the list of all."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from headwater.base.accounts import person
from headwater.base.departments import departments_of
from headwater.base.permissions import allows, require
from headwater.insight.line_of_sight import line_of_sight, recent, sighted
from headwater.insight.line_of_sight_wording import (
    all_sentence,
    change_range,
    month_name,
    sight_note,
    sight_sentence,
)


@require_GET
def line_of_sight_page(request: HttpRequest, department_id: int) -> HttpResponse:
    """What a department does for customers, through which moments, and how that goes."""
    me = person(request)
    require(me, "view", "figures")
    found = line_of_sight(me, department_id)
    shown = {
        "found": found,
        "sentence": sight_sentence(found),
        "note": sight_note(found),
        "month": month_name(found.month) if found.month else "",
        "changes": [(change, change_range(change)) for change in found.changes],
        "is_mine": department_id in departments_of(me),
        "may_edit": allows(me, "edit", "taxonomy"),
        "may_map": allows(me, "manage", "departments"),
        "query": recent().query(),
    }
    return render(request, "insight/line_of_sight.html", shown)


@require_GET
def lines_of_sight_page(request: HttpRequest) -> HttpResponse:
    """Every department, and those whose work nobody has tied to a customer yet."""
    me = person(request)
    require(me, "view", "figures")
    rows = sighted()
    shown = {
        "rows": rows,
        "sentence": all_sentence(rows),
        "mine": me.department,
        "may_edit": allows(me, "edit", "taxonomy"),
    }
    return render(request, "insight/lines_of_sight.html", shown)
