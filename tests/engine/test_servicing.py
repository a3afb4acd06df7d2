"""Servicers at work, day by day: what is mended, by whom, and with what."""

import numpy as np
import pytest

from sim.engine.run import Run
from sim.environment import Environment
from sim.errors import InputError, ScenarioError
from sim.events import Cause, EventKind
from sim.fleet import FleetView
from sim.strategies import Action, Service, Strategy
from sim.streams import Streams

QUICK = {
    "kind": "robots",
    "hours_per_visit": 24,
    "hours_per_part": 12,
    "hours_per_loop": 48,
    "hours_per_day": 24,
    "rendezvous_days": 1,
    "hop_m_s": 1000,
    "success_probability": 1,
    "life": {"kind": "exponential", "rate_per_year": 0},
    "dry_kg": 1,
    "propellant_kg": 1,
    "cartridge": {"kg_per_gpu": 0.001},
}
HOPS = {**QUICK, "propellant_kg": 900, "isp_s": 10_000}


class AtOnce(Strategy):
    """Send somebody to whatever breaks, at once."""

    def services(self) -> bool:
        return True

    def decide(self, fleet: FleetView) -> list[Action]:
        found = [(plane, fleet.service.satellites(plane)) for plane in fleet.changed.tolist()]
        return [Service(plane, tuple(berths)) for plane, berths in found if berths and fleet.service.reached[plane]]


AT_ONCE = {"at_once": {"kind": f"{__name__}:AtOnce"}}
SERVICE = (
    EventKind.GPU_FAILED,
    EventKind.GROUP_FAILED,
    EventKind.TRAY_OFF,
    EventKind.SERVICED,
    EventKind.VISITED,
    EventKind.SWITCHED_IN,
)


@pytest.fixture
def lasting(monkeypatch):
    """What servicers put in outlasts the mission."""

    def uniforms(streams, cohort, wanted):
        return np.full((sum(len(one.units) for one in wanted), 4), 1e-300)

    monkeypatch.setattr("sim.engine.successors._uniforms", uniforms)


def days_of(result, kind):
    return np.round(result.events.where(kind).time_days, 1).tolist()


def test_a_robot_flies_out_works_and_brings_a_gpu_back(fleet, checked_run, written_thresholds, lasting, log):
    laws = written_thresholds(gpu={(0, 0, 2): 100, (1, 0, 0): 200, (1, 0, 1): 200.5})
    scenario = fleet(slots=2, gpus=4, servicing=HOPS, strategies=AT_ONCE, **laws)
    result = checked_run(scenario, "at_once")
    rows = result.events.where(*SERVICE)
    # A day of flight, 24 hours of visit and 12 for the GPU; half a turn along the plane takes a quarter of a day.
    quarter = 2 / 3 * np.pi * 6978.137 / 86400
    assert rows.time_days == pytest.approx(
        [100, 102.5, 102.5, 200, 200.5, 200 + quarter + 3, 200 + quarter + 3], abs=1e-3
    )
    assert rows.gpus.tolist() == [-1, 0, 1, -1, -1, 0, 2]
    served = result.events.where(EventKind.SERVICED)
    assert served.amount.tolist() == [1, 2]
    assert set(served.cause.tolist()) == {Cause.GPU}
    assert result.events.total(EventKind.PARTS_USED) == 3
    assert result.events.where(EventKind.VISITED).amount.tolist() == [36, 48]


def test_a_successor_has_the_next_luck_of_its_place_and_its_own_age(fleet, checked_run):
    # The same places, served after a day or after a month: the n-th GPU of each lives as long, from its own first day.
    def lives(days):
        servicing = {**HOPS, "rendezvous_days": days, "hours_per_part": 0}
        law = {"kind": "weibull", "shape": 3, "scale_years": 0.15}
        scenario = fleet(slots=6, gpus=1, gpu=law, days=700, servicing=servicing, strategies=AT_ONCE)
        log = checked_run(scenario, "at_once").events
        found = []
        for satellite in range(6):
            mine = log.satellite == satellite
            died = log.time_days[mine & (log.kind == EventKind.GPU_FAILED)]
            born = np.append(0.0, log.time_days[mine & (log.kind == EventKind.SERVICED)])
            count = min(len(died), len(born))
            found.append(died[:count] - born[:count])
        return found

    quick, slow = lives(1), lives(30)
    for first, second in zip(quick, slow, strict=True):
        assert len(first) > len(second) >= 3
        assert first[: len(second)] == pytest.approx(second)
    every = np.concatenate(quick)
    assert len(np.unique(every.round(6))) == len(every)
    # Weibull of shape 3: mean .893 and standard deviation .325 of the scale, those still alive left out.
    assert abs(every.mean() - 0.893 * 54.8) < 4 * 0.325 * 54.8 / np.sqrt(len(every)) + 2


