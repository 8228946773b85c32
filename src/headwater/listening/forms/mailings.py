"""What people fill in to reach customers: a mailing's plan, the contact limits, addresses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.base.forms import show_refusal
from headwater.base.refusals import Refused
from headwater.listening.forms.surveys import language_name
from headwater.listening.surveys.contacts import BOUNDS
from headwater.listening.surveys.document import Document
from headwater.listening.surveys.mailing_rules import Plan, Wording

WEEKDAYS = [
    (0, gettext_lazy("Monday")),
    (1, gettext_lazy("Tuesday")),
    (2, gettext_lazy("Wednesday")),
    (3, gettext_lazy("Thursday")),
    (4, gettext_lazy("Friday")),
    (5, gettext_lazy("Saturday")),
    (6, gettext_lazy("Sunday")),
]
FILTER = forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"})
WORDS = forms.Textarea(attrs={"rows": 4})


class NewMailingForm(forms.Form):
    """A new mailing."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=200, required=False,
                            help_text=gettext_lazy("By default the number of its wave."))  # fmt: skip
    channel = forms.ChoiceField(
        label=gettext_lazy("How customers are asked"), widget=forms.RadioSelect, initial="email",
        choices=[
            ("email", gettext_lazy("By e-mail")),
            ("link", gettext_lazy("By personal links that you hand over: SMS, letter, another mail program")),
        ],
    )  # fmt: skip


class AudienceForm(forms.Form):
    """Whom a mailing asks."""

    customers = forms.CharField(
        label=gettext_lazy("Only customers where"), required=False, max_length=4_000, widget=FILTER,
        help_text=gettext_lazy("A filter over what is known of customers, such as attribute:plan = 'plus'."),
    )  # fmt: skip
    signals = forms.CharField(
        label=gettext_lazy("Only those with a signal where"), required=False, max_length=4_000, widget=FILTER,
        help_text=gettext_lazy("Such as event = 'delivered', stage = 'receive' and negative, cause = 'delivery_late'."),
    )  # fmt: skip
    days = forms.IntegerField(
        label=gettext_lazy("in the last days"), required=False, min_value=1, max_value=3_660,
        help_text=gettext_lazy("Empty: ever."),
    )  # fmt: skip
    without = forms.BooleanField(label=gettext_lazy("Those without such a signal instead"), required=False)
    sample = forms.ChoiceField(
        label=gettext_lazy("Who of them is asked"), widget=forms.RadioSelect, initial="everyone",
        choices=[
            ("everyone", gettext_lazy("Everyone")),
            ("random", gettext_lazy("So many, at random")),
            ("stratified", gettext_lazy("So many, at random within each segment")),
        ],
    )  # fmt: skip
    size = forms.IntegerField(label=gettext_lazy("How many"), required=False, min_value=1, max_value=200_000)
    segment = forms.CharField(
        label=gettext_lazy("Segment"), required=False, max_length=100,
        help_text=gettext_lazy("The attribute of customers that tells segments apart, such as plan."),
    )  # fmt: skip
    allocation = forms.ChoiceField(
        label=gettext_lazy("Segments are asked"), required=False, initial="proportional",
        choices=[
            ("proportional", gettext_lazy("in proportion to their size")),
            ("equal", gettext_lazy("in equal numbers")),
        ],
    )  # fmt: skip
    attributes = forms.CharField(
        label=gettext_lazy("Put on every answer, beside the segment"), required=False, max_length=1_000,
        help_text=gettext_lazy("Attributes of customers, separated by commas. Never on anonymous answers."),
    )  # fmt: skip


