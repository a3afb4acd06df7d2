"""A campus in its building: when its hosts have power, what it draws, and what that and the rest cost."""

import datetime

import numpy as np
import pytest

from sim.description import facts
from sim.economics import Item, bills_of, costs
from sim.economics.facility import full_use, it_kwh
from sim.engine import simulate
from sim.environment import Environment
from sim.errors import ScenarioError
from sim.events import EventKind
from sim.metrics import daily_series, measure, missing_capacity
from sim.metrics.campus import ABSENT
from sim.physics.cooling import chiller_cop, chiller_share, outdoor_c
from sim.result import Result
from sim.scenario import load
from sim.scenario.facility import MONTH_DAYS, ClimatePue, Facility
from sim.shipped import validation_case

NEVER = "{kind: exponential, rate_per_year: 0}"
CALM = [
    f"reliability.gpu={NEVER}",
    f"reliability.bus={NEVER}",
    "reliability.interruptions={software: null, network: null}",
]
SMALL = ["campus.hosts=100", "campus.warm_standbys=4", "workload.jobs.0.gpus=384", "campus.repair.technicians=4"]
YEAR_HOURS = 8766


def campus(*settings: str):
    """A hundred hosts of the shipped campus."""
    return load("ground_stargate", set_=[*SMALL, *settings])


def run(scenario, seed: int = 1, replicate: int = 0) -> Result:
    return simulate(scenario, Environment.build(scenario), "run_to_failure", seed, replicate)


def paid(scenario, *items: Item) -> float:
    return costs(run(scenario)).ledger.total(*items)


# Power


def test_nothing_computes_before_there_is_power():
    result = run(campus(*CALM))
    on = 18 * MONTH_DAYS
    assert result.events.where(EventKind.DELIVERED).time_days.tolist() == pytest.approx([on] * 100)
    assert result.events.where(EventKind.JOB_STARTED).time_days.tolist() == pytest.approx([on])
    found = measure(result)
    assert found["compute_availability"] == pytest.approx(1 - 1.5 / 5)
    share = daily_series(result)["online_fraction"]
    assert share[: int(on)].max() == 0
    assert share[int(on) + 1 :].min() == 1
    assert share + missing_capacity(result)[ABSENT] == pytest.approx(1)


@pytest.mark.parametrize("longer", ["build_months", "supply.months_to_power"])
def test_a_delay_costs_the_hours_in_which_it_would_have_computed(longer):
    hourly = "workload.jobs.0.checkpoint_interval_min=60"
    base, later = (measure(run(campus(*CALM, hourly, f"campus.facility.{longer}={months}"))) for months in (18, 30))
    # Without failures the job loses its checkpoints alone, a constant share, and at the end less than an hour.
    assert later["useful_gpu_hours"] / base["useful_gpu_hours"] == pytest.approx(2.5 / 3.5, rel=1e-4)


def test_hosts_come_on_line_in_phases_and_the_job_waits_for_enough():
    phases = "campus.facility.phases=[{share: 0.25, months: 6}, {share: 0.5, months: 12}]"
    result = run(campus(*CALM, phases, "campus.warm_standbys=0", "workload.jobs.0.gpus=200", "campus.spare_hosts=3"))
    came = result.events.where(EventKind.DELIVERED)
    days, hosts = np.unique(came.time_days / MONTH_DAYS, return_counts=True)
    assert days.tolist() == pytest.approx([6, 12, 18])
    assert hosts.tolist() == [25, 50, 25]
    assert result.events.where(EventKind.STORED).time_days.tolist() == pytest.approx([18 * MONTH_DAYS] * 3)
    assert result.events.where(EventKind.JOB_STARTED).time_days[0] == pytest.approx(12 * MONTH_DAYS)
    assert result.events.satellites.sum() == 100  # spare hosts do other work
    kept = result.events.where(EventKind.KEPT_WAITING)
    # 25 hosts wait for six months, and at the end 50 for three minutes, in which they are chosen.
    assert kept.amount.sum() == pytest.approx(25 * 4 * 6 * MONTH_DAYS * 24 + 50 * 4 * 0.05, rel=1e-6)
    assert measure(result)["compute_availability"] == pytest.approx((0.25 * 54 + 0.5 * 48 + 0.25 * 42) / 60)


