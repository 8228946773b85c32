"""What the pages of surveys say first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headwater.listening.surveys.findings import Finding
    from headwater.listening.surveys.queries import State, SurveySummary


def list_sentence(found: Sequence[SurveySummary]) -> str:
    """What the list of surveys says first."""
    running = sum(one.state == "open" for one in found)
    answers = sum(one.answers for one in found)
    if not found:
        return _("You ask your customers nothing yet.")
    if not running:
        count = ngettext("%d survey is being written; none is open.", "%d surveys are being written; none is open.",
                         len(found))  # fmt: skip
        return count % len(found)
    said = ngettext("%d survey is open", "%d surveys are open", running) % running
    answered = ngettext("%s answer has come in", "%s answers have come in", answers) % f"{answers:,}"
    return f"{said}; {answered}." if answers else _("%s; no answer has come in yet.") % said


def survey_sentence(summary: SurveySummary) -> str:
    """What a survey's own page says first."""
    answers = ngettext("%s answer has come in", "%s answers have come in", summary.answers) % f"{summary.answers:,}"
    title = summary.survey.title
    if summary.state == "draft":
        return _("“%s” is being written; nobody has been asked yet.") % title
    if summary.state == "closed":
        return _("“%(title)s” is closed; %(answers)s.") % {"title": title, "answers": answers}
    if summary.state == "archived":
        return _("“%(title)s” is archived; %(answers)s.") % {"title": title, "answers": answers}
    if not summary.answers:
        return _("“%s” is open; no answer has come in yet.") % title
    return _("“%(title)s” is open; %(answers)s.") % {"title": title, "answers": answers}


def state_name(state: State) -> str:
    """What a survey's state is called."""
    return {"draft": _("Draft"), "open": _("Open"), "closed": _("Closed"), "archived": _("Archived")}[state]


def minutes(estimate: float) -> str:
    """How long answering takes, in words."""
    if estimate < 1:
        return _("less than a minute")
    rounded = round(estimate)
    return ngettext("about %d minute", "about %d minutes", rounded) % rounded


def check_sentence(found: Sequence[Finding]) -> str:
    """What the check says first."""
    errors = sum(one.severity == "error" for one in found)
    warnings = sum(one.severity == "warning" for one in found)
    if errors:
        stops = ngettext(
            "%d thing stops this survey from going out", "%d things stop this survey from going out", errors
        )
        also = ngettext("%d more would bias or annoy", "%d more would bias or annoy", warnings) % warnings
        return f"{stops % errors}; {also}." if warnings else f"{stops % errors}."
    if warnings:
        said = ngettext(
            "%d thing in this survey would bias its answers or annoy whoever gives them.",
            "%d things in this survey would bias its answers or annoy whoever gives them.",
            warnings,
        )
        return said % warnings
    return _("The check finds nothing that would bias the answers.")


def finding_name(code: str) -> str:
    """What a rule of the check is called."""
    return {
        "nothing_asked": _("Nothing is asked"),
        "no_words": _("No words"),
        "missing_translation": _("Missing translations"),
        "too_long": _("Too long"),
        "no_open_question": _("No open question"),
        "no_privacy_text": _("No privacy text"),
        "anonymous_asks_identity": _("Anonymous, yet asks who answers"),
        "anonymous_pipes": _("Anonymous, yet names the customer"),
        "no_consent": _("Personal data without consent"),
        "piped_too_early": _("An answer inserted before it is given"),
        "piped_unknown": _("Nothing to insert"),
        "piped_without_words": _("Nothing stands in"),
        "not_read": _("Not read in this language"),
        "dead_branch": _("A branch nobody can reach"),
        "no_rows": _("No rows"),
        "long_matrix": _("A long matrix"),
        "scale_without_labels": _("Scale without labels"),
        "unbalanced_scale": _("Unbalanced scale"),
        "too_few_answers": _("Too few answers to choose from"),
        "no_way_out": _("No answer for whom none applies"),
        "same_answer_twice": _("The same answer twice"),
        "overlapping_answers": _("Overlapping answers"),
        "required_sensitive": _("Sensitive and required"),
        "asks_what_is_known": _("Asks what the record knows"),
        "nps_of_a_moment": _("NPS asked of a moment"),
        "satisfaction_of_the_whole": _("Satisfaction asked of the whole relationship"),
        "emoji": _("A picture that biases"),
        "colour": _("A colour that biases"),
        "double_barrelled": _("Two questions in one"),
        "leading": _("Leading"),
        "loaded": _("Loaded"),
        "one_sided": _("One-sided"),
        "negated": _("Negated"),
        "absolute": _("Absolute"),
        "jargon": _("Jargon"),
        "hard_to_read": _("Hard to read"),
    }[code]
