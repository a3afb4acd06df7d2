"""Arrivals in passes of the South Atlantic Anomaly: against Poisson's law and plain sums over the profile."""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import chisquare, kstest

from sim.environment.arrivals import BlockRates, Span, arrivals
from sim.environment.arrivals import expected as expected_number
from sim.environment.saa_passes import Passes
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


@dataclass(frozen=True)
class Daily:
    """Rates by day: in passes at each phase, and at any time."""

    phases_rad: np.ndarray
    in_passes: np.ndarray
    steady: np.ndarray


def rates(phases=PHASES, weights=WEIGHTS, steady=0.0, days=400):
    """Constant rates."""
    return Daily(np.asarray(phases, float), np.outer(weights, np.ones(days)), np.full(days, float(steady)))


def come(passes, given, start, end, unit_arrivals):
    """Arrivals under rates by day."""
    blocks = BlockRates.of_days(passes, given.phases_rad, given.in_passes, given.steady)
    return arrivals([Span(passes, blocks, start, end, unit_arrivals)])


def hazard(passes, given, start, end):
    """Number of them that is expected."""
    blocks = BlockRates.of_days(passes, given.phases_rad, given.in_passes, given.steady)
    return expected_number(passes, blocks, start, end)


ONE = rates([2.5], [9.0])
GANG = rates()


def unit_rate(seed):
    """Arrivals of unit rate, the same ones whatever hazard is asked for."""

    def between(hazard):
        stream = np.random.default_rng(seed)
        found = np.cumsum(stream.standard_exponential(int(hazard + 10 * np.sqrt(hazard) + 50)))
        return found[found <= hazard]

    return between


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


# Where nothing comes in passes


def test_an_even_flux_at_one_place_only_spaces_unit():
    unit = unit_rate(1)
    found = come(even(), ONE, 3.21, 371.77, unit)
    mean = hazard(even(), ONE, 3.21, 371.77)
    assert mean == pytest.approx(9 * (371.77 - 3.21), rel=1e-6)
    # The table of periods is in single precision: 6e-8 of the hazard, here 2e-5 days.
    # What comes before the beginning, in the block under way then, is left out.
    days = 3 * 15 * PERIOD + unit(found.used[0]) / 9
    inside = np.flatnonzero((days >= 3.21) & (days <= 371.77))
    assert found.days == pytest.approx(days[inside], abs=5e-5)
    assert found.number.tolist() == inside.tolist()
    assert (found.phase == 0).all()


@pytest.mark.parametrize("steady", [0.0, 6.0])
def test_an_even_flux_on_a_gang_is_poissons_process(steady):
    start, end, counts, days, in_pass = 10.3, 50.9, [], [], 0
    for seed in range(100):
        found = come(even(), rates(steady=steady), start, end, unit_rate(seed))
        counts.append(len(found.days))
        days.append(found.days)
        in_pass += np.count_nonzero(found.phase < 3)
    mean = (15 + steady) * (end - start)
    assert hazard(even(), rates(steady=steady), start, end) == pytest.approx(mean, rel=1e-6)
    assert abs(np.mean(counts) - mean) < 4 * np.sqrt(mean / 100)
    assert abs(np.var(counts, ddof=1) / mean - 1) < 4 * np.sqrt(2 / 99)
    assert kstest(np.concatenate(days), "uniform", (start, end - start)).pvalue > P_LEVEL
    share = 15 / (15 + steady)
    assert abs(in_pass / sum(counts) - share) <= 4 * np.sqrt(share * (1 - share) / sum(counts))


def test_what_is_steady_comes_at_any_time():
    unit = unit_rate(2)
    found = come(real(), rates(weights=[0, 0, 0], steady=5), 20.5, 120.25, unit)
    days = 20 * 15 * PERIOD + unit(found.used[0]) / 5
    assert found.days == pytest.approx(days[(days >= 20.5) & (days <= 120.25)], rel=1e-9)
    assert (found.phase == 3).all()


def test_without_rates_nothing_arrives():
    found = come(real(), rates(weights=[0, 0, 0]), 1.0, 30.0, unit_rate(1))
    assert (len(found.days), found.used[0]) == (0, 0)


# The Anomaly


