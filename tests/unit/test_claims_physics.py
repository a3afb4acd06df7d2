"""Claims that physics alone answers, against closed forms and published values."""

import math

import pytest

from sim.claims.energy import Dark, array_per_gpu, energy_gain, no_batteries
from sim.claims.evidence import Evidence
from sim.claims.heat import Cooling, critique_m2, free_cooling, plate_m2, radiator_size
from sim.claims.links import Linked, thin_links
from sim.claims.radiation import Exposure, job_loss, radiation
from sim.description.radiation import late_loss_share

SIGMA = 5.670374e-8


@pytest.fixture(scope="module")
def evidence():
    return Evidence()


def with_figures(*settings):
    return Evidence(settings={"claims": settings})


# C1


def test_an_array_in_orbit_yields_what_its_light_says(evidence):
    # 650 km dawn-dusk is sunlit for .9608 of the year (docs and published tables), at 1361 W/m2 in the mean.
    claim = energy_gain(evidence)
    assert claim.estimate.mean == pytest.approx(0.9608 * 1361 / 244, rel=0.003)
    # Fixed along the orbit's normal it yields .916 of 1361 W/m2.
    fixed = claim.tables[0].rows[1]
    assert fixed[2] == pytest.approx(0.916 * 1361 / 244, rel=0.005)
    # Per square metre of panel: 1.34 times as many panels as inverters.
    assert claim.tables[0].rows[0][3] == pytest.approx(1.34 * claim.estimate.mean, rel=1e-9)


def test_the_energy_gain_turns_at_its_threshold(evidence):
    turn = energy_gain(evidence).threshold.value
    assert energy_gain(with_figures(f"ground_capacity_factor={turn * 0.999}")).standing == "holds"
    assert energy_gain(with_figures(f"ground_capacity_factor={turn * 1.001}")).standing == "fails"
    assert energy_gain(evidence).standing == "holds if"


# C2


def test_the_dark_of_a_dawn_dusk_orbit_is_the_published_one(evidence):
    # 500 km, cylinder, independent public values for 2026: 22.7 min, 94.7 % sunlit, 100 days.  Our shadow has a
    # penumbra and an atmosphere: 4 % longer.
    one = Dark.of(evidence, 500.0)
    assert one.longest_min == pytest.approx(22.7, rel=0.04)
    assert one.sunlit == pytest.approx(0.947, abs=0.003)
    assert one.days == pytest.approx(100, abs=6)


def test_the_shells_that_were_filed_for_are_dark_where_their_nodes_are_off(evidence):
    rows = no_batteries(evidence).tables[1].rows
    sun_synchronous = {(row[0], row[2]): row for row in rows if row[2] is not None}
    # 500 km, dawn-dusk: 22.7 min (cylinder); 1,500 km: none.
    assert sun_synchronous["500", 6.0][4] == pytest.approx(22.7, rel=0.05)
    assert sun_synchronous["1500", 6.0][4] == 0
    inclined = [row for row in rows if row[2] is None]
    assert inclined
    assert all(row[4] > 30 for row in inclined)


def test_the_battery_carries_the_load_through_the_longest_eclipse(evidence):
    one, scenario = Dark.of(evidence, 700.0), evidence.scenario("spacex_ai1")
    drawn = scenario.satellite.full_load_w / 1000 * one.longest_min / 60
    bare = drawn / scenario.satellite.battery.depth_limit / scenario.satellite.battery.discharge_efficiency
    # What is above it is the wear of five years: a tenth.
    assert bare < one.battery_kwh < 1.15 * bare


def test_batteries_are_needed_below_the_threshold_and_not_above(evidence):
    claim = no_batteries(evidence)
    assert claim.standing == "fails"
    turn = claim.threshold.value
    assert Dark.of(evidence, turn + 1).longest_min == 0
    assert Dark.of(evidence, turn - 10).longest_min > 0
    high = Evidence(settings={"spacex_ai1": (f"constellation.shells.0.altitude_km={turn + 1}",)})
    assert no_batteries(high).standing == "holds"


def test_what_pauses_in_the_dark_loses_its_share_of_the_orbit(evidence):
    one = Dark.of(evidence, 700.0)
    # The penumbra's light is not all lost.
    assert one.lost_share == pytest.approx(1 - one.sunlit, rel=0.07)


# E1


def test_the_array_of_a_gpu_is_what_its_power_and_the_darkest_day_ask_for(evidence):
    claim, scenario = array_per_gpu(evidence), evidence.scenario("spacex_ai1")
    array, battery = scenario.satellite.array, scenario.satellite.battery
    dark = 19.4 / 98.9  # of the orbit, near perihelion
    stored = dark / (1 - dark) / (battery.charge_efficiency * battery.discharge_efficiency)
    per_m2 = 1405 * array.efficiency * (1 - array.losses) * (1 - array.degradation_per_year) ** 5
    assert claim.estimate.mean == pytest.approx(119_976 / 72 * (1 + stored) / per_m2, rel=0.01)
    assert claim.standing == "fails"


def test_a_gpu_of_more_power_needs_the_critiques_array(evidence):
    turn = array_per_gpu(evidence).threshold.value
    bus = 6000 / 72
    # The share of the bus grows less than the chip's: to a few percent.
    hungry = Evidence(settings={"spacex_ai1": (f"satellite.gpu.peak_w={1.1 * turn - bus}",)})
    assert array_per_gpu(hungry).standing == "holds"


