"""A real shop: the river and the page of the cause tell that late delivery is what hurts."""

from pathlib import Path

import pytest
from django.test import Client

from headwater.base.company import ensure_company
from headwater.base.models import Person
from headwater.insight.cause_story import cause_story
from headwater.insight.happened import happened
from headwater.insight.river_happened import river_happened
from headwater.insight.river_wording import river_sentence
from headwater.insight.selection import Selection
from headwater.journey.packs import load_pack
from headwater.journey.queries import taxonomy
from headwater.journey.services import apply_pack
from headwater.listening import services
from headwater.listening.mapping import from_yaml
from headwater.metrics.store import close_company_record
from headwater.science import Estimate

EXAMPLE = Path(__file__).parents[2] / "examples/olist"
DELIVERED = Selection.read(where="attribute:order_status = 'delivered'")


@pytest.mark.django_db
def test_late_delivery_is_what_hurts(shared: Path, home: Path, client: Client) -> None:
    close_company_record()
    ensure_company(name="Olist", time_zone="America/Sao_Paulo", pack="retail")
    apply_pack(None, load_pack("retail"))
    for name in ("reviews", "orders"):
        mapping = from_yaml((EXAMPLE / f"{name}.yaml").read_text())
        services.import_file(shared / "data/olist_dev", mapping=mapping)

    found = river_happened()
    assert [stream.key for stream in found.streams] == ["delivery_late", "unknown"]
    late = happened(outcome="low_score").of("delivery_late")
    assert late is not None
    assert isinstance(late.outcomes, Estimate)
    assert found.streams[0].value == pytest.approx(late.outcomes.estimate)
    assert sum(stream.value for stream in found.streams) == pytest.approx(found.volume)
    assert "“Delivery is later than promised” alone is behind" in river_sentence(found, Selection())

    cause = taxonomy().cause("delivery_late")
    assert cause is not None
    scores = cause_story(None, DELIVERED, cause).scores
    assert scores is not None
    assert isinstance(scores.struck, Estimate)
    assert isinstance(scores.others, Estimate)
    assert (round(scores.struck.estimate, 2), round(scores.others.estimate, 2)) == (2.60, 4.28)
    assert scores.struck.low < 2.60 < scores.struck.high < scores.others.low

    client.force_login(Person.objects.create(email="lead@example.com", name="Lead", roles=["cx_team"]))
    page = client.get("/causes/delivery_late", {"where": DELIVERED.where}).content.decode()
    assert "was 2.60" in page
    assert "elsewhere 4.28" in page
    assert "followed from something that had happened" in client.get("/river?evidence=happened").content.decode()
    close_company_record()
