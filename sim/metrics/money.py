"""What a run cost and was worth: payments and useful work, each by its value on the mission's first day."""

from __future__ import annotations

from math import nan

import numpy as np
from numpy.typing import NDArray

from sim.constants import DAYS_PER_YEAR, HOURS_PER_DAY
from sim.economics import Costs, Item, costs, mean_discount, tessac
from sim.events import NONE, Cause, EventKind
from sim.metrics.carbon import carbon_kg
from sim.metrics.series import online_capacity
from sim.metrics.trained import ratio
from sim.result import Result

Floats = NDArray[np.float64]

KILO = 1000.0


def money(result: Result, known: dict[str, float]) -> dict[str, float]:
    """The metrics of one run that depend on prices.

    `known`: its metrics `useful_gpu_hours`, `served_gpu_hours`, and `tokens` and `tokens_served`.
    """
    scenario, spent = result.scenario, costs(result)
    useful, served = known["useful_gpu_hours"], known["served_gpu_hours"]
    starts, ends, hours = useful_spans(result)
    value = mean_discount(starts, ends, spent.rate_per_year)
    later_hours = float(hours @ value)
    wanted = served / useful if useful else 0.0
    price, works = scenario.service.value_usd_per_gpu_hour, scenario.workload.uses_gpus
    left = value_by_age(result, (starts + ends) / 2, scenario.service.value_decline_per_year)
    worth = float(hours @ (value * left)) * wanted * price
    total = spent.total_usd
    tokens = np.nansum([known["tokens"], known["tokens_served"]]) * (later_hours / useful if useful else 0.0)
    available = discounted_gpu_hours(result, spent.rate_per_year)
    return {
        **_tessac(result.steady, scenario.mission.warm_up_days),
        **_steady(result, spent, starts, ends, hours),
        "servicing_cost_usd": spent.servicing_usd,
        "total_cost_usd": total,
        "undiscounted_cost_usd": spent.undiscounted_usd,
        "total_cost_uncredited_usd": spent.total_uncredited_usd,
        "discounted_useful_gpu_hours": later_hours,
        "discounted_served_gpu_hours": later_hours * wanted,
        "discounted_available_gpu_hours": available,
        "discounted_pflop_hours": later_hours * scenario.satellite.gpu.peak_pflops,
        "discounted_million_tokens": tokens / 1e6 if tokens else nan,
        "discounted_energy_mwh": available * scenario.satellite.gpu.peak_w / 1e6,
        "net_cost_usd": total - later_hours * wanted * price if works else nan,
        "net_present_value_usd": worth - total if works else nan,
        "cost_per_useful_gpu_hour_usd": ratio(total, later_hours),
        "cost_per_available_gpu_hour_usd": ratio(total, available),
        "cost_per_pflop_hour_usd": ratio(total, later_hours * scenario.satellite.gpu.peak_pflops),
        "cost_per_million_tokens_usd": ratio(total, tokens / 1e6),
        "cost_per_mwh_usd": ratio(total, available * scenario.satellite.gpu.peak_w / 1e6),
        "launched_power_usd_per_kw_year": _launched_power(result, spent),
        **carbon_kg(result, useful),
    }


def useful_spans(result: Result) -> tuple[Floats, Floats, Floats]:
    """(first day, last day, GPU-hours) of each piece of useful work, which is taken to be done evenly in between.

    A piece of training reaches back to the job's start or the piece before, output sold to the service's piece before.
    """
    log = result.events
    found = []
    for kinds, marks in (
        ((EventKind.COMMITTED,), (EventKind.COMMITTED, EventKind.JOB_STARTED)),
        ((EventKind.SERVED,), (EventKind.SERVED,)),
    ):
        rows = np.flatnonzero(log.of(*marks))
        rows = rows[np.lexsort((log.time_days[rows], log.job[rows]))]
        day, job = log.time_days[rows], log.job[rows]
        before = _days_before(day, job)
        keep = np.isin(log.kind[rows], kinds)
        found.append((before[keep], day[keep], log.amount[rows][keep]))
    starts, ends, hours = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return starts, ends, hours


def _days_before(day: Floats, job: NDArray[np.integer]) -> Floats:
    """Of each row the day of its job's rows before, 0 where there are none; in the order of jobs, then of days.

    Rows of one day, such as those of several planes, have the same days behind them.
    """
    if len(day) == 0:
        return day
    first = np.append(True, (job[1:] != job[:-1]) | (day[1:] != day[:-1]))
    days, jobs = day[first], job[first]
    same = np.append(False, jobs[1:] == jobs[:-1])
    before: Floats = np.where(same, np.append(0.0, days[:-1]), 0.0)
    return np.asarray(before[np.cumsum(first) - 1])


