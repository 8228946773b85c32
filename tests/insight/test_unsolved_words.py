"""Why contacts were not solved as customers' words say: sure or not sure, checked against what the source says."""

import csv
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from django.test import Client

from headwater.base.models import Person
from headwater.insight import unsolved_words
from headwater.insight.demand_wording import words_sentence
from headwater.insight.text_models import CommentEncoder, table
from headwater.insight.unsolved import why_unsolved
from headwater.insight.unsolved_words import read_reasons
from headwater.science import Estimate, NoVerdict
from tests.insight.conftest import DAY, Label, Write
from tests.insight.test_failure_demand import contact

EXAMPLES: dict[str, list[str]] = yaml.safe_load(Path(__file__).with_name("unsolved_examples.yaml").read_text())


@pytest.fixture(scope="module")
def encoder(shared: Path) -> CommentEncoder:
    """The English table as it ships, centred on comments that give no reason."""
    with (shared / "data/banking77/test.csv").open() as file:
        ordinary = [row["text"] for row in csv.DictReader(file)][:1000]
    english = table("english")
    return CommentEncoder("test", "english", english, english.encode(ordinary).mean(axis=0))


def test_what_is_surely_read_is_right_and_the_rest_is_not_sure(encoder: CommentEncoder) -> None:
    comments = [(text, reason) for reason, texts in EXAMPLES.items() for text in texts]
    heard = read_reasons(encoder, [[text] for text, _reason in comments])
    sure = [(said, truth) for said, (_text, truth) in zip(heard, comments, strict=True) if said != "not_sure"]
    assert len(sure) >= 20
    assert sum(said == truth for said, truth in sure) / len(sure) >= 0.9


def test_ordinary_questions_seldom_sound_like_a_reason(encoder: CommentEncoder, shared: Path) -> None:
    with (shared / "data/banking77/test.csv").open() as file:
        ordinary = [[row["text"]] for row in csv.DictReader(file)][1000:2000]
    heard = Counter(read_reasons(encoder, ordinary))
    assert heard["not_sure"] > 900


def test_the_surest_of_several_texts_counts(encoder: CommentEncoder) -> None:
    plain, telling = "Where is my parcel?", "She told me only a manager is allowed to approve that."
    assert read_reasons(encoder, [[plain], [plain, telling], []]) == ["not_sure", "authority", "not_sure"]


@pytest.fixture
def contacts(
    write: Write, label: Label, journey: None, encoder: CommentEncoder, monkeypatch: pytest.MonkeyPatch
) -> Callable[[int], None]:
    """Write contacts whose source says why in half of the cases; the words always say it."""
    monkeypatch.setattr(unsolved_words, "encoder_in_force", lambda: encoder)

    def make(times: int, told: dict[str, str] | None = None) -> None:
        rows: list[dict[str, Any]] = []
        for reason in ("authority", "staffing"):
            sure = [text for text in EXAMPLES[reason] if read_reasons(encoder, [[text]]) == [reason]]
            for number in range(times):
                place = len(rows)
                said = {"unsolved_reason": (told or {}).get(reason, reason)} if number % 2 else {"unsolved_reason": "?"}
                rows.append({**contact(place, f"c{place}"), "text": sure[number % len(sure)], "attributes": said})
        rows.append({"record_id": "last", "kind": "review", "local_date": DAY + timedelta(days=60)})
        write(rows)
        label({str(place): {"causes": ["delivery_late"]} for place in range(2 * times)})

    return make


@pytest.mark.django_db
@pytest.mark.reads_record
def test_words_stand_beside_what_the_source_says(
    contacts: Callable[[int], None], person_with: Callable[..., Person], client: Client
) -> None:
    contacts(60)
    found = why_unsolved()
    assert found is not None
    words = found.words
    assert words is not None
    assert (words.read, words.checked, words.sure) == (60, 60, 60)
    assert isinstance(words.right, Estimate)
    assert words.right.estimate == 1
    by_reason = {one.reason: one for one in words.reasons}
    assert by_reason["authority"].n == by_reason["staffing"].n == 30
    corrected = by_reason["authority"].corrected
    assert isinstance(corrected, Estimate)
    assert corrected.low < 0.5 < corrected.high
    client.force_login(person_with("employee"))
    assert words_sentence(words) in client.get("/demand").content.decode()
    answer = client.get("/api/v1/demand").json()["unsolved_in_words"]
    assert (answer["read"], answer["trusted"]) == (60, True)


@pytest.mark.django_db
@pytest.mark.reads_record
def test_with_few_contacts_to_check_on_nothing_is_corrected(contacts: Callable[[int], None]) -> None:
    contacts(10)
    found = why_unsolved()
    assert found is not None
    assert found.words is not None
    assert all(isinstance(one.corrected, NoVerdict) for one in found.words.reasons)
    assert "Too few contacts" in words_sentence(found.words)


@pytest.mark.django_db
@pytest.mark.reads_record
def test_words_that_the_source_contradicts_are_not_used(contacts: Callable[..., None]) -> None:
    contacts(60, {"authority": "skill", "staffing": "upstream"})
    found = why_unsolved()
    assert found is not None
    assert found.words is not None
    assert not found.words.trusted
    assert "contradict each other" in words_sentence(found.words)


def test_reasons_that_sound_alike_are_told_by_nothing() -> None:
    same = np.zeros((5, 5))
    same[:4] = (5, 5, 5, 5, 80)
    [first, *_others] = unsolved_words._corrected(np.array([5, 5, 5, 5, 80]), same)
    assert isinstance(first, NoVerdict)
    assert first.code == "alike"
