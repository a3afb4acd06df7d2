"""Arrivals in passes of the South Atlantic Anomaly: against Poisson's law and plain sums over the profile."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import chisquare, kstest

from sim.environment.passes import Passes, Rates, arrivals
from sim.physics.trapped import PassProfile, pass_profile

PERIOD = 0.0678  # days, at 650 km
TURN = 0.4264  # of the Earth under a sun-synchronous orbit there, in a revolution
NODE = 1.0
PHASES = np.array([0.4, 2.5, 5.9])
WEIGHTS = np.array([2.0, 9.0, 4.0])  # events a day
P_LEVEL = 1e-3


@cache
def real(horizon_days=400.0):
    return Passes(pass_profile(650.0, 97.99, TURN), PERIOD, NODE, TURN, horizon_days)


@cache
def even(horizon_days=400.0):
    return Passes(PassProfile(np.ones((120, 300)), 0.0), PERIOD, NODE, TURN, horizon_days)


def rates(phases=PHASES, weights=WEIGHTS, steady=0.0, days=400):
    """Constant rates."""
    return Rates(np.asarray(phases, float), np.outer(weights, np.ones(days)), np.full(days, float(steady)))


ONE = rates([2.5], [9.0])
GANG = rates()


def unit_rate(seed):
    """Arrivals of unit rate, the same ones whatever hazard is asked for."""

    def luck(hazard):
        stream = np.random.default_rng(seed)
        found = np.cumsum(stream.standard_exponential(int(hazard + 10 * np.sqrt(hazard) + 50)))
        return found[found <= hazard]

    return luck


def flux(passes, phase, days):
    """Relative flux that a satellite meets on these days, read off the profile as it is described there."""
    around = days / passes.period_days + phase / (2 * np.pi)
    revolution = np.floor(around)
    crossed_node = (revolution - phase / (2 * np.pi)) * passes.period_days
    longitude = (passes.node_rad - passes.turn_rad * crossed_node / passes.period_days) % (2 * np.pi)
    nodes, steps = passes.profile.relative.shape
    row, column = (longitude / (2 * np.pi) * nodes).astype(int), ((around - revolution) * steps).astype(int)
    return passes.profile.relative[row % nodes, np.minimum(column, steps - 1)]


def expected(passes, given, start, end, step_s=4.0):
    """(edges, events expected since `start` at each edge): a sum over short steps, each at its day's rates."""
    edges = np.linspace(start, end, int(np.ceil((end - start) * 86400 / step_s)) + 1)
    middle = (edges[1:] + edges[:-1]) / 2
    day = middle.astype(int)
    rate = given.steady[day].copy()
    for phase, weight in zip(given.phases_rad, given.in_passes, strict=True):
        rate += weight[day] * flux(passes, phase, middle)
    return edges, np.concatenate([[0.0], np.cumsum(rate * np.diff(edges))])


def none_of(hazard):
    return np.empty(0)


# Where nothing comes in passes


def test_an_even_flux_at_one_place_only_stretches_luck():
    luck = unit_rate(1)
    found = arrivals(even(), ONE, 3.21, 371.77, luck)
    assert found.hazard == pytest.approx(9 * (371.77 - 3.21), rel=1e-6)
    # The table of periods is in single precision: 6e-8 of the hazard, here 2e-5 days.
    assert found.days == pytest.approx(3.21 + luck(found.hazard) / 9, abs=5e-5)
    assert found.number.tolist() == list(range(len(found.days)))
    assert found.in_pass.all()


@pytest.mark.parametrize("steady", [0.0, 6.0])
def test_an_even_flux_on_a_gang_is_poissons_process(steady):
    start, end, counts, days, in_pass = 10.3, 50.9, [], [], 0
    for seed in range(100):
        found = arrivals(even(), rates(steady=steady), start, end, unit_rate(seed))
        counts.append(len(found.days))
        days.append(found.days)
        in_pass += np.count_nonzero(found.in_pass)
    mean = (15 + steady) * (end - start)
    assert found.hazard == pytest.approx(mean, rel=1e-6)
    assert abs(np.mean(counts) - mean) < 4 * np.sqrt(mean / 100)
    assert abs(np.var(counts, ddof=1) / mean - 1) < 4 * np.sqrt(2 / 99)
    assert kstest(np.concatenate(days), "uniform", (start, end - start)).pvalue > P_LEVEL
    share = 15 / (15 + steady)
    assert abs(in_pass / sum(counts) - share) <= 4 * np.sqrt(share * (1 - share) / sum(counts))


