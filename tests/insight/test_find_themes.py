"""Themes: what no cause fits is found, kept from run to run, made a cause, and what people decided stays."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from headwater.base.models import Job, Person
from headwater.base.permissions import NotAllowed
from headwater.base.refusals import Conflict, NotFound, Refused
from headwater.insight import labelling
from headwater.insight.models import Theme
from headwater.insight.themes import (
    dismiss_theme,
    growth,
    join_theme,
    promote_theme,
    restore_theme,
    themes,
    undo_promotion,
    words_of,
)
from headwater.insight.themes_finding import find_themes, forget_erased, matched
from headwater.insight.themes_wording import themes_sentence
from headwater.journey.queries import draft, taxonomy
from headwater.journey.services import change_item
from headwater.metrics.store import company_record
from headwater.record.keys import signal_key
from headwater.record.questions import SignalRows
from headwater.science import Estimate
from tests.insight.conftest import DAY, Write

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journey")]

PARK = ("The car park was flooded up to the doors of our car",)
LATE = ("My parcel arrived late", "Delivery came days after the promised date", "The parcel is late again")
ENDINGS = ("", " again", ", what now?", " and nobody helps", " since Monday", ", please help", "!", " once more")


def said(name: str, texts: tuple[str, ...], days: int) -> list[dict[str, Any]]:
    return [
        {
            "record_id": f"{name}-{number}",
            "kind": "contact",
            "text": texts[number % len(texts)] + ENDINGS[number % len(ENDINGS)],
            "language": "en",
            "local_date": DAY + timedelta(days=days + number % 20),
        }
        for number in range(24)
    ]


@pytest.fixture
def comments(write: Write) -> None:
    """Two dozen comments of late about a flooded car park, which the journey knows nothing of; late parcels always."""
    write([*said("park", PARK, 100), *said("late", LATE, 20), *said("late-now", LATE, 100)])
    labelling.label_new()


def park() -> Theme:
    """The theme that the flooded car park is."""
    return next(row for row in Theme.objects.all() if signal_key("test", "park-0") in row.members)


def test_what_no_cause_fits_comes_back_as_a_theme_named_by_its_words(comments: None) -> None:
    assert find_themes() >= 1
    row = park()
    assert row.size >= 20
    assert row.customers >= 20
    assert set(" ".join(row.words).split()) & {"car", "park", "flooded", "doors"}
    words = words_of(None, [row], 3)[row.pk]
    assert words
    assert all("car park" in (one.text or "").lower() for one in words)
    assert not any("parcel" in (one.text or "") for one in words_of(None, [row], 12)[row.pk])
    found = themes(None)
    assert row.pk in {one.pk for one in (*found.new, *found.near)}
    assert ("fits no cause" in themes_sentence(found)) == (len(found.new) == 1)


def test_growth_is_the_share_of_comments_now_against_before(comments: None, write: Write) -> None:
    find_themes()
    row = park()
    assert row.now == row.size
    assert row.earlier == 0
    assert not isinstance(growth(row), Estimate)  # nothing before to compare with
    write([{**one, "record_id": f"earlier-{n}"} for n, one in enumerate(said("park", PARK, 50)[:8])])
    labelling.label_new()
    find_themes()
    found = growth(park())
    assert isinstance(found, Estimate)
    row = park()
    assert found.estimate == pytest.approx((row.now / row.now_of) / (row.earlier / row.earlier_of))


def test_looking_again_finds_the_same_themes_and_keeps_what_was_decided(comments: None, write: Write) -> None:
    find_themes()
    row = park()
    dismiss_theme(None, row.pk, "A campaign that is over.")
    write([{**one, "record_id": f"more-{n}"} for n, one in enumerate(said("park", PARK, 101))])
    labelling.label_new()
    find_themes()
    again = park()
    assert (again.pk, again.name, again.state) == (row.pk, row.name, "dismissed")
    assert again.size > row.size
    assert row.pk not in {one.pk for one in (*themes(None).new, *themes(None).near)}
    assert restore_theme(None, row.pk).state == "new"


def test_one_click_makes_it_a_cause_with_its_examples_and_history_is_labelled(
    comments: None, person_with: Callable[..., Person]
) -> None:
    find_themes()
    lead, row = person_with("cx_team"), park()
    promoted = promote_theme(lead, row.pk, "Car park flooded", edition=0)
    cause = taxonomy().cause(promoted.cause)
    assert cause is not None
    assert cause.name == "Car park flooded"
    assert any("car park" in phrase.lower() for phrase in cause.examples)
    assert Job.objects.filter(name="insight.relabel", state="waiting").exists()
    assert promote_theme(lead, row.pk).cause == promoted.cause
    labelling.relabel_everything()
    from headwater.record.questions import Verbatims

    named = company_record().ask(Verbatims(cause=cause.id, limit=100)).rows
    assert len(named) >= 12
    assert all("park" in (one.text or "").lower() for one in named)
    find_themes()
    assert row.pk not in {one.pk for one in (*themes(None).new, *themes(None).near)}
    assert undo_promotion(lead, row.pk).state == "new"
    retired = taxonomy().cause(cause.id)
    assert retired is not None
    assert retired.retired


def test_what_else_waits_in_the_draft_is_not_published_along(
    comments: None, person_with: Callable[..., Person]
) -> None:
    find_themes()
    change_item(None, "cause", "delivery_late", {"description": "Something that is still being written."})
    row = promote_theme(person_with("cx_team"), park().pk)
    assert taxonomy().cause(row.cause) is None
    waiting = draft()
    assert waiting is not None
    assert waiting.taxonomy.cause(row.cause) is not None
    undo_promotion(person_with("cx_team"), row.pk)
    after = draft()
    assert after is not None
    assert after.taxonomy.cause(row.cause) is None


def test_a_theme_that_is_a_known_cause_gives_it_its_examples(comments: None) -> None:
    find_themes()
    row = park()
    before = taxonomy().cause("damaged")
    assert before is not None
    join_theme(None, row.pk, "damaged")
    after = taxonomy().cause("damaged")
    assert after is not None
    assert set(before.examples) < set(after.examples)
    undo_promotion(None, row.pk)
    assert taxonomy().cause("damaged") == before
    with pytest.raises(Refused, match="no cause"):
        join_theme(None, row.pk, "nonsense")


def test_only_who_edits_the_journey_decides_and_only_once(comments: None, person_with: Callable[..., Person]) -> None:
    find_themes()
    row = park()
    for role in ("employee", "manager", "executive"):
        with pytest.raises(NotAllowed):
            promote_theme(person_with(role), row.pk)
        with pytest.raises(NotAllowed):
            dismiss_theme(person_with(role), row.pk, "no")
    assert words_of(person_with("employee"), [row], 3).get(row.pk, ()) == ()
    dismiss_theme(None, row.pk, "no", edition=0)
    with pytest.raises(Conflict):
        promote_theme(None, row.pk, edition=0)
    for reason in ("", " ", "x" * 1_001, "\x00"):
        with pytest.raises(Refused):
            dismiss_theme(None, row.pk, reason)
    with pytest.raises(NotFound):
        dismiss_theme(None, 10**9, "no")
    with pytest.raises(Conflict):
        undo_promotion(None, row.pk)


def test_what_is_erased_leaves_the_themes(comments: None) -> None:
    find_themes()
    row = park()
    gone = words_of(None, [row], 1)[row.pk][0]
    company_record().erase_customer(gone.customer_id or "")
    forget_erased()
    after = Theme.objects.get(pk=row.pk)
    assert gone.signal_key not in after.members
    assert gone.signal_key not in after.typical


def test_words_that_only_the_erased_said_go_with_them(comments: None) -> None:
    find_themes()
    row = park()
    row.words = [*row.words, "flooded", "zanzibar"]
    row.name = " · ".join(row.words[:3])
    row.save()
    erased, *_others = sorted({one.customer_id or "" for one in words_of(None, [row], 50)[row.pk]})
    company_record().erase_customer(erased)
    forget_erased([erased])
    after = Theme.objects.get(pk=row.pk)
    assert "zanzibar" not in after.words
    assert "flooded" in after.words
    assert after.size == len(after.members) or after.size == row.size - (len(row.members) - len(after.members))


def test_a_theme_of_which_hardly_anybody_is_left_goes(comments: None) -> None:
    find_themes()
    row, decided = park(), park()
    held = company_record().ask(SignalRows(tuple(row.members)))
    for customer in sorted({one.customer_id or "" for one in held})[3:]:
        company_record().erase_customer(customer)
    decided.state = Theme.State.DISMISSED
    decided.save()
    forget_erased()
    after = Theme.objects.get(pk=row.pk)
    assert (after.state, after.words, after.name) == ("dismissed", [], "erased")
    Theme.objects.filter(pk=row.pk).update(state=Theme.State.NEW, members=[*after.members, 1], name="a · b")
    forget_erased()
    assert not Theme.objects.filter(pk=row.pk).exists()


def test_the_page_opens_and_decides(comments: None, person_with: Callable[..., Person], client: Client) -> None:
    find_themes()
    row = park()
    assert client.get("/themes").status_code == 302
    client.force_login(person_with("employee"))
    assert "Make it a cause" not in client.get("/themes").content.decode()
    assert client.post(f"/themes/{row.pk}/promote").status_code == 403
    client.force_login(person_with("cx_team"))
    assert "Make it a cause" in client.get("/themes").content.decode()
    assert client.post(f"/themes/{row.pk}/dismiss", {"reason": "", "seen": "0"}).status_code == 400
    assert client.post(f"/themes/{row.pk}/dismiss", {"reason": "none", "seen": "0"}).status_code == 302
    assert client.post(f"/themes/{row.pk}/undo").status_code == 302
    assert client.post("/themes/look-again").status_code == 302
    assert park().state == "new"


def test_without_comments_there_is_nothing_to_find(write: Write) -> None:
    assert find_themes() == 0
    assert themes(None).search is None


@given(st.lists(st.sets(st.integers(0, 40), min_size=1), max_size=6))
def test_a_theme_is_matched_at_most_once_and_with_itself(groups: list[set[int]]) -> None:
    given_groups = [tuple(one) for one in groups]
    pairs = matched(given_groups, given_groups)
    assert len(set(pairs.values())) == len(pairs)
    apart = [tuple(range(100 * place, 100 * place + 9)) for place in range(4)]
    assert matched(apart, list(reversed(apart))) == {0: 3, 1: 2, 2: 1, 3: 0}
    assert matched(apart, [(1_000, 1_001)]) == {}