def test_luck_of_a_successor_depends_on_its_place_and_its_ordinal_alone(fleet, checked_run):
    # Another fleet size, another moment and other company: the second GPU of slot 0 is the same.
    def second(slots, gpus):
        law = {"kind": "exponential", "rate_per_year": 20}
        scenario = fleet(slots=slots, gpus=gpus, gpu=law, days=100, servicing=HOPS, strategies=AT_ONCE)
        run = Run(scenario, Environment.build(scenario), scenario.strategy_named("at_once"), "at_once", Streams(1, 0))
        run.movements.deploy(0)
        run.units.replace(0, np.array([0]), 50.0)
        (gpus,) = (one for one in run.units.home(0)[0].hazards if one.hazard.cause == Cause.GPU)
        return gpus.threshold[-1]

    assert second(1, 2) == second(5, 3)


def test_the_first_failures_are_those_of_a_fleet_that_nobody_serves(fleet, checked_run):
    law = {"kind": "exponential", "rate_per_year": 0.5}
    more = {"slots": 6, "gpus": 5, "gpu": law, "bus": {"kind": "exponential", "rate_per_year": 0.2}}
    served = checked_run(fleet(**more, servicing=HOPS, strategies=AT_ONCE), "at_once").events
    alone = checked_run(fleet(**more)).events
    before = served.time_days[served.kind == EventKind.SERVICED][0]
    days = [log.where(EventKind.GPU_FAILED).time_days for log in (served, alone)]
    assert days[0][days[0] < before].tolist() == days[1][days[1] < before].tolist()
    assert np.isin(alone.where(EventKind.BUS_FAILED).time_days, served.where(EventKind.BUS_FAILED).time_days).all()


@pytest.mark.parametrize("mends", [("gpus",), ("gpus", "groups")])
def test_a_host_is_exchanged_whole_where_the_service_says_so(fleet, checked_run, mends):
    host = {"law": {"kind": "exponential", "rate_per_year": 2}, "gpus": 4, "stressed": False}
    servicing = {**HOPS, "mends": mends}
    scenario = fleet(slots=4, gpus=8, servicing=servicing, strategies=AT_ONCE, reliability={"groups": {"host": host}})
    result = checked_run(scenario, "at_once")
    log = result.events
    failed, served = log.where(EventKind.GROUP_FAILED), log.where(EventKind.SERVICED)
    assert len(failed) > 4
    if mends == ("gpus",):
        assert len(served) == log.count(EventKind.VISITED) == 0
        return
    cause = scenario.cause_numbers["host"]
    assert set(served.cause.tolist()) == {cause}
    assert log.total(EventKind.PARTS_USED) == served.amount.sum() >= 4 * (len(failed) - 4)
    # Hosts that came new fail again: more than the eight that flew.
    assert len(failed) > 8


def test_loops_are_mended_without_cartridges(fleet, checked_run):
    scenario = fleet(
        slots=10,
        gpus=4,
        servicing={**HOPS, "mends": ["loops"]},
        strategies=AT_ONCE,
        satellite={"radiator": {"tube_fraction": 0.3, "tube_wall_mm": 0.1, "loops": 2, "loops_per_gpu": 1}},
    )
    log = checked_run(scenario, "at_once").events
    failed, served = log.where(EventKind.GROUP_FAILED), log.where(EventKind.SERVICED)
    assert len(failed) > 5
    assert set(served.cause.tolist()) == {Cause.PUNCTURE}
    assert served.gpus.sum() >= 0.7 * -failed.gpus.sum()
    assert log.total(EventKind.PARTS_USED) == 0
    assert log.where(EventKind.VISITED).amount.min() >= 24 + 48


