"""Comments are found by their words and by what they mean, within what a person may read, and never once erased."""

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from headwater.base.company import ensure_company
from headwater.base.departments import add_department
from headwater.base.models import Person
from headwater.base.permissions import NotAllowed
from headwater.base.refusals import Refused
from headwater.insight import meaning, text_models
from headwater.insight.labelling import current_labeller
from headwater.insight.meaning import (
    bring_index_up_to_date,
    index_state,
    marked,
    phrases_in,
    search_verbatims,
)
from headwater.insight.meaning_index import MeaningIndex
from headwater.insight.selection import Selection
from headwater.journey.queries import taxonomy
from headwater.listening.services import erase_customer
from headwater.metrics.store import company_record
from headwater.science.text import unit_rows
from headwater.science.text.nearest import nearest, pack
from tests.insight.conftest import Label, Write

pytestmark = [pytest.mark.django_db, pytest.mark.reads_record, pytest.mark.usefixtures("journey")]

SAID = {
    "late": "My parcel came a week late and nobody told me.",
    "slow": "Delivery took far too long, the package arrived days after the promised date.",
    "rude": "The agent on the phone was rude and hung up on me.",
    "charged": "I was charged twice on my credit card for one order.",
    "thanks": "Great shop, thank you!",
    "plate": "One plate was broken when I opened the box.",
}


@pytest.fixture
def comments(write: Write, label: Label) -> None:
    write(
        [
            {"record_id": name, "kind": "contact", "text": text, "language": "en", "channel": "chat"}
            | ({"channel": "phone"} if name == "rude" else {})
            for name, text in SAID.items()
        ]
    )
    label({"late": {"causes": ["delivery_late"]}, "rude": {"causes": ["damaged"]}})
    current_labeller()
    bring_index_up_to_date()


def found(text: str, way: meaning.Way = "meaning", where: str = "", person: Person | None = None) -> list[str | None]:
    page = search_verbatims(person, Selection.read(where=where), text, way=way)
    return [one.signal.record_id for one in page.rows]


def test_what_means_the_same_is_found_though_it_says_other_words(comments: None) -> None:
    assert set(found("shipment too late")[:2]) == {"late", "slow"}
    assert found("billed two times")[0] == "charged"
    page = search_verbatims(None, Selection(), "shipment too late")
    likeness = [one.similarity or 0 for one in page.rows]
    assert likeness == sorted(likeness, reverse=True)
    encoder = current_labeller().encoder
    exact = encoder.encode(["shipment too late"]) @ encoder.encode([page.rows[0].signal.text or ""]).T
    assert likeness[0] == pytest.approx(float(exact[0, 0]), abs=1e-5)


def test_words_are_found_whole_in_any_case_and_phrases_in_order(comments: None) -> None:
    assert found("PARCEL late", "words") == ["late"]
    assert found("par", "words") == []
    assert found('"week late"', "words") == ["late"]
    assert found('"late week"', "words") == []
    assert found("me", "words") == ["rude", "late"] or set(found("me", "words")) == {"rude", "late"}
    assert found("100%", "words") == []


def test_the_selection_narrows_both(comments: None) -> None:
    assert found("rude", "words", "channel = 'chat'") == []
    assert "rude" not in found("unfriendly on the phone", where="channel = 'chat'")
    assert found("unfriendly on the phone", where="channel = 'phone'") == ["rude"]
    narrowed = search_verbatims(None, Selection(since=date(2030, 1, 1)), "late")
    assert narrowed.rows == ()


def test_nobody_finds_what_they_may_not_read(comments: None, person_with: Callable[..., Person]) -> None:
    late = taxonomy().cause("delivery_late")
    assert late is not None
    ours = add_department(None, "Ours", pack_departments=[late.departments[0]])
    manager = person_with("manager", department=ours)
    readable = {cause.id for cause in taxonomy().causes if late.departments[0] in cause.departments}
    for way in ("meaning", "words"):
        names = set(found("parcel late", way, person=manager))  # type: ignore[arg-type]
        assert names <= ({"late", "rude"} if "damaged" in readable else {"late"})
    assert "late" in found("parcel late", person=manager)
    with pytest.raises(NotAllowed):
        search_verbatims(person_with("employee", department=add_department(None, "Other")), Selection(), "late")


