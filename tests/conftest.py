"""Small fleets in Python, runs whose log is checked row by row, and thresholds written by hand."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.engine import simulate
from sim.engine.draws import FailureDraws, Part
from sim.environment import Environment
from sim.events import Cause, EventKind
from sim.fleet import Fleet
from sim.result import Result
from sim.scenario.models import Scenario
from sim.scenario.radiation import Radiation

# Tables made by one test process serve the others, and nobody's own cache is touched.
os.environ["ORBITFLEET_CACHE"] = str(Path(__file__).parent.parent / ".pytest_cache" / "tables")

NEVER = {"kind": "exponential", "rate_per_year": 0}
ONE_PLANE = {"kind": "walker", "altitude_km": 600, "inclination_deg": 53, "planes": 1}
NO_RADIATION = {"effects": dict.fromkeys(Radiation().effects), "solar_protons": False, "wear": {"end_median_krad": 1e9}}
NO_STRESS = {"activation_energy_ev": 0, "cycling_share": 0}
NO_DISCOUNT = {"orbit_per_year": 0, "ground_per_year": 0}
NO_STAND_DOWN = {"median_days": 0, "long_probability": 0}


def make_fleet(
    *,
    slots: int = 4,
    gpus: int = 1,
    spare_berths: int = 0,
    parking: list[dict[str, Any]] | None = None,
    days: float = 365.25,
    life_days: float = 36_525.0,
    bus: dict[str, Any] = NEVER,
    gpu: dict[str, Any] = NEVER,
    dormancy: float = 0.1,
    lead: float | dict[str, Any] = 0.0,
    per_flight: int = 1000,
    success: float = 1.0,
    launch: dict[str, Any] | None = None,
    deployment: dict[str, Any] | None = None,
    jobs: list[dict[str, Any]] | None = None,
    scheduler: str = "fifo_backfill",
    pause: bool = False,
    start: str = "2027-01-01",
    shell: dict[str, Any] | None = None,
    satellite: dict[str, Any] | None = None,
    power: dict[str, Any] | None = None,
    light: dict[str, Any] | None = None,
    space: dict[str, Any] | None = None,
    radiation: dict[str, Any] | None = None,
    reliability: dict[str, Any] | None = None,
    strategies: dict[str, Any] | None = None,
    servicing: dict[str, Any] | None = None,
    factory: dict[str, Any] | None = None,
    designs: dict[str, Any] | None = None,
    economics: dict[str, Any] | None = None,
) -> Scenario:
    """A fleet in which nothing fails, nothing takes time and nothing is lost, but for what the test asks."""
    shell = shell or {}
    if "kind" not in shell:
        shell = {**ONE_PLANE, **shell}
    scenario = Scenario.model_validate(
        {
            "name": "test",
            "mission": {"start": start, "years": days / 365.25},
            "constellation": {
                "shells": [{**shell, "satellites_per_plane": slots}],
                "spare_berths_per_plane": spare_berths,
                "parking": parking or [],
            },
            "satellite": {
                "gpus": gpus,
                "mass_kg": 1,
                "design_life_years": life_days / 365.25,
                "links": {"reacquisition_s": 0},
                "battery": {"calendar_fade_per_year": 0, "cycles": 1e9},
                "radiator": {"tube_fraction": 0},
                **(satellite or {}),
                "propulsion": {
                    "vulnerable_area_m2": 0,
                    "slot_clearance_km": 0,
                    **(satellite or {}).get("propulsion", {}),
                },
            },
            "light": light or {},
            "power": {"eclipse_policy": "pause" if pause else "ride_through", **(power or {})},
            "space": space or {},
            "radiation": {**NO_RADIATION, **(radiation or {})},
            "reliability": {
                "gpu": gpu,
                "bus": bus,
                "dormancy_factor": dormancy,
                "stress": NO_STRESS,
                **(reliability or {}),
            },
            "launch": {
                "vehicle": {
                    "name": "test",
                    "capacity_kg": per_flight,
                    "price": {"kind": "per_flight", "usd": 1},
                    "success_probability": success or 1,
                },
                "lead_time_days": lead if isinstance(lead, dict) else {"kind": "constant", "days": lead},
                "stand_down": NO_STAND_DOWN,
                **(launch or {}),
            },
            "deployment": deployment or {"kind": "in_place"},
            # Gangs as large as their job says, whatever the test looks at.
            "workload": {
                "jobs": [{"on_loss": "restart_elsewhere", **job} for job in jobs or []],
                "scheduler": {"kind": scheduler},
            },
            "economics": {"bus_usd": 1, "gpu_usd": 1, "discount": NO_DISCOUNT, **(economics or {})},
            "strategies": strategies or {},
            "servicing": servicing,
            "factory": factory,
            "designs": designs or {},
        }
    )
    return scenario if success else never_delivering(scenario)


def never_delivering(scenario: Scenario) -> Scenario:
    """A fleet in place none of whose later flights succeeds: no scenario file may say so, since its price would be
    infinite."""
    vehicle = scenario.launch.vehicle.model_copy(update={"success_probability": 0.0})
    return scenario.model_copy(update={"launch": scenario.launch.model_copy(update={"vehicle": vehicle})})


_environments: dict[str, Environment] = {}


def environment_of(scenario: Scenario) -> Environment:
    """The scenario's environment; of the last ones each is built once."""
    key = json.dumps(scenario.model_dump(mode="json", exclude={"strategies"}))  # which may hold functions
    if key not in _environments:
        while len(_environments) >= 50:
            del _environments[next(iter(_environments))]
        _environments[key] = Environment.build(scenario)
    return _environments[key]


