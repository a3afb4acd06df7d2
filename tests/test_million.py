"""The network of a million, its sample, and small fleets walked in blocks as far as their pictures."""

import json
from pathlib import Path

import numpy as np
import pytest
from command_line import orbitfleet

from sim.description import describe
from sim.engine import simulate
from sim.engine.expected import MOST_EVENTS, expected_events
from sim.environment import Environment
from sim.metrics import daily_series, loss_by_cause, missing_capacity
from sim.metrics.causes import DARK
from sim.metrics.dead_aboard import dead_aboard
from sim.scenario import load

SHELL = "{kind: walker, formation: spaced, altitude_km: 1000, inclination_deg: 30, planes: 2, satellites_per_plane: 30}"
TWO_PLANES = (
    f"constellation.shells=[{SHELL}]",
    "constellation.spare_berths_per_plane=4",
    "strategies.on_orbit_spares={spares_per_plane: 4, reorder_point: 2}",
    "strategies.batch={reorder_point: 2}",
    "deployment={kind: in_place}",
    "simulation={mode: block, block_days: 1}",
    "mission.years=3",
)


@pytest.fixture(scope="module")
def two_planes():
    """Results of the same small fleet in blocks and event by event."""
    found = {}
    for mode in ("block", "exact"):
        scenario = load("spacex_fcc_1m", set_=[*TWO_PLANES, f"simulation.mode={mode}"])
        found[mode] = simulate(scenario, Environment.build(scenario), "on_orbit_spares", 1, 0)
    return found


def test_the_network_is_whole_and_can_be_run() -> None:
    scenario = load("spacex_fcc_1m")
    assert scenario.in_blocks
    text = describe(scenario)
    assert "1,000,000 satellites in 1,000 planes" in text
    assert "80,000,000 in total" in text
    assert "it cannot be run" not in text


def test_the_sample_is_one_in_10000_of_it_run_event_by_event() -> None:
    whole, sample = load("spacex_fcc_1m"), load("spacex_fcc_1m", "overlays/one_in_10000")
    assert not sample.in_blocks
    counts = [
        sum(shell.planes * shell.satellites_per_plane for shell in one.constellation.shells) for one in (whole, sample)
    ]
    assert counts == [1_000_000, 100]
    assert sample.sky == whole.sky
    altitudes = [
        {(shell.kind, shell.altitude_km) for shell in one.constellation.shells} for one in (whole, sample)
    ]  # fmt: skip
    assert altitudes[0] == altitudes[1]


def test_a_fleet_in_blocks_holds_more_losses() -> None:
    bounds = []
    for mode in ("block", "exact"):
        environment = Environment.build(load("spacex_fcc_1m", set_=[*TWO_PLANES, f"simulation.mode={mode}"]))
        strategy = environment.scenario.strategy_named("on_orbit_spares")
        bounds.append({one.what: one.most for one in expected_events(environment, strategy)}["losses of GPUs"])
    assert bounds[0] > 10 * bounds[1]
    assert bounds[1] == MOST_EVENTS


def test_the_command_runs_two_planes_in_blocks_and_draws_them(tmp_path: Path) -> None:
    settings = [part for setting in TWO_PLANES for part in ("--set", setting)]
    strategies = "run_to_failure,on_orbit_spares"
    out = tmp_path / "out"
    printed, _ = orbitfleet(
        "compare", "spacex_fcc_1m", *settings, "--strategies", strategies, "--replicates", 1, "--out", out, "--json"
    )
    found = json.loads(printed)
    for metrics in found["strategies"].values():
        assert 0 < metrics["compute_availability"]["mean"] < 1
        assert metrics["gpu_failures"]["mean"] > 100
    pictures = {path.stem for path in out.glob("*.png")}
    assert pictures >= {"availability", "losses", "timeline", "satellite", "waterfall", "cost"}


def test_what_is_missing_and_what_is_online_add_up_in_blocks(two_planes) -> None:
    result = two_planes["block"]
    missing = missing_capacity(result)
    total = sum(missing.values()) + daily_series(result)["online_fraction"]
    # The log adds up losses by the month; until it ends some are taken for more, or fewer, than there are.
    assert np.abs(total - 1).max() < 0.03
    assert abs(total.mean() - 1) < 0.003


def test_capacity_is_missing_for_the_same_causes_in_both_modes(two_planes) -> None:
    block, exact = (missing_capacity(two_planes[mode]) for mode in ("block", "exact"))
    assert loss_by_cause(two_planes["block"]).keys() == loss_by_cause(two_planes["exact"]).keys()
    for name in (block.keys() | exact.keys()) - {DARK}:
        found, expected = (float(np.mean(one.get(name, 0.0))) for one in (block, exact))
        # Each loss is the same one; what satellites leave behind is divided in the mean.
        assert found == pytest.approx(expected, rel=0.05, abs=0.001), name


def test_the_dead_aboard_are_those_that_satellites_lack(two_planes) -> None:
    result = two_planes["block"]
    log, gpus = result.events, result.scenario.satellite.gpus
    lacking = float((log.satellites * float(gpus) - log.gpus).sum())  # of what works at the horizon
    last = sum(share[-1] for share in dead_aboard(result).values())
    assert lacking > 100
    assert last == pytest.approx(lacking, rel=0.02)


def test_no_slot_is_filled_before_it_falls_empty() -> None:
    replaced = (
        "simulation.block_days=10",
        "satellite.design_life_years=0.8",
        "deployment={kind: launched, interval_days: 5}",
        "launch.opportunity_interval_days=7",
    )
    scenario = load("spacex_fcc_1m", set_=[*TWO_PLANES, *replaced])
    log = simulate(scenario, Environment.build(scenario), "replace_on_failure", 1, 0).events
    rows = np.flatnonzero(log.satellites)
    rows = rows[np.argsort(log.berth[rows], kind="stable")]
    again = (log.berth[rows][1:] == log.berth[rows][:-1]) & (log.satellites[rows][1:] == 1)
    assert again.sum() > 30
    assert (log.satellites[rows][:-1][again] == -1).all()
