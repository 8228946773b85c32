"""``headwater evaluate``: how right the labels are on a file that people labelled."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from headwater.base.refusals import Refused
from headwater.insight import labelling
from headwater.insight.classifiers import NONE_OF, Head
from headwater.insight.label_rules import names_to_ids
from headwater.science.text import Quality, measure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from headwater.insight.labeller import Labeller
    from headwater.journey.taxonomy import Taxonomy

COLUMNS = {"stage": "stage", "moment": "moment", "cause": "cause", "causes": "cause", "sentiment": "sentiment"}
COLUMNS["effort"] = "effort"
MOST_ROWS = 200_000
NONE_WORDS = ("", "none", "nothing", "n/a", "-")


@dataclass(frozen=True, slots=True)
class FieldReport:
    """One label column of the file. ``unknown`` are values that the taxonomy does not know, and their rows."""

    field: str
    quality: Quality
    unknown: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """The stable shape for programs; all shares 0…1."""
        quality = self.quality
        return {
            "n": quality.n,
            "accuracy": quality.accuracy,
            "macro_f1": quality.macro_f1,
            "calibration_error": quality.calibration_error,
            "threshold": quality.threshold,
            "coverage": quality.coverage,
            "accuracy_when_sure": quality.accuracy_when_sure,
            "classes": list(quality.confusion.classes),
            "confusion": quality.confusion.counts.tolist(),
            "unknown": dict(self.unknown),
        }

    def line(self) -> str:
        """One line for a terminal."""
        quality = self.quality
        sure = "–" if quality.accuracy_when_sure is None else f"{quality.accuracy_when_sure:.1%}"
        figures = {
            "field": self.field,
            "n": f"{quality.n:,}",
            "accuracy": f"{quality.accuracy:.1%}",
            "macro_f1": f"{quality.macro_f1:.1%}",
            "error": f"{quality.calibration_error:.1%}",
            "coverage": f"{quality.coverage:.1%}",
            "threshold": f"{quality.threshold:.2f}",
            "sure": sure,
        }
        text = _(
            "%(field)s: %(n)s rows, accuracy %(accuracy)s, macro-F1 %(macro_f1)s, calibration error %(error)s; "
            "sure (confidence from %(threshold)s) about %(coverage)s, of those right %(sure)s"
        )
        return text % figures


@dataclass(frozen=True, slots=True)
class Report:
    """How right the labels are, by field, and which model said so."""

    model: str
    taxonomy_version: int
    fields: tuple[FieldReport, ...]

    def as_json(self) -> dict[str, Any]:
        """The stable shape for programs."""
        fields = {report.field: report.as_json() for report in self.fields}
        return {"model": self.model, "taxonomy_version": self.taxonomy_version, "fields": fields}

    def lines(self) -> list[str]:
        """The report for a terminal."""
        head = _("Model %(model)s, journey version %(version)d") % {
            "model": self.model,
            "version": self.taxonomy_version,
        }
        unknown = [
            _("%(field)s: %(rows)d rows with values the journey does not know were left out: %(values)s")
            % {
                "field": report.field,
                "rows": sum(report.unknown.values()),
                "values": ", ".join(list(report.unknown)[:10]),
            }
            for report in self.fields
            if report.unknown
        ]
        return [head, *(report.line() for report in self.fields), *unknown]


def evaluate(path: Path, columns: Mapping[str, str] | None = None) -> Report:
    """Compare the labels of the present model with those in a CSV file.

    The file has a column ``text`` and one or more of stage, moment, cause, sentiment, effort, with ids or names of
    the journey; an empty cell of a cause, stage or moment means that there is none. ``columns`` names other columns
    by field. Several causes are separated by ``;``, and naming one of them is right. Refuses a file without them.
    """
    rows, fields = _read(path, dict(columns or {}))
    using = labelling.current_labeller()
    reports = [report for field in fields if (report := _field_report(using, field, rows)) is not None]
    if not reports:
        message = _("No label in %(file)s is known to the journey (version %(version)d). Use its ids or names.")
        raise Refused("labels_unknown", message % {"file": path.name, "version": using.taxonomy.version}, "labels")
    return Report(using.model, using.taxonomy.version, tuple(reports))


def _field_report(using: Labeller, field: str, rows: Sequence[Mapping[str, str]]) -> FieldReport | None:
    head = using.heads.get(field)
    if head is None:
        return None
    truths, texts, unknown = _truths(head, _known(using.taxonomy, field), field, rows)
    if not texts:
        return None
    predicted, confidence = using.best(field, texts)
    true = [guess if guess in truth else truth[0] for truth, guess in zip(truths, predicted, strict=True)]
    return FieldReport(field, measure(true, predicted, confidence, head.threshold), unknown)


def _truths(
    head: Head, known: Mapping[str, str], field: str, rows: Sequence[Mapping[str, str]]
) -> tuple[list[list[str]], list[str], dict[str, int]]:
    truths, texts, unknown = [], [], dict[str, int]()
    for row in rows:
        cell = row[field].strip()
        names = [part.strip() for part in cell.split(";") if part.strip()]
        if cell.casefold() in NONE_WORDS:
            ids = [head.none] if head.none else []
        else:
            ids = [known[name.casefold()] for name in names if name.casefold() in known]
            if not ids:
                unknown[cell[:80]] = unknown.get(cell[:80], 0) + 1
        if ids:
            truths.append(ids)
            texts.append(row["text"])
    return truths, texts, unknown


def _known(taxonomy: Taxonomy, field: str) -> dict[str, str]:
    if field in ("sentiment", "effort"):
        words = ("negative", "neutral", "positive") if field == "sentiment" else ("low", "high")
        return {word: word for word in words}
    items = {"stage": taxonomy.stages, "moment": taxonomy.moments, "cause": taxonomy.causes}[field]
    ids = names_to_ids(items)
    return {key: taxonomy.resolve(id) for key, id in ids.items()} if field == "cause" else ids


def _read(path: Path, columns: dict[str, str]) -> tuple[list[dict[str, str]], list[str]]:
    """The rows with ``text`` and the label fields, and which fields there are."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            header = {name.strip().casefold(): name for name in reader.fieldnames or ()}
            source = {field: header[name] for name, field in COLUMNS.items() if name in header}
            source |= {field: header[name.casefold()] for field, name in columns.items() if name.casefold() in header}
            text = header.get(columns.get("text", "text").casefold())
            if text is None or not source:
                message = _("%(file)s needs a column “text” and one of: %(columns)s. It has: %(found)s.")
                shown = {"file": path.name, "columns": ", ".join(COLUMNS), "found": ", ".join(header)[:300]}
                raise Refused("columns_missing", message % shown, "labels")
            return list(_rows(reader, text, source)), [field for field in NONE_OF if field in source]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        message = _("%(file)s cannot be read as CSV in UTF-8: %(reason)s.")
        raise Refused("file_unreadable", message % {"file": path.name, "reason": error}, "labels") from error


def _rows(reader: csv.DictReader[str], text: str, source: Mapping[str, str]) -> Iterator[dict[str, str]]:
    for number, row in enumerate(reader):
        if number == MOST_ROWS:
            raise Refused("file_too_long", _("Evaluate at most %d rows at once.") % MOST_ROWS, "labels")
        if (row.get(text) or "").strip():
            yield {"text": row[text], **{field: row.get(name) or "" for field, name in source.items()}}
