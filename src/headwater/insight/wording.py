"""What the figures say, as sentences that a department manager would say."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from headwater.base.figures import interval, measure
from headwater.insight.causes import CauseFigures, CausesAnswer
from headwater.insight.forest import Forest
from headwater.insight.river_wording import river_note, river_sentence
from headwater.science.results import Estimate, Result


def share_with_interval(result: Result) -> str:
    """Return ``31 % (27 to 35)``, or that there is no verdict."""
    if not isinstance(result, Estimate):
        return _("no verdict")
    return f"{measure(result.estimate, 'share')} ({interval(result.low, result.high, 'share')})"


def listed(names: Sequence[str]) -> str:
    """Return names as a sentence lists them: ``A, B and C``."""
    if len(names) < 2:
        return "".join(names)
    return _("%(first)s and %(last)s") % {"first": ", ".join(names[:-1]), "last": names[-1]}


def forest_sentence(forest: Forest) -> str:
    """Return the Forest's first sentence, from its figures."""
    if not forest.causes.negatives:
        return _("No customer has complained in this selection.")
    top = forest.top
    if forest.river.contacts.beginnings:
        return _with_top(river_sentence(forest.river, forest.selection), forest)
    if top is None or not isinstance(top.share, Estimate):
        return _("Customers complained %(n)s times, and no upstream cause is known yet.") % {
            "n": measure(forest.causes.negatives, "count")
        }
    values = {"cause": lower_first(top.cause.name), "share": measure(top.share.estimate, "share")}
    if not isinstance(forest.causes.outside, Estimate):
        return _("“%(cause)s” alone is behind %(share)s of what customers complained about.") % values
    return _(
        "%(outside)s of the trouble whose cause we know began outside customer service; "
        "“%(cause)s” alone is behind %(share)s."
    ) % {**values, "outside": measure(forest.causes.outside.estimate, "share")}


def _with_top(sentence: str, forest: Forest) -> str:
    """The sentence of the river, and which cause is named most in complaints."""
    top = forest.top
    if top is None or not isinstance(top.share, Estimate):
        return sentence
    return (
        sentence
        + " "
        + _("“%(cause)s” alone is behind %(share)s of what customers complain about.")
        % {"cause": top.cause.name, "share": measure(top.share.estimate, "share")}
    )


def forest_note(forest: Forest) -> str:
    """Return the intervals and the base behind the first sentence."""
    if forest.river.contacts.beginnings:
        return river_note(forest.river)
    parts = []
    if isinstance(forest.causes.outside, Estimate):
        parts.append(interval(forest.causes.outside.low, forest.causes.outside.high, "share"))
    if forest.top is not None and isinstance(forest.top.share, Estimate):
        parts.append(interval(forest.top.share.low, forest.top.share.high, "share"))
    if not parts:
        return ""
    return _(
        "95 %% intervals: %(intervals)s · of %(negatives)s negative among %(signals)s signals · "
        "causes as customers said them"
    ) % {
        "intervals": listed(parts),
        "negatives": measure(forest.causes.negatives, "count"),
        "signals": measure(forest.causes.signals, "count"),
    }


def causes_sentence(answer: CausesAnswer) -> str:
    """Return what the list of causes says first."""
    named = [row for row in answer.complaints if isinstance(row.share, Estimate)]
    if not named:
        return _("No cause has been named yet.")
    rising = [f"“{row.cause.name}”" for row in named if row.change == "rises"]
    first = _("“%(cause)s” is what customers complain about most, %(share)s of all negative signals.") % {
        "cause": named[0].cause.name,
        "share": measure(named[0].share.estimate, "share") if isinstance(named[0].share, Estimate) else "",
    }
    return f"{first} {_('Rising: %s.') % listed(rising[:3])}" if rising else first


def cause_sentence(figures: CauseFigures) -> str:
    """Return what a cause's page says first."""
    name = figures.cause.name
    if not isinstance(figures.share, Estimate):
        return _("“%(cause)s”: too little is known for a figure.") % {"cause": name}
    sentence = {
        "rises": _("“%(cause)s” is behind %(share)s of what customers complain about, and it is rising."),
        "falls": _("“%(cause)s” is behind %(share)s of what customers complain about, and it is falling."),
        "steady": _("“%(cause)s” is behind %(share)s of what customers complain about."),
    }[figures.change]
    return sentence % {"cause": name, "share": measure(figures.share.estimate, "share")}


def lower_first(name: str) -> str:
    """Return a name as it stands inside a sentence; abbreviations keep their capitals."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]
