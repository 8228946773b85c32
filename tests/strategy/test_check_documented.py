"""The documentation lists every rule and every reason that there is."""

from pathlib import Path
from typing import get_args

from headwater.strategy.check.catalogue import RULES
from headwater.strategy.decision_test import Code

DOCS = Path(__file__).parents[2] / "docs" / "use"


def test_every_rule_is_in_the_documentation() -> None:
    text = (DOCS / "strategy-check.md").read_text()
    for rule in RULES:
        assert f"| `{rule.name}` | {rule.title} |" in text


def test_every_reason_of_the_decision_test_is_in_the_documentation() -> None:
    text = (DOCS / "decision-test.md").read_text()
    for code in get_args(Code):
        assert f"| `{code}` |" in text
