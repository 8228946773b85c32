"""What was done in this room, as sentences; each follows the name of the person who did it."""

from django.utils.translation import gettext_lazy as _

from headwater.base.history import register_codes

register_codes(
    {
        "import.started": _("started to import %(file)s from %(source)s"),
        "import.resumed": _("went on importing %(file)s from %(source)s"),
        "import.deleted": _("took back the upload of %(file)s"),
        "source.mapped": _("changed the mapping of %(source)s"),
        "set_aside.corrected": _("corrected %(rows)s rows of %(file)s and sent them again"),
        "set_aside.downloaded": _("downloaded the rows of %(file)s that were set aside"),
        "employees.arrived": _("brought in %(signals)s employees’ signals from %(source)s"),
        "employees.rules_changed": _("set the smallest group of employees shown to %(minimum)s people"),
        "privacy_assessment.recorded": _("recorded a privacy assessment of absence data by %(assessor)s"),
        "privacy_assessment.withdrawn": _("withdrew the privacy assessment of absence data by %(assessor)s"),
        "survey.created": _("made the survey %(survey)s"),
        "survey.edited": _("changed %(what)s of the survey %(survey)s"),
        "survey.undone": _("took back an edit of the survey %(survey)s"),
        "survey.draft_discarded": _("threw away the draft of the survey %(survey)s"),
        "survey.published": _("published version %(version)s of the survey %(survey)s"),
        "survey.closed": _("closed the survey %(survey)s"),
        "survey.reopened": _("opened the survey %(survey)s again"),
        "survey.archived": _("archived the survey %(survey)s"),
        "survey.unarchived": _("brought back the survey %(survey)s"),
        "contact_limits.changed": _(
            "set that customers rest %(rest_days)s days and are asked %(most_a_quarter)s times a quarter at most"
        ),
        "addressees.received": _("brought in the addresses of %(changed)s customers"),
        "mailing.created": _("began a mailing of %(survey)s: %(mailing)s"),
        "mailing.changed": _("changed the mailing %(mailing)s of %(survey)s"),
        "mailing.started": _("started the mailing %(mailing)s of %(survey)s"),
        "mailing.paused": _("paused the mailing %(mailing)s of %(survey)s"),
        "mailing.resumed": _("let the mailing %(mailing)s of %(survey)s go on"),
        "mailing.cancelled": _("cancelled the mailing %(mailing)s of %(survey)s"),
        "mailing.ended": _("ended the mailing %(mailing)s of %(survey)s: %(why)s"),
        "mailing.deleted": _("deleted the draft mailing %(mailing)s of %(survey)s"),
        "mailing.links_exported": _("downloaded %(links)s personal links of %(mailing)s"),
        "mailing.tested": _("sent a test of %(mailing)s to themselves"),
        "connection.made": _("made the connection %(name)s"),
        "connection.changed": _("changed the connection %(name)s"),
        "connection.started": _("started the connection %(name)s"),
        "connection.paused": _("paused the connection %(name)s"),
        "connection.removed": _("removed the connection %(name)s"),
        "customer.erased": _("erased a customer everywhere"),
        "customer.erasure_asked": _("asked for a customer to be erased everywhere"),
        "customer.exported": _("exported everything about a customer"),
        "consent.recorded": _("wrote %(lines)s lines of consent from %(origin)s"),
        "original.viewed": _("read the words of signal %(signal)s before redaction: %(reason)s"),
        "words.read": _("read customers’ words on %(day)s (%(way)s)"),
        "personal_data.rules_changed": _("changed the rules of personal data: %(changed)s"),
        "personal_data.key_added": _("added a new key that encrypts what is kept encrypted"),
        "retention.changed": _("set that %(what)s are kept %(days)s days"),
        "retention.removed": _("removed the rule of how long %(what)s are kept"),
        "retention.run": _("removed %(signals)s signals and the words of %(words)s, which were over their time"),
    }
)
