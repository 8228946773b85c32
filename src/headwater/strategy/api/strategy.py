"""The strategy for programs: what is published, the draft and its edits, who agrees, and every version."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Field, Path, Query, Router, Schema

from headwater.base.permissions import allows, require
from headwater.base.problems import REFUSALS
from headwater.base.refusals import NotFound
from headwater.strategy import agreement, drafting, exchange, issues, strategies
from headwater.strategy.differences import Difference, FieldDifference, Kind, differences
from headwater.strategy.documents import written
from headwater.strategy.strategy import BusinessGoal, Issue, Outcome, Strategy, Value

router = Router(tags=["strategy"])
MAX_VERSION = 2**31 - 1
Number = Annotated[int, Path(ge=1, le=MAX_VERSION)]
Seen = Annotated[int | None, Query(ge=0, le=MAX_VERSION)]


class StrategyAnswer(Schema):
    """A strategy; version 0 and empty before the first is published."""

    version: int
    vision: str = ""
    mission: str = ""
    success: str = ""
    values: list[Value] = []
    goals: list[BusinessGoal] = []
    outcomes: list[Outcome] = []
    issues: list[Issue] = []


class ChangedField(Schema):
    """One field before and after; lists also as what went and what came."""

    name: str
    before: str
    after: str
    removed: list[str]
    added: list[str]


class Change(Schema):
    """One statement or item that differs between two strategies."""

    kind: Literal["statement", "value", "goal", "outcome", "issue"]
    id: str
    name: str
    what: Literal["added", "removed", "changed", "moved"]
    fields: list[ChangedField]


class LeaderAnswer(Schema):
    """A leader who was asked; ``answer`` is null until they answer."""

    person: int
    name: str
    answer: Literal["agrees", "objects"] | None
    reason: str
    answered_at: datetime | None


class StrategyDraft(Schema):
    """The draft, how far it is, and how it differs from what is published. ``edition`` grows with each edit."""

    edition: int
    state: Literal["draft", "proposed", "agreed"]
    strategy: StrategyAnswer
    differences: list[Change]
    answers: list[LeaderAnswer]


class VersionAnswer(Schema):
    """A version that was published; ``override_reason`` is empty when all who were asked had agreed."""

    version: int
    published_at: datetime
    published_by: str | None
    override_reason: str


class IssueFigure(Schema):
    """What the record says of an issue: shares in 0…1, null where there is no verdict."""

    issue: str
    share_negative: float | None
    low: float | None
    high: float | None
    negatives: int
    customers: int
    change: Literal["rises", "falls", "steady"]


class Statements(Schema):
    """Only the statements that are sent are set; ``seen`` is the edition that was read."""

    seen: int | None = Field(None, ge=0, le=MAX_VERSION)
    vision: str | None = Field(None, max_length=1200)
    mission: str | None = Field(None, max_length=1200)
    success: str | None = Field(None, max_length=1200)


class ItemFields(Schema):
    """The fields of a value or goal (name, text), outcome or issue; only those that are sent are set."""

    seen: int | None = Field(None, ge=0, le=MAX_VERSION)
    fields: dict[str, Any] = Field(max_length=20)


class ItemAdded(Schema):
    """The item that was added or changed, and the draft's edition since."""

    kind: Literal["value", "goal", "outcome", "issue"]
    id: str
    edition: int


class AgreementAsked(Schema):
    """Who is asked to agree: people's ids."""

    leaders: list[int] = Field(min_length=1, max_length=agreement.MAX_ASKED)


class OwnAnswer(Schema):
    """One's own answer to an edition of the draft."""

    edition: int = Field(ge=0, le=MAX_VERSION)
    answer: Literal["agrees", "objects"]
    reason: str = Field("", max_length=agreement.REASON_LENGTH)


class Publication(Schema):
    """The reason for publishing without the agreement of all, empty when all agreed; ``seen`` is the edition read."""

    seen: int | None = Field(None, ge=0, le=MAX_VERSION)
    override: str = Field("", max_length=agreement.REASON_LENGTH)


class StrategyFile(Schema):
    """A strategy as the text of a YAML file."""

    text: str = Field(max_length=exchange.MAX_FILE_BYTES)
    preview: bool = False


ItemKind = Literal["value", "goal", "outcome", "issue"]


@router.get("/strategy", response={200: StrategyAnswer, **REFUSALS}, operation_id="get_strategy")
def get_strategy(request: HttpRequest) -> dict[str, Any]:
    """Return the published strategy."""
    require(request.user, "view", "strategy")
    return _strategy(strategies.current())


