"""How the columns of a file with colleagues' signals are read, as proposed from the file and as a person corrects it.

    version: 1
    source: pulse
    file: {format: csv, encoding: utf-8, delimiter: ','}
    dates: iso
    columns:
      team: {becomes: department}
      month: {becomes: when}
      token: {becomes: respondent}
      role: {becomes: answer, question: role, scale: [1, 5]}
      words: {becomes: comment}

The respondent is what keeps a person's answers from counting twice. It is read, hashed with a key together with month
and question, and never kept: answers of one person cannot be put together, nor followed over months.
"""

from collections.abc import Mapping as Choices
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, Literal, Self

import pyarrow as pa
import yaml
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Field, ValidationError, model_validator

from headwater.base.refusals import Refused
from headwater.listening import readers, synonyms
from headwater.listening.employee_questions import AMOUNTS, ENPS, PULSE
from headwater.listening.evidence import Evidence, look_at
from headwater.listening.mapping import FileOptions, Strict
from headwater.listening.readers.rows import shown_rows

Becomes = Literal["department", "when", "respondent", "people", "comment", "answer", "amount"]
ROWS_LOOKED_AT: Final = 5_000
MAX_COLUMNS: Final = 200
SCALES: Final = ((1.0, 5.0), (1.0, 7.0), (0.0, 10.0), (1.0, 10.0), (0.0, 100.0))
TITLES: Final[dict[str, object]] = {
    "department": gettext_lazy("Department or team"),
    "when": gettext_lazy("Month or date"),
    "respondent": gettext_lazy("Who answered (hashed, never kept)"),
    "people": gettext_lazy("How many people the amounts are about"),
    "comment": gettext_lazy("Comment"),
}
NAMED: Final[dict[str, tuple[str, ...]]] = {
    "department": ("department", "team", "unit", "abteilung", "bereich", "departamento", "equipo", "service", "equipe"),
    "when": ("month", "date", "period", "monat", "datum", "fecha", "mes", "mois", "submitted", "day"),
    "respondent": ("respondent", "token", "employee id", "employee", "participant", "personnel number", "response id"),
    "people": ("headcount", "people", "employees", "staff", "fte", "kopfzahl", "mitarbeiter", "plantilla", "effectif"),
    "comment": ("comment", "comments", "verbatim", "kommentar", "comentario", "commentaire", "text", "feedback"),
}
AMOUNT_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "leavers": ("leavers", "left", "exits", "turnover", "resignations", "abgaenge", "bajas"),
    "absence_days": ("absence days", "absence", "sick days", "sickness", "krankheitstage", "fehltage"),
    "overtime_hours": ("overtime hours", "overtime", "ueberstunden", "horas extra"),
    "repetitive_hours": ("repetitive hours", "repetitive", "rework hours"),
}


class EmployeeColumn(Strict):
    """What a column becomes; an answer or an amount says of what, an answer on which scale."""

    becomes: Becomes
    question: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")] | None = None
    scale: tuple[float, float] | None = None

    @model_validator(mode="after")
    def _is_said(self) -> Self:
        if (self.becomes in ("answer", "amount")) != (self.question is not None):
            raise ValueError("an answer or an amount, and nothing else, needs its question")
        if self.becomes == "amount" and self.question not in AMOUNTS:
            raise ValueError(f"{self.question} is no amount: {', '.join(AMOUNTS)}")
        if self.becomes == "answer" and (self.question in AMOUNTS or self.question == "comment"):
            raise ValueError(f"{self.question} is the name of something else; choose another")
        if self.becomes == "answer" and (self.scale is None or not self.scale[0] < self.scale[1]):
            raise ValueError("an answer needs its scale: [lowest, highest]")
        if self.question == ENPS and self.scale != (0.0, 10.0):
            raise ValueError("the eNPS is asked on 0 to 10")
        return self


class EmployeeMapping(Strict):
    """The columns of a file that are read, by their names."""

    version: Literal[1] = 1
    source: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,79}$")] = "pulse"
    file: FileOptions = FileOptions()
    dates: Annotated[str, Field(max_length=60)] = "iso"
    columns: dict[str, EmployeeColumn] = Field(max_length=MAX_COLUMNS)

    @model_validator(mode="after")
    def _can_be_read(self) -> Self:
        for one in ("department", "when"):
            if len(self.named(one)) != 1:
                raise ValueError(f"choose exactly one column for “{TITLES[one]}”")
        for one in ("respondent", "people", "comment"):
            if len(self.named(one)) > 1:
                raise ValueError(f"choose one column for “{TITLES[one]}”, not {', '.join(self.named(one))}")
        if not self.named("answer") and not self.named("amount") and not self.named("comment"):
            raise ValueError("choose a column that holds answers, an amount or comments")
        if self.named("amount") and not self.named("people"):
            raise ValueError("an amount needs the column that says how many people it is about")
        asked = [one.question for one in self.columns.values() if one.question]
        if len(set(asked)) != len(asked):
            raise ValueError("two columns cannot be the same question")
        return self

    def named(self, becomes: str) -> tuple[str, ...]:
        """The columns that become this."""
        return tuple(name for name, one in self.columns.items() if one.becomes == becomes)

    def to_yaml(self) -> str:
        return yaml.safe_dump(
            self.model_dump(exclude_defaults=True, mode="json") | {"source": self.source},
            allow_unicode=True,
            sort_keys=False,
        )


