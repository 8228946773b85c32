"""Ten strategies that each fail one rule, and one that holds."""

import pytest

from headwater.strategy.check.catalogue import RULES, run
from tests.strategy.strategies import FAILING, GOOD


def test_a_good_strategy_is_left_in_peace() -> None:
    checked = run(GOOD)
    assert checked.findings == ()
    assert checked.met == len(RULES) == 10


@pytest.mark.parametrize("rule", [rule.name for rule in RULES])
def test_a_strategy_that_fails_one_rule_is_told_of_that_rule_and_no_other(rule: str) -> None:
    checked = run(FAILING[rule])
    assert {finding.rule for finding in checked.findings} == {rule}
    assert [verdict.rule.name for verdict in checked.not_met] == [rule]
    assert checked.met == 9
    for finding in checked.findings:
        assert finding.evidence
        assert finding.mend
