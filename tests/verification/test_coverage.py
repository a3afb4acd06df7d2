"""Do the 95 % intervals of a fleet's availability hold the truth in 95 % of studies?

The fleet: slots whose satellites fail at rate L and are replaced one for one after a constant lead D; their GPUs fail
at rate G and are not replaced.  A slot is up at time t after its k-th failure when its time up, u = t - k D, holds
exactly k failures, a Poisson probability; with the age of its satellite this gives the share of GPUs online exactly,
from a fresh start on, and so the truth that the intervals are about.
"""

from __future__ import annotations

from math import lgamma

import numpy as np
import pytest

from sim.constants import DAYS_PER_YEAR
from sim.environment import Environment
from sim.experiment import Sample, simulate_many
from sim.experiment.controls import Regression
from sim.experiment.statistics import Quantity, estimate
from sim.metrics import METRICS
from sim.scenario.models import Scenario
from sim.scenario.radiation import Radiation

STUDIES = 2000
FEWER = 100
YEARS, LEAD_YEARS, BUS_RATE, GPU_RATE = 2.0, 0.4, 0.4, 0.1
# 93-97 % of 2,000 studies; the standard error of a share of .95 is .5 %, so a sound interval passes at 4 of them.
LOW, HIGH = 0.93, 0.97


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return Scenario.model_validate(
        {
            "name": "coverage",
            "mission": {"start": "2027-01-01", "years": YEARS},
            "constellation": {
                "shells": [
                    {
                        "kind": "sun_synchronous",
                        "formation": "cluster",
                        "altitude_km": 1400,
                        "ltan_h": 6,
                        "satellites_per_plane": 8,
                    }
                ]
            },
            # Nothing else fails: no debris, no punctures, no radiation, and the laws hold as they are.
            "satellite": {
                "gpus": 4,
                "mass_kg": 100,
                "design_life_years": 30,
                "propulsion": {"vulnerable_area_m2": 0},
                "radiator": {"tube_fraction": 0},
            },
            "radiation": {
                "effects": dict.fromkeys(Radiation().effects),
                "solar_protons": False,
                "wear": {"end_median_krad": 1e9},
            },
            "reliability": {
                "gpu": {"kind": "exponential", "rate_per_year": GPU_RATE},
                "bus": {"kind": "exponential", "rate_per_year": BUS_RATE},
                "stress": {"activation_energy_ev": 0, "cycling_share": 0},
            },
            "launch": {
                "vehicle": {
                    "name": "always succeeds",
                    "capacity_kg": 1e5,
                    "price": {"kind": "per_kg", "usd_per_kg": 1000},
                    "success_probability": 1,
                },
                "lead_time_days": {"kind": "constant", "days": LEAD_YEARS * DAYS_PER_YEAR},
            },
            "economics": {"bus_usd": 5e5, "gpu_usd": 2e4},
        }
    )


def true_availability(bus_rate: float, gpu_rate: float, lead: float, horizon: float) -> float:
    """Time-mean share of GPUs online over a horizon; rates and times in one unit.

    With k failures in the time up u the present satellite began at s, the k-th failure, so

        P(online) = sum over k of  e^(-(L + G) u) L^k  integral of s^(k-1)/(k-1)! e^(G s) ds from 0 to u,   u = t - k D

    and the integral is the sum over j >= k of (G u)^(j-k) u^k c(j): the series of e^(G s), term by term.
    """
    nodes, weights = np.polynomial.legendre.leggauss(64)
    total = 0.0
    for k in range(int(horizon / lead) + 1):
        span = horizon - k * lead
        if span <= 0:
            break
        u = 0.5 * span * (nodes + 1)
        if k == 0:
            inner = np.ones_like(u)
        else:
            inner = sum(
                np.exp(i * np.log(gpu_rate) - lgamma(i + 1) + (k + i) * np.log(u) - lgamma(k)) / (k + i)
                for i in range(40)
            )
        total += float(np.sum(0.5 * span * weights * np.exp(-(bus_rate + gpu_rate) * u) * bus_rate**k * inner))
    return total / horizon


