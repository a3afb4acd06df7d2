"""What a campus stands in costs: construction, plant, network, energy by what ran, staff; and a year at full use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.constants import DAYS_PER_YEAR, HOURS_PER_DAY
from sim.economics.bill import Bill
from sim.economics.ledger import Entry, Item, capital_recovery, monthly, value_left
from sim.events import EventKind, EventLog
from sim.result import Result
from sim.scenario.campus import Campus
from sim.scenario.facility import MONTH_DAYS, Facility
from sim.scenario.models import Scenario

Floats = NDArray[np.float64]

HOURS_PER_YEAR = DAYS_PER_YEAR * HOURS_PER_DAY
W_PER_MW = 1e6

AT_WORK = (EventKind.COMMITTED, EventKind.CHECKPOINTED, EventKind.LOST, EventKind.UNCOMMITTED)
"""Time of a job in which its GPUs draw what they draw at work."""
WAITING = (EventKind.RESTARTED, EventKind.WAITED)
"""Time of a job in which they draw what they draw when idle."""
SERVING = (EventKind.SERVED, EventKind.UNSOLD, EventKind.CUT_SHORT)
"""GPU-hours of services."""


def facility_entries(
    result: Result, campus: Campus, rate_per_year: float, *, as_annuity: bool = False
) -> Iterator[Entry]:
    """Payments for what a campus stands in, in a run; none where it has no facility.

    `rate_per_year`, `as_annuity`: what the life left at the horizon is worth by.  What falls due after the horizon is
    not paid.
    """
    facility, scenario, horizon = campus.facility, result.scenario, result.horizon_days
    if facility is None:
        return
    watts, days = _watts(scenario, campus), campus.power_days
    for item, usd_per_w, life_years in (
        (Item.FACILITY, _construction_usd_per_w(facility), facility.life_years),
        (Item.NETWORK, facility.network_usd_per_w, scenario.satellite.design_life_years),
    ):
        if usd_per_w:
            for power_day, hosts in zip(*np.unique(days, return_counts=True), strict=True):
                usd = usd_per_w * watts * float(hosts) / campus.all_hosts
                when = _paid_on(float(power_day), facility)
                when = when[when <= horizon]
                paid = usd * len(when) / _payments(facility)
                yield Entry(item, when, np.full(len(when), usd / _payments(facility)), True)
                age = max(0.0, horizon - float(power_day)) / DAYS_PER_YEAR
                left = float(value_left(age, life_years, rate_per_year, as_annuity=as_annuity))
                yield Entry(Item.CREDIT, horizon, -paid * left)
    middles, kwh = it_kwh(result)
    yield Entry(Item.ENERGY, middles, kwh * _energy_usd_per_it_kwh(scenario, facility, horizon))
    order = np.sort(days)
    _, powered = monthly(order, np.full(len(order), watts / W_PER_MW / campus.all_hosts), horizon)
    yield Entry(Item.STAFF, middles, powered * facility.staff_usd_per_mw_year)


def it_kwh(result: Result) -> tuple[Floats, Floats]:
    """Middles of the months, and the energy that the hosts of a campus drew in each, kWh.

    Hosts in the pool draw idle power, those at work `utilisation` of the peak; those in repair and those that do other
    work are not its own.
    """
    scenario, log = result.scenario, result.events
    campus, gpu = scenario.campus, scenario.satellite.gpu
    assert campus is not None
    assert campus.facility is not None
    middles, there = monthly(log.time_days, log.gpus, result.horizon_days)
    busy = np.diff(_busy_gpu_hours(result, _month_edges(result.horizon_days)))
    at_work_w = campus.facility.utilisation * gpu.peak_w
    return middles, (there * HOURS_PER_YEAR * gpu.idle_w + busy * (at_work_w - gpu.idle_w)) / 1000


def drawn_kwh(result: Result) -> float:
    """Energy that a campus with a facility drew in a run, cooling and losses among it, kWh."""
    scenario = result.scenario
    assert scenario.campus is not None
    assert scenario.campus.facility is not None
    pue = scenario.campus.facility.mean_pue(scenario.mission.start, _month_edges(result.horizon_days))
    return float((it_kwh(result)[1] * pue).sum())


@dataclass(frozen=True)
class FullUse:
    """A campus whose GPUs all work all year, at the prices of the mission's middle."""

    gpus: int
    """GPUs of the working pool: spare hosts cost and do not count."""
    it_mw: float
    """Power of all hosts, those of the spare pool among them."""
    pue: float
    """Mean of a year."""
    capex_usd: Mapping[str, float]
    """By part."""
    capital_usd_per_year: float
    """What recovers all that over its life, hosts and network over theirs, the rest over the facility's."""
    energy_usd_per_kwh: float
    energy_usd_per_year: float
    staff_usd_per_year: float

    @property
    def usd_per_year(self) -> float:
        """All of it."""
        return self.capital_usd_per_year + self.energy_usd_per_year + self.staff_usd_per_year

    @property
    def usd_per_gpu_hour(self) -> float:
        """Levelised cost of a GPU-hour."""
        return self.usd_per_year / (self.gpus * HOURS_PER_YEAR)


