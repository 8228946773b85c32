"""The sample company's moments of truth: which were chosen, and who answers for each."""

from headwater.base.models import Department
from headwater.journey.moments import choose_moment, set_leader
from headwater.journey.services import publish_draft

MOMENTS_OF_TRUTH = {
    "see_offer": "Marketing",
    "read_description": "Range and pricing",
    "check_out": "Webshop",
    "pay": "Finance",
    "confirmation": "Webshop",
    "promised_day": "Delivery",
    "unpack": "Warehouse",
    "money_back": "Finance",
    "reach_service": "Customer service",
    "solved": "Customer service",
}
"""Moment → the department whose head answers for it."""


def choose_moments() -> None:
    """Choose the moments of truth in the draft, publish it, and name those who answer for them."""
    for moment in MOMENTS_OF_TRUTH:
        choose_moment(None, moment, True)
    publish_draft(None)
    heads = {row.name: row.head for row in Department.objects.select_related("head")}
    for moment, department in MOMENTS_OF_TRUTH.items():
        set_leader(None, moment, heads[department])
