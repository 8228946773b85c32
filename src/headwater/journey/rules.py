"""Pure rules of the taxonomy: what must hold within one, and what differs between two."""

from collections import Counter
from collections.abc import Iterable, Iterator

from headwater.journey.taxonomy import Cause, Taxonomy


def inconsistencies(taxonomy: Taxonomy) -> list[str]:
    """Each way in which the parts contradict each other, as a sentence; empty when they do not."""
    stages = {stage.id for stage in taxonomy.stages}
    departments = {department.id for department in taxonomy.departments}
    causes = {cause.id: cause for cause in taxonomy.causes}
    return [
        *_repeated("stage", (stage.id for stage in taxonomy.stages)),
        *_repeated("moment", (moment.id for moment in taxonomy.moments)),
        *_repeated("cause", (cause.id for cause in taxonomy.causes)),
        *_repeated("department", (department.id for department in taxonomy.departments)),
        *(
            f"moment {moment.id!r} is at stage {moment.stage!r}, which does not exist"
            for moment in taxonomy.moments
            if moment.stage not in stages
        ),
        *(problem for cause in taxonomy.causes for problem in _loose_ends(cause, stages, departments, causes)),
    ]


def _repeated(kind: str, ids: Iterable[str]) -> Iterator[str]:
    counts = Counter(ids)
    return (f"{kind} id {key!r} is used {count} times; ids are unique" for key, count in counts.items() if count > 1)


def _loose_ends(cause: Cause, stages: set[str], departments: set[str], causes: dict[str, Cause]) -> Iterator[str]:
    for stage in cause.stages:
        if stage not in stages:
            yield f"cause {cause.id!r} names stage {stage!r}, which does not exist"
    for department in cause.departments:
        if department not in departments:
            yield f"cause {cause.id!r} names department {department!r}, which does not exist"
    if cause.merged_into is None:
        return
    if cause.merged_into not in causes:
        yield f"cause {cause.id!r} is merged into {cause.merged_into!r}, which does not exist"
    elif _merges_in_a_circle(cause, causes):
        yield f"cause {cause.id!r} is merged into itself by way of {cause.merged_into!r}"


def _merges_in_a_circle(cause: Cause, causes: dict[str, Cause]) -> bool:
    seen = {cause.id}
    following: Cause | None = cause
    while following is not None and following.merged_into is not None:
        if following.merged_into in seen:
            return True
        seen.add(following.merged_into)
        following = causes.get(following.merged_into)
    return False
