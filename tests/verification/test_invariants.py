"""What must hold after every run, on fleets in which everything happens at once; and that the checks can fail."""

from dataclasses import replace

import numpy as np
import pytest

from sim.events import EventKind
from sim.scenario.models import Scenario
from sim.strategies import BUILT_IN


def rough_seas(fleet, kind, **over):
    """Everything at once: failures, failing flights, spares, retirement, jobs of all sizes, eclipses."""
    stress = {"retire_below_gpu_fraction": 0.7, "order_ahead_days": 90}
    own = {
        "run_to_failure": {},
        "replace_on_failure": stress,
        "batch": stress | {"reorder_point": 2},
        "scheduled_batch": stress | {"review_period_days": 45, "minimum_order": 2},
        "robotic_servicing": {"worth_a_visit": 0.1, "dead_gpu_fraction": 0},
        "servicing_and_replacement": stress | {"reorder_point": 2, "dead_gpu_fraction": 0.1},
        "dual_supply": stress | {"review_period_days": 45, "urgent_slots": 2},
        "parking_orbit": stress | {"phasing_days": 4, "reorder_point": 1, "order_quantity": 2},
        "on_orbit_spares": stress | {"spares_per_plane": 3, "reorder_point": 1, "phasing_days": 4},
        "overbuild_and_decay": {"spares_per_plane": 4, "phasing_days": 4},
        "block_launch": stress | {"spares_per_plane": 2, "review_period_days": 45},
        "fill_the_vehicle": stress,
        "condition_based": stress | {"minimum_order": 2},
        "marginal_value": stress,
        "age_replacement": stress | {"age_years": 0.7, "minimum_order": 2},
        "generation_refresh": stress | {"period_years": 0.2, "least_age_years": 0.3},
        "life_extension": stress | {"extension_years": 0.5},
    }
    storm = {"calendar_factor": {"years": (0.8, 0.9), "factors": (5.0, 1.0)}}
    given = {
        "slots": 7,
        "gpus": 5,
        "spare_berths": 4,
        "days": 1200,
        "life_days": 500,
        "gpu": {"kind": "weibull", "shape": 1.4, "scale_years": 3} | storm,
        "bus": {"kind": "bathtub", "infant_loss_fraction": 0.1, "constant_per_year": 0.3, "wear_out_scale_years": 3},
        "dormancy": 0.2,
        "lead": {"kind": "lognormal", "median_days": 40, "sigma": 0.6},
        "success": 0.75,
        "per_flight": 3,
        "launch": {
            "opportunity_interval_days": 15,
            "flights_per_opportunity": 2,
            "slip_days": {"kind": "exponential", "mean_days": 5},
            "transfer_days": 6,
            "stand_down": {},
        },
        "jobs": [
            {"gpus": 20},
            {"gpus": 9, "count": 2, "failures_during_restart": False, "restart_min": 600},
            {"gpus": 12, "work_gpu_hours": 30_000, "arrival_day": 200, "count": 2},
            {"gpus": 3, "work_gpu_hours": 2_000, "arrival_day": 300, "count": 5},
        ],
        "shell": {"planes": 2},
        "parking": [{"altitude_km": 400, "planes": 2, "berths_per_plane": 60}] if kind == "parking_orbit" else None,
        "pause": True,
        "strategies": {kind: own[kind]},
        "servicing": {
            "kind": "robots",
            "parts_aboard": 3,
            "depot": {"parts": 5, "reorder_level": 2},
            "success_probability": 0.8,
            "hours_law": "lognormal",
            "life": {"kind": "exponential", "rate_per_year": 1},
            "dry_kg": 1,
            "propellant_kg": 0.1,
            "isp_s": 300,
            "cartridge": {"kg_per_gpu": 0.1},
        },
    }
    return fleet(**(given | over))


@pytest.mark.parametrize("replicate", range(3))
@pytest.mark.parametrize(
    "deployment", [{"kind": "in_place"}, {"kind": "launched", "interval_days": 9}], ids=lambda d: d["kind"]
)
@pytest.mark.parametrize("kind", BUILT_IN)
def test_everything_at_once_keeps_every_invariant(fleet, checked_run, kind, deployment, replicate):
    result = checked_run(rough_seas(fleet, kind, deployment=deployment), kind, replicate=replicate)
    assert len(result.events) > 100


