"""Decides which column of a file is which field of a signal, from the columns' names and what is in them."""

from dataclasses import dataclass, field
from typing import Any, cast

import pyarrow as pa
from django.utils.translation import gettext as _

from headwater.listening import synonyms
from headwater.listening.evidence import Evidence
from headwater.listening.mapping import ColumnField
from headwater.listening.pipeline.steps import RECEIVED

ALMOST_ALL = 0.95
MAX_RATINGS = 30
SEVERAL = 2
FEWEST_POINTS, MOST_POINTS = 3, 10
MUCH_DATA = 200
SCALES: tuple[tuple[float, float], ...] = ((1.0, 5.0), (1.0, 7.0), (1.0, 10.0), (0.0, 10.0), (0.0, 100.0))


@dataclass(frozen=True, slots=True)
class Unsure:
    """A question that only a person can answer; `column` is empty where it is about the whole file."""

    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Rating:
    """One of several scores of a row: a signal of its own."""

    metric: str
    scale: tuple[float, float]
    field: ColumnField
    question: str


@dataclass(slots=True)
class Draft:
    """A mapping in the making."""

    fields: dict[str, ColumnField] = field(default_factory=dict)
    metric: str | None = None
    scale: tuple[float, float] | None = None
    more_scores: list[Rating] = field(default_factory=list)
    dates: list[Evidence] = field(default_factory=list)
    """The columns with times besides the one of when it happened, likeliest first."""
    used: set[str] = field(default_factory=set)
    unsure: list[Unsure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def take(self, name: str, one: Evidence, **how: Any) -> None:
        self.fields[name] = ColumnField(column=one.name, **how)
        self.used.add(one.name)

    def doubt(self, column: str, reason: str) -> None:
        self.unsure.append(Unsure(column, reason))


def decide(draft: Draft, columns: list[Evidence], table: pa.Table) -> None:
    """Decide the fields, in the order in which one decision serves the next."""
    for one in (_sentiment, _time, _score, _text, _event, _record_id, _customer, _subject, _others):
        one(draft, columns, table)


def _sentiment(draft: Draft, columns: list[Evidence], table: pa.Table) -> None:
    for one in columns:
        given = {value.casefold() for value in one.values}
        if 2 <= len(given) <= 4 and given <= set(synonyms.SENTIMENTS):
            renamed = {value: new for value, new in synonyms.SENTIMENTS.items() if value in given and value != new}
            draft.take("sentiment", one, values=renamed)
            return


def _time(draft: Draft, columns: list[Evidence], table: pa.Table) -> None:
    ranked = sorted(((_as_time(one), one) for one in columns if one.formats), key=lambda pair: -pair[0])
    ranked = [(rank, one) for rank, one in ranked if rank > 0]
    if not ranked:
        draft.fields["occurred_at"] = ColumnField(constant=RECEIVED)
        draft.notes.append(_("No column looks like a date, so the time of arrival stands for when it happened."))
        suspect = next((one for one in columns if synonyms.strength(one.words, synonyms.TIME[:-2]) >= 2), None)
        if suspect is not None and not suspect.numeric:
            reason = _("“%s” is named like a date, and its values are none that are known.") % suspect.name
            draft.doubt(suspect.name, reason)
        return
    best = ranked[0][1]
    draft.take("occurred_at", best, format=best.formats[0])
    if len(best.formats) > 1:
        draft.doubt(
            best.name,
            _("The dates of “%(column)s”, such as %(value)s, can be read as %(formats)s: choose one.")
            % {"column": best.name, "value": _first_value(table, best.name), "formats": _(" or ").join(best.formats)},
        )
    draft.dates = [one for _rank, one in ranked[1:]]
    draft.used |= {one.name for one in draft.dates}


def _as_time(one: Evidence) -> float:
    """How much a column is the time when it happened."""
    named = synonyms.strength(one.words, synonyms.TIME)
    if one.numeric and not named:
        return 0.0
    rank = 1.0 + named + (0.5 if one.full else 0.5 * one.filled / one.rows)
    if set(one.words) & synonyms.NOT_OCCURRED:
        rank -= 2.0
    rank += bool(set(one.words) & synonyms.BEGUN) - bool(set(one.words) & synonyms.DATES_KEPT)
    return max(rank, 0.1)


def _score(draft: Draft, columns: list[Evidence], table: pa.Table) -> None:
    found: list[tuple[float, str, tuple[float, float] | None, Evidence]] = []
    for one in columns:
        if one.name in draft.used or not one.numeric or one.distinct > 101 or one.low < 0 or one.high > 100:
            continue
        for metric, phrases in synonyms.METRICS.items():
            named = synonyms.strength(one.words, phrases)
            if named:
                found.append((named + one.filled / one.rows, metric, scale_of(metric, one), one))
                break
    fitting = [item for item in found if item[2] is not None]
    fitting.sort(key=lambda item: -item[0])
    if not fitting:
        for _rank, metric, _none, one in found[:1]:
            draft.doubt(one.name, _range_reason(metric, one))
        return
    _rank, metric, scale, best = fitting[0]
    metric, scale = _settled(draft, metric, cast("tuple[float, float]", scale), best)
    draft.metric, draft.scale = metric, scale
    draft.take("score", best, **_decimal(best))
    further = [(other, own, one) for _more, other, own, one in fitting[1:] if own is not None]
    for other, own, one in [
        *further,
        *_alike(draft, columns, {best.name, *(one.name for _m, _s, one in further)}, scale),
    ]:
        if len(draft.more_scores) < MAX_RATINGS:
            how = _decimal(one)
            draft.more_scores.append(
                Rating(other, own, ColumnField.model_validate({"column": one.name, **how}), one.name)
            )
            draft.used.add(one.name)


def _alike(
    draft: Draft, columns: list[Evidence], named: set[str], scale: tuple[float, float]
) -> list[tuple[str, tuple[float, float], Evidence]]:
    """Columns that are rated as the score is, whatever they are called: “Seat comfort” beside “Overall rating”.

    One may be a number of something that happens to be small; several with the whole scale in them are ratings.
    """
    if scale[1] > MOST_POINTS:
        return []
    found = [
        one
        for one in columns
        if one.name not in draft.used | named
        and one.numeric
        and one.whole
        and scale[0] <= one.low
        and one.high == scale[1]
        and one.distinct >= FEWEST_POINTS
        and not is_identity(one)
        and not set(one.words) & synonyms.QUANTITY
    ]
    return [("rating", scale, one) for one in found] if len(found) >= SEVERAL and scale != (1.0, 7.0) else []


def scale_of(metric: str, one: Evidence) -> tuple[float, float] | None:
    """The scale that the values fit, None where they fit none of the metric's."""
    low, high = one.low, one.high
    if metric == "nps":
        return (0.0, 10.0) if high <= 10 and one.whole else None
    if metric == "ces":
        return (1.0, 7.0) if low >= 1 and high <= 7 else None
    scales = SCALES if metric == "csat" else tuple(scale for scale in SCALES if scale != (1.0, 7.0))
    return next((scale for scale in scales if scale[0] <= low and high <= scale[1]), None)


def _settled(draft: Draft, metric: str, scale: tuple[float, float], one: Evidence) -> tuple[str, tuple[float, float]]:
    """A plain “score” of 0 to 10 is the answer to the recommendation question; with many answers and no 0 it is not."""
    plain = set(one.words) <= {"score", "scores", "value", "punkte", "puntos", "pontuacao", "puntaje"}
    if metric == "rating" and plain and scale in ((1.0, 10.0), (0.0, 10.0)) and one.whole:
        if one.low >= 1 and one.filled >= MUCH_DATA:
            draft.doubt(
                one.name,
                _("“%s” runs from 1 to 10: say whether it is a rating on 1-10 or the recommendation question on 0-10.")
                % one.name,
            )
        return "nps", (0.0, 10.0)
    return metric, scale


def _range_reason(metric: str, one: Evidence) -> str:
    return _("“%(column)s” is named like %(metric)s, yet its values run from %(low)g to %(high)g: say its scale.") % {
        "column": one.name,
        "metric": metric,
        "low": one.low,
        "high": one.high,
    }


def _decimal(one: Evidence) -> dict[str, str]:
    return {"decimal": ","} if one.decimal == "," and not one.whole else {}


def _text(draft: Draft, columns: list[Evidence], table: pa.Table) -> None:
    ranked: list[tuple[float, float, Evidence]] = []
    for one in columns:
        if (
            one.name in draft.used
            or one.numeric
            or one.formats
            or one.links > 0.5
            or one.emails > 0.5
            or one.nested > 0.5
        ):
            continue
        named = synonyms.strength(one.words, synonyms.TEXT)
        if set(one.words) & synonyms.OURS:
            continue
        title = synonyms.strength(one.words, synonyms.TITLE)
        wordy = one.mean_words >= 4 and one.variety > 0.5
        if wordy or (named and (one.mean_words >= 1.5 or one.variety > 0.5 or named >= 2) and one.mean_length > 1):
            # Words said by people run long: length decides between two that are named alike.
            ranked.append((named + min(one.mean_words, 30) / 15 - 2 * bool(title and named < 2), named, one))
    if not ranked:
        return
    ranked.sort(key=lambda item: -item[0])
    (rank, named, text), *rest = ranked
    heading = next((one for _r, _n, one in rest if synonyms.strength(one.words, synonyms.TITLE)), None) or next(
        (one for one in columns if one.name not in draft.used and one is not text and _is_title_of(one, text)), None
    )
    if heading is not None:
        draft.fields["text"] = ColumnField(columns=(heading.name, text.name))
        draft.used |= {heading.name, text.name}
    else:
        draft.take("text", text)
    rivals = [one for other, _n, one in rest if rank - other < 0.3 and one is not heading]
    if rivals and not named:
        names = ", ".join(f"“{one.name}”" for one in (text, *rivals))
        draft.doubt(text.name, _("%s all hold long texts: say which is what customers said.") % names)
    draft.used |= {one.name for _r, _n, one in rest if one.mean_words >= 4 and one.variety > 0.5}


def _is_title_of(one: Evidence, text: Evidence) -> bool:
    named = synonyms.strength(one.words, synonyms.TITLE)
    return bool(named and not one.numeric and one.variety > 0.2 and one.mean_words < text.mean_words)


def _event(draft: Draft, columns: list[Evidence], table: pa.Table) -> None:
    if {"text", "score"} & set(draft.fields):
        return
    named = [(synonyms.strength(one.words, synonyms.EVENT), one) for one in columns if 1 < one.distinct <= 200]
    rank, best = max(named, key=lambda pair: pair[0], default=(0.0, None))
    if rank and best is not None and not best.numeric:
        draft.take("event", best)
        return
    draft.doubt("", _("No column holds a text, a score or an event: say which column is what happened or was said."))


def _record_id(draft: Draft, columns: list[Evidence], table: pa.Table) -> None:
    candidates = [(_as_id(one), one) for one in columns if one.name not in draft.used and not one.formats]
    ranked = sorted(((rank, one) for rank, one in candidates if rank > 0), key=lambda pair: -pair[0])
    unique = [one for _r, one in ranked if one.full and one.distinct == one.rows]
    if unique:
        draft.take("record_id", unique[0])
        return
    named = [one for _r, one in ranked if one.full]
    for first in named[:3]:
        for second in (one for one in columns if one is not first and one.name not in draft.used and one.full):
            if is_identity(second) and _distinct_pairs(table, first.name, second.name) == first.rows:
                draft.fields["record_id"] = ColumnField(columns=(first.name, second.name))
                draft.used.add(first.name)
                return
    nearly = [one for one in named if one.variety >= ALMOST_ALL and _is_record(one)]
    if nearly:
        draft.take("record_id", nearly[0])
        count = nearly[0].rows - nearly[0].distinct
        draft.notes.append(
            _("“%(column)s” repeats in %(count)d rows: the last row of an id is kept.")
            % {"column": nearly[0].name, "count": count}
        )
        return
    draft.notes.append(_("No column is an id, so a row is known by its content; sent twice, it still counts once."))


def _as_id(one: Evidence) -> float:
    """How much a column is the record's own id."""
    if not is_identity(one) or one.mean_words > 2 or (one.numeric and not one.whole):
        return 0.0
    rank = 1.0
    if one.words in (("id",), ("uuid",), ("guid",)) or set(one.words) <= synonyms.WHOLE_IDS:
        rank += 2.0
    if _is_record(one):
        rank += 1.5
    if set(one.words) & (synonyms.CUSTOMER | synonyms.SUBJECT | synonyms.CONVERSATION):
        rank -= 0.9
    return rank


def is_identity(one: Evidence) -> bool:
    return bool(set(one.words) & (synonyms.IDENTITY | synonyms.WHOLE_IDS)) or any(
        word.endswith(("id", "nummer", "number"))
        and word[:-2] in synonyms.RECORD | synonyms.CUSTOMER | synonyms.SUBJECT
        for word in one.words
    )


def is_personal(one: Evidence) -> bool:
    """Whether a column holds addresses or names of people."""
    named = set(one.words)
    if one.emails > 0.3 or named & (synonyms.CONTACT | synonyms.NAMES | synonyms.PLACE):
        return True
    return "name" in named and (named == {"name"} or bool(named & synonyms.NAMED))


def _is_record(one: Evidence) -> bool:
    return bool(set(one.words) & synonyms.RECORD) or set(one.words) <= synonyms.WHOLE_IDS


def _distinct_pairs(table: pa.Table, first: str, second: str) -> int:
    return len(table.select([first, second]).group_by([first, second]).aggregate([]))


def _customer(draft: Draft, columns: list[Evidence], table: pa.Table) -> None:
    best: tuple[float, Evidence | None] = (0.0, None)
    own_id = draft.fields.get("record_id")
    for one in columns:
        # One row a customer: the customer's id is the row's as well.
        if (
            (one.name in draft.used and (own_id is None or own_id.column != one.name))
            or one.formats
            or one.mean_words > 3
        ):
            continue
        named = bool(set(one.words) & synonyms.CUSTOMER)
        identity = is_identity(one) or bool(
            set(one.words) & {"username", "name", "kundennummer", "customerid", "userid"}
        )
        alone = len(one.words) == 1 and one.variety > 0.3
        rank = named * (2.0 + identity + ("unique" in one.words)) * (identity or alone) if not one.emails else 1.0
        if rank > best[0]:
            best = (rank, one)
    if best[1] is not None and (best[1].emails > 0.5 or best[1].variety > 0.01):
        draft.take("customer_id", best[1], personal=best[1].emails > 0.5)


def _subject(draft: Draft, columns: list[Evidence], table: pa.Table) -> None:
    identities = [one for one in columns if one.name not in draft.used and is_identity(one)]
    if "event" in draft.fields:
        identities += [one for one in columns if one.name not in draft.used and {"case", "concept"} <= set(one.words)]
    for one in identities:
        if set(one.words) & synonyms.SUBJECT or ("event" in draft.fields and "case" in one.words):
            draft.take("subject_id", one)
            break
    for one in identities:
        if one.name not in draft.used and set(one.words) & synonyms.CONVERSATION:
            draft.take("conversation_id", one)
            break


def _others(draft: Draft, columns: list[Evidence], table: pa.Table) -> None:
    for name, phrases in (
        ("language", synonyms.LANGUAGE),
        ("channel", synonyms.CHANNEL),
        ("currency", synonyms.CURRENCY),
        ("amount", synonyms.AMOUNT),
    ):
        for one in columns:
            if one.name in draft.used or synonyms.strength(one.words, phrases) < 1.5:
                continue
            if name == "amount" and not one.numeric:
                continue
            if name == "language" and not all(len(value.split("-")[0].split("_")[0]) in (2, 3) for value in one.values):
                continue
            if name != "amount" and not one.values:
                continue
            draft.take(name, one, **(_decimal(one) if name == "amount" else {}))
            break


def _first_value(table: pa.Table, name: str) -> str:
    return next((value for value in table.column(name).to_pylist() if value), "")
