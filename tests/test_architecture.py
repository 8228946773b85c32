"""The layout that docs/develop/architecture.md promises."""

from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "headwater"
DJANGO_ROOMS = ("base", "metrics", "journey", "listening", "insight", "site")
LAYERS = {"urls", "views", "api", "commands", "forms", "services", "queries", "rules", "models"}
DJANGO = {"__init__", "__main__", "apps", "admin", "migrations", "templatetags", "templates", "static"}
SUBJECTS = {
    "base": {"accounts", "charts", "company", "context", "departments", "history", "middleware", "outbox", "paths", "people",
             "permissions", "queue", "refusals", "tokens", "versions", "worker"},
    "metrics": {"definitions", "estimates", "store"},
    "journey": {"codes", "differences", "documents", "edits", "packs", "taxonomy"},
    "listening": {"flusher", "inbox", "mapping", "pipeline", "readers"},
    "insight": {"audit", "brief", "causes", "corrections", "evaluation", "fitting", "forest", "labelling", "text_models", "verbatims"},
    "site": {"command", "sample", "server", "settings", "setup", "style", "wsgi", "checking"},
}  # fmt: skip
BANNED = {"helpers", "utils", "util", "misc", "common", "tools"}


def module_names(room: str) -> set[str]:
    return {path.stem for path in (SOURCE / room).iterdir() if path.suffix == ".py" or path.is_dir()} - {"__pycache__"}


@pytest.mark.parametrize("room", DJANGO_ROOMS)
def test_a_room_has_only_layers_and_named_subjects(room: str) -> None:
    unknown = module_names(room) - LAYERS - DJANGO - SUBJECTS[room]
    assert not unknown, f"{room} has modules that are neither a layer nor a subject: {sorted(unknown)}"


def test_no_module_is_a_drawer_for_everything() -> None:
    drawers = [path for path in SOURCE.rglob("*.py") if path.stem in BANNED]
    assert not drawers


@pytest.mark.parametrize("room", DJANGO_ROOMS)
def test_nobody_imports_a_leaf(room: str) -> None:
    leaves = ("views", "api", "commands")
    offenders = []
    for path in SOURCE.rglob("*.py"):
        if path.stem == "urls" or path.parent.name == "site":
            continue
        text = path.read_text()
        offenders += [
            f"{path.relative_to(SOURCE)}: {leaf}"
            for leaf in leaves
            if f"headwater.{room}.{leaf}" in text or f"headwater.{room} import {leaf}" in text
        ]
    assert not offenders
