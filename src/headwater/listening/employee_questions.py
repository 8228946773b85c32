"""What colleagues are asked and what is counted of teams: published questions, and amounts.

- eNPS: whether one would recommend the company as a place to work, 0 to 10 (the question of the Net Promoter Score).
- Seven questions of the HSE Management Standards Indicator Tool, one for each of its areas, 1 to 5 (Health and Safety
  Executive, United Kingdom; contains public sector information licensed under the Open Government Licence v3.0).
- Work-related burn-out of the Copenhagen Burnout Inventory, seven questions (Kristensen, Borritz, Villadsen and
  Christensen, Work & Stress 19 (2005) 192-207; free to use), 1 never … 5 always, or to a very high degree.

A company's own questions go by a name of small letters and digits, with their scale.
"""

from dataclasses import dataclass
from typing import Final, Literal

from django.utils.translation import gettext_lazy as _

SignalKind = Literal["pulse", "turnover", "absence", "workload"]
KINDS: Final[tuple[SignalKind, ...]] = ("pulse", "turnover", "absence", "workload")
ENPS: Final = "enps"
COMMENT: Final = "comment"


@dataclass(frozen=True, slots=True)
class PulseQuestion:
    """A question. ``worse``: a high answer is the bad one. Answers are kept on 0…100, the eNPS on its 0…10."""

    id: str
    title: object
    wording: str
    scale: tuple[float, float]
    worse: bool = False


@dataclass(frozen=True, slots=True)
class Amount:
    """Something counted of a whole team in a month, and what it is per person."""

    id: str
    kind: SignalKind
    title: object


_HSE: Final = (1.0, 5.0)
_CBI: Final = (1.0, 5.0)
PULSE: Final[dict[str, PulseQuestion]] = {
    one.id: one
    for one in (
        PulseQuestion(ENPS, _("Would recommend us"), "How likely are you to recommend us as a place to work?", (0, 10)),
        PulseQuestion("demands", _("Demands"), "I have unachievable deadlines", _HSE, worse=True),
        PulseQuestion("control", _("Control"), "I can decide when to take a break", _HSE),
        PulseQuestion(
            "manager_support", _("Support by managers"), "I am given supportive feedback on the work I do", _HSE
        ),
        PulseQuestion(
            "peer_support", _("Support by colleagues"), "I get help and support I need from colleagues", _HSE
        ),
        PulseQuestion(
            "relationships", _("Relationships"), "There is friction or anger between colleagues", _HSE, worse=True
        ),
        PulseQuestion("role", _("Role"), "I am clear what is expected of me at work", _HSE),
        PulseQuestion("change", _("Change"), "Staff are always consulted about change at work", _HSE),
        PulseQuestion(
            "cbi_1", _("Worn out after work"), "Do you feel worn out at the end of the working day?", _CBI, True
        ),
        PulseQuestion(
            "cbi_2",
            _("Exhausted in the morning"),
            "Are you exhausted in the morning at the thought of another day at work?",
            _CBI,
            True,
        ),
        PulseQuestion(
            "cbi_3", _("Every hour tires"), "Do you feel that every working hour is tiring for you?", _CBI, True
        ),
        PulseQuestion(
            "cbi_4",
            _("Energy for family and friends"),
            "Do you have enough energy for family and friends during leisure time?",
            _CBI,
        ),
        PulseQuestion("cbi_5", _("Emotionally exhausting"), "Is your work emotionally exhausting?", _CBI, True),
        PulseQuestion("cbi_6", _("Work frustrates"), "Does your work frustrate you?", _CBI, True),
        PulseQuestion("cbi_7", _("Burnt out"), "Do you feel burnt out because of your work?", _CBI, True),
    )
}
AMOUNTS: Final[dict[str, Amount]] = {
    one.id: one
    for one in (
        Amount("leavers", "turnover", _("People who left")),
        Amount("absence_days", "absence", _("Days of absence")),
        Amount("overtime_hours", "workload", _("Hours of overtime")),
        Amount("repetitive_hours", "workload", _("Hours of repetitive work")),
    )
}


def kind_of(metric: str) -> SignalKind:
    """The kind of signal that a question or an amount is."""
    return AMOUNTS[metric].kind if metric in AMOUNTS else "pulse"


def title_of(metric: str) -> str:
    """What a question or an amount is called; a company's own by its name."""
    known = PULSE.get(metric) or AMOUNTS.get(metric)
    return str(known.title) if known is not None else metric.replace("_", " ").capitalize()
