"""What must hold of the money of any run, and what small fleets cost by hand."""

from __future__ import annotations

from dataclasses import replace
from math import log, log2

import numpy as np
import pytest

import sim
from sim.economics import Costs, Item, annuity, capital_recovery, costs
from sim.events import ENDS, Cause, EventKind, EventLog
from sim.launch import PerFlight, PerKilogram
from sim.metrics import measure
from sim.result import Result

YEAR = 365.25
OFTEN = {"kind": "exponential", "rate_per_year": 0.8}
NO_PAUSES = {"propulsion": {"manoeuvres_per_year": 0}}
INSURED = {"insurance": {"launches": True, "launch_share": 0.06, "orbit_share_per_year": 0.02}}
TEN = {"discount": {"orbit_per_year": 0.10}}


def priced(result: Result, **prices) -> Costs:
    """Costs of a run with some fields of its price list replaced."""
    economics = result.scenario.economics
    tree = {**economics.model_dump(mode="json"), **prices}
    return costs(result, economics=type(economics).model_validate(tree))


def with_prices(result: Result, **prices) -> Result:
    """The same run in a scenario with other prices."""
    economics = result.scenario.economics
    given = type(economics).model_validate({**economics.model_dump(mode="json"), **prices})
    return replace(result, scenario=result.scenario.model_copy(update={"economics": given}))


@pytest.fixture
def busy(fleet, checked_run) -> Result:
    """Satellites fail and are replaced, some flights fail, some orders are on their way at the end."""
    prices = {"operations_usd_per_year": 5, "development_usd": 7, "disposal_usd_per_satellite": 2, **INSURED, **TEN}
    scenario = fleet(slots=8, gpus=4, days=900, bus=OFTEN, lead=90, success=0.7, per_flight=2, economics=prices)
    result = checked_run(scenario, "replace_on_failure")
    assert result.events.count(EventKind.LAUNCH_FAILED) > 2
    return result


# Sums


def test_the_sum_of_the_parts_is_the_whole(busy):
    spent = costs(busy)
    by_item = spent.ledger.by_item()
    assert len(by_item) > 8
    assert sum(by_item.values()) == pytest.approx(spent.undiscounted_usd, rel=1e-12)
    assert sum(spent.present.by_item().values()) == pytest.approx(spent.total_usd, rel=1e-12)
    assert spent.ledger.by_year(3).sum() == pytest.approx(spent.undiscounted_usd, rel=1e-12)
    back = spent.present.total(Item.CREDIT, Item.REFUND)
    assert spent.total_uncredited_usd + back == pytest.approx(spent.total_usd, rel=1e-12)
    metrics = measure(busy)
    assert metrics["total_cost_usd"] == pytest.approx(spent.total_usd)
    assert metrics["undiscounted_cost_usd"] == pytest.approx(spent.undiscounted_usd)


def test_every_satellite_is_paid_for_once(busy):
    """Those that flew whole, whether they arrived or not; those that did not in the shares of the contract."""
    spent, log = priced(busy, insurance={"launch_share": 0, "orbit_share_per_year": 0}), busy.events
    launched = log.where(EventKind.LAUNCHED)
    # The initial fleet bears the flights that success takes on average.
    times = np.where(launched.time_days == 0, 1 / 0.7, 1.0)
    assert spent[Item.SATELLITES] == pytest.approx((times * launched.amount).sum())
    assert spent[Item.GPUS] == pytest.approx(4 * (times * launched.amount).sum())
    assert spent[Item.LAUNCHES] == pytest.approx(times.sum())


def test_without_discount_a_payment_counts_whole_whenever_it_is_made(busy):
    spent = priced(busy, discount={"orbit_per_year": 0})
    assert spent.total_usd == spent.undiscounted_usd
    metrics = measure(with_prices(busy, discount={"orbit_per_year": 0}))
    assert metrics["total_cost_usd"] == metrics["undiscounted_cost_usd"]
    online = metrics["compute_availability"] * busy.nameplate_gpus * busy.horizon_days * 24
    assert metrics["discounted_available_gpu_hours"] == pytest.approx(online, rel=1e-12)
    # And all but nothing is all but nothing.
    assert priced(busy, discount={"orbit_per_year": 1e-9}).total_usd == pytest.approx(spent.total_usd, rel=1e-8)


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5])
def test_to_pay_later_never_costs_more(busy, rate):
    """A tenth with the order, the rest at launch, against the shipped shares and against all with the order."""
    uncancelled = {"refund_share": 0.0}
    late, shipped, early = (
        priced(busy, payment={**uncancelled, **shares}, discount={"orbit_per_year": rate}).total_usd
        for shares in (
            {"order_share": 0.1, "delivery_share": 0.0},
            {"order_share": 0.3, "delivery_share": 0.5},
            {"order_share": 1.0, "delivery_share": 0.0},
        )
    )
    assert late < shipped < early


