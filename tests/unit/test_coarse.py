"""Arrays of all planes against what each plane says by itself, and coarse tables against daily ones."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

from sim.description import facts
from sim.engine.weather import Weather
from sim.environment import Environment, coarse
from sim.environment.coarse import Coarse
from sim.environment.planes import planes_of
from sim.environment.sunlight import PLANES_EXACT
from sim.scenario.simulation import COARSE_STEP_DAYS, Simulation
from sim.streams import Streams

YEAR = 365.25
STEP = int(COARSE_STEP_DAYS)
LOW = {"kind": "walker", "altitude_km": 380, "inclination_deg": 53, "planes": 3}
DRY = {
    "gpus": 8,
    "mass_kg": 300,
    "array": {"area_m2": 16},
    "propulsion": {"propellant_kg": 10.7, "slot_clearance_km": 10},
}
PLANES = np.array([0, 1, 2, 2, 0, 1])
BIRTHS = np.array([0.0, 13.0, 300.0, 777.0, 1011.0, 1300.0])


@pytest.fixture
def low(fleet, environment):
    return environment(fleet(days=4 * YEAR, life_days=2 * YEAR, shell=LOW, satellite=DRY, reliability={"stress": {}}))


def test_arrays_say_what_sites_say_one_by_one(low):
    arrays = Coarse.of(low)
    assert arrays.knot_of([0, 364, 366, 1094, 1096, 1461]).tolist() == [0, 0, 1, 1, 2, 2]
    assert arrays.share.min() < 0.9 < arrays.share.max()
    for number, birth in enumerate(arrays.knots):
        for plane in range(3):
            dark, made = low.sun.dark_of(plane), low.designs[0].performance(plane, birth)
            # Satellites of a month share the table of its first day: 10 days older, at 2.5 % of the array a year.
            expected = (1 - dark) * made.light_speed + dark * made.dark_speed
            assert arrays.share[number, plane] == pytest.approx(expected, abs=1e-3)
            total = arrays.stress_clock(np.full(5, plane), np.full(5, birth)).at(days := np.linspace(0, 4.1 * YEAR, 5))
            assert total == pytest.approx(made.stress.at(days), rel=2e-3)


@pytest.mark.parametrize(("extended", "spent"), [(0.0, 0.0), (200.0, 0.0), (0.0, 20.0), (900.0, 20.0)])
def test_lives_end_when_those_of_single_satellites_do(low, extended, spent):
    arrays = Coarse.of(low)
    ends, dry = arrays.planned_end(PLANES, BIRTHS, extended, spent)
    single = [
        low.sites[plane].planned_end(0, birth, extended, spent) for plane, birth in zip(PLANES, BIRTHS, strict=True)
    ]
    assert ends == pytest.approx([end for end, _ in single], abs=1.0)
    assert dry.tolist() == [by_propellant for _, by_propellant in single]
    assert set(dry.tolist()) == {False, True}


def test_the_dead_clear_their_slots_and_come_down_as_single_satellites_do(low):
    arrays = Coarse.of(low)
    keeping = low.designs[0].keeping
    assert arrays.clear_days(PLANES, BIRTHS).tolist() == [
        keeping.clear_days(*one) for one in zip(PLANES, BIRTHS, strict=True)
    ]
    assert arrays.years_aloft(PLANES, BIRTHS).tolist() == [
        keeping.years_aloft(*one) for one in zip(PLANES, BIRTHS, strict=True)
    ]


# --- coarse tables against daily ones ---

WALKER = {"kind": "walker", "altitude_km": 550, "inclination_deg": 53, "planes": 24}
NEAR_DAWN = {"kind": "sun_synchronous", "altitude_km": 1000, "ltan_h": 3.5, "planes": 12, "ltan_spacing_h": 0.25}
SMALL = {"gpus": 8, "mass_kg": 300, "array": {"area_m2": 16}}


def in_blocks(scenario):
    return scenario.model_copy(update={"simulation": Simulation(mode="block")})


@pytest.fixture
def both(fleet, environment):
    def build(shell, satellite=SMALL, policy="ride_through", days=3 * YEAR, **rest):
        stressed = {"stress": {}, **rest.pop("reliability", {})}
        scenario = fleet(
            days=days,
            life_days=2 * YEAR,
            shell=shell,
            satellite=satellite,
            power={"eclipse_policy": policy},
            reliability=stressed,
            **rest,
        )
        return environment(scenario), environment(in_blocks(scenario))

    return build


def step_means(daily, steps):
    """Means of a table by day, (planes, n), over the first steps of ten days."""
    return np.asarray(daily, float)[:, : steps * STEP].reshape(len(daily), steps, STEP).mean(axis=2)


def rms(error):
    return float(np.sqrt(np.mean(error**2)))


@pytest.mark.parametrize("shell", [WALKER, NEAR_DAWN, {**WALKER, "inclination_deg": 85}])
def test_light_by_beta_is_that_of_planes_worked_out_by_themselves(both, shell):
    daily, built = both(shell)
    light = built.designs[0].light
    others = sorted({plane.id for plane in built.planes} - {plane.id for plane in light.sizing_planes})
    assert len(others) >= len(built.planes) - PLANES_EXACT > 0
    steps = int(daily.horizon_days) // STEP
    for name in ("sunlit", "half_arc_rad", "beta_rad"):
        ours, theirs = getattr(built.sun, name)[others, :steps], step_means(getattr(daily.sun, name)[others], steps)
        # The Sun's distance and the flattened Earth leave 8e-4 of an orbit on a day; days of a step share some of it.
        whole = 1 if name == "sunlit" else np.pi
        assert 0 < rms(ours - theirs) < 1e-3 * whole, name
        assert abs(np.mean(ours - theirs)) < 1e-4 * whole, name


@pytest.mark.parametrize("policy", ["ride_through", "throttle", "pause"])
@pytest.mark.parametrize("shell", [WALKER, NEAR_DAWN])
def test_coarse_tables_say_what_daily_ones_say(both, shell, policy):
    daily, built = both(shell, policy=policy)
    arrays, steps = Coarse.of(built), int(daily.horizon_days) // STEP
    design, planes = daily.designs[0], range(len(daily.planes))
    made, dark = [design.performance(plane, 0.0) for plane in planes], daily.sun.dark
    work = [(1 - dark[plane]) * made[plane].light_speed + dark[plane] * made[plane].dark_speed for plane in planes]
    error = arrays.share[0, :, :steps] - step_means(np.array(work), steps)
    assert 0 < rms(error) < 2e-3
    assert abs(error.mean()) < 2e-4
    aged = np.array([one.stress.at(steps * STEP) for one in made])
    assert arrays.stress_total[0, :, steps] == pytest.approx(aged, rel=5e-3)
    assert aged.mean() / (steps * STEP) > 1.05 or policy == "ride_through"


def test_sizes_are_those_of_daily_tables(both):
    sized = {"gpus": 8, "mass_kg": "sized"}
    few, many = both({**WALKER, "altitude_km": 400, "planes": PLANES_EXACT}, sized), both(NEAR_DAWN, sized)
    # Of few planes all are known day by day, but for the Sun's place between every second day.
    for daily, built, within in ((*few, 1e-7), (*many, 1e-3)):
        for theirs, ours in zip(vars(daily.sizes).values(), vars(built.sizes).values(), strict=True):
            assert ours == pytest.approx(theirs, rel=within, abs=0)
        assert built.designs[0].mass_kg == pytest.approx(daily.designs[0].mass_kg, rel=within, abs=0)
        assert built.keeping.needed_kg == pytest.approx(daily.keeping.needed_kg, rel=within, abs=0)


def test_lives_in_thin_air_end_when_those_of_daily_tables_do(fleet, environment):
    little = {**DRY, "propulsion": {**DRY["propulsion"], "propellant_kg": 9}}
    scenario = fleet(days=4 * YEAR, life_days=2 * YEAR, shell={**LOW, "planes": 12}, satellite=little)
    daily, built = environment(scenario), environment(in_blocks(scenario))
    planes, births = np.arange(12), np.linspace(0, 700, 12).round()
    ends, dry = Coarse.of(built).planned_end(planes, births)
    expected = [site.planned_end(0, birth) for site, birth in zip(daily.sites, births, strict=True)]
    # Within the step of its birth a satellite meets the step's mean drag; by its end the air is thinner.
    assert ends == pytest.approx([end for end, _ in expected], abs=3.0)
    assert ends.mean() == pytest.approx(np.mean([end for end, _ in expected]), abs=1.0)
    assert dry.tolist() == [by_propellant for _, by_propellant in expected]
    assert dry[:3].all()
    for site, birth, (end, _) in zip(built.sites, births, expected, strict=True):
        assert site.planned_end(0, birth)[0] == pytest.approx(end, abs=2 * STEP)  # to the end of a step
    keeping = daily.keeping
    cleared = [keeping.clear_days(*one) for one in zip(planes, births, strict=True)]
    assert Coarse.of(built).clear_days(planes, births) == pytest.approx(cleared, rel=0.02)  # the air of ten days


def test_planes_between_do_what_they_would_by_themselves(both, monkeypatch):
    _, built = both({**WALKER, "planes": 360}, policy="pause", days=200)
    among = Coarse.of(built)
    known = coarse._Between.of(built.planes, COARSE_STEP_DAYS).known
    assert len(known) < 200
    monkeypatch.setattr(coarse, "APART_DEG", (1e-6, 1e-6))
    monkeypatch.setenv("ORBITFLEET_CACHE", "/nowhere")  # where the others do not lie
    alone = Coarse.of(built)
    assert np.array_equal(alone.share[:, known], among.share[:, known])
    assert 0 < rms(alone.share - among.share) < 1e-3
    ages, expected = among.stress_total[:, :, -1], alone.stress_total[:, :, -1]
    assert ages == pytest.approx(expected, rel=0.015)
    assert ages.mean() == pytest.approx(expected.mean(), rel=1e-3)


@pytest.mark.parametrize(
    "shell",
    [
        {**NEAR_DAWN, "planes": 60, "ltan_spacing_h": 0.005, "ltan_h": 17.3},  # nodes on both sides of 0 degrees
        {**WALKER, "planes": 1},
        {**WALKER, "planes": 500},
    ],
)
def test_planes_lie_between_those_next_to_them(fleet, shell):
    planes = planes_of(fleet(shell=shell))
    between = coarse._Between.of(planes, COARSE_STEP_DAYS)
    node = np.radians([plane.raan_deg for plane in planes])
    assert ((between.part >= 0) & (between.part <= 1)).all()
    assert len(between.known) < len(planes) or len(planes) == 1
    known = np.stack([np.cos(node), np.sin(node)], axis=1)[between.known]
    assert np.arctan2(*between.all(known).T[::-1]) == pytest.approx(np.arctan2(np.sin(node), np.cos(node)), abs=2e-4)


def test_clocks_of_radiation_reach_the_end(both):
    daily, built = both(WALKER, radiation={"effects": {}, "solar_protons": True}, days=5 * YEAR)
    totals = []
    for one in (daily, built):
        weather = Weather(one.scenario, one, Streams(1, 0))
        clock = weather._radiation_clock(one.sites[0].dose_rad(0), 1.0)
        assert clock.days[-1] > one.horizon_days
        totals.append(clock.at(np.linspace(100, one.horizon_days, 9)))
        assert len(weather.fluence_per_day) >= one.horizon_days
        assert weather.storm_days.size > 0
    assert totals[1] == pytest.approx(totals[0], rel=1e-3)


def test_gangs_meet_as_many_interruptions(both):
    job = {"gpus": 16, "work_gpu_hours": 1e9}
    radiation = {"effects": {}, "solar_protons": False}
    daily, built = both({**WALKER, "planes": 4}, jobs=[job], radiation=radiation)
    spec = daily.scenario.workload.jobs[0]
    assert built.gangs.mtbf_days(spec) == pytest.approx(daily.gangs.mtbf_days(spec), rel=0.01)
    slots = np.arange(1)
    work = [one.gangs.speed(0, [(0, 0)], slots).at(1000.0) for one in (daily, built)]
    assert work[1] == pytest.approx(work[0], rel=5e-3)


def test_an_environment_in_longer_steps_comes_back_from_a_pickle(both):
    _, built = both({**WALKER, "planes": 9})
    again = pickle.loads(pickle.dumps(built))
    assert isinstance(again, Environment)
    assert np.array_equal(again.sun.sunlit, built.sun.sunlit)
    assert np.array_equal(Coarse.of(again).share, Coarse.of(built).share)


def test_what_is_said_of_a_fleet_counts_days_not_rows(both):
    daily, built = both({**WALKER, "planes": 4}, {"gpus": 8, "mass_kg": 300, "array": {"area_m2": 20}})
    theirs, ours = (facts(one.scenario, one) for one in (daily, built))
    for mine, other in zip(ours["planes"], theirs["planes"], strict=True):
        assert mine["eclipse_days_per_year"] == pytest.approx(other["eclipse_days_per_year"], rel=0.02)
        assert mine["longest_eclipse_min"] == pytest.approx(other["longest_eclipse_min"], rel=1e-3)
    for mine, other in zip(ours["satellite"]["limits"], theirs["satellite"]["limits"], strict=True):
        assert mine["days"] == pytest.approx(other["days"], rel=0.05)
        assert mine["days"] > 300
    assert ours["satellite"]["limits"]
    assert vars(built.light(1)) == pytest.approx(vars(daily.light(1)), rel=0.02)
    assert ours["failures"]["electronics_pace"] == pytest.approx(theirs["failures"]["electronics_pace"], rel=0.02)


MEGA = """
import resource, sys, time
import numpy as np
import simpy

