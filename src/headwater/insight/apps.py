from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InsightConfig(AppConfig):
    name = "headwater.insight"
    label = "insight"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from headwater.base import company, erasure, navigation
        from headwater.metrics import weighting

        company.on_clear("headwater.insight.labelling.clear")
        weighting.offer_weighting("headwater.insight.weighting_groups.weighted_groups")
        company.on_clear("headwater.insight.employees_releases.clear")
        erasure.on_erase("headwater.insight.corrections.forget_erased")
        company.on_clear("headwater.insight.finance.clear")
        company.on_clear("headwater.insight.alerts_watching.clear")
        company.on_clear("headwater.insight.meaning.clear")
        company.on_clear("headwater.insight.themes_finding.clear")
        erasure.on_erase("headwater.insight.themes_finding.forget_erased")
        erasure.on_erase("headwater.insight.meaning.drop_outdated")
        company.on_clear("headwater.insight.weighting_margins.clear")
        company.on_clear("headwater.insight.hunches.clear")
        company.on_clear("headwater.insight.integrity_replies.clear")
        figures = ("view", "figures")
        for position, (name, title) in enumerate(
            (("moments", _("Moments")), ("scorecards", _("Scorecards")), ("lines_of_sight", _("Line of sight"))), 21
        ):
            within = {"moments": "moment", "lines_of_sight": "line_of_sight"}.get(name)
            navigation.add(
                name, title, name, room="journey", position=position, needs=figures, also=(within,) if within else ()
            )
        navigation.add("grid", _("Listening grid"), "listening_grid", room="listening", position=65, needs=figures)
        navigation.add("response", _("Response"), "response", room="listening", position=66, needs=figures)
        own = ("view", "integrity")
        patterns = ("own_integrity", "integrity_agents", "integrity_pattern")
        navigation.add(
            "integrity", _("Score integrity"), "integrity", room="listening", position=67, needs=own, also=patterns
        )
        hunches = ("view", "hunches")
        also = ("hunch", "new_hunch")
        navigation.add("hunches", _("Hunches"), "hunches", room="insight", position=47, needs=hunches, also=also)
        navigation.add("river", _("River"), "river", room="insight", position=29, needs=("view", "figures"))
        navigation.add("causes", _("Causes"), "causes", room="insight", position=30, needs=("view", "figures"))
        navigation.add("demand", _("Demand"), "demand", room="insight", position=32, needs=("view", "figures"))
        navigation.add("drivers", _("Drivers"), "drivers", room="insight", position=40, needs=("view", "figures"))
        navigation.add(
            "verbatims", _("Verbatims"), "verbatims", room="insight", position=35, needs=("view", "verbatims")
        )
        navigation.add("value", _("Value"), "value", room="insight", position=42, needs=("view", "finance"))
        navigation.add("assets", _("Customers"), "assets", room="insight", position=43, needs=("view", "figures"))
        navigation.add(
            "finance", _("Finance’s figures"), "finance", room="insight", position=44, needs=("view", "finance")
        )
        seen = ("view", "employee_signals")
        navigation.add("employees", _("Employees"), "employees", room="insight", position=48, needs=seen)
        navigation.add("alerts", _("Alerts"), "alerts", room="insight", position=45, needs=figures)
        navigation.add("themes", _("Themes"), "themes", room="insight", position=46, needs=figures)
        navigation.add("audit", _("Audit"), "audit", room="insight", position=50, needs=("manage", "models"))