def value_by_age(result: Result, days: Floats, decline_per_year: float) -> Floats:
    """Worth of an hour on the fleet's GPUs on mission days over that on new ones, mean over those at work.

    A GPU is as old as its satellite, or as the visit that brought it; which of a satellite's GPUs die is not looked at.
    """
    log = result.events
    if decline_per_year == 0 or len(days) == 0:
        return np.ones(len(days))
    born = np.zeros(max(int(log.satellite.max(initial=NONE)), 0) + 1)
    arrived = log.of(EventKind.DELIVERED, EventKind.STORED)
    born[log.satellite[arrived]] = log.time_days[arrived]
    change = log.gpus
    if result.scenario.in_blocks:
        # Who lost which GPU is not known: all satellites are taken to have lost as many.
        gpus = np.array([result.scenario.with_design(name).satellite.gpus for name in result.scenario.design_names])
        change = log.satellites * gpus[log.design]
    rows = np.flatnonzero(change)
    since = born[log.satellite[rows]]
    since = np.where(log.kind[rows] == EventKind.SERVICED, log.time_days[rows], since)
    k = -np.log1p(-decline_per_year) / DAYS_PER_YEAR
    at = np.searchsorted(log.time_days[rows], days, side="right")
    weighted = np.append(0.0, np.cumsum(change[rows] * np.exp(k * since)))[at]
    alive = np.append(0, np.cumsum(change[rows]))[at]
    # What gangs commit after their last GPU has gone was done by GPUs as old as the mission.
    youth = np.divide(weighted, alive, out=np.ones(len(days)), where=alive > 0)
    return np.asarray(np.clip(youth * np.exp(-k * days), 0.0, 1.0), float)


def discounted_gpu_hours(result: Result, rate_per_year: float) -> float:
    """Integral of online capacity over the horizon at its value on the first day, GPU-hours."""
    times, gpus = online_capacity(result)
    ends = np.append(times[1:], result.horizon_days)
    return float((gpus * (ends - times)) @ mean_discount(times, ends, rate_per_year)) * HOURS_PER_DAY


def _steady(result: Result, spent: Costs, starts: Floats, ends: Floats, hours: Floats) -> dict[str, float]:
    """Cost and useful work between warm-up and wind-down, undiscounted and without credits; NaN without a warm-up."""
    mission = result.scenario.mission
    first, last = mission.warm_up_days, mission.orders_until_day
    names = ("steady_cost_usd", "steady_useful_gpu_hours", "steady_cost_per_useful_gpu_hour_usd")
    if not mission.warm_up_days:
        return dict.fromkeys(names, nan)
    paid = spent.ledger.without(Item.CREDIT, Item.REFUND, Item.DEVELOPMENT).between(first, last).total()
    inside = np.clip(np.minimum(ends, last) - np.maximum(starts, first), 0.0, None)
    share = np.divide(
        inside, ends - starts, out=((starts >= first) & (ends <= last)).astype(float), where=ends > starts
    )
    useful = float(hours @ share)
    return dict(zip(names, (paid, useful, ratio(paid, useful)), strict=True))


def _launched_power(result: Result, spent: Costs) -> float:
    """Launches of the deployment for each kW of the satellites' GPUs and each year of their design life, USD."""
    scenario = result.scenario
    if scenario.campus:
        return nan
    ledger = spent.ledger
    usd = float(ledger.usd[(ledger.item == Item.LAUNCHES) & ledger.initial].sum())
    log = result.events
    first = log.of(EventKind.LAUNCHED) & (log.cause == Cause.DEPLOYMENT)
    kw = float(log.amount[first].sum()) * scenario.satellite.gpus * scenario.satellite.gpu.peak_w / KILO
    return ratio(usd, kw * scenario.satellite.design_life_years)


def _tessac(result: Result, start: float) -> dict[str, float]:
    """The annual cost of sparing and its parts."""
    found = tessac(result, start)
    return {
        "tessac_usd_per_year": found.total,
        "tessac_manufacturing_usd_per_year": found.manufacturing,
        "tessac_holding_usd_per_year": found.holding,
        "tessac_launch_usd_per_year": found.launch,
        "tessac_manoeuvring_usd_per_year": found.manoeuvring,
    }
