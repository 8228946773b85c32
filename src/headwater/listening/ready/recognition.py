"""Recognises the file of a well-known tool, and fits the ready mapping to what is in it."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from headwater.base.refusals import Refused
from headwater.listening import readers, synonyms
from headwater.listening.mapping import ColumnField, Emit, FileOptions, Listed, Mapping, Thread, When
from headwater.listening.pipeline.steps import RECEIVED
from headwater.listening.ready.catalogue import Ready, Sign, other_files, ready_mapping, ready_mappings
from headwater.listening.ready.questions import with_questions
from headwater.listening.ready.shapes import FileShape, Place, shape_of

SAID = {"text", "score", "event"}
Aliases = dict[str, tuple[str, ...]]
EVERY, MOST_NAMED = "*", 150
WRAPPERS = (None, "", "body", "data")


@dataclass(frozen=True, slots=True)
class Recognised:
    """A ready mapping fitted to a file. `unsure` is what only a person can say, `notes` what was decided."""

    ready: Ready
    mapping: Mapping
    unsure: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


def recognise(path: Path) -> Recognised | None:
    """The ready mapping of a file whose shape is certain, None where it is of no known tool.

    Raises Refused by name for a known file in which customers say nothing: what it is, and what to export instead.
    """
    if path.is_dir():
        return next((one for ready in ready_mappings() if (one := _of_folder(path, ready)) is not None), None)
    shape = shape_of(path)
    for ready in ready_mappings():
        place = next(
            (found for sign in ready.recognise if (found := _found(shape, sign, ready.aliases)) is not None), None
        )
        if place is not None:
            return _fitted(path, ready, shape, place)
    _refuse_other(path, shape)
    return None


def with_ready(path: Path, name: str) -> Recognised:
    """A ready mapping that somebody chose for a file, fitted to it. Raises Refused where it does not fit."""
    ready = ready_mapping(name)
    if ready.mapping is not None and ready.mapping.files:
        folder = _of_folder(path, ready)
        if folder is None:
            names = ", ".join(ready.mapping.files.values())
            message = _("%(title)s are read from a folder with %(names)s.") % {"title": ready.title, "names": names}
            raise Refused("no_such_file", message, field="file")
        return folder
    shape = shape_of(path)
    place = next((found for sign in ready.recognise if (found := _found(shape, sign, ready.aliases)) is not None), None)
    if place is None and ready.answers is not None:
        place = shape.places[0] if shape.places else None
    if place is None:
        missing = _missing(shape, ready)
        raise Refused(
            "not_of_this_shape",
            _("%(file)s does not look like %(title)s: it lacks %(missing)s.")
            % {"file": path.name, "title": ready.title, "missing": ", ".join(missing) or _("its format")},
            field="ready",
        )
    return _fitted(path, ready, shape, place)


def _of_folder(path: Path, ready: Ready) -> Recognised | None:
    """A ready mapping with its own SQL, where the folder has each of its files."""
    used = ready.mapping
    folder = path if path.is_dir() else path.parent
    if used is None or not used.files or not all((folder / name).is_file() for name in used.files.values()):
        return None
    return Recognised(ready, used.model_copy(update={"ready": ready.name}), (), _notes(ready))


def _found(shape: FileShape, sign: Sign, aliases: Aliases) -> Place | None:
    """The place whose records have every name of a sign, by one of its names."""
    if shape.format != sign.format:
        return None
    for place in shape.places:
        names = {one.casefold() for one in place.names}
        has = all(_known(name, names, aliases) for name in sign.names)
        more = len(names) > len(sign.names) if sign.exactly else False
        if has and not more and not any(name.casefold() in names for name in sign.none_of):
            return place
    return None


def _known(name: str, names: set[str], aliases: Aliases) -> bool:
    return any(one.casefold() in names for one in (name, *aliases.get(name, ())))


def _missing(shape: FileShape, ready: Ready) -> list[str]:
    """What the nearest place lacks of a ready mapping's signs."""
    lacking = [
        [name for name in sign.names if not _known(name, {one.casefold() for one in place.names}, ready.aliases)]
        for sign in ready.recognise
        if sign.format == shape.format
        for place in shape.places
    ]
    return min(lacking, key=len, default=[])


def _refuse_other(path: Path, shape: FileShape) -> None:
    # What is nested in something else need not be what the file is about.
    outer = tuple(one for one in shape.places if one.is_list or one.records in WRAPPERS)
    shape = replace(shape, places=outer)
    for other in other_files():
        signs = other.recognise
        if any(_found(shape, sign, {}) is not None for sign in signs):
            raise Refused(
                "no_feedback",
                _("%(file)s holds %(title)s, in which customers say nothing. %(needed)s")
                % {"file": path.name, "title": other.title, "needed": other.needed},
                field="file",
            )


def _fitted(path: Path, ready: Ready, shape: FileShape, place: Place) -> Recognised:
    if ready.answers is not None:
        found = with_questions(path, ready.answers, _true_names(ready, place))
        mapping = found.mapping.model_copy(update={"ready": ready.name})
        return Recognised(ready, mapping, found.unsure, (*_notes(ready), *found.notes))
    if ready.mapping is None:
        raise AssertionError(ready.name)
    used = _renamed(ready.mapping, _true_names(ready, place))
    options = shape.options.model_dump(exclude_defaults=True) | used.file.model_dump(exclude_defaults=True)
    if shape.format == "json" and place.records is not None:
        options["records"] = place.records
    used = used.model_copy(update={"file": FileOptions.model_validate(options), "ready": ready.name})
    return Recognised(ready, _without_absent(path, used), (), _notes(ready))


