"""Arrays of all planes against what each plane says by itself, and coarse tables against daily ones."""

from __future__ import annotations

import numpy as np
import pytest

from sim.environment.coarse import Coarse

YEAR = 365.25
LOW = {"kind": "walker", "altitude_km": 380, "inclination_deg": 53, "planes": 3}
DRY = {"gpus": 8, "mass_kg": 300, "array": {"area_m2": 16}, "propulsion": {"propellant_kg": 10.7}}
PLANES = np.array([0, 1, 2, 2, 0, 1])
BIRTHS = np.array([0.0, 13.0, 300.0, 777.0, 1011.0, 1300.0])


@pytest.fixture
def low(fleet, environment):
    return environment(fleet(days=4 * YEAR, life_days=2 * YEAR, shell=LOW, satellite=DRY, success=1.0))


def test_arrays_say_what_sites_say_one_by_one(low):
    coarse = Coarse.of(low)
    assert coarse.knot_of([0, 364, 366, 1094, 1096, 1461]).tolist() == [0, 0, 1, 1, 2, 2]
    assert coarse.share.min() < 0.9 < coarse.share.max()
    for number, birth in enumerate(coarse.knots):
        for plane in range(3):
            dark, made = low.sun.dark_of(plane), low.designs[0].performance(plane, birth)
            # Satellites of a month share the table of its first day: 10 days older, at 2.5 % of the array a year.
            expected = (1 - dark) * made.light_speed + dark * made.dark_speed
            assert coarse.share[number, plane] == pytest.approx(expected, abs=1e-3)
            total = coarse.stress_clock(np.full(5, plane), np.full(5, birth)).at(days := np.linspace(0, 4.1 * YEAR, 5))
            assert total == pytest.approx(made.stress.at(days), rel=2e-3)


@pytest.mark.parametrize(("extended", "spent"), [(0.0, 0.0), (200.0, 0.0), (0.0, 20.0), (900.0, 20.0)])
def test_lives_end_when_those_of_single_satellites_do(low, extended, spent):
    coarse = Coarse.of(low)
    ends, dry = coarse.planned_end(PLANES, BIRTHS, extended, spent)
    single = [
        low.sites[plane].planned_end(0, birth, extended, spent) for plane, birth in zip(PLANES, BIRTHS, strict=True)
    ]
    assert ends == pytest.approx([end for end, _ in single], abs=1.0)
    assert dry.tolist() == [by_propellant for _, by_propellant in single]
    assert set(dry.tolist()) == {False, True}


def test_the_dead_clear_their_slots_and_come_down_as_single_satellites_do(low):
    coarse = Coarse.of(low)
    keeping = low.designs[0].keeping
    assert coarse.clear_days(PLANES, BIRTHS).tolist() == [
        keeping.clear_days(*one) for one in zip(PLANES, BIRTHS, strict=True)
    ]
    assert coarse.years_aloft(PLANES, BIRTHS).tolist() == [
        keeping.years_aloft(*one) for one in zip(PLANES, BIRTHS, strict=True)
    ]
