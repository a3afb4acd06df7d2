"""Sensitivity and the value of information against closed forms, with noise of the kind that a simulation has."""

from __future__ import annotations

from math import pi, sqrt

import numpy as np
import pytest

from sim.exploration.bootstrap import bootstrapped
from sim.exploration.information import value_of_information
from sim.exploration.inputs import latin_hypercube
from sim.exploration.morris import elementary_effects, screen, trajectories
from sim.exploration.sobol import Design, decompose

A, B = 7.0, 0.1
"""Of Ishigami's function sin x1 + A sin^2 x2 + B x3^4 sin x1, x uniform on -pi to pi."""


def ishigami(shares):
    x1, x2, x3 = np.moveaxis(pi * (2 * shares - 1), -1, 0)
    return np.sin(x1) + A * np.sin(x2) ** 2 + B * x3**4 * np.sin(x1)


def ishigami_indices():
    """(first, total) of Ishigami & Homma 1990, and the variance."""
    v1 = 0.5 * (1 + B * pi**4 / 5) ** 2
    v2 = A**2 / 8
    v13 = B**2 * pi**8 * (1 / 18 - 1 / 50)
    whole = v1 + v2 + v13
    return np.array([v1, v2, 0.0]) / whole, np.array([v1 + v13, v2, v13]) / whole, whole


def sampled(function, inputs, rows, replicates, seed, noise=None):
    """The decomposition of a function with noise(shares, luck); rows of A share their luck with those of AB."""
    generator = np.random.default_rng(seed)
    design = Design.of(latin_hypercube(rows, 2 * inputs, generator))
    luck = generator.standard_normal((2, rows, replicates))

    def values(shares, of):
        found = np.repeat(function(shares)[:, None], replicates, axis=1)
        return found if noise is None else found + noise(shares[:, None, :], luck[of])

    ab = np.array([values(design.ab(one), 0) for one in range(inputs)])
    return decompose(values(design.a, 0), values(design.b, 1), ab, generator)


def test_sobol_indices_of_ishigamis_function():
    first, total, whole = ishigami_indices()
    found = sampled(ishigami, 3, 8192, 1, seed=1)
    assert [one.first.value for one in found.indices] == pytest.approx(first, abs=0.03)
    assert [one.total.value for one in found.indices] == pytest.approx(total, abs=0.03)
    assert found.variance.value == pytest.approx(whole, rel=0.03)
    assert found.noise_share is None


@pytest.mark.parametrize(
    "noise",
    [
        lambda shares, luck: 4.0 * luck,
        lambda shares, luck: (
            8.0 * (shares[..., 2] - 0.5) * sqrt(12) * luck * 0.5
        ),  # as large, where the third input says
    ],
    ids=["everywhere alike", "with the third input"],
)
def test_noise_is_told_apart_and_leaves_the_indices_as_they_are(noise):
    first, total, whole = ishigami_indices()
    found = sampled(ishigami, 3, 8192, 2, seed=2, noise=noise)
    # Noise of variance 16 beside 13.8: with it counted, the first index of x1 would be half of what it is.
    assert [one.first.value for one in found.indices] == pytest.approx(first, abs=0.06)
    assert [one.total.value for one in found.indices] == pytest.approx(total, abs=0.06)
    assert found.variance.value == pytest.approx(whole, rel=0.06)
    assert found.noise_share.value == pytest.approx(16 / (16 + whole), abs=0.03)


def test_intervals_of_indices_cover():
    first, total, _ = ishigami_indices()
    inside = np.zeros(2)
    for seed in range(60):
        found = sampled(ishigami, 3, 128, 2, seed=seed, noise=lambda shares, luck: 2.0 * luck)
        inside[0] += sum(i.first.ci_low <= f <= i.first.ci_high for i, f in zip(found.indices, first, strict=True))
        inside[1] += sum(i.total.ci_low <= t <= i.total.ci_high for i, t in zip(found.indices, total, strict=True))
    # 180 intervals, three of a sample: the error of their coverage is that of 60 at worst.
    error = sqrt(0.95 * 0.05 / 60)
    assert (inside / 180 > 0.95 - 4 * error).all(), inside / 180
    assert (inside / 180 < 1).all()


def test_what_does_nothing_has_no_index_and_additive_inputs_have_equal_ones():
    found = sampled(lambda x: 3 * x[:, 0] + 4 * x[:, 1], 3, 4096, 2, seed=4, noise=lambda x, luck: luck)
    assert [one.first.value for one in found.indices] == pytest.approx([9 / 25, 16 / 25, 0], abs=0.03)
    assert [one.total.value for one in found.indices] == pytest.approx([9 / 25, 16 / 25, 0], abs=0.03)


def test_trajectories_move_every_input_once_and_stay_inside():
    design = trajectories(5, 40, np.random.default_rng(5))
    steps = np.diff(design.shares, axis=1)
    assert (np.count_nonzero(steps, axis=2) == 1).all()
    assert np.abs(steps).sum(axis=1) == pytest.approx(2 / 3)
    assert {round(float(value), 6) for value in np.unique(design.shares)} == {0.0, 0.333333, 0.666667, 1.0}
    assert (np.sort(design.moved, axis=1) == np.arange(5)).all()
    assert (steps > 0).any()
    assert (steps < 0).any()


