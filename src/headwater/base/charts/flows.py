"""From causes and their figures to a river. The one place that decides how joint causes are drawn.

A cause that several departments can change together is never split into shares of blame: it flows from one node that
bears all their names.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from headwater.base import figures
from headwater.base.charts.frame import Spec
from headwater.base.charts.layout import Link, Node
from headwater.base.charts.river import TOGETHER, river

DEPARTMENT = "department:"
REST = "others"


@dataclass(frozen=True, slots=True)
class CauseFlow:
    """A cause with what customers did next. ``low`` and ``high`` bound its share of the whole, 0…1, None: no interval.

    ``departments`` can change it together; none: not known, or what ``source`` calls where it comes from.
    ``attributed`` is False for the part that began in no cause upstream, or in none that is known. ``share`` is what
    is said of it, where that is not its part of the flow: a comment may name several causes. ``stages``: its outcomes
    stage by stage, which together are its ``outcomes``; then the river flows through the stages.
    """

    key: str
    name: str
    departments: tuple[str, ...]
    outcomes: Mapping[str, float]
    low: float | None = None
    high: float | None = None
    href: str = ""
    attributed: bool = True
    share: float | None = None
    stages: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    source: str = ""

    @property
    def volume(self) -> float:
        """What flows through it, all outcomes together."""
        return sum(self.outcomes.values())


@dataclass(frozen=True, slots=True)
class Words:
    """What a river's nodes and bands say and where they lead, by name; ``unknown_stage`` is the stage that is none.

    ``notes`` stand under an outcome's name. ``cause_hrefs`` lead from (cause's key, stage), ``stage_hrefs`` from a
    stage, ``symptom_hrefs`` from (stage, outcome).
    """

    notes: Mapping[str, str] = field(default_factory=dict)
    department_hrefs: Mapping[str, str] = field(default_factory=dict)
    outcome_hrefs: Mapping[str, str] = field(default_factory=dict)
    cause_hrefs: Mapping[tuple[str, str], str] = field(default_factory=dict)
    stage_hrefs: Mapping[str, str] = field(default_factory=dict)
    symptom_hrefs: Mapping[tuple[str, str], str] = field(default_factory=dict)
    unknown_stage: str = ""


def causes_river(
    causes: Sequence[CauseFlow],
    *,
    description: str,
    words: Words | None = None,
    stages: Sequence[str] = (),
    outcomes: Sequence[str] = (),
    selected: str = "",
    most: int = 8,
) -> Spec:
    """The river of these causes.

    Args:
        causes: in any order; the largest ``most`` stand alone, the rest together as "Other causes".
        description: the picture in words.
        words: notes and addresses.
        stages: the names of the stages, in the order of the journey; none: the river flows past them.
        outcomes: the names of what customers did, in the order they stand; others follow.
        selected: the key of the cause that stands out.
        most: how many causes stand alone.
    """
    words = words or Words()
    shown = _largest([cause for cause in causes if cause.volume > 0], most)
    whole = sum(cause.volume for cause in shown)
    drawn = _Drawing(words, 3 if stages else 2, whole)
    for cause in shown:
        drawn.cause(cause, shown)
    if stages:
        drawn.stages(shown, stages)
    headings = [_("who can change it"), _("what went wrong"), _("what customers did next")]
    if stages:
        headings.insert(2, _("at which stage"))
    order = {f"outcome:{name}": place for place, name in enumerate(outcomes)}
    nodes = sorted(drawn.nodes.values(), key=lambda node: order.get(node.key, len(order)))
    return river(
        nodes, drawn.links, description=description, headings=headings, figures=table(shown, whole), selected=selected
    )


class _Drawing:
    """Gathers the nodes and links of a river; outcomes stand in the column ``last``."""

    def __init__(self, words: Words, last: int, whole: float) -> None:
        self.words, self.last, self.whole = words, last, whole
        self.nodes: dict[str, Node] = {}
        self.links: list[Link] = []

    def cause(self, cause: CauseFlow, shown: Sequence[CauseFlow]) -> None:
        """A cause, where it begins, and what flows in; without stages also what flows out."""
        source = _department(cause, shown, self.whole, self.words.department_hrefs)
        self.nodes.setdefault(source.key, source)
        doubtful, note = not cause.attributed, _share_note(cause, self.whole)
        self.nodes[cause.key] = Node(cause.key, cause.name, 1, note, cause.href, doubtful, cause.key == REST)
        self.links.append(Link(source.key, cause.key, cause.volume, _unsure(cause, self.whole), doubtful))
        if self.last == 2:
            for outcome, value in cause.outcomes.items():
                self.links.append(Link(cause.key, self._outcome(outcome), value, doubtful=doubtful))

    def stages(self, shown: Sequence[CauseFlow], stages: Sequence[str]) -> None:
        """The stages in their order: what flows in from each cause, and out to each outcome, doubtful parts apart."""
        for stage in stages:
            key = f"stage:{stage}"
            here = [(cause, cause.stages[stage]) for cause in shown if sum(cause.stages.get(stage, {}).values()) > 0]
            if not here:
                continue
            total = sum(sum(outcomes.values()) for _cause, outcomes in here)
            note = figures.measure(total / self.whole, "share")
            unknown = stage == self.words.unknown_stage
            self.nodes[key] = Node(key, stage, 2, note, self.words.stage_hrefs.get(stage, ""), unknown)
            for cause, outcomes in here:
                value = sum(outcomes.values())
                href = self.words.cause_hrefs.get((cause.key, stage), "")
                said = figures.measure(value / self.whole, "share")
                self.links.append(Link(cause.key, key, value, doubtful=not cause.attributed, href=href, note=said))
            self._symptoms(stage, key, here)

    def _symptoms(self, stage: str, key: str, here: Sequence[tuple[CauseFlow, Mapping[str, float]]]) -> None:
        for attributed in (True, False):
            some = [(cause, outcomes) for cause, outcomes in here if cause.attributed is attributed]
            for outcome in dict.fromkeys(name for _cause, outcomes in some for name in outcomes):
                value = sum(outcomes.get(outcome, 0.0) for _cause, outcomes in some)
                causes = tuple(cause.key for cause, outcomes in some if outcomes.get(outcome))
                href = self.words.symptom_hrefs.get((stage, outcome), "")
                said = figures.measure(value / self.whole, "share")
                target = self._outcome(outcome)
                self.links.append(
                    Link(key, target, value, doubtful=not attributed, causes=causes, href=href, note=said)
                )

    def _outcome(self, outcome: str) -> str:
        key = f"outcome:{outcome}"
        note, href = self.words.notes.get(outcome, ""), self.words.outcome_hrefs.get(outcome, "")
        self.nodes.setdefault(key, Node(key, outcome, self.last, note, href))
        return key


def table(causes: Sequence[CauseFlow], whole: float) -> dict[str, Any]:
    """The river's figures, a row for each cause."""
    outcomes = list(dict.fromkeys(outcome for cause in causes for outcome in cause.outcomes))
    rows = [
        [
            {"text": cause.name, "href": cause.href},
            joint_name(cause.departments),
            figures.measure(_share(cause, whole), "share"),
            figures.interval(cause.low, cause.high, "share"),
            *(figures.measure(cause.outcomes.get(outcome, 0), "count") for outcome in outcomes),
        ]
        for cause in causes
    ]
    columns = [_("Cause"), _("Who can change it"), _("Share"), _("95 % interval"), *outcomes]
    return {"columns": columns, "rows": rows, "words": 2}