def test_a_campus_without_power_in_its_time_buys_no_hosts_and_is_warned_of():
    scenario = campus("campus.facility.supply.months_to_power=72")
    result = run(scenario)
    found = measure(result)
    assert (found["useful_gpu_hours"], found["compute_availability"]) == (0, 0)
    ledger = costs(result).ledger
    assert ledger.total(Item.GPUS, Item.ENERGY, Item.STAFF) == 0
    # Of the 18 months of construction before month 72 six are inside the mission; nothing of them is worn.
    assert ledger.total(Item.FACILITY) == pytest.approx(400 * 3030 * 12 * 6 / 18)
    assert ledger.total(Item.CREDIT) == pytest.approx(-ledger.total(Item.FACILITY))
    assert any("the mission ends before" in one for one in facts(scenario)["warnings"])


def test_without_a_facility_nothing_is_paid_for_it():
    result = run(load(validation_case("cluster")))
    ledger = costs(result).ledger
    assert not set(ledger.by_item()) & {Item.FACILITY, Item.ENERGY, Item.STAFF, Item.NETWORK}
    assert result.events.where(EventKind.DELIVERED).time_days.max() == 0


# Energy


def test_energy_is_that_of_hosts_at_work_and_of_hosts_that_wait():
    settings = [*CALM, "campus.facility.build_months=0", "campus.facility.supply.months_to_power=0"]
    result = run(campus(*settings, "campus.selection_min=0", "mission.years=1"))
    kwh = it_kwh(result)[1]
    # 384 GPUs compute or write checkpoints, 16 stand by.
    assert kwh == pytest.approx((384 * 3.03 + 16 * 0.6) * YEAR_HOURS / 12, rel=1e-6)
    part = it_kwh(
        run(campus(*settings, "campus.selection_min=0", "mission.years=1", "campus.facility.utilisation=0.7"))
    )
    assert part[1] == pytest.approx((384 * 3.03 * 0.7 + 16 * 0.6) * YEAR_HOURS / 12, rel=1e-6)


def test_energy_follows_repairs_and_restarts_month_by_month():
    result = run(campus("reliability.gpu.rate_per_year=0.9", "campus.repair.technicians=20"))
    log = result.events
    work = sum(log.total(kind) for kind in (EventKind.COMMITTED, EventKind.CHECKPOINTED, EventKind.LOST,
                                            EventKind.UNCOMMITTED))  # fmt: skip
    there = float((log.gpus * (result.horizon_days - log.time_days)).sum()) * 24
    kwh = it_kwh(result)[1]
    assert kwh.sum() == pytest.approx((there * 600 + work * (3030 - 600)) / 1000, rel=1e-9)
    assert log.count(EventKind.REPAIRED) > 300
    assert work < 0.97 * 384 * 3.5 * YEAR_HOURS
    assert kwh[:18].sum() == pytest.approx(0, abs=1e-6)
    assert kwh[19:].min() > 0
    assert kwh.max() < (384 * 3.03 + 16 * 0.6) * YEAR_HOURS / 12  # no month has another's energy


def test_pue_scales_energy_and_nothing_else():
    one, more = (
        costs(run(campus(f"campus.facility.pue={{kind: constant, value: {value}}}"))).ledger for value in (1.0, 1.4)
    )
    assert more.total(Item.ENERGY) == pytest.approx(1.4 * one.total(Item.ENERGY))
    assert more.without(Item.ENERGY).total() == pytest.approx(one.without(Item.ENERGY).total())
    kwh = it_kwh(run(campus()))[1].sum()
    assert one.total(Item.ENERGY) == pytest.approx(0.06 * kwh)


def test_a_price_that_grows_and_one_by_year():
    kwh = it_kwh(run(campus(*CALM)))[1]
    years = 2027 + (np.arange(60) + 0.5) / 12
    flat = "campus.facility.pue={kind: constant, value: 1}"
    grows = campus(
        *CALM, flat, "campus.facility.supply.usd_per_kwh={kind: growth, usd: 0.1, year: 2027, per_year: 0.2}"
    )
    assert paid(grows, Item.ENERGY) == pytest.approx(float(kwh @ (0.1 * 1.2 ** (years - 2027))), rel=1e-6)
    table = campus(*CALM, flat, "campus.facility.supply.usd_per_kwh={kind: table, year: [2028, 2030], usd: [0.1, 0.3]}")
    assert paid(table, Item.ENERGY) == pytest.approx(float(kwh @ np.interp(years, [2028, 2030], [0.1, 0.3])), rel=1e-6)


