"""The page that says what a cause, a moment or all failures are worth, with its assumptions as sliders."""

import math
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from headwater.base import figures
from headwater.base.accounts import person
from headwater.base.charts.frame import SCHEMA, TOOLTIP, Spec
from headwater.base.permissions import require
from headwater.base.refusals import Refused
from headwater.insight import finance
from headwater.insight.assets import attributes
from headwater.insight.finance_wording import money, money_range
from headwater.insight.selection import Selection
from headwater.insight.selection_bar import bar
from headwater.insight.value import Staying, Value, value_of
from headwater.insight.value_rules import REVENUE, SERVICE, Factor, Slider
from headwater.insight.value_wording import (
    assumptions,
    factor_name,
    factor_scale,
    p_words,
    subject_name,
    value_note,
    value_sentence,
)
from headwater.insight.views.causes import selection_of
from headwater.journey.queries import taxonomy
from headwater.metrics.access import require_askable
from headwater.science.results import Estimate, NoVerdict, Result

FACTORS: tuple[Factor, ...] = (*REVENUE, *SERVICE)
KEPT = ("cause", "moment", "went", "adjust", "where", "since", "until")
LARGEST = 1e12
WEEKS_SHOWN = 52


@require_GET
def value_page(request: HttpRequest) -> HttpResponse:
    """What is at risk, what it rests on, and what the assumptions that matter most do to it."""
    me = person(request)
    require(me, "view", "figures")
    require(me, "view", "finance")
    selection = selection_of(request)
    asked = {name: request.GET.get(name, "")[:60] for name in ("cause", "moment")}
    gain = request.GET.get("went") == "right"
    adjust = request.GET.get("adjust")
    if adjust:
        require_askable(request.user, (f"attribute:{adjust[:60]}",), None)
    found = value_of(
        selection, **asked, gain=gain, adjust=adjust[:60] if adjust is not None else None, chosen=chosen(request)
    )
    kept = [(name, value) for name in KEPT if (value := request.GET.get(name, ""))]
    shown = {
        "kept": kept,
        "reset": urlencode(kept),
        "bar": bar(selection),
        "query": selection.query(),
        "choices": _choices(selection),
        "asked": asked | {"went": "right" if gain else ""},
        "may_edit": finance.may(me, "edit"),
    }
    if isinstance(found, NoVerdict):
        return render(request, "insight/value.html", shown | {"verdict": found})
    return render(request, "insight/value.html", shown | _shown(found))


def chosen(request: HttpRequest) -> dict[Factor, float]:
    """The assumptions that the address sets (``fix`` names them); refuses what is no number."""
    given: dict[Factor, float] = {}
    fixed = set(request.GET.getlist("fix"))
    for factor in FACTORS:
        text = request.GET.get(factor, "").strip()
        if factor not in fixed or not text:
            continue
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not abs(value) <= LARGEST:
            message = _("“%(value)s” is no number for “%(name)s”.")
            raise Refused("value.number", message % {"value": text[:40], "name": factor_name(factor)}, factor)
        given[factor] = value / factor_scale(factor)
    return given


def _choices(selection: Selection) -> dict[str, Any]:
    known = taxonomy()
    return {
        "causes": [(one.id, one.name) for one in known.active_causes if one.demand == "failure"],
        "moments": [(one.id, one.name) for one in known.moments],
        "since": selection.since,
        "until": selection.until,
        "where": selection.where,
    }


def _shown(found: Value) -> dict[str, Any]:
    currency, whole = found.finance.currency, found.money
    return {
        "found": found,
        "name": subject_name(found.subject),
        "sentence": value_sentence(found),
        "note": value_note(found),
        "currency": currency,
        "revenue": _amount(whole.revenue.result, currency),
        "service": _amount(whole.service.result, currency),
        "total": _amount(whole.total, currency),
        "stake": _amount(found.stake, currency),
        "spending": _amount(found.spending, currency),
        "factors": _factors(found),
        "sliders": [_slider(found, one) for one in whole.sliders],
        "is_set": any(one.value is not None for one in whole.sliders),
        "rests": whole.rests(),
        "assumptions": assumptions(found),
        "survival": _survival(found.staying) if isinstance(found.staying, Staying) else None,
        "p": p_words(found.staying.p) if isinstance(found.staying, Staying) else "",
        "no_survival": found.staying.message if isinstance(found.staying, NoVerdict) else "",
        "at_risk": _at_risk(found.staying) if isinstance(found.staying, Staying) else [],
        "attributes": attributes(found.custom),
    }