def test_what_is_steady_comes_at_any_time():
    luck = unit_rate(2)
    found = arrivals(real(), rates(weights=[0, 0, 0], steady=5), 20.5, 120.25, luck)
    assert found.days == pytest.approx(20.5 + luck(found.hazard) / 5, rel=1e-9)
    assert not found.in_pass.any()


def test_without_rates_nothing_arrives():
    found = arrivals(real(), rates(weights=[0, 0, 0]), 1.0, 30.0, unit_rate(1))
    assert (len(found.days), found.hazard) == (0, 0)


# The Anomaly


@pytest.mark.parametrize(
    ("given", "start", "end"),
    [(ONE, 3.21, 33.77), (GANG, 3.21, 33.77), (GANG, 100 * PERIOD, 300 * PERIOD), (rates(steady=7), 0.0, 30.0)],
    ids=["one", "gang", "whole periods", "gang and steady"],
)
def test_the_number_expected_is_the_sum_over_the_profile(given, start, end):
    found = arrivals(real(), given, start, end, none_of)
    # Steps of 4 s meet the profile's of 20 s: each edge errs by 2 s at most, some thousand edges either way.
    assert found.hazard == pytest.approx(expected(real(), given, start, end)[1][-1], rel=1e-3)


def test_rates_follow_the_days():
    growing = Rates(PHASES, np.outer(WEIGHTS, 1 + np.arange(400) / 50), np.arange(400) / 100)
    got = arrivals(real(), growing, 30.4, 35.8, none_of).hazard
    # Rates are averaged over blocks of fifteen periods; in a block they change by 2 %.
    assert got == pytest.approx(expected(real(), growing, 30.4, 35.8)[1][-1], rel=1.5e-3)


@pytest.mark.parametrize("given", [ONE, GANG, rates(steady=7)], ids=["one", "gang", "gang and steady"])
def test_counts_and_times_are_those_of_the_profile(given):
    start, end, counts, days = 3.21, 33.77, [], []
    for seed in range(60):
        found = arrivals(real(), given, start, end, unit_rate(seed))
        assert (np.diff(found.days) >= 0).all()
        assert found.days[0] >= start
        assert found.days[-1] <= end
        counts.append(len(found.days))
        days.append(found.days)
    assert abs(np.mean(counts) - found.hazard) < 4 * np.sqrt(found.hazard / 60)
    assert abs(np.var(counts, ddof=1) / found.hazard - 1) < 4 * np.sqrt(2 / 59)
    days = np.concatenate(days)
    edges, sums = expected(real(), given, start, end)
    # By the expected number as their clock they come evenly, and by the clock on the wall they do not.
    assert kstest(np.interp(days, edges, sums) / sums[-1], "uniform").pvalue > P_LEVEL
    # So in each step along the revolution, where the whole month's passes fall together.
    bins = 48
    place = (days / PERIOD % 1 * bins).astype(int)
    middle = (edges[1:] + edges[:-1]) / 2
    share = np.bincount((middle / PERIOD % 1 * bins).astype(int), np.diff(sums), bins) / sums[-1]
    enough = share * len(days) > 10
    seen = np.append(np.bincount(place, minlength=bins)[enough], np.count_nonzero(~enough[place]))
    wanted = np.append(share[enough], share[~enough].sum()) * len(days)
    some = wanted > 0
    assert chisquare(seen[some], wanted[some]).pvalue > P_LEVEL
    assert chisquare(seen[some]).pvalue < 1e-12


@pytest.mark.parametrize("phase", [0.0, 2.5])
def test_arrivals_come_when_the_hazard_reaches_their_luck(phase):
    given, luck = rates([phase], [9.0]), unit_rate(3)
    found = arrivals(real(), given, 40.03, 80.0, luck)
    assert len(found.days) > 200
    for day, reached in zip(found.days[::10], luck(found.hazard)[::10], strict=True):
        assert arrivals(real(), given, 40.03, float(day), none_of).hazard == pytest.approx(reached, rel=1e-5, abs=1e-5)


# How stretches fit together


@pytest.mark.parametrize("given", [ONE, GANG, rates(steady=7)], ids=["one", "gang", "gang and steady"])
def test_stretches_add_up(given):
    stream = np.random.default_rng(4)
    cuts = stream.uniform(2, 60, 300)  # more than one in most periods of a week, and long pieces between others
    cuts = np.concatenate([cuts, np.arange(100, 110) * PERIOD, stream.uniform(5, 5 + PERIOD, 20)])
    edges = np.sort(cuts)
    pieces = [arrivals(real(), given, *pair, none_of).hazard for pair in pairwise(edges)]
    assert min(pieces) >= 0
    whole = arrivals(real(), given, edges[0], edges[-1], none_of).hazard
    assert sum(pieces) == pytest.approx(whole, rel=1e-6)


