"""Mail arrives in the customer's own hours, whatever their clocks do."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from headwater.base.models import Company
from headwater.listening.models import Addressee
from headwater.listening.surveys import invitations
from headwater.listening.surveys.mailing_rules import Window, next_open
from tests.listening.mail_sink import Sink, a_survey, sink, some_addressees
from tests.listening.test_mailings import due_times, started

__all__ = ["sink"]


def test_mail_arrives_in_the_customer_s_own_hours(ours: Company, sink: Sink) -> None:
    some_addressees(1, time_zone="Asia/Tokyo")
    Addressee.objects.create(customer_id="la", email="la@example.com", time_zone="America/Los_Angeles")
    mailing = started(a_survey(), window={"days": [0, 1, 2, 3, 4, 5, 6], "opens": 9, "closes": 10})
    hours = due_times(mailing)
    assert hours["c0"].astimezone(ZoneInfo("Asia/Tokyo")).hour == 9
    assert hours["la"].astimezone(ZoneInfo("America/Los_Angeles")).hour == 9
    late = hours["la"] + timedelta(hours=2)  # the worker was away while the window was open
    invitations.send_due(now=late)
    moved = due_times(mailing)["la"]
    assert moved.astimezone(ZoneInfo("America/Los_Angeles")).hour == 9
    assert moved > late


BERLIN = ZoneInfo("Europe/Berlin")


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),
    st.sets(st.integers(0, 6), min_size=1),
    st.integers(0, 23),
    st.integers(1, 24),
    st.sampled_from(
        ["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca"]
    ),
)
def test_the_next_opening_is_open_and_none_lies_before_it(
    at: datetime, days: set[int], opens: int, hours: int, zone_name: str
) -> None:
    zone = ZoneInfo(zone_name)
    window = Window(days=tuple(sorted(days)), opens=opens, closes=min(24, opens + hours))
    found = next_open(window, at, zone)
    assert found >= at
    assert is_open(window, found, zone)
    if found > at:
        assert not is_open(window, found - timedelta(seconds=1), zone)
        assert not is_open(window, at, zone)


def is_open(window: Window, at: datetime, zone: ZoneInfo) -> bool:
    local = at.astimezone(zone)
    return local.weekday() in window.days and window.opens <= local.hour < window.closes


def test_the_hour_that_is_skipped_opens_nothing() -> None:
    """On 29 March 2026 clocks in Berlin go from 2 to 3."""
    window = Window(days=(0, 1, 2, 3, 4, 5, 6), opens=2, closes=3)
    night = datetime(2026, 3, 28, 22, tzinfo=UTC)
    assert next_open(window, night, BERLIN) == datetime(2026, 3, 30, 0, tzinfo=UTC)
