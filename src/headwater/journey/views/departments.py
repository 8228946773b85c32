"""Which of our departments does what in the journey: one table, one save."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from headwater.base.accounts import person
from headwater.base.departments import map_all
from headwater.base.permissions import require
from headwater.journey import queries
from headwater.journey.forms.departments import DepartmentsForm
from headwater.journey.taxonomy import Taxonomy


@require_http_methods(["GET", "HEAD", "POST"])
def departments(request: HttpRequest) -> HttpResponse:
    """Every department that the journey names, what it does there, and which of ours it is."""
    who = person(request)
    require(who, "manage", "departments")
    known = queries.published()
    form = DepartmentsForm(request.POST or None, taxonomy=known)
    if request.method == "POST" and form.is_valid():
        changed = map_all(who, form.mapped())
        said = ngettext("Saved; %d department changed.", "Saved; %d departments changed.", changed)
        messages.success(request, said % changed if changed else _("Saved; nothing had changed."))
        return redirect("journey_departments")
    rows = [
        {
            "department": one,
            "field": form[one.id],
            "was": form.held.get(one.id, ""),
            "guessed": one.id in form.guessed,
            **_work(known, one.id),
        }
        for one in known.departments
    ]
    shown = {"rows": rows, "form": form, "sentence": _sentence(form, len(rows)), "none": form.has_no_departments}
    return render(request, "journey/departments.html", shown, status=422 if form.errors else 200)


def _work(known: Taxonomy, department: str) -> dict[str, object]:
    """What a department does at the moments of the journey, in its sentences, and how many causes it can change."""
    does = [part.does for moment in known.moments for part in moment.contributions if part.department == department]
    return {"does": does, "causes": sum(department in cause.departments for cause in known.active_causes)}


def _sentence(form: DepartmentsForm, count: int) -> str:
    if not count:
        return _("The journey names no department yet.")
    missing = form.missing
    if not missing:
        return _("Every department that the journey names is one of ours.")
    message = ngettext(
        "%(missing)d of the %(all)d departments that the journey names is none of ours yet.",
        "%(missing)d of the %(all)d departments that the journey names are none of ours yet.",
        missing,
    )
    return message % {"missing": missing, "all": count}
