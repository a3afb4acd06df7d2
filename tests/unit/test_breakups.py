"""Fragments of breakups, and how they build up in a shell: counts, balances and steady states by hand."""

from dataclasses import replace

import numpy as np
import pytest

from sim.physics.breakups import (
    Shells,
    build_up,
    catastrophic_length_m,
    collision_fragments,
    explosion_fragments,
    fragment_area_m2,
)


def one(value):
    return np.array([float(value)])


def shells(**given):
    """One quiet shell, but for what the test asks."""
    quiet = {
        "dying": one(0),
        "touch_meet": one(0),
        "break_meet": one(0),
        "hit_meet": one(0),
        "catalogue_hits": one(0),
        "live_pairs": one(0),
        "unavoided": 0.0,
        "exploding": 0.0,
        "dead_years": one(1e9),
        "fragment_years": one(1e9),
        "per_explosion": np.zeros((2, 1)),
        "per_collision": np.zeros((2, 1)),
        "breaking_share": one(0),
        "stranded": 1.0,
        "replaced_years": 0.0,
        "feedback": True,
    }
    return Shells(**{**quiet, **given})


def run(box, satellites=1000.0, years=10.0):
    times = np.linspace(0, years, 121)
    return times, build_up(box, np.full((len(times), 1), satellites), times)[:, :, 0].T


def test_counts_of_the_standard_breakup_model():
    assert collision_fragments(1000.0, 0.1) == pytest.approx(0.1 * 1000**0.75 * 10**1.71)
    assert explosion_fragments(0.5, 0.01) == pytest.approx(3 * 100**1.6)
    assert collision_fragments(16.0, 1.0) == pytest.approx(0.8)
    assert fragment_area_m2(1.0) == pytest.approx(0.556945)
    assert fragment_area_m2(0.001) == pytest.approx(0.540424e-6)


def test_the_smallest_fragment_that_breaks_up_a_satellite_carries_40_joules_a_gram():
    length = catastrophic_length_m(1000.0, 10.0, 0.1)
    mass_kg = float(fragment_area_m2(length)) / 0.1
    assert 0.5 * mass_kg * 10_000.0**2 == pytest.approx(40_000 * 1000)


def test_dead_satellites_level_off_where_as_many_come_as_decay():
    times, (dead, _, _) = run(shells(dying=one(0.02), dead_years=one(3.0)))
    np.testing.assert_allclose(dead, 1000 * 0.02 * 3 * (1 - np.exp(-times / 3)), rtol=1e-4, atol=1e-6)


def test_explosions_leave_fragments_that_decay():
    box = shells(exploding=0.001, per_explosion=np.array([[20.0], [900.0]]), fragment_years=one(2.0))
    times, (_, tracked, small) = run(box)
    share = 2 * (1 - np.exp(-times / 2))
    np.testing.assert_allclose(tracked, 1000 * 0.001 * 20 * share, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(small, 1000 * 0.001 * 900 * share, rtol=1e-4, atol=1e-6)
    assert run(replace(box, feedback=False))[1][1:].max() == 0


def test_fragments_grow_or_die_by_the_reproduction_number():
    """Seeded by one year's flow of the catalogue; each then leaves R more in its time: rate (R - 1) / lifetime."""
    for share, grows in ((0.5, False), (2.0, True)):
        box = shells(
            breaking_share=one(0.1),
            unavoided=1.0,
            fragment_years=one(0.5),
            per_collision=np.array([[1000.0], [0.0]]),
            hit_meet=one(share / (1000 * 0.1 * 1000 * 0.5)),
            catalogue_hits=one(1e-6),
            replaced_years=0.0,
            stranded=0.0,
        )
        reproduction = float(box.reproduction(one(1000), np.zeros((3, 1)))[0])
        assert reproduction == pytest.approx(share)
        times, (_, tracked, _) = run(box, years=8)
        rate = (reproduction - 1) / 0.5
        flow = 1000 * 1e-6 * 1000  # satellites x hits x fragments of each
        np.testing.assert_allclose(tracked[1:], (flow * np.expm1(rate * times) / rate)[1:], rtol=1e-3)
        assert (tracked[-1] > 1e3) == grows


def test_losses_of_satellites_are_counted_once():
    """Broken up, or pierced and stranded: the dead are those that collisions leave whole."""
    box = shells(dying=one(0.1), touch_meet=one(3e-5), break_meet=one(1e-5), unavoided=1.0, replaced_years=0.5)
    state = np.array([[100.0], [0.0], [0.0]])
    live = box.live(one(1000), state)
    assert live == pytest.approx(1000 / (1 + 100 * 3e-5 * 0.5))
    of_live, of_dead = box.broken(live, state)
    assert of_live == pytest.approx(live * 100 * 1e-5)
    assert of_dead == pytest.approx(100 * (live + 100) * 1e-5)
    change = box.rates(one(1000), state)[0]
    touched = live * 100 * 3e-5
    assert change == pytest.approx(0.1 * live + touched - of_live - of_dead, rel=1e-6)


def test_small_fragments_end_satellites_and_strand_a_share():
    box = shells(hit_meet=one(1e-6), stranded=0.25)
    state = np.array([[0.0], [0.0], [1e5]])
    assert box.live_hazard(one(1000), state)[3] == pytest.approx(0.1)
    assert box.rates(one(1000), state)[0] == pytest.approx(1000 * 0.1 * 0.25)


def test_own_collisions_go_as_the_square_of_the_fleet():
    box = shells(touch_meet=one(1e-9), live_pairs=one(0.1), unavoided=0.02, dying=one(0.02), break_meet=one(4e-10))

    def at_the_end(satellites):
        _, state = run(box, satellites, years=1.0)
        hazard = float(box.live_hazard(one(satellites), state[:, -1:]).sum())
        return hazard, satellites * hazard

    each, total = np.log2(np.array(at_the_end(2000.0)) / at_the_end(1000.0))
    assert each == pytest.approx(1, abs=1e-3)
    assert total == pytest.approx(2, abs=1e-3)
