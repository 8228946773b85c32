"""The pages about customers as assets: what became of them, and who they are."""

import csv
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from headwater.base import figures
from headwater.base.accounts import person
from headwater.base.charts.frame import HREF, SCHEMA, TOOLTIP, Spec
from headwater.base.permissions import allows, require
from headwater.base.refusals import Refused
from headwater.insight import finance
from headwater.insight.assets import (
    MONTHS,
    PAGE,
    CustomerAssets,
    Every,
    Ledger,
    Reason,
    attributes,
    customer_assets,
    moved_customers,
)
from headwater.insight.assets_wording import (
    assets_address,
    assets_note,
    assets_sentence,
    movement_name,
    period_name,
    reason_name,
)
from headwater.insight.finance_wording import money, money_of
from headwater.metrics.access import require_askable
from headwater.record.questions import MOVEMENTS, Movement
from headwater.science.results import Estimate, NoVerdict, Result

SHOWN_SEGMENTS = 20
SHOWN_REASONS = 8
MAX_BY = 60


@require_GET
def assets_page(request: HttpRequest) -> HttpResponse:
    """What became of customers in a period, by segment, reason and last broken stage."""
    me = person(request)
    require(me, "view", "figures")
    every, end, by = _asked(request)
    priced = allows(me, "view", "finance")
    found = customer_assets(every=every, end=end, by=by)
    if isinstance(found, NoVerdict):
        shown = {"verdict": found, "may_edit": finance.may(me, "edit")}
        return render(request, "insight/assets.html", shown)
    if request.GET.get("format") == "csv":
        return _file(found, priced=priced)
    seen = {"may_see": allows(me, "view", "customers"), "priced": priced}
    return render(request, "insight/assets.html", _shown(found, priced=priced) | seen)


@require_GET
def customers_page(request: HttpRequest) -> HttpResponse:
    """Who moved: for those who may see customers."""
    me = person(request)
    require(me, "view", "customers")
    every, end, by = _asked(request)
    movement, segment = request.GET.get("movement", "lost")[:20], request.GET.get("segment", "")[:200]
    offset = _whole(request.GET.get("offset", ""))
    rows, more = moved_customers(me, movement, every=every, end=end, by=by, segment=segment, offset=offset)
    found = customer_assets(every=every, end=end, reasons=False)
    assert not isinstance(found, NoVerdict)  # noqa: S101 (refused above)
    names, priced = {one: movement_name(one) for one in MOVEMENTS}, allows(me, "view", "finance")
    shown = {
        "rows": [
            (
                row,
                money(row.before, found.finance.currency) if priced else "–",
                money(row.after, found.finance.currency) if priced else "–",
            )
            for row in rows
        ],
        "period": period_name(found.current, every),
        "movement": names[movement],  # type: ignore[index]
        "movements": list(names.items()),
        "chosen": movement,
        "segment": segment,
        "days": found.custom.lost_days,
        "back": assets_address(every, found.current.end, by),
        "next": offset + PAGE if more else None,
        "previous": max(offset - PAGE, 0) if offset else None,
    }
    return render(request, "insight/asset_customers.html", shown)


def _asked(request: HttpRequest) -> tuple[Every, date | None, str]:
    given = request.GET
    every: Every = "month" if given.get("every") == "month" else "quarter"
    end, by = given.get("end", "").strip(), given.get("by", "")[:MAX_BY]
    if by:
        require_askable(request.user, (f"attribute:{by}",), None)
    try:
        return every, date.fromisoformat(end) if end else None, by
    except ValueError as error:
        message = _("“%s” is not a date. Write it as year-month-day, for example 2026-06-30.")
        raise Refused("bad_date", message % end[:40], "end") from error


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0


def _shown(found: CustomerAssets, *, priced: bool) -> dict[str, Any]:
    """What the page shows; what customers are worth for those alone who may see finance's figures (``priced``)."""
    now, currency = found.current, found.finance.currency
    return {
        "found": found,
        "sentence": assets_sentence(found),
        "note": assets_note(found, money=priced),
        "period": period_name(now, found.every),
        "chart": _chart(found),
        "movements": [
            (
                movement_name(one.movement),
                one,
                _worth(one.before, currency) if priced else "",
                _worth(one.after, currency) if priced else "",
            )
            for one in now.movements.values()
        ],
        "ledger": now,
        "opening_worth": money(now.opening_worth, currency) if priced else "",
        "closing_worth": money(now.closing_worth, currency) if priced else "",
        "share_lost": now.share_lost,
        "periods": [
            (period_name(one, found.every), one, assets_address(found.every, one.end, found.by))
            for one in found.periods
        ],
        "segments": [(one, one.ledger.share_lost) for one in found.segments[:SHOWN_SEGMENTS]],
        "attributes": attributes(found.custom),
        "reasons": _reasons(_largest(found.reasons), currency if priced else None, "cause"),
        "fewer": len(found.reasons) - len(_largest(found.reasons)),
        "stages": _reasons(found.stages, currency if priced else None, "stage"),
        "every": found.every,
        "by": found.by,
        "customers_query": urlencode({"every": found.every, "end": now.end.isoformat(), "by": found.by}),
        "csv_query": urlencode({"every": found.every, "by": found.by, "end": now.end.isoformat(), "format": "csv"}),
        "days": found.custom.lost_days,
    }


