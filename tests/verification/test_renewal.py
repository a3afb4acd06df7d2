"""The engine against renewal theory: replacement, availability, counts.

Every slot of these fleets is a renewal process of its own: satellites fail, the strategy orders one for one, launches
are on demand.  Slots are independent samples, so standard errors come from the spread between them.
"""

import numpy as np
import pytest
from scipy.special import gamma

from sim.events import EventKind

MTTF_DAYS = 100.0
LIVES = {
    "exponential": {"kind": "exponential", "rate_per_year": 365.25 / MTTF_DAYS},
    "weibull": {"kind": "weibull", "shape": 3, "scale_years": MTTF_DAYS / gamma(1 + 1 / 3) / 365.25},
}
LEAD_DAYS = 25.0
LEADS = {
    "constant": {"kind": "constant", "days": LEAD_DAYS},
    "exponential": {"kind": "exponential", "mean_days": LEAD_DAYS},
    "uniform": {"kind": "uniform", "low_days": 0, "high_days": 2 * LEAD_DAYS},
    "lognormal": {"kind": "lognormal", "median_days": LEAD_DAYS * np.exp(-0.5), "sigma": 1},
}


def share_of_time_at_work(result, from_day):
    """For each slot, the share of the time from `from_day` to the horizon with a satellite at work."""
    log, horizon = result.events, result.horizon_days
    moved = log.satellites != 0
    days_left = horizon - np.maximum(log.time_days[moved], from_day)
    worked = np.bincount(log.berth[moved], log.satellites[moved] * days_left, minlength=result.slots)
    return worked / (horizon - from_day)


def standard_error(samples):
    return np.std(samples, ddof=1) / np.sqrt(len(samples))


@pytest.mark.parametrize("lead", LEADS)
@pytest.mark.parametrize("life", LIVES)
def test_availability_of_one_for_one_replacement_depends_on_the_mean_lead_alone(fleet, checked_run, life, lead):
    # Palm: MTTF / (MTTF + L) whatever the laws.  Five MTTF of warm-up: the fleet starts new.
    scenario = fleet(slots=200, days=1500, bus=LIVES[life], lead=LEADS[lead])
    shares = share_of_time_at_work(checked_run(scenario, "replace_on_failure"), from_day=500)
    assert abs(shares.mean() - MTTF_DAYS / (MTTF_DAYS + LEAD_DAYS)) < 4 * standard_error(shares)


def test_interval_availability_from_a_new_fleet(fleet, checked_run):
    # MTTF 1000 h, exponential lead of 24 h, 720 h from new: mu/s + lam/s^2 (1 - e^(-s t))/t, s = lam + mu.
    theory = 0.977325439453125
    scenario = fleet(
        slots=3000,
        days=30,
        bus={"kind": "exponential", "rate_per_year": 365.25 * 24 / 1000},
        lead={"kind": "exponential", "mean_days": 1},
        per_flight=1,
    )
    shares = share_of_time_at_work(checked_run(scenario, "replace_on_failure"), from_day=0)
    assert standard_error(shares) < 0.002
    assert abs(shares.mean() - theory) < 4 * standard_error(shares)


def test_availability_with_launch_failures_waits_for_the_flight_that_succeeds(fleet, checked_run):
    # A lost satellite is reordered when its flight fails: a slot waits a geometric number of leads, L / p in the mean.
    scenario = fleet(slots=200, days=1500, bus=LIVES["exponential"], lead=LEADS["constant"], success=0.6, per_flight=1)
    result = checked_run(scenario, "replace_on_failure")
    shares = share_of_time_at_work(result, from_day=500)
    assert abs(shares.mean() - MTTF_DAYS / (MTTF_DAYS + LEAD_DAYS / 0.6)) < 4 * standard_error(shares)
    flights = result.events.count(EventKind.LAUNCHED) - 200
    failed = result.events.count(EventKind.LAUNCH_FAILED)
    assert abs(failed / flights - 0.4) < 4 * np.sqrt(0.4 * 0.6 / flights)


def failures_per_slot(result, until_day):
    log = result.events.where(EventKind.BUS_FAILED)
    return np.bincount(log.berth[log.time_days <= until_day], minlength=result.slots)


def test_exponential_units_replaced_at_once_fail_as_a_poisson_process(fleet, checked_run):
    slots, mean = 1000, 4.0
    scenario = fleet(slots=slots, days=mean * MTTF_DAYS, bus=LIVES["exponential"])
    counts = failures_per_slot(checked_run(scenario, "replace_on_failure"), mean * MTTF_DAYS)
    assert abs(counts.mean() - mean) < 4 * np.sqrt(mean / slots)
    dispersion = counts.var(ddof=1) / counts.mean()  # chi-squared / (n - 1): variance 2 / (n - 1)
    assert abs(dispersion - 1) < 4 * np.sqrt(2 / (slots - 1))


@pytest.mark.parametrize(
    ("shape", "renewals"),
    # Renewal function m(t) of a Weibull law of scale 1 at t = 1, 2, 4, by numerical solution of the renewal equation.
    [
        (0.7, (1.1589739549078297, 2.034558629359882, 3.681257925646819)),
        (2.0, (0.7536913224486993, 1.8940394003394265, 4.15013458446328)),
    ],
)
def test_renewal_function_of_weibull_units_replaced_at_once(fleet, checked_run, shape, renewals):
    scale_days = 100.0
    law = {"kind": "weibull", "shape": shape, "scale_years": scale_days / 365.25}
    result = checked_run(fleet(slots=800, days=4 * scale_days, bus=law), "replace_on_failure")
    for t, expected in zip((1, 2, 4), renewals, strict=True):
        counts = failures_per_slot(result, t * scale_days)
        assert abs(counts.mean() - expected) < 4 * standard_error(counts), f"m({t})"
