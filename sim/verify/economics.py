"""Published costs of computing in orbit and on the ground, and what this program's own model of costs makes of them.

Each value comes out of a run, or of the bill, of a configuration that ships (`configs/validation`): the inputs are the
publication's, the arithmetic is that of every other scenario.  A tolerance is what the reference's last digit allows,
and what chance does where something fails.  That the inputs are right is not tested.  Tags are those of
`sim.verify.radiation`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from math import ceil, log1p
from textwrap import wrap
from typing import Any

from sim.constants import HOURS_PER_DAY
from sim.economics import Costs, Item, bills_of, costs, discount_rate
from sim.economics.facility import FullUse, full_use, it_kwh
from sim.engine import simulate
from sim.environment import Environment
from sim.errors import InputError
from sim.metrics import measure
from sim.metrics.money import discounted_gpu_hours
from sim.result import Result
from sim.scenario import Scenario, load
from sim.shipped import shipped, validation_case
from sim.text import nearest
from sim.verify.published import Row, rows_json
from sim.verify.published import shortcomings as shortcomings_of
from sim.verify.published import table as table_of
from sim.verify.row import allowed, mean_and_error
from sim.verify.soft_errors import at_a_flat_rate

REPLICATES = 8
FEWEST = 2
"""Replicates that an error can be estimated from."""
DIGITS = 8
"""Printed: the references of some rows are exact to five or six."""

_CASES = (
    "launched_power_v2_mini",
    "launched_power_v1",
    "mccalip_orbit",
    "mccalip_ground",
    "starcloud_orbit",
    "starcloud_ground",
    "no_repair",
    "ground_stargate",
)
_SATELLITES = "constellation.shells.0.satellites_per_plane"
_PRICE = "launch.vehicle.price.usd_per_kg"


@dataclass(frozen=True)
class Beside:
    """A figure without a reference, for comparison."""

    name: str
    value: float
    unit: str
    note: str


class Cases:
    """The configurations, with what the caller lays over them."""

    def __init__(self, settings: Sequence[str] = ()) -> None:
        """`settings`: `CASE.path=value`.  Raises `InputError` where there is no such case."""
        self._settings: dict[str, list[str]] = defaultdict(list)
        for text in settings:
            name, dot, setting = text.partition(".")
            if name not in _CASES or not dot:
                raise InputError(
                    f"--set {text}: must be CASE.path=value{nearest(name, _CASES)}; cases are {', '.join(_CASES)}"
                )
            self._settings[name].append(setting)

    def load(self, name: str, *settings: str) -> Scenario:
        """A case, with settings under those of the caller.  Raises `InputError` where those take its facility away."""
        path = shipped().get(name) or validation_case(name)
        scenario = load(path, set_=[*settings, *self._settings[name]])
        if scenario.campus is not None and scenario.campus.facility is None:
            raise InputError(f"--set {name}.campus.facility: must stay, since its costs are compared")
        return scenario

    def run(self, name: str, *settings: str) -> Result:
        """One run of a case."""
        return _run(self.load(name, *settings))


def verify_economics(settings: Sequence[str] = (), *, replicates: int = REPLICATES, seed: int = 1) -> dict[str, Any]:
    """Compare all rows: {"rows": [{"name", "value", "reference", "relative_error", "tolerance", "source"}], ...}.

    `settings`: `CASE.path=value`, laid over the cases.  `replicates`: of runs in which something fails, at least two.
    Raises `InputError` where a setting has no case, or does not fit it.
    """
    cases, replicates = Cases(settings), max(replicates, FEWEST)
    rows = [
        *_launched_power(cases),
        *_mccalip_orbit(cases),
        *_mccalip_ground(cases),
        *_starcloud(cases),
        *_epoch(cases),
        *_no_repair(cases, replicates, seed),
        *_soft_errors(replicates, seed),
    ]
    beside = [asdict(one) for one in _beside(cases, seed)]
    return {"replicates": replicates, "seed": seed, "rows": rows_json(rows), "beside": beside}


def shortcomings(found: dict[str, Any]) -> list[str]:
    """Say which rows are not good enough; nothing where all are."""
    return shortcomings_of(found, DIGITS)


def table(found: dict[str, Any]) -> str:
    """The rows in columns, each source above its own, and what has no reference below."""
    rows, _, verdict = table_of(found, DIGITS).rpartition("\n\n")
    lines = [
        line
        for one in found["beside"]
        for line in wrap(
            f"{one['name']}: {one['value']:,.0f} {one['unit']} ({one['note']})",
            110,
            initial_indent="  ",
            subsequent_indent="    ",
        )
    ]
    return "\n\n".join([rows, "\n".join(["Beside them, not judged:", *lines]), verdict])


def _run(scenario: Scenario, seed: int = 1, replicate: int = 0) -> Result:
    return simulate(scenario, Environment.build(scenario), scenario.strategy, seed, replicate)


def _paid(spent: Costs, *items: Item) -> float:
    """What was paid for some items or for all, without refunds and credits, undiscounted, USD."""
    return spent.ledger.without(Item.CREDIT, Item.REFUND).total(*items)


def _half_digit(name: str, value: float, reference: float, digit: float, source: str) -> Row:
    """A row that may be off by half of the reference's last digit."""
    return Row(name, value, reference, digit / 2 / reference, source)


