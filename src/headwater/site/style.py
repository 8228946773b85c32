"""The page that shows every component with its name, how it looks and the lines that made it."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from headwater.base import charts
from headwater.base.charts import Bin, CauseFlow, Part, Point, Row

FOLDER = "site/style"
SOURCES = Path(__file__).parent / "templates" / FOLDER
MEANINGS = {
    "clay": "harm",
    "water": "the customer",
    "spruce": "us",
    "moss": "better",
    "sand": "waiting",
    "doubt": "not known",
}


@dataclass(frozen=True)
class Example:
    """One component: its name, when to use it; the template beside its id both draws it and is shown."""

    id: str
    name: str
    use: str
    wide: bool = False

    @property
    def template(self) -> str:
        """The template that draws it."""
        return f"{FOLDER}/{self.id}.html"

    @cached_property
    def source(self) -> str:
        """The lines to copy."""
        return (SOURCES / f"{self.id}.html").read_text().strip()


@dataclass(frozen=True)
class Group:
    """Components that belong together."""

    id: str
    title: str
    note: str
    examples: tuple[Example, ...]


GROUPS = (
    Group(
        "words",
        "Words",
        "Each page opens with what it found; it ends with the words of customers.",
        (
            Example("page_sentence", "Page sentence", "The one h1 of a page: what it found, with its interval."),
            Example("section", "Section", "A heading between parts of a page, with a line that says how to read it."),
            Example("verbatim", "Verbatim", "A customer's own words, with where they come from."),
            Example("notice", "Notice", "What the reader must know about these figures; a refusal is clay."),
        ),
    ),
    Group(
        "figures",
        "Figures",
        "No figure without its interval and base size; doubt is drawn.",
        (
            Example("figure", "Figure", "An estimate in its unit with its interval, or why there is none."),
            Example("whisker", "Whisker", "The interval on a scale; a dashed line where there is no verdict."),
            Example("bar", "Bar with doubt", "Solid up to the interval's low end, hatched up to its high end."),
            Example("figures_list", "List with figure", "Names on one side, figures and verdicts on the other."),
            Example("strip", "Strip", "A few whole numbers that open a page."),
            Example("verdict", "Verdict", "Yes, no, waiting or none: sign and words, never colour alone."),
        ),
    ),
    Group(
        "journey",
        "Journey",
        "Stages in the customer's words, causes under them.",
        (
            Example(
                "stages", "Stage strip", "Left to right as customers go; it scrolls and snaps on a phone.", wide=True
            ),
            Example("causes", "Causes", "Causes with bars: under a stage, or in place of the river on a phone."),
            Example("timeline", "Timeline", "What happened to one customer, and what we did."),
        ),
    ),
    Group(
        "actions",
        "Choosing and doing",
        "Words on buttons say what happens.",
        (
            Example("filters", "Filters", "Chips that are links: every view's address holds its filters."),
            Example("buttons", "Buttons", "One primary a page; danger only for what cannot be undone."),
            Example(
                "menu", "Menu and dialog", "A menu is a details element; a dialog asks before what cannot be undone."
            ),
            Example("tabs", "Tabs", "Views of one thing; each has its address."),
            Example("steps", "Steps", "Where one is in a task of several pages."),
            Example("pages", "Pages", "From page to page of a long list; all filters stay."),
            Example("field", "Field", "A label around a control that is not part of a form object."),
            Example(
                "form", "Form", "Label, help and error with each field; only optional fields are marked.", wide=True
            ),
        ),
    ),
    Group(
        "surfaces",
        "Surfaces and states",
        "",
        (
            Example("card", "Card", "One thought on one surface."),
            Example("table", "Table", "On a phone each row becomes a list; give each cell its data-label.", wide=True),
            Example("empty", "Empty state", "Says what to do next."),
            Example(
                "progress", "Progress", "Long work; with poll=ADDRESS it asks for itself again until it has a state."
            ),
            Example("toast", "Toast", "What just happened, with a way back."),
        ),
    ),
    Group(
        "charts",
        "Charts",
        "One Vega-Lite specification for page, mail and PDF; the words and the figures under each.",
        (
            Example("legend", "Legend", "Only where direct labels cannot say it."),
            Example(
                "river", "River", "From who can change it, over what went wrong, to what customers did next.", wide=True
            ),
            Example("trend", "Trend", "Over time, in the band of its interval; gaps stay gaps."),
            Example("rank", "Rank with intervals", "Groups below the minimum base stand last, dashed, unranked."),
            Example("shares", "Share bars", "Solid up to the low end, faint up to the high end."),
            Example("whole", "Parts of a whole", "Named under each piece."),
            Example("histogram", "Histogram", "How often which value."),
        ),
    ),
)


class ExampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label="Name of the source", help_text="Shown wherever its signals are.")
    kind = forms.ChoiceField(label="Kind", choices=[("survey", "Survey"), ("review", "Review"), ("contact", "Contact")])
    since = forms.DateField(label="Since", required=False)
    note = forms.CharField(label="What it is for", widget=forms.Textarea, required=False)
    personal = forms.BooleanField(
        label="It holds personal data", required=False, help_text="It is redacted on arrival."
    )


CAUSES = (
    CauseFlow("late", "Delivered late", ("Warehouse", "Carrier contracts"), {}, 0.27, 0.35, "#river"),
    CauseFlow("stock", "Out of stock after order", ("Warehouse",), {}, 0.14, 0.20, "#river"),
    CauseFlow("checkout", "Checkout error", ("Web shop",), {}, 0.10, 0.16, "#river"),
    CauseFlow("promotion", "Promotion misread", ("Marketing",), {}, 0.06, 0.12, "#river"),
    CauseFlow("unsolved", "Not solved the first time", ("Customer service",), {}, 0.06, 0.10, "#river"),
    CauseFlow("invoice", "Wrong invoice", ("Billing",), {}, 0.04, 0.08, "#river"),
    CauseFlow("unknown", "Not attributed", (), {}, None, None, "#river", attributed=False),
)
OUTCOMES = ("Contacts we could have spared", "Low scores", "Customers leaving")
FLOWS = ((18, 8, 5), (9, 4, 4), (8, 4, 1), (6, 2, 1), (5, 2, 1), (4, 1, 1), (8, 5, 3))


def example_causes() -> list[CauseFlow]:
    """The river's causes with what customers did next."""
    return [
        CauseFlow(
            cause.key,
            cause.name,
            cause.departments,
            dict(zip(OUTCOMES, flow, strict=True)),
            cause.low,
            cause.high,
            cause.href,
            cause.attributed,
        )
        for cause, flow in zip(CAUSES, FLOWS, strict=True)
    ]


