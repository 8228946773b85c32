"""What was done in this room, as sentences; each follows the name of the person who did it."""

from django.utils.translation import gettext_lazy as _

from headwater.base.history import register_codes

register_codes(
    {
        "alert.found": _("noticed that %(what)s rises"),
        "alert.answered": _("answered the alert %(what)s: %(answer)s"),
        "alert.answer_undone": _("took back the answer to the alert %(what)s"),
        "theme.promoted": _("made the theme “%(name)s” the cause “%(cause)s”"),
        "theme.promotion_undone": _("took back making the theme “%(name)s” a cause"),
        "theme.dismissed": _("dismissed the theme “%(name)s”: %(reason)s"),
        "theme.restored": _("brought back the theme “%(name)s”"),
        "label.corrected": _("corrected the label %(field)s from “%(old)s” to “%(new)s”"),
        "label.correction_removed": _("took back a correction of the label %(field)s"),
        "audit.drawn": _("drew %(n)s verbatims at random to be labelled"),
        "audit.labelled": _("labelled a verbatim drawn at random: %(fields)s"),
        "finance.entered": _("entered finance’s figure %(name)s"),
        "finance.removed": _("took finance’s figure %(name)s out of force"),
        "finance.signed": _("signed finance’s figure %(name)s"),
        "employees.published": _("published employees’ figures of %(month)s"),
        "employees.restated": _("restated employees’ figures of %(month)s"),
        "employees.erased": _("erased what an employee had said through %(source)s"),
        "employees.score_changed": _("defined %(score)s anew, edition %(edition)s"),
        "hunch.written": _("wrote down a hunch"),
        "hunch.withdrawn": _("withdrew a hunch"),
        "hunch.answered": _("answered a hunch"),
        "margin.stated": _("stated the customer base by %(name)s, %(levels)s levels"),
        "margin.taken_back": _("took back the customer base by %(name)s"),
        "incentive.reviewed": _("looked at what hangs on %(name)s: %(finding)s"),
        "integrity.replied": _("kept a reply to somebody’s own figures"),
        "agent.matched": _("said that “%(agent)s” in the data is %(person)s"),
        "text_model.fitted": _("began to use the text model %(name)s, made from %(texts)s comments"),
    }
)
