"""Two echelons of spares: the engine beside the closed form, for the caller's own parameters."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from sim.errors import InputError
from sim.sparing import TwoEchelon
from sim.verify.sparing import TOLERANCES, case_of, scenario_of, shortcomings, table, verify_sparing

SMALL = [
    "planes=6",
    "satellites_per_plane=30",
    "failure_rate_per_year=0.1",
    "parking_planes=2",
    "parking_order_batches=4",
    "parking_reorder_batches=6",
]


@pytest.mark.slow
def test_a_small_case_agrees_with_its_closed_form():
    found = verify_sparing([*SMALL, "satellite_musd=2"], replicates=4)
    assert shortcomings(found) == []
    simulated, theory = found["simulated"], found["closed_form"]
    assert set(simulated) == set(theory)
    assert theory["manufacturing_musd"] == pytest.approx(6 * 30 * 0.1 * 2)
    for name in ("tessac_musd", "holding_musd", "plane_stock", "parking_stock_batches"):
        one = simulated[name]
        assert abs(one["mean"] - theory[name]) < 0.03 * theory[name] + 3 * one["se"]
    parts = ("manufacturing_musd", "holding_musd", "launch_musd", "manoeuvring_musd")
    for side in (theory, {name: one["mean"] for name, one in simulated.items()}):
        assert side["tessac_musd"] == pytest.approx(sum(side[part] for part in parts))
    assert json.dumps(found)
    assert "TESSAC" in table(found)


def test_every_parameter_moves_the_closed_form_and_the_scenario():
    case = case_of([])
    theory, scenario = case.solve(), scenario_of(case)
    for name, value in case.model_dump().items():
        moved = {"launch_satellites": 20, "single_launch_musd": 1.0}.get(
            name, value + 1 if isinstance(value, int) else 1.1 * value
        )
        other = case_of([f"{name}={moved}"])
        assert other.solve() != theory, name
        # A single launch, which the engine does not fly, is priced from its log.
        assert (scenario_of(other) != scenario) == (name != "single_launch_musd"), name


def test_what_is_out_of_tolerance_is_told():
    theory = asdict(TwoEchelon().solve())
    simulated = {name: {"mean": value, "se": None} for name, value in theory.items()}
    found = {"closed_form": theory, "simulated": simulated, "out_of_range": []}
    assert shortcomings(found) == []
    found["simulated"]["plane_stock"]["mean"] *= 1 + 1.01 * TOLERANCES["plane_stock"]
    (said,) = shortcomings(found)
    assert said.startswith("plane_stock: simulated ")
    found["simulated"]["plane_stock"]["se"] = 0.02  # which may be chance
    assert shortcomings(found) == []


def test_a_closed_form_out_of_its_range_judges_nothing():
    assert TwoEchelon().solve().out_of_range == []
    theory = case_of(["reorder_point=0", "order_quantity=1", "failure_rate_per_year=0.2"]).solve()
    assert theory.plane_stock < 0
    assert theory.out_of_range[0] == f"plane_stock = {theory.plane_stock:.4g}"
    simulated = {name: {"mean": 1.0, "se": None} for name in asdict(theory)}
    found = {"closed_form": asdict(theory), "simulated": simulated, "out_of_range": theory.out_of_range}
    assert shortcomings(found) == []
    shown = table(found | {"replicates": 1, "years": 1.0, "seconds_per_replicate": 1.0})
    assert f"it gives plane_stock = {theory.plane_stock:.4g}" in shown
    assert "%" not in shown


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("parking_plane=3", "is no parameter of the model; did you mean 'parking_planes'"),
        ("planes=0", "--set: planes = 0: must be >= 1"),
        ("planes=many", "must be a whole number"),
        ("planes", "must be name=value"),
        ("inclination_deg=90", "no parking orbit ever aligns"),
    ],
)
def test_what_is_no_case(setting, says):
    with pytest.raises(InputError, match=says):
        case_of([setting])


@pytest.mark.slow
def test_the_papers_case():
    # Jakob et al. 2019, doi 10.2514/1.A34387: 319.1 million USD a year, 5.056 spares a plane, 9.638 batches in parking.
    found = verify_sparing()
    assert shortcomings(found) == []
    simulated = found["simulated"]
    assert simulated["tessac_musd"]["mean"] == pytest.approx(319.1, rel=0.02)
    assert simulated["plane_stock"]["mean"] == pytest.approx(5.056, rel=0.05)
    assert simulated["parking_stock_batches"]["mean"] == pytest.approx(9.638, rel=0.05)
    for name in ("plane_fill", "parking_fill", "global_fill"):
        one = simulated[name]
        assert abs(one["mean"] - found["closed_form"][name]) < 4 * one["se"]
