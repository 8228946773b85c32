"""Each rule of the strategy check by itself: what it names, with which words, and what it leaves in peace."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.strategy.check import (
    aligned,
    clear,
    culture,
    empty,
    everyone,
    inclusive,
    measured,
    outputs,
    plain,
    surveys,
)
from headwater.strategy.check.catalogue import run
from headwater.strategy.check.coverage import may_cover
from headwater.strategy.check.english import reads_as_english, sentences
from headwater.strategy.check.outcome_parts import is_output, parts_of
from headwater.strategy.check.phrases import empty_phrases, read
from headwater.strategy.check.reading import jargon_in, reading_ease
from headwater.strategy.check.wording import in_third_person, proposed_outcome
from headwater.strategy.facts import CustomerGroup, DepartmentFacts, Figure, PeopleGroup, StrategyFacts
from headwater.strategy.strategy import Issue, Strategy
from tests.strategy.strategies import GOOD, STRATEGY, TODAY, with_outcome, with_strategy

WAITING = "For customers who wait for a delivery, late parcels fall from 31 % to 20 % by December 2027."


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        (WAITING, ()),
        ("Late parcels fall from 31 % to 20 % by December 2027.", ("who",)),
        ("For customers who wait for a delivery, late parcels fall from 31 % to 20 %.", ("when",)),
        ("Fewer customers wait for a late parcel by December 2027.", ("how_much",)),
        ("By the end of 2028 customers are happier.", ("change", "how_much")),
        ("Nine of ten guests are told of a delay within 10 minutes by June 2028.", ()),
        ("No patient waits longer than 20 minutes by the end of year two.", ()),
        ("Every caller is answered within 30 seconds.", ("when",)),
    ],
)
def test_the_missing_part_of_an_outcome_is_named(text: str, missing: tuple[str, ...]) -> None:
    assert parts_of(text).missing == missing


def test_an_incomplete_outcome_is_named_with_the_sentence_and_a_proposal_from_the_companys_own_figures() -> None:
    facts = with_outcome("Deliveries get much faster by December 2027.")
    (finding,) = clear.check(facts)
    assert "Deliveries get much faster" in finding.evidence
    assert "who" in finding.evidence
    assert finding.suggestion.startswith("For customers who wait for it: late parcels from 31")
    assert finding.suggestion.endswith("by December 2027.")


def test_only_a_date_or_whom_it_is_about_is_added_to_a_sentence_that_has_the_rest() -> None:
    (finding,) = clear.check(
        with_outcome("For customers who wait for a delivery, late parcels fall from 31 % to 20 %.")
    )
    assert finding.severity == "note"
    assert finding.suggestion == (
        "For customers who wait for a delivery, late parcels fall from 31 % to 20 %, by December 2027."
    )
    (finding,) = clear.check(with_outcome("Late parcels fall from 31 % to 20 %."))
    assert finding.severity == "mend"
    assert finding.suggestion == "For customers who wait for it: late parcels fall from 31 % to 20 %, by December 2027."
    assert parts_of(finding.suggestion).missing == ()


def test_a_value_may_be_an_attitude_and_is_only_noted() -> None:
    values = (replace(STRATEGY.values[0], text="We act with integrity."), STRATEGY.values[1])
    (finding,) = empty.check(with_strategy(values=values))
    assert finding.severity == "note"


def test_a_proposal_falls_back_on_the_share_of_the_cause() -> None:
    facts = replace(with_outcome("Deliveries get faster."), measures=())
    said = proposed_outcome(facts, facts.strategy.outcomes[0])
    assert "“Delivered late”" in said
    assert "from 31" in said
    assert parts_of(said).missing == ()
    assert not empty_phrases(said)


def test_without_a_figure_nothing_is_proposed() -> None:
    facts = replace(with_outcome("Deliveries get faster."), measures=(), causes=())
    assert proposed_outcome(facts, facts.strategy.outcomes[0]) == ""


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        ("I wait for it", "who wait for it"),
        ("I use my card", "who use their card"),
        ("I'm away from home", "who are away from home"),
        ("Delivery", ""),
        ("I", ""),
    ],
)
def test_a_stage_in_the_customers_words_becomes_something_said_of_them(stage: str, said: str) -> None:
    assert in_third_person(stage) == said


def test_a_target_that_cannot_be_told_from_the_baseline_is_noted_and_does_not_fail_the_rule() -> None:
    timid = replace(GOOD.measures[0], target=0.30, latest=Figure(0.3, 0.2, 0.4))
    findings = clear.check(replace(GOOD, measures=(timid,)))
    assert [finding.severity for finding in findings] == ["note"]


@pytest.mark.parametrize(
    "text",
    [
        "We put the customer first.",
        "We satisfy customers.",
        "We are a customer-focused organization.",
        "Customer first!",
    ],
)
def test_the_empty_phrases_of_the_trade_are_named_with_the_words_that_only_praise(text: str) -> None:
    (finding,) = empty.check(with_strategy(mission=text))
    assert finding.place.kind == "mission"
    assert text.rstrip("!.") in finding.evidence
    assert "no behaviour, no measure and no customer situation" in finding.evidence


def test_a_phrase_that_the_next_sentence_explains_is_left_in_peace() -> None:
    said = "We put the customer first. That means we call a customer whose parcel is late before they call us."
    assert empty.check(with_strategy(mission=said)) == ()


def test_the_companys_own_words_count_as_concrete() -> None:
    sentence = "We care about the unboxing."
    assert read(sentence, frozenset(["unboxing"])).weight > read(sentence).weight


def test_a_text_in_another_language_is_said_to_be_unchecked_and_does_not_pass_silently() -> None:
    facts = with_strategy(mission="Der Kunde steht bei uns immer im Mittelpunkt unseres Handelns.")
    (finding,) = empty.check(facts)
    assert finding.severity == "note"
    assert "Not checked" in finding.evidence


def test_a_strategy_without_an_english_word_cannot_be_judged_by_the_english_rules() -> None:
    german = Strategy(
        1,
        mission="Der Kunde steht bei uns immer im Mittelpunkt unseres Handelns.",
        outcomes=(
            replace(STRATEGY.outcomes[0], text="Bis Dezember 2027 sinkt der Anteil verspäteter Pakete auf 20 %."),
        ),
    )
    states = {verdict.rule.name: verdict.state for verdict in run(replace(GOOD, strategy=german)).verdicts}
    assert states["phrases"] == states["clear"] == states["tactics"] == "cannot_say"
    assert states["plain"] == "met"


@given(st.text(max_size=400))
def test_any_text_can_be_read(text: str) -> None:
    read(text)
    parts_of(text)
    is_output(text)
    reads_as_english(text)
    sentences(text)
    jargon_in(text)
    ease = reading_ease(text)
    assert ease is None or ease.words > 0


@given(st.sampled_from(["We delight customers.", "We answer the phone within 20 seconds."]), st.integers(1, 4))
def test_saying_it_again_changes_nothing_in_the_judgement(sentence: str, times: int) -> None:
    found = empty_phrases(" ".join([sentence] * times))
    assert len(found) == (times if "delight" in sentence else 0)


def test_long_sentences_hard_words_and_jargon_are_named_with_a_plain_way() -> None:
    jargon = "We leverage one phone number, and an agent answers it within 20 seconds."
    (finding,) = plain.check(with_strategy(mission=jargon))
    assert "leverage → use" in finding.mend
    hard = (
        "Organisational interdependencies necessitate comprehensive reorganisation of administrative responsibilities "
    )
    hard += "within international subsidiaries and corresponding contractual documentation."
    assert any("years of school" in one.evidence for one in plain.check(with_strategy(success=hard)))
    long = "We call " + "and we write " * 20 + "to the customer."
    assert any("words; people follow" in one.evidence for one in plain.check(with_strategy(success=long)))


def test_jargon_inside_an_empty_phrase_is_named_once_as_the_phrase() -> None:
    facts = with_strategy(mission="We are a customer-centric organization.")
    assert plain.check(facts) == ()
    assert len(empty.check(facts)) == 1


def test_reading_ease_agrees_with_the_formula_worked_out_by_hand() -> None:
    ease = reading_ease("The cat sat on the mat. The dog ran to the cat.")
    assert ease is not None
    assert ease.words == 12
    assert ease.grade == pytest.approx(0.39 * 6 + 11.8 * 1 - 15.59)
    assert ease.flesch == pytest.approx(206.835 - 1.015 * 6 - 84.6 * 1)
    assert ease.lix == pytest.approx(6.0)


def test_outcomes_without_goal_or_value_unserved_values_and_stray_issues_are_named() -> None:
    first, second = STRATEGY.outcomes
    facts = with_strategy(
        outcomes=(replace(first, goal=None), replace(second, values=())), issues=(Issue("late", "Parcels come late"),)
    )
    said = [finding.evidence for finding in aligned.check(facts) if finding.severity == "mend"]
    assert any("leads to no business goal" in one for one in said)
    assert any("serves none of the company" in one for one in said)
    assert any("No outcome serves the value “We are open”" in one for one in said)
    assert any("The issue “Parcels come late” hangs under no outcome" in one for one in said)


def test_a_goal_that_no_outcome_leads_to_is_noted_only() -> None:
    first, second = STRATEGY.outcomes
    findings = aligned.check(with_strategy(outcomes=(first, replace(second, goal="stay"))))
    assert [(one.place.id, one.severity) for one in findings] == [("cost", "note")]


def test_a_department_sees_its_way_through_those_below_and_above_it() -> None:
    lines = {line.department.name: line for line in everyone.matrix(GOOD)}
    assert not lines["Operations"].is_blank
    assert [len(cell) for cell in lines["Warehouse"].cells] == [1, 0]
    assert [len(cell) for cell in lines["Customer service"].cells] == [1, 1]
    night = DepartmentFacts("5", "Night shift", 8, "2")
    assert not everyone.check(replace(GOOD, departments=(*(GOOD.departments or ()), night)))


def test_a_level_whose_people_are_all_outside_is_named() -> None:
    facts = replace(GOOD, levels=(*GOOD.levels, PeopleGroup("trainee", {None: 9})))
    (finding,) = everyone.check(facts)
    assert "9 people at the level “trainee”" in finding.evidence


def test_departments_in_a_circle_end() -> None:
    circle = (DepartmentFacts("1", "A", 1, "2", ("warehouse",)), DepartmentFacts("2", "B", 1, "1"))
    assert everyone.matrix(replace(GOOD, departments=circle))


@pytest.mark.parametrize(
    ("group", "named"),
    [
        (CustomerGroup("region", "attribute:state", "RS", 700, 0.07, 3), True),
        (CustomerGroup("region", "attribute:state", "RS", 700, 0.07, 300), False),
        (CustomerGroup("region", "attribute:state", "RS", 700, 0.03, 0), False),
        (CustomerGroup("region", "attribute:state", "RS", 12, 0.4, 0), False),
    ],
)
def test_a_group_of_customers_is_named_from_some_size_on(group: CustomerGroup, named: bool) -> None:
    assert bool(inclusive.check(replace(GOOD, groups=(group,)))) is named


def test_a_group_that_every_measure_and_outcome_leaves_out_is_named() -> None:
    only = ("attribute:state = 'SP'",)
    outcomes = tuple(replace(outcome, segments=only) for outcome in STRATEGY.outcomes)
    measures = tuple(replace(measure, segments=only) for measure in GOOD.measures)
    facts = replace(with_strategy(outcomes=outcomes), measures=measures)
    (finding,) = inclusive.check(facts)
    assert finding.place.name == "BA"
    assert "no measure and no outcome" in finding.evidence


def test_a_site_whose_people_are_in_no_department_is_named() -> None:
    facts = replace(GOOD, sites=(*GOOD.sites, PeopleGroup("Manaus", {None: 12}), PeopleGroup("Belém", {None: 2})))
    (finding,) = inclusive.check(facts)
    assert "Manaus" in finding.evidence


@pytest.mark.parametrize(
    ("expression", "covers"),
    [
        ("attribute:state = 'BA'", True),
        ("attribute:state != 'BA'", False),
        ("attribute:state in ('SP', 'RJ')", False),
        ("attribute:state in ('SP', 'BA')", True),
        ("channel = 'chat'", True),
        ("channel = 'chat' and attribute:state = 'SP'", False),
        ("channel = 'chat' or attribute:state = 'SP'", True),
        ("not attribute:state = 'SP'", True),
        ("attribute:state like 'B%'", True),
        ("attribute:state is null", False),
        ("this is no filter", False),
    ],
)
def test_whether_a_filter_can_hold_for_a_group(expression: str, covers: bool) -> None:
    assert may_cover(expression, "attribute:state", "BA") is covers


def test_what_a_measure_lacks_is_named_and_a_young_one_has_time() -> None:
    bare = replace(GOOD.measures[0], baseline=None, target_date=None, signed_by=(), latest=None)
    (finding,) = measured.check(replace(GOOD, measures=(bare, *GOOD.measures[1:])))
    assert finding.severity == "mend"
    assert "no baseline and no target with a date and no sign-off and no reading" in finding.evidence
    young = replace(bare, started=TODAY - timedelta(days=5))
    (finding,) = measured.check(replace(GOOD, measures=(young, *GOOD.measures[1:])))
    assert finding.severity == "note"


@pytest.mark.parametrize(("kind", "words"), [("what", "kind HOW"), ("how", "kind WHAT")])
def test_an_outcome_with_one_kind_of_measure_is_told_of_the_other(kind: str, words: str) -> None:
    kept = tuple(one for one in GOOD.measures if one.kind == kind or "told" in one.outcomes)
    (finding,) = measured.check(replace(GOOD, measures=kept))
    assert words in finding.mend


def test_an_outcome_without_any_measure_is_named() -> None:
    findings = measured.check(replace(GOOD, measures=()))
    assert ["has no measure" in finding.evidence for finding in findings] == [True, True]


def test_readiness_without_evidence_overdue_or_set_aside_is_named() -> None:
    first, second, third, *others = GOOD.readiness or ()
    items = (
        replace(first, state="done"),
        replace(second, due=date(2026, 5, 1)),
        replace(third, state="set_aside"),
        *others,
    )
    said = [finding.evidence for finding in culture.check(replace(GOOD, readiness=items))]
    assert len(said) == 3
    assert "nothing shows it" in said[0]
    assert "was due on" in said[1]
    assert "set aside as not needed" in said[2]


def test_a_question_that_may_be_set_aside_is_left_in_peace() -> None:
    first, *others = GOOD.readiness or ()
    assert culture.check(replace(GOOD, readiness=(replace(first, state="set_aside"), *others))) == ()


@pytest.mark.parametrize(
    "text",
    [
        "Launch a new customer portal by June 2027.",
        "Implement a CRM system in all branches by 2027.",
        "Train all staff in empathy by December 2027.",
        "Roll out the new returns process in 2028.",
        "The roll-out of chat in every market by 2028.",
        "Implementation of a voice of the customer programme.",
        "By June 2027, the new app is live.",
        "All 500 agents have completed the service training by March 2028.",
        "We will introduce a loyalty card for all customers in 2027.",
        "A new central complaints platform by the end of 2027.",
        "Training for every manager by 2027",
        "Launching three self-service kiosks in each store by 2028.",
    ],
)
def test_outputs_are_named_as_such_in_verbs_nouns_and_the_passive(text: str) -> None:
    assert is_output(text)
    (finding,) = outputs.check(with_outcome(text))
    assert text in finding.evidence


@pytest.mark.parametrize(
    "text",
    [
        WAITING,
        "Nine of ten customers whose parcel is late hear it from us first, by December 2028.",
        "For 90 % of customers the line is installed within 3 days by 2028.",
        "Train agents so that customers solve their problem in the first call: 75 % by 2028.",
        "Complaints about bills fall by a third by June 2028.",
        "Customers open an account in ten minutes by the end of 2027.",
        "Half of our members renew without calling us by 2028.",
    ],
)
def test_changes_for_customers_are_no_outputs(text: str) -> None:
    assert not is_output(text)


def test_pay_on_a_survey_score_is_named() -> None:
    *others, pay = GOOD.readiness or ()
    (finding,) = surveys.check(replace(GOOD, readiness=(*others, replace(pay, says_yes=True))))
    assert "depends on a survey score" in finding.evidence


def test_an_empty_strategy_is_not_judged() -> None:
    checked = run(StrategyFacts(Strategy(0), TODAY))
    assert checked.met == 0
    assert len(checked.unsaid) == 10
    assert all(verdict.reason for verdict in checked.unsaid)
