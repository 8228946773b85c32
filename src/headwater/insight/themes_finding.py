"""Looking for themes: comments that no cause fits, grouped by what they mean, found again from run to run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from scipy.optimize import linear_sum_assignment

from headwater.insight.labelling import Reporting, current_labeller
from headwater.insight.models import Theme, ThemeSearch
from headwater.insight.phrases import phrases
from headwater.journey.queries import taxonomy
from headwater.metrics.store import company_record
from headwater.record.questions import Comments, CommentSample, SignalRows, Size
from headwater.science.text import exemplars
from headwater.science.text.themes import (
    LARGEST,
    group,
    main_language,
    nearest_phrase,
    share_that_says,
    typical_words,
    yardstick,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from headwater.insight.text_models import CommentEncoder
    from headwater.journey.taxonomy import Taxonomy
    from headwater.record.questions import Signal

    Rows = NDArray[np.int64]

FIND: Final = "insight.find_themes"
SAMPLE: Final = 20_000
SEED: Final = 20_260_101
DAYS: Final = 180
NOW_DAYS: Final = 28
EARLIER_DAYS: Final = 84
SHORTEST: Final = 12
"""Characters under which a comment says too little to be like another."""
FEWEST_CUSTOMERS: Final = 5
TYPICAL: Final = 12
SAME: Final = 0.3
"""Of the smaller of two groups, the share of comments they need in common to be one theme."""
NAME_WORDS: Final = 3
MOSTLY: Final = 0.5
NAMED: Final = 0.6
"""The share of a group's comments that its words must name: else it is no one thing."""
NOTHING: Final = "nothing"
"""What comments are near to that name no cause."""
KEPT_MEMBERS: Final = 2_000
STEPS: Final = 4


@dataclass(frozen=True, slots=True)
class FoundTheme:
    """A group of a sample's comments, before it is one with what was found earlier."""

    words: tuple[str, ...]
    members: tuple[int, ...]
    typical: tuple[int, ...]
    customers: int
    negative: int
    positive: int
    contacts: int
    now: int
    earlier: int
    stage: str
    nearest_cause: str


@dataclass(frozen=True, slots=True)
class Search:
    """What was found in a sample of comments, and what it was found in."""

    themes: tuple[FoundTheme, ...]
    since: date
    until: date
    looked_at: int
    unfit: int
    now_of: int
    earlier_of: int


def find_themes(context: Reporting | None = None, *, again: bool = False) -> int:
    """Look for themes in the comments of the last half year; returns how many there are. Repeatable.

    Nothing is done where neither comments nor labels changed since the last time, unless ``again``.
    """
    size = company_record().ask(Size())
    if size.last_day is None or not size.with_text:
        return 0
    seen_as = _seen_as()
    if not again and ThemeSearch.objects.filter(seen_as=seen_as).exists():
        return Theme.objects.filter(gone_at=None).count()
    since = size.last_day - timedelta(days=DAYS - 1)
    found = search_sample(company_record().ask_once(CommentSample(SAMPLE, SEED, since, size.last_day)), context)
    with transaction.atomic():
        _keep(found)
        ThemeSearch.objects.update_or_create(
            singleton=True,
            defaults={
                "at": timezone.now(),
                "comments": size.with_text,
                "looked_at": found.looked_at,
                "unfit": found.unfit,
                "since": found.since,
                "until": found.until,
                "seen_as": seen_as,
            },
        )
    return len(found.themes)