def _notes(ready: Ready) -> tuple[str, ...]:
    return (ready.note.strip(),) if ready.note.strip() else ()


def _true_names(ready: Ready, place: Place) -> dict[str, str]:
    """Names of the ready mapping → as the file spells them, or as another version of the tool calls them."""
    spelled = {one.casefold(): one for one in place.names}
    found: dict[str, str] = {}
    named = set(ready.aliases)
    if ready.mapping is not None:
        named |= ready.mapping.columns | set(ready.mapping.thread.columns if ready.mapping.thread else ())
    if ready.answers is not None:
        named |= {name for field in ready.answers.fields.values() for name in field.named}
    for name in named:
        for one in (name, *ready.aliases.get(name, ())):
            plain = _as_listed(one, ready)
            if plain.casefold() in spelled:
                found[name] = spelled[plain.casefold()] if plain == one else one
                break
    return found


def _as_listed(name: str, ready: Ready) -> str:
    """A name below a list that the mapping takes apart, as the shape lists it: ``a.type`` → ``a[].type``."""
    explode = ready.mapping.file.explode if ready.mapping else None
    path = explode.list if isinstance(explode, Listed) else explode
    if not path or not name.startswith(f"{path.split('.')[0]}."):
        return name
    parts, listed = name.split("."), path.split(".")
    return ".".join(
        part + "[]" if parts[: place + 1] == listed[: place + 1] else part for place, part in enumerate(parts)
    )


def _renamed(used: Mapping, names: dict[str, str]) -> Mapping:
    """The mapping with other names of columns."""
    plain: dict[str, Any] = used.model_dump(by_alias=True)

    def walk(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {one: walk(item, one) for one, item in value.items()}
        if isinstance(value, list | tuple):
            return [walk(item, key) for item in value]
        is_column = key in ("column", "columns", "conversation", "author_id", "customer", "sender")
        return names.get(value, value) if is_column and isinstance(value, str) else value

    return Mapping.model_validate(walk(plain))


def _without_absent(path: Path, used: Mapping) -> Mapping:
    """The mapping without what the file has no column for, and which it can do without."""
    reader = readers.open_file(path, used.file)
    try:
        columns, is_json = set(reader.columns), reader.options.format in ("json", "jsonl")
        options = reader.options
    finally:
        reader.close()
    emits = [one for one in (_emit_of(emit, columns, keep=is_json) for emit in used.emit) if one is not None]
    thread = used.thread if is_json or used.thread is None else _thread_of(used.thread, columns)
    return used.model_copy(update={"emit": tuple(emits) or used.emit, "thread": thread, "file": options})


def _emit_of(emit: Emit, columns: set[str], *, keep: bool) -> Emit | None:
    """A signal with what the file can give it, None where it cannot be. JSON may have a name later: then only a date
    is looked at, for which the time of arrival stands where there is none."""
    fields = {name: one for name, field in emit.fields.items() if (one := _field_of(field, columns, keep=keep))}
    occurred = emit.fields.get("occurred_at")
    if occurred is not None and not any(_is_there(name, columns) for name in occurred.named):
        fields["occurred_at"] = ColumnField(constant=RECEIVED)
    named = _each_named(emit.attributes, columns)
    attributes = {name: one for name, field in named.items() if (one := _field_of(field, columns, keep=keep))}
    if not keep and (not SAID & set(fields) or ("score" in emit.fields and "score" not in fields)):
        return None
    if not keep and emit.when and not _is_there(emit.when.column, columns):
        return None
    unless = emit.unless if keep or (emit.unless and _is_there(emit.unless.column, columns)) else None
    return emit.model_copy(update={"fields": fields, "attributes": attributes, "unless": unless})


def _each_named(attributes: dict[str, ColumnField], columns: set[str]) -> dict[str, ColumnField]:
    """The attributes with ``*: {column: chosen.*}`` written out: one for each such column of the file, by its name."""
    every = attributes.get(EVERY)
    if every is None or every.column is None:
        return attributes
    prefix = every.column.removesuffix("*")
    found = {name: one for name, one in attributes.items() if name != EVERY}
    for column in sorted(name for name in columns if name.startswith(prefix))[:MOST_NAMED]:
        name = "_".join(synonyms.words(column.removeprefix(prefix)))[:100] or column
        found.setdefault(name, every.model_copy(update={"column": column}))
    return found


def _field_of(field: ColumnField, columns: set[str], *, keep: bool) -> ColumnField | None:
    if keep or field.constant is not None or all(_is_there(name, columns) for name in field.named):
        return field
    there = tuple(name for name in field.columns if _is_there(name, columns))
    return field.model_copy(update={"columns": there}) if there else None


def _is_there(name: str, columns: set[str]) -> bool:
    return name in columns or name.startswith("thread.")


def _thread_of(thread: Thread, columns: set[str]) -> Thread:
    def condition(when: When | None) -> When | None:
        return when if when and when.column in columns else None

    def origin(field: ColumnField | None) -> ColumnField | None:
        return _field_of(field, columns, keep=False) if field else None

    changed = {
        "private": condition(thread.private),
        "unless": condition(thread.unless),
        "opening": origin(thread.opening),
        "opening_author": origin(thread.opening_author),
        "sender": thread.sender if thread.sender in columns else None,
        "customer": thread.customer if thread.customer in columns else None,
    }
    return thread.model_copy(update=changed)