def full_use(scenario: Scenario, bill: Bill, rate_per_year: float) -> FullUse | None:
    """The campus of a scenario at full use; `bill` of a host; none where it has no facility."""
    campus = scenario.campus
    facility = None if campus is None else campus.facility
    if campus is None or facility is None:
        return None
    watts, mission = _watts(scenario, campus), scenario.mission
    year = np.array([0.0, DAYS_PER_YEAR])
    pue = float(facility.mean_pue(mission.start, year)[0])
    price = float(facility.supply.energy_usd_per_kwh(mission.start_year + mission.years / 2))
    built = {
        "shell": facility.shell_usd_per_w * watts,
        "electrical": facility.electrical_usd_per_w * watts,
        "cooling": facility.cooling_usd_per_w * watts,
        "power_plant": facility.plant_usd_per_w * watts,
    }
    bought = {"hosts": campus.all_hosts * bill.usd, "network": facility.network_usd_per_w * watts}
    host_life, life = scenario.satellite.design_life_years, facility.life_years
    kwh = campus.hosts * scenario.satellite.gpus * scenario.satellite.gpu.peak_w / 1000 * HOURS_PER_YEAR
    return FullUse(
        gpus=campus.hosts * scenario.satellite.gpus,
        it_mw=watts / W_PER_MW,
        pue=pue,
        capex_usd=bought | built,
        capital_usd_per_year=sum(bought.values()) * capital_recovery(rate_per_year, host_life)
        + sum(built.values()) * capital_recovery(rate_per_year, life),
        energy_usd_per_kwh=price,
        energy_usd_per_year=kwh * facility.utilisation * pue * price,
        staff_usd_per_year=watts / W_PER_MW * facility.staff_usd_per_mw_year,
    )


def _watts(scenario: Scenario, campus: Campus) -> float:
    """Peak power of all hosts."""
    return campus.all_hosts * scenario.satellite.gpus * scenario.satellite.gpu.peak_w


def _construction_usd_per_w(facility: Facility) -> float:
    """Building, cooling and all power plant, USD for each W of IT."""
    return facility.construction_usd_per_w + facility.plant_usd_per_w


def _payments(facility: Facility) -> int:
    """Months over which construction is paid for."""
    return max(1, int(np.ceil(facility.build_months)))


def _paid_on(power_day: float, facility: Facility) -> Floats:
    """Days on which construction is paid for that ends with power on a day."""
    begins = max(0.0, power_day - facility.build_months * MONTH_DAYS)
    count = _payments(facility)
    return begins + (np.arange(count) + 0.5) * (power_day - begins) / count


def _month_edges(horizon: float) -> Floats:
    """The months of `monthly`."""
    return np.append(np.arange(0.0, horizon, MONTH_DAYS), horizon)


def _energy_usd_per_it_kwh(scenario: Scenario, facility: Facility, horizon: float) -> Floats:
    """What a kWh of IT costs in each month, what cools it among it."""
    edges = _month_edges(horizon)
    years = scenario.mission.start_year + (edges[1:] + edges[:-1]) / 2 / DAYS_PER_YEAR
    return facility.mean_pue(scenario.mission.start, edges) * facility.supply.energy_usd_per_kwh(years)


def _busy_gpu_hours(result: Result, edges: Floats) -> Floats:
    """GPU-hours of work up to each of some days.

    Rows of a job that end on one day fill the time before it; those of a service are of the 30 days before them, and
    count on their day.
    """
    log = result.events
    total = np.zeros(len(edges))
    arrived = log.where(EventKind.JOB_ARRIVED)
    for job, gpus in zip(arrived.job.tolist(), arrived.amount.tolist(), strict=True):
        total += _of_job(log.where(*AT_WORK, *WAITING), job, gpus, edges)
    served = log.where(*SERVING)
    done = np.concatenate([[0.0], np.cumsum(served.amount)])
    return np.asarray(total + done[np.searchsorted(served.time_days, edges, side="right")], float)


def _of_job(rows: EventLog, job: int, gpus: float, edges: Floats) -> Floats:
    """GPU-hours of work of one job up to each of some days."""
    mine = rows.job == job
    ends, which = np.unique(rows.time_days[mine], return_inverse=True)
    hours, works = rows.amount[mine], np.isin(rows.kind[mine], AT_WORK)
    begins = ends - np.bincount(which, hours, minlength=len(ends)) / (gpus * HOURS_PER_DAY)
    busy = np.bincount(which, hours * works, minlength=len(ends))
    if len(ends) == 0:
        return np.zeros(len(edges))
    done = np.cumsum(busy)
    days = np.maximum.accumulate(np.stack([begins, ends], axis=1).ravel())  # but for rounding they are in order
    return np.asarray(np.interp(edges, days, np.stack([done - busy, done], axis=1).ravel()))
