"""A connection to an API: page by page, only what is new, at its pace, and only where it may lead."""

import base64
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.base.models import OutboxMail, Person
from headwater.base.refusals import Refused
from headwater.listening.connections import guard, rest, running, services
from headwater.listening.connections.http import Session
from headwater.listening.connections.options import Incremental, Paging, RestOptions
from headwater.listening.connections.paging_rules import next_link, retry_after, since_text
from headwater.listening.connections.reading import ComesLater
from headwater.listening.connections.rest import RestReader
from headwater.listening.models import Connection, ConnectionRun, KnownRefusal, SetAsideRow
from headwater.metrics.store import company_record
from headwater.record.questions import Size
from tests.listening.servers import Asked, Elsewhere, elsewhere

MAPPING = """
version: 1
source: tickets
emit:
  - kind: contact
    fields: {record_id: id, occurred_at: updated_at, text: subject, customer_id: requester.id}
"""
START = datetime(2024, 3, 1, tzinfo=UTC)


def ticket(number: int) -> dict[str, Any]:
    at = START + timedelta(hours=number)
    subject = f"Where is my parcel number {number}?"
    return {"id": number, "updated_at": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "subject": subject, "requester": {"id": 7}}


class Desk:
    """A help desk with so many tickets, which pages as it is told."""

    def __init__(self, count: int, how: str, size: int = 10) -> None:
        self.tickets = [ticket(number) for number in range(count)]
        self.how, self.size = how, size
        self.url = ""

    def __call__(self, asked: Asked) -> tuple[int, dict[str, str], Any]:
        since = asked.query.get("since", "")
        wanted = [one for one in self.tickets if one["updated_at"] >= since]
        at = self._place(asked)
        page, more = wanted[at : at + self.size], at + self.size < len(wanted)
        headers: dict[str, str] = {}
        body: dict[str, Any] = {"tickets": page}
        following = f"{self.url}/tickets?at={at + self.size}&since={since}"
        if self.how == "cursor":
            body["meta"] = {"after": str(at + self.size) if more else None}
        elif self.how == "next_link":
            body["next"] = following if more else None
        elif self.how == "link_header" and more:
            headers["Link"] = f'<{self.url}/x>; rel="prev", <{following}>; rel="next"'
        return 200, headers, body

    def _place(self, asked: Asked) -> int:
        if self.how == "page":
            return (int(asked.query.get("page", "1")) - 1) * self.size
        return int(asked.query.get("cursor") or asked.query.get("offset") or asked.query.get("at") or 0)


PAGINGS: dict[str, dict[str, Any]] = {
    "cursor": {"kind": "cursor", "path": "meta.after", "parameter": "cursor"},
    "next_link": {"kind": "next_link", "path": "next"},
    "link_header": {"kind": "link_header"},
    "page": {"kind": "page", "parameter": "page", "size_parameter": "per_page", "size": 10},
    "offset": {"kind": "offset", "parameter": "offset"},
}
NEWS = {"parameter": "since", "field": "updated_at", "overlap_minutes": 0}


@pytest.fixture(autouse=True)
def _this_machine_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_CONNECT_PRIVATE", "127.0.0.1")


@pytest.fixture
def desk() -> Iterator[Callable[..., Elsewhere]]:
    """Open a help desk: ``desk(25, "cursor")``."""
    opened = []

    def make(count: int, how: str, size: int = 10) -> Elsewhere:
        tickets = Desk(count, how, size)
        context = elsewhere(tickets)
        system = context.__enter__()
        tickets.url = system.url
        opened.append(context)
        return system

    yield make
    for context in opened:
        context.__exit__(None, None, None)


def options_of(system: Elsewhere, **more: Any) -> dict[str, Any]:
    plain = {"url": f"{system.url}/tickets", "records": "tickets", "requests_a_minute": 6000}
    return {**plain, **more}


def reader(system: Elsewhere, secrets: dict[str, str] | None = None, **more: Any) -> RestReader:
    return RestReader(RestOptions.model_validate(options_of(system, **more)), secrets or {}, pause=lambda seconds: None)


def ids(one: RestReader, position: dict[str, Any] | None = None) -> list[str]:
    return [row["id"] for fetched in one.batches(position or {}) for row in fetched.rows.table.to_pylist()]


