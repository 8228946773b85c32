"""Draft → published: one draft, one version that counts, numbers without gaps, no edit lost unseen."""

from collections.abc import Iterator
from typing import ClassVar

import pytest
from django.db import connection, models

from headwater.base import versions
from headwater.base.models import Person, Versioned
from headwater.base.refusals import Conflict

pytestmark = pytest.mark.django_db(transaction=True)


class Charter(Versioned):
    """Something that is versioned, for these tests alone."""

    class Meta(Versioned.Meta):
        app_label = "base_tests"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["state"], condition=models.Q(state="draft"), name="charter_one_draft"),
            models.UniqueConstraint(fields=["state"], condition=models.Q(state="published"), name="charter_published"),
        ]


@pytest.fixture(autouse=True)
def _table(transactional_db: None) -> Iterator[None]:
    with connection.schema_editor() as editor:
        editor.create_model(Charter)
    yield
    with connection.schema_editor() as editor:
        editor.delete_model(Charter)


def test_a_first_draft_begins_empty_and_becomes_version_one(administrator: Person) -> None:
    draft = versions.start_draft(Charter, administrator)
    assert (draft.content, draft.version, draft.created_by) == ({}, None, administrator)
    assert versions.published(Charter) is None
    versions.save_draft(draft, {"words": "Be kind."}, edition=0)
    versions.publish(draft, administrator)
    counting = versions.published(Charter)
    assert counting is not None
    assert (counting.version, counting.content, counting.published_by) == (1, {"words": "Be kind."}, administrator)
    assert counting.published_at is not None
    assert versions.draft(Charter) is None


def test_the_next_draft_begins_as_a_copy_and_what_counts_stays_until_it_is_published() -> None:
    first = versions.publish(versions.save_draft(versions.start_draft(Charter, None), {"a": 1}, edition=0), None)
    draft = versions.start_draft(Charter, None)
    assert draft.content == {"a": 1}
    versions.save_draft(draft, {"a": 2}, edition=0)
    assert versions.published(Charter) == first
    versions.publish(draft, None)
    first.refresh_from_db()
    assert (first.state, first.version, first.content) == ("superseded", 1, {"a": 1})
    assert versions.published(Charter) == draft
    assert draft.version == 2


def test_there_is_one_draft_for_everyone() -> None:
    assert versions.start_draft(Charter, None) == versions.start_draft(Charter, None)


def test_of_two_editors_the_slower_is_told_instead_of_overwriting() -> None:
    mine = versions.start_draft(Charter, None)
    theirs = versions.start_draft(Charter, None)
    versions.save_draft(theirs, {"by": "them"}, edition=theirs.edition)
    with pytest.raises(Conflict, match="Someone else changed"):
        versions.save_draft(mine, {"by": "me"}, edition=mine.edition)
    mine.refresh_from_db()
    assert mine.content == {"by": "them"}


def test_a_draft_is_published_once() -> None:
    draft = versions.start_draft(Charter, None)
    again = Charter.objects.get()
    versions.publish(draft, None)
    with pytest.raises(Conflict, match="already"):
        versions.publish(again, None)
    with pytest.raises(Conflict):
        versions.save_draft(again, {"late": True}, edition=again.edition)


def test_what_someone_changed_meanwhile_is_neither_published_nor_discarded_unseen() -> None:
    draft = versions.start_draft(Charter, None)
    seen = draft.edition
    versions.save_draft(draft, {"by": "them"}, edition=seen)
    for do in (lambda: versions.publish(draft, None, seen=seen), lambda: versions.discard_draft(draft, seen=seen)):
        with pytest.raises(Conflict, match="Someone else changed"):
            do()
    kept = versions.draft(Charter)
    assert kept is not None
    assert kept.content == {"by": "them"}
    versions.publish(draft, None, seen=kept.edition)
    assert versions.draft(Charter) is None


def test_a_discarded_draft_leaves_what_counts_and_never_takes_it_away() -> None:
    published = versions.publish(versions.start_draft(Charter, None), None)
    versions.start_draft(Charter, None)
    draft = versions.draft(Charter)
    assert draft is not None
    versions.discard_draft(draft)
    versions.discard_draft(published)
    assert versions.draft(Charter) is None
    assert versions.published(Charter) == published