def _largest(rows: tuple[Reason, ...]) -> tuple[Reason, ...]:
    """The reasons that most customers share, and those of whom nothing is known."""
    return (*[row for row in rows if row.id][:SHOWN_REASONS], *[row for row in rows if not row.id])


def _reasons(rows: tuple[Reason, ...], currency: str | None, kind: str) -> list[dict[str, Any]]:
    return [
        {
            "name": reason_name(row.name),
            "href": _words(row, kind),
            "row": row,
            "worth": _worth(row.worth, currency) if currency is not None else "",
        }
        for row in rows
    ]


def _words(row: Reason, kind: str) -> str:
    """Where a reason leads: to its cause's page, or to the words of its stage."""
    if not row.id:
        return ""
    if kind == "cause":
        return reverse("cause", args=[row.id])
    return reverse("verbatims") + "?" + urlencode({"where": f"stage = '{row.id}' and negative"})


def _worth(result: Result, currency: str) -> str:
    if isinstance(result, Estimate) and not result.estimate:
        return ""
    return money_of(result, currency)


def _chart(found: CustomerAssets) -> Spec | None:
    """Customers that came above the line and those lost below it, period by period."""
    values = []
    signs: dict[Movement, int] = {"gained": 1, "won_back": 1, "lost": -1}
    for one in found.periods:
        for movement, sign in signs.items():
            n = one.n(movement)
            name = movement_name(movement)
            values.append(
                {
                    "period": _short(one, found.every),
                    "n": n * sign,
                    "movement": movement,
                    "tooltip": f"{period_name(one, found.every)} · {name}: {figures.measure(n, 'count')}",
                    "href": assets_address(found.every, one.end, found.by),
                }
            )
    if len(found.periods) < 2:
        return None
    colours = {"domain": list(signs), "range": [{"expr": one} for one in ("moss_2", "spruce_2", "clay_2")]}
    rows = [
        [
            period_name(one, found.every),
            *(figures.measure(n, "count") for n in (one.opening, *(one.n(sign) for sign in signs), one.closing)),
        ]
        for one in found.periods
    ]
    heads = [_("Period"), _("At the beginning"), _("Gained"), _("Won back"), _("Lost"), _("At the end")]
    return {
        "$schema": SCHEMA,
        "description": _("Customers gained, won back and lost by period"),
        "width": "container",
        "height": 220,
        "data": {"values": values},
        "mark": {"type": "bar", "cornerRadius": 2, "width": {"band": 0.5}},
        "encoding": {
            "x": {"field": "period", "type": "ordinal", "sort": None, "axis": {"title": None, "labelAngle": 0}},
            "y": {"field": "n", "type": "quantitative", "axis": {"title": None, "tickCount": 5}},
            "color": {"field": "movement", "type": "nominal", "legend": None, "scale": colours},
            "tooltip": TOOLTIP,
            "href": HREF,
        },
        "usermeta": {"figures": {"columns": heads, "rows": rows}},
    }


def _short(ledger: Ledger, every: Every) -> str:
    if MONTHS[every] == 1:
        return ledger.start.strftime("%Y-%m")
    return f"{ledger.start.year} Q{(ledger.start.month + 2) // 3}"


def _file(found: CustomerAssets, *, priced: bool) -> HttpResponse:
    """Every period as a file: whole numbers by movement, and worth for those who may see finance's figures."""
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="customers-by-{found.every}.csv"'
    file = csv.writer(answer)
    sums = ("opening", *MOVEMENTS, "closing", *(("opening_worth", "closing_worth") if priced else ()))
    file.writerow(["start", "end", *sums])
    for one in found.periods:
        counts = [one.n(movement) for movement in MOVEMENTS]
        worth = [one.opening_worth, one.closing_worth] if priced else []
        file.writerow([one.start, one.end, one.opening, *counts, one.closing, *worth])
    return answer
