"""Logos of surveys: kept under names that tell their content, served to everybody, never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils.translation import gettext as _

from headwater.base.permissions import require
from headwater.base.refusals import NotFound, Refused
from headwater.listening.models import SurveyLogo, SurveyStep, SurveyVersion
from headwater.listening.surveys.logo_files import read_picture

if TYPE_CHECKING:
    from headwater.base.models import Person
    from headwater.listening.surveys.document import Document

MOST_LOGOS: Final = 500


def keep(person: Person | None, content: bytes) -> str:
    """Keep a logo's file and say its name, to be put into a survey's brand. The same file twice is kept once.

    Refuses what is no PNG or JPEG, is broken, or too large, and more than ``MOST_LOGOS`` that surveys name.
    """
    require(person, "edit", "surveys")
    picture = read_picture(content)
    with transaction.atomic():
        if SurveyLogo.objects.count() >= MOST_LOGOS:
            _forget_unnamed()
        if SurveyLogo.objects.count() >= MOST_LOGOS:
            message = _("Surveys have %d different logos; that is the most.")
            raise Refused("logo.too_many", message % MOST_LOGOS, "logo")
        SurveyLogo.objects.get_or_create(name=picture.name, defaults={"content": picture.content})
    return picture.name


def content_of(name: str) -> bytes:
    """The file of a logo. Raises NotFound."""
    found = SurveyLogo.objects.filter(pk=name).values_list("content", flat=True).first()
    if found is None:
        raise NotFound("logo.not_found", _("There is no logo “%s”.") % name[:60])
    return bytes(found)


def require_kept(document: Document) -> None:
    """Refuse a survey whose logo is not here."""
    if document.brand.logo and not SurveyLogo.objects.filter(pk=document.brand.logo).exists():
        message = _("The logo “%s” is not here: upload its file first.")
        raise Refused("logo.not_found", message % document.brand.logo, "document")


def only_kept(document: Document) -> Document:
    """The survey without a logo that is not here: it came as a file from another installation."""
    if not document.brand.logo or SurveyLogo.objects.filter(pk=document.brand.logo).exists():
        return document
    return document.model_copy(update={"brand": document.brand.model_copy(update={"logo": ""})})


def _forget_unnamed() -> None:
    """Delete logos that no version of a survey names, nor what an edit could be taken back to."""
    named = {
        (content.get("brand") or {}).get("logo")
        for model in (SurveyVersion, SurveyStep)
        for content in model.objects.values_list("content", flat=True)
    }
    SurveyLogo.objects.exclude(pk__in=[one for one in named if one]).delete()
