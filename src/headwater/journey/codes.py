"""What was done in this room, as sentences; each follows the name of the person who did it."""

from django.utils.translation import gettext_lazy as _

from headwater.base.history import register_codes

register_codes(
    {
        "journey.added": _("added the journey “%(name)s” to the draft"),
        "journey.changed": _("changed the journey “%(old)s” in the draft: %(what)s"),
        "journey.moved": _("moved the journey “%(name)s” in the draft"),
        "journey.removed": _("removed the journey “%(name)s” from the draft"),
        "stage.added": _("added the stage “%(name)s” to the draft of the journey"),
        "stage.changed": _("changed the stage “%(old)s” in the draft of the journey: %(what)s"),
        "stage.moved": _("moved the stage “%(name)s” in the draft of the journey"),
        "stage.removed": _("removed the stage “%(name)s” from the draft of the journey"),
        "moment.added": _("added the moment “%(name)s” to the draft of the journey"),
        "moment.changed": _("changed the moment “%(old)s” in the draft of the journey: %(what)s"),
        "moment.moved": _("moved the moment “%(name)s” in the draft of the journey"),
        "moment.removed": _("removed the moment “%(name)s” from the draft of the journey"),
        "touchpoint.added": _("added the touchpoint “%(name)s” to the draft of the journey"),
        "touchpoint.changed": _("changed the touchpoint “%(old)s” in the draft of the journey: %(what)s"),
        "touchpoint.moved": _("moved the touchpoint “%(name)s” in the draft of the journey"),
        "touchpoint.removed": _("removed the touchpoint “%(name)s” from the draft of the journey"),
        "moment.leader_named": _("named %(leader)s to answer for the moment “%(name)s”"),
        "moment.leader_removed": _("left the moment “%(name)s” without a leader"),
        "cause.added": _("added the cause “%(name)s” to the draft of the journey"),
        "cause.changed": _("changed the cause “%(old)s” in the draft of the journey: %(what)s"),
        "cause.moved": _("moved the cause “%(name)s” in the draft of the journey"),
        "cause.removed": _("removed the cause “%(name)s” from the draft of the journey"),
        "cause.merged": _("merged the cause “%(name)s” into “%(into)s” in the draft of the journey"),
        "cause.retired": _("retired the cause “%(name)s” in the draft of the journey"),
        "cause.restored": _("brought the cause “%(name)s” back in the draft of the journey"),
        "pack_department.added": _("added the department “%(name)s” to the draft of the journey"),
        "pack_department.changed": _("changed the department “%(old)s” in the draft of the journey: %(what)s"),
        "pack_department.moved": _("moved the department “%(name)s” in the draft of the journey"),
        "pack_department.removed": _("removed the department “%(name)s” from the draft of the journey"),
        "agreement.asked": _("asked %(head)s about %(stages)s"),
        "agreement.agreed": _("agreed to “%(stage)s” for %(department)s"),
        "agreement.objected": _("objected to “%(stage)s” for %(department)s: %(reason)s"),
        "agreement.passed_on": _("passed the objection of %(department)s to “%(stage)s” to %(decider)s"),
        "agreement.decided": _("decided the objection of %(department)s to “%(stage)s”: %(decision)s. %(reason)s"),
        "agreement.decider_named": _("named %(decider)s to decide objections to the journey"),
        "future.started": _("began the journey to come as a copy of version %(version)s of today's"),
        "future.added": _("added “%(name)s” to the journey to come"),
        "future.changed": _("changed “%(name)s” in the journey to come"),
        "future.moved": _("moved “%(name)s” in the journey to come"),
        "future.removed": _("left “%(name)s” out of the journey to come"),
        "future.published": _("published version %(version)s of the journey to come"),
        "future.discarded": _("discarded edits of the journey to come"),
        "future.carried": _("had “%(initiative)s” carry the change of “%(name)s” to come"),
        "future.dropped": _("dropped the change of “%(name)s” to come: %(reason)s"),
        "future.reopened": _("took back what was decided about the change of “%(name)s” to come"),
        "taxonomy.pack_applied": _("started the journey from the pack “%(title)s”, version %(version)s"),
        "taxonomy.pack_imported": _("imported the pack “%(title)s”, version %(version)s, as the draft of the journey"),
        "taxonomy.published": _("published version %(version)s of the journey, with %(changes)s changes"),
        "taxonomy.undone": _("took the last edit of the draft of the journey back: %(names)s"),
        "taxonomy.draft_discarded": _("discarded a draft of the journey with %(changes)s changes"),
    }
)

register_codes(
    {
        "trigger.created": _("made the trigger “%(name)s”"),
        "trigger.changed": _("changed the trigger “%(name)s” (edition %(edition)s): %(what)s"),
        "trigger.activated": _("activated the trigger “%(name)s”"),
        "trigger.paused": _("paused the trigger “%(name)s”"),
        "trigger.retired": _("retired the trigger “%(name)s”"),
        "firing.answered": _("answered what the trigger “%(name)s” found"),
        "firing.reopened": _("took back an answer to what the trigger “%(name)s” found"),
        "standard.created": _("set the reliability standard “%(name)s”"),
        "standard.changed": _("changed the reliability standard “%(name)s”: %(what)s"),
        "standard.retired": _("retired the reliability standard “%(name)s”"),
        "standard.restored": _("brought the reliability standard “%(name)s” back"),
        "series.imported": _("imported %(days)s days into the series of “%(name)s”"),
    }
)
