"""Why contacts were not solved, read from customers' words where the source says nothing.

A sample of the contacts is read: the words of the contact and of the one that came after it. A classifier that ships
with the product tells four reasons and *none of them* apart, sentence by sentence, and is *not sure* below a confidence
measured on examples and on comments that give no reason at all (docs/develop/text.md). How often it errs in this
company is measured on contacts of which the source says why; without enough of these there is no corrected share.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

import headwater.science as hs
from headwater.insight.label_rules import sentences
from headwater.insight.meaning import encoder_in_force
from headwater.insight.phrases import phrases
from headwater.insight.text_models import CommentEncoder, Pair
from headwater.metrics.store import company_record
from headwater.record.questions import SignalRows, Unsolved, UnsolvedContact, UnsolvedContacts
from headwater.science.results import Estimate, NoVerdict, Result
from headwater.science.text import Classifier, learn

Spoken = Literal["authority", "skill", "staffing", "upstream", "not_sure"]
SPOKEN: Final[tuple[Spoken, ...]] = get_args(Spoken)
MOST_READ: Final = 1_000
LEAST_CHECKED: Final = 50
"""Contacts of which the source says why and that have words: with fewer nobody knows how often the words mislead."""
AT_LEAST_RIGHT: Final = 0.5
TEMPERATURES: Final[Mapping[Pair, float]] = {"english": 0.8, "multilingual": 0.75}
THRESHOLDS: Final[Mapping[Pair, float]] = {"english": 0.55, "multilingual": 0.8}


@dataclass(frozen=True, slots=True)
class SpokenReason:
    """One reason: of the contacts read, those whose words surely give it, and their share; ``corrected`` for the
    reader's errors."""

    reason: Spoken
    n: int
    share: Result
    corrected: Result


@dataclass(frozen=True, slots=True)
class WhyInWords:
    """What words say of the contacts whose source says nothing: of ``unsaid`` in the sample ``read`` have words.

    ``checked`` contacts have both words and a reason from the source; where the words are sure of one, ``right`` is how
    often it is the source's.
    """

    read: int
    unsaid: int
    reasons: tuple[SpokenReason, ...]
    checked: int
    right: Result

    @property
    def sure(self) -> int:
        return sum(one.n for one in self.reasons if one.reason != "not_sure")

    @property
    def trusted(self) -> bool:
        """Whether what the words say may stand beside what the source says: not where the two are known to disagree."""
        return not isinstance(self.right, Estimate) or self.right.high >= AT_LEAST_RIGHT


def why_in_words(asked: Unsolved) -> WhyInWords | None:
    """Read a sample of the contacts that ``asked`` counts; None where none of them has words."""
    contacts = company_record().ask(UnsolvedContacts(asked, MOST_READ))
    words = _words(contacts)
    said = [one for one in contacts if one.reason in SPOKEN and words[one.signal_key]]
    unsaid = [one for one in contacts if one.reason not in SPOKEN]
    readable = [one for one in unsaid if words[one.signal_key]]
    if not readable:
        return None
    encoder = encoder_in_force()
    if encoder is None:
        return None
    heard = read_reasons(encoder, [words[one.signal_key] for one in (*readable, *said)])
    truth = [one.reason for one in said]
    return _answer(heard[: len(readable)], heard[len(readable) :], truth, len(unsaid))


def read_reasons(encoder: CommentEncoder, comments: Sequence[Sequence[str]]) -> list[Spoken]:
    """The reason that each contact's words surely give; each contact has one text or several."""
    texts = [text for one in comments for text in one]
    owners = np.repeat(np.arange(len(comments)), [len(one) for one in comments])
    parts, rows = sentences(texts)
    classifier = _classifier(encoder)
    probabilities = classifier.probabilities(encoder.encode([*texts, *parts]))
    whose = np.concatenate([owners, owners[rows]]) if len(rows) else owners
    names = [classifier.classes.index(one) for one in SPOKEN if one != "not_sure"]
    best = np.zeros((len(comments), len(names)))
    np.maximum.at(best, whose, np.where(_is_best(probabilities, names), probabilities[:, names], 0.0))
    sure = best.max(axis=1) >= THRESHOLDS[encoder.pair]
    return [SPOKEN[place] if known else "not_sure" for place, known in zip(best.argmax(axis=1), sure, strict=True)]


def _is_best(probabilities: NDArray[np.float32], names: list[int]) -> NDArray[np.bool_]:
    """Whether a reason is the best class of a text: one that is beaten by "none of them" is not said."""
    return np.asarray(probabilities.argmax(axis=1)[:, None] == np.array(names)[None, :])


def _classifier(encoder: CommentEncoder) -> Classifier:
    rows = phrases("unsolved", encoder.pair)
    vectors = encoder.encode_phrases([phrase for phrase, _reason in rows])
    return learn(vectors, [reason for _phrase, reason in rows], [1.0] * len(rows)).at(TEMPERATURES[encoder.pair])


def _words(contacts: Sequence[UnsolvedContact]) -> dict[int, list[str]]:
    """The words of each contact and of the one after it, the later first."""
    keys = {key for one in contacts for key in (one.signal_key, one.following_key) if key is not None}
    rows = company_record().ask(SignalRows(tuple(sorted(keys)))) if keys else ()
    texts = {row.signal_key: row.text for row in rows if row.text}
    return {
        one.signal_key: [texts[key] for key in (one.following_key, one.signal_key) if key in texts] for one in contacts
    }


def _answer(heard: Sequence[Spoken], checked: Sequence[Spoken], truth: Sequence[str | None], unsaid: int) -> WhyInWords:
    counts = np.array([sum(one == reason for one in heard) for reason in SPOKEN])
    confusion = np.zeros((len(SPOKEN), len(SPOKEN)))
    for predicted, reason in zip(checked, truth, strict=True):
        confusion[SPOKEN.index(reason), SPOKEN.index(predicted)] += 1
    n = len(heard)
    shares = [hs.proportion(int(count), n) for count in counts]
    rows = zip(SPOKEN, counts.tolist(), shares, _corrected(counts, confusion), strict=True)
    sure = confusion[:, :-1]
    right: Result = NoVerdict("few_checked", "Too few contacts have both words and a reason.", len(truth))
    if sure.sum() >= LEAST_CHECKED / 2:
        right = hs.proportion(round(float(np.trace(sure))), round(float(sure.sum())))
    return WhyInWords(n, unsaid, tuple(SpokenReason(*row) for row in rows), len(truth), right)


def _corrected(counts: NDArray[np.int64], confusion: NDArray[np.float64]) -> list[Result]:
    """Shares of the true reasons; a contact that says none has one of the four too."""
    checked = round(float(confusion.sum()))
    if checked < LEAST_CHECKED:
        few = NoVerdict("few_checked", "Too few contacts have both words and a reason from the source.", checked)
        return [few] * len(SPOKEN)
    if not hs.tells_apart(confusion):
        alike = NoVerdict("alike", "Whatever the reason, customers' words sound alike here.", checked)
        return [alike] * len(SPOKEN)
    return hs.corrected_shares(counts, confusion)
