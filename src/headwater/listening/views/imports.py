"""The pages of this room: imports, their mapping on real rows, their progress, the rows set aside, and sources."""

from pathlib import Path
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from headwater.base.accounts import person
from headwater.base.permissions import require
from headwater.base.refusals import Refused
from headwater.listening import editing, mapping, previews, proposal, queries, services, uploads
from headwater.listening.downloads import set_aside_csv
from headwater.listening.models import Import, ImportState
from headwater.listening.personal import redacting
from headwater.listening.personal.overview import kind_name
from headwater.listening.ready import ready_mappings
from headwater.metrics.definitions import METRICS

PAGE = 25
CORRECTED_AT_ONCE = 25
SHOWN = (
    "occurred_at",
    "text",
    "score",
    "metric",
    "event",
    "sentiment",
    "language",
    "customer_id",
    "subject_id",
    "record_id",
)


@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """Every import, and the place to upload the next file."""
    require(person(request), "import", "signals")
    refused: Refused | None = None
    if request.method == "POST":
        try:
            arrival = _uploaded(request)
        except Refused as error:
            refused = error
        else:
            return redirect("listening:import", arrival.pk)
    before = request.GET.get("before", "")
    found = queries.imports(person(request), limit=PAGE + 1, before=int(before[:18]) if before.isdecimal() else None)
    shown = {
        "ready": ready_mappings(),
        "imports": found[:PAGE],
        "older": found[PAGE - 1].pk if len(found) > PAGE else None,
        "refused": refused,
    }
    return render(request, "listening/imports.html", shown, status=refused.status if refused else 200)