@pytest.mark.parametrize("how", PAGINGS)
def test_every_page_is_read_once_however_pages_follow(desk: Callable[..., Elsewhere], how: str) -> None:
    system = desk(25, how)
    assert ids(reader(system, paging=PAGINGS[how])) == [str(number) for number in range(25)]


def test_numbers_keep_their_digits(desk: Callable[..., Elsewhere]) -> None:
    system = desk(1, "cursor")
    system.answer = lambda asked: (200, {}, b'{"tickets": [{"id": 90071992547409931234, "score": 1.10}]}')
    rows = next(reader(system).batches({})).rows.table.to_pylist()
    assert rows == [{"id": "90071992547409931234", "score": "1.10"}]


@pytest.mark.parametrize(
    ("auth", "secrets", "expected"),
    [
        ({"kind": "bearer"}, {"token": "t0ken"}, ("Authorization", "Bearer t0ken")),
        ({"kind": "key_header", "name": "X-Api-Key"}, {"token": "t0ken"}, ("X-Api-Key", "t0ken")),
        (
            {"kind": "basic", "username": "me"},
            {"password": "pa:ss"},
            ("Authorization", "Basic " + base64.b64encode(b"me:pa:ss").decode()),
        ),
    ],
)
def test_it_says_who_asks(
    desk: Callable[..., Elsewhere], auth: dict[str, str], secrets: dict[str, str], expected: tuple[str, str]
) -> None:
    system = desk(1, "cursor")
    assert ids(reader(system, secrets, auth=auth)) == ["0"]
    assert system.asked[0].headers[expected[0]] == expected[1]


def test_a_key_in_the_address_goes_with_every_page(desk: Callable[..., Elsewhere]) -> None:
    system = desk(25, "cursor")
    ids(reader(system, {"token": "k3y"}, auth={"kind": "key_query", "name": "key"}, paging=PAGINGS["cursor"]))
    assert [one.query["key"] for one in system.asked] == ["k3y"] * 3


def test_a_token_is_fetched_for_client_credentials_and_again_when_it_has_run_out() -> None:
    handed: list[str] = []

    def answer(asked: Asked) -> tuple[int, dict[str, str], Any]:
        if asked.path == "/token":
            assert asked.headers["Authorization"] == "Basic " + base64.b64encode(b"id:s3cret").decode()
            assert b"grant_type=client_credentials" in asked.body
            handed.append(f"token-{len(handed)}")
            return 200, {}, {"access_token": handed[-1]}
        # The first token is good for one page.
        good = asked.headers["Authorization"] == f"Bearer {handed[-1]}" and (len(handed) > 1 or "at" not in asked.query)
        last = asked.query.get("at") == "2"
        following = None if last else f"{system.url}/tickets?at=2"
        return (200, {}, {"tickets": [ticket(2 if last else 1)], "next": following}) if good else (401, {}, {})

    with elsewhere(answer) as system:
        auth = {"kind": "oauth2", "token_url": f"{system.url}/token", "client_id": "id"}
        assert ids(reader(system, {"client_secret": "s3cret"}, auth=auth, paging=PAGINGS["next_link"])) == ["1", "2"]
    assert handed == ["token-0", "token-1"]


# --- what goes wrong on the other side


def test_it_waits_as_long_as_it_is_asked_to(desk: Callable[..., Elsewhere]) -> None:
    system = desk(1, "cursor")
    whole = system.answer
    system.answer = lambda asked: (429, {"Retry-After": "7"}, {}) if len(system.asked) < 3 else whole(asked)
    waited: list[float] = []
    options = RestOptions.model_validate(options_of(system))
    assert ids(RestReader(options, {}, pause=waited.append)) == ["0"]
    assert [seconds for seconds in waited if seconds >= 1] == [7.0, 7.0]


