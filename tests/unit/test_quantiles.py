"""Quantiles over replicates: figures, intervals that need no law, and how many replicates these take."""

import numpy as np
import pytest
from scipy import stats
from scipy.stats.mstats import hdquantiles

from sim.experiment.quantile_tables import quantiles_note, quantiles_text
from sim.experiment.quantiles import EXCEEDED, bands, interval_ranks, quantile, replicates_needed, service_level
from sim.experiment.sample import Sample
from sim.metrics import METRICS


def test_the_figure_is_that_of_harrell_and_davis():
    values = np.random.default_rng(1).lognormal(0, 1, 37)
    for p in (0.05, 0.5, 0.95):
        assert quantile(values, p).value == pytest.approx(float(hdquantiles(values, [p])[0]))


@pytest.mark.parametrize("p", [0.01, 0.05, 0.5, 0.9, 0.95, 0.99])
@pytest.mark.parametrize("n", [5, 20, 72, 73, 400])
def test_the_interval_is_the_narrowest_with_the_confidence_on_each_side(n, p):
    low, high = interval_ranks(n, p)
    below = stats.binom(n, p)
    if low:
        assert below.cdf(low - 1) <= 0.025
    assert below.cdf(low) > 0.025
    if high <= n:
        assert below.sf(high - 1) <= 0.025
    assert below.sf(high - 2) > 0.025


@pytest.mark.parametrize(("p", "n"), [(0.5, 6), (0.9, 36), (0.95, 72), (0.05, 72), (0.99, 368)])
def test_it_says_how_many_replicates_both_ends_take(p, n):
    assert replicates_needed(p) == n
    values = np.arange(float(n))
    enough, short = quantile(values, p), quantile(values[:-1], p)
    assert None not in (enough.ci_low, enough.ci_high)
    assert None in (short.ci_low, short.ci_high)
    assert short.n_needed == n


def test_no_probability_outside_0_and_1():
    with pytest.raises(ValueError, match="above 0 and below 1"):
        replicates_needed(1.0)


@pytest.mark.parametrize("law", [stats.norm(), stats.lognorm(1.5), stats.bernoulli(0.3)])
def test_the_interval_holds_the_quantile_whatever_the_law(law):
    rng = np.random.default_rng(7)
    for p in (0.5, 0.95):
        true, hits, trials = law.ppf(p), 0, 1500
        for values in law.rvs((trials, 80), random_state=rng):
            found = quantile(values, p)
            hits += found.ci_low <= true <= found.ci_high
        # At least 95 %; of a law without ties little more: the coverage of two order statistics is known exactly.
        low, high = interval_ranks(80, p)
        exact = stats.binom(80, p).cdf(high - 1) - stats.binom(80, p).cdf(low - 1)
        error = np.sqrt(exact * (1 - exact) / trials)
        assert exact >= 0.95
        assert hits / trials > exact - 4 * error
        if law.dist.name != "bernoulli":
            assert hits / trials < exact + 4 * error


def test_undefined_where_a_replicate_is():
    found = quantile(np.array([1.0, np.inf, 2.0]), 0.5)
    assert (found.value, found.ci_low, found.ci_high, found.n) == (None, None, None, 3)
    assert quantile(np.array([3.0]), 0.95).value == 3.0


def sample(n, **columns):
    table = np.full((n, len(METRICS)), np.nan)
    for name, values in columns.items():
        table[:, list(METRICS).index(name)] = values
    return Sample(table, (), np.zeros((n, 0)), np.zeros(0))


def test_the_service_level_is_kept_with_the_probability_said():
    """Time below the SLA is a quantile from above, availability one from below."""
    ranks = (np.arange(1000) + 0.5) / 1000
    found = service_level(
        sample(1000, time_below_sla_fraction=ranks, compute_availability=ranks, worst_month_availability=ranks)
    )
    for label, p in EXCEEDED.items():
        assert found["time_below_sla_fraction"][label].value == pytest.approx(p, abs=2e-3)
        assert found["compute_availability"][label].value == pytest.approx(1 - p, abs=2e-3)
        assert found["worst_month_availability"][label].value == pytest.approx(1 - p, abs=2e-3)
    assert bands(sample(5, launches=np.arange(5.0)))["launches"]["p50"].value == pytest.approx(2.0)


def test_the_table_shows_question_marks_where_replicates_are_too_few():
    ranks = np.linspace(0.2, 0.8, 20)
    one = sample(20, time_below_sla_fraction=ranks, compute_availability=ranks, worst_month_availability=ranks)
    text = quantiles_text({"batch": one}, 0.9)
    assert "time below the SLA, at most" in text
    assert "(SLA: 90 %)" in text
    assert ", ?] %" in text
    assert "no replicate of 20 lies far enough out to bound it; that takes 36 for 90 %, 72 for 95 %, 368" in " ".join(
        text.split()
    )
    assert "?" not in quantiles_note(368)
    assert max(map(len, text.splitlines())) <= 110
    assert "batch: availability, at least" in quantiles_text({"batch": one, "other": one}, 0.9)
