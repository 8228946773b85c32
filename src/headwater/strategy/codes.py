"""What was done in this room, as sentences; each follows the name of the person who did it."""

from django.utils.translation import gettext_lazy as _

from headwater.base.history import register_codes

register_codes(
    {
        "readiness.changed": _("changed “%(title)s” on the readiness list: %(fields)s"),
        "readiness.milestone_added": _("added the milestone “%(text)s” to “%(title)s”"),
        "readiness.milestone_reached": _("reached the milestone “%(text)s” of “%(title)s”"),
        "readiness.milestone_reopened": _("took back that the milestone “%(text)s” of “%(title)s” was reached"),
        "readiness.milestone_removed": _("removed the milestone “%(text)s” from “%(title)s”"),
        "readiness.file_added": _("attached %(file)s as evidence to “%(title)s”"),
        "readiness.file_removed": _("removed the evidence %(file)s from “%(title)s”"),
        "guideposts.changed": _("wrote the guideposts of “%(name)s” into the draft"),
        "guideposts.published": _(
            "published version %(version)s of the guideposts, with changes at %(moments)s moments"
        ),
        "guideposts.draft_discarded": _("discarded a draft of the guideposts with changes at %(moments)s moments"),
        "roadmap.planned": _("planned the phase “%(phase)s”: %(starts)s to %(ends)s"),
        "roadmap.faded": _("found that evidence of “%(phase)s” fades: %(title)s"),
        "trial.started": _("began to try “%(title)s” with people, until %(closes)s"),
        "trial.closed": _("closed the trial of “%(title)s”"),
        "trial.change_kept": _("kept what changed after the trial of “%(title)s”: %(note)s"),
        "discovery.started": _("began the discovery for a strategy"),
        "discovery.answered": _("wrote down an answer of %(department)s in the discovery"),
        "discovery.chosen": _("chose what to take on: %(names)s"),
        "discovery.drafted": _("drafted a strategy from the discovery, with %(causes)s causes"),
        "request.filed": _("asked: “%(text)s”"),
        "request.answered": _("traced the request “%(text)s” upstream"),
        "request.corrected": _("said what the request “%(text)s” is really about"),
        "request.linked": _("made the request “%(text)s” part of the outcome “%(words)s”"),
        "request.declined": _("declined the request “%(text)s”: %(words)s"),
    }
)

register_codes(
    {
        "strategy.statements_changed": _("changed the statements in the draft of the strategy: %(what)s"),
        "strategy_value.added": _("added the value “%(name)s” to the draft of the strategy"),
        "strategy_value.changed": _("changed the value “%(name)s” in the draft of the strategy: %(what)s"),
        "strategy_value.moved": _("moved the value “%(name)s” in the draft of the strategy"),
        "strategy_value.removed": _("removed the value “%(name)s” from the draft of the strategy"),
        "business_goal.added": _("added the business goal “%(name)s” to the draft of the strategy"),
        "business_goal.changed": _("changed the business goal “%(name)s” in the draft of the strategy: %(what)s"),
        "business_goal.moved": _("moved the business goal “%(name)s” in the draft of the strategy"),
        "business_goal.removed": _("removed the business goal “%(name)s” from the draft of the strategy"),
        "outcome.added": _("added the outcome “%(name)s” to the draft of the strategy"),
        "outcome.changed": _("changed the outcome “%(name)s” in the draft of the strategy: %(what)s"),
        "outcome.moved": _("moved the outcome “%(name)s” in the draft of the strategy"),
        "outcome.removed": _("removed the outcome “%(name)s” from the draft of the strategy"),
        "issue.added": _("added the issue “%(name)s” to the draft of the strategy"),
        "issue.changed": _("changed the issue “%(name)s” in the draft of the strategy: %(what)s"),
        "issue.moved": _("moved the issue “%(name)s” in the draft of the strategy"),
        "issue.removed": _("removed the issue “%(name)s” from the draft of the strategy"),
        "strategy.edit_undone": _("took back the last change of the draft of the strategy"),
        "strategy.draft_replaced": _("took over a whole draft of the strategy from %(source)s"),
        "strategy.draft_discarded": _("discarded a draft of the strategy with %(changes)s changes"),
        "strategy.proposed": _("asked %(names)s to agree to the draft of the strategy"),
        "strategy.agreed": _("agreed to the draft of the strategy"),
        "strategy.objected": _("objected to the draft of the strategy: %(reason)s"),
        "strategy.published": _("published version %(version)s of the strategy, agreed by all who were asked"),
        "strategy.published_unagreed": _(
            "published version %(version)s of the strategy without the agreement of all who were asked: %(reason)s"
        ),
    }
)

register_codes(
    {
        "measure.started": _("started the measure “%(name)s”"),
        "measure.changed": _("changed the measure “%(name)s”: %(what)s"),
        "measure.retired": _("retired the measure “%(name)s”"),
        "measure.restored": _("took the measure “%(name)s” up again"),
        "measure.read": _("took %(count)s readings of “%(name)s” from the record"),
        "measure.readings_given": _("gave %(count)s readings of “%(name)s”"),
        "measure.readings_corrected": _("corrected %(count)s readings of “%(name)s”, with a reason"),
        "measure.reading_corrected": _("read “%(name)s” of %(period)s again: %(reason)s"),
        "measure.sign_off_asked": _("asked %(names)s to sign the measure “%(name)s” off"),
        "measure.signed_off": _("signed the measure “%(name)s” off"),
        "measure.sign_off_withdrawn": _(
            "changed the measure “%(name)s”, so that the sign-off of %(names)s is withdrawn"
        ),
    }
)

register_codes(
    {
        "board.added": _("began the board “%(name)s”"),
        "board.changed": _("changed the board “%(name)s”"),
        "board.removed": _("removed the board “%(name)s”"),
        "pin.added": _("pinned “%(title)s” to “%(board)s”"),
        "pin.changed": _("changed “%(title)s” on “%(board)s”: %(what)s"),
        "pin.moved": _("moved “%(title)s” on “%(board)s”"),
        "pin.stopped": _("took “%(title)s” off “%(board)s”: %(reason)s"),
        "pin.restored": _("brought “%(title)s” back to “%(board)s”"),
        "measure.stopped": _("stopped the measure “%(name)s”: %(reason)s"),
    }
)
