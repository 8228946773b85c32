from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SiteConfig(AppConfig):
    name = "headwater.site"
    label = "site"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from headwater.base import navigation

        navigation.add("yours", _("Your page"), "yours", room="forest", position=12, needs=("view", "figures"))
        navigation.add("forest", _("Forest"), "forest", room="forest", position=10, needs=("view", "figures"))