def run_checked(scenario: Scenario, strategy: str = "run_to_failure", seed: int = 1, replicate: int = 0) -> Result:
    """Simulate, and check everything that must hold after every run."""
    result = simulate(scenario, environment_of(scenario), strategy, seed, replicate)
    check_stocks(result)
    check_satellites(result)
    check_gang_time(result)
    check_cartridges(result)
    check_ground(result)
    return result


def check_stocks(result: Result) -> None:
    """Times do not decrease and both stocks stay between nothing and the nameplate."""
    log = result.events
    assert np.all(np.diff(log.time_days) >= 0)
    assert np.all((log.time_days >= 0) & (log.time_days <= result.horizon_days))
    satellites, gpus = np.cumsum(log.satellites), np.cumsum(log.gpus)
    assert np.all((satellites >= 0) & (satellites <= result.slots))
    scenario = result.scenario
    most = max(scenario.design(name).gpus for name in scenario.design_names)
    assert np.all((gpus >= 0) & (gpus <= result.slots * most))


def check_satellites(result: Result) -> None:
    """Follow every satellite through the rows: one life each, one satellite a berth, and deltas that add up."""
    log, spec = result.events, result.scenario.satellite
    berths = result.scenario.constellation.spare_berths_per_plane
    parking = result.scenario.constellation.parking
    shells = len(result.slots_per_plane) - sum(park.planes for park in parking)
    spares = [berths] * shells + [park.berths_per_plane for park in parking for _ in range(park.planes)]
    sizes = zip(result.slots_per_plane, spares, strict=True)
    is_slot = [berth < slots for slots, more in sizes for berth in range(slots + more)]
    where: dict[int, str] = {}
    alive: dict[int, int] = {}
    berth_of: dict[int, int] = {}
    holds: dict[int, int] = {}
    on_order: dict[int, int] = defaultdict(int)
    carried: dict[int, int] = {}  # by further planes of the last flight
    rows = zip(
        log.kind.tolist(),
        log.cause.tolist(),
        log.plane.tolist(),
        log.berth.tolist(),
        log.satellite.tolist(),
        log.satellites.tolist(),
        log.gpus.tolist(),
        log.amount.tolist(),
        log.design.tolist(),
        strict=True,
    )
    gpus_of = [result.scenario.design(name).gpus for name in result.scenario.design_names]
    for number, cause, plane, berth, serial, satellites, gpus, amount, design in rows:
        kind = EventKind(number)
        ordered = cause != Cause.DEPLOYMENT
        match kind:
            case EventKind.ORDERED:
                on_order[plane] += int(amount)
            case EventKind.LAUNCHED:
                carried = {}
                for one in range(serial, serial + int(amount)):
                    assert one not in where, f"satellite {one} was launched twice"
                    where[one], alive[one] = "flying", gpus_of[design]
            case EventKind.CARRIED:
                assert where[serial] == "flying"
                carried[plane] = int(amount)
            case EventKind.LAUNCH_FAILED:
                for one in range(serial, serial + int(amount)):
                    assert where[one] == "flying"
                    where[one] = "ended"
                on_order[plane] -= (int(amount) - sum(carried.values())) * ordered
                for further, lost in carried.items():
                    on_order[further] -= lost * ordered
            case EventKind.DELIVERED | EventKind.STORED | EventKind.PLACED:
                at_work = kind is not EventKind.STORED
                assert where[serial] == ("moving" if kind is EventKind.PLACED else "flying")
                assert berth not in holds, f"berth {berth} held two satellites"
                assert is_slot[berth] is at_work
                where[serial], berth_of[serial], holds[berth] = "working" if at_work else "stored", berth, serial
                if at_work and alive[serial] < 0:
                    alive[serial] = gpus
                assert (satellites, gpus) == ((1, alive[serial]) if at_work else (0, 0))
                on_order[plane] -= ordered and kind is not EventKind.PLACED
            case EventKind.ACTIVATED:
                assert where[serial] == "stored"
                where[serial] = "moving"
                del holds[berth_of.pop(serial)]
            case EventKind.TRANSFERRED:
                assert where[serial] == "stored"
                assert result.slots_per_plane[plane] == 0
                where[serial] = "sent"
                del holds[berth_of.pop(serial)]
            case EventKind.ARRIVED:
                assert where[serial] == "sent"
                assert berth not in holds, f"berth {berth} held two satellites"
                where[serial], berth_of[serial], holds[berth] = "stored", berth, serial
            case EventKind.GPU_FAILED:
                assert where[serial] in ("working", "stored", "moving", "sent")
                assert satellites == 0
                if spec.spare_gpus == 0:
                    assert gpus == (-1 if where[serial] == "working" else 0)
                alive[serial] += gpus if where[serial] == "working" else -1
                assert alive[serial] >= (0 if spec.spare_gpus == 0 else -2)
            case EventKind.GROUP_FAILED | EventKind.TRAY_OFF | EventKind.SWITCHED_IN:
                assert where[serial] in ("working", "stored", "moving", "sent")
                assert satellites == 0
                assert gpus == 0 or where[serial] == "working"
                sign = 1 if kind is EventKind.SWITCHED_IN else -1
                assert 0 <= sign * gpus <= amount
                # What a satellite that is not at work has lost shows when it begins to work.
                alive[serial] = alive[serial] + gpus if where[serial] == "working" else -1
            case EventKind.SERVICED:
                assert where[serial] == "working"
                assert berth == berth_of[serial]
                assert satellites == 0
                assert 0 <= gpus <= amount
                alive[serial] += gpus
                assert alive[serial] <= gpus_of[design]
            case EventKind.BUS_FAILED | EventKind.RETIRED:
                assert where[serial] in ("working", "stored", "moving", "sent")
                at_work = where[serial] == "working"
                assert (satellites, gpus) == ((-1, -alive[serial]) if at_work else (0, 0))
                where[serial] = "ended"
                if serial in berth_of:
                    del holds[berth_of.pop(serial)]
            case _:
                assert (satellites, gpus) == (0, 0), f"{kind.name} changed a stock"
        if kind in (EventKind.GPU_FAILED, EventKind.BUS_FAILED, EventKind.RETIRED) and where[serial] != "ended":
            assert berth == berth_of.get(serial, -1)
        assert on_order[plane] >= 0
    working = [serial for serial, place in where.items() if place == "working"]
    assert log.satellites.sum() == len(working)
    assert log.gpus.sum() == sum(alive[serial] for serial in working)