@pytest.mark.parametrize(
    ("given", "start", "end"),
    [(ONE, 3.21, 33.77), (GANG, 3.21, 33.77), (GANG, 100 * PERIOD, 300 * PERIOD), (rates(steady=7), 0.0, 30.0)],
    ids=["one", "gang", "whole periods", "gang and steady"],
)
def test_the_number_expected_is_the_sum_over_the_profile(given, start, end):
    found = hazard(real(), given, start, end)
    # Steps of 4 s meet the profile's of 20 s: each edge errs by 2 s at most, some thousand edges either way.
    assert found == pytest.approx(expected(real(), given, start, end)[1][-1], rel=1e-3)


def test_rates_follow_the_days():
    growing = Daily(PHASES, np.outer(WEIGHTS, 1 + np.arange(400) / 50), np.arange(400) / 100)
    got = hazard(real(), growing, 30.4, 35.8)
    # Rates are averaged over blocks of fifteen periods; in a block they change by 2 %.
    assert got == pytest.approx(expected(real(), growing, 30.4, 35.8)[1][-1], rel=1.5e-3)


@pytest.mark.parametrize("given", [ONE, GANG, rates(steady=7)], ids=["one", "gang", "gang and steady"])
def test_counts_and_times_are_those_of_the_profile(given):
    start, end, counts, days = 3.21, 33.77, [], []
    for seed in range(60):
        found = come(real(), given, start, end, unit_rate(seed))
        assert (np.diff(found.days) >= 0).all()
        assert found.days[0] >= start
        assert found.days[-1] <= end
        counts.append(len(found.days))
        days.append(found.days)
    mean = hazard(real(), given, start, end)
    assert abs(np.mean(counts) - mean) < 4 * np.sqrt(mean / 60)
    assert abs(np.var(counts, ddof=1) / mean - 1) < 4 * np.sqrt(2 / 59)
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
def test_arrivals_come_when_the_hazard_reaches_their_unit(phase):
    given, unit = rates([phase], [9.0]), unit_rate(3)
    found = come(real(), given, 40.03, 80.0, unit)
    assert len(found.days) > 200
    for day, reached in zip(found.days[::10], unit(found.used[0])[found.number[::10]], strict=True):
        assert hazard(real(), given, 39 * 15 * PERIOD, float(day)) == pytest.approx(reached, rel=1e-5, abs=1e-5)


# How spanes fit together


@pytest.mark.parametrize("given", [ONE, GANG, rates(steady=7)], ids=["one", "gang", "gang and steady"])
def test_spans_add_up(given):
    stream = np.random.default_rng(4)
    cuts = stream.uniform(2, 60, 300)  # more than one in most periods of a week, and long pieces between others
    cuts = np.concatenate([cuts, np.arange(100, 110) * PERIOD, stream.uniform(5, 5 + PERIOD, 20)])
    edges = np.sort(cuts)
    pieces = [hazard(real(), given, *pair) for pair in pairwise(edges)]
    assert min(pieces) >= 0
    whole = hazard(real(), given, edges[0], edges[-1])
    assert sum(pieces) == pytest.approx(whole, rel=1e-6)


@pytest.mark.parametrize("given", [ONE, GANG], ids=["one", "gang"])
def test_over_a_year_the_mean_is_the_rate(given):
    revolutions = 365 / PERIOD
    whole = real().profile.cumulative[:, -1]
    assert whole.mean() == pytest.approx(1, rel=1e-9)
    found = hazard(real(), given, 0.5, 365.5)
    # As far as revolutions with nodes thrown anywhere would scatter; these are spread more evenly.
    scatter = whole.std() / np.sqrt(revolutions)
    assert scatter < 0.02
    assert found == pytest.approx(given.in_passes[:, 0].sum() * 365, rel=4 * scatter)


@pytest.mark.parametrize("phase", [0.0, 2.5])
def test_larger_rates_only_bring_the_same_arrivals_forward(phase):
    stream = np.random.default_rng(5)
    low = stream.uniform(1, 9, 400)
    high = low * stream.uniform(1, 1.5, 400)
    before, after = (
        come(real(), Daily(np.array([phase]), weight[None, :], np.zeros(400)), 7.7, 300.0, unit_rate(6))
        for weight in (low, high)
    )
    assert len(after.days) > len(before.days) > 1000
    earlier = before.days - after.days[: len(before.days)]
    assert earlier.min() >= -1e-6
    assert np.median(earlier) > 1


