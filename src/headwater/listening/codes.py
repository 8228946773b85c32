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
        "customer.erased": _("erased a customer everywhere"),
    }
)
