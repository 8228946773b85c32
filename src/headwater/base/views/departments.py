"""The tree of departments and each department's page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from headwater.base import departments as services
from headwater.base.accounts import person
from headwater.base.company import company, pack_choices
from headwater.base.forms import ChangeDepartmentForm, DepartmentForm, MergeForm, show_refusal
from headwater.base.models import Department
from headwater.base.permissions import allows, require
from headwater.base.refusals import Refused

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_http_methods(["GET", "HEAD", "POST"])
def departments(request: HttpRequest) -> HttpResponse:
    """Show the tree; those who may add to it."""
    require(person(request), "view", "departments")
    form = DepartmentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            added = services.add_department(
                person(request), form.cleaned_data["name"], parent=form.cleaned_data["parent"]
            )
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, _("%s is added.") % added.name)
            return redirect("departments")
    shown = {
        "form": form,
        "tree": services.department_tree(),
        "may_manage": allows(person(request), "manage", "departments"),
    }
    return render(request, "base/departments.html", shown, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def department(request: HttpRequest, department_id: int) -> HttpResponse:
    """One department: rename, move, name its head, map it onto the journey pack."""
    require(person(request), "manage", "departments")
    shown = get_object_or_404(Department, pk=department_id)
    form = ChangeDepartmentForm(
        request.POST or None,
        department=shown,
        pack_departments=_pack_departments(),
        initial={
            "name": shown.name,
            "parent": shown.parent_id,
            "head": shown.head_id,
            "pack_departments": shown.pack_departments,
        },
    )
    if request.method == "POST" and form.is_valid():
        try:
            _change(request, shown, form.cleaned_data)
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, _("%s is saved.") % shown.name)
            return redirect("departments")
    merge = MergeForm(department=shown)
    context = {"form": form, "merge": merge, "department": shown}
    return render(request, "base/department.html", context, status=400 if form.errors else 200)


@require_POST
def merge(request: HttpRequest, department_id: int) -> HttpResponse:
    """Merge one department into another."""
    shown = get_object_or_404(Department, pk=department_id)
    form = MergeForm(request.POST, department=shown)
    if not form.is_valid():
        raise Refused("department_unknown", _("Choose the department to merge %s into.") % shown.name, "into")
    services.merge_departments(person(request), shown, form.cleaned_data["into"])
    messages.success(request, _("%s is merged.") % shown.name)
    return redirect("departments")


def _change(request: HttpRequest, department: Department, given: dict[str, Any]) -> None:
    actor = person(request)
    with transaction.atomic():
        services.rename_department(actor, department, given["name"])
        services.move_department(actor, department, given["parent"])
        if given["head"] != department.head:
            services.set_head(actor, department, given["head"])
        mapped = given.get("pack_departments")
        if mapped is not None and sorted(mapped) != department.pack_departments:
            services.map_pack_departments(actor, department, mapped)


def _pack_departments() -> dict[str, str]:
    ours = company()
    return {id: title for pack in pack_choices() if ours and pack.name == ours.pack for id, title in pack.departments}
