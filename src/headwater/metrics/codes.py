"""What was done in this room, as sentences; each follows the name of the person who did it."""

from django.utils.translation import gettext_lazy as _

from headwater.base.history import register_codes

register_codes(
    {
        "metric.card_changed": _("said of the metric %(title)s: owner %(owner)s; when it moves: %(action)s"),
    }
)
