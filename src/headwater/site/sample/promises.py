"""What the sample company promises at its moments, what it watches for, and what its departments say of the journey."""

from typing import Any

from django.db import transaction

from headwater.base.models import Department, Person
from headwater.journey import agreement, standard_edits, triggers
from headwater.journey.models import Standard

ORDER, DELIVERED = "event = 'order_placed'", "event = 'delivered'"
#: name, moment, method, definition, departments, target
STANDARDS: tuple[tuple[str, str, str, dict[str, Any], tuple[str, ...], float], ...] = (
    (
        "The parcel is there within four days",
        "promised_day",
        "kept",
        {"promise": ORDER, "receipt": DELIVERED, "hours": 96, "called_off": "event = 'out_of_stock'"},
        ("delivery", "warehouse"),
        0.95,
    ),
    (
        "What can be ordered is there to be sent",
        "confirmation",
        "right",
        {"happened": "event in ('delivered', 'out_of_stock')", "right": DELIVERED},
        ("inventory",),
        0.97,
    ),
    (
        "A payment goes through the first time",
        "pay",
        "right",
        {"happened": "event in ('order_placed', 'payment_failed')", "right": ORDER},
        ("finance", "digital"),
        0.98,
    ),
    (
        "What was ordered arrives whole",
        "unpack",
        "right",
        {"happened": "event in ('delivered', 'damage_reported')", "right": DELIVERED},
        ("warehouse",),
        0.98,
    ),
)
TRIGGERS: tuple[dict[str, Any], ...] = (
    {
        "name": "Order not delivered within six days",
        "description": "Someone calls before the customer does.",
        "stage": "wait",
        "moment": "promised_day",
        "action": "case",
        "rule": {"kind": "not_followed", "first": ORDER, "second": DELIVERED, "per": "subject", "hours": 144},
    },
    {
        "name": "Third contact in 30 days",
        "description": "What two answers did not settle is taken over by one person until it is.",
        "stage": "get_help",
        "action": "case",
        "rule": {"kind": "within", "first": "kind = 'contact'", "n": 3, "hours": 720},
    },
    {
        "name": "Fifth order",
        "description": "A card, written by hand.",
        "stage": "receive",
        "action": "thank_you",
        "rule": {"kind": "nth", "first": ORDER, "n": 5},
    },
)
#: Who objects to which stage, and why; who has not answered yet. Everyone else agrees.
OBJECTIONS = {
    ("wait", "Warehouse"): "The promise is made with orders until 18:00; our last lorry leaves at 14:00.",
}
UNANSWERED = {("send_back", "Finance"), ("get_help", "Range and pricing")}


def load_promises() -> None:
    """Set the sample's standards, watch for its patterns, and let its departments answer about the journey; once."""
    if Standard.objects.exists():
        return
    with transaction.atomic():
        for name, moment, method, definition, departments, target in STANDARDS:
            given = {"name": name, "moment": moment, "method": method, "definition": definition}
            standard_edits.create_standard(None, {**given, "departments": list(departments), "target": target})
        for values in TRIGGERS:
            triggers.activate_trigger(None, triggers.create_trigger(None, values).pk)
        _answer_about_stages()


def _answer_about_stages() -> None:
    heads: dict[int, Person] = {
        row.pk: row.head for row in Department.objects.select_related("head") if row.head is not None
    }
    for stage in agreement.stage_agreements().values():
        for view in stage.answers:
            key = (stage.stage, view.name)
            if view.department in heads and key not in UNANSWERED:
                reason = OBJECTIONS.get(key, "")
                agreement.answer(heads[view.department], stage.stage, view.department, agrees=not reason, reason=reason)
