"""Costs of a small log, worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from sim.economics import Bill, Flights, Item, costs, working_satellite_years
from sim.environment import Capacity, Environment
from sim.events import Cause, EventKind, EventRecorder
from sim.launch import PerFlight, PerKilogram
from sim.result import Controls, Result
from sim.scenario.models import Economics, Launched, Scenario

DAYS = 365.25


def scenario(days: float = 100.0) -> Scenario:
    """Two planes of two slots; a satellite: 10 GPUs of 10 USD, 500 kg at 2 USD/kg, 1,000 USD, 200 days of life."""
    shell = {"kind": "walker", "altitude_km": 600, "inclination_deg": 53, "planes": 2, "satellites_per_plane": 2}
    rate = {"kind": "exponential", "rate_per_year": 0.1}
    price = {"kind": "per_kg", "usd_per_kg": 2}
    vehicle = {"name": "rocket", "capacity_kg": 1000, "price": price, "success_probability": 1}
    return Scenario.model_validate(
        {
            "name": "by-hand",
            "mission": {"start": "2027-01-01", "years": days / DAYS},
            "constellation": {"shells": [shell], "spare_berths_per_plane": 1},
            "satellite": {"gpus": 10, "mass_kg": 500, "design_life_years": 200 / DAYS},
            "reliability": {"gpu": rate, "bus": rate},
            "launch": {"vehicle": vehicle, "lead_time_days": {"kind": "constant", "days": 10}},
            "economics": {
                "bus_usd": 1000,
                "gpu_usd": 10,
                "operations_usd_per_year": 3652.5,
                "operations_usd_per_satellite_year": 365.25,
                "discount": {"orbit_per_year": 0},
            },
        }
    )


def result_of(log: EventRecorder, days: float = 100.0) -> Result:
    none = Controls((), np.zeros(0), np.zeros(0))
    events = log.finish()
    light, all_the_same = (Capacity(np.zeros(1), np.ones(1)),), np.zeros(events.satellite.max(initial=-1) + 1, np.intp)
    of = scenario(days)
    built = Environment.build(of)
    return Result(of, "by_hand", 1, 0, (2, 2), light, all_the_same, events, none, built.parts, built.rooms, ())


@pytest.fixture
def by_hand() -> Result:
    """Eight satellites: one failed, one retired, one lost at launch, one stored and placed, one in transit.

    Of seven on order two wait for a flight and one is not built.
    """
    log = EventRecorder()
    add, kind = log.append, EventKind
    add(0, kind.LAUNCHED, cause=Cause.DEPLOYMENT, plane=0, satellite=0, amount=2)
    add(0, kind.LAUNCHED, cause=Cause.DEPLOYMENT, plane=1, satellite=2, amount=2)
    add(0, kind.DELIVERED, plane=0, satellite=0, satellites=1, gpus=10, amount=200)
    add(0, kind.DELIVERED, plane=0, satellite=1, satellites=1, gpus=10, amount=200)
    add(10, kind.DELIVERED, plane=1, satellite=2, satellites=1, gpus=10, amount=200)
    add(10, kind.DELIVERED, plane=1, satellite=3, satellites=1, gpus=10, amount=200)
    add(20, kind.GPU_FAILED, cause=Cause.GPU, plane=0, satellite=0, gpus=-1)
    add(40, kind.BUS_FAILED, cause=Cause.BUS, plane=1, satellite=2, satellites=-1, gpus=-10)
    add(41, kind.ORDERED, plane=1, amount=7)
    add(45, kind.READY, plane=1, amount=6)
    add(50, kind.LAUNCHED, plane=1, satellite=4, amount=1)
    add(50, kind.LAUNCH_FAILED, plane=1, satellite=4, amount=1)
    add(60, kind.LAUNCHED, plane=1, satellite=5, amount=2)
    add(70, kind.DELIVERED, plane=1, satellite=5, satellites=1, gpus=10, amount=200)
    add(70, kind.STORED, plane=1, satellite=6, amount=200)
    add(75, kind.GPU_FAILED, cause=Cause.GPU, plane=1, satellite=6)
    add(80, kind.RETIRED, cause=Cause.END_OF_LIFE, plane=1, satellite=3, satellites=-1, gpus=-10)
    add(80, kind.ACTIVATED, plane=1, satellite=6, amount=10)
    add(90, kind.PLACED, plane=1, satellite=6, satellites=1, gpus=9)
    add(95, kind.LAUNCHED, plane=0, satellite=7, amount=1)
    return result_of(log)


def test_a_fleet_in_place_is_charged_the_flights_that_bring_it_up(by_hand: Result) -> None:
    """With four flights in five that deliver, 1.25 for each of the initial ones, satellites aboard included."""
    vehicle = by_hand.scenario.launch.vehicle.model_copy(update={"success_probability": 0.8})
    launch = by_hand.scenario.launch.model_copy(update={"vehicle": vehicle})
    fails = replace(by_hand, scenario=by_hand.scenario.model_copy(update={"launch": launch}))
    sure, risky = costs(by_hand), costs(fails)
    assert risky.deployment_usd == pytest.approx(1.25 * sure.deployment_usd)
    more = risky[Item.SATELLITES] + risky[Item.GPUS] + risky[Item.LAUNCHES]
    assert more - (sure[Item.SATELLITES] + sure[Item.GPUS] + sure[Item.LAUNCHES]) == pytest.approx(
        0.25 * sure.deployment_usd
    )
    assert risky[Item.CREDIT] == pytest.approx(sure[Item.CREDIT])
    flown = replace(fails, scenario=fails.scenario.model_copy(update={"deployment": Launched()}))
    assert costs(flown).deployment_usd == pytest.approx(sure.deployment_usd)  # its failures are in the log


def test_a_fleet_that_no_flight_brings_up_cannot_stand_in_place() -> None:
    tree = scenario().model_dump(mode="json")
    tree["launch"]["vehicle"]["success_probability"] = 0
    with pytest.raises(ValidationError, match=r"with launch.vehicle.success_probability 0 no number of flights does"):
        Scenario.model_validate(tree)


def test_costs_worked_out_by_hand(by_hand: Result) -> None:
    # Credit, each (bus 1000 + flight share 1000 + GPUs alive x 10) x life left of 200 days:
    #   0: age 100, 9 GPUs: 2090 x .5 = 1045       1: age 100: 2100 x .5 = 1050
    #   5: age 30: 2100 x .85 = 1785               6: age 30 (from its storing), 9 GPUs: 2090 x .85 = 1776.5
    #   7: in transit: 2100                        2 failed, 3 retired, 4 lost: nothing
    # Satellites at work: 2 for 10 days, 4 for 30, 3 for 30, 4 for 10, 3 for 10, 4 for 10: 340 satellite-days.
    found = costs(by_hand)
    assert working_satellite_years(by_hand) == pytest.approx(340 / DAYS)
    assert found[Item.SATELLITES] == 8000
    assert found[Item.GPUS] == 800
    assert found[Item.LAUNCHES] == 8000
    assert found[Item.OPERATIONS] == pytest.approx(1000 + 340)
    assert found.deployment_usd == 4 * (1000 + 100 + 1000)
    assert -found[Item.CREDIT] == pytest.approx(1045 + 1050 + 1785 + 1776.5 + 2100)
    # Three that never fly, at 1,100 each: .3 paid with the order, and .5 more for the two that are built.
    assert found[Item.UNFLOWN] == pytest.approx(1100 * (3 * 0.3 + 2 * 0.5))
    assert -found[Item.REFUND] == pytest.approx(0.5 * 2090)
    assert found.total_uncredited_usd == pytest.approx(18140 + 2090)
    assert found.total_usd == pytest.approx(18140 + 2090 - 1045 - 7756.5)


def test_a_sweep_over_prices_reruns_nothing(by_hand: Result) -> None:
    # 5 flights of 3000.  Shares: 1500 for satellites 0, 1, 5, 6, and for 7: alone on a flight with room for two, it is
    # replaced for 1500.
    found = costs(by_hand, launch_price=PerFlight(usd=3000))
    assert found[Item.LAUNCHES] == 15000
    assert found.deployment_usd == 6000 + 4 * 1100
    credit = (2500 + 90) * 0.5 + (2500 + 100) * 0.5 + (2500 + 100) * 0.85 + (2500 + 90) * 0.85 + 2600
    assert -found[Item.CREDIT] == pytest.approx(credit)
    # Only GPUs have a price: 80 of them, less 9 and 10 at .5, 10 and 9 at .85, 10 whole.
    gpus = costs(by_hand, economics=Economics(bus_usd=0, gpu_usd=1), launch_price=PerKilogram(usd_per_kg=0))
    unflown, credit = 10 * 1.9, 19 * 0.5 + 19 * 0.85 + 10
    expected = {Item.GPUS: 80.0, Item.UNFLOWN: unflown, Item.REFUND: -unflown / 2, Item.CREDIT: -credit}
    assert {item: usd for item, usd in gpus.ledger.by_item().items() if usd} == pytest.approx(expected)
    assert gpus.deployment_usd == 40


def test_flights(by_hand: Result) -> None:
    flights = Flights.of(by_hand)
    assert flights.satellites.tolist() == [2, 2, 1, 2, 1]
    assert flights.first_satellite.tolist() == [0, 2, 4, 5, 7]
    assert flights.deployment.tolist() == [True, True, False, False, False]
    bill = Bill(parts_usd={}, given_usd=1, gpu_usd=1, positions=1, mass_kg=500)
    assert flights.price_usd([PerKilogram(usd_per_kg=2)], [bill], 2027).tolist() == [2000, 2000, 1000, 2000, 1000]


def test_no_credit_past_the_design_life() -> None:
    log = EventRecorder()
    log.append(0, EventKind.LAUNCHED, plane=0, satellite=0, amount=1)
    log.append(0, EventKind.DELIVERED, plane=0, satellite=0, satellites=1, gpus=10, amount=200)
    assert -costs(result_of(log, 150.0))[Item.CREDIT] == pytest.approx(2100 * 0.25)
    assert -costs(result_of(log, 200.0))[Item.CREDIT] == pytest.approx(0.0, abs=1e-9)
    assert -costs(result_of(log, 300.0))[Item.CREDIT] == 0.0


def test_a_spare_that_dies_on_its_way_has_no_value() -> None:
    log = EventRecorder()
    log.append(0, EventKind.LAUNCHED, plane=0, satellite=0, amount=1)
    log.append(0, EventKind.STORED, plane=0, satellite=0, amount=200)
    log.append(10, EventKind.ACTIVATED, plane=0, satellite=0, amount=20)
    assert -costs(result_of(log))[Item.CREDIT] == pytest.approx(2100 * 0.5)  # phasing at the horizon
    log.append(15, EventKind.BUS_FAILED, plane=0, satellite=0)
    assert -costs(result_of(log))[Item.CREDIT] == 0.0


def test_a_fleet_without_flights_pays_operations_only() -> None:
    found = costs(result_of(EventRecorder()))
    assert found[Item.OPERATIONS] == pytest.approx(1000.0)
    assert found.total_usd == pytest.approx(1000.0)


def test_what_the_propellant_ends_early_is_worth_less() -> None:
    """The log says how long each life is planned to be: 60 days of propellant in place of 200 of design life."""
    log = EventRecorder()
    log.append(0, EventKind.LAUNCHED, plane=0, satellite=0, amount=1)
    log.append(70, EventKind.DELIVERED, plane=0, satellite=0, satellites=1, gpus=10, amount=60)
    assert -costs(result_of(log))[Item.CREDIT] == pytest.approx(2100 * 0.5)


def test_the_engine_tells_planned_lives_and_orders(fleet, checked_run) -> None:
    """Ordered and on its way when the study ends: paid in part, and never free."""
    yearly = {"kind": "exponential", "rate_per_year": 1}
    result = checked_run(fleet(slots=20, gpus=4, bus=yearly, lead=200, life_days=3000), "replace_on_failure")
    arrived = result.events.where(EventKind.DELIVERED)
    assert arrived.amount == pytest.approx(3000)
    waiting = result.events.total(EventKind.ORDERED) - result.events.total(EventKind.READY)
    bill = result.scenario.economics
    assert waiting > 0
    assert costs(result)[Item.UNFLOWN] == pytest.approx(0.3 * waiting * (bill.bus_usd + 4 * bill.gpu_usd))


def test_spare_gpus_aboard_are_paid_for(fleet, checked_run):
    plain, spared = (
        costs(checked_run(fleet(slots=3, gpus=4, satellite={"spare_gpus": spares})))[Item.GPUS] for spares in (0, 2)
    )
    assert (plain, spared) == (12, 18)


def test_the_gpus_that_fly_bear_those_that_died_on_the_ground(fleet, checked_run):
    law = {"kind": "bathtub", "infant_loss_fraction": 0.2, "infant_days": 50}
    burned = costs(checked_run(fleet(slots=3, gpus=4, gpu=law, reliability={"gpu_burn_in_days": 50})))[Item.GPUS]
    assert burned == pytest.approx(12 / 0.8)


def test_what_a_host_takes_with_it_is_worth_nothing(fleet, checked_run):
    host = {"gpus": 4, "law": {"kind": "exponential", "rate_per_year": 1000}}
    fresh, dead = (
        -costs(checked_run(fleet(slots=2, gpus=8, reliability={"groups": groups})))[Item.CREDIT]
        for groups in ({}, {"host": host})
    )
    # Two satellites lose sixteen GPUs of 1 USD each, of which 99 % of the life is left.
    assert fresh - dead == pytest.approx(16 * 0.99)