def check_cartridges(result: Result) -> None:
    """Every cartridge flew, arrived or was lost on its way, and was then used up, lost aboard, or is still there."""
    log, servicing = result.events, result.scenario.servicers
    launched = np.where((log.kind == EventKind.SUPPLY_LAUNCHED) & (log.cause != Cause.LAUNCH), log.amount, 0.0)
    arrived = np.where(log.kind == EventKind.SUPPLY_ARRIVED, log.amount, 0.0)
    gone = np.where(np.isin(log.kind, (EventKind.PARTS_USED, EventKind.SERVICER_LOST)), log.amount, 0.0)
    at_hand = np.cumsum(arrived - gone)
    assert np.all(np.cumsum(launched - arrived) >= 0)
    assert np.all(at_hand >= 0)
    servicers = log.where(EventKind.SUPPLY_ARRIVED)
    depots = len(np.unique(servicers.plane))
    hands = servicing.crews if servicing.kind == "technicians" else np.count_nonzero(servicers.job >= 0)
    aboard = servicing.most_parts * hands
    assert np.all(at_hand <= depots * servicing.depot.parts + aboard)
    # New GPUs come on cartridges; those that wait for a loop or a tray come back without.
    served = log.where(EventKind.SERVICED)
    if servicing.mends == ("gpus",) and result.scenario.satellite.tray is None:
        assert served.amount.sum() <= log.total(EventKind.PARTS_USED) * servicing.cartridge.gpus