# E2, C11


def test_the_critiques_radiator_is_a_black_body_at_20_degrees(evidence):
    assert critique_m2(evidence) == pytest.approx(16_000 / (0.9 * SIGMA * 293.15**4), rel=1e-4)
    assert critique_m2(evidence) == pytest.approx(42.5, rel=0.002)


def test_a_radiator_as_hot_as_chips_allow_is_a_third_of_it(evidence):
    claim = radiator_size(evidence)
    # AI1 as announced: 110 m2 for 120 kW.
    assert claim.estimate.mean == pytest.approx(16 / 120 * 110, rel=0.02)
    assert claim.standing == "fails"


def test_the_radiator_turns_at_the_chips_limit(evidence):
    claim = radiator_size(evidence)
    central = {one.path: float(one.value) for one in claim.inputs[:4]}
    at = plate_m2(evidence, {**central, claim.threshold.input: claim.threshold.value})
    assert at == pytest.approx(42.5, rel=1e-6)
    cooler = plate_m2(evidence, {**central, claim.threshold.input: claim.threshold.value - 5})
    assert cooler > 42.5


def test_cooling_on_the_ground_is_plant_and_electricity(evidence):
    case = Cooling(evidence)
    assert case.ground_usd(case.central) == pytest.approx(2000 + 0.2 * 8766 * 5 * 0.07, rel=1e-12)
    assert case.kg(case.central) / case.m2 == pytest.approx(5.0 + 95.04 / 110, rel=1e-6)


def test_cooling_costs_as_much_at_the_threshold(evidence):
    case, claim = Cooling(evidence), free_cooling(evidence)
    at = case.orbit_usd(case.central, claim.threshold.value)
    assert at == pytest.approx(case.ground_usd(case.central), rel=1e-9)
    free = Evidence(settings={"spacex_ai1": ("launch.vehicle.price.usd=1e5",), "claims": ("pue=1.4",)})
    assert free_cooling(free).estimate.mean < 1 < claim.estimate.mean


# E3


def test_without_single_events_nothing_is_lost(evidence):
    quiet = [f"radiation.effects.{name}=null" for name in evidence.scenario("suncatcher_81").radiation.effects]
    assert Exposure.of(evidence, quiet).job_loss == pytest.approx(0, abs=2e-4)  # storms are left


def test_radiation_takes_more_higher_up_and_less_behind_more_shield(evidence):
    low, high = (Exposure.of(evidence, [f"constellation.shells.0.altitude_km={km}"]) for km in (500.0, 1000.0))
    assert low.job_loss < high.job_loss
    assert low.dose_rad < high.dose_rad
    thick = Exposure.of(evidence, ["satellite.shield.thickness_mm=20"])
    assert thick.interruptions < Exposure.of(evidence).interruptions
    # Suncatcher's study: 150 rad a year at 650 km behind 10 mm; AP-8 is good to a factor of two.
    assert 100 < Exposure.of(evidence).dose_rad < 300


def test_corruption_found_later_takes_the_time_that_a_poisson_process_covers(evidence):
    environment = evidence.environment(evidence.scenario("suncatcher_81"))
    late = late_loss_share(environment, environment.scenario.workload.jobs[0])
    at_once, later = (1 - job_loss(evidence, [], hours) for hours in (1.0, 9.0))
    assert later / at_once == pytest.approx(math.exp(-8 * late), rel=1e-9)
    # One hour is the scenario's own delay.
    assert 1 - at_once == pytest.approx(Exposure.of(evidence).job_loss, rel=1e-9)


def test_radiation_turns_with_the_delay(evidence, monkeypatch):
    monkeypatch.setattr("sim.claims.radiation._DRAWS", 12)
    monkeypatch.setattr("sim.claims.radiation.ALTITUDES_KM", ())
    claim = radiation(evidence)
    assert claim.standing == "holds if"
    slow = Evidence(settings={"suncatcher_81": ("radiation.detection_delay_h=20",)})
    assert radiation(slow).estimate.mean > 0.1 > claim.estimate.mean


# E4


def test_a_step_over_a_radio_link_is_a_ring_all_reduce(evidence):
    # Eight satellites, 14 GB of gradients: 2 x 7/8 of them over each link, at .8 of the line rate.
    one = Linked.of(evidence, rate_gb_s=1.0)
    talk = 2 * 7 / 8 * 14e9 * 8 / (1e9 * 0.8)
    assert one.gradient_gb == 14
    assert one.step_s == pytest.approx(talk, rel=0.02)
    assert one.computing == pytest.approx(4.91 / talk, rel=0.02)


def test_links_turn_at_their_threshold(evidence):
    claim = thin_links(evidence)
    assert claim.standing == "fails"
    turn = claim.threshold.value
    assert Linked.of(evidence, rate_gb_s=turn).computing == pytest.approx(0.9, abs=1e-9)
    slow = Evidence(settings={"suncatcher_81": (f"satellite.links.rate_gb_s={0.9 * turn}",)})
    assert thin_links(slow).standing == "holds"


def test_a_checkpoint_comes_down_over_all_satellites_of_the_gang(evidence):
    # 7e9 parameters x 16 bytes, a share of an eighth for each satellite at 1 Gb/s.
    assert Linked.of(evidence).to_ground_h * 3600 == pytest.approx(7e9 * 16 * 8 / 8 / 1e9, rel=1e-6)
