"""Mass and price of a satellite follow from its parts, and what flies, pays and decays follows that mass."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.description import describe, facts
from sim.economics import Item, bills_of, costs
from sim.environment import Environment, cache
from sim.environment.cache import key_of
from sim.errors import ScenarioError
from sim.events import EventKind
from sim.launch import PerKilogram
from sim.scenario import load
from sim.scenario.models import Scenario
from sim.scenario.prices import PartPrices
from tests.fleets import FLEETS

SHORT = ["mission.years=0.2"]
SIZED = [*SHORT, "satellite.mass_kg=sized", "economics.bus_usd=sized"]
BUS_LOSSES = {"kind": "exponential", "rate_per_year": 3.0}
CONFIGS = Path(__file__).parents[2] / "configs"


def built(*sources: str, set_: tuple[str, ...] | list[str] = ()) -> Environment:
    return Environment.build(load(*(sources or ("baseline",)), set_=[*SIZED, *set_]))


def mass_and_price(*settings: str) -> tuple[float, float]:
    environment = built(set_=settings)
    (bill,) = bills_of(environment.scenario, environment.parts)
    assert (bill.mass_kg, bill.bus_usd) == (environment.parts[0].sum_kg, bill.sum_usd)
    return environment.designs[0].mass_kg, bill.bus_usd


def test_each_part_worked_out_by_hand():
    settings = ["array.area_m2=100", "battery.capacity_kwh=35", "radiator.area_m2=20", "spare_gpus=4"]
    settings = [
        f"satellite.{setting}" for setting in [*settings, "shield.thickness_mm=5", "links.links_per_satellite=3"]
    ]
    environment = built(set_=[*settings, "satellite.propulsion.propellant_kg=30"])
    array_kw = 1361 * 100 * 0.3 * 0.92 / 1000
    plain = {
        "array": 200.0,
        "power_electronics": 3 * array_kw,
        "battery": 35_000 / 175,
        "radiator": 100.0,
        "coolant_armour": 20 * 2 * 0.02 * 4 * 2.7,
        "compute": 40 * 3.0,
        "shield": 4 * 5 * 2.7,
        "avionics": 40.0,
        "links": 30.0,
    }
    dry = sum(plain.values()) / (1 - 0.12 - 0.10)
    expected = plain | {"structure": 0.12 * dry, "margin": 0.10 * dry, "propellant": 30}
    (parts,) = environment.parts
    assert dict(parts.mass_kg) == pytest.approx(expected, rel=1e-4)  # the solar constant's last digit
    assert environment.designs[0].mass_kg == pytest.approx(dry + 30, rel=1e-4)

    (bill,) = bills_of(environment.scenario, environment.parts)
    prices = {
        "array": 10_000 * array_kw,
        "power_electronics": 500 * array_kw,
        "battery": 35 * 500,
        "radiator": 20 * 2000,
        "coolant_armour": 300 * expected["coolant_armour"],
        "compute": 40 * 500,
        "shield": 300 * expected["shield"],
        "avionics": 150e3,
        "links": 3 * 50e3,
        "structure": 300 * expected["structure"],
        "propellant": 20 * 30,
    }
    whole = sum(prices.values()) / 0.85
    assert dict(bill.parts_usd) == pytest.approx(prices | {"integration": 0.15 * whole}, rel=1e-4)
    assert bill.bus_usd == pytest.approx(whole, rel=1e-4)


@pytest.mark.parametrize("altitude_km", [250, 550, 1200])
def test_a_sized_mass_carries_the_propellant_that_it_needs_itself(altitude_km):
    """Drag falls with mass and propellant grows with it: what closes is what the orbits then ask for."""
    environment = built(set_=[f"constellation.shells.0.altitude_km={altitude_km}"])
    parts, keeping = environment.parts[0], environment.keeping
    assert keeping.propellant_kg == keeping.needed_kg == pytest.approx(parts.mass_kg["propellant"], rel=1e-5)
    given = built(set_=[f"constellation.shells.0.altitude_km={altitude_km}", f"satellite.mass_kg={parts.sum_kg!r}"])
    assert given.keeping.needed_kg == pytest.approx(keeping.needed_kg, rel=1e-5)
    assert given.keeping.dead_years == pytest.approx(keeping.dead_years, rel=1e-6)
    # The sum does not depend on the mass that is given: it is what `sized` would be.
    light = built(set_=[f"constellation.shells.0.altitude_km={altitude_km}", "satellite.mass_kg=300"])
    assert light.parts[0].sum_kg == pytest.approx(parts.sum_kg, rel=1e-6)
    assert light.keeping.needed_kg != pytest.approx(keeping.needed_kg, rel=0.05)
    # A dead satellite falls, and so clears its slot, as it is light.
    assert light.keeping.clearance == pytest.approx(keeping.clearance * 300 / parts.sum_kg, rel=1e-6, abs=0)


def test_a_mass_that_no_propellant_can_carry_is_refused():
    hard = ["constellation.shells.0.altitude_km=2000", "satellite.propulsion.insertion_altitude_km=300"]
    hard += ["satellite.propulsion.isp_s=10"]
    with pytest.raises(
        ScenarioError, match=r"mass_kg = 'sized': does not close: [\d.,]+ kg without propellant need more"
    ):
        built(set_=hard)
    given = facts(load("baseline", set_=[*SHORT, *hard]))
    assert given["designs"]["satellite"]["mass_kg"]["sum"] == math.inf
    assert any("mass_kg of 740 kg falls short: no mass carries its parts" in warning for warning in given["warnings"])


def test_a_mass_that_no_vehicle_carries_is_refused():
    with pytest.raises(
        ScenarioError,
        match=r"mass_kg = 'sized': launch.vehicle.capacity_kg brings 900 kg .* too little for one satellite \(9",
    ):
        built(set_=["launch.vehicle.capacity_kg=900"])
    with pytest.raises(ScenarioError, match=r"designs.big.mass_kg = 'sized': .* too little for one big"):
        built(set_=["launch.vehicle.capacity_kg=1000", "designs.big.gpus=72"])


MORE = [
    ("gpus=40", "gpus=72"),
    ("spare_gpus=0", "spare_gpus=6"),
    ("radiator.area_m2=20", "radiator.area_m2=28"),
    ("battery.capacity_kwh=40", "battery.capacity_kwh=80"),
    ("array.area_m2=80", "array.area_m2=81"),
    ("shield.thickness_mm=5", "shield.thickness_mm=20"),
    ("shield.area_m2=4", "shield.area_m2=5"),
    ("links.links_per_satellite=2", "links.links_per_satellite=4"),
    ("radiator.tube_wall_mm=2", "radiator.tube_wall_mm=4"),
    ("array.areal_mass_kg_m2=1", "array.areal_mass_kg_m2=3.5"),
    ("array.electronics_kg_per_kw=2", "array.electronics_kg_per_kw=6"),
    ("radiator.areal_mass_kg_m2=3", "radiator.areal_mass_kg_m2=9"),
    ("battery.specific_energy_wh_per_kg=200", "battery.specific_energy_wh_per_kg=150"),
    ("parts.mass_per_gpu_kg=1.5", "parts.mass_per_gpu_kg=8"),
    ("parts.avionics_kg=25", "parts.avionics_kg=100"),
    ("parts.mass_per_link_kg=5", "parts.mass_per_link_kg=25"),
    ("parts.structure_share=0.08", "parts.structure_share=0.2"),
    ("parts.margin_share=0.05", "parts.margin_share=0.25"),
    ("propulsion.isp_s=2500", "propulsion.isp_s=1200"),
]


@pytest.mark.parametrize(("less", "more"), MORE)
def test_more_of_a_part_is_heavier_and_costs_more(less, more):
    few, many = (mass_and_price(f"satellite.{setting}") for setting in (less, more))
    assert many[0] > few[0]
    assert many[1] > few[1]


@pytest.mark.parametrize("field", list(PartPrices.model_fields))
def test_every_price_of_a_part_is_read(field):
    default = getattr(PartPrices(), field)
    cheap, dear = (mass_and_price(f"economics.parts.{field}={default * by}") for by in (1, 1.5))
    assert dear[0] == cheap[0]
    assert dear[1] > cheap[1]


def checked_sums(scenario: Scenario) -> dict[str, Any]:
    """The designs of a scenario, whose parts add up."""
    found: dict[str, Any] = facts(scenario)["designs"]
    assert list(found) == list(scenario.design_names)
    for design in found.values():
        for entries in (design["mass_kg"], design["price_usd"]):
            parts = [value for name, value in entries.items() if name not in ("sum", "given")]
            assert len(parts) >= 8
            assert min(parts) >= 0
            assert sum(parts) == pytest.approx(entries["sum"], rel=1e-9)
    return found


@pytest.mark.parametrize("name", FLEETS)
def test_parts_of_shipped_scenarios_add_up(name):
    scenario = load(name, "overlays/second_generation", set_=SHORT)
    found = checked_sums(scenario)
    assert found["satellite"]["mass_kg"]["given"] == scenario.satellite.mass_kg
    assert found["satellite"]["price_usd"]["given"] == scenario.economics.bus_usd
    assert found["second_generation"]["mass_kg"]["given"] == 1100
    assert found["second_generation"]["price_usd"]["given"] == 1.6e6
    sized = checked_sums(load(name, set_=SIZED))["satellite"]
    for entries in ("mass_kg", "price_usd"):
        assert sized[entries].pop("given") is None
        assert sized[entries] == pytest.approx({name: found["satellite"][entries][name] for name in sized[entries]})


@pytest.mark.parametrize("seed", range(8))
def test_parts_of_any_satellite_add_up(seed):
    draw = np.random.default_rng(seed).uniform
    ranges = {
        "gpus": (1, 200),
        "bus_power_w": (0, 5000),
        "array.areal_mass_kg_m2": (0.5, 5),
        "battery.specific_energy_wh_per_kg": (50, 400),
        "radiator.areal_mass_kg_m2": (1, 15),
        "shield.thickness_mm": (1, 20),
        "propulsion.isp_s": (250, 2500),
        "parts.mass_per_gpu_kg": (0, 20),
        "parts.structure_share": (0, 0.5),
        "parts.margin_share": (0, 0.4),
    }
    settings = [
        f"satellite.{name}={int(draw(*span)) if name == 'gpus' else draw(*span)}" for name, span in ranges.items()
    ]
    height = f"constellation.shells.0.altitude_km={draw(300, 1500)}"
    loose = ["launch.vehicle.capacity_kg=1e6", "workload.jobs=[]"]
    scenario = load("baseline", set_=[*SIZED, *settings, height, *loose, "satellite.gpu.peak_w=500"])
    found = checked_sums(scenario)["satellite"]["mass_kg"]
    dry = found["sum"] - found["propellant"]
    assert found["structure"] == pytest.approx(scenario.satellite.parts.structure_share * dry)
    assert found["margin"] == pytest.approx(scenario.satellite.parts.margin_share * dry)


def test_launches_pay_for_the_mass_that_came_out(fleet, checked_run):
    """Money, tonnes and seats of a run follow the one mass."""
    satellite = {"mass_kg": "sized"}
    plain = fleet(slots=4, bus=BUS_LOSSES, per_flight=10_000, satellite=satellite, days=200)
    heavy = fleet(
        slots=4, bus=BUS_LOSSES, per_flight=10_000, satellite={**satellite, "shield": {"area_m2": 40}}, days=200
    )
    paid = []
    for scenario in (plain, heavy):
        result = checked_run(scenario, "replace_on_failure")
        flown = result.events.total(EventKind.LAUNCHED)
        (parts,) = result.parts
        assert costs(result, launch_price=PerKilogram(usd_per_kg=2))[Item.LAUNCHES] == pytest.approx(
            2 * flown * parts.sum_kg
        )
        paid.append((flown, parts.sum_kg))
    assert paid[0][0] == paid[1][0] > 4
    # 36 m2 of 10 mm of aluminium, which structure and margin grow with.
    assert paid[1][1] - paid[0][1] == pytest.approx(36 * 27 / 0.78, rel=0.05)


def test_fewer_heavier_satellites_share_a_flight():
    deployed = [facts(load("baseline", set_=[*SIZED, *more])) for more in ([], ["satellite.shield.area_m2=16"])]
    seats = [found["launch"]["satellites_per_flight"] for found in deployed]
    masses = [found["designs"]["satellite"]["mass_kg"]["sum"] for found in deployed]
    assert seats == [int(16_400 / kg) for kg in masses]
    assert seats[1] < seats[0] < 28
    assert deployed[0]["fleet"]["satellite_mass_kg"] == masses[0]
    assert deployed[0]["deployment"]["mass_t"] == pytest.approx(80 * masses[0] / 1000)


def test_a_sized_satellite_runs_end_to_end(fleet, checked_run):
    scenario = fleet(slots=3, gpus=4, satellite={"mass_kg": "sized"}, per_flight=9000).model_copy(
        update={"economics": load("baseline", set_=SIZED).economics}
    )
    result = checked_run(scenario)
    (bill,) = bills_of(scenario, result.parts)
    assert costs(result)[Item.SATELLITES] == pytest.approx(3 * bill.sum_usd)
    assert bill.given_usd is None


def test_a_later_design_has_parts_and_prices_of_its_own():
    settings = ["designs.twice.gpus=72", "designs.twice.mass_kg=sized", "designs.twice.bus_usd=sized"]
    settings += ["designs.alike.gpus=72", "economics.bus_usd=500000"]
    scenario = load("baseline", set_=[*SHORT, *settings])
    found = checked_sums(scenario)
    assert found["twice"]["price_usd"]["given"] is None
    assert found["alike"]["price_usd"]["given"] == 500_000
    assert found["twice"]["mass_kg"]["sum"] == pytest.approx(found["alike"]["mass_kg"]["sum"])
    warnings = facts(scenario)["warnings"]
    for start in ("designs.alike.mass_kg of 740 kg falls", "economics.bus_usd of $500k falls"):
        assert any(warning.startswith(start) for warning in warnings), warnings
    assert sum("short of the sum of its parts in design alike, " in warning for warning in warnings) == 2
    assert not any("twice" in warning for warning in warnings)


@pytest.mark.parametrize(("mass_kg", "warned"), [(866.0, False), (864.0, True), (2000.0, False)])
def test_a_shortfall_over_a_tenth_is_a_warning(mass_kg, warned):
    given = load("baseline", set_=["mission.years=5", f"satellite.mass_kg={mass_kg}"])
    total = Environment.build(given).parts[0].sum_kg
    assert (mass_kg < 0.9 * total) == warned  # the sum is 961.4 kg
    warnings = [warning for warning in facts(given)["warnings"] if "satellite.mass_kg" in warning]
    assert len(warnings) == warned
    if warned:
        assert (
            f"of {mass_kg:,.0f} kg falls 10% short of the sum of its parts, {total:,.0f} kg: battery 195 kg"
            in warnings[0]
        )


def test_v2_mini_closes_at_the_low_end_of_each_range_and_ai1_does_not():
    """575 kg as published of a Starlink v2 mini with 36 accelerators; 2,100 kg as unveiled of AI1."""
    light = facts(load("suncatcher_81", "overlays/light_parts"))
    assert 550 < light["designs"]["satellite"]["mass_kg"]["sum"] < 575
    assert not light["warnings"]
    plain = facts(load("suncatcher_81"))["warnings"]
    assert any("satellite.mass_kg of 575 kg falls 41% short" in warning for warning in plain)
    unveiled = facts(load("spacex_ai1"))["warnings"]
    assert any("satellite.mass_kg of 2,100 kg falls 51% short" in warning for warning in unveiled)
    assert any("economics.bus_usd of $1.08M falls 61% short" in warning for warning in unveiled)
    lightest = facts(load("spacex_ai1", "overlays/light_parts"))["designs"]["satellite"]["mass_kg"]
    assert lightest["sum"] > 1.1 * 2100


def test_the_table_of_parts_is_shown():
    text = describe(load("baseline", "overlays/second_generation", set_=SHORT))
    block = text.partition("Mass and price of a satellite by part\n")[2].partition("\n\n")[0].splitlines()
    heads = [line.split() for line in block if line.startswith("  ") and not line.startswith("    ")]
    assert heads == [["satellite", "kg", "USD"], ["second_generation", "kg", "USD"]]
    assert ["given", "740.0", "1,200,000"] in [line.split() for line in block]
    assert ["given", "1,100.0", "1,600,000"] in [line.split() for line in block]
    assert sum(line.split()[0] == "sum" for line in block) == 2


def test_tables_on_disk_follow_the_masses_of_parts_and_no_price(tmp_path, monkeypatch):
    monkeypatch.setenv("ORBITFLEET_CACHE", str(tmp_path))
    stored: list[Path] = []
    store = cache._store
    monkeypatch.setattr(cache, "_store", lambda place, made: stored.append(place) or store(place, made))
    light = built()
    light_years = light.keeping.dead_years
    first = len(stored)
    heavy = built(set_=["satellite.parts.avionics_kg=400"])
    assert heavy.designs[0].mass_kg > 1.4 * light.designs[0].mass_kg
    assert (heavy.keeping.dead_years > 1.2 * light_years).all()
    assert len(stored) == 2 * first
    priced = built(set_=["economics.parts.avionics_usd=1", "economics.gpu_usd=3"])
    assert (priced.keeping.dead_years == light_years).all()
    assert len(stored) == 2 * first
    two, priced, free = (
        key_of(load("baseline", set_=[*SIZED, "designs.v2.gpus=40", *price]))
        for price in ([], ["designs.v2.bus_usd=5"], ["designs.v2.gpu_usd=0"])
    )
    assert two == priced == free


@pytest.mark.parametrize("name", ["baseline", "suncatcher_81", "spacex_ai1"])
def test_more_gpus_never_make_a_satellite_lighter_or_cheaper(name):
    """Metamorphic, with all that they need sized anew."""
    sized = ["array.area_m2", "battery.capacity_kwh", "radiator.area_m2"]
    settings = [*SIZED, *(f"satellite.{part}=sized" for part in sized), "workload.jobs=[]"]
    mass, price = [], []
    for gpus in (1, 8, 24, 36, 37, 72, 144):
        (parts,) = Environment.build(load(name, set_=[*settings, f"satellite.gpus={gpus}"])).parts
        (bill,) = bills_of(load(name, set_=[*settings, f"satellite.gpus={gpus}"]), [parts])
        mass.append(parts.launch_mass_kg)
        price.append(bill.usd)
    assert np.all(np.diff(mass) > 0)
    assert np.all(np.diff(price) > 0)


@pytest.mark.parametrize("name", ["baseline", "suncatcher_81", "spacex_ai1"])
def test_a_larger_radiator_is_paid_for(name):
    """Metamorphic: on the ground, at launch by the kilogram, and by debris."""
    price = "launch.vehicle.price={kind: per_kg, usd_per_kg: 1000}"
    found = [
        facts(load(name, set_=[*SIZED, price, f"satellite.radiator.area_m2={area}"])) for area in (40, 41, 60, 120)
    ]
    for what in ("buses_usd", "launches_usd", "mass_t"):
        assert np.all(np.diff([each["deployment"][what] for each in found]) > 0), what
    for what in ("punctures_per_satellite_year",):
        assert np.all(np.diff([each["failures"][what] for each in found]) > 0), what
    hits = [each["satellite"]["death"]["debris_hits_per_satellite_year"] for each in found]
    assert np.all(np.diff(hits) > 0)
