"""Finds the questions of a survey's file: scores, words and choices, each by its name, its wording and its answers."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pyarrow as pa
from django.utils.translation import gettext as _

from headwater.base.refusals import Refused
from headwater.listening import readers, synonyms
from headwater.listening.evidence import Evidence, look_at
from headwater.listening.fields import Draft, decide, is_personal, scale_of
from headwater.listening.mapping import MAX_EMIT, ColumnField, Emit, FieldName, Mapping
from headwater.listening.pipeline.steps import RECEIVED
from headwater.listening.readers.rows import LABEL, Question
from headwater.listening.ready.catalogue import Answers

MAX_CHOICES = 100
MAX_CHOICE = 80
MAX_ATTRIBUTES = 150
NPS_GROUP = "_NPS_GROUP"
IDENTITIES = ("record_id", "customer_id", "subject_id", "conversation_id", "language", "channel")


@dataclass(slots=True)
class Found:
    """The questions of a file, and what a person should look at."""

    mapping: Mapping
    unsure: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Survey:
    """What is known of a file while its columns are gone through."""

    answers: Answers
    fields: dict[FieldName, ColumnField]
    questions: dict[str, Question]
    columns: dict[str, Evidence]
    scores: list[tuple[Evidence, str, tuple[float, float]]] = field(default_factory=list)
    texts: list[Evidence] = field(default_factory=list)
    attributes: dict[str, ColumnField] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def asked(self, name: str) -> str:
        """A question as people read it."""
        question = self.questions.get(name)
        return (question.wording if question else "") or name


def with_questions(path: Path, answers: Answers, names: dict[str, str]) -> Found:
    """The mapping of a survey's file. `names` are the file's own spellings of the columns that `answers` names.

    Raises Refused where the file has no answers.
    """
    reader = readers.open_file(path)
    try:
        table = readers.first_rows(reader)
        options, questions = reader.options, reader.questions
    finally:
        reader.close()
    if not len(table):
        raise Refused("no_rows", _("%s holds no answers.") % path.name, field="file")
    now = datetime.now(UTC).replace(tzinfo=None)
    columns = {name: look_at(name, table.column(name).combine_chunks(), now) for name in table.column_names}
    fields, unsure = _identities(answers, columns, names, table)
    survey = _Survey(answers, fields, questions, columns)
    for one in columns.values():
        _place(survey, one)
    emits = _emits(survey)
    if not emits:
        raise Refused(
            "no_questions",
            _("%s has neither a score nor words of customers in its columns.") % path.name,
            field="file",
        )
    mapping = Mapping(source=answers.source, file=options, emit=tuple(emits))
    return Found(mapping, unsure, tuple(_notes(survey, len(emits))))


def _identities(
    answers: Answers, columns: dict[str, Evidence], names: dict[str, str], table: pa.Table
) -> tuple[dict[FieldName, ColumnField], tuple[tuple[str, str], ...]]:
    """What a response is known by: as the tool's files say it, else by what the columns look like."""
    fields: dict[FieldName, ColumnField] = {}
    for name, one in answers.fields.items():
        true = names.get(one.column or "", one.column or "")
        if true in columns and columns[true].filled:
            fields[name] = one.model_copy(update={"column": true})
    draft = Draft()
    if not answers.fields:
        decide(draft, [one for one in columns.values() if one.filled and not one.name.endswith(LABEL)], table)
        named = cast("dict[FieldName, ColumnField]", draft.fields)
        fields |= {name: one for name, one in named.items() if name in IDENTITIES or name == "occurred_at"}
        own = fields.get("record_id")
        if own is not None:
            fields["response_id"] = own
    unsure = [(one.column, one.reason) for one in draft.unsure if one.column == fields_column(fields, "occurred_at")]
    occurred = fields.get("occurred_at")
    if occurred is not None and occurred.column in columns and answers.fields:
        formats = columns[occurred.column].formats
        if formats:
            fields["occurred_at"] = occurred.model_copy(update={"format": formats[0]})
        if len(formats) > 1:
            reason = _("The dates of “%(column)s” can be read as %(formats)s: choose one.")
            values = {"column": occurred.column, "formats": _(" or ").join(formats)}
            unsure.append((occurred.column, reason % values))
    if occurred is None:
        fields["occurred_at"] = ColumnField(constant=RECEIVED)
    return fields, tuple(unsure)


