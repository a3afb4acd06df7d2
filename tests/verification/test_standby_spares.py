"""Cold, warm and hot spares of the engine against closed forms: survival in store, k of n, machine repair.

Planes are independent samples.  Parts that sleep with the GPUs and end the satellite stand in for the bus, which does
not; spares move at once.
"""

from __future__ import annotations

import numpy as np
import pytest

from sim.events import EventKind
from sim.scenario.models import Scenario
from sim.sparing import machine_repair, standby_mttf
from sim.strategies import Activate, Strategy

YEAR = 365.25
HOT, COLD, WARM = ("hot", 0.0, 1.0), ("cold", 0.0, 0.0), ("cold", 0.4, 0.4)
EACH_STANDBY = pytest.mark.parametrize(("mode", "dormancy", "pace"), [COLD, WARM, HOT], ids=["cold", "warm", "hot"])
"""Mode, dormancy factor, and pace at which spares age."""


def a_fleet(fleet, mode, dormancy, mttf_days, strategies, **given):
    law = {"kind": "exponential", "rate_per_year": YEAR / mttf_days}
    scenario = fleet(
        dormancy=dormancy,
        reliability={"groups": {"part": {"law": law, "stressed": False}}},
        strategies=strategies,
        **given,
    )
    raw = scenario.model_dump(mode="json")
    raw["constellation"]["spares"] = {"mode": mode}
    raw["strategies"] = strategies
    return Scenario.model_validate(raw)


class Wakes(Strategy):
    """Retires nobody, and on day 100 sends all spares that live into the slots that have fallen empty."""

    def decide(self, fleet):
        if not fleet.reviewing or fleet.inbound.any():
            return []
        view = fleet.plane(0)
        return [Activate(a, b, 0.0) for a, b in zip(view.spare_list, view.empty_slots, strict=False)]

    def reviews_every_days(self):
        return 100.0

    def initial_spares(self):
        return 1000


@EACH_STANDBY
def test_a_spare_lives_to_its_activation_with_exp_of_its_pace(fleet, checked_run, mode, dormancy, pace):
    # P = exp(-d lambda t); binomial over spares.  Once awake, all live on with exp(-lambda t).
    mttf, spares = 200.0, 1000
    scenario = a_fleet(fleet, mode, dormancy, mttf, {}, slots=4000, spare_berths=spares, days=160)
    scenario = scenario.model_copy(update={"strategies": {"wakes": Wakes(kind="x")}})
    log = checked_run(scenario, "wakes").events
    sent, ended = log.where(EventKind.ACTIVATED), log.where(EventKind.BUS_FAILED)
    alive, theory = len(sent), np.exp(-pace * 100 / mttf)
    assert abs(alive / spares - theory) < 4 * np.sqrt(theory * (1 - theory) / spares) + 1e-12
    later = np.count_nonzero(np.isin(ended.satellite, sent.satellite))
    lives = np.exp(-60 / mttf)
    assert abs(1 - later / alive - lives) < 4 * np.sqrt(lives * (1 - lives) / alive)


@EACH_STANDBY
def test_a_gang_of_n_with_spares_stops_after_their_losses(fleet, checked_run, mode, dormancy, pace):
    # Sum over s of 1 / (N + d s) / lambda: 3 of 6 with cold, warm and hot spares, in 150 planes.
    needed, spares, mttf, planes = 3, 3, 100.0, 150
    own = {"spares_per_plane": spares, "phasing_days": 0}
    scenario = a_fleet(
        fleet,
        mode,
        dormancy,
        mttf,
        {"overbuild_and_decay": own},
        slots=needed,
        spare_berths=spares,
        shell={"planes": planes},
        days=900,
    )
    log = checked_run(scenario, "overbuild_and_decay").events
    change = np.isin(log.kind, (EventKind.DELIVERED, EventKind.PLACED, EventKind.BUS_FAILED)) & (log.satellites != 0)
    stops = np.full(planes, np.nan)
    for plane in range(planes):
        mine = change & (log.plane == plane)
        days, working = log.time_days[mine], np.cumsum(log.satellites[mine])
        last = np.append(days[1:] > days[:-1], True)  # of changes at one moment the last holds
        stops[plane] = days[last][(working[last] < needed) & (days[last] > 0)][0]
    theory = standby_mttf(needed=needed, spares=spares, rate=1 / mttf, dormancy=pace)
    assert abs(stops.mean() - theory) < 4 * stops.std(ddof=1) / np.sqrt(planes)
    # The test can tell: cold 133 days, warm 104.3, hot 95.
    others = {standby_mttf(needed=needed, spares=spares, rate=1 / mttf, dormancy=d) for d in (0.0, 0.4, 1.0)}
    assert min(abs(theory - other) for other in others - {theory}) > 0.9 * 9


@EACH_STANDBY
def test_machine_repair_with_spares_and_a_crew_for_each(fleet, checked_run, mode, dormancy, pace):
    # One is ordered for each that is lost, at once; exponential leads that run side by side are crews without a queue.
    places, spares, mttf, mttr, planes = 6, 2, 100.0, 40.0, 20
    own = {"spares_per_plane": spares, "reorder_point": spares - 1, "phasing_days": 0, "order_ahead_days": 0}
    scenario = a_fleet(
        fleet,
        mode,
        dormancy,
        mttf,
        {"on_orbit_spares": own},
        slots=places,
        spare_berths=spares,
        shell={"planes": planes},
        lead={"kind": "exponential", "mean_days": mttr},
        days=800,
    )
    log, start, horizon = checked_run(scenario, "on_orbit_spares").events, 200.0, 800.0
    at_work, full = np.empty(planes), np.empty(planes)
    for plane in range(planes):
        mine = (log.plane == plane) & (log.satellites != 0)
        days, working = log.time_days[mine], np.cumsum(log.satellites[mine])
        spent = np.diff(np.clip(np.append(days, horizon), start, horizon)) / (horizon - start)
        at_work[plane], full[plane] = spent @ working, spent @ (working == places)
    crews = places + spares
    theory = machine_repair(places=places, spares=spares, crews=crews, mttf=mttf, mttr=mttr, dormancy=pace)
    for found, expected in ((at_work, theory.operating), (full, theory.all_operating)):
        assert abs(found.mean() - expected) < 4 * found.std(ddof=1) / np.sqrt(planes)
