"""Wear and charge of a battery, against closed forms and step-by-step sums."""

import numpy as np
import pytest

from sim.physics.battery import FadeLaw, battery_life, battery_mass_kg

LAW = FadeLaw()
CYCLES_ONLY = FadeLaw(calendar_per_year=0.0)


def life(load_wh, cycles=15.0, *, days=3652, capacity_wh=100.0, limit=0.4, law=LAW, **more):
    load = np.broadcast_to(np.asarray(load_wh, dtype=float)[..., None], (*np.shape(load_wh), days))
    return battery_life(load, cycles, capacity_wh, limit, discharge_efficiency=0.96, fade=law, **more)


def test_cycle_life_at_the_reference_and_its_power():
    assert LAW.cycles_to_eol([0.3, 0.075, 0.0]) == pytest.approx([30_000.0, 240_000.0, np.inf])


def test_a_whole_cycle_life_leaves_eighty_percent():
    for depth in (0.1, 0.3, 0.8):
        used = LAW.cycles_to_eol(depth) / LAW.cycles_to_eol(depth)
        assert CYCLES_ONLY.capacity_fraction(used, 7.0) == pytest.approx(0.8)
    assert LAW.capacity_fraction(1.0, 7.0) == pytest.approx(0.8 - 0.07)


def test_capacity_does_not_fall_below_nothing():
    assert LAW.capacity_fraction([6.0, 0.0], [1.0, 200.0]).tolist() == [0.0, 0.0]


def test_the_stepped_life_agrees_with_the_sum_over_its_own_depths():
    stepped = life(np.array([[5.0, 20.0], [30.0, 60.0]]))
    assert stepped.capacity_fraction.shape == (2, 2, 3652)
    each = 15.0 / LAW.cycles_to_eol(stepped.depth_of_discharge)
    before = np.cumsum(each, axis=-1) - each
    summed = LAW.capacity_fraction(before, np.arange(3652) / 365.25)
    assert stepped.capacity_fraction == pytest.approx(summed, rel=1e-10)


def test_the_stepped_life_follows_its_differential_equation():
    # without calendar fade and limit, d(fraction)/dn = -k fraction^-1.5, so fraction^2.5 falls evenly with cycles
    got = life(20.0, days=1500, limit=1.0, law=CYCLES_ONLY).capacity_fraction
    rate = 0.2 / 30_000 * (20.0 / 0.96 / 100 / 0.3) ** 1.5
    closed = (1 - 2.5 * rate * 15 * np.arange(1500)) ** (1 / 2.5)
    # steps of a day against a smooth loss: second order in a day's fade of 6e-5, summed
    assert got == pytest.approx(closed, rel=1e-5)
    assert got[-1] < 0.92


def test_a_faded_battery_draws_deeper_until_the_limit_sheds_the_load():
    got = life(30.0, cycles=15.0, limit=0.4)
    assert (np.diff(got.depth_of_discharge) >= -1e-15).all()
    assert (np.diff(got.capacity_fraction) < 0).all()
    assert got.depth_of_discharge.max() == pytest.approx(0.4)
    held = got.carried_share < 1
    assert 0 < held.mean() < 1
    carried = got.depth_of_discharge * got.capacity_fraction * 100.0 * 0.96 / 30.0
    assert got.carried_share == pytest.approx(carried, rel=1e-12)
    assert got.depth_of_discharge[held] == pytest.approx(0.4, rel=1e-12)


def test_depth_never_passes_the_limit_and_share_stays_in_bounds():
    draw = np.random.default_rng(4)
    got = battery_life(
        draw.uniform(0, 200, (50, 400)),
        draw.choice([0.0, 15.0], (50, 400)),
        draw.uniform(20, 200, 50),
        draw.uniform(0, 1, 50),
        discharge_efficiency=0.95,
        fade=FadeLaw(cycles=500.0),
    )
    for each in (got.capacity_fraction, got.depth_of_discharge, got.carried_share):
        assert ((each >= 0) & (each <= 1 + 1e-15)).all()


def test_no_eclipse_wears_by_the_calendar_alone():
    got = life(0.0, cycles=0.0, days=366)
    assert got.capacity_fraction == pytest.approx(1 - 0.01 * np.arange(366) / 365.25, rel=1e-12)
    assert (got.depth_of_discharge == 0).all()
    assert (got.carried_share == 1).all()


def test_a_battery_worn_to_nothing_carries_nothing():
    got = life(50.0, law=FadeLaw(cycles=100.0, calendar_per_year=0.5), days=3000)
    assert got.capacity_fraction[-1] == got.depth_of_discharge[-1] == 0.0
    assert got.carried_share[-1] == pytest.approx(0.0, abs=1e-200)


def test_a_life_continues_where_it_was_cut():
    whole = life(30.0, days=1000)
    used = (15.0 / LAW.cycles_to_eol(whole.depth_of_discharge[:600])).sum()
    rest = life(30.0, days=400, age_years=600 / 365.25, damage=used)
    assert rest.capacity_fraction == pytest.approx(whole.capacity_fraction[600:], rel=1e-12)


def test_longer_steps_wear_as_days_do():
    days, steps = life(np.array([20.0, 60.0]), days=3650), life(np.array([20.0, 60.0]), days=365, step_days=10.0)
    assert steps.capacity_fraction == pytest.approx(days.capacity_fraction[:, ::10], abs=5e-4)
    assert days.capacity_fraction[:, -1].max() < 0.95


def test_planes_do_not_touch_each_other():
    together = life(np.array([10.0, 30.0]), days=500)
    assert together.capacity_fraction[1] == pytest.approx(life(30.0, days=500).capacity_fraction, rel=1e-14)


def test_single_precision_in_gives_single_precision_out():
    load = np.full((2, 800), 30.0, dtype=np.float32)
    got = battery_life(load, np.float32(15.0), 100.0, 0.4, discharge_efficiency=0.96, fade=LAW)
    assert got.capacity_fraction.dtype == got.depth_of_discharge.dtype == got.carried_share.dtype == np.float32
    # rounding to 6e-8 a day leaves no more than that behind: the damage itself is kept in double precision
    assert got.capacity_fraction[0] == pytest.approx(life(30.0, days=800).capacity_fraction, rel=3e-7)


def test_mass_of_a_pack():
    assert battery_mass_kg(104e3, [150.0, 200.0]) == pytest.approx([693.33, 520.0], abs=0.01)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: LAW.cycles_to_eol(1.1), "depth_of_discharge = 1.1: must lie between 0 and 1"),
        (lambda: FadeLaw(cycles=0.0), "cycles = 0: must be above 0"),
        (lambda: FadeLaw(depth=1.5), "depth = 1.5"),
        (lambda: FadeLaw(calendar_per_year=-0.1), "calendar_per_year = -0.1"),
        (lambda: LAW.capacity_fraction(-1.0, 0.0), "damage = -1"),
        (lambda: life(-5.0), "dark_load_wh_by_day = -5: must be at least 0"),
        (lambda: life(5.0, capacity_wh=0.0), "capacity_wh = 0: must be above 0"),
        (lambda: life(5.0, limit=1.4), "depth_limit = 1.4"),
        (lambda: battery_life(5.0, 1.0, 9.0, 0.3, discharge_efficiency=0.9, fade=LAW), "days along its last axis"),
        (lambda: battery_mass_kg(1.0, 0.0), "specific_energy_wh_per_kg = 0"),
    ],
)
def test_bad_input_is_quoted(call, words):
    with pytest.raises(ValueError, match=words):
        call()