@pytest.mark.parametrize(
    "waits", [{"below_km": 20, "checkout_days": 3}, {"mode": "hot"}, {"mode": "hot", "below_km": 10}], ids=str
)
@pytest.mark.parametrize("kind", ["on_orbit_spares", "parking_orbit"])
def test_however_spares_wait_every_invariant_is_kept(fleet, checked_run, kind, waits):
    given = rough_seas(fleet, kind).model_dump(mode="json")
    given["constellation"]["spares"] = waits
    log = checked_run(Scenario.model_validate(given), kind).events
    assert log.count(EventKind.ACTIVATED) > 5
    assert log.total(EventKind.PLACED) > 0


ON_THE_GROUND = {
    "satellites_per_year": {"first_per_year": 3, "last_per_year": 30, "years": 2},
    "ground_stock": {"satellite": {"satellites": 4, "at_start": 2}, "second": {"satellites": 2}},
    "build_days": {"kind": "exponential", "mean_days": 40},
    "processing_days": {"kind": "uniform", "low_days": 5, "high_days": 20},
    "shelf_ageing": 0.5,
}


@pytest.mark.parametrize("design", ["newest", "stock_first", "satellite", "third"])
@pytest.mark.parametrize("kind", ["replace_on_failure", "on_orbit_spares", "dual_supply", "parking_orbit"])
def test_everything_at_once_from_a_factory_with_a_stock_keeps_every_invariant(fleet, checked_run, kind, design):
    later = {"second": {"gpus": 5, "available_from_day": 300}, "third": {"available_from_day": 0}}
    scenario = rough_seas(fleet, kind, designs=later, factory=ON_THE_GROUND)
    strategy = scenario.strategies[kind].model_copy(update={"design": design})
    scenario = scenario.model_copy(update={"strategies": {kind: strategy}})
    log = checked_run(scenario, kind).events
    assert log.count(EventKind.STOCKED) > 4
    assert log.count(EventKind.TAKEN) > 4 or design == "third"
    assert log.total(EventKind.LAUNCHED) > 30


@pytest.mark.parametrize("interval", [0, 15])
@pytest.mark.parametrize("kind", ["replace_on_failure", "on_orbit_spares"])
def test_a_single_slot_with_a_single_spare_berth_keeps_every_invariant(fleet, checked_run, kind, interval):
    # The tightest plane there is: every order competes with every arrival for two berths.
    spares = {"spares_per_plane": 1, "reorder_point": 0, "phasing_days": 30, "order_ahead_days": 60}
    for replicate in range(10):
        scenario = rough_seas(
            fleet,
            "replace_on_failure",
            slots=1,
            spare_berths=1,
            life_days=200,
            bus={"kind": "exponential", "rate_per_year": 4},
            launch={"opportunity_interval_days": interval},
            strategies={"replace_on_failure": {"order_ahead_days": 60}, "on_orbit_spares": spares},
            jobs=[{"gpus": 4, "count": 2}, {"gpus": 10}],
        )
        result = checked_run(scenario, kind, replicate=replicate)
        assert result.events.count(EventKind.ORDERED) > 5


def test_orders_lives_and_losses_add_up(fleet, checked_run):
    # Built = lost at launch + ended in orbit + there at the end + under way: the flow through the pipeline is closed.
    result = checked_run(rough_seas(fleet, "on_orbit_spares"), "on_orbit_spares")
    log = result.events
    launched = log.total(EventKind.LAUNCHED)
    lost = log.total(EventKind.LAUNCH_FAILED)
    arrived = log.count(EventKind.DELIVERED) + log.count(EventKind.STORED)
    ended = log.count(EventKind.BUS_FAILED) + log.count(EventKind.RETIRED)
    transfer = result.scenario.launch.transfer_days
    flights, failed = log.where(EventKind.LAUNCHED), log.where(EventKind.LAUNCH_FAILED)
    late = (flights.time_days + transfer > result.horizon_days) & ~np.isin(flights.satellite, failed.satellite)
    assert launched == lost + arrived + flights.amount[late].sum()
    assert arrived - ended >= log.satellites.sum() >= 0


