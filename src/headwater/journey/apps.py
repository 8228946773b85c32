from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JourneyConfig(AppConfig):
    name = "headwater.journey"
    label = "journey"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from headwater.base import company, navigation

        company.on_clear("headwater.journey.services.clear")
        company.on_clear("headwater.journey.triggers.clear")
        company.on_clear("headwater.journey.standard_edits.clear")
        company.on_start("headwater.journey.services.start")
        company.offer_packs("headwater.journey.queries.pack_choices")
        navigation.add("journey", _("Journey"), "journey", room="journey", position=20, needs=("view", "taxonomy"))
        navigation.add(
            "agreement", _("Agreement"), "agreement", room="journey", position=25, needs=("view", "agreement")
        )
        navigation.add(
            "standards", _("Reliability"), "standards", room="journey", position=27, needs=("view", "triggers")
        )
