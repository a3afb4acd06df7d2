"""A run under a sky that the fleet itself fills: satellites end at the rate that the mean field says, day by day."""

import numpy as np

from sim.constants import DAYS_PER_YEAR
from sim.events import Cause, EventKind
from sim.scenario.sky import Sky

YEAR = 365.25
SLOTS = 400
JETS = {"vulnerable_area_m2": 40, "propellant_kg": 200, "manoeuvre_m_s": 0}
SATELLITE = {"mass_kg": 1000, "array": {"area_m2": 250}, "propulsion": JETS}
SHELL = {"altitude_km": 1200}
FIELD = {"conjunctions": True, "avoidance_failure": 1.0, "own_share": 0.0, "stranded_share": 1.0}


def made(fleet, **sky):
    law = {"kind": "exponential", "rate_per_year": 1e-9}
    jets = {**JETS, "disposal_success": 0.0}
    scenario = fleet(
        days=2 * YEAR,
        life_days=5 * YEAR,
        slots=SLOTS,
        shell=SHELL,
        bus=law,
        satellite={**SATELLITE, "propulsion": jets},
        per_flight=100_000,
        lead=30.0,
    )
    return scenario.model_copy(update={"sky": Sky.model_validate({**FIELD, **sky})}) if sky else scenario


def test_satellites_end_at_the_rate_of_the_shell(fleet, environment, checked_run):
    scenario = made(fleet, fleet_satellites=2_000_000, breakup_feedback=False)
    built = environment(scenario)
    own, steady = built.sites[0].own_hits(0), built.sites[0].hits_per_year(0, "collisions") / DAYS_PER_YEAR
    until = np.array([0.25, 0.5, 1.0, 1.5, 2.0]) * YEAR
    hazard = own.at(until) + steady * until
    # It grows as the dead add up, and is much more than the debris of others.
    assert hazard[-1] > 3 * steady * until[-1]
    assert hazard[-1] - hazard[-2] > 1.3 * (hazard[1] - 0)
    assert 0.3 < hazard[-1] < 3
    died = np.zeros(len(until))
    runs = 5
    for replicate in range(runs):
        log = checked_run(scenario, replicate=replicate).events.where(EventKind.BUS_FAILED)
        assert set(log.cause.tolist()) <= {Cause.DEBRIS}
        died += np.searchsorted(np.sort(log.time_days), until, side="right")
    lost = -np.expm1(-hazard)
    se = np.sqrt(runs * SLOTS * lost * (1 - lost))
    assert (np.abs(died - runs * SLOTS * lost) < 4 * se).all()


def test_fragments_of_own_breakups_end_more(fleet, environment, checked_run):
    deaths, expected = [], []
    for feedback in (False, True):
        scenario = made(fleet, fleet_satellites=200_000, breakup_feedback=feedback)
        built = environment(scenario)
        total = float(built.sites[0].own_hits(0).at(2 * YEAR))
        total += built.sites[0].hits_per_year(0, "collisions") * 2
        expected.append(SLOTS * -np.expm1(-total))
        deaths.append(len(checked_run(scenario).events.where(EventKind.BUS_FAILED)))
    assert expected[1] > 1.5 * expected[0]
    assert (np.abs(np.array(deaths) - expected) < 4 * np.sqrt(expected)).all()


def test_a_run_without_it_is_the_run_that_it_was(fleet, checked_run):
    """The sky's fields change nothing while it is off."""
    plain = made(fleet)
    off = plain.model_copy(update={"sky": Sky(fleet_satellites=1_000_000, own_share=1.0)})
    first, second = (checked_run(scenario, "batch").events for scenario in (plain, off))
    assert len(first) > 5
    for name in ("time_days", "kind", "satellite", "cause"):
        assert np.array_equal(getattr(first, name), getattr(second, name))
