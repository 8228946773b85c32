"""What the pages of a survey's results say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from headwater.base.figures import interval, measure
from headwater.metrics import rules
from headwater.metrics.queries import unit_of
from headwater.science.results import Estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headwater.listening.surveys.funnel import Loss, Step
    from headwater.listening.surveys.results import Compared, QuestionResults, Results, ScoreResult
    from headwater.listening.surveys.results_choices import ChoiceSegments
    from headwater.metrics.definitions import MetricDefinition
    from headwater.science.results import Result


def results_sentence(found: Results) -> str:
    """The page's first sentence: how many answered, and what they said to the first score that was asked for."""
    if not found.responses:
        if found.withheld:  # the first answers of an anonymous survey wait until there are enough of them
            return _("Too few have answered the anonymous survey “%s” for anything to be shown.") % found.survey.title
        return _("Nobody has answered “%s” yet.") % found.survey.title
    if found.withheld:
        return _("So few have answered this anonymous survey that showing anything would show who they are.")
    answers = ngettext("%s response", "%s responses", found.responses) % measure(found.responses, "count")
    headline = found.headline
    if headline is None or not isinstance(headline.result, Estimate):
        return _("%s so far; no score was asked for.") % answers
    values = {"answers": answers, "figure": figure_words(headline.of.definition, headline.result)}
    return _("%(answers)s: %(figure)s.") % values


def figure_words(definition: MetricDefinition, result: Estimate) -> str:
    """A metric with its name and interval, in words."""
    unit = unit_of(definition)
    values = {
        "metric": definition.title,
        "value": measure(result.estimate, unit),
        "range": interval(result.low, result.high, unit),
    }
    return _("%(metric)s %(value)s (%(range)s)") % values


def results_note(found: Results) -> str:
    """What stands behind the sentence: who answered of those asked, and what the figures are."""
    said = []
    rate = found.funnel.rate
    if isinstance(rate, Estimate):
        values = {
            "rate": measure(rate.estimate, "share"),
            "range": interval(rate.low, rate.high, "share"),
            "n": measure(rate.n, "count"),
        }
        said.append(_("Of %(n)s invitations sent, %(rate)s (%(range)s) were answered.") % values)
    if found.responses and not found.withheld:
        said.append(_("95 % intervals; a customer who answered more than once does not count as two witnesses."))
    return " ".join(said)


def step_name(step: Step) -> str:
    """A step of the funnel."""
    return {
        "planned": _("Planned"),
        "sent": _("Sent"),
        "opened": _("Opened the survey"),
        "begun": _("Began to answer"),
        "answered": _("Answered"),
    }[step]


def loss_name(loss: Loss) -> str:
    """Where invitations were lost."""
    return {
        "failed": _("could not be delivered"),
        "declined": _("declined or unsubscribed"),
        "expired": _("expired"),
        "withdrawn": _("withdrawn"),
    }[loss]


def unknowable(*, anonymous: bool) -> str:
    """Why a step of the funnel is not counted."""
    if anonymous:
        return _("Not kept: an anonymous survey joins nobody to an answer.")
    return _("Not known: programs that check mails open links too, so only who begins to answer counts.")


def dimension_name(by: str, titles: dict[str, str] | None = None) -> str:
    """What answers are looked at by; ``titles`` are the questions behind attributes."""
    known = {
        "channel": _("Channel"),
        "language": _("Language"),
        "stage": _("Stage"),
        "attribute:survey_version": _("Version of the survey"),
        "attribute:wave": _("Wave"),
    }
    name = by.removeprefix("attribute:")
    return known.get(by) or (titles or {}).get(name) or name[:1].upper() + name[1:].replace("_", " ")


def difference_words(definition: MetricDefinition | None, result: Result) -> str:
    """A difference of two figures with its interval: points of an NPS, percentage points of a share."""
    if not isinstance(result, Estimate):
        return result.message
    unit = unit_of(definition) if definition else "share"
    scale = 100 if unit == "share" else 1
    decimals = 2 if unit == "rating" else 0
    ends = [f"{scale * value:+.{decimals}f}".replace("-", "−") for value in (result.estimate, result.low, result.high)]
    return _("%(value)s points (%(low)s to %(high)s)") % {"value": ends[0], "low": ends[1], "high": ends[2]}


def compared_sentence(found: Results) -> str:
    """What changed from the other wave to this one, once all figures were compared."""
    changed = [(s.text, s.of.definition, s.compared) for one in found.questions for s in one.scores]
    sure = [(text, definition, c) for text, definition, c in changed if c and c.found]
    tested = sum(1 for _text, _definition, c in changed if c)
    if not sure:
        return _("Between wave %(before)s and wave %(now)s no score changed by more than chance could make.") % {
            "before": found.view.against,
            "now": found.view.wave,
        }
    text, definition, first = max(sure, key=lambda one: abs(_size(one[2])))
    values = {
        "n": len(sure),
        "tested": tested,
        "text": text,
        "difference": difference_words(definition, first.difference),
    }
    return (
        ngettext(
            "%(n)s of %(tested)s scores changed by more than chance makes: “%(text)s” by %(difference)s.",
            "%(n)s of %(tested)s scores changed by more than chance makes, most “%(text)s” by %(difference)s.",
            len(sure),
        )
        % values
    )


def _size(compared: Compared | None) -> float:
    difference = compared.difference if compared else None
    if not isinstance(difference, Estimate):
        return 0.0
    half = (difference.high - difference.low) / 2
    return difference.estimate / half if half else 0.0


def choice_sentence(one: QuestionResults) -> str:
    """A choice question's page: its first sentence, about what was chosen most."""
    chosen = [(option, option.share) for option in one.options if isinstance(option.share, Estimate)]
    if not chosen or not one.n:
        return ""
    option, share = max(chosen, key=lambda pair: pair[1].estimate)
    values = {
        "text": one.text,
        "option": option.text,
        "share": measure(share.estimate, "share"),
        "range": interval(share.low, share.high, "share"),
        "n": measure(one.n, "count"),
    }
    return _("“%(text)s”: most often “%(option)s”, %(share)s (%(range)s) of %(n)s who answered.") % values


def choice_segments_sentence(found: ChoiceSegments, names: Sequence[str]) -> str:
    """Which segment chose what unlike all others, the clearest first."""
    options = dict(found.options)
    sure = [
        (name, one, one.difference)
        for name, group in zip(names, found.groups, strict=True)
        for one in group.shares
        if one.found and isinstance(one.difference, Estimate)
    ]
    if not sure:
        return _("No segment chose anything more or less often than chance could make.")
    name, one, difference = max(sure, key=lambda part: abs(part[2].estimate) / max(part[2].high - part[2].low, 1e-9))
    values = {
        "n": len(sure),
        "segment": name,
        "option": options[one.option],
        "how": _("more often") if difference.estimate > 0 else _("less often"),
        "difference": difference_words(None, difference),
    }
    return (
        ngettext(
            "%(n)s share is unlike that of all others: “%(segment)s” chose “%(option)s” %(how)s, %(difference)s.",
            "%(n)s shares are unlike those of all others, most clearly: “%(segment)s” chose “%(option)s” "
            "%(how)s, %(difference)s.",
            len(sure),
        )
        % values
    )


def score_sentence(one: ScoreResult) -> str:
    """One score's page: its first sentence."""
    if not isinstance(one.result, Estimate):
        return rules.why_not(one.result)
    words = figure_words(one.of.definition, one.result)
    return _("“%(text)s”: %(figure)s, from %(n)s answers.") % {
        "text": one.text, "figure": words, "n": measure(one.n, "count")}  # fmt: skip
