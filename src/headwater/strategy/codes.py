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
    }
)
