"""Finding what the company has named: stages, moments, causes, departments, metrics; rooms above add their own."""

import re
import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from headwater.base.models import Department
from headwater.base.permissions import allows
from headwater.insight import named
from headwater.insight.named import Named
from headwater.journey.queries import taxonomy
from headwater.metrics.definitions import METRICS

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from headwater.base.models import Person

LONGEST = 100
MOST = 12


def search(person: "Person | AnonymousUser | None", text: str) -> tuple[Named, ...]:
    """What this person may see whose name has every word of ``text``, the closest first; at most 12.

    Case and accents do not matter. A name that begins with the text comes before one of whose words begins with it,
    and that before one that merely contains it.
    """
    wanted = _plain(text[:LONGEST]).split()
    if not wanted:
        return ()
    ranked = []
    for place, one in enumerate(_everything(person)):
        rank = closeness(one.name, wanted)
        if rank is not None:
            ranked.append((rank, len(one.name), place, one))
    ranked.sort(key=lambda found: found[:3])
    return tuple(one for *_order, one in ranked[:MOST])


def closeness(name: str, wanted: list[str]) -> int | None:
    """0 where a name begins with the words wanted, 1 where each begins one of its words, 2 where it has them; else
    None."""
    plain = _plain(name)
    if not all(word in plain for word in wanted):
        return None
    if plain.startswith(" ".join(wanted)):
        return 0
    words = re.findall(r"\w+", plain)
    return 1 if all(any(one.startswith(word) for one in words) for word in wanted) else 2


def _everything(person: "Person | AnonymousUser | None") -> Iterable[Named]:
    if allows(person, "view", "taxonomy", words_of="own"):
        yield from _journey()
    if allows(person, "view", "figures", words_of="own"):
        for row in Department.objects.order_by("name"):
            yield Named(_("department"), row.name, reverse("line_of_sight", args=[row.pk]), _("line of sight"))
        for metric in METRICS.values():
            yield Named(_("metric"), str(metric.title), reverse("metric", args=[metric.name]), metric.name.upper())
    for dotted in named.offered:
        yield from import_string(dotted)(person)


def _journey() -> Iterable[Named]:
    known = taxonomy()
    names = {stage.id: stage.name for stage in known.stages}
    for stage in known.stages:
        yield Named(_("stage"), stage.name, f"{reverse('journey')}#stage-{stage.id}")
    for moment in known.moments:
        yield Named(_("moment"), moment.name, _item("moment", moment.id), names.get(moment.stage, ""))
    for cause in known.active_causes:
        owners = ", ".join(dict.fromkeys(known.department_name(one) for one in cause.departments))
        yield Named(_("cause"), cause.name, reverse("cause", args=[cause.id]), owners)
    for touchpoint in known.touchpoints:
        if not touchpoint.retired:
            note = names.get(touchpoint.stage, "")
            yield Named(_("touchpoint"), touchpoint.name, _item("touchpoint", touchpoint.id), note)


def _item(kind: str, item_id: str) -> str:
    return reverse("journey_item", args=[kind, item_id])


def _plain(text: str) -> str:
    """Without case and accents."""
    split = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in split if not unicodedata.combining(letter)).strip()
