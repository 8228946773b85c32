"""The strategy check as people meet it: of the draft or of what is published, with addresses, and proposals to take."""

from dataclasses import dataclass, replace
from typing import Any, Literal

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from headwater.base.models import Person
from headwater.base.permissions import allows, require
from headwater.base.refusals import NotFound, Refused
from headwater.strategy import agreement, drafting
from headwater.strategy.assembly import strategy_facts
from headwater.strategy.check.catalogue import RULES, Checked, Verdict, run
from headwater.strategy.check.everyone import Line, matrix
from headwater.strategy.check.finding import Finding, Place, Rule
from headwater.strategy.check.reading import ReadingEase, reading_ease
from headwater.strategy.check.texts import any_english, texts
from headwater.strategy.facts import StrategyFacts
from headwater.strategy.strategies import current, draft

Which = Literal["draft", "published"]


@dataclass(frozen=True, slots=True)
class CheckPage:
    """A strategy held against every rule. ``ease`` is of all its texts together, None where there are none.

    ``edition`` is that of the draft; None for the published strategy. ``other`` is what else could be checked.
    """

    which: Which
    facts: StrategyFacts
    checked: Checked
    ease: ReadingEase | None
    edition: int | None
    other: Which | None

    @property
    def is_english(self) -> bool:
        """Whether reading ease and grade, which are made for English, say something."""
        return any_english(self.facts.strategy)


def check_page(person: Person | None, which: str = "") -> CheckPage:
    """Check the draft or the published strategy; without a choice the draft, where there is one that may be read."""
    require(person, "view", "strategy")
    written = draft() if may_read_draft(person) else None
    if which not in ("", "draft", "published"):
        message = _("There is no strategy “%s” to check. Choose draft or published.")
        raise Refused("check.which", message % which[:40], "of")
    if which == "draft" and not may_read_draft(person):
        require(person, "edit", "strategy")
    chosen: Which = "draft" if written and which != "published" else "published"
    if which == "draft" and written is None:
        raise NotFound("check.no_draft", _("There is no draft of the strategy."), "of")
    strategy = written.strategy if written and chosen == "draft" else current()
    facts = strategy_facts(strategy)
    other: Which | None = None
    if written and not (chosen == "draft" and current().is_empty):
        other = "published" if chosen == "draft" else "draft"
    ease = reading_ease("\n".join(placed.text for placed in texts(strategy)))
    edition = written.edition if written and chosen == "draft" else None
    return CheckPage(chosen, facts, _addressed(run(facts)), ease, edition, other)


def may_read_draft(person: Person | None) -> bool:
    """Those who write a draft, and those who may be asked to agree to it."""
    return allows(person, "edit", "strategy") or (person is not None and agreement.allows_to_agree(person))


def sentence(page: CheckPage) -> str:
    """What the check found, as one would say it to a colleague."""
    checked = page.checked
    if page.facts.strategy.is_empty:
        return _("There is no strategy to check yet: one sentence is a start.")
    said = _("%(met)d of %(all)d rules are met") % {"met": checked.met, "all": len(RULES)}
    failing = [str(verdict.rule.title).lower() for verdict in checked.not_met]
    if failing:
        to_mend = sum(len(verdict.to_mend) for verdict in checked.not_met)
        things = ngettext("%d thing to mend", "%d things to mend", to_mend) % to_mend
        first = "; ".join(f"“{name}”" for name in failing[:2])
        more = len(failing) - 2
        first += _(" and %d more") % more if more > 0 else ""
        said += _(": %(things)s, under %(rules)s") % {"things": things, "rules": first}
    if checked.unsaid:
        count = len(checked.unsaid)
        said += ngettext("; %d cannot be said yet", "; %d cannot be said yet", count) % count
    return f"{said}."


def as_json(page: CheckPage) -> dict[str, Any]:
    """The check in the shape that programs read."""
    verdicts = [
        {
            "rule": verdict.rule.name,
            "title": str(verdict.rule.title),
            "asks": str(verdict.rule.asks),
            "why": str(verdict.rule.why),
            "how_to_mend": str(verdict.rule.how_to_mend),
            "state": verdict.state,
            "reason": verdict.reason,
            "findings": [
                {
                    "place_kind": finding.place.kind,
                    "place_id": finding.place.id,
                    "place": finding.place.name,
                    "evidence": finding.evidence,
                    "mend": finding.mend,
                    "severity": finding.severity,
                    "suggestion": finding.suggestion,
                    "href": finding.href,
                }
                for finding in verdict.findings
            ],
        }
        for verdict in page.checked.verdicts
    ]
    return {
        "checked": page.which,
        "sentence": sentence(page),
        "met": page.checked.met,
        "rules": len(RULES),
        "verdicts": verdicts,
    }


def departments_and_outcomes(person: Person | None, which: str = "") -> tuple[CheckPage, tuple[Line, ...]]:
    """The matrix of departments and outcomes, of the strategy that :func:`check_page` would check."""
    page = check_page(person, which)
    return page, matrix(page.facts)


def take_over(person: Person | None, outcome_id: str) -> str:
    """Write the proposed wording of an outcome into the draft; returns it. Refuses when the check proposes none."""
    require(person, "edit", "strategy")
    written = draft()
    strategy = written.strategy if written else current()
    outcome = strategy.outcome(outcome_id)
    if outcome is None:
        raise NotFound("outcome_unknown", _("The strategy has no outcome “%s”.") % outcome_id[:60])
    findings = run(strategy_facts(strategy)).findings
    proposed = next((one.suggestion for one in findings if one.place.id == outcome_id and one.suggestion), "")
    if not proposed:
        message = _("The check proposes no other wording for “%s” now. Reload the page.")
        raise Refused("check.no_proposal", message % outcome.text)
    drafting.change_item(person, "outcome", outcome_id, {"text": proposed}, seen=written.edition if written else None)
    return proposed


def rule_of(name: str) -> Rule:
    """The rule of that name. Refuses (404) one that does not exist and says which do."""
    found = next((rule for rule in RULES if rule.name == name), None)
    if found is None:
        names = ", ".join(rule.name for rule in RULES)
        message = _("There is no rule “%(name)s”. Choose from: %(names)s.")
        raise NotFound("rule_unknown", message % {"name": name[:40], "names": names})
    return found


def _addressed(checked: Checked) -> Checked:
    """The findings, each with the address of the page where its place is edited."""
    return Checked(tuple(replace(verdict, findings=_with_addresses(verdict)) for verdict in checked.verdicts))


def _with_addresses(verdict: Verdict) -> tuple[Finding, ...]:
    return tuple(replace(finding, href=address(finding.place)) for finding in verdict.findings)


def address(place: Place) -> str:
    """Where a place of the strategy is edited; the strategy's own page for what has no page of its own."""
    try:
        match place.kind:
            case "outcome" | "value" | "goal" | "issue":
                return reverse("strategy_item", args=[place.kind, place.id])
            case "vision" | "mission" | "success":
                return f"{reverse('strategy_edit')}#id_{place.kind}"
            case "measure":
                return reverse("measure", args=[place.id])
            case "department" | "level" | "site":
                return reverse("journey")
            case "readiness":
                return reverse("readiness_item", args=[place.id])
            case "customers":
                return reverse("metrics")
            case _:
                return reverse("strategy_edit")
    except NoReverseMatch:
        return reverse("strategy_edit")
