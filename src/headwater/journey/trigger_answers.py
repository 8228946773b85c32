"""What answers the firings of triggers: rooms above register it by dotted name, so that nothing is imported early."""

from __future__ import annotations

from django.utils.module_loading import import_string

ACTIONS = ("case", "thank_you", "recognition", "survey")
hooks: dict[str, str] = {}
"""What answers firings of an action, by the action."""
_targets: dict[str, str] = {}


def on_fire(action: str, function: str) -> None:
    """Have waiting firings of triggers with this action answered by ``function(firing)``, a dotted name.

    It is called once for each firing, in the transaction that marks it as answered.
    """
    hooks[_known(action)] = function


def offer_targets(action: str, function: str) -> None:
    """Have a trigger with this action choose one of what ``function()``, a dotted name, offers: (id, title) pairs.

    The trigger keeps the id as its ``target``.
    """
    _targets[_known(action)] = function


def answered_by_itself(action: str) -> bool:
    """Whether something is registered to answer firings of this action; else they wait for a person."""
    return action in hooks


def chooses(action: str) -> bool:
    """Whether a trigger with this action chooses something."""
    return action in _targets


def targets(action: str) -> list[tuple[str, str]]:
    """What a trigger with this action may choose; empty where there is nothing to choose."""
    return list(import_string(_targets[action])()) if action in _targets else []


def _known(action: str) -> str:
    if action not in ACTIONS:
        raise ValueError(f"{action!r} is no action of a trigger: {', '.join(ACTIONS)}")
    return action
