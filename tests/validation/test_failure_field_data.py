"""Simulated failures against counts from the field: Llama 3, Titan, early Starlink, SSDs on the Space Station."""

import numpy as np
import pytest
from scipy.stats import binom, chi2, chisquare

from sim.engine import simulate
from sim.environment import Environment
from sim.events import EventKind
from sim.metrics import measure
from sim.scenario import load

# Llama 3 405B, 54 days on 16,384 H100, unexpected interruptions: arXiv 2407.21783, table 5 [S].
LLAMA = {
    "faulty_gpu": 148,
    "hbm3": 72,
    "software": 54,
    "network": 35,
    "host_maintenance": 32,
    "sram": 19,
    "system_processor": 17,
    "nic": 7,
    "watchdog_timeouts": 7,
    "silent_data_corruption": 6,
    "thermal": 6,
    "ssd": 3,
    "power_supply": 3,
    "chassis": 2,
    "io_board": 2,
    "dependency": 2,
    "cpu": 2,
    "memory": 2,
}
# Survival of Titan's older GPUs after 1 to 5 years, Kaplan-Meier [S+C], and how far the life table may be off it [C].
TITAN, TITAN_GAP = (0.9991, 0.9909, 0.8766, 0.7675, 0.6768), 0.0042


def shipped(name, *more, **given):
    return load(f"configs/validation/{name}.yaml", *more, **given)


@pytest.fixture(autouse=True)
def _at_the_root(monkeypatch, request):
    monkeypatch.chdir(request.config.rootpath)


def runs(scenario, count):
    environment = Environment.build(scenario)
    return [simulate(scenario, environment, "run_to_failure", 1, replicate) for replicate in range(count)]


def test_llama_3_is_interrupted_as_it_was():
    scenario = shipped("llama3_ground")
    results = runs(scenario, 12)
    by_cause, totals = [], []
    for result in results:
        soft = result.events.where(EventKind.SOFT_INTERRUPTED)
        found = dict.fromkeys(LLAMA, 0)
        for number, amount in zip(soft.cause.tolist(), soft.amount.tolist(), strict=True):
            found[scenario.cause_name(number)] += int(amount)
        by_cause.append(list(found.values()))
        totals.append(int(soft.amount.sum()))
        assert result.events.count(EventKind.GPU_FAILED) == 0
    counts, expected = np.array(by_cause), np.array(list(LLAMA.values()))
    assert expected.sum() == 419
    # One run against one run: the exact 99.9 % interval of a mean from one count, and of a count from that mean.
    low, high = chi2.ppf(5e-4, 2 * 419) / 2, chi2.ppf(1 - 5e-4, 2 * 420) / 2
    assert all(low < total < high for total in totals)
    # Over all runs, by cause: four standard errors of Poisson counts, and the whole in one test.
    many = len(results)
    assert np.all(np.abs(counts.sum(axis=0) - many * expected) < 4 * np.sqrt(many * expected))
    assert chisquare(counts.sum(axis=0), expected / expected.sum() * counts.sum()).pvalue > 1e-3
    assert np.mean(totals) == pytest.approx(419, abs=4 * np.sqrt(419 / many))
    # Counts of 54 days scatter as Poisson counts do: neither more regular nor more bunched.
    assert chi2.cdf(np.var(totals, ddof=1) * (many - 1) / 419, many - 1) == pytest.approx(0.5, abs=0.499)


def test_llama_3_trains_more_than_nine_tenths_of_the_time():
    ratios = [measure(result)["effective_training_time_ratio"] for result in runs(shipped("llama3_ground"), 6)]
    assert min(ratios) > 0.90
    # An interruption every 3.09 h costs a restart and half an interval of ten minutes each: 1 - 15 / 186 [C].
    assert np.mean(ratios) == pytest.approx(1 - 15 / 186, abs=0.01)


def alive(result, years):
    days = result.events.where(EventKind.GPU_FAILED).time_days
    return np.array([1 - np.count_nonzero(days <= 365.25 * year) / result.nameplate_gpus for year in years])


def test_titans_old_gpus_die_as_they_did():
    (result,) = runs(shipped("titan_old_batch"), 1)
    assert result.nameplate_gpus == 18_837
    expected = np.array(TITAN)
    tolerance = TITAN_GAP + 4 * np.sqrt(expected * (1 - expected) / 18_837)
    assert np.all(np.abs(alive(result, range(1, 6)) - expected) < tolerance)


def test_a_constant_rate_is_no_account_of_titan():
    # 5,027 deaths in 75,745 GPU-years: .0664 a year is wrong by ten points and more after two years.
    rate = ["reliability.gpu.kind=exponential", "reliability.gpu.rate_per_year=0.0664"]
    (result,) = runs(shipped("titan_old_batch", set_=rate), 1)
    difference = alive(result, range(1, 6)) - np.array(TITAN)
    assert difference[1] == pytest.approx(np.exp(-2 * 0.0664) - TITAN[1], abs=0.01)
    assert difference[1] < -0.1
    assert difference[4] > 0.03


def test_the_overlay_gives_any_fleet_titans_law():
    assert load("baseline", "overlays/titan_old_batch").reliability.gpu == shipped("titan_old_batch").reliability.gpu


@pytest.mark.parametrize(
    ("satellites", "share", "lost"),
    [(60, 0.13, 8), (420, 0.03, 13), (413, 0.002, 1)],  # v0.9, first and next of v1.0: McDowell 2020 [S2]
)
def test_early_starlinks_are_lost_as_they_were(satellites, share, lost):
    assert round(satellites * share) == lost
    scenario = shipped(
        "starlink_early",
        set_=[
            f"constellation.shells.0.satellites_per_plane={satellites}",
            f"reliability.bus.infant_loss_fraction={share}",
        ],
    )
    results = runs(scenario, 40)
    counts = np.array([result.events.count(EventKind.BUS_FAILED) for result in results])
    error = np.sqrt(satellites * share * (1 - share) / len(results))
    assert abs(counts.mean() - satellites * share) < 4 * error
    # The field's count is one that runs give, and each run one that the field's share gives.
    low, high = binom.ppf([5e-4 / 40, 1 - 5e-4 / 40], satellites, share)
    assert np.all((counts >= low) & (counts <= high))
    assert counts.min() <= lost <= counts.max()
    days = np.concatenate([result.events.where(EventKind.BUS_FAILED).time_days for result in results])
    assert days.max() <= 60


def test_ssds_fail_as_they_did_on_the_space_station():
    results = runs(shipped("spaceborne_ssd"), 200)
    counts = np.array([result.events.count(EventKind.GPU_FAILED) for result in results])
    # Nine of twenty: the number is binomial, and so is its scatter.
    share = 9 / 20
    assert abs(counts.mean() - 9) < 4 * np.sqrt(20 * share * (1 - share) / 200)
    edges = np.array([0, 6, 7, 8, 9, 10, 11, 12, 21])
    seen = np.histogram(counts, edges - 0.5)[0]
    assert chisquare(seen, 200 * np.diff(binom.cdf(edges - 1, 20, share))).pvalue > 1e-3
