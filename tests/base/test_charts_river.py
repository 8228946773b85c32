"""The river adds up: every node is as high as its flows, on each side, and nothing is split that belongs together."""

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.base.charts.flows import CauseFlow, causes_river
from headwater.base.charts.layout import Band, Layout, Link, Node, hatch, place
from headwater.base.charts.river import name_lines, river

OUTCOMES = ("contact", "low score", "left")
DEPARTMENTS = st.lists(st.sampled_from(("Warehouse", "Carrier", "Web shop", "Billing")), unique=True, max_size=3)
VOLUMES = st.fixed_dictionaries({outcome: st.integers(0, 10_000) for outcome in OUTCOMES})


@st.composite
def causes(draw: st.DrawFn) -> list[CauseFlow]:
    flows = draw(st.lists(st.tuples(DEPARTMENTS, VOLUMES), min_size=1, max_size=12))
    return [
        CauseFlow(f"cause{number}", f"Cause {number}", tuple(departments), volumes, attributed=bool(departments))
        for number, (departments, volumes) in enumerate(flows)
    ]


def layout_of(found: list[CauseFlow]) -> Layout:
    nodes: dict[str, Node] = {}
    links = []
    for cause in found:
        source = "+".join(cause.departments) or "?"
        nodes.setdefault(source, Node(source, source, 0))
        nodes[cause.key] = Node(cause.key, cause.name, 1)
        links.append(Link(source, cause.key, cause.volume))
        for outcome, value in cause.outcomes.items():
            nodes.setdefault(outcome, Node(outcome, outcome, 2))
            links.append(Link(cause.key, outcome, value))
    return place(list(nodes.values()), links, height=300, slots={})


@settings(deadline=None)
@given(causes())
def test_flows_fill_each_node_on_both_sides(found: list[CauseFlow]) -> None:
    placed = layout_of(found)
    for node in placed.nodes:
        leaving = [band for band in placed.bands if band.link.source == node.node.key]
        reaching = [band for band in placed.bands if band.link.target == node.node.key]
        for side, top in ((leaving, "top_from"), (reaching, "top_to")):
            if not side:
                continue
            tops = sorted((getattr(band, top), band.height) for band in side)
            assert sum(height for _, height in tops) == pytest.approx(node.height, abs=1e-6)
            assert tops[0][0] == pytest.approx(node.top, abs=1e-6)
            for (first, height), (second, _) in itertools.pairwise(tops):
                assert first + height == pytest.approx(second, abs=1e-6)


@settings(deadline=None)
@given(causes())
def test_one_scale_holds_for_every_flow(found: list[CauseFlow]) -> None:
    placed = layout_of(found)
    for band in placed.bands:
        assert band.height == pytest.approx(band.link.value * placed.scale)
    assert sum(node.height for node in placed.nodes if node.node.column == 1) == pytest.approx(
        300 if placed.bands else 0
    )


@settings(deadline=None)
@given(causes())
def test_nodes_of_a_column_do_not_overlap(found: list[CauseFlow]) -> None:
    placed = layout_of(found)
    for column in range(3):
        slots = sorted((n.slot_top, n.slot_height) for n in placed.nodes if n.node.column == column)
        for (first, height), (second, _) in itertools.pairwise(slots):
            assert second >= first + height
        assert all(top + 1e-6 >= 0 and top + height <= placed.height + 1e-6 for top, height in slots)


@settings(deadline=None)
@given(causes())
def test_every_set_of_causes_makes_a_specification(found: list[CauseFlow]) -> None:
    spec = causes_river(found, description="A river")
    shown = spec["usermeta"]["figures"]["rows"]
    assert len(shown) <= 8 + 1 + sum(not cause.attributed for cause in found)


@settings(deadline=None)
@given(st.floats(0, 300), st.floats(0, 300), st.floats(1, 120), st.floats(20, 600))
def test_hatching_stays_within_its_band(start: float, end: float, height: float, length: float) -> None:
    band = Band(Link("a", "b", 1), 0, 1, start, end, height)
    for line in hatch(band, length):
        for x, y in ((line["x"], line["y"]), (line["x2"], line["y2"])):
            assert 0 <= x <= 1
            slack = 0.02 + abs(end - start) * 0.0002
            assert band.top(x) - slack <= y <= band.top(x) + height + slack