def test_a_long_rest_ends_the_run_until_then(desk: Callable[..., Elsewhere]) -> None:
    system = desk(1, "cursor")
    system.answer = lambda asked: (429, {"Retry-After": "3600"}, {})
    with pytest.raises(ComesLater) as later:
        ids(reader(system))
    assert timedelta(minutes=59) < later.value.at - datetime.now(UTC) <= timedelta(hours=1)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((200, {"Content-Type": "text/html"}, b"<!doctype html><title>Sign in</title>"), "not_json"),
        ((200, {}, b'{"tickets": [{"id": 1}'), "not_json"),
        ((200, {}, {"items": {}}), "no_records"),
        ((401, {}, {}), "not_let_in"),
        ((418, {}, b"short and stout"), "bad_answer"),
        ((500, {}, b"oh"), "bad_answer"),
        ((302, {"Location": "/tickets"}, b""), "too_many_redirects"),
    ],
)
def test_each_wrong_answer_is_refused_in_words(
    desk: Callable[..., Elsewhere], answer: tuple[int, dict[str, str], Any], code: str
) -> None:
    system = desk(1, "cursor")
    system.answer = lambda asked: answer
    with pytest.raises(Refused) as refused:
        ids(reader(system))
    assert refused.value.code == code


def test_an_answer_does_not_quote_the_secret_back(desk: Callable[..., Elsewhere]) -> None:
    system = desk(1, "cursor")
    system.answer = lambda asked: (400, {}, f"bad key {asked.headers['Authorization']}".encode())
    with pytest.raises(Refused) as refused:
        ids(reader(system, {"token": "very-secret-token"}, auth={"kind": "bearer"}))
    assert "very-secret-token" not in refused.value.message


def test_a_body_that_drips_is_cut_off(desk: Callable[..., Elsewhere]) -> None:
    system = desk(1, "cursor")

    sent: list[int] = []

    def drops() -> Iterator[bytes]:
        for number in range(100):
            sent.append(number)
            time.sleep(0.05)
            yield b" "

    system.answer = lambda asked: (200, {}, drops())
    session = Session(seconds=0.4, most_bytes=1 << 20)
    with pytest.raises(Refused) as refused:
        session.get(system.url, headers={}, parameters={})
    assert refused.value.code == "too_slow"
    assert len(sent) < 100


def test_a_body_without_end_is_cut_off(desk: Callable[..., Elsewhere], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "MAX_ANSWER", 1 << 20)
    system = desk(1, "cursor")
    sent: list[int] = []

    def endless() -> Iterator[bytes]:
        while True:
            sent.append(1 << 16)
            yield b" " * (1 << 16)

    system.answer = lambda asked: (200, {}, endless())
    with pytest.raises(Refused, match="more than 1 MB"):
        ids(reader(system))
    assert sum(sent) < 16 << 20  # what was in flight, not what it would have sent


@pytest.mark.parametrize("how", ["page", "offset", "cursor", "next_link"])
def test_pages_without_end_are_noticed(desk: Callable[..., Elsewhere], how: str) -> None:
    system = desk(1, "cursor")
    body = {"tickets": [ticket(1)], "meta": {"after": "same"}, "next": f"{system.url}/tickets?at=1"}
    system.answer = lambda asked: (200, {}, body)
    paging = {key: value for key, value in PAGINGS[how].items() if not key.startswith("size")}
    with pytest.raises(Refused) as refused:
        ids(reader(system, paging=paging))
    assert refused.value.code == "same_page"
    assert len(system.asked) <= 3


def test_more_pages_than_allowed_are_refused(desk: Callable[..., Elsewhere]) -> None:
    system = desk(100, "offset", size=1)
    with pytest.raises(Refused) as refused:
        ids(reader(system, paging=PAGINGS["offset"], most_pages=5))
    assert refused.value.code == "too_many_pages"


# --- where it may lead


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://169.254.169.254/",
        "https://10.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:192.168.0.1]/",
        "https://[64:ff9b::10.0.0.1]/",
        "https://0.0.0.0/",
        "https://2130706434/",  # 127.0.0.2, written as one number
        "file:///etc/passwd",
        "https://user:password@example.com/",
    ],
)
def test_a_redirect_leads_nowhere_inside(desk: Callable[..., Elsewhere], target: str) -> None:
    system = desk(1, "cursor")
    system.answer = lambda asked: (302, {"Location": target}, b"")
    with pytest.raises(Refused) as refused:
        ids(reader(system))
    assert refused.value.code in ("private_address", "bad_address", "not_encrypted", "host_unknown")
    assert len(system.asked) == 1


