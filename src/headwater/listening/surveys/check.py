"""The check before launch: a pure reader of a survey. It finds what would bias, annoy or mislead, and how to mend it.

The rules and their sources: Krosnick and Presser 2010 ("Question and Questionnaire Design", Handbook of Survey
Research, 2nd ed.); Saris and Gallhofer 2014 ("Design, Evaluation, and Analysis of Questionnaires"); Dillman, Smyth and
Christian 2014 ("Internet, Phone, Mail, and Mixed-Mode Surveys", chapters 4 and 5).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from headwater.base.refusals import NotFound
from headwater.listening.surveys import check_answers, check_branches, check_whole, check_wording
from headwater.listening.surveys.findings import ORDER, Finding, Known

if TYPE_CHECKING:
    from headwater.listening.surveys.document import Document

READERS = (check_whole.findings, check_branches.findings, check_answers.findings, check_wording.findings)


def check(document: Document, known: Known | None = None) -> tuple[Finding, ...]:
    """Everything found, errors first, then in the survey's order. Each rule speaks once of a text."""
    order = {one.id: place for place, one in enumerate(document.questions, start=1)}
    found = {one.key: one for read in READERS for one in read(document, known or Known())}
    return tuple(sorted(found.values(), key=lambda one: (ORDER[one.severity], order.get(one.question, 0), one.code)))


def mended(document: Document, key: str, known: Known | None = None) -> tuple[Document, Finding]:
    """The survey with one finding mended, and that finding. Raises NotFound when it is no more or has no mend."""
    for one in check(document, known):
        if one.key == key and one.mend is not None:
            return one.mend.document, one
    raise NotFound("survey.no_finding", _("This finding is gone; the survey has changed. Read the check again."))
