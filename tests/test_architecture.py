"""The layout that docs/develop/architecture.md promises."""

import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "headwater"
DJANGO_ROOMS = ("base", "metrics", "journey", "listening", "insight", "strategy", "site")
LAYERS = {"urls", "views", "api", "commands", "forms", "services", "queries", "rules", "models"}
DJANGO = {"__init__", "__main__", "apps", "admin", "migrations", "templatetags", "templates", "static"}
EVERY_ROOM = {"codes", "tasks"}  # its sentences of history, its background tasks
SUBJECTS = {
    "base": "accounts charts company context departments erasure figures history housekeeping jobs logs middleware "
    "navigation outbox pageviews paths people permissions problems queue refusals tokens versions worker",
    "metrics": "access cards comparisons definitions estimates singling store tasks weighting",
    "journey": "agreement agreement_mail agreement_rules building charts differences documents edits firings future "
    "layout moments packs patterns seen standard_edits standards states taxonomy touchpoints trigger_packs "
    "trigger_answers trigger_rules triggers watching",
    "listening": "direct downloads editing evidence fields flusher importing inbox language mapping pipeline previews "
    "employee_mapping employee_privacy employee_questions employee_rows employee_signals "
    "connections personal proposal readers surveys synonyms times uploads "
    "cells mail_text ready threads",
    "insight": "alerts alerts_days alerts_mail alerts_watching alerts_wording meaning meaning_index themes "
    "themes_finding themes_wording employees employees_beside employees_figures employees_releases employees_scores "
    "employees_wording "
    "audit brief causes charts classifiers corrections demand demand_kinds demand_wording evaluation evidence fitting "
    "assets assets_wording finance finance_rules finance_wording value value_rules value_wording "
    "forest first_contact happened journey_map journey_map_wording label_rules labeller labelling line_of_sight "
    "line_of_sight_wording listening_grid listening_grid_wording moment_page moments moments_wording named outcomes "
    "phrase_lists phrases scorecards scorecards_wording search selection selection_bar tables text_models "
    "cause_story cause_wording river river_charts river_happened river_wording segments "
    "tried unsolved unsolved_words windows "
    "typical verbatims wording hunches hunches_calibration hunches_charts "
    "hunches_rules hunches_wording integrity integrity_agents integrity_incentives integrity_replies "
    "integrity_wording response response_wording weighting weighting_groups weighting_margins weighting_wording "
    "drivers drivers_charts drivers_columns drivers_rows drivers_segments drivers_wording drivers_yes_no",
    "strategy": "agreement assembly boards cause_work check checking clearing deciding decision_test definitions "
    "differences discovery discovery_questions documents drafting edits evidence_files exchange facts "
    "guidepost_documents guideposts incentives issues measure_charts measure_packs measure_wording measures "
    "measuring names outcome_fit paths periods phase_facts phases pictures pinnable readiness "
    "readiness_questions reading_files readings request_words requests roadmap serving sight sign_offs "
    "strategies strategy trace_charts trace_wording tracing trial_answers trial_results trials",
    "site": "checking command sample server settings setup style wsgi yours",
}
BANNED = {"helpers", "utils", "util", "misc", "common", "tools"}


def module_names(room: str) -> set[str]:
    return {path.stem for path in (SOURCE / room).iterdir() if path.suffix == ".py" or path.is_dir()} - {"__pycache__"}


@pytest.mark.parametrize("room", DJANGO_ROOMS)
def test_a_room_has_only_layers_and_named_subjects(room: str) -> None:
    unknown = module_names(room) - LAYERS - DJANGO - EVERY_ROOM - set(SUBJECTS[room].split())
    assert not unknown, f"{room} has modules that are neither a layer nor a subject: {sorted(unknown)}"


def test_no_module_is_a_drawer_for_everything() -> None:
    drawers = [path for path in SOURCE.rglob("*.py") if path.stem in BANNED]
    assert not drawers


@pytest.mark.parametrize("room", DJANGO_ROOMS)
def test_nobody_imports_a_leaf(room: str) -> None:
    leaf = re.compile(rf"headwater\.{room}\.(views|api|commands)\b|headwater\.{room} import .*\b(views|api|commands)\b")
    offenders = [
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        if path.stem != "urls"
        and path.parent.name != "site"
        and not {f"{room}/views", f"{room}/api"} & {path.parent.relative_to(SOURCE).as_posix()}
        if leaf.search(path.read_text())
    ]
    assert not offenders