def test_a_payment_that_is_only_put_off_is_worth_its_delay(fleet, checked_run, written_thresholds):
    """One satellite dies on day 100, its successor is built 150 days later and flies 40 days after that."""
    laws = written_thresholds(bus={(0, 0): 100})
    launch = {"opportunity_interval_days": 290}
    result = checked_run(fleet(slots=1, lead=150, days=400, launch=launch, **laws), "replace_on_failure")
    log = result.events
    (ordered,), (ready,) = log.where(EventKind.ORDERED).time_days, log.where(EventKind.READY).time_days
    flown = float(log.where(EventKind.LAUNCHED).time_days[-1])
    assert (ordered, ready, flown) == pytest.approx((100, 250, 290))
    first, once = ({"order_share": share, "delivery_share": 0, "refund_share": 0} for share in (1.0, 0.0))
    early, late = (
        priced(result, payment=payment, discount={"orbit_per_year": 0.1}).total_usd for payment in (first, once)
    )
    expected = 2 * (1.1 ** (-ordered / YEAR) - 1.1 ** (-flown / YEAR))  # a satellite and its GPU
    assert early - late == pytest.approx(expected, rel=1e-9)


# Levelised cost


def levelised_by_hand(capex: float, yearly: float, gpus: int, years: float, life: float, rate: float) -> float:
    """USD for a GPU-hour of a fleet that never fails, straight-line credit, operations paid by the month."""
    months = np.arange(round(12 * years))
    operations = yearly / 12 * ((1 + rate) ** (-(months + 0.5) / 12)).sum()
    credit = capex * (1 - years / life) * (1 + rate) ** -years
    hours = gpus * 24 * YEAR * (1 - (1 + rate) ** -years) / log(1 + rate)
    return (capex + operations - credit) / hours


@pytest.mark.parametrize("rate", [0.05, 0.1, 0.15])
@pytest.mark.parametrize("years", [1, 3, 5])
def test_levelised_cost_of_a_fleet_that_never_fails(fleet, checked_run, rate, years):
    prices = {"operations_usd_per_year": 6, "bus_usd": 30, "gpu_usd": 2, "discount": {"orbit_per_year": rate}}
    scenario = fleet(
        slots=3, gpus=5, days=years * YEAR, life_days=5 * YEAR, per_flight=3, satellite=NO_PAUSES, economics=prices
    )
    found = measure(checked_run(scenario))["cost_per_available_gpu_hour_usd"]
    capex = 3 * (30 + 5 * 2) + 1
    assert found == pytest.approx(levelised_by_hand(capex, 6, 15, years, 5, rate), rel=1e-6)


def never_failing(fleet, checked_run, years: float, depreciation: str) -> float:
    """Levelised cost of a fleet of five years of life that costs nothing but itself; its one flight is full."""
    prices = {"bus_usd": 30, "gpu_usd": 2, "depreciation": depreciation, **TEN}
    scenario = fleet(
        slots=2, gpus=5, days=years * YEAR, life_days=5 * YEAR, per_flight=2, satellite=NO_PAUSES, economics=prices
    )
    return measure(checked_run(scenario))["cost_per_available_gpu_hour_usd"]


@pytest.mark.parametrize("years", [0.5, 1, 2, 4, 5])
def test_with_an_annuity_the_horizon_does_not_matter(fleet, checked_run, years):
    """It is capital recovery, paid as the hours come: r / (1 - (1 + r)^-5) a year, with r continuous, over 8,766 h."""
    found = never_failing(fleet, checked_run, years, "annuity")
    capex = 2 * (30 + 10) + 1
    assert found == pytest.approx(capex * log(1.1) / (1 - 1.1**-5) / (10 * 24 * YEAR), rel=1e-6)


def test_by_the_straight_line_it_does(fleet, checked_run):
    short, long = (never_failing(fleet, checked_run, years, "straight_line") for years in (1, 5))
    assert short > 1.05 * long


def test_capital_recovery_pays_a_sum_back_with_interest():
    """What is left to pay, year by year, as a bank would have it."""
    for rate, years in ((0.065, 5), (0.065, 14), (0.0, 7), (0.3, 1)):
        left, paid = 1.0, capital_recovery(rate, years)
        for _ in range(years):
            left = left * (1 + rate) - paid
        assert left == pytest.approx(0, abs=1e-12)
        assert paid * annuity(rate, years) == pytest.approx(1)