@pytest.mark.parametrize("given", [ONE, GANG], ids=["one", "gang"])
def test_over_a_year_the_mean_is_the_rate(given):
    revolutions = 365 / PERIOD
    whole = real().profile.cumulative[:, -1]
    assert whole.mean() == pytest.approx(1, rel=1e-9)
    found = arrivals(real(), given, 0.5, 365.5, none_of)
    # As far as revolutions with nodes thrown anywhere would scatter; these are spread more evenly.
    scatter = whole.std() / np.sqrt(revolutions)
    assert scatter < 0.02
    assert found.hazard == pytest.approx(given.in_passes[:, 0].sum() * 365, rel=4 * scatter)


@pytest.mark.parametrize("phase", [0.0, 2.5])
def test_larger_rates_only_bring_the_same_arrivals_forward(phase):
    stream = np.random.default_rng(5)
    low = stream.uniform(1, 9, 400)
    high = low * stream.uniform(1, 1.5, 400)
    before, after = (
        arrivals(real(), Rates(np.array([phase]), weight[None, :], np.zeros(400)), 7.7, 300.0, unit_rate(6))
        for weight in (low, high)
    )
    assert len(after.days) > len(before.days) > 1000
    earlier = before.days - after.days[: len(before.days)]
    assert earlier.min() >= -1e-6
    assert np.median(earlier) > 1


# Inside one period


@pytest.mark.parametrize(("begin", "stop"), [(0.2, 0.7), (0.0, 0.4), (0.6, 1.0), (0.3, 0.30001), (0.85, 1.15)])
def test_a_stretch_inside_a_period_or_over_one_edge(begin, stop):
    # The period with the most in it for this gang, made to bring some hundred events.
    pairs = zip(PHASES.tolist(), WEIGHTS, strict=True)
    periods = sum(weight * np.diff(real().total(phase)) for phase, weight in pairs)
    period = int(np.argmax(periods[:1000]))
    start, end = (period + begin) * PERIOD, (period + stop) * PERIOD
    given = rates(weights=WEIGHTS * 200 / periods[period])
    found = arrivals(real(), given, start, end, unit_rate(7))
    edges, sums = expected(real(), given, start, end, step_s=0.2)
    # An edge of the profile's steps may lie anywhere in one of these.
    assert found.hazard == pytest.approx(sums[-1], rel=2e-3, abs=1e-4)
    assert abs(len(found.days) - found.hazard) <= 4 * np.sqrt(found.hazard)
    assert ((start <= found.days) & (found.days <= end)).all()
    if found.hazard > 50:
        assert kstest(np.interp(found.days, edges, sums) / sums[-1], "uniform").pvalue > P_LEVEL


def test_a_stretch_that_ends_on_a_periods_edge_keeps_its_last_revolution():
    """In floating point 122 periods over a period are 121.99.., and 123 are 123."""
    at_the_node = rates([0.0], [9.0])
    for last in range(118, 128):
        edge = last * PERIOD
        short_of, on_the_edge, beyond = (
            arrivals(real(), at_the_node, 5.0, end, none_of).hazard for end in (edge - 1e-9, edge, edge + 1e-9)
        )
        assert on_the_edge == pytest.approx(beyond, rel=1e-6)
        assert on_the_edge == pytest.approx(short_of, rel=1e-6)


# The tables


def test_the_place_at_which_a_dose_is_reached_inverts_the_dose_reached_at_a_place():
    passes = real()
    stream = np.random.default_rng(8)
    rows = stream.integers(0, len(passes.profile.cumulative), 1000)
    turn = stream.random(1000)
    dose = passes.within(rows, turn)
    again = passes.turn_at(rows, dose)
    assert passes.within(rows, again) == pytest.approx(dose, rel=1e-9, abs=1e-12)
    # Where nothing comes, any place will do; elsewhere it is the same one.
    coming = passes.profile.relative[rows, (turn * passes.profile.relative.shape[1]).astype(int)] > 1e-3
    assert coming.sum() > 50
    assert again[coming] == pytest.approx(turn[coming], abs=1e-6)


def test_the_table_of_periods_is_what_comes_between_their_edges():
    passes = real()
    edges = np.arange(100, 141) * PERIOD
    wanted = passes.between(PHASES, edges[:-1], edges[1:])
    for phase, row in zip(PHASES.tolist(), wanted, strict=True):
        assert np.diff(passes.total(phase)[100:141]) == pytest.approx(row, rel=1e-9, abs=1e-9)