def test_greenhouse_gases_are_those_of_what_was_drawn():
    hosts = 100 * 4 * 164.0  # kg to make the GPUs
    flat = "campus.facility.pue={kind: constant, value: 1.25}"
    grid, gas = run(campus(flat)), run(campus(flat, "campus.facility.supply={kind: gas}"))
    kwh = 1.25 * it_kwh(grid)[1].sum()
    assert measure(grid)["carbon_kg"] == pytest.approx(hosts + 0.37 * kwh)
    # Combined cycle: 6,200 Btu of gas for a kWh.
    assert measure(gas)["carbon_kg"] == pytest.approx(hosts + 6200 * 53.06e-6 * kwh)


# Cooling


def test_a_hotter_site_cools_less_for_nothing():
    def pue(**fields: float) -> float:
        climate = ClimatePue(**{"mean_c": 18, "annual_amplitude_k": 11, "daily_amplitude_k": 6, **fields})
        return float(Facility(pue=climate).mean_pue(datetime.date(2027, 1, 1), np.array([0.0, 365.25]))[0])

    means = [pue(mean_c=mean) for mean in (-5, 5, 15, 25, 35)]
    assert means[0] == pytest.approx(1.09)  # never a chiller
    assert (np.diff(means[1:]) > 0).all()
    assert pue(supply_c=20) > pue() > pue(supply_c=40)
    # Free below 22 C outdoors: all year, and at a site whose mean that is half of it.
    for mean, share in ((0, 1.0), (22, 0.5)):
        climate = ClimatePue(mean_c=mean, annual_amplitude_k=11, daily_amplitude_k=6)
        assert climate.free_cooling_share == pytest.approx(share, abs=0.01)
    assert pue(approach_k=4) < pue()
    assert pue(carnot_share=0.6) < pue()


def test_chillers_take_over_between_two_temperatures():
    # Supply 30, back at 40, 8 K of approach: free up to 22 outdoors, none from 32 on.
    assert chiller_share([10, 22, 27, 32, 40], 30, 8, 10).tolist() == [0, 0, 0.5, 1, 1]
    # .45 of Carnot between 303.15 K and 35 + 12 C.
    assert float(chiller_cop(35, 30, 12, 0.45)) == pytest.approx(0.45 * 303.15 / 17)
    with pytest.raises(ValueError, match="range_k"):
        chiller_share(20, 30, 8, 0)


def test_a_hot_afternoon_in_july_and_a_cold_morning_in_january():
    site = {"warmest_day": 203, "warmest_hour": 15}
    assert float(outdoor_c(203 + 15 / 24, 18, 11, 6, **site)) == pytest.approx(35, abs=0.01)
    assert float(outdoor_c(203 - 183 + 3 / 24, 18, 11, 6, **site)) == pytest.approx(1, abs=0.01)
    hours = np.arange(0, 365.2422 * 24) / 24
    assert float(outdoor_c(hours, 18, 11, 6, **site).mean()) == pytest.approx(18, abs=0.01)


def test_turbines_are_built_for_the_hottest_hour():
    gas = Facility.model_validate(
        {"supply": {"kind": "gas", "usd_per_kw": 1000}, "pue": {"kind": "constant", "value": 1.3}}
    )
    assert gas.plant_usd_per_w == pytest.approx(1.3)
    hot = {"kind": "climate", "mean_c": 25, "annual_amplitude_k": 10, "daily_amplitude_k": 5}
    climate = Facility.model_validate({"supply": {"kind": "gas", "usd_per_kw": 1000}, "pue": hot})
    # 40 C outdoors: all heat is chilled, at a COP of .45 x 303.15 / 22.
    assert climate.plant_usd_per_w == pytest.approx(1.09 + 22 / (0.45 * 303.15), rel=1e-3)


# Money


def test_construction_is_paid_for_while_it_is_built_and_credited_over_its_own_life():
    scenario = campus(*CALM, "campus.facility.supply.months_to_power=24", "campus.facility.network_usd_per_w=1")
    ledger = costs(run(scenario)).ledger
    watts = 400 * 3030
    building = ledger.day[ledger.item == Item.FACILITY]
    assert building / MONTH_DAYS == pytest.approx(np.arange(6.5, 24))
    assert ledger.total(Item.FACILITY) == pytest.approx(12 * watts)
    assert ledger.total(Item.NETWORK) == pytest.approx(watts)
    hosts = ledger.total(Item.GPUS)
    assert ledger.total(Item.CREDIT) == pytest.approx(-(12 * watts * 11 / 14 + (watts + hosts) * 2 / 5))
    assert ledger.total(Item.STAFF) == pytest.approx(watts / 1e6 * 300e3 * 3)