def test_departments_that_can_change_a_cause_together_share_no_blame() -> None:
    late = CauseFlow("late", "Delivered late", ("Warehouse", "Carrier"), {"contact": 30})
    stock = CauseFlow("stock", "Out of stock", ("Warehouse",), {"contact": 10})
    rows = drawn_rows(causes_river([late, stock], description=""), "left_flows")
    assert {row["tooltip"].split(" →")[0] for row in rows} == {"Warehouse + Carrier", "Warehouse"}
    heights = {row["cause"]: row["y2"][0] - row["y"][0] for row in rows}
    assert heights["late"] == pytest.approx(3 * heights["stock"], abs=0.05)


def test_what_is_not_attributed_is_hatched_and_stands_last() -> None:
    unknown = CauseFlow("unknown", "Not attributed", (), {"contact": 90}, attributed=False)
    late = CauseFlow("late", "Delivered late", ("Warehouse",), {"contact": 10}, low=0.05, high=0.15)
    spec = causes_river([unknown, late], description="")
    assert {row["cause"] for row in drawn_rows(spec, "doubtful_flows")} == {"unknown"}
    tops = {row["cause"]: row["y"][-1] for row in drawn_rows(spec, "left_flows") + drawn_rows(spec, "doubtful_flows")}
    assert tops["unknown"] > tops["late"]


def test_the_part_beyond_the_low_end_is_drawn_as_unsure() -> None:
    late = CauseFlow("late", "Delivered late", ("Warehouse",), {"contact": 10}, low=0.75, high=1.0)
    spec = causes_river([late], description="")
    whole, unsure = drawn_rows(spec, "left_flows")[0], drawn_rows(spec, "unsure_flows")[0]
    assert unsure["y2"][0] - unsure["y"][0] == pytest.approx((whole["y2"][0] - whole["y"][0]) / 4, abs=0.05)
    assert unsure["y2"][0] == pytest.approx(whole["y2"][0])


def test_the_share_that_is_said_may_differ_from_the_part_of_the_flow() -> None:
    late = CauseFlow("late", "Delivered late", ("Warehouse",), {"contact": 10}, 0.2, 0.4, share=0.3)
    row = causes_river([late], description="")["usermeta"]["figures"]["rows"][0]
    assert row[2:4] == ["30\N{NARROW NO-BREAK SPACE}%", "20 to 40"]


def test_the_smallest_causes_stand_together() -> None:
    many = [CauseFlow(f"c{n}", f"Cause {n}", ("Warehouse",), {"contact": 100 - n}) for n in range(12)]
    spec = causes_river(many, description="", most=5)
    rows = spec["usermeta"]["figures"]["rows"]
    assert [row[0]["text"] for row in rows] == [f"Cause {n}" for n in range(5)] + ["Other causes"]
    tops = {row["cause"]: row["y"][-1] for row in drawn_rows(spec, "left_flows")}
    assert max(tops, key=lambda cause: tops[cause]) == "others"


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("Warehouse + Carrier contracts", ["Warehouse +", "Carrier contracts"]),
        ("A + B + C", ["A + 2 more"]),
        ("Customer service and contact centre + Warehouse", ["Customer service and contact", "centre + 1 more"]),
        ("Customer service and contact centre", ["Customer service and contact", "centre"]),
    ],
)
def test_names_of_joint_departments_stand_together(name: str, lines: list[str]) -> None:
    assert name_lines(Node("d", name, 0)) == lines


def test_a_cause_chosen_in_the_address_is_lit() -> None:
    late = CauseFlow("late", "Delivered late", ("Warehouse",), {"contact": 10})
    assert causes_river([late], description="", selected="late")["params"] == [{"name": "lit", "value": ["late"]}]


@pytest.mark.parametrize(
    ("link", "said"),
    [
        (Link("a", "nowhere", 1), "not there"),
        (Link("a", "c", 1), "next column"),
        (Link("a", "b", -1), "negative: -1"),
    ],
)
def test_a_flow_that_leads_nowhere_is_refused(link: Link, said: str) -> None:
    nodes = [Node("a", "A", 0), Node("b", "B", 1), Node("c", "C", 2)]
    with pytest.raises(ValueError, match=said):
        river(nodes, [link], description="")


def drawn_rows(spec: dict[str, Any], layer: str) -> list[dict[str, Any]]:
    """The values of the layer with this name."""
    return next(found["data"]["values"] for found in spec["layer"] if found.get("name") == layer)