@router.get("/strategy/file", operation_id="export_strategy", response={200: None, **REFUSALS})
def export_strategy(request: HttpRequest) -> HttpResponse:
    """Return the published strategy as a YAML file."""
    require(request.user, "view", "strategy")
    return HttpResponse(exchange.strategy_text(strategies.current()), content_type="application/yaml; charset=utf-8")


@router.post("/strategy/file", response={200: list[Change], **REFUSALS}, operation_id="import_strategy")
def import_strategy(request: HttpRequest, given: StrategyFile) -> list[dict[str, Any]]:
    """Make a strategy file the draft; with ``preview`` only say how it differs from what is published."""
    person: Any = request.user
    require(person, "edit", "strategy")
    found = exchange.read_strategy(given.text)
    if given.preview:
        return [_change(one) for one in differences(strategies.current(), found)]
    return [_change(one) for one in drafting.replace_draft(person, found, source="the API")]


@router.get("/strategy/issues", response={200: list[IssueFigure], **REFUSALS}, operation_id="list_issue_figures")
def list_issue_figures(request: HttpRequest) -> list[dict[str, Any]]:
    """Return what the record says of each issue that names a cause."""
    require(request.user, "view", "strategy")
    require(request.user, "view", "figures")
    return [_figure(issue, one) for issue, one in issues.issue_figures(strategies.current()).items()]


@router.get(
    "/strategy/versions", response={200: list[VersionAnswer], **REFUSALS}, operation_id="list_strategy_versions"
)
def list_versions(request: HttpRequest) -> list[dict[str, Any]]:
    """Return every published version, newest first."""
    require(request.user, "view", "strategy")
    return [
        {
            "version": row.version,
            "published_at": row.published_at,
            "published_by": row.published_by.name if row.published_by else None,
            "override_reason": row.override_reason,
        }
        for row in strategies.published_versions()
    ]


@router.get(
    "/strategy/versions/{version}", response={200: StrategyAnswer, **REFUSALS}, operation_id="get_strategy_version"
)
def get_version(request: HttpRequest, version: Number) -> dict[str, Any]:
    """Return the strategy as it was published under a number."""
    require(request.user, "view", "strategy")
    return _strategy(strategies.strategy_of(version))


@router.get(
    "/strategy/versions/{version}/differences",
    response={200: list[Change], **REFUSALS},
    operation_id="compare_strategies",
)
def compare(request: HttpRequest, to: int, version: Number) -> list[dict[str, Any]]:
    """Return how version ``to`` differs from this one."""
    require(request.user, "view", "strategy")
    if not 1 <= to <= MAX_VERSION:
        raise NotFound("strategy.no_version", f"No version {to} of the strategy was ever published.")
    return [_change(one) for one in differences(strategies.strategy_of(version), strategies.strategy_of(to))]


@router.get("/strategy/draft", response={200: StrategyDraft, **REFUSALS}, operation_id="get_strategy_draft")
def get_draft(request: HttpRequest) -> dict[str, Any]:
    """Return the draft, for those who edit it or may be asked to agree to it."""
    if not allows(request.user, "agree", "strategy", words_of="own"):
        require(request.user, "edit", "strategy")
    return _draft()


@router.patch("/strategy/draft", response={200: StrategyDraft, **REFUSALS}, operation_id="change_strategy_statements")
def change_statements(request: HttpRequest, given: Statements) -> dict[str, Any]:
    """Set vision, mission or success statement in the draft."""
    person: Any = request.user
    sent = given.dict(exclude_unset=True, exclude={"seen"})
    drafting.change_statements(person, {name: text or "" for name, text in sent.items()}, seen=given.seen)
    return _draft()


@router.delete("/strategy/draft", response={204: None, **REFUSALS}, operation_id="discard_strategy_draft")
def discard_draft(request: HttpRequest, seen: Seen = None) -> tuple[int, None]:
    """Throw the draft away, unless someone edited it since the edition ``seen``; what is published stays."""
    person: Any = request.user
    drafting.discard_draft(person, seen=seen)
    return 204, None


@router.post(
    "/strategy/draft/undo/{edition}", response={200: StrategyDraft, **REFUSALS}, operation_id="undo_strategy_edit"
)
def undo_edit(request: HttpRequest, edition: Number) -> dict[str, Any]:
    """Take back the edit that led to this edition; refused (409) after a later one."""
    person: Any = request.user
    drafting.undo_edit(person, edition)
    return _draft()