def fields_column(fields: dict[FieldName, ColumnField], name: FieldName) -> str | None:
    return fields[name].column if name in fields else None


def _place(survey: _Survey, one: Evidence) -> None:
    """Decide what one column is."""
    used = {name for own in survey.fields.values() for name in own.named}
    if (
        one.name in used
        or not one.filled
        or any(re.fullmatch(pattern, one.name, re.IGNORECASE) for pattern in survey.answers.leave_out)
    ):
        return
    question = survey.questions.get(one.name)
    if is_personal(one):
        survey.attributes[_name(one.name)] = ColumnField(column=one.name, personal=True)
        return
    measured = None if one.name.endswith(LABEL) else _measured(survey, one)
    if measured is not None:
        survey.scores.append((one, *measured))
    elif _is_text(one, question):
        survey.texts.append(one)
    elif one.name + LABEL in survey.columns or (one.name.endswith(LABEL) and _is_score(survey, one.name)):
        return
    elif one.mean_length <= MAX_CHOICE and one.distinct <= MAX_CHOICES and not one.formats and not one.links:
        if len(survey.attributes) < MAX_ATTRIBUTES:
            survey.attributes[_name(one.name.removesuffix(LABEL))] = ColumnField(column=one.name)
    else:
        survey.left_out.append(one.name)


def _is_score(survey: _Survey, label: str) -> bool:
    return any(one.name + LABEL == label for one, _metric, _scale in survey.scores)


def _measured(survey: _Survey, one: Evidence) -> tuple[str, tuple[float, float]] | None:
    """The metric and scale of a column of scores, None where it holds none."""
    if not one.numeric or one.low < 0 or one.high > 100 or one.distinct > 101:
        return None
    if f"{one.name}{NPS_GROUP}".casefold() in {name.casefold() for name in survey.columns}:
        return ("nps", (0.0, 10.0)) if one.high <= 10 else None
    said = (*one.words, *synonyms.words(survey.asked(one.name)))
    ranked = sorted(
        ((synonyms.strength(said, phrases), metric) for metric, phrases in synonyms.METRICS.items()), reverse=True
    )
    strength, metric = ranked[0]
    if strength and metric == "rating" and survey.answers.metric and one.high <= 10 and one.whole:
        metric = survey.answers.metric
    if not strength or set(one.words) & synonyms.QUANTITY:
        return None
    scale = scale_of(metric, one)
    return (metric, scale) if scale is not None else None


def _is_text(one: Evidence, question: Question | None) -> bool:
    if question is not None and question.is_open:
        return True
    if one.numeric or one.formats or one.links > 0.5 or one.nested > 0.5:
        return False
    return one.mean_words >= 3 and one.variety > 0.5 and one.distinct > 3


def _emits(survey: _Survey) -> list[Emit]:
    """A signal for each score and each text of a row; they share the row's id as response."""
    emits: list[Emit] = []
    for one, metric, scale in survey.scores:
        decimal = "," if one.decimal == "," and not one.whole else "."
        score = ColumnField.model_validate({"column": one.name, "decimal": decimal})
        emits.append(_emit(survey, one, {"score": score}, metric, scale))
    emits += [_emit(survey, one, {"text": ColumnField(column=one.name)}, None, None) for one in survey.texts]
    return emits[:MAX_EMIT]


def _emit(
    survey: _Survey,
    one: Evidence,
    said: dict[FieldName, ColumnField],
    metric: str | None,
    scale: tuple[float, float] | None,
) -> Emit:
    question = {"question": ColumnField(constant=survey.asked(one.name)[:200])}
    return Emit(
        kind=survey.answers.kind,
        when=cast("None", one.name),
        unless=survey.answers.unless,
        metric=metric,
        scale=scale,
        fields={**survey.fields, **said},
        attributes={**survey.attributes, **question},
        record_id_prefix=f"{_name(one.name)}:",
    )


def _name(column: str) -> str:
    return "_".join(synonyms.words(column))[:100] or column[:100]


def _notes(survey: _Survey, count: int) -> list[str]:
    said = [_("Each of %d questions becomes a signal of its own; those of one response stay together.") % count]
    if len(survey.scores) + len(survey.texts) > MAX_EMIT:
        said.append(_("The file has more questions than %d; the others are left out.") % MAX_EMIT)
    if survey.left_out:
        said.append(_("Left out, because they hardly group customers: %s.") % ", ".join(survey.left_out[:20]))
    return said
