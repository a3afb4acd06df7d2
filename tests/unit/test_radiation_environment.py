"""Radiation of a scenario's planes: what follows the orbit, the shield, the solar cycle and the age of a chip."""

import numpy as np
import pytest

from sim.environment import Environment
from sim.environment.interruptions import interruption_causes, retries_per_day, throughput
from sim.environment.radiation import dose_at_end_rad, dose_hazard
from sim.scenario import load


def built(*changes, name="suncatcher_81"):
    return Environment.build(load(name, set_=["mission.years=2", *changes]))


@pytest.fixture(scope="module")
def usual():
    return built()


def yearly(environment, plane=0):
    return float(environment.radiation.rad_per_day(plane).mean()) * 365.25


def test_dose_adds_up_day_by_day(usual):
    radiation = usual.radiation
    assert radiation.dose_rad(0)[0] == 0
    assert np.diff(radiation.dose_rad(0)) == pytest.approx(radiation.rad_per_day(0)[:-1])


def test_googles_dose_at_650_km(usual):
    # 150 rad a year behind 10 mm (arXiv 2511.19468); AP-8 is good to a factor of 2, trapped and cosmic together here.
    assert yearly(usual) == pytest.approx(150, rel=0.2)


def test_higher_is_harder_and_thicker_is_softer(usual):
    height, shield = "constellation.shells.0.altitude_km", "satellite.shield.thickness_mm"
    assert yearly(built(f"{height}=1000")) > 4 * yearly(usual)
    thin, thick = yearly(built(f"{shield}=3")), yearly(built(f"{shield}=20"))
    assert thin > 2 * yearly(usual) > 2 * thick
    # Protons above 100 MeV pass: twice the shield does not halve the dose.
    assert thick > 0.6 * yearly(usual)


def test_trapped_protons_are_fewest_at_solar_maximum():
    quiet = built("mission.start=2030-06-01", "mission.years=1", "radiation.effects.silent_corruption=null")
    active = built("mission.start=2035-06-01", "mission.years=1", "radiation.effects.silent_corruption=null")
    assert quiet.radiation.activity.max() < 0.2
    assert active.radiation.activity.min() == 1
    assert yearly(quiet) > 1.2 * yearly(active)


def test_the_belief_in_ap8_scales_events_and_dose(usual):
    doubled = built("radiation.trapped_factor=2")
    assert doubled.radiation.trapped_per_day(0) == pytest.approx(2 * usual.radiation.trapped_per_day(0))
    cosmic = float(usual.radiation.exposure(0).cosmic_rad.mean())
    assert yearly(doubled) == pytest.approx(2 * yearly(usual), abs=2 * cosmic)


def test_events_are_dose_over_dose_per_event(usual):
    radiation = usual.radiation
    effects = list(radiation.effects)
    trapped = radiation.exposure(0).trapped_events
    per_rad = trapped[effects.index("core_error")] * 150
    assert trapped[effects.index("memory_error")] * 44 == pytest.approx(per_rad)
    assert trapped[effects.index("chip_interrupt")] * 5000 == pytest.approx(per_rad)


def test_memory_errors_grow_with_memory():
    large = built("satellite.gpu.hbm_gb=288").radiation.exposure(0).trapped_events
    small = built().radiation.exposure(0).trapped_events
    effects = list(load("suncatcher_81").radiation.active)
    memory, core = effects.index("memory_error"), effects.index("core_error")
    assert large[memory] == pytest.approx(9 * small[memory])
    assert large[core] == pytest.approx(small[core])


def test_memory_grows_restless_beyond_its_dose():
    wear = ["radiation.wear.memory_onset_krad=0.1", "radiation.wear.memory_growth_per_krad=2"]
    environment = built(*wear)
    growth = environment.radiation.memory_growth(0, 0.0)
    krad = environment.radiation.since_birth_krad(0, 0.0)
    assert np.all(growth[krad <= 0.1] == 1)
    assert growth[-1] == pytest.approx(1 + 2 * (krad[-1] - 0.1))
    # A satellite born later has taken up less.
    assert environment.radiation.memory_growth(0, 400.0)[-1] < growth[-1]


def test_dose_takes_frequency_off_a_chip():
    environment = built("radiation.wear.memory_onset_krad=0.05", "radiation.wear.derating_per_krad=0.5")
    speed = environment.designs[0].operation.light_speed[0]
    assert speed[0] == 1
    assert speed[-1] == pytest.approx(environment.radiation.frequency(0, 0.0)[-1], rel=1e-6)
    assert speed[-1] < 0.95


def test_chips_end_at_a_log_normal_dose():
    luck = np.array([0.01, np.log(2), 3.0])
    rad = dose_at_end_rad(luck, 50.0, 0.4)
    assert rad[1] == pytest.approx(50_000)
    assert dose_hazard(rad, 50.0, 0.4) == pytest.approx(luck)
    assert dose_hazard(0.0, 50.0, 0.4) == 0


def test_mitigation_takes_its_share_and_costs_its_share():
    plain, hardened = load("suncatcher_81"), load("suncatcher_81", "overlays/hardened")
    share = {one.effect: one.share for one in interruption_causes(plain)}
    left = {one.effect: one.share for one in interruption_causes(hardened)}
    effects = list(plain.radiation.active)
    memory, silent, core = (effects.index(n) for n in ("memory_error", "silent_corruption", "core_error"))
    assert left[memory] == pytest.approx(0.1 * share[memory])
    assert left[silent] == pytest.approx(0.1 * share[silent])
    assert left[core] == share[core]
    assert throughput(plain) == 1
    assert throughput(hardened) == pytest.approx(0.98 * 0.97)
    environment = Environment.build(hardened)
    # Each of the silent corruptions noticed costs one step: 9 of 10 events at 10 s.
    events = environment.radiation.trapped_per_day(0)[silent] + environment.radiation.cosmic_per_day(0)[silent]
    units = np.array([256, 64, 8, 1])
    expected = 256 * float(events.mean()) * 0.9 * 10 / 86400
    retried = retries_per_day(hardened, environment.radiation, 0) @ units * hardened.radiation.retry_s / 86400
    assert retried == pytest.approx(expected)
    assert (retries_per_day(plain, environment.radiation, 0) == 0).all()


def test_planes_of_one_geometry_share_their_tables():
    radiation = built(name="baseline").radiation
    assert len(radiation.exposures) == 1
    assert radiation.exposure_index.tolist() == [0, 0, 0, 0]


def test_what_is_taken_away_does_not_occur():
    environment = built("radiation.effects.memory_error=null", "radiation.solar_protons=false")
    assert "memory_error" not in environment.radiation.effects
    assert environment.radiation.exposure(0).storm_rad == 0
    assert not [
        c for c in environment.gangs.causes if c.effect is not None and c.effect >= len(environment.radiation.effects)
    ]
