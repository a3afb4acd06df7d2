"""The engine's spares and orders against inventory theory; planes are independent samples.

Each plane has so many slots that vacancies hardly lower the rate of losses: demand is Poisson.  Spares neither fail nor
take time to move.
"""

import numpy as np
import pytest
from scipy.stats import poisson

from sim.events import EventLog
from sim.metrics import measure
from sim.metrics.sparing import sparing_metrics
from sim.strategies import BlockLaunch

SLOTS, PLANES = 400, 12
LEAD_DAYS = 30.0
LEADS = {
    "constant": {"kind": "constant", "days": LEAD_DAYS},
    "exponential": {"kind": "exponential", "mean_days": LEAD_DAYS},
    "uniform": {"kind": "uniform", "low_days": 0, "high_days": 2 * LEAD_DAYS},
}


def theory_of_base_stock(pipeline, stock):
    """(fill rate, backorders) of (S-1, S): P(X <= S-1) and E(X - S)+, X Poisson in the pipeline (Palm 1938)."""
    above = np.arange(stock + 1, stock + 200)
    return poisson.cdf(stock - 1, pipeline), float(((above - stock) * poisson.pmf(above, pipeline)).sum())


def a_fleet(fleet, strategy, *, demand_per_day, lead, days, berths, planes=PLANES):
    name, parameters = strategy
    return fleet(
        slots=SLOTS,
        spare_berths=berths,
        shell={"planes": planes},
        days=days,
        bus={"kind": "exponential", "rate_per_year": demand_per_day * 365.25 / SLOTS},
        dormancy=0.0,
        lead=lead,
        strategies={name: {**parameters, "order_ahead_days": 0}},
    )


def of_plane(log, plane):
    mine = log.plane == plane
    return EventLog(*(column[mine] for column in vars(log).values()))


def measured(result, start):
    """{metric: (mean, standard error)} over planes."""
    planes = range(len(result.slots_per_plane))
    rows = [sparing_metrics(of_plane(result.events, plane), result.horizon_days, start) for plane in planes]
    found = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    return {name: (x.mean(), x.std(ddof=1) / np.sqrt(len(x))) for name, x in found.items()}


def agrees(found, theory):
    mean, error = found
    assert abs(mean - theory) < 4 * error, f"{mean:.4f} +- {error:.4f}, theory {theory:.4f}"


def test_the_theory_gives_the_values_that_are_printed():
    # Poisson pipeline of mean 3: fill = P(X <= S - 1), EBO = sum (x - S)+ p(x).
    assert theory_of_base_stock(3.0, 3) == pytest.approx((0.42319008112684364, 0.6721254229661635))
    assert theory_of_base_stock(3.0, 5) == pytest.approx((0.8152632445237722, 0.13462055627216657))


SOME_SLOW = [lead if lead == "constant" else pytest.param(lead, marks=pytest.mark.slow) for lead in LEADS]


@pytest.mark.parametrize("lead", SOME_SLOW)
def test_base_stock_depends_on_the_mean_lead_alone(fleet, checked_run, lead):
    # Pipeline m = demand x lead = 3, S = 3: fill .42319, EBO .67213; by Little's law a demand waits EBO / demand.
    stock, demand = 3, 3.0 / LEAD_DAYS
    strategy = ("on_orbit_spares", {"spares_per_plane": stock, "reorder_point": stock - 1, "phasing_days": 0})
    scenario = a_fleet(fleet, strategy, demand_per_day=demand, lead=LEADS[lead], days=800, berths=stock)
    found = measured(checked_run(scenario, "on_orbit_spares"), start=100)
    fill, backorders = theory_of_base_stock(3.0, stock)
    agrees(found["order_fill_rate"], fill)
    agrees(found["expected_backorders"], backorders)
    agrees(found["mean_on_order"], 3.0)
    agrees(found["mean_spares_orbit"], stock - 3.0 + backorders)
    agrees(found["time_to_restore_days"], backorders / demand)


def test_reorder_point_and_lot(fleet, checked_run):
    # (r, Q) under Poisson demand, constant lead: the position is uniform on r + 1 .. r + Q.  r = 2, Q = 4, m = 3.
    theory = np.array([theory_of_base_stock(3.0, position) for position in range(3, 7)]).mean(axis=0)
    assert theory == pytest.approx((0.700441818100386, 0.29420147630689697))
    strategy = ("on_orbit_spares", {"spares_per_plane": 6, "reorder_point": 2, "phasing_days": 0})
    scenario = a_fleet(fleet, strategy, demand_per_day=0.1, lead=LEADS["constant"], days=800, berths=6)
    found = measured(checked_run(scenario, "on_orbit_spares"), start=100)
    agrees(found["order_fill_rate"], theory[0])
    agrees(found["expected_backorders"], theory[1])


