"""What is planted in the sample company: causes with known frequency, effect and course, to be found again."""

from dataclasses import dataclass
from typing import Literal

Course = Literal["steady", "rising", "mended"]


@dataclass(frozen=True, slots=True)
class Planted:
    """A cause as it truly is in the sample company.

    ``share`` is the share of orders it strikes (of contacts, for service's own failures). ``lost`` is what it takes
    from satisfaction, in points of the five-point scale; ``contacts`` the share of struck customers who get in touch.
    ``favours`` names an attribute and a value where it strikes ``factor`` times as often. From ``changed`` months
    before the end on its share is ``share_after``.
    """

    cause: str
    stage: str
    share: float
    lost: float
    contacts: float
    event: str | None = None
    favours: tuple[str, str] | None = None
    factor: float = 1.0
    course: Course = "steady"
    changed: int = 0
    share_after: float | None = None


PLANTED = (
    Planted("delivery_late", "wait", 0.085, 2.1, 0.28, "delivery_late", ("region", "South"), 2.2),
    Planted("promotion_misleading", "order", 0.052, 1.7, 0.28, "promotion_rejected", ("segment", "new"), 1.7),
    Planted("out_of_stock", "order", 0.046, 2.0, 0.32, "out_of_stock", ("category", "garden"), 2.0),
    Planted("site_fails", "order", 0.014, 1.8, 0.4, "site_error", None, 1.0, "rising", 3, 0.095),
    Planted("payment_failed", "order", 0.014, 1.5, 0.45, "payment_failed"),
    Planted("wrong_item", "receive", 0.018, 2.0, 0.5, "wrong_item"),
    Planted("missing_item", "receive", 0.014, 1.7, 0.45, "item_missing"),
    Planted("damaged", "receive", 0.026, 2.0, 0.4, "damage_reported", ("category", "home"), 1.7),
    Planted("poor_quality", "use", 0.03, 1.9, 0.2, None),
    Planted("description_wrong", "use", 0.024, 1.5, 0.15, None, ("category", "clothing"), 1.9),
    Planted(
        "invoice_wrong", "order", 0.046, 1.4, 0.45, "invoice_wrong", ("segment", "business"), 2.5, "mended", 9, 0.004
    ),
    Planted("return_difficult", "send_back", 0.016, 1.6, 0.3, None),
    Planted("refund_late", "send_back", 0.02, 1.8, 0.45, "refund_overdue"),
)

PLANTED_IN_SERVICE = (
    Planted("service_unreachable", "get_help", 0.11, 2.2, 0.0, "call_abandoned"),
    Planted("service_unhelpful", "get_help", 0.07, 2.0, 0.0, None),
)

#: The causes that stand on top, by share of negative signals: what the causes page must show first.
TOP = ("delivery_late", "promotion_misleading", "out_of_stock")

#: Weeks with a campaign, counted back from the end; promotions mislead more often in them.
CAMPAIGN_WEEKS = (4, 13, 14, 27, 40, 52, 53, 66, 75)
CAMPAIGN_FACTOR = 2.5