def _amount(result: Result, currency: str) -> dict[str, str]:
    if isinstance(result, NoVerdict):
        return {"message": result.message, "value": "", "range": ""}
    return {
        "message": "",
        "value": money(result.estimate, currency),
        "range": money_range(result.low, result.high, currency),
    }


def _factors(found: Value) -> list[dict[str, str]]:
    """Every factor of the two products, as people read it."""
    rows = []
    for part in (found.money.revenue, found.money.service):
        for name, result in part.factors.items():
            factor: Factor = next(one for one in FACTORS if one == name)
            words = factor_name(factor, gain=found.subject.gain)
            if isinstance(result, NoVerdict):
                rows.append({"name": words, "value": result.message, "range": ""})
                continue
            unit = _unit(factor)
            scale = factor_scale(factor)
            ends = figures.interval(result.low * scale, result.high * scale, unit) if result.low < result.high else ""
            rows.append({"name": words, "value": figures.measure(result.estimate * scale, unit), "range": ends})
    return rows


def _unit(factor: Factor) -> str:
    return "count" if factor in ("affected", "contacts") else "rating"


def _slider(found: Value, one: Slider) -> dict[str, Any]:
    scale = factor_scale(one.factor)
    value = one.estimate if one.value is None else one.value
    written = replace(
        one, estimate=one.estimate * scale, low=one.low * scale, high=one.high * scale, value=value * scale
    )
    return {
        "factor": one.factor,
        "name": factor_name(one.factor, gain=found.subject.gain),
        "slider": written,
        "scale": scale,
        "is_set": one.value is not None,
        "shown": figures.measure(value * scale, "rating"),
        "ends": figures.interval(written.low, written.high, "rating"),
        "swing": money_range(min(one.at_low, one.at_high), max(one.at_low, one.at_high), found.finance.currency),
    }


def _survival(found: Staying) -> Spec:
    """Curves with their bands: the share still customers, week by week."""
    names = {True: _("It happened to them"), False: _("It did not")}
    values = []
    for side, curve in found.curves.items():
        values.append(
            {"week": 0, "share": 100.0, "low": 100.0, "high": 100.0, "who": names[side], "tooltip": names[side]}
        )
        for week, share, low, high in zip(curve.times, curve.share, curve.low, curve.high, strict=True):
            words = f"{names[side]} · {figures.measure(share, 'share')} · {figures.interval(low, high, 'share')}"
            drawn = {"week": float(week), "share": share * 100, "low": low * 100, "high": high * 100}
            values.append(
                {**{name: round(float(one), 3) for name, one in drawn.items()}, "who": names[side], "tooltip": words}
            )
    colours = {"domain": [names[True], names[False]], "range": [{"expr": "clay"}, {"expr": "water"}]}
    split = {"field": "who", "type": "nominal", "legend": None, "scale": colours}
    x = {"field": "week", "type": "quantitative", "axis": {"title": _("weeks"), "tickCount": 6}}
    y = {
        "field": "share",
        "type": "quantitative",
        "scale": {"zero": False},
        "axis": {"title": None, "tickCount": 5, "labelExpr": f"datum.label + '{figures.THIN}%'"},
    }
    return {
        "$schema": SCHEMA,
        "description": _("Share of customers still there, by whether it happened to them soon after they came"),
        "width": "container",
        "height": 260,
        "data": {"values": values},
        "layer": [
            {
                "mark": {"type": "area", "interpolate": "step-after", "opacity": 0.18},
                "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "color": split},
            },
            {
                "mark": {"type": "line", "interpolate": "step-after", "strokeWidth": 2},
                "encoding": {"x": x, "y": y, "color": split, "tooltip": TOOLTIP},
            },
        ],
        "usermeta": {
            "figures": {"columns": ["", _("Week"), _("Still there"), _("95 % interval")], "rows": _table(found, names)}
        },
    }


def _table(found: Staying, names: dict[bool, str]) -> list[list[Any]]:
    rows = []
    for side, curve in found.curves.items():
        for week in range(4, WEEKS_SHOWN + 1, 4):
            one = curve.at(week)
            if isinstance(one, Estimate):
                cells = [figures.measure(one.estimate, "share"), figures.interval(one.low, one.high, "share")]
                rows.append([names[side], str(week), *cells])
    return rows


def _at_risk(found: Staying) -> list[tuple[int, list[str]]]:
    """How many were still followed after so many weeks, in each group."""
    weeks = [0, 13, 26, 39, 52]
    rows = []
    for week in weeks:
        counts = []
        for side in (True, False):
            curve = found.curves[side]
            later = [n for time, n in zip(curve.times, curve.at_risk, strict=True) if time >= week]
            counts.append(figures.measure(later[0] if later else 0, "count"))
        rows.append((week, counts))
    return rows
