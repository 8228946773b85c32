"""Reads the records of an API page by page, at its pace, from where the last run ended.

The position holds `since`, the latest record of the last whole run, and within a run `next`, the page that comes next,
with `seen`, the latest record so far: records may come in any order, so `since` moves on only when all pages are read.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any
from urllib.parse import urlencode, urljoin

from django.utils.translation import gettext as _

from headwater.base.refusals import Refused
from headwater.listening.connections.credentials import without_secrets
from headwater.listening.connections.http import Answer, Session
from headwater.listening.connections.options import Auth, RestOptions
from headwater.listening.connections.paging_rules import (
    Place,
    first_place,
    latest,
    next_place,
    records_of,
    retry_after,
    since_text,
)
from headwater.listening.connections.reading import ComesLater, Fetched, Pause, Position, rows_of
from headwater.listening.mapping import Explode
from headwater.listening.readers.records import DECODER, exploded

MAX_ANSWER = 64 << 20
LONGEST_WAIT = 120.0
"""Seconds that a run waits itself when it is asked to; for longer it ends, and goes on later."""
MOST_TRIES = 5
BUSY = (429, 500, 502, 503, 504)
GONE = (400, 404, 410, 422)
"""Answers to a page whose cursor is no longer known: the run begins again."""


class RestReader:
    """An API that is read page by page. See `LiveReader`."""

    def __init__(
        self,
        options: RestOptions,
        secrets: Mapping[str, str],
        *,
        wanted: frozenset[str] = frozenset(),
        explode: Explode | None = None,
        pause: Pause | None = None,
    ) -> None:
        self._options = options
        self._secrets = secrets
        self._wanted = wanted
        self._explode = explode
        self._pause: Pause = pause or time.sleep
        self._session = Session(seconds=options.timeout_s, most_bytes=MAX_ANSWER)
        self._token = ""
        self._last = float("-inf")

    def close(self) -> None:
        self._session.close()

    def first_records(self) -> list[Any]:
        """The records of the first page as they are. Raises Refused, ComesLater."""
        return records_of(self._document(self._fetch(first_place(self._options.paging), None)), self._options.records)

    def batches(self, position: Position) -> Iterator[Fetched]:
        """Page after page. Raises Refused; ComesLater where the other side asks for a longer rest."""
        since, seen = position.get("since"), position.get("seen")
        place: Place | None = position.get("next") or first_place(self._options.paging)
        goes_on = "next" in position
        number, before = 1, ""
        for _page in range(self._options.most_pages):
            answer = self._fetch(place or {}, since)
            if goes_on and answer.status in GONE:
                # The page where the last run was cut off is no longer known: what came since counts once anyway.
                place, goes_on = first_place(self._options.paging), False
                answer = self._fetch(place, since)
            goes_on = False
            document = self._document(answer)
            records = records_of(document, self._options.records)
            before = _require_another(before, records)
            if self._options.incremental:
                seen = latest(self._options.incremental, records, seen)
            following = next_place(self._options.paging, place or {}, document, answer.headers, records)
            if following is not None and following == place:
                raise _endless()
            place = self._within_site(answer, following)
            rows = rows_of([row for record in records for row in self._rows(record)], number, self._wanted)
            number += len(rows.numbers)
            yield Fetched(rows, self._position(since, seen, place))
            if place is None:
                return
        message = _("After %d pages there was still another; narrow what is asked for, or raise the limit.")
        raise Refused("too_many_pages", message % self._options.most_pages, "paging")

    def _rows(self, record: Any) -> Iterator[dict[str, str | None]]:
        """A record as rows of text. What is no object is kept as it is, to be set aside with its reason."""
        if not isinstance(record, dict):
            yield {"record": json.dumps(record)[:500]}
        else:
            yield from exploded(record, self._explode)

    @staticmethod
    def _position(since: str | None, seen: str | None, place: Place | None) -> Position:
        if place is None:
            latest_seen = max((one for one in (since, seen) if one), default=None)
            return {"since": latest_seen} if latest_seen else {}
        going = {"since": since, "seen": seen, "next": place}
        return {name: value for name, value in going.items() if value is not None}

    def _within_site(self, answer: Answer, place: Place | None) -> Place | None:
        """A next link as a whole address. It may lead only to the host that was meant: our credentials go along."""
        if place is None or "link" not in place:
            return place
        link = urljoin(answer.url, place["link"])
        if _host(link) != _host(self._options.url):
            message = _("The next page is said to be at another host, %s; it is not followed there.")
            raise Refused("other_host", message % _host(link)[:100], "paging")
        return {"link": link}

    # --- one page

    def _fetch(self, place: Place, since: str | None) -> Answer:
        url, parameters = self._asked(place, since)
        for attempt in range(MOST_TRIES):
            self._at_pace()
            headers, secret_parameters, basic = self._who()
            answer = self._session.get(url, headers=headers, parameters={**parameters, **secret_parameters}, auth=basic)
            if answer.status == 401 and self._token and attempt == 0:
                self._token = ""  # it may have run out
                continue
            if answer.status not in BUSY:
                return answer
            self._wait(answer, attempt)
        return answer

    def _asked(self, place: Place, since: str | None) -> tuple[str, dict[str, str]]:
        """The address and parameters of a page; a next link has everything in itself."""
        options = self._options
        if "link" in place:
            return place["link"], {}
        parameters = dict(options.parameters)
        if options.paging.size_parameter:
            parameters[options.paging.size_parameter] = str(options.paging.size)
        if options.paging.parameter and "value" in place:
            parameters[options.paging.parameter] = place["value"]
        text = since_text(options.incremental, since) if options.incremental else None
        if options.incremental and text:
            parameters[options.incremental.parameter] = text
        return options.url, parameters

    def _at_pace(self) -> None:
        wait = self._last + 60 / self._options.requests_a_minute - time.monotonic()
        if wait > 0:
            self._pause(wait)
        self._last = time.monotonic()

    def _wait(self, answer: Answer, attempt: int) -> None:
        now = datetime.now(UTC)
        asked = retry_after(answer.headers, now)
        seconds = asked if asked is not None else 2.0**attempt
        if seconds > LONGEST_WAIT:
            message = _("%(host)s asks to be left alone for %(minutes)d minutes; it goes on then.")
            why = message % {"host": _host(answer.url), "minutes": -(-seconds // 60)}
            raise ComesLater(now + timedelta(seconds=min(seconds, 86_400)), why)
        self._pause(seconds)

    def _document(self, answer: Answer) -> Any:
        host = _host(answer.url)
        if answer.status in (401, 403):
            message = _("%(host)s does not let us in (%(status)d): check the credentials and what they may read.")
            raise Refused("not_let_in", message % {"host": host, "status": answer.status}, "credentials")
        if not 200 <= answer.status < 300:
            message = _("%(host)s answered %(status)d: %(said)s")
            said = without_secrets(answer.body[:300].decode("utf-8", "replace"), self._secrets) or "—"
            raise Refused("bad_answer", message % {"host": host, "status": answer.status, "said": said}, "url")
        try:
            # Numbers stay as they are spelled: an id of twenty digits is no float.
            return DECODER.decode(answer.body.decode("utf-8-sig").strip()) if answer.body.strip() else []
        except (ValueError, RecursionError) as error:
            if answer.body.lstrip()[:1] == b"<":
                message = _("%s answered with a web page instead of JSON: is this the address of its API?")
                raise Refused("not_json", message % host, "url") from error
            raise Refused("not_json", _("%s answered with something that is not JSON.") % host, "url") from error

    # --- who asks

    def _who(self) -> tuple[dict[str, str], dict[str, str], tuple[str, str] | None]:
        """Headers, parameters and basic credentials that say who asks."""
        auth, secrets = self._options.auth, self._secrets
        headers = {"Accept": "application/json", **self._options.headers}
        token = secrets.get("token", "")
        if auth.kind == "bearer":
            headers["Authorization"] = f"Bearer {token}"
        elif auth.kind == "oauth2":
            self._token = self._token or self._fetch_token(auth)
            headers["Authorization"] = f"Bearer {self._token}"
        elif auth.kind == "key_header":
            headers[auth.name] = token
        elif auth.kind == "key_query":
            return headers, {auth.name: token}, None
        elif auth.kind == "basic":
            # Some take a key in place of the user, and any password.
            return headers, {}, (auth.username or token, secrets.get("password", "X"))
        return headers, {}, None

    def _fetch_token(self, auth: Auth) -> str:
        """An access token for these client credentials (RFC 6749, 4.4)."""
        form = {"grant_type": "client_credentials", **({"scope": auth.scope} if auth.scope else {})}
        pair = f"{auth.client_id}:{self._secrets.get('client_secret', '')}"
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
            "Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}",
        }
        url = str(auth.token_url)
        answer = self._session.post(url, headers=headers, body=urlencode(form).encode())
        try:
            token = json.loads(answer.body)["access_token"] if answer.status == 200 else None
        except (ValueError, TypeError, KeyError):
            token = None
        if not isinstance(token, str) or not token:
            message = _("%(host)s gave no token for these client credentials (%(status)d).")
            raise Refused("no_token", message % {"host": _host(url), "status": answer.status}, "credentials")
        return token


def _require_another(before: str, records: list[Any]) -> str:
    """Refuse a page that is the one before again: the API does not understand how it is asked for the next."""
    mark = blake2b(json.dumps(records, sort_keys=True).encode(), digest_size=16).hexdigest() if records else ""
    if mark and mark == before:
        raise _endless()
    return mark


def _endless() -> Refused:
    message = _("The API gave the same page twice: it does not understand how the next page is asked for.")
    return Refused("same_page", message, "paging")


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].partition("?")[0]
