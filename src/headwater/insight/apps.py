from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InsightConfig(AppConfig):
    name = "headwater.insight"
    label = "insight"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from headwater.base import company, navigation

        company.on_clear("headwater.insight.labelling.clear")
        navigation.add("causes", _("Causes"), "causes", room="insight", position=30, needs=("view", "figures"))
        navigation.add("demand", _("Demand"), "demand", room="insight", position=32, needs=("view", "figures"))
        navigation.add("verbatims", _("Verbatims"), "verbatims", room="insight", position=35, needs=("view", "verbatims"))
        navigation.add("audit", _("Audit"), "audit", room="insight", position=50, needs=("manage", "models"))
