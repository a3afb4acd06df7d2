"""Arrays of all planes under a sky of their own against what each plane says by itself."""

import numpy as np
import pytest

from sim.environment.coarse import Coarse
from sim.scenario.simulation import Simulation
from sim.scenario.sky import Sky

YEAR = 365.25
SHELL = {"kind": "walker", "altitude_km": 900, "inclination_deg": 53, "planes": 3}
JETS = {"vulnerable_area_m2": 40, "manoeuvre_pause_min": 600, "manoeuvre_m_s": 4, "propellant_kg": 25}
SATELLITE = {"gpus": 8, "mass_kg": 500, "array": {"area_m2": 100}, "propulsion": JETS}


@pytest.mark.parametrize("mode", ["exact", "block"])
def test_pauses_and_propellant_are_those_of_single_planes(fleet, environment, mode):
    scenario = fleet(days=4 * YEAR, life_days=9 * YEAR, shell=SHELL, satellite=SATELLITE, slots=40)
    sky = Sky(conjunctions=True, fleet_satellites=100_000)
    built = environment(scenario.model_copy(update={"sky": sky, "simulation": Simulation(mode=mode)}))
    arrays = Coarse.of(built)
    assert arrays.step_days == (10 if mode == "block" else 1)
    left = built.designs[0].avoidance.working_share(1, built.sun.sampled_days)
    assert left.min() < 0.95
    made, dark = built.designs[0].performance(1, 0.0), built.sun.dark_of(1)
    expected = (1 - dark) * made.light_speed + dark * made.dark_speed
    assert arrays.share[0, 1] == pytest.approx(expected, abs=2e-3)
    ends, dry = arrays.planned_end(np.array([0, 1]), np.array([0.0, 300.0]))
    single = [built.sites[plane].planned_end(0, birth) for plane, birth in ((0, 0.0), (1, 300.0))]
    assert ends == pytest.approx([end for end, _ in single], abs=arrays.step_days)
    assert dry.tolist() == [by_propellant for _, by_propellant in single]
    assert dry.any()
