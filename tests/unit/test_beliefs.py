"""What is drawn of a scenario, by what law, together with what, and what is not drawn, and why."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sim.errors import InputError, ScenarioError
from sim.parameters import BELIEFS
from sim.scenario import load
from sim.scenario.beliefs import WIDE, Beliefs, Law, Uncertain, beliefs, law_of, under_draw

LOW, HIGH, PEAK = 2.0, 8.0, 3.0
MIDDLE, DEVIATION = 5.0, 3.0 / stats.norm.ppf(0.975)
AUTHORITY = {
    "uniform": stats.uniform(LOW, HIGH - LOW),
    "log_uniform": stats.loguniform(LOW, HIGH),
    "triangular": stats.triang((PEAK - LOW) / (HIGH - LOW), LOW, HIGH - LOW),
    "normal": stats.truncnorm((LOW - MIDDLE) / DEVIATION, (HIGH - MIDDLE) / DEVIATION, MIDDLE, DEVIATION),
}


@pytest.mark.parametrize("law", BELIEFS)
def test_laws_are_those_of_scipy(law):
    own, shares = Law(LOW, HIGH, law, PEAK), np.linspace(0.001, 0.999, 57)
    assert [own.quantile(share) for share in shares] == pytest.approx(AUTHORITY[law].ppf(shares), rel=1e-9)
    values = np.linspace(LOW, HIGH, 31)
    assert [own.share_below(x) for x in values] == pytest.approx(AUTHORITY[law].cdf(values), abs=1e-9)
    assert own.share_below(LOW - 1) == 0
    assert own.share_below(HIGH + 1) == 1


@pytest.mark.parametrize("peak", [LOW, HIGH])
def test_a_triangle_may_have_its_tip_at_an_end(peak):
    law = Law(LOW, HIGH, "triangular", peak)
    authority = stats.triang((peak - LOW) / (HIGH - LOW), LOW, HIGH - LOW)
    assert [law.quantile(share) for share in (0.1, 0.5, 0.9)] == pytest.approx(authority.ppf([0.1, 0.5, 0.9]))


def test_without_a_law_belief_is_even_and_in_the_logarithm_where_the_range_is_wide():
    assert law_of(2.0, 1.0, 0.99 * WIDE, None).law == "uniform"
    assert law_of(2.0, 1.0, WIDE, None).law == "log_uniform"
    assert law_of(2.0, 0.0, WIDE, None).law == "uniform"
    assert law_of(2.0, 1.0, WIDE, "normal").law == "normal"


@pytest.mark.parametrize("law", BELIEFS)
def test_what_a_field_does_not_allow_is_cut_off_and_the_rest_scaled_up(law):
    one = Uncertain(("x",), PEAK, Law(LOW, HIGH, law, PEAK), least=4.0, most=6.0)
    shares = np.linspace(0.01, 0.99, 99)
    drawn, whole = np.array([one.at(share) for share in shares]), AUTHORITY[law]
    below, above = whole.cdf([4.0, 6.0])
    assert drawn == pytest.approx(whole.ppf(below + shares * (above - below)))
    assert 4.0 < drawn.min() < 4.1
    assert 5.9 < drawn.max() < 6.0


def test_whole_numbers_are_rounded():
    one = Uncertain(("x",), 3.0, Law(1.0, 4.0, "uniform", 3.0), whole=True)
    assert {one.at(share) for share in np.linspace(0.0, 1.0, 50)} == {1.0, 2.0, 3.0, 4.0}


def test_all_figures_with_a_range_are_drawn_but_those_that_somebody_decides():
    scenario = load("spacex_ai1")
    found = beliefs(scenario)
    drawn, kept = {one.path for one in found.drawn}, {one.path: one.why for one in found.kept}
    assert {"radiation.trapped_factor", "economics.discount.orbit_per_year", "ground.relay.hops"} <= drawn
    assert {
        "constellation.shells.0.altitude_km",
        "workload.jobs.0.count",
        "workload.inference.0.gpus_per_replica",
        "strategies.on_orbit_spares.phasing_days",
    } <= set(kept)
    assert not drawn & set(kept)
    assert all(kept.values())
    assert Beliefs.of_json(found.to_json()) == found


def test_a_figure_that_the_scenario_lets_have_no_other_value_stays():
    found = beliefs(load("ground_stargate"))
    (why,) = [one.why for one in found.kept if one.path == "workload.jobs.0.detection_s"]
    assert "is not followed on a campus" in why


def test_the_figures_of_a_later_design_move_with_the_first_ones():
    scenario = load("suncatcher_81", "overlays/second_generation")
    found = {one.path: one for one in beliefs(scenario).drawn}
    paths = found["satellite.radiator.emittance"].paths
    assert paths == ("satellite.radiator.emittance", "designs.second_generation.radiator.emittance")
    drawn = under_draw(scenario, dict.fromkeys(paths, 0.85))
    assert drawn.satellite.radiator.emittance == drawn.designs["second_generation"].radiator.emittance == 0.85


def test_the_same_field_of_several_entries_moves_together(fleet):
    job = {"gpus": 1, "checkpoint_interval_min": 60, "checkpoint_block_s": 60, "checkpoint_durable_s": 60}
    job["restart_min"] = 5
    scenario = fleet(jobs=[job, {**job, "resume_s": 40.0}, job])
    (overlap,) = beliefs(scenario, ["workload.jobs.0.overlap", "workload.jobs.2.overlap"]).drawn
    assert overlap.paths == ("workload.jobs.0.overlap", "workload.jobs.2.overlap")
    alone = beliefs(scenario, ["workload.jobs"]).drawn
    # The second job has a resume time of its own, which has no source.
    (resumed,) = [one for one in alone if one.path.endswith("resume_s")]
    assert resumed.paths == ("workload.jobs.0.resume_s", "workload.jobs.2.resume_s")


def test_a_draw_changes_what_it_names_and_nothing_else(fleet):
    scenario = fleet()
    drawn = under_draw(scenario, {"satellite.gpus": 3.0, "economics.discount.orbit_per_year": 0.11})
    before, after = scenario.model_dump(), drawn.model_dump()
    assert after["satellite"].pop("gpus") == 3
    assert isinstance(drawn.satellite.gpus, int)
    assert after["economics"]["discount"].pop("orbit_per_year") == 0.11
    before["satellite"].pop("gpus")
    before["economics"]["discount"].pop("orbit_per_year")
    assert before == after


def test_figures_that_do_not_fit_together_are_a_fault(fleet):
    with pytest.raises(ScenarioError, match="must not come to more than 1"):
        under_draw(fleet(), {"economics.payment.order_share": 0.6, "economics.payment.delivery_share": 0.6})


def test_a_user_may_name_paths_parts_and_ranges(fleet):
    scenario = fleet()
    assert {one.path for one in beliefs(scenario, ["economics.insurance"]).drawn} == {
        "economics.insurance.launch_share",
        "economics.insurance.orbit_share_per_year",
    }
    (own,) = beliefs(scenario, {"launch.vehicle.price.usd": {"low": 0.5, "high": 9.0, "law": "triangular"}}).drawn
    assert own.law == Law(0.5, 9.0, "triangular", 1.0)
    (one,) = beliefs(scenario, {"economics.insurance.launch_share": None}).drawn
    assert (one.law.low, one.law.high) == (0.03, 0.1)


@pytest.mark.parametrize(
    ("chosen", "problem"),
    [
        (["economics.discont"], "names no figure of the scenario; did you mean"),
        (["launch.vehicle.price.usd"], "no source of it states both low and high"),
        (["constellation"], "what is flown is decided"),
        ({"launch.vehicle.price.us": {"low": 1, "high": 2}}, "names no figure of the scenario; did you mean"),
        ({"launch.vehicle.price.usd": None}, "no source of it states both"),
        ({"launch.vehicle.price.usd": {"low": 1}}, "must be a mapping with low, high"),
        ({"launch.vehicle.price.usd": {"low": 1, "high": 2, "mode": 1}}, "must be a mapping with low, high"),
        ({"launch.vehicle.price.usd": {"low": 1, "high": True}}, "high = True: must be a number"),
        ({"launch.vehicle.price.usd": {"low": 1, "high": 2, "law": "gamma"}}, "law = 'gamma': must be one of"),
        ({"launch.vehicle.price.usd": {"low": 2, "high": 1}}, r"low \(2\) must not exceed high \(1\)"),
        ({"launch.vehicle.price.usd": {"low": 0, "high": 1, "law": "log_uniform"}}, "must be above 0"),
        ({"launch.vehicle.price.usd": {"low": 2, "high": 3, "law": "triangular"}}, "has its tip at 1, outside"),
    ],
)
def test_what_cannot_be_drawn_is_refused(fleet, chosen, problem):
    with pytest.raises(InputError, match=problem):
        beliefs(fleet(), chosen)