def test_morris_of_a_straight_line_and_of_a_product():
    generator = np.random.default_rng(6)
    design = trajectories(4, 400, generator)
    x = design.shares
    values = (3 * x[..., 0] - 5 * x[..., 1] + 2 * x[..., 2] * x[..., 3])[..., None]
    effects = elementary_effects(values, design)
    assert effects[:, 0] == pytest.approx(3)
    assert effects[:, 1] == pytest.approx(-5)
    found = screen(values, design, generator)
    assert [one.mu.value for one in found[:2]] == pytest.approx([3, -5])
    assert [one.mu_star.value for one in found[:2]] == pytest.approx([3, 5])
    assert [one.sigma.value for one in found[:2]] == pytest.approx([0, 0], abs=1e-12)
    # The effect of a factor is twice the other one: 0, 2/3, 4/3 or 2, with a standard deviation of 0.745.
    assert found[2].mu.value == pytest.approx(1.0, abs=4 * 0.745 / sqrt(400))
    assert found[2].sigma.value == pytest.approx(0.745, abs=0.06)
    assert found[2].mu.ci_low < 1.0 < found[2].mu.ci_high
    assert found[0].noise is None


def test_morris_takes_chance_out_of_sigma_and_says_what_it_makes_of_mu_star():
    generator = np.random.default_rng(7)
    design = trajectories(2, 400, generator)
    chance = generator.standard_normal((400, 3, 4))  # of every point by itself: nothing is paired
    values = 3 * design.shares[..., :1] + chance
    moved, still = screen(values, design, generator)
    deviation = 1.5 * sqrt(2 / 4)  # of an effect: a difference over 2/3, of means of 4
    assert moved.mu.value == pytest.approx(3, abs=4 * deviation / 20)
    assert moved.sigma.value < 0.35 * deviation
    assert still.mu_star.value == pytest.approx(sqrt(2 / pi) * deviation, rel=0.15)
    assert still.noise == pytest.approx(still.mu_star.value, rel=0.15)
    assert moved.matters
    assert not still.matters


def test_noise_that_is_common_to_a_trajectory_drops_out():
    generator = np.random.default_rng(8)
    design = trajectories(2, 10, generator)
    values = 3 * design.shares[..., :1] + 100 * generator.standard_normal((10, 1, 2))
    moved, still = screen(values, design, generator)
    assert moved.mu.value == pytest.approx(3)
    assert still.mu_star.value == pytest.approx(0, abs=1e-9)


def gains_of(points, generator, noise=0.0):
    """Two strategies, the second 8 (u1 + u2 - 1) better, and a third that is never better; one input does nothing."""
    shares = latin_hypercube(points, 3, generator)
    second = 8 * (shares[:, 0] + shares[:, 1] - 1)
    gains = np.stack([np.full(points, 10.0), 10 + second, np.full(points, 3.0)], axis=1)
    return gains + noise * generator.standard_normal(gains.shape), shares


def test_value_of_information_of_a_straight_line():
    generator = np.random.default_rng(9)
    found = value_of_information(*gains_of(4000, generator), generator)
    # E max(0, 8 (u - 1/2)) = 1, of one input; E max(0, 8 (u1 + u2 - 1)) = 8/6, of both.
    assert [one.value.value for one in found.each] == pytest.approx([1, 1, 0], abs=0.05)
    assert found.everything.value.value == pytest.approx(8 / 6, abs=0.05)
    assert found.p_other == pytest.approx(0.5, abs=0.03)


def test_value_of_information_is_not_made_by_noise():
    found = []
    for seed in range(30):
        generator = np.random.default_rng(seed)
        of = value_of_information(*gains_of(400, generator, noise=2.0), generator)
        found.append([one.value.value for one in of.each])
    # A cubic's plain maximum would make 0.11 of the input that does nothing.
    assert np.mean(found, axis=0) == pytest.approx([1, 1, 0], abs=0.1)
    assert np.mean(found, axis=0)[2] < 0.06


def test_a_strategy_that_is_always_best_leaves_nothing_to_know():
    generator = np.random.default_rng(10)
    shares = latin_hypercube(200, 2, generator)
    gains = np.stack([5 + shares[:, 0], 1 + shares[:, 1]], axis=1)
    found = value_of_information(gains, shares, generator)
    assert found.best == 0
    assert found.p_other == 0
    assert found.everything.value.value == 0
    assert [one.value.value for one in found.each] == [0, 0]


def test_the_interval_of_knowing_all_reaches_as_high_as_that_of_knowing_one():
    for seed in range(10):
        generator = np.random.default_rng(seed)
        shares = generator.random((64, 3))
        rare = 2.0 * generator.standard_normal(64) * (generator.random(64) < 0.2)
        found = value_of_information(np.stack([np.zeros(64), rare + 0.3 * shares[:, 1] - 1], axis=1), shares, generator)
        every = found.everything.value
        assert 0 <= every.ci_low <= every.value <= every.ci_high
        assert every.ci_high >= max(one.value.ci_high for one in found.each)


def test_bootstrap_intervals_are_those_of_a_mean():
    generator = np.random.default_rng(11)
    values = generator.standard_normal(400)
    [found] = bootstrapped(lambda rows: values[rows].mean(keepdims=True), 400, generator)
    half = 1.96 * values.std(ddof=1) / 20
    assert found.value == pytest.approx(values.mean())
    assert found.ci_high - found.value == pytest.approx(half, rel=0.15)
    [single] = bootstrapped(lambda rows: values[rows].mean(keepdims=True), 1, generator)
    assert single.ci_low is None


def test_a_latin_hypercube_has_one_point_in_every_part():
    shares = latin_hypercube(50, 3, np.random.default_rng(12))
    assert (np.sort((shares * 50).astype(int), axis=0) == np.arange(50)[:, None]).all()
    assert abs(np.corrcoef(shares.T) - np.eye(3)).max() < 0.5