# Launched power


def _launched_power(cases: Cases) -> Iterator[Row]:
    source = (
        "Google's Suncatcher study, arXiv 2511.19468 [S2]: launched power price of a Starlink v2 mini, USD a kW and "
        "year.  Its masses and powers are rounded: 2 %."
    )
    for usd_per_kg, reference in ((3600, 14_700), (200, 810)):
        found = _launched_power_usd(cases, "launched_power_v2_mini", usd_per_kg)
        yield Row(f"Starlink v2 mini at ${usd_per_kg:,}/kg", found, reference, 0.02, source)
    source = "The same study's formula on 260 kg, 7 kW and 5 years of a Starlink v1 [C], to its last digit."
    for usd_per_kg, reference in ((3600, 26_743), (200, 1_486)):
        found = _launched_power_usd(cases, "launched_power_v1", usd_per_kg)
        yield _half_digit(f"Starlink v1 at ${usd_per_kg:,}/kg", found, reference, 1.0, source)


def _launched_power_usd(cases: Cases, name: str, usd_per_kg: float) -> float:
    return measure(cases.run(name, f"{_PRICE}={usd_per_kg}"))["launched_power_usd_per_kw_year"]


# McCalip's calculator

_GIGAWATT_MW = 1000.0
"""What both halves of the calculator are for: its TARGET_POWER_MW."""
_CALCULATOR = "McCalip's calculator, github.com/andrewmccalip/thoughts, math.js as of e59571e [S]"


def satellites_for(one: Result, target_mw: float) -> int:
    """Satellites that deliver a power in the mean of the mission, of which `one` is a run of a single one.

    Raises `InputError` where it delivers nothing.
    """
    gpu_kw = one.scenario.satellite.gpu.peak_w / 1000
    mean_mw = discounted_gpu_hours(one, 0.0) * gpu_kw / (one.horizon_days * HOURS_PER_DAY) / 1000
    if mean_mw == 0:
        raise InputError(f"{one.scenario.name}: its satellites have no power for their GPUs, so no number is enough")
    # Speeds are single precision: 1e-7 of the number is rounding.
    return ceil(target_mw / mean_mw * (1 - 1e-7))


