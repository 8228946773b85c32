from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ListeningConfig(AppConfig):
    name = "headwater.listening"
    label = "listening"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from headwater.base import company, erasure, navigation, outbox
        from headwater.journey import trigger_answers

        company.on_clear("headwater.listening.services.clear")
        company.on_clear("headwater.listening.employee_signals.clear")
        company.on_clear("headwater.listening.surveys.forgetting.clear")
        company.on_clear("headwater.listening.surveys.services.clear")
        company.on_clear("headwater.listening.connections.services.clear")
        company.on_clear("headwater.listening.connections.endpoints.clear")
        navigation.add(
            "surveys", _("Surveys"), "listening:surveys", room="listening", position=10, needs=("view", "surveys")
        )
        navigation.add(
            "connections",
            _("Connections"),
            "listening:connections",
            room="listening",
            position=50,
            needs=("view", "connections"),
        )
        navigation.add(
            "webhooks",
            _("Webhooks"),
            "listening:webhooks",
            room="listening",
            position=51,
            needs=("view", "connections"),
        )
        company.on_clear("headwater.listening.personal.rules.clear")
        erasure.on_erase("headwater.listening.surveys.forgetting.forget_customers")
        erasure.on_export("headwater.listening.surveys.forgetting.export_customer")
        company.on_clear("headwater.listening.surveys.contacts.clear")
        erasure.on_erase("headwater.listening.surveys.contacts.forget_customers")
        erasure.on_export("headwater.listening.surveys.contacts.export_customer")
        trigger_answers.on_fire("survey", "headwater.listening.surveys.moments.on_firing")
        trigger_answers.offer_targets("survey", "headwater.listening.surveys.moments.offered")
        outbox.on_given_up("invitation", "headwater.listening.surveys.invitations.given_up")
        outbox.on_leaving("invitation", "headwater.listening.surveys.last_look.why_not")
        navigation.add(
            "addressees",
            _("Addresses"),
            "listening:addressees",
            room="listening",
            position=15,
            needs=("send", "surveys"),
        )
        erasure.on_erase("headwater.listening.personal.erasing.forget_own")
        erasure.on_erase("headwater.listening.personal.consent.forget_customers")
        erasure.on_erase("headwater.listening.personal.vault.forget_customers")
        erasure.on_erase("headwater.listening.personal.looks.forget_customers")
        erasure.on_export("headwater.listening.personal.exporting.own_tables")
        erasure.on_export("headwater.listening.personal.consent.export_customer")
        erasure.on_export("headwater.listening.personal.vault.export_customer")
        erasure.on_export("headwater.listening.personal.looks.export_customer")
        navigation.add(
            "personal_data",
            _("Personal data"),
            "listening:personal_data",
            room="listening",
            position=70,
            needs=("view", "personal_data"),
        )
        navigation.add(
            "imports", _("Imports"), "listening:imports", room="listening", position=60, needs=("import", "signals")
        )