def test_a_name_is_judged_by_every_address_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(2, 1, 6, "", ("93.184.216.34", 443)), (2, 1, 6, "", ("10.1.2.3", 443))]
    monkeypatch.setattr(guard.socket, "getaddrinfo", lambda *_args, **_more: found)
    with pytest.raises(Refused) as refused:
        guard.addresses("innocent.example", 443)
    assert refused.value.code == "private_address"
    monkeypatch.setenv("HEADWATER_CONNECT_PRIVATE", "10.0.0.0/8")
    assert guard.addresses("innocent.example", 443) == ["93.184.216.34", "10.1.2.3"]


@given(st.ip_addresses())
def test_only_global_addresses_are_public(address: Any) -> None:
    if guard.is_public(address):
        assert address.is_global


@pytest.mark.parametrize("text", ["8.8.8.8", "2606:4700::1111"])
def test_the_internet_is_public(text: str) -> None:
    assert guard.is_public(ip_address(text))


def test_credentials_stay_with_the_host_that_was_meant(desk: Callable[..., Elsewhere]) -> None:
    first, second = desk(1, "cursor"), desk(1, "cursor")
    first.answer = lambda asked: (307, {"Location": f"{second.url}/tickets"}, b"")
    assert ids(reader(first, {"token": "t0ken"}, auth={"kind": "bearer"})) == ["0"]
    assert "Authorization" not in second.asked[0].headers
    first.answer = lambda asked: (200, {}, {"tickets": [ticket(1)], "next": f"{second.url}/tickets"})
    with pytest.raises(Refused) as refused:
        ids(reader(first, {"token": "t0ken"}, auth={"kind": "bearer"}, paging=PAGINGS["next_link"]))
    assert refused.value.code == "other_host"
    assert len(second.asked) == 1


# --- rules


def test_the_next_link_is_found_among_others() -> None:
    header = '<https://a/1>; rel="prev"; title="a, b", <https://a/3?x=1,2>; rel=next, <https://a/9>; rel="last"'
    assert next_link(header) == "https://a/3?x=1,2"
    assert next_link('<https://a/1>; rel="nextish"') is None
    assert next_link("") is None


def test_a_time_to_wait_is_seconds_or_a_date() -> None:
    now = datetime(2024, 3, 1, 12, tzinfo=UTC)
    assert retry_after({"Retry-After": "120"}, now) == 120
    assert retry_after({"Retry-After": "Fri, 01 Mar 2024 12:01:00 GMT"}, now) == 60
    assert retry_after({"Retry-After": "soon"}, now) is None
    assert retry_after({}, now) is None


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("iso", "2024-03-01T11:50:00Z"),
        ("date", "2024-03-01"),
        ("unix", "1709293800"),
        ("unix_ms", "1709293800000"),
    ],
)
def test_what_is_new_is_asked_for_with_an_overlap(how: Any, expected: str) -> None:
    news = Incremental(parameter="q", field="at", format=how, template="since:{since}")
    assert since_text(news, "2024-03-01T12:00:00+00:00") == f"since:{expected}"
    assert since_text(news, None) is None


def test_paging_says_what_is_missing() -> None:
    with pytest.raises(ValueError, match="query parameter"):
        Paging(kind="page")


# --- a whole run


@pytest.fixture
def lead(db: None) -> Person:
    return Person.objects.create(email="lead@example.com", name="Lead", roles=["cx_team"])


def connected(lead: Person, system: Elsewhere, **more: Any) -> Connection:
    made = services.create(lead, name="tickets", kind="rest", options=options_of(system, **more))
    services.keep_mapping(lead, made, MAPPING)
    services.start(lead, made)
    made.refresh_from_db()
    return made


def run(connection: Connection) -> ConnectionRun:
    connection.refresh_from_db()
    return running.run_connection(connection, pause=lambda seconds: None)


def in_record() -> int:
    return company_record().ask(Size()).signals


