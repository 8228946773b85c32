"""Limits on answers through open links: an hour's count by link, by address on the network and by browser.

Each count is one conditional statement in the transaction that begins the answer, so that it holds however many answer
at once, and what is refused is not counted. Addresses and browsers are known by keyed hashes of that hour alone.
"""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.db import connection
from django.db.models import Q

from headwater.listening.models import AnswerRate
from headwater.listening.surveys.tokens import keyed

if TYPE_CHECKING:
    from headwater.listening.models import SurveyLink

MOST_FROM_A_BROWSER: Final = 20
"""Answers an hour from one browser, each of them begun with "answer once more": a tablet handed round."""
MOST_FROM_AN_INVITATION: Final = 10
"""Browsers a day in which one anonymous invitation may be begun."""
KEPT: Final = timedelta(hours=2)
DAY: Final = timedelta(hours=36)
COUNT: Final = (
    "INSERT INTO listening_answerrate (key, hour, count) VALUES (%s, %s, 1) "
    "ON CONFLICT (key) DO UPDATE SET count = listening_answerrate.count + 1 WHERE listening_answerrate.count < %s"
)


def network_of(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 that one IPv6 connection is given. "" for none."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def take(link: SurveyLink, address: str, browser: str, now: datetime) -> bool:
    """Count one answer that is begun, in the current transaction. False when a limit is reached: undo the transaction,
    or at least its savepoint, so that what was refused counts nowhere."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    mark = f"{hour:%Y%m%d%H}:{link.pk}"
    limits = [(f"link:{mark}", link.most_an_hour)]
    if network := network_of(address):
        limits.append((f"address:{keyed(f'address:{mark}', network)}", link.most_from_an_address))
    if browser:
        limits.append((f"browser:{keyed(f'browser:{mark}', browser)}", MOST_FROM_A_BROWSER))
    with connection.cursor() as cursor:
        for key, most in limits:
            cursor.execute(COUNT, [key, hour, most])
            if not cursor.rowcount:
                return False
    return True


def take_anonymous(token: str, day: datetime) -> bool:
    """Count an anonymous answer that is begun with an invitation, by a hash that needs the token itself: who holds the
    invitation could else begin without end, and nothing tells which invitation it was, nor when that day."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [f"begun:{keyed(f'begun:{day:%Y%m%d}', token)}", day, MOST_FROM_AN_INVITATION])
        return bool(cursor.rowcount)


def forget_old(now: datetime) -> int:
    """Delete the counts of hours that are over, and of days; returns how many."""
    is_day = Q(key__startswith="begun:")
    over = Q(hour__lt=now - DAY) | (Q(hour__lt=now - KEPT) & ~is_day)
    deleted, _rows = AnswerRate.objects.filter(over).delete()
    return deleted