def example_charts() -> dict[str, charts.Spec]:
    """One specification of each kind."""
    months = [date(2026, month, 1) for month in range(1, 12)]
    steady = (0.57, 0.58, 0.61, 0.6, 0.63, None, 0.66, 0.69, 0.68, 0.71, 0.72)
    points = [
        Point(at, value, value and value - 0.03, value and value + 0.025, 1200)
        for at, value in zip(months, steady, strict=True)
    ]
    rows = [
        Row("Stores", 0.88, 0.60, 0.98, 12, ranked=False, href="#rank"),
        Row("Web shop", 0.84, 0.82, 0.86, 2210, href="#rank"),
        Row("App", 0.78, 0.74, 0.82, 820, href="#rank"),
        Row("Telephone", 0.61, 0.58, 0.64, 1400, href="#rank"),
    ]
    parts = [
        Part("Value demand", 4050, "us"),
        Part("Failure demand", 14370, "harm"),
        Part("Service’s own failures", 3100, "waiting"),
        Part("Unknown", 2900, "doubt"),
    ]
    notes = dict(zip(OUTCOMES, ("14,370 of 18,420 in October", "7,790 answers", "1,130 · € 412k a year"), strict=True))
    return {
        "river": charts.causes_river(
            example_causes(),
            words=charts.Words(notes=notes),
            description="Contacts, low scores and departures, traced to their causes.",
        ),
        "trend": charts.trend(
            points, unit="share", description="Satisfied customers by month, rising from 57 to 72 %."
        ),
        "rank": charts.interval_rank(
            rows, unit="share", heading="Channel", reference=0.75, description="Satisfied customers by channel."
        ),
        "shares": charts.share_bars(rows[1:], heading="Channel", description="Share of negative signals by channel."),
        "whole": charts.stacked_bar(parts, description="Contacts by kind of demand; 59 % are failure demand."),
        "histogram": charts.histogram(
            [Bin(day, day + 1, count) for day, count in enumerate((4, 9, 21, 44, 60, 52, 38, 22, 15, 9, 6, 3))],
            heading="Days",
            description="Days from order to delivery; most take four to six.",
        ),
    }


def context() -> dict[str, Any]:
    """Everything that the examples show."""
    causes = example_causes()
    whole = sum(cause.volume for cause in causes)
    return {
        "groups": GROUPS,
        "swatches": [{"token": token, "meaning": meaning} for token, meaning in MEANINGS.items()],
        "charts": example_charts(),
        "causes": [
            {
                "name": cause.name,
                "href": cause.href,
                "share": cause.volume / whole,
                "low": cause.low,
                "high": cause.high,
                "owner": charts.joint_name(cause.departments),
                "kind": "" if cause.attributed else "doubt",
            }
            for cause in causes
        ],
        "form": ExampleForm({"name": "", "kind": "survey"}),
        "page": Paginator(range(134), 20).page(2),
        "moment": timezone.now() - timedelta(days=3, hours=2),
    }


@login_not_required
def style(request: HttpRequest) -> HttpResponse:
    """Show the design system; it holds no data, so a stranger may see it."""
    return render(request, "site/style.html", context())