@router.post("/strategy/draft/ask", response={200: StrategyDraft, **REFUSALS}, operation_id="propose_strategy")
def propose(request: HttpRequest, given: AgreementAsked) -> dict[str, Any]:
    """Ask leaders to agree to the draft as it stands."""
    person: Any = request.user
    agreement.propose(person, given.leaders)
    return _draft()


@router.post("/strategy/draft/answer", response={200: StrategyDraft, **REFUSALS}, operation_id="answer_strategy")
def answer(request: HttpRequest, given: OwnAnswer) -> dict[str, Any]:
    """Agree to an edition of the draft, or object with a reason."""
    person: Any = request.user
    agreement.answer(person, given.edition, given.answer, given.reason)
    return _draft()


@router.post("/strategy/draft/publish", response={200: StrategyAnswer, **REFUSALS}, operation_id="publish_strategy")
def publish(request: HttpRequest, given: Publication) -> dict[str, Any]:
    """Publish the draft, with a reason when not all who were asked have agreed."""
    person: Any = request.user
    return _strategy(agreement.publish(person, override=given.override, seen=given.seen))


@router.post("/strategy/draft/{kind}", response={200: ItemAdded, **REFUSALS}, operation_id="add_strategy_item")
def add_item(request: HttpRequest, kind: ItemKind, given: ItemFields) -> dict[str, Any]:
    """Add a value, business goal, outcome or issue to the draft."""
    person: Any = request.user
    return _item(kind, drafting.add_item(person, kind, given.fields).id)


@router.patch(
    "/strategy/draft/{kind}/{slug:item_id}", response={200: ItemAdded, **REFUSALS}, operation_id="change_strategy_item"
)
def change_item(request: HttpRequest, kind: ItemKind, item_id: str, given: ItemFields) -> dict[str, Any]:
    """Set fields of an item of the draft."""
    person: Any = request.user
    return _item(kind, drafting.change_item(person, kind, item_id, given.fields, seen=given.seen).id)


@router.delete(
    "/strategy/draft/{kind}/{slug:item_id}", response={204: None, **REFUSALS}, operation_id="remove_strategy_item"
)
def remove_item(request: HttpRequest, kind: ItemKind, item_id: str) -> tuple[int, None]:
    """Remove an item from the draft."""
    person: Any = request.user
    drafting.remove_item(person, kind, item_id)
    return 204, None


def _strategy(strategy: Strategy) -> dict[str, Any]:
    return {"version": strategy.version, **written(strategy)}


def _draft() -> dict[str, Any]:
    found, state = strategies.draft(), agreement.proposal()
    if found is None or state is None:
        raise NotFound("strategy.no_draft", "There is no draft. It begins with the first edit.")
    return {
        "edition": found.edition,
        "state": state.state,
        "strategy": _strategy(found.strategy),
        "differences": [_change(one) for one in found.differences],
        "answers": [
            {
                "person": one.person_id,
                "name": one.person.name,
                "answer": one.answer or None,
                "reason": one.reason,
                "answered_at": one.answered_at,
            }
            for one in state.answers
        ],
    }


def _item(kind: Kind, item_id: str) -> dict[str, Any]:
    found = strategies.draft()
    return {"kind": kind, "id": item_id, "edition": found.edition if found else 0}


def _change(difference: Difference) -> dict[str, Any]:
    return {
        "kind": difference.kind,
        "id": difference.id,
        "name": difference.name,
        "what": difference.what,
        "fields": [_field(one) for one in difference.fields],
    }


def _field(field: FieldDifference) -> dict[str, Any]:
    def text(value: Any) -> str:
        return "" if value is None else ", ".join(value) if isinstance(value, tuple) else str(value)

    lists = {"removed": list(field.removed), "added": list(field.added)}
    return {"name": field.name, "before": text(field.before), "after": text(field.after), **lists}


def _figure(issue: str, figure: issues.IssueFigure) -> dict[str, Any]:
    known = getattr(figure.share, "estimate", None) is not None
    return {
        "issue": issue,
        "share_negative": getattr(figure.share, "estimate", None),
        "low": getattr(figure.share, "low", None) if known else None,
        "high": getattr(figure.share, "high", None) if known else None,
        "negatives": figure.negatives,
        "customers": figure.customers,
        "change": figure.change,
    }