def from_yaml(text: str) -> EmployeeMapping:
    """Read a mapping that was kept. Raises Refused where it is none."""
    return checked(yaml.safe_load(text))


def checked(plain: object) -> EmployeeMapping:
    """The mapping of plain values. Raises Refused with what is wrong."""
    try:
        return EmployeeMapping.model_validate(plain)
    except ValidationError as error:
        said = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise Refused("mapping_invalid", _("The mapping cannot be used: %s.") % said, field="columns") from error


def look_into(path: Path) -> tuple[FileOptions, list[Evidence], tuple[dict[str, str | None], ...]]:
    """How a file is written, what each of its columns holds, and its first rows as they are."""
    reader = readers.open_file(path)
    try:
        rows = next(iter(reader.batches()), None)
        if rows is None or not len(rows.table):
            raise Refused("no_rows", _("%s has a header and no rows.") % path.name, field="file")
        table: pa.Table = rows.table.slice(0, ROWS_LOOKED_AT)
        now = datetime.now(UTC).replace(tzinfo=None)
        seen = [look_at(name, table.column(name).combine_chunks(), now) for name in table.column_names[:MAX_COLUMNS]]
        return reader.options, seen, shown_rows(table)
    finally:
        reader.close()


def proposed_columns(seen: list[Evidence]) -> dict[str, EmployeeColumn]:
    """What each column most likely becomes, by its name and what it holds; the others are left out."""
    found: dict[str, EmployeeColumn] = {}
    for becomes, phrases in NAMED.items():
        ranked = [(synonyms.strength(one.words, phrases), one) for one in seen if _could_be(becomes, one)]
        rank, best = max(ranked, key=lambda pair: pair[0], default=(0.0, None))
        if best is not None and rank and best.name not in found:
            found[best.name] = EmployeeColumn.model_validate({"becomes": becomes})
    for one in seen:
        if one.name in found or not one.numeric:
            continue
        amount = next((name for name, said in AMOUNT_NAMES.items() if synonyms.strength(one.words, said)), None)
        if amount is not None and any(part.becomes == "people" for part in found.values()):
            found[one.name] = EmployeeColumn(becomes="amount", question=amount)
        elif (answer := _answer(one)) is not None and answer.question not in {part.question for part in found.values()}:
            found[one.name] = answer
    return found


def _could_be(becomes: str, one: Evidence) -> bool:
    if becomes == "when":
        return bool(one.formats) or all(len(value) == 7 for value in one.values)
    if becomes == "people":
        return one.numeric and one.whole
    if becomes == "comment":
        return not one.numeric and one.mean_words >= 2
    return becomes == "respondent" or not one.numeric


def _answer(one: Evidence) -> EmployeeColumn | None:
    name = "_".join(one.words)[:60]
    if {"enps", "nps", "recommend"} & set(one.words):
        name = ENPS
    scale = (
        PULSE[name].scale
        if name in PULSE
        else next((scale for scale in SCALES if scale[0] <= one.low and one.high <= scale[1]), None)
    )
    if scale is None or one.low < scale[0] or one.high > scale[1] or not name[:1].isalpha() or not name.isascii():
        return None
    return EmployeeColumn(becomes="answer", question=name, scale=scale)


def propose(path: Path, source: str) -> tuple[EmployeeMapping | None, str]:
    """The mapping proposed for a file, or None with the reason why it needs a person."""
    options, seen, _rows = look_into(path)
    dates = next((one.formats[0] for one in seen if one.formats and _named_when(one)), "iso")
    try:
        plain = {"source": source, "file": options, "dates": dates, "columns": proposed_columns(seen)}
        return checked(plain), ""
    except Refused as refused:
        return None, refused.message


def _named_when(one: Evidence) -> bool:
    return bool(synonyms.strength(one.words, NAMED["when"]))


def from_choices(
    columns: tuple[str, ...], given: Choices[str, str], *, source: str, options: FileOptions
) -> EmployeeMapping:
    """The mapping that the choices on the page make: ``column_3`` what it becomes, ``scale_3`` its scale."""
    chosen: dict[str, dict[str, object]] = {}
    for place, name in enumerate(columns):
        becomes = given.get(f"column_{place}", "")
        if becomes in AMOUNTS:
            chosen[name] = {"becomes": "amount", "question": becomes}
        elif becomes == "answer":
            question = _question(given.get(f"question_{place}", "") or name)
            scale = _scale(given.get(f"scale_{place}", ""), question)
            chosen[name] = {"becomes": "answer", "question": question, "scale": scale}
        elif becomes:
            chosen[name] = {"becomes": becomes}
    dates = given.get("dates", "").strip() or "iso"
    return checked({"source": source, "file": options, "dates": dates, "columns": chosen})


def _question(text: str) -> str:
    return slugify(text).replace("-", "_")[:60]


def _scale(text: str, question: str) -> tuple[float, float] | None:
    if not text.strip():
        return PULSE[question].scale if question in PULSE else None
    low, _dash, high = text.strip().partition("-")
    try:
        return float(low), float(high)
    except ValueError as error:
        message = _("“%s” is no scale; write the lowest and the highest answer, such as 1-5.") % text[:20]
        raise Refused("bad_scale", message, "columns") from error
