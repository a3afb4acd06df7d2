"""Arrhenius, Norris-Landzberg, and the pace they give a unit's clock."""

import numpy as np
import pytest
from pydantic import ValidationError

from sim.reliability import Clock, Exponential, Life, Stress, Weibull, arrhenius_factor, norris_landzberg_factor

REFERENCE = {"reference_swing_k": 40.0, "reference_cycles_per_day": 1.0, "reference_peak_c": 80.0}


def test_thirty_degrees_at_0_7_ev_are_a_factor_of_eight():
    # JESD85's example: 55 to 85 degrees C at .7 eV.
    assert arrhenius_factor(85.0, 55.0, 0.7) == pytest.approx(7.953, rel=1e-3)
    assert arrhenius_factor(55.0, 85.0, 0.7) == pytest.approx(1 / 7.953, rel=1e-3)
    assert arrhenius_factor(85.0, 55.0, 0.0) == 1


def test_a_reference_cycle_does_the_damage_of_one():
    assert norris_landzberg_factor(40.0, 1.0, 80.0, **REFERENCE) == pytest.approx(1)


def test_swing_counts_by_its_power_and_frequent_cycles_count_less():
    # n 2.65: twice the swing does 2^2.65 the damage; m .136: at sixteen cycles a day each does 16^-.136 of it.
    assert norris_landzberg_factor(80.0, 1.0, 80.0, **REFERENCE) == pytest.approx(2**2.65)
    assert norris_landzberg_factor(40.0, 16.0, 80.0, **REFERENCE) == pytest.approx(16**-0.136)
    hotter = np.exp(2185 * (1 / 353.15 - 1 / 373.15))
    assert norris_landzberg_factor(40.0, 1.0, 100.0, **REFERENCE) == pytest.approx(hotter)


def test_without_cycles_there_is_no_fatigue():
    assert norris_landzberg_factor(40.0, 0.0, 80.0, **REFERENCE) == 0


def test_the_clock_runs_at_pace_one_at_the_reference_conditions():
    stress = Stress()
    assert stress.pace(stress.reference_junction_c, stress.reference_swing_k, 1.0) == pytest.approx(1)


def test_heat_moves_only_its_share_of_the_clock():
    """JESD85's factor of 7.953 on .4 of the clock, and on nothing else."""
    some = Stress(reference_junction_c=55, cycling_share=0)
    assert some.pace(85.0, 0.0, 0.0) == pytest.approx(0.6 + 0.4 * 7.953, rel=1e-3)
    assert some.pace(-200.0, 0.0, 0.0) == pytest.approx(0.6)  # no cold makes a chip live longer than that
    all_of_it = Stress(reference_junction_c=55, thermal_share=1, cycling_share=0)
    assert all_of_it.pace(85.0, 0.0, 0.0) == pytest.approx(7.953, rel=1e-3)


def test_shares_beyond_the_whole_clock_are_refused():
    with pytest.raises(ValidationError, match=r"thermal_share \(0.7\) and cycling_share \(0.4\) must not exceed 1"):
        Stress(thermal_share=0.7, cycling_share=0.4)


def test_each_share_of_the_clock_can_be_switched_off():
    still = Stress(activation_energy_ev=0, cycling_share=0)
    assert np.all(still.pace(np.array([20.0, 120.0]), np.array([0.0, 90.0]), np.array([0.0, 16.0])) == 1)
    cycled = Stress(activation_energy_ev=0, cycling_share=0.5)
    assert cycled.pace(80.0, 0.0, 0.0) == pytest.approx(0.5)  # no cycles: the half that they drive stands still


CLOCK = Clock(np.array([0.0, 10.0, 20.0, 30.0]), np.array([0.0, 10.0, 10.0, 40.0]))


def test_a_clock_is_straight_between_its_points_and_goes_on_at_its_last_rate():
    assert CLOCK.at([5.0, 15.0, 25.0, 40.0]).tolist() == [5.0, 10.0, 25.0, 70.0]
    assert CLOCK.at(np.inf) == np.inf
    assert CLOCK.when([5.0, 25.0]).tolist() == [5.0, 25.0]
    assert CLOCK.when(41.0) == pytest.approx(30 + 1 / 3)
    stopped = Clock(np.array([0.0, 10.0, 20.0]), np.array([0.0, 5.0, 5.0]))
    assert stopped.when([5.1, np.inf]).tolist() == [np.inf, np.inf]


def test_acceleration_is_of_the_clock_and_not_of_the_hazard():
    # Shape 3 on a clock of pace 7.95: H(t) = H0(7.95 t), 503 times the hazard, not 8 times.
    law = Weibull(shape=3, scale_years=10)
    fast = Clock(np.array([0.0, 1000.0]), np.array([0.0, 7950.0]))
    ratio = Life.born(0.0, clock=fast).hazard_until(law, 365.0) / Life.born(0.0).hazard_until(law, 365.0)
    assert ratio == pytest.approx(7.95**3)


def test_a_life_on_a_clock_fails_when_its_hazard_reaches_its_luck():
    law, luck = Weibull(shape=1.7, scale_years=0.05), np.array([0.1, 0.5, 1.5])
    life = Life.born(np.full(3, 4.0), clock=CLOCK)
    days = life.failure_day(law, luck)
    assert life.hazard_until(law, days) == pytest.approx(luck)
    assert np.all(days >= 4)


def test_carrying_a_life_forward_on_its_clock_changes_nothing():
    law = Weibull(shape=2.5, scale_years=0.06)
    life = Life.born(2.0, clock=CLOCK)
    later = life.at(law, 22.0, 1.0)
    assert later.failure_day(law, 2.0) == pytest.approx(life.failure_day(law, 2.0))
    assert later.hazard_until(law, 29.0) == pytest.approx(life.hazard_until(law, 29.0))


def test_no_unit_fails_before_its_birth():
    born = np.random.default_rng(4).uniform(0, 30, 20_000)  # of which rounding would put some before
    day = Life.born(born, clock=CLOCK).failure_day(Exponential(rate_per_year=365.25), 1e-300)
    assert np.all(day >= born)


def test_pace_follows_every_parameter():
    given = Stress(
        thermal_share=0.6,
        activation_energy_ev=0.5,
        reference_junction_c=70,
        cycling_share=0.3,
        reference_cycles_per_day=2,
        reference_swing_k=25,
        swing_exponent=1.9,
        frequency_exponent=1 / 3,
        temperature_k=1414,
    )
    heat = np.exp(0.5 / 8.617333e-5 * (1 / 343.15 - 1 / 363.15))
    cycle = (50 / 25) ** 1.9 * (2 / 15) ** (1 / 3) * np.exp(1414 * (1 / 343.15 - 1 / 363.15))
    assert given.pace(90.0, 50.0, 15.0) == pytest.approx(0.1 + 0.6 * heat + 0.3 * 15 / 2 * cycle, rel=1e-5)


def test_a_clock_that_counts_events_needs_a_hazard_of_one_a_day():
    events = Clock(np.array([0.0, 100.0, 200.0]), np.array([0.0, 0.5, 3.0]))
    per_event = Exponential(rate_per_year=365.25)
    assert Life.born(0.0, clock=events).failure_day(per_event, 1.75) == pytest.approx(150.0)
    assert Life.born(0.0, clock=events).failure_day(per_event, 3.5) == pytest.approx(220.0)