def search_sample(sample: Comments, context: Reporting | None = None) -> Search:
    """The themes of a sample of comments under the encoder and the journey in force."""
    using, known = current_labeller().encoder, taxonomy()
    _tell(context, 1, _("reading comments"))
    long_enough = np.array([len(text) >= SHORTEST for text in sample.texts], dtype=bool)
    vectors = using.encode(sample.texts)
    told, classes = _phrases(using, known)
    yard = yardstick(told, classes, vectors[long_enough])
    nearest, likeness = nearest_phrase(vectors, told)
    names_one = np.array([bool(causes) for causes in sample.causes], dtype=bool)
    about_something = classes[nearest] < len(known.active_causes)
    by_person = np.array([who == "person" for who in sample.said_by], dtype=bool)
    far = (likeness < yard.explained) | (~names_one & about_something)
    unfit = np.flatnonzero(far & long_enough & ~(by_person & names_one))
    _tell(context, 2, _("grouping comments that no cause fits"))
    groups = [unfit[rows] for rows in group(vectors[unfit[:LARGEST]], yard.together)]
    groups = [rows for rows in groups if _customers(sample, rows) >= FEWEST_CUSTOMERS]
    _tell(context, 3, _("naming groups"))
    near = classes[nearest] if len(classes) else np.zeros(len(sample.texts), np.int64)
    named = named_groups(sample.texts, groups, near, sample.languages)
    until = max(sample.days)
    now = np.array([day > until - timedelta(days=NOW_DAYS) for day in sample.days], dtype=bool)
    oldest = until - timedelta(days=NOW_DAYS + EARLIER_DAYS)
    earlier = np.array([oldest < day for day in sample.days], dtype=bool) & ~now
    themes = tuple(
        _theme(sample, rows, said, tuple(rows[exemplars(vectors[rows], TYPICAL)].tolist()), now, earlier)
        for rows, said in named
    )
    _tell(context, STEPS, _("done"))
    base = int((now & long_enough).sum()), int((earlier & long_enough).sum())
    return Search(themes, min(sample.days), until, int(long_enough.sum()), len(unfit), *base)


def named_groups(
    texts: Sequence[str],
    groups: Sequence[Rows],
    classes: NDArray[np.int64],
    languages: Sequence[str | None] | None = None,
) -> list[tuple[Rows, tuple[str, ...]]]:
    """The groups that their own words name, with these; ``classes`` (n,) is what each of ``texts`` is nearest to.

    With ``languages`` (n,) a group that is told in several is named, and held to its name, in the main one.
    """
    spoken = np.array([one or "" for one in languages] if languages is not None else [""] * len(texts))
    found = zip(groups, typical_words(texts, groups, classes, languages=languages), strict=True)
    named = []
    for rows, words in found:
        own = rows[spoken[rows] == main_language(spoken[rows].tolist())]
        if share_that_says([texts[row] for row in own], words[:NAME_WORDS]) >= NAMED:
            named.append((rows, tuple(words)))
    return named


def _phrases(using: CommentEncoder, known: Taxonomy) -> tuple[NDArray[np.float32], Rows]:
    """Vectors of all that describes a cause, or nothing in particular, and which of them each describes."""
    said = [
        (text, place)
        for place, cause in enumerate(known.active_causes)
        for text in (cause.name, cause.description, *cause.examples)
        if text
    ]
    said += [(text, len(known.active_causes)) for text, _class in phrases(NOTHING, using.pair)]
    classes = np.array([place for _text, place in said], dtype=np.int64)
    return using.encode_phrases([text for text, _place in said]), classes


def _theme(
    sample: Comments,
    rows: Rows,
    words: tuple[str, ...],
    typical: tuple[int, ...],
    now: NDArray[np.bool_],
    earlier: NDArray[np.bool_],
) -> FoundTheme:
    keys = sample.signal_keys
    return FoundTheme(
        words=words,
        members=tuple(keys[row] for row in rows),
        typical=tuple(keys[row] for row in typical),
        customers=_customers(sample, rows),
        negative=sum(sample.negative[row] for row in rows),
        positive=sum(sample.positive[row] for row in rows),
        contacts=sum(sample.contact[row] for row in rows),
        now=int(now[rows].sum()),
        earlier=int(earlier[rows].sum()),
        stage=_mostly([sample.stages[row] or "" for row in rows]),
        nearest_cause=_mostly([cause for row in rows for cause in sample.causes[row][:1]], of=len(rows)),
    )


def _mostly(values: Sequence[str], of: int | None = None) -> str:
    """The value that more than half have; empty where none has."""
    counted = Counter(value for value in values if value).most_common(1)
    return counted[0][0] if counted and counted[0][1] > MOSTLY * (of or len(values)) else ""


def _customers(sample: Comments, rows: Rows) -> int:
    """Different customers; a comment that names none counts as one of its own."""
    return len({sample.customers[row] or f"signal {sample.signal_keys[row]}" for row in rows})