def _uploaded(request: HttpRequest) -> Import:
    """Keep the file of the form; one that is too large is refused before it is read."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > uploads.MAX_BYTES + (1 << 20):
        raise Refused(
            "file_too_large", _("Pages take files up to %d GB; use the command line.") % (uploads.MAX_BYTES >> 30)
        )
    sent = request.FILES.get("file")
    if sent is None or isinstance(sent, list):
        raise Refused("no_file", _("Choose a file first."), field="file")
    return uploads.upload(person(request), sent, request.POST.get("source", ""), request.POST.get("ready", ""))


@require_GET
def one_import(request: HttpRequest, import_id: int) -> HttpResponse:
    """What an import needs or became: its mapping, its progress, its counts."""
    arrival = queries.import_of(person(request), import_id)
    if arrival.state == ImportState.UPLOADED:
        return _mapping_page(request, arrival, mapping.from_yaml(arrival.mapping), None)
    return render(request, "listening/import.html", _progress_of(arrival))


@require_GET
def progress(request: HttpRequest, import_id: int) -> HttpResponse:
    """The part of the page that changes while the import runs."""
    arrival = queries.import_of(person(request), import_id)
    return render(request, "listening/import.html#progress", _progress_of(arrival))


def _progress_of(arrival: Import) -> dict[str, Any]:
    done = arrival.accepted + arrival.repeated + arrival.revised
    return {
        "arrival": arrival,
        "percent": round(100 * arrival.share_read),
        "moved": done,
        "sentence": _sentence(arrival),
        "reasons": sorted(arrival.reasons.items(), key=lambda item: -item[1]),
        "taken_out": [(kind_name(kind), n) for kind, n in redacting.taken_out(arrival=arrival.pk).most_common()],
    }


def _sentence(arrival: Import) -> str:
    """What the page says first."""
    if arrival.state == ImportState.REFUSED:
        return _("%s could not be read.") % arrival.file_name
    if arrival.state != ImportState.DONE:
        return _("%s is on its way into the record.") % arrival.file_name
    if arrival.rows_read and not arrival.received and not arrival.set_aside:
        return _("In %s customers say nothing.") % arrival.file_name
    text = ngettext(
        "%(count)s new signal is in the record", "%(count)s new signals are in the record", arrival.accepted
    )
    said = text % {"count": f"{arrival.accepted:,}"}
    if arrival.set_aside:
        aside = ngettext("%s row waits for you.", "%s rows wait for you.", arrival.set_aside) % f"{arrival.set_aside:,}"
        return f"{said}; {aside}"
    return f"{said}."


@require_POST
def change_mapping(request: HttpRequest, import_id: int) -> HttpResponse:
    """Show what a changed mapping makes of the first rows; start the import when asked to."""
    arrival = queries.import_of(person(request), import_id)
    used = mapping.from_yaml(arrival.mapping)
    try:
        used = _from_form(request, arrival, used)
        uploads.change_mapping(person(request), arrival, used)
        if "start" in request.POST:
            uploads.start(person(request), arrival)
            return redirect("listening:import", arrival.pk)
    except Refused as refused:
        return _mapping_page(request, arrival, used, refused)
    return _mapping_page(request, arrival, used, None)


def _from_form(request: HttpRequest, arrival: Import, used: mapping.Mapping) -> mapping.Mapping:
    if "ready" in request.POST:
        chosen = request.POST["ready"]
        return used if chosen == (used.ready or "") else uploads.choose_ready(person(request), arrival, chosen)
    source = services.source_name(request.POST.get("source") or used.source)
    if "yaml" in request.POST:
        return mapping.from_yaml(request.POST["yaml"]).model_copy(update={"source": source})
    columns = previews.first_rows(Path(arrival.path), used)[0]
    return editing.with_choices(used, columns, request.POST).model_copy(update={"source": source})


def _mapping_page(
    request: HttpRequest, arrival: Import, used: mapping.Mapping, refused: Refused | None
) -> HttpResponse:
    columns, sample = previews.first_rows(Path(arrival.path), used)
    preview = None
    if refused is None:
        try:
            preview = previews.preview(Path(arrival.path), used)
        except Refused as error:
            refused = error
    emit = used.emit[0]
    occurred = emit.fields.get("occurred_at")
    choices = editing.choices_of(used, columns, sample)
    shown = {
        "arrival": arrival,
        "used": used,
        "emit": emit,
        "occurred": occurred,
        "scale": f"{emit.scale[0]:g}-{emit.scale[1]:g}" if emit.scale else "",
        "simple": editing.is_simple(used) and "yaml" not in request.GET and "yaml" not in request.POST,
        "choices": choices,
        "further_dates": [one.column for one in choices if one.format and one.becomes in editing.NO_FIELD],
        "fields": editing.FIELD_TITLES.items(),
        "kinds": editing.KINDS,
        "metrics": [one for one in METRICS.values() if one.scored],
        "yaml": request.POST.get("yaml") or used.to_yaml(),
        "preview": preview,
        "heads": [name for name in SHOWN if preview and any(row.get(name) is not None for row in preview.signals)],
        "looks_like": next((one for one in ready_mappings() if one.name == used.ready), None),
        "ready": ready_mappings(),
        "unsure": proposal.doubts(Path(arrival.path)) if request.method == "GET" else (),
        "refused": refused,
    }
    return render(request, "listening/mapping.html", shown, status=refused.status if refused else 200)


@require_POST
def discard(request: HttpRequest, import_id: int) -> HttpResponse:
    """Take an upload back."""
    arrival = queries.import_of(person(request), import_id)
    uploads.discard(person(request), arrival)
    messages.success(request, _("%s was not imported and is removed.") % arrival.file_name)
    return redirect("listening:imports")


@require_http_methods(["GET", "HEAD", "POST"])
def set_aside(request: HttpRequest, import_id: int) -> HttpResponse:
    """The rows set aside, with their reasons: to correct and send again."""
    arrival = queries.import_of(person(request), import_id)
    if request.method == "POST":
        return _correct(request, arrival)
    code = request.GET.get("reason", "")
    rows = queries.set_aside_rows(person(request), arrival, code)
    page = Paginator(rows, CORRECTED_AT_ONCE).get_page(request.GET.get("page"))
    columns = _columns(arrival, [row.values for row in page])
    shown = {
        "arrival": arrival,
        "page": page,
        "rows": [(row, [(name, row.values.get(name) or "") for name in columns]) for row in page],
        "code": code,
        "reasons": sorted(arrival.reasons.items(), key=lambda item: -item[1]),
    }
    return render(request, "listening/set_aside.html", shown)


def _columns(arrival: Import, rows: list[dict[str, Any]]) -> list[str]:
    """The columns that the mapping reads first, then what else the rows hold."""
    used = mapping.from_yaml(arrival.mapping).columns if arrival.mapping else frozenset()
    held = {name for row in rows for name in row}
    # The file's own order: a database need not keep that of a row's names.
    names = [name for name in arrival.columns if name in held] + sorted(held - set(arrival.columns))
    return [name for name in names if name in used] + [name for name in names if name not in used]


def _correct(request: HttpRequest, arrival: Import) -> HttpResponse:
    corrections: dict[int, dict[str, str]] = {}
    for key, value in request.POST.items():
        number, _colon, column = key.removeprefix("row-").partition(":")
        if key.startswith("row-") and number.isdecimal() and len(number) < 19:
            corrections.setdefault(int(number), {})[column] = str(value)
    only = request.POST.get("only", "")
    if only.isdecimal():
        corrections = {pk: values for pk, values in corrections.items() if pk == int(only)}
    before = arrival.set_aside
    outcome = services.correct_rows(person(request), arrival, corrections)
    sent = before - outcome.set_aside
    if sent:
        messages.success(
            request, ngettext("%d row is in the record now.", "%d rows are in the record now.", sent) % sent
        )
    else:
        messages.warning(request, _("These rows still cannot be taken; the reason stands beside each."))
    return redirect("listening:set_aside", arrival.pk)


@require_GET
def download_set_aside(request: HttpRequest, import_id: int) -> StreamingHttpResponse:
    """The rows set aside as CSV."""
    arrival = queries.import_of(person(request), import_id)
    first = list(queries.set_aside_rows(person(request), arrival)[:200])
    columns = _columns(arrival, [row.values for row in first])
    rows = services.download_rows(person(request), arrival)
    name = f"set-aside-{arrival.pk}.csv"
    return StreamingHttpResponse(
        set_aside_csv(rows, columns),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"},
    )


@require_GET
def sources(request: HttpRequest) -> HttpResponse:
    """Where signals come from."""
    return render(request, "listening/sources.html", {"sources": queries.sources(person(request))})


@require_http_methods(["GET", "HEAD", "POST"])
def source(request: HttpRequest, name: str) -> HttpResponse:
    """One source's mapping, as YAML."""
    found = queries.source_of(person(request), name)
    refused: Refused | None = None
    text = found.mapping
    if request.method == "POST":
        text = request.POST.get("yaml", "")
        try:
            services.change_source_mapping(person(request), found, text)
        except Refused as error:
            refused = error
        else:
            messages.success(request, _("The mapping of %s is kept and used from the next file on.") % found.name)
            return redirect(reverse("listening:source", args=[found.name]))
    shown = {"source": found, "yaml": text, "refused": refused}
    return render(request, "listening/source.html", shown, status=refused.status if refused else 200)