def test_what_is_erased_is_found_no_more_and_not_in_the_index(comments: None) -> None:
    before = index_state()
    assert before.is_complete
    assert before.indexed == len(SAID)
    late = next(row.signal for row in search_verbatims(None, Selection(), "shipment too late").rows)
    index = MeaningIndex(current_labeller().encoder.name)
    erase_customer(None, late.customer_id or "")
    assert late.signal_key not in {int(key) for segment in index._segments() for key in segment.keys}
    assert late.record_id not in found("shipment too late")
    bring_index_up_to_date()
    assert index_state().indexed == len(SAID) - 1
    assert late.record_id not in found("shipment too late")
    assert found("shipment too late")


def test_the_index_follows_the_record(comments: None, write: Write) -> None:
    assert bring_index_up_to_date() == 0
    write([{"record_id": "new", "kind": "contact", "text": "The lift was out of order."}])
    assert not index_state().is_complete
    assert bring_index_up_to_date() == 1
    assert found("broken elevator")[0] == "new"
    company_record().compact(retention=0)
    assert bring_index_up_to_date() == len(SAID) + 1
    assert index_state().indexed == len(SAID) + 1
    meaning.clear()
    assert index_state().indexed == 0
    assert found("broken elevator") == []


def test_what_cannot_be_looked_for_is_refused(comments: None) -> None:
    for text in ("x" * 201, "late\x00"):
        with pytest.raises(Refused):
            search_verbatims(None, Selection(), text)
    assert found("") == []
    assert found("…", "words") == []


def test_the_page_and_the_api_find(comments: None, person_with: Callable[..., Person], client: Client) -> None:
    assert client.get("/verbatims", {"q": "late"}).status_code == 302
    ensure_company(name="Test company", pack="retail")
    client.force_login(person_with("cx_team"))
    page = client.get("/verbatims", {"q": "shipment too late"}).content.decode()
    assert "came a week late" in page
    assert "similarity" in page
    words = client.get("/verbatims", {"q": "week <late", "way": "words"}).content.decode()
    assert "<late" not in words.replace("&lt;late", "")
    marked_page = client.get("/verbatims", {"q": "week late", "way": "words"}).content.decode()
    assert "<mark>week</mark>" in marked_page


def test_words_are_marked_and_phrases_read() -> None:
    assert phrases_in('late  "never again" late, (why?)') == ("late", "never again", "why")
    assert marked("Late, later, LATE", ("late",)) == (("Late", True), (", later, ", False), ("LATE", True))


@given(st.integers(0, 50), st.integers(1, 12), st.sampled_from([64, 70, 256]))
def test_the_nearest_of_all_parts_are_found(seed: int, k: int, dimensions: int) -> None:
    random = np.random.default_rng(seed)
    vectors = unit_rows(random.normal(size=(90, dimensions)).astype(np.float32))
    middle = np.zeros(dimensions, np.float32)
    parts = [pack(vectors[:30], middle), pack(vectors[30:30], middle), pack(vectors[30:], middle)]
    query = vectors[seed]
    places, similarity = nearest(query, parts, middle, k)
    assert len(places) == k
    assert places[0] == seed
    exact = vectors @ query
    assert similarity == pytest.approx(exact[places], abs=0.01)
    assert exact[places].min() >= np.sort(exact)[-k] - 0.02
    even: Any = [np.arange(30) % 2 == 0, None, np.arange(60) % 2 == 0]
    assert all(place % 2 == 0 for place in nearest(query, parts, middle, k, open_to_choice=even)[0])


def test_a_model_that_is_no_longer_used_leaves_no_index(comments: None) -> None:
    other = MeaningIndex("old-model")
    other.begin(np.zeros(4, np.float32))
    bring_index_up_to_date()
    assert not other.exists()
    assert text_models.models_folder().exists()