PRICES = (
    "economics.gpu_usd=78788", "economics.bus_usd=1000", "campus.facility.shell_usd_per_w=2.79",
    "campus.facility.electrical_usd_per_w=5.86", "campus.facility.cooling_usd_per_w=3.35",
    "campus.facility.network_usd_per_w=1.5", "campus.facility.supply.usd_per_kwh=0.06",
    "campus.facility.staff_usd_per_mw_year=300000", "campus.repair.technician_usd_per_hour=80",
    "campus.repair.manual_parts_usd=2000", "economics.operations_usd_per_year=1e6",
)  # fmt: skip


def test_twice_the_prices_are_twice_the_cost():
    def doubled(setting: str) -> str:
        path, value = setting.split("=")
        return f"{path}={2 * float(value)}"

    once, twice = costs(run(campus(*PRICES))), costs(run(campus(*map(doubled, PRICES))))
    assert twice.total_usd == pytest.approx(2 * once.total_usd)
    for item, usd in once.ledger.by_item().items():
        assert twice[item] == pytest.approx(2 * usd), item
    # Every item that a campus pays for is among them.
    assert {item for item, usd in once.ledger.by_item().items() if usd} == {
        Item.SATELLITES, Item.GPUS, Item.OPERATIONS, Item.SERVICE_PARTS, Item.SERVICE_HOURS, Item.FACILITY,
        Item.ENERGY, Item.STAFF, Item.NETWORK, Item.CREDIT,
    }  # fmt: skip


# Published results


def test_a_gigawatt_costs_what_epoch_says():
    scenario = load("ground_stargate")
    found = full_use(scenario, bills_of(scenario, Environment.build(scenario).parts)[0], 0.065)
    assert found is not None
    per_gw = 1000 / found.it_mw
    building = sum(usd for name, usd in found.capex_usd.items() if name not in ("hosts", "network"))
    # Each to the last digit that Epoch prints, 14 May 2026.
    assert round(found.gpus * per_gw, -4) == 330_000
    assert round(found.capex_usd["hosts"] * per_gw / 1e9) == 26
    assert round(building * per_gw / 1e9) == 12
    assert round(found.energy_usd_per_year * per_gw / 1e9, 1) == 0.6
    assert round((found.energy_usd_per_year + found.staff_usd_per_year) * per_gw / 1e9, 1) == 0.9
    assert found.usd_per_year * per_gw / 1e9 == pytest.approx(8.5, abs=0.05)
    # $8.5B over 330,000 GPUs and 8,760 hours; the fourth digit of each is not known.
    assert found.usd_per_gpu_hour == pytest.approx(2.94, abs=0.02)
    described = facts(scenario)["facility"]
    assert described["usd_per_gpu_hour"] == pytest.approx(found.usd_per_gpu_hour)
    assert described["construction_usd_per_w"] == pytest.approx(12)


def test_the_anchor_of_the_s1_is_two_point_seven_million_a_megawatt():
    facility = load("ground_stargate", "overlays/ground_s1_anchor").campus.facility
    assert facility.construction_usd_per_w == pytest.approx(2.7)


def test_mccalips_campus_costs_what_his_calculator_prints():
    result = run(load(validation_case("mccalip_ground")))
    usd, mwh = costs(result).ledger.without(Item.CREDIT).total(), it_kwh(result)[1].sum() / 1000
    assert round(usd * 1000 / 1e9, 3) == 15.851
    assert round(usd / mwh, 2) == 425.76


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("campus.facility.pue={kind: constant, mean_c: 3}", "mean_c"),
        ("campus.facility.supply={kind: coal}", "campus.facility.supply"),
        ("campus.facility.phases=[{share: 0.6, months: 1}, {share: 0.5, months: 2}]", "less than 1"),
        ("campus.facility.phases=[{share: 0.2, months: 19}]", "none after the whole campus"),
        ("satellite.gpu.hbm_gb=80", "satellite.gpu.hbm_gb"),
        ("campus.stands_for={planes: [[0, 200]]}", "its satellites are 200 hosts"),
    ],
)
def test_what_makes_no_sense_is_refused(setting, said):
    with pytest.raises(ScenarioError, match=said):
        campus(setting)
