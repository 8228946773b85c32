"""What the page of personal data shows: one sentence, counts by kind, terms, consent, erasures, who looked."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from headwater.base.models import Person
from headwater.base.permissions import allows, require
from headwater.listening.models import Consent, ErasureRequest, PersonalDataRules, PseudonymousSource, RetentionRule
from headwater.listening.personal import consent, erasing, holding_off, looks, redacting, retention, vault
from headwater.listening.personal.rules import rules

DAYS = 30
KIND_NAMES = {
    "email": gettext_lazy("E-mail addresses"),
    "phone": gettext_lazy("Telephone numbers"),
    "card": gettext_lazy("Card numbers"),
    "account": gettext_lazy("Bank accounts"),
    "national_id": gettext_lazy("National ids and tax numbers"),
    "address": gettext_lazy("IP addresses"),
    "name": gettext_lazy("Names of customers"),
    "colleague": gettext_lazy("Names of colleagues"),
}
WAY_NAMES = {
    "list": gettext_lazy("read a list of words"),
    "search": gettext_lazy("searched words"),
    "one": gettext_lazy("read one customer’s words"),
    "timeline": gettext_lazy("read a customer’s timeline"),
    "export": gettext_lazy("exported a customer"),
    "original": gettext_lazy("read words before redaction"),
}


@dataclass(frozen=True, slots=True)
class ConsentCount:
    """How many customers gave consent for a purpose over a channel, and how many withdrew it."""

    purpose: str
    channel: str
    given: int
    withdrawn: int


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything on the page. ``looks`` is empty for whoever may not see the history."""

    rules: PersonalDataRules
    taken_out: tuple[tuple[str, str, int], ...]
    over: tuple[retention.Over, ...]
    vault: vault.VaultState
    erasures: tuple[ErasureRequest, ...]
    consent: tuple[ConsentCount, ...]
    looks: tuple[looks.Look, ...]
    pseudonymous: tuple[str, ...]
    held_off: int

    @property
    def waiting(self) -> int:
        """Erasures that are not finished."""
        return sum(one.state != ErasureRequest.State.DONE for one in self.erasures)


def overview(person: Person | None) -> Overview:
    """What is kept how long, what was taken out, what the vault holds, who waits to be erased, who allowed what."""
    require(person, "view", "personal_data")
    counts = redacting.taken_out(days=DAYS)
    return Overview(
        rules(),
        tuple((kind, kind_name(kind), count) for kind, count in counts.most_common()),
        retention.preview(person),
        vault.state(person),
        erasing.requests(person),
        _consents(consent.counts(person)),
        looks.looks(person, limit=50) if allows(person, "view", "history") else (),
        tuple(PseudonymousSource.objects.order_by("name").values_list("name", flat=True)),
        holding_off.count(),
    )


def kind_name(kind: str) -> str:
    """What a kind of personal data is called."""
    return str(KIND_NAMES.get(kind, kind))


def _consents(counts: dict[tuple[str, str], Counter[str]]) -> tuple[ConsentCount, ...]:
    names = dict(Consent.Purpose.choices)
    return tuple(
        ConsentCount(str(names.get(purpose, purpose)), channel, count["given"], count["withdrawn"])
        for (purpose, channel), count in sorted(counts.items())
    )


def sentence(found: Overview) -> str:
    """The page's sentence: what was taken out, how long words are kept, who waits to be erased."""
    total = sum(count for _kind, _name, count in found.taken_out)
    taken = ngettext(
        "One piece of personal data was taken out of customers’ words in the last %(days)s days",
        "%(count)s pieces of personal data were taken out of customers’ words in the last %(days)s days",
        total,
    )
    if not total:
        taken = _("No personal data was found in customers’ words in the last %(days)s days")
    kept = _("words are kept for good")
    terms = [one.rule.days for one in found.over if not one.rule.source and not one.rule.kind]
    if terms:
        kept = _("words are kept %s days") % f"{min(terms):,}"
    elif found.over:
        kept = _("%s rules say how long words are kept") % len(found.over)
    waits = ngettext("%s customer waits to be erased", "%s customers wait to be erased", found.waiting)
    waits = waits % found.waiting if found.waiting else _("nobody waits to be erased")
    return f"{taken}; {kept}; {waits}." % {"count": f"{total:,}", "days": DAYS}


def customer_sentence(standing: Sequence[consent.Standing], seen: Sequence[looks.Look]) -> str:
    """What one customer allowed, and how many people read their words lately."""
    names = dict(Consent.Purpose.choices)
    given = sorted({str(names[one.purpose]).lower() for one in standing if one.state == "given"})
    refused = sorted({str(names[one.purpose]).lower() for one in standing if one.state == "withdrawn"})
    if given and refused:
        values = {"given": ", ".join(given), "refused": ", ".join(refused)}
        said = _("This customer allowed %(given)s and took back %(refused)s") % values
    elif given:
        said = _("This customer allowed %s") % ", ".join(given)
    elif refused:
        said = _("This customer took back consent for %s") % ", ".join(refused)
    else:
        said = _("This customer has said nothing about being asked")
    people = len({one.person for one in seen})
    read = ngettext("one person read their words lately", "%s people read their words lately", people)
    return f"{said}; {read % people if '%s' in read else read}." if people else f"{said}."


def rule_words(row: RetentionRule) -> str:
    """What a rule is about, at the beginning of a line."""
    words = retention.in_words(row)
    return words[:1].upper() + words[1:]