def joint_name(departments: Sequence[str]) -> str:
    """The departments that can change a cause together, as one name."""
    return TOGETHER.join(departments) if departments else _("Not known")


def _department(cause: CauseFlow, causes: Sequence[CauseFlow], whole: float, hrefs: Mapping[str, str]) -> Node:
    name = cause.source or joint_name(cause.departments)
    same = [c for c in causes if (c.source, c.departments) == (cause.source, cause.departments)]
    share = figures.measure(sum(c.volume for c in same) / whole, "share")
    href = hrefs.get(cause.departments[0], "") if len(cause.departments) == 1 else ""
    return Node(f"{DEPARTMENT}{name}", name, 0, share, href, doubtful=not cause.departments)


def _share(cause: CauseFlow, whole: float) -> float:
    return cause.volume / whole if cause.share is None else cause.share


def _share_note(cause: CauseFlow, whole: float) -> str:
    between = figures.interval(cause.low, cause.high, "share")
    share = figures.measure(_share(cause, whole), "share")
    return f"{share} · {between}" if between else share


def _unsure(cause: CauseFlow, whole: float) -> float:
    if cause.low is None or not cause.attributed:
        return 0.0
    share = _share(cause, whole)
    return min(max((share - cause.low) / share, 0.0), 1.0)


def _largest(causes: Sequence[CauseFlow], most: int) -> list[CauseFlow]:
    """The largest causes; the rest as one, changed by no one department, drawn as what it is: many small things."""
    named = sorted((c for c in causes if c.attributed), key=lambda c: -c.volume)
    rest, unattributed = named[most:], [c for c in causes if not c.attributed]
    if not rest:
        return [*named, *unattributed]
    outcomes: dict[str, float] = {}
    stages: dict[str, dict[str, float]] = {}
    for cause in rest:
        for outcome, value in cause.outcomes.items():
            outcomes[outcome] = outcomes.get(outcome, 0.0) + value
        for stage, of_stage in cause.stages.items():
            sums = stages.setdefault(stage, {})
            for outcome, value in of_stage.items():
                sums[outcome] = sums.get(outcome, 0.0) + value
    others = CauseFlow(REST, _("Other causes"), (_("Several departments"),), outcomes, stages=stages)
    return [*named[:most], others, *unattributed]
