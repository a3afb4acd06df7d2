"""The ground stock against base-stock theory, and the line of the factory against the queue M/D/1.

Slots with exponential lives are replaced one by one as they fail; there are so many that vacancies hardly lower the
rate of losses: demand is Poisson.  Standard errors are those of the means of batches, each many times as long as a
build takes.
"""

import numpy as np
import pytest
from scipy.stats import poisson

from sim.events import EventKind
from sim.metrics.ground import ground_metrics
from sim.sparing import base_stock

SLOTS, BATCHES = 3000, 20
BUILD_DAYS = 6.0
BUILDS = {
    "constant": {"kind": "constant", "days": BUILD_DAYS},
    "exponential": {"kind": "exponential", "mean_days": BUILD_DAYS},
    "uniform": {"kind": "uniform", "low_days": 0, "high_days": 2 * BUILD_DAYS},
}
SOME_SLOW = [law if law == "uniform" else pytest.param(law, marks=pytest.mark.slow) for law in BUILDS]
NO_TIME = {"kind": "constant", "days": 0}


def demand(fleet, per_day, days, **over):
    bus = {"kind": "exponential", "rate_per_year": per_day * 365.25 / SLOTS}
    return fleet(slots=SLOTS, days=days, bus=bus, strategies={"replace_on_failure": {"order_ahead_days": 0}}, **over)


def agrees(values, theory):
    """Whether the mean of independent values is what theory says."""
    values = np.asarray(values, float)
    mean, error = values.mean(), values.std(ddof=1) / np.sqrt(len(values))
    assert abs(mean - theory) < 4 * error, f"{mean:.4f} +- {error:.4f}, theory {theory:.4f}"
    assert error < 0.3 * theory, f"{mean:.4f} +- {error:.4f} decides nothing about {theory:.4f}"


def time_means(days, changes, edges, of):
    """Mean of `of(level)` over each stretch between edges, the level being the sum of the changes so far."""
    level = np.concatenate([[0.0], np.cumsum(changes)])
    times = np.unique(np.concatenate([days, edges]))
    values = of(level[np.searchsorted(days, times, side="right")])[:-1]
    area = np.concatenate([[0.0], np.cumsum(values * np.diff(times))])
    return np.diff(np.interp(edges, times, area)) / np.diff(edges)


@pytest.mark.parametrize("law", SOME_SLOW)
def test_the_ground_stock_depends_on_the_mean_build_alone(fleet, checked_run, law):
    # Palm: X being built is Poisson with mean 3.  S = 4: P(X < S) = .6472 of the orders are met at once.
    level, days, per_day = 4, 2400.0, 0.5
    factory = {
        "ground_stock": {"satellite": {"satellites": level}},
        "build_days": BUILDS[law],
        "processing_days": NO_TIME,
    }
    result = checked_run(demand(fleet, per_day, days, factory=factory), "replace_on_failure")
    log, mean = result.events, per_day * BUILD_DAYS
    theory = base_stock(level, per_day, BUILD_DAYS)
    assert theory.fill == pytest.approx(poisson.cdf(level - 1, mean))

    edges = np.linspace(100, days, BATCHES + 1)
    begun, done = log.kind == EventKind.COMMISSIONED, log.kind == EventKind.STOCKED
    being_built = np.where(begun, log.amount, 0.0) - np.where(done, log.amount, 0.0)
    agrees(time_means(log.time_days, being_built, edges, lambda x: x), mean)
    for number in range(7):
        share = time_means(log.time_days, being_built, edges, lambda x, n=number: np.asarray(x == n, float))
        agrees(share, poisson.pmf(number, mean))

    taken = log.where(EventKind.TAKEN)
    batch = np.digitize(taken.time_days, edges)
    agrees([np.mean(taken.amount[batch == b] == 0) for b in range(1, BATCHES + 1)], theory.fill)
    agrees([np.mean(taken.amount[batch == b]) for b in range(1, BATCHES + 1)], theory.mean_wait)
    in_stock = np.where(done, log.amount, 0.0) - (log.kind == EventKind.TAKEN)
    in_stock = time_means(log.time_days, in_stock, edges, lambda x: x)
    agrees(in_stock, level - mean + theory.backorders)
    found = ground_metrics(result, edges[0])
    assert found["mean_spares_ground"] == pytest.approx(in_stock.mean())
    assert found["ground_fill_rate"] == pytest.approx(np.mean(taken.amount[batch > 0] == 0), abs=0.003)
    # Little's law: what stands in stock, over what is taken a day, is how long each stands there.
    assert found["days_on_ground"] == pytest.approx(found["mean_spares_ground"] / per_day, rel=0.1)


@pytest.mark.parametrize("load", [0.5, pytest.param(0.8, marks=pytest.mark.slow)])
def test_the_line_is_a_queue_with_equal_turns(fleet, checked_run, load):
    # M/D/1: a mean wait of load / (2 (1 - load)) turns (Pollaczek-Khinchine); P(no wait) = 1 - load.
    turn, days = 2.0, 3000.0
    scenario = demand(fleet, load / turn, days, lead=0, factory={"satellites_per_year": 365.25 / turn})
    result = checked_run(scenario, "replace_on_failure")
    ordered, ready = result.events.where(EventKind.ORDERED), result.events.where(EventKind.READY)
    waits = ready.time_days - ordered.time_days[: len(ready)]
    assert np.all(ordered.amount == 1)
    edges = np.linspace(100, ordered.time_days[len(ready) - 1], BATCHES + 1)
    batch = np.digitize(ordered.time_days[: len(ready)], edges)
    agrees([waits[batch == b].mean() for b in range(1, BATCHES + 1)], turn * load / (2 * (1 - load)))
    agrees([np.mean(waits[batch == b] < 1e-9) for b in range(1, BATCHES + 1)], 1 - load)
    orders = len(ordered) / (days / turn)
    assert ground_metrics(result)["factory_utilisation"] == pytest.approx(orders, abs=0.01)
    assert abs(orders - load) < 4 * np.sqrt(load * turn / days)


def test_a_line_slows_a_stock_down(fleet, checked_run):
    # Palm's builds do not wait for one another; on a line they do, so fewer orders are met at once.
    level, per_day = 4, 0.5
    factory = {"ground_stock": {"satellite": {"satellites": level}}, "build_days": BUILDS["constant"]}

    def fill(**line):
        scenario = demand(fleet, per_day, 300.0, factory=factory | line | {"processing_days": NO_TIME})
        return ground_metrics(checked_run(scenario, "replace_on_failure"), 50)["ground_fill_rate"]

    free, wide, narrow = fill(), fill(satellites_per_year=1e5), fill(satellites_per_year=365.25 * per_day / 0.9)
    assert free == wide
    assert narrow < free - 0.15
