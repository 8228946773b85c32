"""The API keeps what its own description promises, whatever is sent to it."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from headwater.base.company import ensure_company
from headwater.base.models import Person
from headwater.base.permissions import widest_scope
from headwater.base.tokens import SCOPES, create_token
from headwater.site.api import api
from headwater.site.wsgi import application
from tests.insight.conftest import Write, complaint

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journey")]


schema = schemathesis.openapi.from_dict(api.get_openapi_schema(path_prefix="/api/v1/"))
schema.app = application


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """The application closes its connection after a request; here it is the test's own, with its transaction."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@pytest.fixture
def token(person_with: Callable[..., Person], write: Write) -> str:
    """A token that may do all that an administrator may, over a small record."""
    ensure_company(name="Test company", pack="retail")
    write([complaint(number) for number in range(5)])
    person = person_with("administrator")
    return create_token(
        person,
        person,
        "contract test",
        [scope for scope in SCOPES if widest_scope(person, *scope.split(":")) and "employee" not in scope],
    )[1]


@schema.parametrize()
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_operation_answers_as_described(case: Any, token: str) -> None:
    # What a filter or a cause may be is known to the data, not to the description: a well-formed one may be refused.
    loose = [positive_data_acceptance, negative_data_rejection]
    case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, excluded_checks=loose)


@pytest.mark.parametrize("path", ["causes", "verbatims", "metrics", "metrics/nps", "imports", "taxonomy"])
def test_a_stranger_gets_a_problem_and_no_data(path: str) -> None:
    answer = Client().get(f"/api/v1/{path}")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"


def test_an_unknown_address_of_the_api_is_a_problem_in_json() -> None:
    answer = Client().get("/api/v1/nowhere")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


def test_no_two_schemas_share_a_name() -> None:
    """The description names schemas by their class alone: of two with one name the later would stand for both."""
    source = Path(__file__).parents[2] / "src" / "headwater"
    names = [
        name
        for path in [*source.glob("*/api.py"), *source.glob("*/api/*.py")]
        for name in re.findall(r"^class (\w+)\(", path.read_text(), re.MULTILINE)
    ]
    assert [name for name, count in Counter(names).items() if count > 1] == []