# Learning


def test_a_progress_ratio_of_1_changes_nothing(busy):
    plain = costs(busy).ledger
    learnt = priced(busy, learning={"progress_ratio": 1, "built_before": 3}).ledger
    assert np.array_equal(learnt.usd, plain.usd)


@pytest.mark.parametrize(("ratio", "before"), [(0.85, 50), (0.85, 1), (0.7, 20)])
def test_satellites_become_cheaper_by_wrights_law(fleet, checked_run, ratio, before):
    """A hundred, one a flight: each costs the first one's price times (number built / before)^log2(ratio)."""
    result = checked_run(fleet(slots=100, gpus=2, days=10, per_flight=1, economics={"bus_usd": 1000}))
    found = priced(result, learning={"progress_ratio": ratio, "built_before": before})
    number = before + np.arange(100) + 0.5
    assert found[Item.SATELLITES] == pytest.approx(1000 * ((number / before) ** log2(ratio)).sum(), rel=1e-9)
    assert found[Item.GPUS] == costs(result)[Item.GPUS]


def test_each_doubling_takes_off_the_same_share(fleet, checked_run):
    """A satellite in orbit is worth what it would cost by now: fifty before and as many since are one doubling."""
    result = checked_run(fleet(slots=50, gpus=1, days=10, per_flight=1, economics={"bus_usd": 1000, "gpu_usd": 0}))
    free = PerFlight(usd=0)
    plain = costs(result, launch_price=free)
    economics = result.scenario.economics.model_dump(mode="json")
    given = {**economics, "learning": {"progress_ratio": 0.85, "built_before": 50}}
    learnt = costs(result, economics=type(result.scenario.economics).model_validate(given), launch_price=free)
    assert learnt[Item.CREDIT] == pytest.approx(0.85 * plain[Item.CREDIT], rel=1e-9)


# Insurance


def test_insurance_pays_back_what_a_failed_flight_loses(busy):
    """The premium is on everything that flies; flight, satellites and GPUs of the failed ones come back whole, and of a
    fleet in place those of the flights beyond the first."""
    log, share = busy.events, 0.06
    launched, lost = log.where(EventKind.LAUNCHED), log.where(EventKind.LAUNCH_FAILED)
    times = np.where(launched.time_days == 0, 1 / 0.7, 1.0)  # what is charged for a fleet in place
    value = times * (1 + 5 * launched.amount)
    back = (1 + 5 * lost.amount).sum() + ((times - 1) * (1 + 5 * launched.amount)).sum()
    on_ground = {"launches": True, "launch_share": share, "orbit_share_per_year": 0}
    found = priced(busy, insurance=on_ground).ledger
    assert found.total(Item.INSURANCE) == pytest.approx(share * value.sum() - back)
    day, usd = found.day[found.item == Item.INSURANCE], found.usd[found.item == Item.INSURANCE]
    assert np.unique(day[usd < 0]).tolist() == np.unique([0.0, *lost.time_days]).tolist()
    none = {"launch_share": 0, "orbit_share_per_year": 0}
    assert priced(busy, insurance=none)[Item.INSURANCE] == 0


def test_a_fair_premium_costs_what_losses_do(busy):
    """With the share of value that was lost as the premium, insurance is neither gain nor loss."""
    log = busy.events
    launched, lost = log.where(EventKind.LAUNCHED), log.where(EventKind.LAUNCH_FAILED)
    times = np.where(launched.time_days == 0, 1 / 0.7, 1.0)
    back = (1 + 5 * lost.amount).sum() + ((times - 1) * (1 + 5 * launched.amount)).sum()
    fair = back / (times * (1 + 5 * launched.amount)).sum()
    assert priced(busy, insurance={"launches": True, "launch_share": fair})[Item.INSURANCE] == pytest.approx(
        0, abs=1e-9
    )


# Orders


