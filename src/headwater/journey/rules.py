"""Pure rules of the taxonomy: what must hold between its parts."""

from collections import Counter
from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.journey.taxonomy import Cause, Taxonomy


def inconsistencies(taxonomy: Taxonomy) -> list[str]:
    """Each way in which the parts contradict each other, as a sentence; empty when they do not."""
    return [
        *_repeated(gettext_lazy("stage"), (stage.id for stage in taxonomy.stages)),
        *_repeated(gettext_lazy("moment"), (moment.id for moment in taxonomy.moments)),
        *_repeated(gettext_lazy("cause"), (cause.id for cause in taxonomy.causes)),
        *_repeated(gettext_lazy("department"), (department.id for department in taxonomy.departments)),
        *_dangling(taxonomy),
        *(problem for cause in taxonomy.causes for problem in _merge_problems(cause, taxonomy)),
    ]


def _repeated(kind: object, ids: Iterable[str]) -> Iterator[str]:
    for key, count in Counter(ids).items():
        if count > 1:
            yield _("the id %(id)s is used by more than one %(kind)s; each needs its own") % {"kind": kind, "id": key}


def _dangling(taxonomy: Taxonomy) -> Iterator[str]:
    """References to a stage or department that is not there."""
    stages = {stage.id for stage in taxonomy.stages}
    departments = {department.id for department in taxonomy.departments}
    for moment in taxonomy.moments:
        if moment.stage not in stages:
            yield _no_stage(moment.id, moment.stage)
    for cause in taxonomy.causes:
        for stage in cause.stages:
            if stage not in stages:
                yield _no_stage(cause.id, stage)
        for department in cause.departments:
            if department not in departments:
                message = _("%(id)s names the department %(missing)s, which does not exist")
                yield message % {"id": cause.id, "missing": department}


def _no_stage(item_id: str, stage: str) -> str:
    return _("%(id)s names the stage %(missing)s, which does not exist") % {"id": item_id, "missing": stage}


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
