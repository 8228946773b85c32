"""Pure rules of the taxonomy: what must hold between its parts."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.journey.taxonomy import Cause, Moment, Stage, Taxonomy, Touchpoint
from headwater.record.filters import NAMED, FilterError, parse

PERSONAL = frozenset(["customer_id", "record_id", "response_id", "conversation_id", "subject_id", "text"])
"""What no touchpoint's filter may name: a journey is passed on as a file, and holds nobody's identity or words."""


def inconsistencies(taxonomy: Taxonomy) -> list[str]:
    """Each way in which the parts contradict each other, as a sentence; empty when they do not."""
    return [
        *_repeated(gettext_lazy("journey"), (journey.id for journey in taxonomy.journeys)),
        *_repeated(gettext_lazy("touchpoint"), (touchpoint.id for touchpoint in taxonomy.touchpoints)),
        *_repeated(gettext_lazy("stage"), (stage.id for stage in taxonomy.stages)),
        *_repeated(gettext_lazy("moment"), (moment.id for moment in taxonomy.moments)),
        *_repeated(gettext_lazy("cause"), (cause.id for cause in taxonomy.causes)),
        *_repeated(gettext_lazy("department"), (department.id for department in taxonomy.departments)),
        *_dangling(taxonomy),
        *(problem for cause in taxonomy.causes for problem in _merge_problems(cause, taxonomy)),
    ]


def labelling_parts(taxonomy: Taxonomy) -> tuple[object, ...]:
    """All of a taxonomy that the labels of words and events depend on: two with the same parts label alike."""
    stages = {(one.id, one.name, one.description, one.examples) for one in taxonomy.stages}
    moments = {(one.id, one.name, one.description, one.examples, one.stage) for one in taxonomy.moments}
    causes = {
        (one.id, one.name, one.description, one.examples, one.stages, one.demand, one.events)
        for one in taxonomy.active_causes
    }
    return frozenset(stages), frozenset(moments), frozenset(causes)


def _repeated(kind: object, ids: Iterable[str]) -> Iterator[str]:
    for key, count in Counter(ids).items():
        if count > 1:
            yield _("the id %(id)s is used by more than one %(kind)s; each needs its own") % {"kind": kind, "id": key}


def _dangling(taxonomy: Taxonomy) -> Iterator[str]:
    """References to a journey, stage, moment or department that is not there."""
    departments = {department.id for department in taxonomy.departments}
    for stage in taxonomy.stages:
        yield from _journey_problems(stage, taxonomy)
    for moment in taxonomy.moments:
        yield from _moment_problems(moment, taxonomy, departments)
    for touchpoint in taxonomy.touchpoints:
        yield from _touchpoint_problems(touchpoint, taxonomy)
    for cause in taxonomy.causes:
        yield from (_missing_stage(cause.id, stage) for stage in cause.stages if taxonomy.stage(stage) is None)
        yield from (_missing_department(cause.id, key) for key in cause.departments if key not in departments)


def _journey_problems(stage: Stage, taxonomy: Taxonomy) -> Iterator[str]:
    if stage.journey is not None and taxonomy.journey(stage.journey) is None:
        message = _("%(id)s names the journey %(missing)s, which does not exist")
        yield message % {"id": stage.id, "missing": stage.journey}


def _moment_problems(moment: Moment, taxonomy: Taxonomy, departments: set[str]) -> Iterator[str]:
    if taxonomy.stage(moment.stage) is None:
        yield _missing_stage(moment.id, moment.stage)
    for department, count in Counter(part.department for part in moment.contributions).items():
        if department not in departments:
            yield _missing_department(moment.id, department)
        if count > 1:
            message = _("%(id)s says more than once what %(department)s does; put it into one sentence")
            yield message % {"id": moment.id, "department": department}


def _touchpoint_problems(touchpoint: Touchpoint, taxonomy: Taxonomy) -> Iterator[str]:
    names = {"id": touchpoint.id, "stage": touchpoint.stage, "moment": touchpoint.moment}
    if taxonomy.stage(touchpoint.stage) is None:
        yield _missing_stage(touchpoint.id, touchpoint.stage)
    if touchpoint.moment is not None:
        moment = taxonomy.moment(touchpoint.moment)
        if moment is None:
            yield _("%(id)s names the moment %(moment)s, which does not exist") % names
        elif moment.stage != touchpoint.stage:
            yield _("%(id)s is at the stage %(stage)s, but its moment %(moment)s is at another") % names
    yield from _filter_problems(touchpoint)


def _filter_problems(touchpoint: Touchpoint) -> Iterator[str]:
    if not touchpoint.where:
        return
    try:
        terms = parse(touchpoint.where).terms()
    except FilterError as error:
        yield _("the filter of %(id)s cannot be read: %(why)s") % {"id": touchpoint.id, "why": error}
        return
    if personal := sorted({term.name for term in terms if term.kind not in NAMED} & PERSONAL):
        message = _("the filter of %(id)s names %(what)s; a touchpoint is found by channel, source, event and the like")
        yield message % {"id": touchpoint.id, "what": ", ".join(personal)}


def _missing_stage(item_id: str, stage: str) -> str:
    return _("%(id)s names the stage %(missing)s, which does not exist") % {"id": item_id, "missing": stage}


def _missing_department(item_id: str, department: str) -> str:
    message = _("%(id)s names the department %(missing)s, which does not exist")
    return message % {"id": item_id, "missing": department}


def _merge_problems(cause: Cause, taxonomy: Taxonomy) -> Iterator[str]:
    if cause.merged_into is None:
        return
    names = {"id": cause.id, "into": cause.merged_into}
    if taxonomy.cause(cause.merged_into) is None:
        yield _("%(id)s is merged into %(into)s, which does not exist") % names
    elif _merges_in_a_circle(cause, taxonomy):
        yield _("%(id)s is merged into itself by way of %(into)s") % names


def _merges_in_a_circle(cause: Cause, taxonomy: Taxonomy) -> bool:
    seen = {cause.id}
    following: Cause | None = cause
    while following is not None and following.merged_into is not None:
        if following.merged_into in seen:
            return True
        seen.add(following.merged_into)
        following = taxonomy.cause(following.merged_into)
    return False


def namesake(name: str, ours: Mapping[int, str]) -> int | None:
    """The one of our departments that is called like a department of the journey; None where none or several are."""
    words = _telling(name)
    same = [key for key, other in ours.items() if other.casefold() == name.casefold()]
    alike = [key for key, other in ours.items() if words & _telling(other)]
    found = same or alike
    return found[0] if len(found) == 1 else None


def _telling(name: str) -> set[str]:
    return {word for word in re.findall(r"\w+", name.casefold()) if len(word) > 3}
