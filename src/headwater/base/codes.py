"""What was done in this room, as sentences; each follows the name of the person who did it."""

from django.utils.translation import gettext_lazy as _

from headwater.base.history import register_codes

register_codes(
    {
        "company.started": _("started the company %(name)s"),
        "company.sample_cleared": _("cleared the sample company"),
        "company.changed": _("changed the company's settings: %(fields)s"),
        "department.added": _("added the department %(name)s"),
        "department.renamed": _("renamed the department %(old)s to %(new)s"),
        "department.moved": _("moved the department %(name)s under %(parent)s"),
        "department.head_changed": _("made %(head)s the head of %(name)s"),
        "department.merged": _("merged the department %(name)s into %(into)s"),
        "department.mapped": _("mapped %(pack_departments)s onto the department %(name)s"),
        "person.added": _("added %(name)s (%(email)s)"),
        "person.invited": _("sent %(name)s a link to choose a password"),
        "person.roles_changed": _("gave %(name)s the roles: %(roles)s"),
        "person.changed": _("changed %(name)s: %(fields)s"),
        "person.deactivated": _("closed the account of %(name)s"),
        "person.reactivated": _("opened the account of %(name)s again"),
        "person.password_chosen": _("chose a password"),
        "person.password_reset": _("gave %(name)s a new password on the command line"),
        "token.created": _("made the API token %(name)s"),
        "token.revoked": _("revoked the API token %(name)s"),
        "job.retried": _("started the job %(name)s again"),
        "job.cancelled": _("cancelled the job %(name)s"),
        "mail.retried": _("sent the mail to %(to)s again"),
    }
)