def test_what_has_not_flown_is_paid_in_its_shares_on_its_days(fleet, checked_run, written_thresholds):
    """Three die, on days 50, 100 and 180; a successor takes 60 days to build, and no flight leaves before day 1,000."""
    laws = written_thresholds(bus={(0, 0): 50, (1, 0): 100, (2, 0): 180})
    payment = {"order_share": 0.2, "delivery_share": 0.7, "refund_share": 0.25}
    prices = {"bus_usd": 100, "gpu_usd": 10, "payment": payment}
    launch = {"opportunity_interval_days": 1000}
    scenario = fleet(slots=3, gpus=2, lead=60, days=200, launch=launch, economics=prices, **laws)
    result = checked_run(scenario, "replace_on_failure")
    assert result.events.count(EventKind.LAUNCHED) == 1  # the initial fleet
    ledger = costs(result).ledger
    mine = ledger.item == Item.UNFLOWN
    paid = sorted(zip(ledger.day[mine].tolist(), ledger.usd[mine].tolist(), strict=True))
    # The last one is not built on day 200.
    expected = [(50, 24), (100, 24), (110, 84), (160, 84), (180, 24)]
    assert [tuple(np.round(one, 9)) for one in paid] == expected
    refund = ledger.item == Item.REFUND
    assert ledger.usd[refund].sum() == pytest.approx(-0.25 * sum(usd for _, usd in expected))
    assert ledger.day[refund].tolist() == [200]
    assert ledger.total(Item.SATELLITES) == 300


def test_what_flies_is_paid_on_three_days(fleet, checked_run, written_thresholds):
    """Ordered on day 100, built on 250, flown on 290: .3, .5 and .2 of a satellite of 100 USD."""
    laws = written_thresholds(bus={(0, 0): 100})
    launch = {"opportunity_interval_days": 290}
    scenario = fleet(slots=1, lead=150, days=400, launch=launch, economics={"bus_usd": 100}, **laws)
    ledger = costs(checked_run(scenario, "replace_on_failure")).ledger
    mine = (ledger.item == Item.SATELLITES) & ~ledger.initial & (ledger.usd > 0)
    paid = sorted(zip(np.round(ledger.day[mine], 9).tolist(), np.round(ledger.usd[mine], 9).tolist(), strict=True))
    assert paid == [(100, 30), (250, 50), (290, 20)]


# Launches and ends


def test_a_price_by_the_kilogram_is_the_same_however_flights_are_filled(fleet, checked_run):
    """Six of 1 kg in one flight or in six."""
    price = PerKilogram(usd_per_kg=7)
    one, six = (
        costs(checked_run(fleet(slots=6, days=10, per_flight=aboard)), launch_price=price)[Item.LAUNCHES]
        for aboard in (6, 1)
    )
    assert one == six == pytest.approx(42)


def test_each_end_is_disposed_of_once(busy):
    ends = busy.events.where(*ENDS)
    assert len(ends) > 5
    assert costs(busy)[Item.DISPOSAL] == 2 * len(ends)


# Hosts on the ground


def campus_of(**settings: object) -> list[str]:
    set_ = ["campus.hosts=8", "campus.spare_hosts=0", "campus.warm_standbys=0", "campus.facility=null"]
    set_ += [
        "workload.jobs.0.gpus=32",
        "workload.jobs.0.least_fraction=1",
        "economics.bus_usd=100",
        "economics.gpu_usd=10",
    ]
    return set_ + [f"{path.replace('__', '.')}={value}" for path, value in settings.items()]


def test_hosts_are_bought_again_at_the_end_of_their_life():
    def bought(years: float, life: float) -> tuple[float, float]:
        set_ = campus_of(mission__years=years, satellite__design_life_years=life)
        result = sim.run(sim.load("ground_stargate", set_=set_), seed=1)
        money = costs(result)
        return money[Item.SATELLITES] / 800, money[Item.CREDIT] / -(8 * (100 + 4 * 10))

    assert bought(5, 5) == pytest.approx((1, 0))
    assert bought(7.5, 5) == pytest.approx((2, 0.5))
    assert bought(11, 5) == pytest.approx((3, 0.8))


def test_a_gpu_that_dies_after_its_warranty_costs_a_gpu():
    dies = "{kind: exponential, rate_per_year: 0.5}"

    def parts(years: float) -> tuple[float, EventLog]:
        set_ = campus_of(mission__years=4, satellite__design_life_years=10, reliability__gpu=dies)
        set_ += [f"campus.repair.warranty_years={years}", "campus.repair.manual_parts_usd=0"]
        result = sim.run(sim.load("ground_stargate", set_=set_), seed=1)
        return costs(result)[Item.SERVICE_PARTS], result.events

    free, log = parts(10)
    failed = log.time_days[(log.kind == EventKind.HOST_FAILED) & (log.cause == Cause.GPU)]
    assert free == 0
    assert len(failed) > 20
    assert parts(0)[0] == 10 * len(failed)
    assert parts(2)[0] == 10 * np.count_nonzero(failed >= 2 * 365.25)
