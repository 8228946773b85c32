from django.apps import AppConfig


class MetricsConfig(AppConfig):
    name = "headwater.metrics"
    label = "metrics"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.utils.translation import gettext_lazy as _

        from headwater.base import company, navigation

        company.on_clear("headwater.metrics.store.clear_company_record")
        company.on_clear("headwater.metrics.cards.clear")
        company.on_clear("headwater.metrics.singling.forget")
        navigation.add("metrics", _("Metrics"), "metrics", room="insight", position=39, needs=("view", "figures"))
