"""Repair against theory: availability of units with repair, and many machines that wait for few crews."""

import numpy as np
import pytest

from sim.events import EventKind
from sim.fleet import FleetView
from sim.strategies import Action, Service, Strategy

MTTF_H, MTTR_H = 1000.0, 24.0
MACHINES = 100


class AtOnce(Strategy):
    """Send somebody to whatever breaks, at once."""

    def services(self) -> bool:
        return True

    def decide(self, fleet: FleetView) -> list[Action]:
        found = [(plane, fleet.service.satellites(plane)) for plane in fleet.changed.tolist()]
        return [Service(plane, tuple(berths)) for plane, berths in found if berths]


def halls(fleet, *, crews, law, days, machines=MACHINES, **servicing):
    """Halls of one GPU each, which fails after 1,000 hours on average and takes 24 hours of a crew."""
    return fleet(
        slots=machines,
        gpus=1,
        days=days,
        gpu={"kind": "exponential", "rate_per_year": 365.25 * 24 / MTTF_H},
        servicing={
            "kind": "technicians",
            "crews": crews,
            "hours_per_part": MTTR_H,
            "hours_per_visit": 0,
            "travel_hours": 0,
            "shift_share": 1,
            "hours_law": law,
            "success_probability": 1,
            "depot": {"parts": 10_000, "reorder_level": 9_000},
            **servicing,
        },
        strategies={"at_once": {"kind": f"{__name__}:AtOnce"}},
    )


def mean_down(result, from_day):
    """Machines that are down, mean over the time from a day on."""
    log, horizon = result.events, result.horizon_days
    up = (log.gpus * (horizon - np.maximum(log.time_days, from_day))).sum() / (horizon - from_day)
    return MACHINES - up


@pytest.mark.parametrize("law", ["constant", "exponential", "lognormal"])
def test_availability_with_repair_depends_on_the_two_means_alone(fleet, checked_run, law):
    # Alternating renewal, MTTF / (MTTF + MTTR), whatever the law of repair: as many crews as machines.
    runs = [checked_run(halls(fleet, crews=MACHINES, law=law, days=160), "at_once", replicate=r) for r in range(2)]
    down = np.array([mean_down(run, 20) for run in runs])
    theory = MACHINES * MTTR_H / (MTTF_H + MTTR_H)
    # Binomial(100, .0234), independent over about a day: as many such days as runs hold.
    error = np.sqrt(theory * (1 - theory / MACHINES) * 2 / (2 * 140))
    assert abs(down.mean() - theory) < 4 * error


def machine_repair(crews, machines=MACHINES):
    """Mean number of machines down, and utilisation of the crews: the birth-death chain of the M/M/c//M queue."""
    up, mend = 1 / MTTF_H, 1 / MTTR_H
    log_p = np.zeros(machines + 1)
    for i in range(machines):
        log_p[i + 1] = log_p[i] + np.log((machines - i) * up / (min(i + 1, crews) * mend))
    p = np.exp(log_p - log_p.max())
    p /= p.sum()
    return float(p @ np.arange(machines + 1)), float(p @ np.minimum(np.arange(machines + 1), crews)) / crews


def test_the_chain_gives_the_published_values():
    # 100 machines, MTTF 1,000 h, MTTR 24 h, two crews, no spares.
    assert machine_repair(2) == pytest.approx((17.459747726582435, 0.9904830272810103), rel=1e-9)


@pytest.mark.parametrize("crews", [2, 4])
def test_few_crews_keep_as_many_machines_down_as_the_machine_repair_model_says(fleet, checked_run, crews):
    warm = 120 if crews == 2 else 20
    scenario = halls(fleet, crews=crews, law="exponential", days=warm + 200)
    runs = [checked_run(scenario, "at_once", replicate=r) for r in range(4)]
    down, busy = machine_repair(crews)
    found = np.array([mean_down(run, warm) for run in runs])
    # The number down strays by some two from its mean, for some three days with four crews, forty with two.
    error = 4.0 * np.sqrt(2 * 40 / 800) if crews == 2 else 2.1 * np.sqrt(2 * 3 / 800)
    assert abs(found.mean() - down) < 4 * error
    assert error < 0.1 * down
    visits = [run.events.where(EventKind.VISITED) for run in runs]
    hours = np.array([visit.amount[visit.time_days > warm].sum() for visit in visits])
    share = hours / (200 * 24 * crews)
    assert abs(share.mean() - busy) < 4 / np.sqrt(sum(len(visit) for visit in visits)) * busy


def test_every_failed_operation_is_tried_again_and_uses_a_cartridge(fleet, checked_run):
    # Tries until success are geometric: 1 / p cartridges for each GPU that comes back, and MTTR / p hours.
    runs = [
        checked_run(
            halls(fleet, crews=MACHINES, law="constant", days=120, success_probability=0.6), "at_once", replicate=r
        )
        for r in range(2)
    ]
    used = sum(run.events.total(EventKind.PARTS_USED) for run in runs)
    back = sum(run.events.total(EventKind.SERVICED) for run in runs)
    assert abs(back / used - 0.6) < 4 * np.sqrt(0.6 * 0.4 / used)
    down = np.mean([mean_down(run, 20) for run in runs])
    theory = MACHINES * (MTTR_H / 0.6) / (MTTF_H + MTTR_H / 0.6)
    assert abs(down - theory) < 4 * np.sqrt(theory * 3.4 / (2 * 100))
