"""Searching comments by their words and by what they mean, within what a person may read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from django.utils.translation import gettext

from headwater.base.queue import enqueue
from headwater.base.refusals import Refused
from headwater.insight import text_models
from headwater.insight.labelling import Reporting
from headwater.insight.meaning_index import MeaningIndex, indexes
from headwater.insight.models import LabellerInForce
from headwater.insight.verbatims import FAR_ENOUGH, PAGE_SIZE, as_allowed, visible
from headwater.metrics.store import company_record
from headwater.record.questions import MatchingKeys, Signal, SignalsAmong, Size, TextSample, WordMatches

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from headwater.base.models import Person
    from headwater.insight.selection import Selection
    from headwater.insight.text_models import CommentEncoder
    from headwater.record.filters import Filter

    Vectors = NDArray[np.float32]

Way = Literal["meaning", "words"]
INDEX: Final = "insight.index_meaning"
LONGEST: Final = 200
MOST_PARTS: Final = 8
MOST: Final = 200
"""Comments that a search by meaning shows at most: beyond, similarity says little."""
LOOKED_AT: Final = 600
"""Of the nearest, so many are asked whether they are in the selection before the selection itself is looked through."""
SAMPLE: Final = 2_000
SEED: Final = 20_260_101
AT_ONCE: Final = 50_000


@dataclass(frozen=True, slots=True)
class Found:
    """A comment that was found; ``similarity`` is the cosine to what was asked, −1…1, None for a search by words."""

    signal: Signal
    similarity: float | None


@dataclass(frozen=True, slots=True)
class FoundPage:
    """One page of what was found. ``way`` is how it was looked for, ``parts`` are the words and phrases."""

    rows: tuple[Found, ...]
    way: Way
    parts: tuple[str, ...]
    number: int
    has_next: bool

    @property
    def next(self) -> int:
        return self.number + 1

    @property
    def previous(self) -> int:
        return self.number - 1


@dataclass(frozen=True, slots=True)
class IndexState:
    """How many comments can be searched by meaning, of how many there are."""

    indexed: int
    comments: int

    @property
    def is_complete(self) -> bool:
        return self.indexed >= self.comments


def search_verbatims(
    person: Person | None, selection: Selection, text: str, *, way: Way = "meaning", number: int = 1
) -> FoundPage:
    """Find comments that this person may read, in this selection; refuses what is too long to search for.

    By meaning: the most similar first. By words: those that say every word, and every phrase in quotation marks, as
    whole words in any case; the newest first.
    """
    text = text.strip()
    where = visible(person, selection)
    if len(text) > LONGEST or "\x00" in text:
        message = gettext("Look for at most %(most)d characters; these are %(given)d.")
        raise Refused("search_too_long", message % {"most": LONGEST, "given": len(text)}, "q")
    number = min(max(number, 1), FAR_ENOUGH)
    parts = phrases_in(text)
    if not parts:
        return FoundPage((), way, (), number, False)
    if way == "words":
        first = (number - 1) * PAGE_SIZE
        asked = WordMatches(parts, where, selection.since, selection.until, limit=PAGE_SIZE, offset=first)
        answer = company_record().ask(asked)
        return FoundPage(
            tuple(Found(row, None) for row in as_allowed(person, answer.rows)), way, parts, number, answer.more
        )
    first, last = (number - 1) * PAGE_SIZE, number * PAGE_SIZE
    found, more = _by_meaning(text, where, selection, slice(first, last))
    shown = as_allowed(person, (one.signal for one in found))
    permitted = tuple(replace(one, signal=row) for one, row in zip(found, shown, strict=True))
    return FoundPage(permitted, way, parts, number, more)


def phrases_in(text: str) -> tuple[str, ...]:
    """The words of a search, and as one each what stands in quotation marks; each once."""
    found = (quoted or word for quoted, word in re.findall(r'["“„]([^"“”„]+)["”“]?|([^\s"“”„]+)', text))
    parts = (part.strip(" \t.,;:!?()") for part in found)
    return tuple(dict.fromkeys(part for part in parts if part))[:MOST_PARTS]


def marked(text: str, parts: Sequence[str]) -> tuple[tuple[str, bool], ...]:
    """A text in pieces, each with whether it is one of the words or phrases that were looked for."""
    if not parts:
        return ((text, False),)
    words = "|".join(re.escape(part) for part in sorted(parts, key=len, reverse=True))
    pieces = re.split(rf"((?<!\w)(?:{words})(?!\w))", text, flags=re.IGNORECASE)
    return tuple((piece, place % 2 == 1) for place, piece in enumerate(pieces) if piece)


def index_state() -> IndexState:
    """How far the index is."""
    encoder = encoder_in_force()
    index = MeaningIndex(encoder.name) if encoder else None
    return IndexState(len(index) if index and index.exists() else 0, company_record().ask(Size()).with_text)


def bring_index_up_to_date(context: Reporting | None = None) -> int:
    """Read what the index does not have yet, drop what the record replaced; returns how many comments were read.

    Killed half-way it goes on where it was. Cheap when nothing is new.
    """
    encoder, record = encoder_in_force(), company_record()
    if encoder is None:
        return 0
    index = MeaningIndex(encoder.name)
    if not index.exists():
        sample = record.ask(TextSample(SAMPLE, SEED)).texts
        if not sample:
            return 0
        index.begin(encoder.encode(sample).mean(axis=0))
    waiting = sorted(record.word_files() - index.names())
    done = 0
    for place, name in enumerate(waiting):
        done += _index_file(index, encoder, name)
        if context is not None:
            context.progress(place + 1, len(waiting), gettext("read for the search by meaning"))
    drop_outdated()
    for other in indexes():
        if other.folder != index.folder:
            other.discard()
    return done


def drop_outdated(customer_ids: Sequence[str] = ()) -> None:
    """Remove from every index the files that the record has replaced, as it does when a customer is erased."""
    current = company_record().word_files()
    gone = [(index, name) for index in indexes() for name in index.names() - current]
    for index, name in gone:
        index.remove(name)
    if gone and customer_ids:
        enqueue(INDEX, {}, unique_key=INDEX)


def _index_file(index: MeaningIndex, encoder: CommentEncoder, name: str) -> int:
    rows = company_record().words_in(name)
    if rows is None:
        return 0
    parts = [encoder.encode(rows["text"].slice(start, AT_ONCE).to_pylist()) for start in range(0, len(rows), AT_ONCE)]
    vectors = np.vstack(parts) if parts else np.zeros((0, encoder.encoder.dimensions), np.float32)
    days = rows["local_date"].cast("int32").fill_null(0).to_numpy()
    index.add(name, rows["signal_key"].to_numpy(), days, vectors)
    # An erasure that was quicker has dropped what is not there any more; what was added since must go as well.
    if name not in company_record().word_files():
        index.remove(name)
    return len(rows)


def _by_meaning(text: str, where: Filter | None, selection: Selection, page: slice) -> tuple[tuple[Found, ...], bool]:
    """The comments of a page of what is found, and whether there are more."""
    encoder = encoder_in_force()
    if encoder is None or not (index := MeaningIndex(encoder.name)).exists():
        return (), False
    query = encoder.encode([text])[0]
    if not query.any():
        return (), False
    if where is None:
        # The order is the index's, so that the comments of one page alone need reading.
        keys, similarity = index.nearest(query, MOST, since=selection.since, until=selection.until)
        alike = keys[similarity > 0]
        ranked = _measured_again(_those_that_match(alike[page], None), query, encoder)
        return tuple(ranked), len(alike) > page.stop
    keys, _ = index.nearest(query, LOOKED_AT, since=selection.since, until=selection.until)
    rows = _those_that_match(keys, where)
    if len(rows) < min(MOST, len(keys)):
        # Few of the nearest are in the selection: compare all of the selection instead.
        inside = company_record().ask_once(MatchingKeys(where, selection.since, selection.until))
        keys, _ = index.nearest(query, MOST, among=inside.keys)
        rows = _those_that_match(keys, where)
    ranked = [one for one in _measured_again(rows, query, encoder) if one.similarity is not None and one.similarity > 0]
    return tuple(ranked[page]), len(ranked[:MOST]) > page.stop


def _those_that_match(keys: NDArray[np.int64], where: Filter | None) -> tuple[Signal, ...]:
    """The signals of these keys, in their order, that are in the record and match."""
    wanted = keys[:MOST] if where is None else keys
    if not len(wanted):
        return ()
    found = company_record().ask_once(SignalsAmong(tuple(sorted(wanted.tolist())), where))
    by_key = {row.signal_key: row for row in found}
    return tuple(by_key[key] for key in wanted.tolist() if key in by_key)[:MOST]


def _measured_again(rows: tuple[Signal, ...], query: Vectors, encoder: CommentEncoder) -> list[Found]:
    """The index is packed; the few that are shown are measured on their own words."""
    exact = encoder.encode([row.text or "" for row in rows]) @ query
    order = np.argsort(-exact, kind="stable")
    return [Found(rows[place], float(exact[place])) for place in order]


def encoder_in_force() -> CommentEncoder | None:
    """The encoder of the labels that count now; None before anything was labelled."""
    row = LabellerInForce.objects.select_related("text_model").first()
    return text_models.load(row.text_model) if row else None


def clear() -> None:
    """Forget the index; run when the sample company is cleared."""
    for index in indexes():
        index.discard()
