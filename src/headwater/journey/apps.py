from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JourneyConfig(AppConfig):
    name = "headwater.journey"
    label = "journey"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from headwater.base import company, erasure, navigation
        from headwater.journey import packs

        company.on_clear("headwater.journey.services.clear")
        company.on_clear("headwater.journey.triggers.clear")
        company.on_clear("headwater.journey.standard_edits.clear")
        for name, title in (("triggers", _("Triggers")), ("standards", _("Reliability standards"))):
            of_packs = "headwater.journey.trigger_packs."
            functions = {verb: f"{of_packs}{verb}_{name}" for verb in ("export", "preview", "apply")}
            packs.add_section(name, title=title, **functions)
        company.on_start("headwater.journey.services.start")
        erasure.on_erase("headwater.journey.watching.forget_customers")
        erasure.on_export("headwater.journey.watching.export_customers")
        company.offer_packs("headwater.journey.queries.pack_choices")
        navigation.add("journey", _("Journey"), "journey", room="journey", position=20, needs=("view", "taxonomy"))
        navigation.add(
            "agreement", _("Agreement"), "agreement", room="journey", position=25, needs=("view", "agreement")
        )
        navigation.add("future", _("To come"), "future", room="journey", position=29, needs=("view", "taxonomy"))
        navigation.add(
            "touchpoints", _("Touchpoints"), "touchpoints", room="journey", position=28, needs=("view", "taxonomy")
        )
        navigation.add(
            "standards",
            _("Reliability"),
            "standards",
            room="journey",
            position=27,
            needs=("view", "triggers"),
            also=("triggers", "breaches"),
        )