@pytest.mark.parametrize(("aboard", "mended"), [(3, False), (5, True)])
@pytest.mark.parametrize("kind", ["robots", "technicians"])
def test_a_host_that_takes_more_cartridges_than_anybody_has_is_left(fleet, checked_run, kind, aboard, mended):
    host = {"law": {"kind": "exponential", "rate_per_year": 2}, "gpus": 4, "stressed": False}
    servicing = {"mends": ["gpus", "groups"], "depot": {"parts": aboard, "reorder_level": 1}}
    servicing |= {**HOPS, "parts_aboard": aboard} if kind == "robots" else {"kind": kind, "hours_per_visit": 0}
    scenario = fleet(
        slots=4,
        gpus=8,
        lead=20,
        gpu={"kind": "exponential", "rate_per_year": 0.5},
        servicing=servicing,
        strategies=AT_ONCE,
        reliability={"groups": {"host": host}},
    )
    served = checked_run(scenario, "at_once").events.where(EventKind.SERVICED)
    assert (scenario.cause_numbers["host"] in served.cause) == mended
    assert len(served) > 3


def test_a_mended_loop_does_not_bring_back_what_died_itself(fleet, checked_run):
    scenario = fleet(
        slots=10,
        gpus=4,
        gpu={"kind": "exponential", "rate_per_year": 1.5},
        servicing={**HOPS, "mends": ["loops"], "rendezvous_days": 30},
        strategies=AT_ONCE,
        satellite={"radiator": {"tube_fraction": 0.3, "tube_wall_mm": 0.1, "loops": 2, "loops_per_gpu": 1}},
    )
    result = checked_run(scenario, "at_once")
    log = result.events
    lost, back = log.where(EventKind.GROUP_FAILED), log.where(EventKind.SERVICED)
    assert set(back.cause.tolist()) == {Cause.PUNCTURE}
    for satellite in np.unique(back.satellite).tolist():
        first = back.time_days[back.satellite == satellite][0]
        gone = -lost.gpus[(lost.satellite == satellite) & (lost.time_days < first)].sum()
        assert back.gpus[back.satellite == satellite][0] <= gone
    assert back.gpus.sum() < -lost.gpus[lost.time_days < back.time_days.max()].sum()


def test_a_tray_runs_again_when_enough_of_its_gpus_do(fleet, checked_run, written_thresholds, lasting):
    laws = written_thresholds(gpu={(0, 0, 0): 50, (0, 0, 1): 60})
    satellite = {"tray": {"gpus": 4, "gpus_needed": 3}}
    scenario = fleet(slots=1, gpus=8, satellite=satellite, servicing={**HOPS, "rendezvous_days": 20}, **laws)
    scenario = scenario.model_copy(update={"strategies": {"at_once": AtOnce(kind="x")}})
    log = checked_run(scenario, "at_once").events.where(*SERVICE)
    rows = [(k.name, g) for k, g in zip(map(EventKind, log.kind.tolist()), log.gpus.tolist(), strict=True)]
    assert rows == [
        ("GPU_FAILED", -1),
        ("GPU_FAILED", -1),
        ("TRAY_OFF", -2),
        ("VISITED", 0),
        ("SERVICED", 2),
        ("SERVICED", 2),  # those that lived on the tray
    ]
    served = log.where(EventKind.SERVICED)
    assert sorted(served.cause.tolist()) == [Cause.GPU, Cause.TRAY]


def test_a_new_gpu_becomes_the_reserve_where_one_had_stepped_in(fleet, checked_run, written_thresholds, lasting):
    laws = written_thresholds(gpu={(0, 0, 0): 50, (0, 0, 1): 90})
    satellite = {"spare_gpus": 1, "spare_gpus_standby": "cold"}
    scenario = fleet(slots=1, gpus=3, satellite=satellite, servicing=HOPS, strategies=AT_ONCE, **laws)
    log = checked_run(scenario, "at_once").events.where(*SERVICE)
    rows = [(k.name, g) for k, g in zip(map(EventKind, log.kind.tolist()), log.gpus.tolist(), strict=True)]
    each = [("GPU_FAILED", -1), ("SWITCHED_IN", 1), ("VISITED", 0), ("SERVICED", 0)]
    assert rows == each * 2
    assert log.where(EventKind.SERVICED).amount.tolist() == [1, 1]