@pytest.mark.usefixtures("ours")
def test_a_second_run_asks_only_for_what_is_new(desk: Callable[..., Elsewhere], lead: Person) -> None:
    system = desk(25, "cursor")
    made = connected(lead, system, paging=PAGINGS["cursor"], incremental=NEWS)
    assert run(made).rows == 25
    assert in_record() == 25
    tickets = system.answer.tickets  # type: ignore[attr-defined]
    tickets += [ticket(30), ticket(31)]
    before = len(system.asked)
    assert run(made).rows == 3  # the last one of before, and two
    assert [one.query["since"] for one in system.asked[before:]] == [ticket(24)["updated_at"]]
    assert in_record() == 27


@pytest.mark.usefixtures("ours")
def test_a_run_that_dies_between_pages_is_gone_on_with(desk: Callable[..., Elsewhere], lead: Person) -> None:
    system = desk(45, "cursor")
    made = connected(lead, system, paging=PAGINGS["cursor"], incremental=NEWS)

    class Killed(BaseException):
        pass

    def die(going: ConnectionRun) -> None:
        if going.rows >= 20:
            raise Killed

    with pytest.raises(Killed):
        running.run_connection(made, report=die)
    before = len(system.asked)
    ended = run(made)
    assert ended.rows == 25
    assert [one.query["cursor"] for one in system.asked[before:]] == ["20", "30", "40"]
    assert in_record() == 45
    states = list(ConnectionRun.objects.order_by("pk").values_list("state", flat=True))
    assert states == [ConnectionRun.State.CUT_OFF, ConnectionRun.State.DONE]


@pytest.mark.usefixtures("ours")
def test_a_cursor_that_is_no_longer_known_begins_again(desk: Callable[..., Elsewhere], lead: Person) -> None:
    system = desk(25, "cursor")
    made = connected(lead, system, paging=PAGINGS["cursor"], incremental=NEWS)
    Connection.objects.filter(pk=made.pk).update(position={"next": {"value": "gone"}})
    whole = system.answer
    system.answer = lambda asked: (410, {}, {}) if asked.query.get("cursor") == "gone" else whole(asked)
    assert run(made).rows == 25
    assert in_record() == 25


@pytest.mark.usefixtures("ours")
def test_a_row_that_stays_wrong_is_set_aside_once(desk: Callable[..., Elsewhere], lead: Person) -> None:
    system = desk(3, "cursor")
    system.answer.tickets[1]["updated_at"] = "yesterday"  # type: ignore[attr-defined]
    made = connected(lead, system)
    assert [run(made).set_aside, run(made).set_aside] == [1, 0]
    row = SetAsideRow.objects.get()
    assert (row.code, row.values["id"]) == ("bad_date", "1")
    assert KnownRefusal.objects.count() == 1


@pytest.mark.usefixtures("ours")
def test_failures_are_told_once_come_later_and_their_end_is_told(desk: Callable[..., Elsewhere], lead: Person) -> None:
    system = desk(3, "cursor")
    made = connected(lead, system)
    services.change(lead, made, edition=None, schedule={"every": "minutes", "n": 5})
    whole, pauses = system.answer, []
    system.answer = lambda asked: (500, {}, b"oh")
    for _again in range(4):
        assert run(made).state == ConnectionRun.State.FAILED
        made.refresh_from_db()
        assert made.next_run_at is not None
        pauses.append(round((made.next_run_at - datetime.now(UTC)).total_seconds() / 60))
    assert pauses == [2, 4, 8, 16]
    assert made.last_error == f"127.0.0.1:{system.port} answered 500: oh"
    assert OutboxMail.objects.filter(to=lead.email).count() == 1
    system.answer = whole
    assert run(made).rows == 3
    made.refresh_from_db()
    assert (made.failures, made.last_error) == (0, "")
    assert OutboxMail.objects.order_by("-pk")[0].subject == "tickets works again"


@pytest.mark.usefixtures("ours")
def test_a_run_that_was_overtaken_keeps_nothing(desk: Callable[..., Elsewhere], lead: Person) -> None:
    system = desk(25, "cursor")
    made = connected(lead, system, paging=PAGINGS["cursor"], incremental=NEWS)

    def paused_meanwhile(going: ConnectionRun) -> None:
        services.pause(lead, made)

    with pytest.raises(running.RunEnded):
        running.run_connection(made, report=paused_meanwhile)
    assert ConnectionRun.objects.get().state == ConnectionRun.State.CUT_OFF
    made.refresh_from_db()
    assert made.position["next"] == {"value": "10"}