def _mccalip_orbit(cases: Cases) -> Iterator[Row]:
    source = f"{_CALCULATOR}: a gigawatt in orbit for five years, each figure to its last digit."
    satellites = satellites_for(cases.run("mccalip_orbit", f"{_SATELLITES}=1"), _GIGAWATT_MW)
    result = cases.run("mccalip_orbit", f"{_SATELLITES}={satellites}")
    spent, metrics = costs(result), measure(result)
    mass_t = metrics["deployment_mass_t"]
    payload_kg = float(result.scenario.launch.vehicle.payload_kg(0.0, 0.0))
    yield _half_digit("satellites in orbit", metrics["deployment_satellites"], 39_731, 1.0, source)
    yield _half_digit("mass, t", mass_t, 29_390, 1.0, source)
    # By mass: 135 whole satellites fill a flight, and 295 flights bring them all.
    yield _half_digit("launches of 100 t, by mass", ceil(1000 * mass_t / payload_kg), 294, 1.0, source)
    for name, item, billions in (
        ("satellites, billion USD", Item.SATELLITES, 23.600),
        ("launches, billion USD", Item.LAUNCHES, 14.695),
        ("operations, billion USD", Item.OPERATIONS, 1.180),
        ("replacement of chips, billion USD", Item.MAINTENANCE, 10.620),
        ("development, billion USD", Item.DEVELOPMENT, 1.0),
    ):
        yield _half_digit(name, _paid(spent, item) / 1e9, billions, 0.001, source)
    total = _paid(spent)
    yield _half_digit("in orbit, billion USD", total / 1e9, 51.095, 0.001, source)
    wanted_mwh = _GIGAWATT_MW * result.horizon_days * HOURS_PER_DAY
    yield _half_digit("in orbit, USD for a MWh that is wanted", total / wanted_mwh, 1166.56, 0.01, source)
    source = f"{_CALCULATOR}: the same for what comes down.  The last satellite delivers more than is wanted."
    one = 1 / satellites
    yield Row("delivered in orbit, TWh", metrics["discounted_energy_mwh"] / 1e6, 43.8, one, source)
    yield Row("in orbit, USD for a MWh delivered", metrics["cost_per_mwh_usd"], 1166.56, one + 5e-6, source)


def _mccalip_ground(cases: Cases) -> Iterator[Row]:
    source = f"{_CALCULATOR}: a gigawatt on gas turbines for five years, without chips, to the last digit."
    result = cases.run("mccalip_ground")
    scenario = result.scenario
    assert scenario.campus is not None
    mw = scenario.campus.all_hosts * scenario.satellite.gpus * scenario.satellite.gpu.peak_w / 1e6
    total = _paid(costs(result))
    yield _half_digit("on the ground, billion USD", total * _GIGAWATT_MW / mw / 1e9, 15.851, 0.001, source)
    mwh = float(it_kwh(result)[1].sum()) / 1000
    yield _half_digit("on the ground, USD for a MWh", total / mwh, 425.76, 0.01, source)


# Starcloud's white paper

_PAPER = "Starcloud's white paper, Why we should train AI in space, 2024 [S2]: 40 MW for ten years, million USD"


def _starcloud(cases: Cases) -> Iterator[Row]:
    source = f"{_PAPER}, on the ground: power alone.  To the last digit."
    cooled = costs(cases.run("starcloud_ground"))
    energy = _paid(costs(cases.run("starcloud_ground", "campus.facility.pue.value=1")), Item.ENERGY)
    cooling = _paid(cooled, Item.ENERGY) - energy
    yield _half_digit("energy", energy / 1e6, 140, 1.0, source)
    yield _half_digit("cooling", cooling / 1e6, 7, 1.0, source)
    yield _half_digit("backup supply", _paid(cooled, Item.FACILITY) / 1e6, 20, 1.0, source)
    yield _half_digit("on the ground, 40 MW", _paid(cooled) / 1e6, 167, 1.0, source)
    source = f"{_PAPER}, in orbit: array, launch and shield alone.  To the last digit."
    shielded = costs(cases.run("starcloud_orbit"))
    thickness_mm = cases.load("starcloud_orbit").satellite.shield.thickness_mm
    bare = _paid(costs(cases.run("starcloud_orbit", f"satellite.shield.included_mm={thickness_mm}")), Item.LAUNCHES)
    yield _half_digit("solar array", _paid(shielded, Item.SATELLITES) / 1e6, 2, 1.0, source)
    yield _half_digit("launch", bare / 1e6, 5, 1.0, source)
    yield _half_digit("launch of the shield", (_paid(shielded, Item.LAUNCHES) - bare) / 1e6, 1.2, 0.1, source)
    yield _half_digit("in orbit, 40 MW", _paid(shielded) / 1e6, 8.2, 0.1, source)


