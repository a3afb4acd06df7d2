"""One kind of satellite as built: its sizes, what it weighs, what it can do on each day, what keeps it in orbit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from sim.constants import DAYS_PER_YEAR
from sim.environment.cache import Tables, key_of, tables
from sim.environment.hardware import Sizes
from sim.environment.keeping import DeltaV, OrbitKeeping, keep, years_aloft
from sim.environment.operation import Operation, operate, operate_at_every_age
from sim.environment.parts import Parts, dry_mass_kg
from sim.environment.planes import Plane
from sim.environment.radiation import Radiation
from sim.environment.sky import Sky
from sim.environment.spares import spare_ways_of
from sim.environment.sunlight import Sunlight
from sim.environment.transfers import transfers_of
from sim.errors import Fault, InputError, ScenarioError
from sim.physics.drag import low_thrust_delta_v_m_s, propellant_kg
from sim.physics.phasing import Transfers
from sim.physics.repositioning import SpareWays
from sim.reliability import Clock
from sim.scenario.hardware import Satellite
from sim.scenario.launching import vehicle_path
from sim.scenario.models import Scenario

Floats = NDArray[np.float64]

BIRTH_STEP_DAYS = 30.0
"""Satellites born within a month share a table: their arrays and batteries are taken as up to a month older."""
KNOT_DAYS = 365.0
"""Days of birth for which all planes are computed; tables of other births lie in between, at the age of each day.
Against a table of its own a birth half a year from both is off by up to .03 % of speed in the mean, by .3 % on a day
on which a limit sets in at one age and not at the other, and its clock of stress by less than .4 %."""
COARSE_KNOT_DAYS = 730.0
"""The same where tables are coarse: two years, less half a day, a whole number of their steps."""
PERFORMANCES_KEPT = 2048
"""Tables of (plane, month of birth) that are kept: 40 kB each over five years."""


@dataclass(frozen=True, eq=False)
class Performance:
    """What satellites of one plane, born in one month, do in each step of the tables; day 0 of the mission first.

    Before their birth the columns hold what a new satellite would do.
    """

    light_speed: Floats
    """Work in light over that of all GPUs at the highest frequency, shape (n,)."""
    dark_speed: Floats
    """The same in the dark."""
    limit: NDArray[np.uint8]
    """`Limit` of the day."""
    make_stress: Callable[[], Clock]
    """Makes `stress`, which not everybody asks for."""

    @cached_property
    def stress(self) -> Clock:
        """Effective age of electronics at work, by heat and thermal cycles, from mission day 0 on."""
        return self.make_stress()


class Design:
    """One kind of satellite in the orbits of a scenario: read-only, the same for all replicates and strategies."""

    def __init__(
        self,
        scenario: Scenario,
        name: str,
        planes: tuple[Plane, ...],
        light: Sunlight,
        sky: Callable[[Sizes, float], Sky | None],
    ) -> None:
        """`scenario`: the one whose `satellite` is this design; `sky`: that of the fleet, of sizes and a dry mass.

        Raises `ScenarioError` where no size or mass is enough.
        """
        self.scenario = scenario
        self.name = name
        self.planes = planes
        self.light = light
        self.sun = light.sun
        sized_in, worst = light.sizing_planes, light.sizing_sun
        # Nobody works in a parking orbit; those come last.
        self.sizes = Sizes.of(scenario, worst.first(sum(plane.parking is None for plane in sized_in)))
        satellite = scenario.satellite
        # Drag depends on mass, and mass on propellant: needs are those of some mass, and scale to any other.
        some_kg = satellite.given_launch_mass_kg or sum(dry_mass_kg(satellite, self.sizes).values())
        self.sky = sky(self.sizes, some_kg)
        """What the fleet's satellites meet; none where the scenario leaves it out."""
        self.avoidance = None if self.sky is None else self.sky.avoidance(satellite, self.sizes)
        """What that asks of this design."""
        dodging = None if self.avoidance is None else self.avoidance.daily_m_s(sized_in, worst.sampled_days)
        sizing = DeltaV.of(scenario, sized_in, worst, self.sizes, mass_kg=some_kg, avoidance_m_s=dodging)
        self.parts = Parts.of(satellite, self.sizes, sizing)
        if self.parts.given_kg is None:
            sizing = sizing.at(self.mass_kg)
        needs = sizing
        if worst is not self.sun:
            dodging = None if self.avoidance is None else self.avoidance.daily_m_s(planes, self.sun.sampled_days)
            needs = DeltaV.of(
                scenario,
                planes,
                self.sun,
                self.sizes,
                mass_kg=sizing.mass_kg,
                fine=light.fine,
                avoidance_m_s=dodging,
            )
        flights = [self._flights(vehicle) for vehicle in scenario.launch.names]
        self.payloads_kg = tuple(payload for payload, _ in flights)
        """Payload of each vehicle for each plane, kg."""
        self.rooms = tuple(aboard for _, aboard in flights)
        """Satellites that a flight of each vehicle carries to each plane."""
        self.keeping: OrbitKeeping = keep(scenario, planes, self.sun, self.sizes, (needs, sizing), self._dead_years)
        self._performance = lru_cache(maxsize=PERFORMANCES_KEPT)(self._make_performance)
        self._knots: dict[int, Tables] = {}

    def _flights(self, vehicle_name: str) -> tuple[tuple[float, ...], tuple[int, ...]]:
        """Payload of a vehicle for each plane, kg, and satellites of the design that it carries there.

        Raises `ScenarioError` where it carries none.
        """
        vehicle, place = self.scenario.launch.service(vehicle_name).vehicle, vehicle_path(vehicle_name)
        if problem := vehicle.refuses(self.mass_kg):
            raise self._too_heavy(f"{place}.{problem}")
        payload, aboard = [], []
        for plane in self.planes:
            height = float(self.satellite.propulsion.insertion_km(plane.altitude_km))
            try:
                payload.append(vehicle.payload_kg(height, plane.inclination_deg))
            except InputError as error:
                problem = f"plane {plane.name} is out of reach: {error}"
                raise ScenarioError([Fault("scenario", f"{place}.capacity_kg", None, problem)]) from error
            aboard.append(vehicle.satellites_per_flight(self.mass_kg, payload[-1], self.satellite.stowed_m3))
            if aboard[-1] < 1 and payload[-1] < self.mass_kg:
                raise self._too_heavy(
                    f"{place}.capacity_kg brings {payload[-1]:,.4g} kg to {height:.0f} km and "
                    f"{plane.inclination_deg:.1f} degrees, too little for one {self.name} ({self.mass_kg:,.4g} kg)"
                )
            if aboard[-1] < 1:
                problem = f"is more than {place}.fairing_m3, {vehicle.fairing_m3:g} m^3, holds"
                raise ScenarioError([Fault("scenario", "satellite.stowed_m3", self.satellite.stowed_m3, problem)])
        return tuple(payload), tuple(aboard)

    def _too_heavy(self, problem: str) -> ScenarioError:
        return ScenarioError([Fault("scenario", "satellite.mass_kg", self.satellite.mass_kg, problem)])

    @property
    def payload_kg(self) -> tuple[float, ...]:
        """Payload of the main vehicle for each plane, kg."""
        return self.payloads_kg[0]

    @property
    def satellites_per_flight(self) -> tuple[int, ...]:
        """Satellites that a flight of the main vehicle carries to each plane."""
        return self.rooms[0]

    def _dead_years(self) -> Floats:
        return np.asarray(tables(key_of(self.scenario, "design"), self._years_aloft)["years_aloft"], float)

    def _years_aloft(self) -> Tables:
        sizes, days = self.sizes, self.sun.days
        return {"years_aloft": years_aloft(self.scenario, self.planes, sizes, days, mass_kg=self.mass_kg)}

    @property
    def satellite(self) -> Satellite:
        """The satellite as the scenario describes it."""
        return self.scenario.satellite

    @property
    def mass_kg(self) -> float:
        """Mass at launch, kg."""
        return self.parts.launch_mass_kg

    @cached_property
    def radiation(self) -> Radiation:
        """Radiation of all planes behind this design's shield, storms apart."""
        return Radiation.of(self.scenario, self.planes, self.sun.days, self.sun.step_days)

    @cached_property
    def transfers(self) -> Transfers:
        """The ways of its spares from parking orbits to planes."""
        return transfers_of(self.planes, self.satellite.propulsion)

    @cached_property
    def spare_ways(self) -> SpareWays:
        """The ways of its spares from their berths to the slots of their plane."""
        return spare_ways_of(self.scenario, self.planes)

    def transfer_propellant_kg(self, parking: int, plane: int) -> float:
        """What a spare burns on its way from a parking orbit to a plane; it came to the former by itself."""
        propulsion = self.satellite.propulsion
        low = self.planes[parking].altitude_km
        first = propellant_kg(self.mass_kg, low_thrust_delta_v_m_s(propulsion.insertion_km(low), low), propulsion.isp_s)
        row = int(np.searchsorted(self.transfers.parking, parking))
        delta_v = self.transfers.delta_v_m_s[row, plane]
        return float(propellant_kg(self.mass_kg - first, delta_v, propulsion.isp_s))

    def planned_end(
        self, plane: int, birth_day: float, extended_days: float = 0.0, spent_m_s: float = 0.0
    ) -> tuple[float, bool]:
        """Day on which a satellite's life ends by plan, and whether propellant, not age, ends it.

        `extended_days`: how long after its design life it may work on.  `spent_m_s`: what a spare has spent on the way
        to its slot.  A tank that is sized lasts the design life, and longer by what it holds for margin and for harder
        years.
        """
        design = birth_day + self.satellite.design_life_years * DAYS_PER_YEAR
        dry = self.keeping.dry_day(plane, birth_day, spent_m_s=spent_m_s)
        if extended_days > 0 and dry > design:
            dry = max(design, self.keeping.dry_day(plane, birth_day, self.keeping.tank_m_s, spent_m_s))
        return min(design + extended_days, dry), dry < design + extended_days

    # What a satellite can do

    @cached_property
    def operation(self) -> Operation:
        """What satellites that are new on mission day 0 can do, in every plane, with all that it follows from."""
        operation = operate(self.scenario, self.sun, self.sizes, 0.0)
        if self.scenario.radiation.wear.derating_per_krad > 0:
            share = np.array([self.radiation.frequency(plane.id, 0.0) for plane in self.planes], np.float32)
            light, dark = operation.light_speed * share, operation.dark_speed * share
            operation = replace(operation, light_speed=light, dark_speed=dark)
        if self.avoidance is not None:
            left = [self.avoidance.working_share(plane.id, self.sun.sampled_days) for plane in self.planes]
            share = np.array(left, np.float32)
            light, dark = operation.light_speed * share, operation.dark_speed * share
            operation = replace(operation, light_speed=light, dark_speed=dark)
        return operation

    def performance(self, plane: int, birth_day: float) -> Performance:
        """What satellites of a plane can do that were born in the month of a day."""
        return self._performance(plane, birth_key(birth_day))

    def _make_performance(self, plane: int, birth: int) -> Performance:
        between_knots = self.knot_days
        knot, beyond = divmod(birth, between_knots)
        before, after = self._knot(int(knot)), self._knot(int(knot) + (beyond > 0))
        # Shares that give the age on each day; until the later knot its satellites are new.
        older, age = self.sun.sampled_days - (birth - beyond), np.maximum(self.sun.sampled_days - birth, 0.0)
        early = older < between_knots
        share = np.where(early, 1 - age / np.where(early & (older > 0), older, 1.0), beyond / between_knots)

        def between(name: str) -> Floats:
            low, high = np.asarray(before[name][plane], float), np.asarray(after[name][plane], float)
            return np.asarray(low + share * (high - low))

        light, dark = between("light_speed"), between("dark_speed")
        if self.scenario.radiation.wear.derating_per_krad > 0:
            frequency = self.radiation.frequency(plane, float(birth))
            light, dark = light * frequency, dark * frequency
        if self.avoidance is not None:
            working = self.avoidance.working_share(plane, self.sun.sampled_days)
            light, dark = light * working, dark * working

        def stress() -> Clock:
            cycled = self.sun.of(slice(plane, plane + 1)).cycled[0]
            pace = self.scenario.reliability.stress.pace(
                between("junction_c"), between("swing_k"), np.asarray(before["cycles"][plane], float) / cycled, cycled
            )
            return Clock(self.clock_days, np.concatenate([[0.0], np.cumsum(pace * self.sun.step_days)]))

        limit = np.where(before["limit"][plane] > 0, before["limit"][plane], after["limit"][plane]).astype(np.uint8)
        return Performance(light, dark, limit, stress)

    def is_limited(self, plane: int, birth_day: float) -> bool:
        """Whether light, power or heat ever limits satellites of a plane that were born in the month of a day."""
        knot, beyond = divmod(birth_key(birth_day), self.knot_days)
        knots = {int(knot), int(knot) + (beyond > 0)}
        return any(bool(self._knot(number)["limit"][plane].any()) for number in knots)

    @cached_property
    def clock_days(self) -> Floats:
        """Days on which the steps of the tables begin, and the end of the last."""
        return np.append(self.sun.days, self.sun.days[-1] + self.sun.step_days)

    @property
    def knot_days(self) -> float:
        """Days between the births for which all planes are computed."""
        return KNOT_DAYS if self.sun.step_days == 1 else COARSE_KNOT_DAYS

    def _knot(self, number: int) -> Tables:
        """Tables of all planes for births on one of the days computed, from disk where they lie there."""
        if number not in self._knots:
            make: Callable[[], Tables] = lambda: operate_at_every_age(  # noqa: E731 (a name for what is made)
                self.scenario, self.sun, self.sizes, number * self.knot_days
            )
            self._knots[number] = tables(key_of(self.scenario, f"born on day {number * self.knot_days:g}"), make)
        return self._knots[number]


def birth_key(birth_day: float) -> int:
    """First day of the month of a birth: satellites born within it share their tables."""
    return int(birth_day // BIRTH_STEP_DAYS * BIRTH_STEP_DAYS)
