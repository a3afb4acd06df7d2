"""Energy, and the dark: C1, C2, E1."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sim.claims.claim import Cell, Claim, Table, Threshold
from sim.claims.evidence import Evidence
from sim.claims.judging import Values, exact, first_where, judged, over_ranges, short
from sim.constants import DAYS_PER_YEAR, HOURS_PER_DAY
from sim.environment import Environment
from sim.physics.power import Mount

SUNCATCHER, AI1 = "suncatcher_81", "spacex_ai1"
MILLION = "spacex_fcc_1m", "overlays/one_in_10000"
"""A sample of it: the shells are the same."""
DESIGNS = ((AI1,), MILLION, ("starcloud_3",), (SUNCATCHER,), ("openai_stoke_nova",))
"""Satellites that were announced, or that scenarios take, to be shown side by side."""
STANDARD_KW_M2 = 1.0
"""Sunlight at which panels on the ground are rated, kW/m^2 (IEC 60904-3)."""
HOURS_PER_YEAR = DAYS_PER_YEAR * HOURS_PER_DAY
_YEAR = "mission.years=1"


def sunlight_kwh_m2(environment: Environment, mount: Mount) -> float:
    """Sunlight on a square metre of array in the first plane in a mean year of the mission, kWh, dark left out."""
    satellite = environment.scenario.satellite
    bare = satellite.array.model_copy(update={"mount": mount, "efficiency": 1.0, "losses": 0.0})
    lit_w = environment.sun.array_w_per_m2(satellite.model_copy(update={"array": bare}), 0.0)[0]
    inside = environment.days < environment.horizon_days
    kept_w = (lit_w * (1 - environment.sun.dark_of(0)))[inside]
    return float(kept_w.mean()) * HOURS_PER_YEAR / 1000


def energy_gain(evidence: Evidence) -> Claim:
    """C1: an array in orbit yields five times the energy."""
    scenario, figures = evidence.scenario(SUNCATCHER, set_=[_YEAR]), evidence.figures
    inputs, year = evidence.own("ground_capacity_factor"), STANDARD_KW_M2 * HOURS_PER_YEAR
    target, most = figures.claimed_energy_gain, figures.claimed_energy_gain_at_most
    tracking = sunlight_kwh_m2(evidence.environment(scenario), Mount.TWO_AXIS)
    estimate = over_ranges(
        lambda values: tracking / (values[inputs[0].path] * year), inputs, evidence.generator("C1"), "times"
    )
    limit = tracking / (target * year)
    orbit = "constellation.shells.0.altitude_km", "constellation.shells.0.ltan_h"
    return Claim(
        id="C1",
        said="A solar array in orbit yields five times the energy of one on the ground, up to eight times.",
        question="How much more energy does a square metre of solar array yield in orbit than on the ground?",
        quantity="yearly energy of an array in a 650 km dawn-dusk orbit over that of the same array on the ground",
        unit="times",
        estimate=estimate,
        interval="range of the ground's capacity factor; the orbit's light is computed",
        verdict=judged(
            estimate,
            target,
            f"the {target:g} claimed",
            at_least=True,
            condition=f"the plant on the ground has a capacity factor under {100 * limit:.1f} %",
        ),
        threshold=Threshold(
            f"{target:g} times at a capacity factor of {100 * limit:.1f} % on the ground; {most:g} times at "
            f"{100 * tracking / (most * year):.1f} %",
            limit,
            "1",
            "claims:ground_capacity_factor",
        ),
        binding="the plant on the ground: a good desert site closes much of the gap",
        inputs=(
            *inputs,
            *evidence.own("ground_dc_ac_ratio", "claimed_energy_gain", "claimed_energy_gain_at_most"),
            *evidence.given(scenario, *orbit),
        ),
        tables=(_energy_table(evidence, tracking),),
    )


def _energy_table(evidence: Evidence, tracking: float) -> Table:
    figures = evidence.figures
    fixed = sunlight_kwh_m2(evidence.environment(evidence.scenario(SUNCATCHER, set_=[_YEAR])), Mount.ORBIT_NORMAL)
    inverters = figures.ground_capacity_factor * STANDARD_KW_M2 * HOURS_PER_YEAR
    panels = inverters / figures.ground_dc_ac_ratio
    return Table(
        "Yearly energy, orbit over ground",
        ("array in orbit", "sunlight kWh/m2", "per kW of inverters", "per m2 of panels"),
        tuple(
            (name, kwh, kwh / inverters, kwh / panels)
            for name, kwh in (("follows the Sun", tracking), ("fixed along the orbit's normal", fixed))
        ),
        "Plants have more panels than their inverters pass: a square metre of panel yields less than the capacity "
        "factor says.",
    )


@dataclass(frozen=True)
class Dark:
    """What the Earth's shadow costs a satellite of AI1's kind in one orbit."""

    altitude_km: float
    ltan_h: float
    sunlit: float
    longest_min: float
    days: float
    battery_kwh: float
    lost_share: float
    """GPU-hours lost where the GPUs pause in the dark instead."""

    @classmethod
    def of(cls, evidence: Evidence, altitude_km: float, ltan_h: float = 6.0) -> Dark:
        """That of one orbit, over a year."""
        orbit = [f"constellation.shells.0.{name}" for name in (f"altitude_km={altitude_km}", f"ltan_h={ltan_h}")]
        light = evidence.environment(evidence.scenario(AI1, set_=[*orbit, _YEAR]))
        seen, pausing = light.light(0), evidence.scenario(AI1, "overlays/pause", set_=[*orbit, _YEAR])
        environment = evidence.environment(pausing)
        dark = float(np.mean(environment.sun.dark_of(0)[environment.days < environment.horizon_days]))
        return cls(
            altitude_km,
            ltan_h,
            seen.sunlit_fraction,
            seen.longest_eclipse_min,
            float(seen.eclipse_days_per_year),
            light.sizes.battery_needed_wh / 1000,
            dark,
        )

    @property
    def row(self) -> tuple[float, ...]:
        """In a table."""
        return (
            self.altitude_km,
            self.ltan_h,
            100 * self.sunlit,
            self.longest_min,
            self.days,
            self.battery_kwh,
            100 * self.lost_share,
        )


def no_batteries(evidence: Evidence) -> Claim:
    """C2: no batteries needed."""
    scenario = evidence.scenario(AI1)
    paths = (
        "constellation.shells.0.altitude_km",
        "satellite.battery.depth_limit",
        "satellite.gpu.peak_w",
        "satellite.gpus",
    )
    inputs = evidence.given(scenario, *paths, "constellation.shells.0.ltan_h", "power.eclipse_policy")
    altitude = inputs[0]
    best = float(altitude.value)
    low, high = altitude.low or best, altitude.high or best
    here, lowest, highest = (Dark.of(evidence, km) for km in (best, low, high))
    free = first_where(lambda km: Dark.of(evidence, km).longest_min == 0, high, 2000.0, within=1.0)
    off = [Dark.of(evidence, best, ltan) for ltan in (5.0, 4.0)]
    upper = [Dark.of(evidence, km) for km in ([1000.0, free] if free else [1000.0])]
    ends = sorted((lowest.longest_min, here.longest_min, highest.longest_min))
    estimate = replace(exact(here.longest_min, "min"), total_low=ends[0], total_median=ends[1], total_high=ends[2])
    condition = f"the orbit is above {short(free)} km" if free else "the eclipses are sat out"
    return Claim(
        id="C2",
        said='"No batteries needed": the orbit is always in the Sun.',
        question="Do satellites in a dawn-dusk orbit never need a battery?",
        quantity=f"longest darkness of an orbit at {best:g} km, dawn-dusk",
        unit="minutes",
        estimate=estimate,
        interval=f"altitudes from {low:g} to {high:g} km, as announced; geometry leaves nothing else open",
        verdict=judged(estimate, 0.0, "no minute of darkness claimed", at_least=False, condition=condition),
        threshold=Threshold(
            f"no eclipse from {short(free)} km on; below it, {100 * here.lost_share:.1f} % of the year's GPU-hours if "
            "computers pause in the dark",
            free,
            "km",
            altitude.path,
        ),
        binding=(
            f"geometry: {here.days:.0f} days a year have an eclipse, up to {here.longest_min:.0f} minutes of each "
            "orbit, "
            f"which takes {here.battery_kwh:.0f} kWh of battery a satellite; higher up, radiation takes over (E3)"
        ),
        inputs=tuple(inputs),
        tables=(
            Table(
                "Darkness by orbit, and what it costs AI1",
                (
                    "altitude km",
                    "local time of node h",
                    "sunlit %",
                    "longest eclipse min",
                    "days with eclipse a year",
                    "battery kWh",
                    "GPU-hours lost without one %",
                ),
                tuple(one.row for one in (lowest, here, highest, *off, *upper)),
                "The licence asks for nodes up to 30 degrees off, which is two hours of local time.",
            ),
            _shells(evidence),
        ),
    )


def _shells(evidence: Evidence) -> Table:
    """The light of the shells that were filed for."""
    environment = evidence.environment(evidence.scenario(*MILLION, set_=[_YEAR]))
    rows = list[tuple[Cell, ...]]()
    for plane in environment.shell_planes:
        seen = environment.light(plane.id)
        days = float(seen.eclipse_days_per_year)
        rows.append(
            (
                f"{plane.altitude_km:.0f}",
                f"{plane.inclination_deg:.1f}",
                plane.ltan_h,
                100 * seen.sunlit_fraction,
                seen.longest_eclipse_min,
                days,
            )
        )
    return Table(
        "Darkness in the shells that were filed for, a sample",
        ("altitude km", "inclination deg", "local time of node h", "sunlit %", "longest eclipse min", "days a year"),
        tuple(dict.fromkeys(rows)),
    )


def array_per_gpu(evidence: Evidence) -> Claim:
    """E1: 12.5 m^2 of array a GPU; 100,000 GPUs are 500 Space Stations."""
    figures, scenario = evidence.figures, evidence.scenario(AI1)
    satellite, sizes = scenario.satellite, evidence.environment(scenario).sizes
    fade = evidence.given(scenario, "satellite.array.degradation_per_year")[0]
    needed, left = sizes.array_needed_m2 / satellite.gpus, 1 - float(fade.value)

    def m2_per_gpu(values: Values) -> float:
        # The area of a need at the end of life is inverse in what is left of the array then.
        return needed * float((left / (1 - values[fade.path])) ** satellite.design_life_years)

    estimate = over_ranges(m2_per_gpu, [fade], evidence.generator("E1"), "m2")
    turn_w = satellite.full_load_w / satellite.gpus * figures.critique_m2_per_gpu / needed
    names = "array.efficiency", "array.area_m2", "gpu.peak_w", "gpus", "bus_power_w"
    return Claim(
        id="E1",
        said="200 kW of Space Station array is 2,500 m2 and feeds 200 GPUs; 100,000 GPUs need 500 stations.",
        question="How much solar array does a GPU in orbit need, and how many satellites do 100,000 GPUs need?",
        quantity="array of a GPU at the end of life, AI1",
        unit="m2",
        estimate=estimate,
        interval="range of the array's yearly loss",
        verdict=judged(
            estimate,
            figures.critique_m2_per_gpu,
            "the critique's 12.5 m2",
            at_least=True,
            condition=f"a GPU draws more than {short(turn_w)} W",
        ),
        threshold=Threshold(
            f"{figures.critique_m2_per_gpu:g} m2 from {short(turn_w)} W a GPU on, its share of the satellite included",
            turn_w,
            "W",
            f"{AI1}:satellite.gpu.peak_w",
        ),
        binding=(
            f"power a GPU; {figures.critique_gpus:,.0f} GPUs are {short(figures.critique_gpus / satellite.gpus)} AI1 "
            f"satellites, each with {100 * sizes.array_m2 / figures.critique_station_m2:.0f} % of the station's array"
        ),
        inputs=(
            fade,
            *evidence.given(scenario, *(f"satellite.{name}" for name in names)),
            *evidence.own("critique_m2_per_gpu", "critique_gpus", "critique_station_m2"),
        ),
        tables=(_fleets(evidence),),
    )


def _fleets(evidence: Evidence) -> Table:
    """The critique's GPUs on satellites of several designs."""
    figures, rows = evidence.figures, list[tuple[Cell, ...]]()
    for names in DESIGNS:
        scenario = evidence.scenario(*names)
        environment, satellite = evidence.environment(scenario), scenario.satellite
        each, count = environment.sizes.array_needed_m2 / satellite.gpus, figures.critique_gpus / satellite.gpus
        stations = figures.critique_gpus * each / figures.critique_station_m2
        tonnes = count * environment.parts[0].launch_mass_kg / 1000
        rows.append((names[0], satellite.full_load_w / satellite.gpus, each, count, stations, tonnes))
    return Table(
        f"{figures.critique_gpus:,.0f} GPUs in orbit",
        ("design", "W a GPU", "m2 a GPU", "satellites", "stations of array", "t launched"),
        tuple(rows),
        "Mass as the design gives it; where that does not close, C6 says so.",
    )
