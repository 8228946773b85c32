"""Responses that ended become signals: shortly after they were acknowledged, many at a time.

A visitor waits for a durable row and for nothing else. The worker takes the rows that are due through the pipeline
together, which costs hardly more for hundreds than for one, and puts the signals into the inbox in the transaction in
which the rows give up their answers: each counts exactly once, whoever is killed when.
"""

from __future__ import annotations

import logging
import traceback
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
from django.db import InterfaceError, OperationalError, transaction

from headwater.base.company import company
from headwater.listening import direct, inbox
from headwater.listening.connections import hooks
from headwater.listening.models import HeldAnswer, SurveyResponse
from headwater.listening.personal import holding_off, redacting
from headwater.listening.pipeline import Run
from headwater.listening.pipeline.steps import ORIGINAL
from headwater.listening.surveys import branching, queries
from headwater.listening.surveys.answers_to_signals import Given, signals_of
from headwater.listening.surveys.keeping import noon_of
from headwater.listening.surveys.visits import channel_of

if TYPE_CHECKING:
    from collections.abc import Sequence

COMPLETED: Final = "survey.completed"
MOST_AT_ONCE: Final = 1_000
AWAY: Final = (OSError, OperationalError, InterfaceError)
"""A full disk, an absent database: nothing is wrong with the answers, and the next flush takes them."""
State = SurveyResponse.State
Due = SurveyResponse | HeldAnswer

logger = logging.getLogger(__name__)


class _Changed(Exception):
    """Somebody erased or took one of these responses meanwhile: read again what is due."""


@dataclass(frozen=True, slots=True)
class _Made:
    """Responses of one source with their signals, those of each in a row of ``sizes``, and what was taken out of their
    words."""

    source: str
    responses: Sequence[Due]
    signals: pa.Table
    sizes: Sequence[int]
    redacted: Counter[str]


def make_signals() -> int:
    """Make the signals of all responses that are due, and return of how many. Any number may run at once.

    Raises OSError, OperationalError or InterfaceError where the machine fails: nothing is lost, the next call goes on.
    """
    return _make_all(SurveyResponse) + _make_all(HeldAnswer)


def waiting() -> int:
    """How many responses are acknowledged and not yet signals."""
    return sum(kind.objects.filter(is_due=True).count() for kind in (SurveyResponse, HeldAnswer))


def failed() -> int:
    """How many responses could not be made signals. Their answers are kept, and tried again each hour."""
    return sum(kind.objects.exclude(fault="").count() for kind in (SurveyResponse, HeldAnswer))


def try_again() -> None:
    """Have the responses that failed tried once more."""
    for kind in (SurveyResponse, HeldAnswer):
        kind.objects.exclude(fault="").update(is_due=True, fault="")


def _make_all(kind: type[Due]) -> int:
    made = 0
    while chosen := _due(kind):
        try:
            _make(chosen)
        except _Changed:
            continue
        except AWAY:
            raise
        except Exception as error:  # whatever it was, each is tried alone: none waits because of another
            logger.warning(
                "%d responses could not be made signals together (%s); trying each", len(chosen), _fault(error)
            )
            for one in chosen:
                _make_alone(one)
        made += len(chosen)
    return made


def _due(kind: type[Due]) -> list[Any]:
    # What hundreds share is read once, not with each of them.
    shared = ("survey", "version", "link", *(("invitation__mailing",) if kind is SurveyResponse else ()))
    while True:
        chosen: list[Any] = list(
            kind.objects.filter(is_due=True).order_by("pk").prefetch_related(*shared)[:MOST_AT_ONCE]
        )
        left = _without_erased(chosen)
        if left or not chosen:
            return left


def _without_erased(chosen: Sequence[Due]) -> list[Due]:
    """Those that are not of customers who are being erased; the others go, as the erasure would have them."""
    customers = {
        one.pk: one.invitation.customer_id
        for one in chosen
        if isinstance(one, SurveyResponse) and one.invitation is not None and one.invitation.customer_id
    }
    erased = holding_off.erased_among(set(customers.values()))
    gone = [pk for pk, customer in customers.items() if customer in erased]
    if gone:
        SurveyResponse.objects.filter(pk__in=gone).delete()
    return [one for one in chosen if one.pk not in gone]


def _make_alone(response: Due) -> None:
    try:
        _make([response])
    except _Changed:
        return
    except AWAY:
        raise
    except Exception as error:
        # Neither which response nor what the error says: it may quote the answer, and tell when it was given.
        logger.error("a response could not be made signals (%s); its answers are kept", _fault(error))
        mine = type(response).objects.filter(pk=response.pk, is_due=True)
        mine.update(is_due=False, fault=_fault(error))


