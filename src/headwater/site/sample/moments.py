"""The sample company's moments of truth: which were chosen, who answers for each, and what hiring does for one."""

from headwater.base.departments import map_pack_departments
from headwater.base.models import Department
from headwater.journey.moments import choose_moment, contribute, set_leader
from headwater.journey.services import add_item, publish_draft

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
HIRING = "Hires and trains people who may settle it themselves."
"""What the department for people does for a customer whose problem is to be solved the first time."""


def choose_moments() -> None:
    """Choose the moments of truth in the draft, publish it, and name those who answer for them."""
    for moment in MOMENTS_OF_TRUTH:
        choose_moment(None, moment, True)
    hiring = add_item(None, "department", {"name": "Hiring and training"}).id
    contribute(None, "solved", hiring, HIRING)
    publish_draft(None)
    map_pack_departments(None, Department.objects.get(name="People and culture"), [hiring])
    heads = {row.name: row.head for row in Department.objects.select_related("head")}
    for moment, department in MOMENTS_OF_TRUTH.items():
        set_leader(None, moment, heads[department])