class TimesForm(forms.Form):
    """When a mailing asks, reminds, and stops."""

    weekdays = forms.MultipleChoiceField(
        label=gettext_lazy("On"), choices=WEEKDAYS, widget=forms.CheckboxSelectMultiple
    )  # fmt: skip
    opens = forms.IntegerField(label=gettext_lazy("From (hour)"), min_value=0, max_value=23, initial=9)
    closes = forms.IntegerField(
        label=gettext_lazy("To (hour)"), min_value=1, max_value=24, initial=18,
        help_text=gettext_lazy("On the customer’s own clock, where their time zone is known."),
    )  # fmt: skip
    starts_at = forms.DateTimeField(
        label=gettext_lazy("Not before"), required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip
    reminders = forms.IntegerField(label=gettext_lazy("Reminders"), min_value=0, max_value=5, initial=1)
    reminder_days = forms.IntegerField(
        label=gettext_lazy("Days before a reminder"), min_value=1, max_value=60, initial=5,
        help_text=gettext_lazy("Only those who did not answer, within the contact limits."),
    )  # fmt: skip
    open_days = forms.IntegerField(
        label=gettext_lazy("Days a personal link can be answered"), min_value=1, max_value=365, initial=30
    )
    quotas = forms.CharField(
        label=gettext_lazy("Answers wanted of segments"), required=False, max_length=4_000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=gettext_lazy("One a line, such as plus = 100. A segment that has them is asked no more."),
    )  # fmt: skip
    stop_width = forms.FloatField(
        label=gettext_lazy("Stop when the interval is this narrow, to either side"), required=False, min_value=0,
        help_text=gettext_lazy("In the unit of the first scored question: 5 for ± 5 points of NPS, 0.05 for ± 5 %."),
    )  # fmt: skip

    def clean_quotas(self) -> dict[str, int]:
        """Answers wanted by segment. Refuses a line that says none."""
        found: dict[str, int] = {}
        for line in str(self.cleaned_data["quotas"]).splitlines():
            name, _separator, number = (part.strip() for part in line.rpartition("="))
            if not line.strip():
                continue
            if not name or not number.isdecimal():
                raise forms.ValidationError(_("“%s” says no quota. Write it like plus = 100.") % line[:80])
            found[name] = int(number)
        return found


class WordingForm(forms.Form):
    """Who the mail is from, and what it says in one language."""

    sender_name = forms.CharField(label=gettext_lazy("From (name)"), required=False, max_length=200)
    sender_address = forms.EmailField(
        label=gettext_lazy("From (address)"), required=False,
        help_text=gettext_lazy("At a domain that this installation may send from. Empty: its own sender."),
    )  # fmt: skip
    reply_to = forms.EmailField(label=gettext_lazy("Replies go to"), required=False)
    return_path = forms.EmailField(label=gettext_lazy("What cannot be delivered goes to"), required=False)

    def __init__(self, *args: Any, document: Document, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for language in document.languages:
            fields: list[tuple[str, Any, bool]] = [
                ("subject", _("Subject"), False),
                ("body", _("Words above the question"), True),
                ("button", _("Button"), False),
                ("closing", _("Words below it"), True),
                ("reminder_subject", _("Subject of a reminder"), False),
                ("reminder_body", _("Words of a reminder"), True),
            ]
            for field, label, is_long in fields:
                self.fields[f"{field}_{language}"] = forms.CharField(
                    label=label, required=False, max_length=4_000 if is_long else 200,
                    widget=WORDS if is_long else forms.TextInput(),
                    help_text=_("{{name|there}} stands for the customer’s name.") if field == "body" else "",
                )  # fmt: skip


class PlanForm:
    """A mailing's whole plan, as three parts of one page."""

    def __init__(self, document: Document, plan: Plan, data: Mapping[str, Any] | None = None) -> None:
        self.document = document
        given = _initial(plan, document)
        self.audience = AudienceForm(data, initial=given)
        self.times = TimesForm(data, initial=given)
        self.wording = WordingForm(data, initial=given, document=document)
        self.parts = (self.audience, self.times, self.wording)

    def senders(self) -> list[Any]:
        """The fields that say who the mail is from."""
        return [self.wording[name] for name in ("sender_name", "sender_address", "reply_to", "return_path")]

    def languages(self) -> list[tuple[str, list[Any]]]:
        """The fields of the words, by language."""
        return [
            (language_name(one), [self.wording[f"{name}_{one}"] for name in Wording.model_fields])
            for one in self.document.languages
        ]

    def is_valid(self) -> bool:
        """Whether every part can be read."""
        valid = [part.is_valid() for part in self.parts]
        return all(valid)

    def plan(self, seed: int) -> dict[str, Any]:
        """The plan as the service takes it; ``seed`` is the draw's, which nobody types."""
        who, when, words = (part.cleaned_data for part in self.parts)
        names = [name.strip() for name in (who["attributes"] or "").split(",")]
        sample = {"kind": who["sample"], "size": who["size"], "allocation": who["allocation"] or "proportional"}
        wording = {
            one: {name: words[f"{name}_{one}"].replace("\r", "") for name in Wording.model_fields}
            for one in self.document.languages
        }
        return {
            "audience": {name: who[name] for name in ("customers", "signals", "days", "without")},
            "sample": sample | {"seed": seed, "size": who["size"] if who["sample"] != "everyone" else None},
            "segment": who["segment"].strip(),
            "attributes": [name for name in names if name],
            "quotas": when["quotas"],
            "window": {"days": sorted(map(int, when["weekdays"])), "opens": when["opens"], "closes": when["closes"]},
            "starts_at": when["starts_at"],
            **{name: when[name] for name in ("open_days", "reminders", "reminder_days", "stop_width")},
            "wording": {one: said for one, said in wording.items() if any(said.values())},
            "sender": {
                "name": words["sender_name"], "address": words["sender_address"],
                "reply_to": words["reply_to"], "return_path": words["return_path"],
            },
        }  # fmt: skip

    def show(self, refused: Refused) -> None:
        """Show a refusal at the field that it is about, else above the first part."""
        path = (refused.field or "").split(".")
        names = {"sender": "sender_address", "address": "sender_address", "window": "closes"}
        for name in (path[-1], *(names.get(one, one) for one in path)):
            for part in self.parts:
                if name in part.fields:
                    show_refusal(part, Refused(refused.code, refused.message, name))
                    return
        show_refusal(self.audience, refused)


def _initial(plan: Plan, document: Document) -> dict[str, Any]:
    given: dict[str, Any] = {
        **plan.audience.model_dump(),
        "sample": plan.sample.kind,
        "size": plan.sample.size,
        "allocation": plan.sample.allocation,
        "segment": plan.segment,
        "attributes": ", ".join(plan.attributes),
        "weekdays": [str(day) for day in plan.window.days],
        "opens": plan.window.opens,
        "closes": plan.window.closes,
        "quotas": "\n".join(f"{name} = {n}" for name, n in plan.quotas.items()),
        **{
            name: getattr(plan, name) for name in ("starts_at", "reminders", "reminder_days", "open_days", "stop_width")
        },
        "sender_name": plan.sender.name,
        "sender_address": plan.sender.address,
        "reply_to": plan.sender.reply_to,
        "return_path": plan.sender.return_path,
    }
    for language in document.languages:
        said = plan.wording.get(language)
        given |= {f"{name}_{language}": value for name, value in (said.model_dump() if said else {}).items()}
    return given


class LimitsForm(forms.Form):
    """How often a customer may be asked."""

    rest_days = forms.IntegerField(
        label=gettext_lazy("Days of rest before the next survey"), min_value=BOUNDS["rest_days"][0],
        max_value=BOUNDS["rest_days"][1], help_text=gettext_lazy("Counted from the last message, reminders too."),
    )  # fmt: skip
    most_a_quarter = forms.IntegerField(
        label=gettext_lazy("Surveys in any thirteen weeks, at most"), min_value=BOUNDS["most_a_quarter"][0],
        max_value=BOUNDS["most_a_quarter"][1],
    )  # fmt: skip
    reminder_days = forms.IntegerField(
        label=gettext_lazy("Days between two messages, at least"), min_value=BOUNDS["reminder_days"][0],
        max_value=BOUNDS["reminder_days"][1],
    )  # fmt: skip
    most_reminders = forms.IntegerField(
        label=gettext_lazy("Reminders of one survey, at most"), min_value=BOUNDS["most_reminders"][0],
        max_value=BOUNDS["most_reminders"][1],
    )  # fmt: skip


class AddresseesForm(forms.Form):
    """A file with addresses."""

    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        help_text=gettext_lazy("Columns customer_id and email; name, language and time_zone where they are known."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
    )
