"""What alerts say, as a department manager would say it."""

from typing import TYPE_CHECKING

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from headwater.base.figures import measure
from headwater.insight.models import Alert
from headwater.journey.queries import taxonomy
from headwater.metrics.definitions import METRICS

if TYPE_CHECKING:
    from headwater.insight.alerts import Alerts

MOST_IN_STRIP = 3


def subject_of(alert: Alert) -> str:
    """What rose: a cause, or the low scores of a metric, with its stage."""
    known = taxonomy()
    if alert.kind != Alert.Kind.SCORE:
        cause = known.cause(known.resolve(alert.cause))
        said = _("“%s”") if alert.kind == Alert.Kind.CAUSE else _("“%s”, as events show it")
        what = said % (cause.name if cause else alert.cause)
    else:
        metric = METRICS.get(alert.metric)
        what = _("Low scores in “%s”") % (metric.title if metric else alert.metric)
    stage = known.stage(alert.stage)
    return _("%(what)s at “%(stage)s”") % {"what": what, "stage": stage.name} if stage else what


def alert_sentence(alert: Alert) -> str:
    """What rose, by how much, since when."""
    values = {
        "what": subject_of(alert),
        "rise": measure(alert.rise, "ratio"),
        "low": measure(alert.low, "ratio"),
        "high": measure(alert.high, "ratio"),
        "since": formats.date_format(alert.since),
        "until": formats.date_format(alert.until) if alert.until else "",
    }
    if alert.until is None:
        return _("%(what)s: %(rise)s times (%(low)s–%(high)s) as frequent as before, since %(since)s.") % values
    return _("%(what)s: %(rise)s times (%(low)s–%(high)s) as frequent as before, from %(since)s to %(until)s.") % values


def rarity(alert: Alert) -> str:
    """How seldom chance alone looks like this, of all that is watched together."""
    years = alert.score / 365
    if years >= 100:
        return _("by chance alone less than once in a hundred years, of all that is watched")
    if years >= 10:
        return _("by chance alone once in %d years, of all that is watched") % round(years)
    return _("by chance alone once in %s years, of all that is watched") % measure(years, "ratio")


def alerts_sentence(found: "Alerts") -> str:
    """The page's first sentence."""
    if found.watch is None and found.can_watch:
        return _("Nobody has looked for what rises yet: it is done once an hour.")
    series = found.watch.series if found.watch else 0
    if not series:
        return _("Nothing is watched yet: days are compared with the fifteen weeks before them.")
    if not found.open:
        return _("Nothing new rises: %s series are as they were in the weeks before.") % measure(series, "count")
    rises = ngettext("%d rise waits for your answer", "%d rises wait for your answer", len(found.open)) % len(
        found.open
    )
    strongest = max(found.open, key=lambda one: (one.until is None, one.low))
    if len(found.open) == 1:
        return _("%(rises)s. %(strongest)s") % {"rises": rises, "strongest": alert_sentence(strongest)}
    return _("%(rises)s, %(under_way)d of them still under way. The strongest: %(strongest)s") % {
        "rises": rises,
        "under_way": found.under_way,
        "strongest": alert_sentence(strongest),
    }


def watching_note(found: "Alerts") -> str:
    """How it was looked for."""
    if found.watch is None:
        return ""
    return _(
        "Each cause at each stage, and the low scores of each metric at each stage, as a share of what was said on the "
        "day; and the events that show a cause, beside all other events; against the weeks before. Weekdays and "
        "day-to-day spread are taken into account. All series together raise a false alarm less than once in two years "
        "by design."
    )


def rising(cause: str | None = None) -> list[tuple[Alert, str]]:
    """What rises now and waits for an answer, each with its sentence, for the strip on other pages."""
    rows = Alert.objects.filter(state__in=(Alert.State.NEW, Alert.State.WATCHING), unseen_at=None, until=None)
    if cause is not None:
        rows = rows.filter(cause=cause)
    return [(row, alert_sentence(row)) for row in sorted(rows, key=lambda row: (-row.low, row.pk))[:MOST_IN_STRIP]]
