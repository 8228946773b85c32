"""What the demand for contact says, as a department manager would say it."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from headwater.base.figures import interval, measure
from headwater.insight.demand import Beginnings
from headwater.insight.demand_kinds import KINDS, Kind
from headwater.insight.happened import Happened
from headwater.insight.unsolved import Reason
from headwater.insight.unsolved_words import Spoken, WhyInWords
from headwater.science.results import Estimate


def kind_name(kind: Kind) -> str:
    """What a kind of demand is called."""
    return {
        "failure": _("Failure demand: something upstream went wrong"),
        "service": _("Service’s own failures"),
        "value": _("Value demand: customers wanted it"),
        "unknown": _("Cause not known"),
    }[kind]


def reason_name(reason: Reason | Spoken) -> str:
    """Why a contact was not solved."""
    return {
        "authority": _("No authority to solve it"),
        "skill": _("Not the skill or knowledge"),
        "staffing": _("Too few people"),
        "upstream": _("Only to be solved upstream"),
        "not_said": _("Not said"),
        "not_sure": _("Words not sure"),
    }[reason]


def words_sentence(found: WhyInWords) -> str:
    """What customers' words say of the contacts of which the source says nothing, and how far to trust it."""
    if not found.trusted and isinstance(found.right, Estimate):
        return _(
            "Customers’ words and what agents choose contradict each other (they agree in %(right)s, %(range)s): no "
            "reason is read from words here."
        ) % {
            "right": measure(found.right.estimate, "share"),
            "range": interval(found.right.low, found.right.high, "share"),
        }
    values = {"sure": measure(found.sure, "count"), "n": measure(found.read, "count")}
    first = _("Of %(n)s such contacts whose words were read, %(sure)s surely say why.") % values
    if isinstance(found.right, Estimate):
        right = {
            "right": measure(found.right.estimate, "share"),
            "range": interval(found.right.low, found.right.high, "share"),
        }
        return f"{first} {_('Where the source says too, they agree in %(right)s (%(range)s).') % right}"
    return (
        f"{first} {_('Too few contacts have both words and a reason from the source to say how often words mislead.')}"
    )


def demand_sentence(found: Beginnings) -> str:
    """The page's first sentence, with its interval."""
    failure = found.kind("failure").share
    if not found.contacts or not isinstance(failure, Estimate):
        return _("No customer got in touch in this selection.")
    places = len(found.beginnings)
    if not places:
        return _("None of the %(n)s contacts is known to have begun in a failure upstream.") % {
            "n": measure(found.contacts, "count")
        }
    values = {
        "share": measure(failure.estimate, "share"),
        "range": interval(failure.low, failure.high, "share"),
        "n": measure(found.contacts, "count"),
        "places": places,
    }
    return (
        ngettext(
            "%(share)s (%(range)s) of the %(n)s contacts began in one place outside customer service.",
            "%(share)s (%(range)s) of the %(n)s contacts began in %(places)s places outside customer service.",
            places,
        )
        % values
    )


def demand_note(found: Beginnings) -> str:
    """What stands behind the sentence: what is not known, where a place begins, and what was corrected."""
    unknown = found.kind("unknown").share
    if not isinstance(unknown, Estimate):
        return ""
    first = _(
        "95 %% interval by customer; causes as customers said them. Of %(share)s of the contacts the cause is not "
        "known: they are in the whole, and in no other part. A place is a group of departments that can change a cause "
        "together, with at least 5 %% of the failure demand."
    ) % {"share": measure(unknown.estimate, "share")}
    return " ".join([first, *correction(found)])


def correction(found: Beginnings) -> list[str]:
    """What the failure demand was before the classifier's errors were taken out; empty where they were not."""
    failure = found.kind("failure")
    if not found.corrected or not isinstance(failure.counted, Estimate):
        return []
    said = _("Corrected for the classifier’s errors; as labelled it was %(share)s (%(range)s).")
    values = {
        "share": measure(failure.counted.estimate, "share"),
        "range": interval(failure.counted.low, failure.counted.high, "share"),
    }
    return [said % values]


def kind_names() -> dict[Kind, str]:
    """Every kind with its name, in the order it is shown."""
    return {kind: kind_name(kind) for kind in KINDS}


def happened_sentence(found: Happened) -> str:
    """What followed from events, with its interval, and who stayed silent."""
    if not found.rows:
        return _("No event in the record shows a cause.")
    if not isinstance(found.total, Estimate):
        return found.total.message
    values = {
        "share": measure(found.total.estimate, "share"),
        "range": interval(found.total.low, found.total.high, "share"),
        "n": measure(found.n, "count"),
    }
    first = (
        _("%(share)s (%(range)s) of the %(n)s contacts followed from something that had happened to the customer.")
        if found.outcome == "contact"
        else _(
            "%(share)s (%(range)s) of the %(n)s low scores followed from something that had happened to the customer."
        )
    )
    return " ".join([first % values, *silent_sentence(found)])


def silent_sentence(found: Happened) -> list[str]:
    """The cause after which most customers kept silent; empty where nobody did."""
    quiet = max(found.rows, key=lambda row: row.silent, default=None)
    if quiet is None or quiet.silent < 1:
        return []
    said = _("After “%(cause)s”, %(silent)s of %(customers)s customers stayed silent.")
    return [
        said
        % {
            "cause": quiet.cause.name,
            "silent": measure(quiet.silent, "count"),
            "customers": measure(quiet.customers, "count"),
        }
    ]
