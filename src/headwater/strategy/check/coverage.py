"""Whether a filter can hold for customers of whom one thing is known; what is not known may be anything."""

import re

from headwater.record.filters import Among, Between, Compare, FilterError, Flag, Group, IsNull, Like, Node, Not, parse


def may_cover(expression: str, term: str, value: str) -> bool:
    """Whether signals with ``value`` for ``term`` can match the filter. One that cannot be read covers none."""
    try:
        node = parse(expression).node
    except FilterError:
        return False
    return _holds(node, term, value) is not False


def _holds(node: Node, term: str, value: str) -> bool | None:
    """True or False where the term's value decides, None where it does not."""
    if isinstance(node, Not):
        inner = _holds(node.part, term, value)
        return None if inner is None else not inner
    if isinstance(node, Group):
        found = [_holds(part, term, value) for part in node.parts]
        if node.word == "and":
            return False if False in found else None if None in found else True
        return True if True in found else None if None in found else False
    return _test(node, value) if str(node.term) == term else None


def _test(node: Compare | Among | Between | Like | IsNull | Flag, value: str) -> bool | None:
    match node:
        case Compare(operator="="):
            return str(node.value) == value
        case Compare(operator="!=" | "<>"):
            return str(node.value) != value
        case Among():
            return value in map(str, node.values)
        case Like():
            pattern = "".join(".*" if one == "%" else "." if one == "_" else re.escape(one) for one in node.pattern)
            return re.fullmatch(pattern, value, re.DOTALL) is not None
        case IsNull():
            return False
        case _:
            return None
