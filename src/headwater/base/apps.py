from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BaseConfig(AppConfig):
    name = "headwater.base"
    label = "base"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from headwater.base import navigation

        places = (
            ("own_settings", _("Your settings"), ("view", "company")),
            ("company", _("Company"), ("manage", "company")),
            ("departments", _("Departments"), ("view", "departments")),
            ("people", _("People"), ("view", "people")),
            ("tokens", _("API tokens"), ("manage", "tokens")),
            ("history", _("History"), ("view", "history")),
            ("jobs", _("Jobs"), ("view", "jobs")),
            ("outbox", _("Outbox"), ("view", "outbox")),
        )
        for position, (name, title, needs) in enumerate(places, start=900):
            navigation.add(name, title, name, room=navigation.ADMINISTRATION, position=position, needs=needs)
