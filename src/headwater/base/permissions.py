"""Who may do what, to what, about whose words: one matrix, read by every service.

A role is granted an action on an object up to a scope. Scopes widen: ``own`` (what this person wrote, owns or is),
``department`` (their department and those below it) and ``company``. A service asks for the scope the object at hand
needs; :func:`allows` answers from the matrix alone and touches no database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.base.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.contrib.auth.models import AnonymousUser

    from headwater.base.models import Person

Scope = Literal["own", "department", "company"]
Grant = tuple[str, str]

SCOPES: Final[dict[str, int]] = {"own": 1, "department": 2, "company": 3}

ROLES: Final[dict[str, object]] = {
    "executive": gettext_lazy("Executive"),
    "cx_team": gettext_lazy("CX team"),
    "manager": gettext_lazy("Department manager"),
    "employee": gettext_lazy("Employee"),
    "analyst": gettext_lazy("Analyst"),
    "hr": gettext_lazy("HR and learning"),
    "administrator": gettext_lazy("Administrator"),
}

#: Every object and what can be done to it. The order is the order of the table in the documentation.
OBJECTS: Final[dict[str, tuple[str, ...]]] = {
    "company": ("view", "manage"),
    "departments": ("view", "manage"),
    "people": ("view", "manage"),
    "tokens": ("view", "manage"),
    "history": ("view",),
    "jobs": ("view", "manage"),
    "outbox": ("view", "manage"),
    "figures": ("view",),  # metrics, causes, the Forest: numbers about customers, never their words
    "verbatims": ("view",),  # customers' words, redacted
    "customers": ("view", "export", "erase"),  # one customer's timeline and identity
    "attributes": ("view",),  # what a source says of one customer beside the words
    "agents": ("view",),  # the names of colleagues in customers' signals
    "originals": ("view",),  # words before redaction, where a vault keeps them; each look is in the history
    "personal_data": ("view", "manage"),  # redaction, retention, consent, the vault, pseudonyms
    "labels": ("correct",),  # stage, cause, sentiment of a verbatim; the audit queue
    "surveys": ("view", "edit", "send"),  # their words and results; sending asks customers
    "connections": ("view", "manage"),  # other systems: what is fetched from them and what they are told
    "signals": ("import", "export"),  # files, mappings, sources, set-aside rows, the API for signals
    "taxonomy": ("view", "edit", "publish"),  # journeys, stages, moments, touchpoints, causes and packs
    "agreement": ("view", "answer"),  # whether a stage is as a department sees it; its head answers
    "triggers": ("view", "edit"),  # event-pattern moments and reliability standards
    "strategy": ("view", "edit", "agree", "publish"),  # statements, outcomes, issues, guideposts, roadmap, readiness
    "measures": ("view", "edit", "sign"),  # their definitions, readings and sign-offs
    "finance": ("view", "edit", "sign"),  # what a contact costs, a customer is worth, who counts as one
    "integrity": ("view", "edit"),  # whether scores look begged for; own: one's own figures, and those one leads
    "alerts": ("answer",),  # what became of a rise that was noticed
    "hunches": ("view", "write"),  # one's own; of others only the crowd's picture
    "requests": ("view", "file", "answer"),  # "fix X", traced upstream
    "boards": ("view", "edit"),  # charts pinned to a dashboard
    "models": ("manage",),  # fit, relabel
    # what employees say, behind the anonymity threshold: figures, comments, bringing them in, rules and assessment
    "employee_signals": ("view", "read", "import", "manage"),
}

_EVERYONE: Final[dict[Grant, Scope]] = {
    ("view", "company"): "company",
    ("view", "departments"): "company",
    ("view", "people"): "company",
    ("view", "figures"): "company",
    ("view", "taxonomy"): "company",
    ("view", "agreement"): "company",
    ("view", "triggers"): "company",
    ("view", "strategy"): "company",
    ("view", "measures"): "company",
    ("view", "surveys"): "company",
    ("view", "integrity"): "own",
    ("view", "hunches"): "own",
    ("write", "hunches"): "own",
    ("view", "requests"): "own",
    ("file", "requests"): "own",
    ("view", "boards"): "company",
    ("edit", "boards"): "own",
    ("view", "verbatims"): "department",
    ("view", "history"): "own",
    ("view", "jobs"): "own",
    ("view", "tokens"): "own",
    ("view", "employee_signals"): "own",
}

MATRIX: Final[Mapping[str, Mapping[Grant, Scope]]] = {
    "executive": {
        **_EVERYONE,
        ("answer", "alerts"): "company",
        ("view", "integrity"): "company",
        ("edit", "integrity"): "company",
        ("answer", "agreement"): "company",
        ("edit", "strategy"): "company",
        ("agree", "strategy"): "company",
        ("publish", "strategy"): "company",
        ("edit", "measures"): "company",
        ("sign", "measures"): "company",
        ("view", "finance"): "company",
        ("edit", "finance"): "company",
        ("sign", "finance"): "company",
        ("view", "requests"): "company",
        ("view", "verbatims"): "company",
        ("view", "history"): "company",
        ("view", "employee_signals"): "company",
    },
    "cx_team": {
        **_EVERYONE,
        ("view", "attributes"): "company",
        ("view", "agents"): "company",
        ("view", "personal_data"): "company",
        ("edit", "surveys"): "company",
        ("send", "surveys"): "company",
        ("view", "connections"): "company",
        ("manage", "connections"): "company",
        ("answer", "alerts"): "company",
        ("view", "integrity"): "company",
        ("edit", "integrity"): "company",
        ("view", "verbatims"): "company",
        ("view", "customers"): "company",
        ("export", "customers"): "company",
        ("correct", "labels"): "company",
        ("import", "signals"): "company",
        ("export", "signals"): "company",
        ("edit", "taxonomy"): "company",
        ("publish", "taxonomy"): "company",
        ("answer", "agreement"): "own",
        ("edit", "triggers"): "company",
        ("edit", "strategy"): "company",
        ("agree", "strategy"): "company",
        ("publish", "strategy"): "company",
        ("edit", "measures"): "company",
        ("view", "finance"): "company",
        ("edit", "finance"): "company",
        ("view", "requests"): "company",
        ("answer", "requests"): "company",
        ("edit", "boards"): "company",
        ("manage", "models"): "company",
        ("view", "history"): "company",
        ("view", "jobs"): "company",
        ("manage", "jobs"): "own",
        ("manage", "tokens"): "own",
    },
    "manager": {
        **_EVERYONE,
        ("view", "attributes"): "department",
        ("view", "agents"): "department",
        ("answer", "alerts"): "department",
        ("view", "customers"): "department",
        ("correct", "labels"): "department",
        ("view", "history"): "department",
        ("answer", "agreement"): "department",
        ("agree", "strategy"): "own",
        ("sign", "measures"): "own",
        ("view", "finance"): "company",
        ("edit", "finance"): "department",  # managers of finance
        ("sign", "finance"): "department",
        ("view", "requests"): "department",
        ("view", "employee_signals"): "department",
    },
    "employee": _EVERYONE,
    "analyst": {
        **_EVERYONE,
        ("view", "attributes"): "company",
        ("view", "personal_data"): "company",
        ("edit", "surveys"): "company",
        ("view", "connections"): "company",
        ("answer", "alerts"): "company",
        ("view", "integrity"): "company",
        ("view", "verbatims"): "company",
        ("view", "customers"): "company",
        ("correct", "labels"): "company",
        ("import", "signals"): "company",
        ("export", "signals"): "company",
        ("edit", "taxonomy"): "company",
        ("edit", "triggers"): "company",
        ("edit", "measures"): "company",
        ("view", "finance"): "company",
        ("edit", "finance"): "company",
        ("manage", "models"): "company",
        ("view", "jobs"): "company",
        ("manage", "jobs"): "own",
        ("manage", "tokens"): "own",
    },
    "hr": {
        **_EVERYONE,
        ("view", "employee_signals"): "company",
        ("read", "employee_signals"): "company",
        ("import", "employee_signals"): "company",
        ("manage", "employee_signals"): "company",
    },
    "administrator": {
        **_EVERYONE,
        ("view", "attributes"): "company",
        ("view", "agents"): "company",
        ("view", "originals"): "company",
        ("view", "personal_data"): "company",
        ("manage", "personal_data"): "company",
        ("edit", "surveys"): "company",
        ("send", "surveys"): "company",
        ("view", "connections"): "company",
        ("manage", "connections"): "company",
        ("answer", "alerts"): "company",
        ("view", "integrity"): "company",
        ("edit", "integrity"): "company",
        ("manage", "company"): "company",
        ("manage", "departments"): "company",
        ("manage", "people"): "company",
        ("view", "tokens"): "company",
        ("manage", "tokens"): "company",
        ("view", "history"): "company",
        ("view", "jobs"): "company",
        ("manage", "jobs"): "company",
        ("view", "outbox"): "company",
        ("manage", "outbox"): "company",
        ("view", "verbatims"): "company",
        ("view", "customers"): "company",
        ("export", "customers"): "company",
        ("erase", "customers"): "company",
        ("import", "signals"): "company",
        ("export", "signals"): "company",
        ("correct", "labels"): "company",
        ("edit", "taxonomy"): "company",
        ("publish", "taxonomy"): "company",
        ("answer", "agreement"): "company",
        ("edit", "triggers"): "company",
        ("edit", "strategy"): "company",
        ("publish", "strategy"): "company",
        ("edit", "measures"): "company",
        ("view", "finance"): "company",
        ("edit", "finance"): "company",
        ("view", "requests"): "company",
        ("answer", "requests"): "company",
        ("edit", "boards"): "company",
        ("manage", "models"): "company",
    },
}


class NotAllowed(Refused):
    """The person is known, and the matrix does not grant what they asked."""

    status = 403


def granted(roles: list[str], action: str, object: str) -> Scope | None:
    """Return the widest scope that any of ``roles`` has for ``action`` on ``object``; None when none has.

    Raises ``ValueError`` for an action or object that :data:`OBJECTS` does not name: a typing mistake in a service.
    """
    if action not in OBJECTS.get(object, ()):
        raise ValueError(f"the permission matrix has no action {action!r} on {object!r}")
    widest: Scope | None = None
    for role in roles:
        scope = MATRIX.get(role, {}).get((action, object))
        if scope is not None and (widest is None or SCOPES[scope] > SCOPES[widest]):
            widest = scope
    return widest


def widest_scope(person: Person | AnonymousUser | None, action: str, object: str) -> Scope | None:
    """Return how wide ``person`` may do ``action`` on ``object``, or None when not at all.

    ``None`` instead of a person is the installation itself (its command line and its worker), which may do all;
    no request ever arrives with None, a stranger on the web is an ``AnonymousUser``. A person who came with an API
    token has what both the roles and the token's scopes grant.
    """
    nothing = granted([], action, object)
    if person is None:
        return "company"
    if not person.is_authenticated or not person.is_active:
        return nothing
    token_scopes: frozenset[str] | None = getattr(person, "token_scopes", None)
    if token_scopes is not None and f"{action}:{object}" not in token_scopes:
        return None
    return granted(list(person.roles), action, object)


def allows(person: Person | AnonymousUser | None, action: str, object: str, *, words_of: str = "company") -> bool:
    """Say whether ``person`` may do ``action`` on ``object`` at least as wide as ``words_of``."""
    widest = widest_scope(person, action, object)
    return widest is not None and SCOPES[widest] >= SCOPES[words_of]


def require(person: Person | AnonymousUser | None, action: str, object: str, *, words_of: str = "company") -> None:
    """Refuse, with ``not_allowed`` (403), unless :func:`allows` says yes."""
    if allows(person, action, object, words_of=words_of):
        return
    message = _("You may not %(action)s %(object)s here. Ask an administrator for a role that may.")
    raise NotAllowed("not_allowed", message % {"action": _action_name(action), "object": _object_name(object)})


def described(action: str, object: str) -> str:
    """Return what the grant allows, in words: ``import signals``."""
    return f"{_action_name(action)} {_object_name(object)}"


def _action_name(action: str) -> str:
    return {
        "view": _("see"),
        "read": _("read the words of"),
        "manage": _("change"),
        "export": _("export"),
        "erase": _("erase"),
        "correct": _("correct"),
        "import": _("import"),
        "edit": _("edit"),
        "publish": _("publish"),
        "answer": _("answer"),
        "agree": _("agree to"),
        "sign": _("sign off"),
        "file": _("file"),
        "write": _("write"),
        "send": _("send"),
    }[action]


def _object_name(object: str) -> str:
    return {
        "company": _("the company's settings"),
        "departments": _("departments"),
        "people": _("people"),
        "tokens": _("API tokens"),
        "history": _("the history"),
        "jobs": _("background jobs"),
        "outbox": _("the outbox"),
        "figures": _("figures"),
        "verbatims": _("verbatims"),
        "customers": _("customers"),
        "attributes": _("attributes of customers"),
        "agents": _("names of colleagues in signals"),
        "originals": _("words before redaction"),
        "personal_data": _("the rules of personal data"),
        "surveys": _("surveys"),
        "connections": _("connections"),
        "labels": _("labels"),
        "signals": _("signals"),
        "taxonomy": _("the journey"),
        "agreement": _("agreement on the journey"),
        "triggers": _("event-pattern moments"),
        "strategy": _("the strategy"),
        "measures": _("measures"),
        "finance": _("finance's figures"),
        "integrity": _("score integrity"),
        "alerts": _("alerts"),
        "hunches": _("hunches"),
        "requests": _("requests"),
        "boards": _("dashboards"),
        "models": _("text models"),
        "employee_signals": _("employees' signals"),
    }[object]
