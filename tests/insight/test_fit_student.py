"""A student is fitted to the company's own comments, and refitted when they change."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from headwater.base.models import HistoryEntry, Job
from headwater.insight import fitting, text_models
from headwater.insight.fitting import fit_student, pair_for
from headwater.insight.labelling import label_new, relabel_everything
from headwater.insight.models import LabellerInForce, TextModel
from headwater.record import Record
from headwater.science.text import unit_rows
from tests.insight.conftest import Write
from tests.insight.test_label_signals import signal, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journey")]

THINGS = ["vase", "lamp", "chair", "table", "clock", "shirt", "phone", "book", "cup", "rug"]
FATES = ["arrived broken", "came a week late", "was lovely", "never arrived", "is the wrong colour", "does not fit"]


class Projected:
    """Stands in for a teacher, at once: the table as it ships, turned by a fixed rotation."""

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        turn = np.random.default_rng(2).normal(size=(256, 32)).astype(np.float32)
        return unit_rows(text_models.table("english").encode(texts) @ turn)


@pytest.fixture
def comments(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_models, "teacher", lambda pair: Projected())
    monkeypatch.setattr(fitting, "FIRST", 50)
    write([words(f"{a} {b}", f"the {a} {b}") for a in THINGS for b in FATES])
    label_new()


def test_a_student_is_fitted_as_soon_as_there_are_enough_comments(comments: None, record: Record) -> None:
    assert Job.objects.filter(name="insight.fit_student", state=Job.State.WAITING).count() == 1
    model = fit_student()
    assert model is not None
    assert (model.kind, model.pair, model.active) == ("student", "english", True)
    assert model.measures["agreement"] > 0.8
    assert HistoryEntry.objects.filter(code="text_model.fitted", data__name=model.name).exists()
    assert Job.objects.filter(name="insight.relabel", state=Job.State.WAITING).exists()
    assert LabellerInForce.objects.get().text_model != model
    relabel_everything()
    assert LabellerInForce.objects.get().text_model == model
    assert signal(record, "vase arrived broken").model == model.name


def test_nothing_is_fitted_to_few_comments(write: Write) -> None:
    write([words("1", "the vase arrived broken")])
    label_new()
    assert fit_student() is None
    assert not Job.objects.filter(name="insight.fit_student").exists()


def test_a_student_is_left_alone_until_the_comments_change(comments: None) -> None:
    assert fit_student() is not None
    assert fit_student() is None


def test_four_times_as_many_comments_ask_for_a_new_student(comments: None, write: Write) -> None:
    fit_student()
    write([words(f"{a} {b} {n}", f"the {a} {b} {n}") for a in THINGS for b in FATES for n in range(3)])
    model = fit_student()
    assert model is not None
    assert model.measures["reason"] == "grown"


def test_comments_that_drifted_ask_for_a_new_student(comments: None, monkeypatch: pytest.MonkeyPatch) -> None:
    fit_student()
    monkeypatch.setattr(fitting, "RECENT", 20)
    assert fit_student() is None
    TextModel.objects.filter(active=True).update(measures={"texts": 9_000, "agreement": 1.06})
    model = fit_student()
    assert model is not None
    assert model.measures["reason"] == "drift"


def test_comments_in_another_language_ask_for_the_other_pair(comments: None, write: Write) -> None:
    fit_student()
    write([words(f"pt {n}", f"o produto {n} veio quebrado", language="pt") for n in range(40)])
    model = fit_student()
    assert model is not None
    assert (model.pair, model.measures["reason"]) == ("multilingual", "language")


def test_the_pair_follows_the_languages() -> None:
    assert pair_for(["en"] * 8 + ["de"] * 2) == "english"
    assert pair_for(["en-GB", None, ""]) == "english"
    assert pair_for(["en"] * 7 + ["de"] * 3) == "multilingual"
    assert pair_for([None]) == pair_for([]) == "multilingual"


def test_a_damaged_model_file_is_not_used(comments: None) -> None:
    model = fit_student()
    assert model is not None
    path: Path = text_models.models_folder() / model.file_name
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(Exception, match=r"."):
        text_models.load(model)


def test_the_real_teachers_are_followed(shared: Path) -> None:
    text = (shared / "data/umsab/english_train_text.txt").read_text(encoding="utf-8").splitlines()[:40]
    for pair, width in (("english", 384), ("multilingual", 512)):
        vectors = text_models.teacher(pair).encode(text)  # type: ignore[arg-type]
        assert vectors.shape == (40, width)
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)