def check_ground(result: Result) -> None:
    """Every satellite after the initial fleet was begun, finished, taken by an order if built for stock, got ready and
    flew, in this order; none waits in stock while an order waits for one; the line keeps to its rate."""
    log, factory = result.events, result.scenario.factory
    numbers = {kind: np.where(log.kind == kind, log.amount, 0.0) for kind in EventKind}
    numbers[EventKind.TAKEN] = (log.kind == EventKind.TAKEN).astype(float)
    numbers[EventKind.LAUNCHED] *= log.cause != Cause.DEPLOYMENT
    finished = np.zeros(len(log))
    for design in range(len(result.scenario.design_names)):
        own = {kind: np.cumsum(number * (log.design == design)) for kind, number in numbers.items()}
        assert np.all(own[EventKind.LAUNCHED] <= own[EventKind.READY])
        assert np.all(own[EventKind.READY] <= own[EventKind.ORDERED])
        if not own[EventKind.COMMISSIONED].any():
            assert not own[EventKind.STOCKED].any()
            assert not own[EventKind.TAKEN].any()
            finished += own[EventKind.READY]
            continue
        steps = (EventKind.COMMISSIONED, EventKind.STOCKED, EventKind.TAKEN, EventKind.READY)
        for before, after in pairwise(steps):
            assert np.all(own[after] <= own[before]), f"more {after.name} than {before.name}"
        assert np.all(own[EventKind.TAKEN] <= own[EventKind.ORDERED])
        in_stock, waiting = (own[a] - own[EventKind.TAKEN] for a in (EventKind.STOCKED, EventKind.ORDERED))
        last = np.append(np.diff(log.time_days) > 0, True)  # row of an instant
        assert np.all((in_stock * waiting)[last] == 0)
        begun = own[EventKind.COMMISSIONED] - own[EventKind.ORDERED]
        assert np.all(begun[last] <= factory.level(result.scenario.design_names[design]))
        finished += own[EventKind.STOCKED] - factory.at_start(result.scenario.design_names[design])
    if factory is not None and factory.has_limit:
        places = np.array([factory.places_until(day) for day in log.time_days.tolist()])
        assert np.all(finished <= places + 1 + 1e-6)


TIME_OF_A_GANG = (
    EventKind.COMMITTED,
    EventKind.LOST,
    EventKind.CHECKPOINTED,
    EventKind.RESTARTED,
    EventKind.DETECTED,
    EventKind.PAUSED,
    EventKind.WAITED,
    EventKind.UNCOMMITTED,
    EventKind.SLOWED,
)


def check_gang_time(result: Result) -> None:
    """Every hour of every gang from its arrival to its end is counted in exactly one class."""
    log, horizon = result.events, result.horizon_days
    spent = log.where(*TIME_OF_A_GANG)
    # A silent corruption noticed late takes back what was committed before: a row of its own stretch may be negative.
    assert np.all((spent.amount >= -1e-9) | (spent.kind == EventKind.COMMITTED))
    counts = environment_of(result.scenario).job_counts
    specs = [spec for spec, count in zip(result.scenario.workload.jobs, counts, strict=True) for _ in range(count)]
    finished = log.where(EventKind.JOB_FINISHED)
    end = np.full(len(specs), horizon)
    end[finished.job] = finished.time_days
    arrived = log.where(EventKind.JOB_ARRIVED)
    begin = np.full(len(specs), np.inf)
    begin[arrived.job] = arrived.time_days
    for job, spec in enumerate(specs):
        hours = max(0.0, end[job] - begin[job]) * 24 * spec.gpus - hours_without(log, job, spec.gpus, end[job])
        mine = spent.job == job
        assert spent.amount[mine].sum() == pytest.approx(hours, rel=1e-9, abs=1e-6)
        if spec.work_gpu_hours is not None:
            committed = spent.amount[mine & (spent.kind == EventKind.COMMITTED)].sum()
            assert committed <= spec.work_gpu_hours * (1 + 1e-9)
            assert job not in finished.job or committed == pytest.approx(spec.work_gpu_hours, rel=1e-9)


