"""The addresses of this room alone, so that its tests stand without the rooms above; an API and a page that refuse."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path
from ninja import NinjaAPI, Schema
from ninja.errors import HttpError

from headwater.base.accounts import AUTH, person
from headwater.base.permissions import require
from headwater.base.problems import REFUSALS, Problem, install
from headwater.base.refusals import Refused

api = NinjaAPI(auth=AUTH, docs_url=None, urls_namespace="base-tests")
install(api)


class Note(Schema):
    number: int
    text: str


@api.get("/whoami", response={200: dict[str, str], **REFUSALS})
def whoami(request: HttpRequest) -> dict[str, str]:
    require(person(request), "view", "figures")
    return {"name": person(request).name}


@api.post("/notes", response={200: Note, **REFUSALS})
def note(request: HttpRequest, given: Note) -> Note:
    require(person(request), "import", "signals")
    if given.number < 0:
        raise Refused("number_negative", f"{given.number} is negative; send a number from 0.", "number")
    return given


@api.get("/missing", response={200: Problem, **REFUSALS})
def missing(request: HttpRequest) -> None:
    raise Http404


@api.get("/teapot", response={200: Problem, **REFUSALS})
def teapot(request: HttpRequest) -> None:
    raise HttpError(429, "Too many cups; wait a minute.")


@api.get("/broken", response={200: Problem, **REFUSALS})
def broken(request: HttpRequest) -> None:
    raise RuntimeError("a secret of the inside")


@login_not_required
def start(request: HttpRequest) -> HttpResponse:
    return render(request, "base/page.html")


@login_not_required
def refusing(request: HttpRequest) -> HttpResponse:
    raise Refused("too_much", "12 kg is more than the 10 kg a parcel may weigh; send two <parcels>.", "weight")


urlpatterns = [
    path("", start, name="forest"),
    path("welcome", start, name="first_page"),
    path("refusing", refusing),
    path("", include("headwater.base.urls")),
    path("api/v1/", api.urls),
]