_OWN = "suncatcher_81"
_MW, _YEARS = 40.0, 10.0


def _beside(cases: Cases, seed: int) -> Iterator[Beside]:
    """What the white paper's 40 MW for ten years come to with all that it leaves out."""
    result = _run(load(_OWN, set_=[f"mission.years={_YEARS}"]), seed)
    times = _MW * 1e6 / (result.nameplate_gpus * result.scenario.satellite.gpu.peak_w)
    price = cases.load("starcloud_orbit").launch.vehicle.price
    for name, spent in (
        (f"40 MW of {_OWN} for ten years", costs(result)),
        ("the same, launched at the white paper's price of a kg", costs(result, launch_price=price)),
    ):
        chips, satellites, launches, all_of_it = (
            times * _paid(spent, *items) / 1e6 for items in ((Item.GPUS,), (Item.SATELLITES,), (Item.LAUNCHES,), ())
        )
        rest = all_of_it - chips - satellites - launches
        note = (
            f"chips {chips:,.0f}, satellites {satellites:,.0f}, launches {launches:,.0f}, the rest {rest:,.0f}; what "
            "fails is replaced"
        )
        yield Beside(name, all_of_it, "million USD", note)
    ground = _at_full_use(cases)
    name = "40 MW of ground_stargate at full use for ten years"
    note = "chips and buildings by capital recovery, energy, staff"
    yield Beside(name, ground.usd_per_year / ground.it_mw * _MW * _YEARS / 1e6, "million USD", note)


# Epoch AI


def _epoch(cases: Cases) -> Iterator[Row]:
    """A gigawatt on the ground by capital recovery."""
    found = _at_full_use(cases)
    source = (
        "Epoch AI, 14 May 2026 [S]: a gigawatt of IT, $26B over 5 and $12B over 14 years and $0.9B a year to run it, "
        "at the 6.5 % which these figures imply [C].  To the last digit."
    )
    billions = found.usd_per_year * _GIGAWATT_MW / found.it_mw / 1e9
    yield _half_digit("a gigawatt on the ground, billion USD a year", billions, 8.5, 0.1, source)
    source = "The same over 330,000 GB300 and 8,760 hours [C]: as unsure as the sum a year, 0.6 %."
    yield Row("a GPU-hour at full use, USD", found.usd_per_gpu_hour, 2.94, 0.05 / 8.5, source)


def _at_full_use(cases: Cases) -> FullUse:
    scenario = cases.load("ground_stargate")
    found = full_use(scenario, bills_of(scenario, Environment.build(scenario).parts)[0], discount_rate(scenario))
    assert found is not None
    return found


# What fails


def _no_repair(cases: Cases, replicates: int, seed: int) -> Iterator[Row]:
    source = (
        "A tenth fails at once, and a share p of what is left every year after it: (1 - .1) x mean of (1 - p)^t over "
        "five years [C].  Half of the last digit and 3.5 standard errors."
    )
    for percent, reference in ((4, 0.81), (6, 0.77), (9, 0.72)):
        rate = -log1p(-percent / 100)
        scenario = cases.load("no_repair", f"reliability.gpu.constant_per_year={rate!r}")
        environment = Environment.build(scenario)
        runs = [simulate(scenario, environment, scenario.strategy, seed, number) for number in range(replicates)]
        share, error = mean_and_error([measure(run)["compute_availability"] for run in runs])
        tolerance = (0.005 + allowed(error, replicates)) / reference
        yield Row(f"left of the nameplate in five years, p = {percent} %", share, reference, tolerance, source)


def _soft_errors(replicates: int, seed: int) -> Iterator[Row]:
    """The maintenance objection, as `verify cluster` has it."""
    for row in at_a_flat_rate(replicates, seed):
        source = f"Share of time that a training job of 16,384 chips loses to soft errors.  {row.source}."
        yield Row(row.name, row.value, row.reference, row.tolerance / row.reference, source)