def coverage(sample: Sample, truth: float, n: int, shift: float = 0.0, studies: int = STUDIES) -> tuple[float, float]:
    """(share of studies of n replicates whose adjusted interval holds the truth, mean width adjusted over raw).

    `shift` falsifies the controls' expectations, in units of their standard deviations.
    """
    values = sample.values("compute_availability")
    metric = METRICS["compute_availability"]
    quantity = Quantity(metric.unit, metric.low, metric.high)
    expected = sample.expected + shift * sample.controls.std(axis=0)
    hits, ratios = 0, []
    for i in range(studies):
        rows = slice(i * len(values) // studies, i * len(values) // studies + n)
        found = estimate(values[rows], Regression.on(sample.controls[rows], expected), quantity)
        assert found.ci_low is not None
        assert found.ci_high is not None
        assert found.raw_ci_low is not None
        assert found.raw_ci_high is not None
        hits += found.ci_low <= truth <= found.ci_high
        ratios.append((found.ci_high - found.ci_low) / (found.raw_ci_high - found.raw_ci_low))
    return hits / studies, float(np.mean(ratios))


def normal_sample(n: int) -> tuple[Sample, float]:
    """Studies of n replicates with three controls, two of them collinear, jointly normal with a metric of mean .7."""
    rng = np.random.default_rng(20270101)
    drawn = rng.standard_normal((STUDIES * n, 2))
    controls = np.column_stack([drawn, drawn @ [1.0, -2.0]])
    values = 0.7 + 0.01 * (drawn @ [1.0, 0.5]) + 0.005 * rng.standard_normal(len(drawn))
    metrics = np.full((len(drawn), len(METRICS)), np.nan)
    metrics[:, list(METRICS).index("compute_availability")] = values
    return Sample(metrics, ("a", "b", "c"), controls, np.zeros(3)), 0.7


@pytest.mark.parametrize("n", [10, 40])
def test_intervals_cover_a_normal_metric(n):
    sample, truth = normal_sample(n)
    covered, width = coverage(sample, truth, n)
    assert LOW < covered < HIGH
    # And the controls pay: the noise left is .41 of all of it.  At 10, one study in six is taken for not linear.
    assert width < (0.95 if n == 10 else 0.6)


def test_wrong_expectations_of_the_controls_are_caught():
    sample, truth = normal_sample(40)
    covered, _ = coverage(sample, truth, 40, shift=0.2)
    assert covered < 0.5


@pytest.mark.slow
def test_intervals_cover_the_availability_of_a_replaced_fleet(scenario):
    truth = true_availability(BUS_RATE, GPU_RATE, LEAD_YEARS, YEARS)
    sample = simulate_many(scenario, Environment.build(scenario), "replace_on_failure", 7, range(40 * FEWER), 2)
    values = sample.values("compute_availability")
    standard_error = values.std() / np.sqrt(len(values))
    assert abs(values.mean() - truth) < 4 * standard_error
    for name, drawn, expected in zip(sample.control_names, sample.controls.T, sample.expected, strict=True):
        assert abs(drawn.mean() - expected) < 4 * drawn.std() / np.sqrt(len(drawn)), name

    report = {}
    for n, studies in ((10, 4 * FEWER), (40, FEWER)):
        report[n], width = coverage(sample, truth, n, studies=studies)
        room = 4 * np.sqrt(0.95 * 0.05 / studies)
        assert 0.945 - room < report[n] < 0.955 + room, report
    assert width < 0.9  # at 40 replicates the controls sharpen the mean
    wrong, _ = coverage(sample, truth, 40, shift=0.3, studies=FEWER)
    assert wrong < 0.85  # the test sees a bias of a seventh of the raw spread