def test_a_cartridge_of_four_takes_living_neighbours_along(fleet, checked_run, written_thresholds, lasting):
    laws = written_thresholds(gpu={(0, 0, 1): 50, (0, 0, 2): 60, (0, 0, 6): 100, (0, 0, 7): 200})
    servicing = {**HOPS, "cartridge": {"gpus": 4, "kg_per_gpu": 0.001}}
    scenario = fleet(
        slots=1,
        gpus=8,
        servicing=servicing,
        strategies=AT_ONCE,
        jobs=[{"gpus": 8, "checkpoint_interval_min": 60}],
        **laws,
    )
    result = checked_run(scenario, "at_once")
    log = result.events
    # GPU 2, good for 60 days, left with its dead neighbour on day 52.5; so did GPU 7, good for 200, on day 102.5.
    assert days_of(result, EventKind.GPU_FAILED) == [50, 100]
    assert log.where(EventKind.SERVICED).gpus.tolist() == [1, 1]
    assert log.total(EventKind.PARTS_USED) == 2
    # The gang that ran on the whole satellite runs again after each visit.
    assert days_of(result, EventKind.JOB_STARTED) == [0, 52.5, 102.5]


def test_a_job_gets_the_gpus_that_were_mended(fleet, checked_run, written_thresholds, lasting):
    laws = written_thresholds(gpu={(0, 0, 1): 50})
    scenario = fleet(
        slots=1, gpus=4, servicing=HOPS, strategies=AT_ONCE, jobs=[{"gpus": 4, "checkpoint_interval_min": 60}], **laws
    )
    assert days_of(checked_run(scenario, "at_once"), EventKind.JOB_STARTED) == [0, 52.5]


def test_a_lost_servicer_takes_its_cartridges_along_and_another_follows(fleet, checked_run):
    servicing = {**HOPS, "life_years": 0.1, "parts_aboard": 5, "rendezvous_days": 20}
    scenario = fleet(
        slots=3,
        gpus=20,
        gpu={"kind": "exponential", "rate_per_year": 3},
        servicing=servicing,
        strategies=AT_ONCE,
        lead=10,
        per_flight=2000,
    )
    result = checked_run(scenario, "at_once")
    log = result.events
    lost = log.where(EventKind.SERVICER_LOST)
    assert set(lost.cause.tolist()) == {Cause.END_OF_LIFE}
    assert lost.amount.sum() > 0
    born = log.where(EventKind.SUPPLY_ARRIVED)
    born = born.time_days[born.job == 0]
    assert born[1:] == pytest.approx(lost.time_days[: len(born) - 1] + 10)
    assert np.diff(lost.time_days) == pytest.approx(np.full(len(lost) - 1, 36.525 + 10))
    once = scenario.model_dump(mode="json")
    once["servicing"]["replaced"] = False
    ended = checked_run(type(scenario).model_validate({**once, "strategies": AT_ONCE}), "at_once").events
    assert ended.count(EventKind.SERVICER_LOST) == 1
    assert ended.time_days[ended.kind == EventKind.VISITED].max() < 36.6


def test_a_servicer_is_done_when_its_propellant_does_not_take_it_on(fleet, checked_run):
    scenario = fleet(
        slots=9,
        gpus=4,
        gpu={"kind": "exponential", "rate_per_year": 2},
        days=900,
        servicing={**QUICK, "hop_m_s": 20, "dry_kg": 900, "propellant_kg": 10, "isp_s": 220, "replaced": False},
        strategies=AT_ONCE,
    )
    log = checked_run(scenario, "at_once").events
    assert log.where(EventKind.SERVICER_LOST).cause.tolist() == [Cause.PROPELLANT]
    # ln(910 / 900) x 220 s x g = 23.8 m/s: one way of 20 + 2 m/s along the plane and no more; 2 m/s within the slot.
    visited = log.where(EventKind.VISITED).berth
    ways = np.count_nonzero(np.diff(visited, prepend=0))
    assert 22 * ways + 2 * (len(visited) - ways) < 23.9
    assert ways == 1 or len(visited) * 2 + 22 > 23.8


def test_the_depot_orders_up_to_its_stock_and_flies_lost_cartridges_again(fleet, checked_run):
    servicing = {**HOPS, "parts_aboard": 2, "depot": {"parts": 4, "reorder_level": 2}}
    scenario = fleet(
        slots=2,
        gpus=30,
        days=700,
        gpu={"kind": "exponential", "rate_per_year": 0.4},
        servicing=servicing,
        strategies=AT_ONCE,
        lead=30,
        success=0.6,
        launch={"stand_down": {"median_days": 25, "sigma": 0, "long_probability": 0}},
    )
    log = checked_run(scenario, "at_once").events
    flights = log.where(EventKind.SUPPLY_LAUNCHED)
    flights = [flights.time_days[flights.job < 0], flights.cause[flights.job < 0], flights.amount[flights.job < 0]]
    later = flights[0] > 0
    assert np.all(flights[2][later] <= 4)
    failed = flights[0][later & (flights[1] == Cause.LAUNCH)]
    assert len(failed) >= 2
    # Nothing flies within 25 days of a failure.
    gaps = flights[0][later][None, :] - failed[:, None]
    assert not np.any((gaps > 1e-9) & (gaps < 25 - 1e-9))