def test_littles_law_from_the_log(fleet, checked_run):
    # Satellites on order, averaged over time = orders per day x mean days on order, for orders begun and ended inside.
    scenario = fleet(
        slots=100,
        days=1000,
        bus={"kind": "exponential", "rate_per_year": 2},
        lead={"kind": "uniform", "low_days": 10, "high_days": 50},
    )
    result = checked_run(scenario, "replace_on_failure")
    log = result.events
    ordered, there = log.where(EventKind.ORDERED), log.where(EventKind.DELIVERED)
    orders, arrivals = np.repeat(ordered.time_days, ordered.amount.astype(int)), there.time_days[there.time_days > 0]
    on_order = ((1000 - orders).sum() - (1000 - arrivals).sum()) / 1000
    theory = 100 * (30 / (182.625 + 30))
    # Binomial(100, L / (MTTF + L)), independent over about horizon / L periods of 30 days.
    error = np.sqrt(theory * (1 - theory / 100) * 30 / 1000)
    assert abs(on_order - theory * (1 - 15 / 1000)) < 4 * error  # the ramp: half a lead without arrivals


@pytest.mark.parametrize(
    ("column", "kind", "wrong"),
    [
        ("satellites", EventKind.BUS_FAILED, 0),
        ("gpus", EventKind.GPU_FAILED, 0),
        ("gpus", EventKind.DELIVERED, 6),
        ("berth", EventKind.DELIVERED, 0),
        ("satellite", EventKind.DELIVERED, 0),
        ("time_days", EventKind.BUS_FAILED, 1e6),
        ("amount", EventKind.COMMITTED, 0.0),
        ("amount", EventKind.LOST, -1.0),
        ("amount", EventKind.ORDERED, 0.0),
    ],
)
def test_the_checks_see_one_wrong_number(fleet, checked_run, monkeypatch, column, kind, wrong):
    # A log with one number falsified in the middle row of a kind must not pass.
    scenario = rough_seas(fleet, "replace_on_failure", pause=False)
    honest = checked_run(scenario, "replace_on_failure")
    values = getattr(honest.events, column).copy()
    rows = np.flatnonzero((honest.events.kind == kind) & (values != wrong))
    values[rows[len(rows) // 2]] = wrong
    falsified = replace(honest, events=replace(honest.events, **{column: values}))
    monkeypatch.setitem(checked_run.__globals__, "simulate", lambda *arguments: falsified)
    with pytest.raises(AssertionError):
        checked_run(scenario, "replace_on_failure")


@pytest.mark.parametrize(
    ("column", "kind", "wrong"),
    [
        ("amount", EventKind.COMMISSIONED, 0.0),
        ("amount", EventKind.STOCKED, 0.0),
        ("design", EventKind.TAKEN, 1),
        ("amount", EventKind.READY, 9.0),
        ("amount", EventKind.LAUNCHED, 9.0),
    ],
)
def test_the_checks_of_the_ground_see_one_wrong_number(fleet, checked_run, monkeypatch, column, kind, wrong):
    # The first row of a kind after the start, falsified.
    scenario = rough_seas(fleet, "replace_on_failure", designs={"second": {}}, factory=ON_THE_GROUND, success=1.0)
    honest = checked_run(scenario, "replace_on_failure")
    values = getattr(honest.events, column).copy()
    rows = np.flatnonzero((honest.events.kind == kind) & (honest.events.time_days > 0) & (values != wrong))
    values[rows[0]] = wrong
    falsified = replace(honest, events=replace(honest.events, **{column: values}))
    monkeypatch.setitem(checked_run.__globals__, "simulate", lambda *arguments: falsified)
    for other in ("check_stocks", "check_satellites", "check_gang_time", "check_cartridges"):
        monkeypatch.setitem(checked_run.__globals__, other, lambda result: None)
    with pytest.raises(AssertionError):
        checked_run(scenario, "replace_on_failure")