import sim
from sim.description import facts
from sim.environment import Environment
from sim.environment.coarse import Coarse

def ticks(env):
    for _ in range(250_000):
        yield env.timeout(1.0)

def t_seconds():
    env = simpy.Environment()
    env.process(ticks(env))
    begin = time.process_time()
    env.run()
    return 4 * (time.process_time() - begin)

def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

facts(sim.load("baseline", set_=["mission.years=1"]))  # all that is imported on demand
before_mb, t = peak_mb(), min(t_seconds() for _ in range(3))
scenario = sim.load("baseline", set_=sys.argv[1:])
begin = time.process_time()
built = Environment.build(scenario)
arrays = Coarse.of(built)
made, peak = (time.process_time() - begin) / t, peak_mb() - before_mb
begin = time.process_time()
told = facts(scenario, built)
print(made, peak, (time.process_time() - begin) / t, arrays.share.shape, told["fleet"]["satellites"], sep=";")
"""


@pytest.mark.slow
def test_a_million_satellites_have_an_environment_in_little_time_and_memory(tmp_path):
    shell = "constellation.shells.0"
    settings = [f"{shell}.planes=1000", f"{shell}.satellites_per_plane=1000", "satellite.gpus=80"]
    settings += ["satellite.mass_kg=1500", "workload.jobs=[]", "mission.years=10", "simulation.mode=block"]
    surroundings = {**os.environ, "ORBITFLEET_CACHE": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", MEGA, *settings], env=surroundings, capture_output=True, text=True, check=True
    )
    made, peak_mb, told, shape, satellites = done.stdout.split(";")
    assert shape == "(6, 1000, 367)"
    assert int(satellites) == 1_000_000
    assert float(made) < 8  # T: CPU time of a million timeouts
    assert float(peak_mb) < 250
    assert float(told) < 5