def matched(found: Sequence[Sequence[int]], kept: Sequence[Sequence[int]]) -> dict[int, int]:
    """Which of the groups kept each group found is: those that share most, each at most once (found → kept)."""
    if not found or not kept:
        return {}
    ours, theirs = [frozenset(one) for one in found], [frozenset(one) for one in kept]
    shared = np.array([[len(a & b) / max(min(len(a), len(b)), 1) for b in theirs] for a in ours])
    pairs = zip(*linear_sum_assignment(-shared), strict=True)
    return {int(a): int(b) for a, b in pairs if shared[a, b] >= SAME}


def _keep(found: Search) -> None:
    """Each group found is the theme it was before, with its name and what people decided, or a new one."""
    kept = list(Theme.objects.select_for_update())
    same = matched([one.members for one in found.themes], [row.members for row in kept])
    now = timezone.now()
    for place, one in enumerate(found.themes):
        fields = {
            "words": list(one.words),
            "members": list(one.members[:KEPT_MEMBERS]),
            "typical": list(one.typical),
            "size": len(one.members),
            "customers": one.customers,
            "negative": one.negative,
            "positive": one.positive,
            "contacts": one.contacts,
            "now": one.now,
            "now_of": found.now_of,
            "earlier": one.earlier,
            "earlier_of": found.earlier_of,
            "stage": one.stage,
            "nearest_cause": one.nearest_cause,
            "seen_at": now,
            "gone_at": None,
        }
        if place in same:
            Theme.objects.filter(pk=kept[same[place]].pk).update(**fields)
        else:
            Theme.objects.create(name=_name_of(one.words), found_at=now, **fields)
    gone = [row.pk for place, row in enumerate(kept) if place not in same.values() and row.gone_at is None]
    Theme.objects.filter(pk__in=gone).update(gone_at=now)


def _seen_as() -> str:
    versions = company_record().versions()
    return f"{versions.signals}.{versions.labels}.{taxonomy().version}.{current_labeller().model}"[:160]


def _tell(context: Reporting | None, done: int, note: str) -> None:
    if context is not None:
        context.progress(done, STEPS, note)


def forget_erased(customer_ids: Sequence[str] = ()) -> None:
    """Take comments that are no longer in the record out of every theme, and words that only they said.

    A theme that fewer customers are left in than can be named goes as a whole; of one that people decided about, the
    decision stays without its words.
    """
    rows = list(Theme.objects.select_for_update())
    keys = sorted({key for row in rows for key in (*row.members, *row.typical)})
    held: dict[int, Signal] = {}
    for start in range(0, len(keys), 500):
        found = company_record().ask_once(SignalRows(tuple(keys[start : start + 500])))
        held |= {one.signal_key: one for one in found}
    for row in rows:
        members = [key for key in row.members if key in held]
        if len(members) < len(row.members):
            _shrink(row, [held[key] for key in members])


def _shrink(row: Theme, left: Sequence[Signal]) -> None:
    """A theme of what is left of its comments."""
    own_name = row.name == _name_of(row.words)
    keys = {one.signal_key for one in left}
    row.size = max(row.size - (len(row.members) - len(left)), len(left))
    row.members = [key for key in row.members if key in keys]
    row.typical = [key for key in row.typical if key in keys]
    customers = len({one.customer_id or f"signal {one.signal_key}" for one in left})
    row.customers = min(row.customers, customers) if len(left) < KEPT_MEMBERS else row.customers
    if customers < FEWEST_CUSTOMERS and row.state == Theme.State.NEW:
        row.delete()
        return
    texts = [(one.text or "").casefold() for one in left] if customers >= FEWEST_CUSTOMERS else []
    row.words = [word for word in row.words if any(word.casefold() in text for text in texts)]
    row.name = (_name_of(row.words) or _("erased")) if own_name else row.name
    row.save()


def _name_of(words: Sequence[str]) -> str:
    """What a theme is called by its own words."""
    return " · ".join(words[:NAME_WORDS])[:120]


def clear() -> None:
    """Forget every theme; run when the sample company is cleared."""
    Theme.objects.all().delete()
    ThemeSearch.objects.all().delete()