def _fault(error: Exception) -> str:
    """What went wrong and where in the code."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"[:500]


def _make(responses: Sequence[Due]) -> None:
    """The pipeline first, outside of the transaction, then everything at once."""
    made = _through_pipeline(responses)
    with inbox.turn(), transaction.atomic():
        if isinstance(responses[0], HeldAnswer):
            _hold(made)
        else:
            _let_in(made)
        for one in made:
            redacting.note(one.redacted, one.source)


def _let_in(made: Sequence[_Made]) -> None:
    """The signals of those who are known, or came by a link: to the inbox."""
    responses = [response for one in made for response in one.responses]
    mine = SurveyResponse.objects.filter(pk__in=[one.pk for one in responses], is_due=True)
    if mine.update(is_due=False, answers={}) != len(responses):
        raise _Changed
    inbox.put(pa.concat_tables([one.signals for one in made], promote_options="permissive"))
    if hooks.is_wanted(COMPLETED):
        for one in responses:
            if one.state == State.COMPLETE:
                hooks.emit(COMPLETED, _told(one))


def _told(response: Due) -> dict[str, Any]:
    survey = response.survey.name
    return {
        "survey": survey,
        "response": given_of(response).response_id,
        "address": hooks.address(f"/surveys/{survey}/results"),
    }


def _hold(made: Sequence[_Made]) -> None:
    """The signals of anonymous answers: beside them, until they are let go."""
    for group in made:
        kept = [name for name in group.signals.column_names if name != ORIGINAL]  # no vault for those who are not known
        signals, start = group.signals.select(kept), 0
        for one, size in zip(group.responses, group.sizes, strict=True):
            packed = inbox.pack(signals.slice(start, size))
            mine = HeldAnswer.objects.filter(pk=one.pk, is_due=True)
            if not mine.update(is_due=False, answers={}, signals=packed):
                raise _Changed
            start += size


def _through_pipeline(responses: Sequence[Due]) -> list[_Made]:
    """Make the signals of all responses, source by source."""
    alike: dict[tuple[str, datetime | None], list[Due]] = defaultdict(list)
    for one in responses:
        received_at = noon_of(one.day).noon if isinstance(one, HeldAnswer) else None
        alike[one.survey.source, received_at].append(one)
    ours = company()
    zone = ours.time_zone if ours else "UTC"
    return [_of_source(source, received_at, those, zone) for (source, received_at), those in alike.items()]


def _of_source(source: str, received_at: datetime | None, responses: Sequence[Due], zone: str) -> _Made:
    rows = [_rows(one) for one in responses]
    tally = Run()
    numbered = list(enumerate(row for own in rows for row in own))
    made, refused = direct.through_pipeline(numbered, source, received_at or datetime.now(UTC), zone, tally)
    if refused or made is None:
        codes = sorted({one.code for one in refused})
        raise RuntimeError(f"answers that were checked do not pass the pipeline: {codes}")
    # The pipeline groups rows alike, so that they come in another order.
    ordered = made.sort_by("row").drop_columns(["row"])
    return _Made(source, responses, ordered, [len(own) for own in rows], tally.redacted)


def _rows(response: Due) -> list[direct.SignalIn]:
    document = queries.document_of(response.version)
    return signals_of(document, branching.counted(document, response.answers), given_of(response))


def given_of(response: Due) -> Given:
    """What is told of a response beside its answers. Of an anonymous one: what was known of nobody in particular."""
    shared: dict[str, Any] = {
        "survey": response.survey.name,
        "version": response.version.version or 0,
        "language": response.language,
        "is_complete": response.state == State.COMPLETE,
    }
    link = response.link
    if isinstance(response, HeldAnswer):
        return Given(
            **shared,
            response_id=str(response.pk),
            channel=response.channel,
            occurred_at=noon_of(response.day).noon,
            wave=response.wave,
            # What is known of a person when asked would tell whose anonymous answer it is.
            attributes=_texts(link.attributes) if link else None,
        )
    invitation = response.invitation
    mailing = invitation.mailing if invitation else None
    known = link.attributes if link else invitation.attributes if invitation else {}
    return Given(
        **shared,
        response_id=(invitation.response_id if invitation else "") or str(response.pk),
        channel=channel_of(link, invitation),
        occurred_at=response.completed_at or noon_of(response.day).noon,
        customer_id=invitation.customer_id if invitation else None,
        wave=mailing.wave if mailing else None,
        attributes=_texts(known),
    )


def _texts(attributes: dict[str, Any]) -> dict[str, str]:
    return {str(name): str(value) for name, value in attributes.items()}