def test_periodic_review(fleet, checked_run):
    # (R, S): fill = 1 - (EBO(R + L) - EBO(L)) / (demand R); 12 a year, R .5, L .25 years, S 10 and 14.
    def fill(stock):
        short = theory_of_base_stock(12 * 0.75, stock)[1] - theory_of_base_stock(12 * 0.25, stock)[1]
        return 1 - short / (12 * 0.5)

    assert fill(14) == pytest.approx(0.9859787421984216)
    year, stock = 365.25, 10
    own = {"review_period_days": year / 2, "least_load": 0, "spares_per_plane": stock, "phasing_days": 0}
    lead = {"kind": "constant", "days": year / 4}
    strategy = ("block_launch", own)
    scenario = a_fleet(fleet, strategy, demand_per_day=12 / year, lead=lead, days=6.25 * year, berths=stock, planes=8)
    # From a review plus a lead on: eleven whole periods.
    found = measured(checked_run(scenario, "block_launch"), start=0.75 * year)
    agrees(found["order_fill_rate"], fill(stock))
    assert BlockLaunch(**own).initial_spares() == stock


@pytest.mark.parametrize("lead", SOME_SLOW)
def test_without_spares_every_loss_waits_a_lead(fleet, checked_run, lead):
    # Palm: of N slots N L / (MTTF + L) stand empty, and each waits L.
    mttf, slots = 200.0, 20
    scenario = fleet(
        slots=slots,
        shell={"planes": 10},
        days=1000,
        bus={"kind": "exponential", "rate_per_year": 365.25 / mttf},
        lead=LEADS[lead],
    )
    found = measured(checked_run(scenario, "replace_on_failure"), start=200)
    assert found["order_fill_rate"] == (0, 0)
    share = slots * LEAD_DAYS / (mttf + LEAD_DAYS)
    agrees(found["expected_backorders"], share)
    agrees(found["mean_on_order"], share)
    mean, error = found["time_to_restore_days"]
    assert abs(mean - LEAD_DAYS) < 4 * error + 1e-9


def paired(fleet, checked_run, strategy, lead_days, berths=6):
    """Metrics of a small fleet under paired streams, mean over replicates."""
    lead = {"kind": "constant", "days": lead_days}
    scenario = a_fleet(fleet, strategy, demand_per_day=0.1, lead=lead, days=500, berths=berths, planes=2)
    runs = [measure(checked_run(scenario, strategy[0], replicate=replicate)) for replicate in range(2)]
    return {name: np.mean([run[name] for run in runs]) for name in ("order_fill_rate", "expected_backorders")}


def test_more_spares_never_lower_the_fill_rate_of_a_base_stock(fleet, checked_run):
    def with_stock(stock):
        own = {"spares_per_plane": stock, "reorder_point": stock - 1, "phasing_days": 0}
        return paired(fleet, checked_run, ("on_orbit_spares", own), LEAD_DAYS)

    found = [with_stock(stock) for stock in (1, 2, 4, 6)]
    fill = [one["order_fill_rate"] for one in found]
    short = [one["expected_backorders"] for one in found]
    assert sorted(fill) == fill
    assert sorted(short, reverse=True) == short
    assert fill[-1] > fill[0] + 0.5


@pytest.mark.parametrize(
    "strategy",
    [
        ("replace_on_failure", {}),
        ("on_orbit_spares", {"spares_per_plane": 3, "reorder_point": 2, "phasing_days": 0}),
        ("batch", {"reorder_point": 2}),
    ],
    ids=lambda strategy: strategy[0],
)
def test_a_shorter_lead_never_raises_backorders(fleet, checked_run, strategy):
    leads = (10.0, 60.0)
    short = [paired(fleet, checked_run, strategy, lead)["expected_backorders"] for lead in leads]
    assert short[0] < short[1]


def test_the_metrics_of_a_run_are_those_of_its_log(fleet, checked_run):
    strategy = ("on_orbit_spares", {"spares_per_plane": 2, "reorder_point": 1, "phasing_days": 0})
    scenario = a_fleet(fleet, strategy, demand_per_day=0.1, lead=LEADS["constant"], days=400, berths=2, planes=2)
    result = checked_run(scenario, "on_orbit_spares")
    alone = [sparing_metrics(of_plane(result.events, plane), result.horizon_days) for plane in (0, 1)]
    whole = measure(result)
    for name in ("expected_backorders", "mean_spares_orbit", "mean_on_order", "spares_consumed"):
        assert whole[name] == pytest.approx(sum(one[name] for one in alone))