def hours_without(log, job: int, gpus: int, end: float) -> float:
    """GPU-hours that a job lacks while it runs on fewer GPUs than it wants."""
    mine = log.job == job
    waits = mine & (log.kind == EventKind.WAITED)
    breaks = [
        (day - hours / 24 / gpus, day) for day, hours in zip(log.time_days[waits], log.amount[waits], strict=True)
    ]
    steps = mine & np.isin(log.kind, (EventKind.JOB_STARTED, EventKind.RESIZED))
    days, sizes = log.time_days[steps], log.amount[steps]
    lacked = 0.0
    if len(days) == 0:
        return 0.0
    for since, until, size in zip(days, np.append(days[1:], end), sizes, strict=True):
        ran = until - since - sum(max(0.0, min(until, last) - max(since, first)) for first, last in breaks)
        lacked += ran * (gpus - size) * 24
    return lacked


class WrittenThresholds:
    """In place of `draw`: thresholds that a test wrote down, {(part, berth, ordinal, unit): E}; all others live on."""

    def __init__(self, thresholds: dict[tuple[Part, int, int, int], float]) -> None:
        self.thresholds = thresholds
        self.fleet: Fleet | None = None

    def make_fleet(self, planes):
        self.fleet = Fleet(planes)
        return self.fleet

    def draw(self, streams, where, questions):
        return [self._answer(where, question) for question in questions]

    def _answer(self, where, question):
        found = []
        for satellite, (site, place, ordinal) in enumerate(
            zip(where.site, where.place, where.ordinal.tolist(), strict=True)
        ):
            berth = int(np.flatnonzero((self.fleet.site == site) & (self.fleet.place == place))[0])
            found += [
                (satellite, unit, threshold)
                for (part, there, born, unit), threshold in self.thresholds.items()
                if (part, there, born) == (question.part, berth, ordinal) and threshold <= question.bounds[satellite]
            ]
        found.sort(key=lambda one: (one[0], one[2]))
        satellites, units, thresholds = list(zip(*found, strict=True)) or [(), (), ()]
        return FailureDraws(
            np.array(satellites, np.intp),
            np.array(units, np.intp),
            np.array(thresholds, float),
            np.full(len(found), 0.5),
        )


@pytest.fixture(scope="session")
def fleet():
    """`fleet(slots=..., bus=..., ...)`: a small scenario; see `make_fleet`."""
    return make_fleet


@pytest.fixture(scope="session")
def environment():
    """`environment(scenario)`: its environment, cached."""
    return environment_of


@pytest.fixture(scope="session")
def checked_run():
    """`checked_run(scenario, strategy, seed, replicate)`: a run whose log passed every invariant."""
    return run_checked


@pytest.fixture
def written_thresholds(monkeypatch):
    """`written_thresholds(bus={(berth, ordinal): days}, gpu={(berth, ordinal, unit): days})`: ages at failure, by hand.

    Returns the laws to give to `fleet`: under a hazard of 1 a day, a threshold is an age in days.
    """

    def write(bus: dict[tuple[int, int], float] | None = None, gpu: dict[tuple[int, int, int], float] | None = None):
        ages = {(Part.BUS, berth, ordinal, 0): age for (berth, ordinal), age in (bus or {}).items()}
        ages |= {(Part.GPU, *unit): age for unit, age in (gpu or {}).items()}
        written = WrittenThresholds(ages)
        monkeypatch.setattr("sim.engine.units.draw", written.draw)
        monkeypatch.setattr("sim.engine.run.Fleet", written.make_fleet)
        law = {"kind": "exponential", "rate_per_year": 365.25}
        return {"bus": law, "gpu": law}

    return write


def log_of(result: Result, *kinds: EventKind) -> list[tuple[float, str]]:
    """(day, kind) of the rows of these kinds, or of all but the deployment's, `ABANDONED`, `READY` and `ABOARD`."""
    log, apart = result.events, (EventKind.ABANDONED, EventKind.READY, EventKind.ABOARD)
    return [
        (round(float(day), 6), EventKind(kind).name)
        for day, kind, cause in zip(log.time_days, log.kind, log.cause, strict=True)
        # What becomes of the dead, and what is paid when, has tests of its own.
        if (kind in kinds if kinds else cause != Cause.DEPLOYMENT and kind not in apart)
    ]


@pytest.fixture(scope="session")
def log():
    """`log(result)`: [(day, kind), ...], deployment left out; `log(result, kinds...)`: only these."""
    return log_of
