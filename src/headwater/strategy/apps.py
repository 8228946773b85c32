from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StrategyConfig(AppConfig):
    name = "headwater.strategy"
    label = "strategy"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from headwater.base import company, navigation
        from headwater.insight import named
        from headwater.insight.integrity_incentives import on_incentive
        from headwater.insight.outcomes import offer_outcomes
        from headwater.insight.tried import offer_tried
        from headwater.journey import packs

        company.on_clear("headwater.strategy.clearing.clear")
        company.on_clear("headwater.strategy.readiness.clear")
        company.on_clear("headwater.strategy.requests.clear")
        company.on_clear("headwater.strategy.guideposts.clear")
        company.on_clear("headwater.strategy.roadmap.clear")
        company.on_clear("headwater.strategy.trials.clear")
        company.on_clear("headwater.strategy.discovery.clear")
        company.on_clear("headwater.strategy.boards.clear")
        named.offer("headwater.strategy.names.named")
        offer_outcomes("headwater.strategy.serving.served")
        offer_tried("headwater.strategy.cause_work.tried")
        on_incentive("headwater.strategy.incentives.incentives")
        packs.add_section(
            "measures",
            title=_("Measures"),
            export="headwater.strategy.measure_packs.export",
            preview="headwater.strategy.measure_packs.preview",
            apply="headwater.strategy.measure_packs.apply",
        )
        navigation.add("strategy", _("Strategy"), "strategy", room="strategy", position=10, needs=("view", "strategy"))
        view = ("view", "strategy")
        programme = (
            ("check", _("Check"), "strategy_check"),
            ("discovery", _("Discovery"), "discovery"),
            ("readiness", _("Readiness"), "readiness"),
            ("roadmap", _("Roadmap"), "roadmap"),
            ("guideposts", _("Guideposts"), "guideposts"),
            ("trials", _("Trials"), "trials"),
        )
        for position, (name, title, url_name) in enumerate(programme, 20):
            also = ("decision_test",) if name == "check" else ()
            navigation.add(name, title, url_name, room="strategy", position=position, needs=view, also=also)
        navigation.add("measures", _("Measures"), "measures", room="strategy", position=14, needs=("view", "measures"))
        navigation.add("requests", _("Requests"), "requests", room="strategy", position=45, needs=("view", "requests"))
        pages = ("metric", "cause", "causes", "scorecards", "measure")  # those of strategy.pinnable
        navigation.offer(_("Take up as an issue"), "issue_from_page", pages=("cause",), needs=("edit", "strategy"))
        navigation.offer(_("Pin to a board"), "pin", pages=pages, needs=("edit", "boards"))
        navigation.add("boards", _("Boards"), "boards", room="forest", position=37, needs=("view", "boards"))