def test_depots_order_nothing_in_the_wind_down(fleet, checked_run):
    scenario = fleet(
        slots=2,
        gpus=30,
        days=700,
        gpu={"kind": "exponential", "rate_per_year": 0.4},
        servicing={**HOPS, "parts_aboard": 2, "depot": {"parts": 4, "reorder_level": 2}},
        strategies=AT_ONCE,
        lead=30,
    )
    mission = scenario.mission.model_copy(update={"wind_down_years": 350 / 365.25})
    runs_out = scenario.model_copy(update={"mission": mission})
    flights = [days_of(checked_run(one, "at_once"), EventKind.SUPPLY_LAUNCHED) for one in (scenario, runs_out)]
    assert max(flights[0]) > 380
    assert max(flights[1]) <= 380  # ordered before day 350, with a lead of 30
    assert flights[1] == [day for day in flights[0] if day <= 380]


def test_supplies_fly_on_the_dates_of_the_vehicle(fleet, checked_run, written_thresholds, lasting):
    laws = written_thresholds(gpu={(0, 0, 0): 50, (0, 0, 1): 50})
    servicing = {**HOPS, "parts_aboard": 2, "depot": {"parts": 2, "reorder_level": 0}}
    calendar = {"opportunity_interval_days": 30, "transfer_days": 3}
    scenario = fleet(slots=1, gpus=3, servicing=servicing, strategies=AT_ONCE, lead=15, launch=calendar, **laws)
    log = checked_run(scenario, "at_once").events
    # Ordered on day 50, ready on day 65, flown on the date after that.
    assert log.where(EventKind.SUPPLY_LAUNCHED).time_days.tolist() == [0, 0, 90]
    assert log.where(EventKind.SUPPLY_ARRIVED).time_days.tolist() == [0, 0, 93]


def test_cartridges_fly_in_as_many_flights_as_they_weigh(fleet, checked_run):
    servicing = {**HOPS, "cartridge": {"kg_per_gpu": 400}, "depot": {"parts": 5, "reorder_level": 1}}
    scenario = fleet(slots=2, gpus=4, servicing=servicing, strategies=AT_ONCE, per_flight=1000)
    log = checked_run(scenario, "at_once").events.where(EventKind.SUPPLY_LAUNCHED)
    assert log.amount[log.job < 0].tolist() == [2, 2, 1]


def test_what_is_too_heavy_to_fly_is_said_with_its_field(fleet, checked_run):
    with pytest.raises(ScenarioError, match=r"servicing\.dry_kg: with 5001 kg to fly, the vehicle's 1000 kg"):
        checked_run(fleet(servicing={**QUICK, "dry_kg": 5000}, strategies=AT_ONCE), "at_once")


@pytest.mark.parametrize(("days", "reached"), [(400, [0, 1, 2]), (20, [0])])
def test_servicers_of_the_whole_fleet_fly_to_the_planes_that_they_reach(fleet, checked_run, days, reached):
    servicing = {**HOPS, "based": "fleet", "transfer_days": days, "transfer_m_s": 200, "turn_days": 5}
    scenario = fleet(
        slots=3,
        gpus=8,
        days=2000,
        shell={"planes": 3, "altitude_km": 550},
        gpu={"kind": "exponential", "rate_per_year": 0.1},
        servicing=servicing,
        strategies=AT_ONCE,
    )
    log = checked_run(scenario, "at_once").events
    assert sorted(set(log.where(EventKind.VISITED).plane.tolist())) == reached
    assert set(log.where(EventKind.SUPPLY_ARRIVED).plane.tolist()) == {0}