# Inside one period


@pytest.mark.parametrize(("begin", "stop"), [(0.2, 0.7), (0.0, 0.4), (0.6, 1.0), (0.3, 0.30001), (0.85, 1.15)])
def test_a_span_inside_a_period_or_over_one_edge(begin, stop):
    # The period with the most in it for this gang, made to bring some hundred events.
    pairs = zip(PHASES.tolist(), WEIGHTS, strict=True)
    each = np.arange(1001) * PERIOD
    periods = sum(weight * np.diff(real().dose(np.array([phase]), each)[0]) for phase, weight in pairs)
    period = int(np.argmax(periods[:1000]))
    start, end = (period + begin) * PERIOD, (period + stop) * PERIOD
    given = rates(weights=WEIGHTS * 200 / periods[period])
    found, mean = come(real(), given, start, end, unit_rate(7)), hazard(real(), given, start, end)
    edges, sums = expected(real(), given, start, end, step_s=0.2)
    # An edge of the profile's steps may lie anywhere in one of these.
    assert mean == pytest.approx(sums[-1], rel=2e-3, abs=1e-4)
    assert abs(len(found.days) - mean) <= 4 * np.sqrt(mean)
    assert ((start <= found.days) & (found.days <= end)).all()
    if mean > 50:
        assert kstest(np.interp(found.days, edges, sums) / sums[-1], "uniform").pvalue > P_LEVEL


def test_a_span_that_ends_on_a_periods_edge_keeps_its_last_revolution():
    """In floating point 122 periods over a period are 121.99.., and 123 are 123."""
    at_the_node = rates([0.0], [9.0])
    for last in range(118, 128):
        edge = last * PERIOD
        short_of, on_the_edge, beyond = (
            hazard(real(), at_the_node, 5.0, end) for end in (edge - 1e-9, edge, edge + 1e-9)
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


def test_doses_by_block_are_those_of_any_day():
    passes = real()
    for phase in [*PHASES.tolist(), 0.0, 2 * np.pi]:
        days = passes.block_edges
        assert passes.total(phase) == pytest.approx(passes.dose(np.array([phase]), days)[0], rel=1e-9, abs=1e-9)
        edges, sums = expected(passes, rates([phase], [1.0]), 0.0, 20.0)
        # A step that an edge of the profile's cuts errs by up to 2 s at some fifty times the mean flux.
        assert passes.dose(np.array([phase]), edges[::500])[0] == pytest.approx(sums[::500], abs=5e-3)


def test_what_comes_before_a_day_does_not_depend_on_how_far_one_looks():
    given = rates(steady=7)
    far = come(real(), given, 40.03, 90.0, unit_rate(9))
    for day in (40.4, 55.55, 61.02):
        near = come(real(), given, 40.03, day, unit_rate(9))
        before = far.days <= day
        assert near.days == pytest.approx(far.days[before], abs=1e-9)
        assert near.number.tolist() == far.number[before].tolist()
        assert near.used < far.used


@pytest.mark.parametrize("steady", [0.0, 7.0])
def test_nothing_comes_at_a_phase_or_a_time_of_rate_zero(steady):
    given = rates(weights=[0.0, 9.0, 0.0], steady=steady)
    for seed in range(20):
        found = come(real(), given, 3.21, 390.0, unit_rate(seed))
        assert set(found.phase.tolist()) == ({1, 3} if steady else {1})


def test_no_arrival_falls_into_a_share_of_width_zero_by_rounding():
    # Just at, before and behind the edges of the blocks' shares.
    given = rates(weights=[0.0, 9.0, 0.0])
    whole = hazard(real(), given, 3.21, 60.0)
    edges = [hazard(real(), given, 3.21, float(edge)) for edge in real().block_edges[5:55]]
    near = np.sort(np.concatenate([np.nextafter(edges, 0), edges, np.nextafter(edges, whole)]))
    found = come(real(), given, 3.21, 60.0, lambda used: near[near <= used])
    assert set(found.phase.tolist()) == {1}
