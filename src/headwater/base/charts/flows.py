"""From causes and their figures to a river. The one place that decides how joint causes are drawn.

A cause that several departments can change together is never split into shares of blame: it flows from one node that
bears all their names.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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

    ``departments`` can change it together; none: not known. ``attributed`` is False for the part with no cause.
    ``share`` is what is said of it, where that is not its part of the flow: a comment may name several causes.
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

    @property
    def volume(self) -> float:
        """What flows through it, all outcomes together."""
        return sum(self.outcomes.values())


def causes_river(
    causes: Sequence[CauseFlow],
    *,
    description: str,
    notes: Mapping[str, str] | None = None,
    department_hrefs: Mapping[str, str] | None = None,
    outcome_hrefs: Mapping[str, str] | None = None,
    selected: str = "",
    most: int = 8,
) -> Spec:
    """The river of these causes.

    Args:
        causes: in any order; the largest ``most`` stand alone, the rest together as "Other causes".
        description: the picture in words.
        notes: under an outcome's name, by outcome.
        department_hrefs: where a department leads, by name.
        outcome_hrefs: where an outcome leads, by name.
        selected: the key of the cause that stands out.
        most: how many causes stand alone.
    """
    shown = _largest([cause for cause in causes if cause.volume > 0], most)
    whole = sum(cause.volume for cause in shown)
    nodes: dict[str, Node] = {}
    links: list[Link] = []
    for cause in shown:
        source = _department(cause, shown, whole, department_hrefs or {})
        nodes.setdefault(source.key, source)
        note = _share_note(cause, whole)
        nodes[cause.key] = Node(cause.key, cause.name, 1, note, cause.href, not cause.attributed, cause.key == REST)
        doubtful = not cause.attributed
        links.append(Link(source.key, cause.key, cause.volume, _unsure(cause, whole), doubtful))
        for outcome, value in cause.outcomes.items():
            key = f"outcome:{outcome}"
            href = (outcome_hrefs or {}).get(outcome, "")
            nodes.setdefault(key, Node(key, outcome, 2, (notes or {}).get(outcome, ""), href))
            links.append(Link(cause.key, key, value, doubtful=doubtful))
    return river(
        list(nodes.values()),
        links,
        description=description,
        headings=(_("who can change it"), _("what went wrong"), _("what customers did next")),
        figures=table(shown, whole),
        selected=selected,
    )


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
    name = joint_name(cause.departments)
    same = [c for c in causes if c.departments == cause.departments]
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
    outcomes = dict.fromkeys((outcome for cause in rest for outcome in cause.outcomes), 0.0)
    for cause in rest:
        for outcome, value in cause.outcomes.items():
            outcomes[outcome] += value
    others = CauseFlow(REST, _("Other causes"), (_("Several departments"),), outcomes)
    return [*named[:most], others, *unattributed]