class _Says(Strategy):
    """Says what it is told to, on the first day."""

    plane: int = 0
    berths: tuple[int, ...] = ()
    serves: bool = True

    def services(self) -> bool:
        return self.serves

    def decide(self, fleet: FleetView) -> list[Action]:
        return [Service(self.plane, self.berths)]


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({}, "there is nothing to mend that nobody was sent to"),
        ({"plane": 7}, "no such plane, berth or satellite"),
        ({"berths": (99,)}, "berths of plane 0 are 0 to 3"),
        ({"serves": False}, r"services\(\) says False"),
    ],
)
def test_a_service_that_cannot_be_is_refused_with_the_reason(fleet, checked_run, said, problem):
    scenario = fleet(servicing=QUICK, strategies={"says": {"kind": f"{__name__}:_Says", **said}})
    with pytest.raises(InputError, match=problem):
        checked_run(scenario, "says")


def test_what_is_broken_is_hidden_from_a_strategy_that_sends_nobody(fleet, checked_run):
    class Peeks(Strategy):
        """Looks at what is broken without saying that it sends servicers."""

        def decide(self, fleet: FleetView) -> list[Action]:
            return [Service(0)] * int(fleet.service.mendable.sum())

    scenario = fleet().model_copy(update={"strategies": {"peeks": Peeks()}})
    with pytest.raises(InputError, match=r"its services\(\) says False"):
        checked_run(scenario, "peeks")


def test_technicians_work_in_shifts_and_take_turns(fleet, checked_run, written_thresholds, lasting):
    laws = written_thresholds(gpu={(0, 0, 0): 50, (1, 0, 0): 50.1, (2, 0, 0): 50.2})
    servicing = {
        "kind": "technicians",
        "crews": 2,
        "hours_per_part": 8,
        "hours_per_visit": 0,
        "shift_share": 1 / 3,
        "travel_hours": 6,
        "success_probability": 1,
    }
    scenario = fleet(slots=3, gpus=2, servicing=servicing, strategies=AT_ONCE, **laws)
    result = checked_run(scenario, "at_once")
    served = result.events.where(EventKind.SERVICED)
    # Eight hours in shifts of eight: a day each; the third waits for the first crew.
    assert served.time_days == pytest.approx([51.25, 51.35, 52.5], abs=1e-3)
    assert served.satellite.tolist() == [0, 1, 2]


def test_a_satellite_that_ends_while_somebody_is_on_the_way_uses_no_cartridge(
    fleet, checked_run, written_thresholds, lasting
):
    laws = written_thresholds(gpu={(0, 0, 0): 50}, bus={(0, 0): 51})
    scenario = fleet(slots=1, gpus=2, servicing={**HOPS, "rendezvous_days": 5}, strategies=AT_ONCE, **laws)
    log = checked_run(scenario, "at_once").events
    assert log.count(EventKind.VISITED) == log.count(EventKind.PARTS_USED) == 0


def test_cartridges_are_in_a_depot_aboard_used_or_lost(fleet, environment):
    # The engine's own stock against the log.
    scenario = fleet(
        slots=6,
        gpus=10,
        shell={"planes": 2},
        days=900,
        gpu={"kind": "exponential", "rate_per_year": 0.8},
        servicing={**HOPS, "parts_aboard": 4, "life": {"kind": "exponential", "rate_per_year": 1}},
        lead=20,
        per_flight=3000,
    )
    for replicate in range(3):
        strategy = scenario.strategy_named("robotic_servicing")
        run = Run(scenario, environment(scenario), strategy, "robotic_servicing", Streams(1, replicate))
        run.go()
        log = run.context.log.finish()
        there = sum(depot.stock for depot in run.services.supplies.depots)
        there += sum(servicer.parts for servicer in run.services.servicers if not servicer.lost)
        bought = log.total(EventKind.SUPPLY_ARRIVED)
        assert log.count(EventKind.SERVICER_LOST) > 0
        assert bought == there + log.total(EventKind.PARTS_USED) + log.total(EventKind.SERVICER_LOST)


def test_a_dead_gpu_counts_under_its_cause_until_it_is_mended(fleet, checked_run, written_thresholds, lasting):
    from sim.metrics.causes import missing_capacity

    laws = written_thresholds(gpu={(0, 0, 1): 50})
    scenario = fleet(slots=1, gpus=4, servicing=HOPS, strategies=AT_ONCE, **laws)
    missing = missing_capacity(checked_run(scenario, "at_once"))["gpu"]
    assert missing[49] == 0
    assert missing[50:52] == pytest.approx([0.25, 0.25])
    assert missing[52] == pytest.approx(0.125)
    assert missing[53:] == pytest.approx(np.zeros(len(missing) - 53))
