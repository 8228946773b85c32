"""The sample company itself: its departments and the people in them, by role."""

from dataclasses import dataclass

NAME = "Sample shop"
PACK = "retail"
TIME_ZONE = "Europe/Berlin"
CURRENCY = "EUR"


@dataclass(frozen=True, slots=True)
class SampleDepartment:
    """A department, the one above it, and which of the pack's departments it is."""

    name: str
    parent: str | None
    pack_departments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SamplePerson:
    """Someone who works there, known by role alone. ``heads``: leads the department."""

    title: str
    email: str
    department: str
    roles: tuple[str, ...]
    heads: bool = False


DEPARTMENTS = (
    SampleDepartment("Sales and marketing", None),
    SampleDepartment("Marketing", "Sales and marketing", ("marketing",)),
    SampleDepartment("Range and pricing", "Sales and marketing", ("merchandising", "marketplace")),
    SampleDepartment("Webshop", "Sales and marketing", ("digital",)),
    SampleDepartment("Supply chain", None),
    SampleDepartment("Purchasing", "Supply chain", ("inventory", "sourcing")),
    SampleDepartment("Warehouse", "Supply chain", ("warehouse", "returns")),
    SampleDepartment("Delivery", "Supply chain", ("delivery",)),
    SampleDepartment("Finance", None, ("finance",)),
    SampleDepartment("Customer service", None, ("customer_service",)),
    SampleDepartment("People and culture", None),
)


def _head(department: str, *roles: str) -> SamplePerson:
    address = department.lower().replace(" and ", "-").replace(" ", "-")
    return SamplePerson(
        f"Head of {department}", f"{address}@sample.example", department, ("manager", *roles), heads=True
    )


PEOPLE = (
    _head("Sales and marketing", "executive"),
    _head("Marketing"),
    _head("Range and pricing"),
    _head("Webshop"),
    _head("Supply chain", "executive"),
    _head("Purchasing"),
    _head("Warehouse"),
    _head("Delivery"),
    _head("Finance", "executive"),
    _head("Customer service"),
    _head("People and culture", "hr"),
    SamplePerson("Customer experience lead", "cx@sample.example", "Customer service", ("cx_team",)),
    SamplePerson("Analyst", "analyst@sample.example", "Finance", ("analyst",)),
    SamplePerson("Service agent", "agent@sample.example", "Customer service", ("employee",)),
    SamplePerson("Picker", "picker@sample.example", "Warehouse", ("employee",)),
    SamplePerson("Delivery planner", "planner@sample.example", "Delivery", ("employee",)),
)
