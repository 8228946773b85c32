"""Part of the culture, a mindset: what must change in how people work has owners, dates and evidence."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from headwater.strategy.check.finding import Finding, Place
from headwater.strategy.facts import ReadinessFacts, StrategyFacts

RULE = "culture"
#: The questions that must be carried: recognition of what was achieved, training, communication.
CARRIED = ("milestones", "training", "communication")


def check(facts: StrategyFacts) -> tuple[Finding, ...]:
    """Questions of the readiness list without owner or date, overdue, said to be in place without evidence."""
    items = [item for item in facts.readiness or () if not item.is_yes_no]
    return tuple(found for item in items for found in _of_item(facts, item))


def _of_item(facts: StrategyFacts, item: ReadinessFacts) -> Iterator[Finding]:
    place = Place("readiness", item.key, item.title)
    if item.state == "set_aside":
        if item.key in CARRIED:
            evidence = _("“%s” was set aside as not needed.") % item.title
            mend = _("A strategy lives by it: name one thing that will be done, and who does it.")
            yield Finding(RULE, place, evidence, mend)
        return
    if item.state == "done":
        if not item.has_evidence:
            evidence = _("“%s” is said to be in place; nothing shows it.") % item.title
            yield Finding(RULE, place, evidence, _("Add a link or a file that shows it."))
        return
    missing = [name for name, there in ((_("owner"), item.owner), (_("date"), item.due)) if not there]
    if missing:
        evidence = _("“%(title)s” has no %(missing)s.") % {"title": item.title, "missing": _(" and no ").join(missing)}
        yield Finding(RULE, place, evidence, _("Give it to a person, with a date."))
    elif item.due is not None and item.due < facts.today:
        evidence = _("“%(title)s” was due on %(due)s.") % {"title": item.title, "due": item.due}
        yield Finding(RULE, place, evidence, _("Finish it, or agree on a new date in the open."))
