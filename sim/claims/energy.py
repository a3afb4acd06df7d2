"""Energy, dark and heat: C1, C2, C11, E1, E2."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sim.claims.claim import Claim, Table, Threshold
from sim.claims.evidence import Evidence
from sim.claims.judging import Values, crossing, first_where, judged, over_ranges, short
from sim.constants import DAYS_PER_YEAR, HOURS_PER_DAY
from sim.environment import Environment
from sim.environment.hardware import heat_path, radiator_needed_m2
from sim.experiment.statistics import Estimate
from sim.physics.power import Mount
from sim.scenario import Scenario

SUNCATCHER, AI1 = "suncatcher_81", "spacex_ai1"
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
    scenario = evidence.scenario(SUNCATCHER, set_=[_YEAR])
    environment = evidence.environment(scenario)
    inputs = evidence.own("ground_capacity_factor")
    ratio_of = evidence.own("ground_dc_ac_ratio")
    target, most = evidence.figures.claimed_energy_gain, evidence.figures.claimed_energy_gain_at_most
    tracking = sunlight_kwh_m2(environment, Mount.TWO_AXIS)
    fixed = sunlight_kwh_m2(environment, Mount.ORBIT_NORMAL)
    year = STANDARD_KW_M2 * HOURS_PER_YEAR

    def gain(values: Values) -> float:
        return tracking / (values[inputs[0].path] * year)

    estimate = over_ranges(gain, inputs, evidence.generator("C1"), "1")
    factor, limit = evidence.figures.ground_capacity_factor, tracking / (target * year)
    panels = factor / evidence.figures.ground_dc_ac_ratio
    return Claim(
        id="C1",
        said="A solar array in orbit yields five times the energy of one on the ground, up to eight times.",
        question="How much more energy does a square metre of solar array yield in orbit than on the ground?",
        quantity="yearly energy of an array in a 650 km dawn-dusk orbit over that of the same array on the ground",
        unit="times",
        estimate=replace(estimate, unit="times"),
        interval="range of the ground's capacity factor; the orbit's light is computed",
        verdict=judged(
            estimate,
            target,
            at_least=True,
            condition=f"the plant on the ground has a capacity factor under {limit:.1%}",
        ),
        threshold=Threshold(
            f"five times at a capacity factor of {limit:.1%} on the ground; eight times at {tracking / (most * year):.1%}",
            limit,
            "1",
            "claims:ground_capacity_factor",
        ),
        binding="the plant on the ground: a good desert site closes much of the gap",
        inputs=tuple(
            [*inputs, *ratio_of, *evidence.own("claimed_energy_gain")]
            + evidence.given(scenario, "constellation.shells.0.altitude_km", "constellation.shells.0.ltan_h")
        ),
        tables=(
            Table(
                "Yearly energy, orbit over ground",
                ("array in orbit", "sunlight kWh/m2", "per kW of inverters", "per m2 of panels"),
                tuple(
                    (name, kwh, kwh / (factor * year), kwh / (panels * year))
                    for name, kwh in (("follows the Sun", tracking), ("fixed along the orbit's normal", fixed))
                ),
                "Plants have more panels than their inverters pass: a square metre of panel yields less than the "
                "capacity factor says.",
            ),
        ),
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
    estimate = Estimate(here.longest_min, ends[0], ends[-1], here.longest_min, ends[0], ends[-1], 3, "min")
    condition = f"the orbit is above {short(free)} km" if free else "the eclipses are sat out"
    return Claim(
        id="C2",
        said='"No batteries needed": the orbit is always in the Sun.',
        question="Do satellites in a dawn-dusk orbit never need a battery?",
        quantity=f"longest darkness of an orbit at {best:g} km, dawn-dusk",
        unit="minutes",
        estimate=estimate,
        interval=f"altitudes from {low:g} to {high:g} km, as announced; geometry leaves nothing else open",
        verdict=judged(estimate, 0.0, at_least=False, condition=condition),
        threshold=Threshold(
            f"no eclipse from {short(free)} km on; below it, {100 * here.lost_share:.1f} % of the year's GPU-hours if "
            "computers pause in the dark",
            free,
            "km",
            altitude.path,
        ),
        binding=(
            f"geometry: {here.days:.0f} days a year have an eclipse, up to {here.longest_min:.0f} minutes of each orbit, "
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
        ),
    )


def free_cooling(evidence: Evidence) -> Claim:
    """C11: the cold of space saves cooling."""
    scenario = evidence.scenario(AI1)
    environment = evidence.environment(scenario)
    satellite, kw = scenario.satellite, scenario.satellite.full_load_w / 1000
    m2 = radiator_needed_m2(satellite, environment.sun)
    given = evidence.given(
        scenario,
        "satellite.radiator.areal_mass_kg_m2",
        "economics.parts.radiator_usd_per_m2",
    )
    ground = evidence.own("pue", "power_usd_per_kwh", "cooling_plant_usd_per_kw", "claimed_parity_usd_per_kg")
    areal, plate = (one.path for one in given)
    pue, power, plant, _ = (one.path for one in ground)
    per_kg, years = launch_usd_per_kg(evidence, scenario), satellite.design_life_years
    armour_kg = environment.parts[0].mass_kg["coolant_armour"] / satellite_radiator_m2(environment) * m2

    def orbit_usd(values: Values, usd_per_kg: float) -> float:
        kg = m2 * values[areal] + armour_kg
        return (m2 * values[plate] + kg * usd_per_kg) / kw

    def ground_usd(values: Values) -> float:
        return values[plant] + (values[pue] - 1) * HOURS_PER_YEAR * years * values[power]

    def saved(values: Values) -> float:
        return orbit_usd(values, per_kg) / ground_usd(values)

    ranged = [*given, *ground[:3]]
    central = {one.path: float(one.value) for one in ranged}
    estimate = over_ranges(saved, ranged, evidence.generator("C11"), "1")
    turn = crossing(lambda usd: orbit_usd(central, usd) / ground_usd(central), 1.0, 0.0, 1e5)
    words = f"launch costs less than ${short(turn)}/kg" if turn is not None else "radiators cost far less"
    return Claim(
        id="C11",
        said="The cold of space saves the cost of cooling.",
        question="Is it cheaper to cool computers in space than on the ground?",
        quantity=f"radiator with its launch over cooling on the ground for {years:g} years, of a kW of computers",
        unit="times",
        estimate=replace(estimate, unit="times"),
        interval="ranges of the radiator's mass and price, of PUE, electricity and cooling plant",
        verdict=judged(estimate, 1.0, at_least=False, condition=words),
        threshold=Threshold(words, turn, "USD/kg", f"{AI1}:launch.vehicle.price"),
        binding=(
            f"a vacuum carries no heat away but by radiation: {m2 / kw:.2f} m2 and "
            f"{(m2 * central[areal] + armour_kg) / kw:.1f} kg of radiator a kW, brought up at ${short(per_kg)}/kg"
        ),
        inputs=tuple([*ranged, *evidence.given(scenario, "launch.vehicle.price.usd", "satellite.design_life_years")]),
        tables=(
            Table(
                "Cooling a kW of computers",
                ("", "m2", "kg", "USD"),
                (
                    ("radiator, bought", m2 / kw, (m2 * central[areal] + armour_kg) / kw, m2 * central[plate] / kw),
                    (
                        f"its launch at ${short(per_kg)}/kg",
                        None,
                        None,
                        orbit_usd(central, per_kg) - m2 * central[plate] / kw,
                    ),
                    ("cooling plant on the ground", None, None, central[plant]),
                    (f"electricity for it over {years:g} years", None, None, ground_usd(central) - central[plant]),
                ),
            ),
        ),
    )


def satellite_radiator_m2(environment: Environment) -> float:
    """Plate of a satellite as built, m^2."""
    return environment.sizes.radiator_m2


def launch_usd_per_kg(evidence: Evidence, scenario: Scenario) -> float:
    """Price of a kilogram in a full flight on the first day, USD."""
    return float(evidence.facts(scenario)["launch"]["usd_per_kg_full"])


def array_per_gpu(evidence: Evidence) -> Claim:
    """E1: 12.5 m^2 of array a GPU; 100,000 GPUs are 500 Space Stations."""
    figures = evidence.figures
    scenario = evidence.scenario(AI1)
    inputs = evidence.given(
        scenario,
        "satellite.array.degradation_per_year",
        "satellite.array.efficiency",
        "satellite.gpu.peak_w",
        "satellite.gpus",
        "satellite.bus_power_w",
        "satellite.array.area_m2",
    )
    rows, needed = [], {}
    for name in (AI1, SUNCATCHER):
        one = evidence.scenario(name)
        environment, satellite = evidence.environment(one), one.satellite
        m2 = environment.sizes.array_needed_m2
        needed[name] = m2 / satellite.gpus
        count = figures.critique_gpus / satellite.gpus
        rows.append(
            (
                name,
                satellite.full_load_w / satellite.gpus,
                m2 / satellite.gpus,
                count,
                figures.critique_gpus * m2 / satellite.gpus / figures.critique_station_m2,
                count * environment.parts[0].launch_mass_kg / 1000,
            )
        )
    fade = inputs[0]
    per_year, years = float(fade.value), scenario.satellite.design_life_years

    def m2_per_gpu(values: Values) -> float:
        # The area of a need at the end of life is inverse in what is left of the array then.
        return needed[AI1] * ((1 - per_year) / (1 - values[fade.path])) ** years

    estimate = over_ranges(m2_per_gpu, [fade], evidence.generator("E1"), "m2")
    turn_w = scenario.satellite.full_load_w / scenario.satellite.gpus * figures.critique_m2_per_gpu / needed[AI1]
    satellites = figures.critique_gpus / scenario.satellite.gpus
    environment_m2 = evidence.environment(scenario).sizes.array_m2
    return Claim(
        id="E1",
        said="200 kW of Space Station array is 2,500 m2 and feeds 200 GPUs; 100,000 GPUs need 500 stations.",
        question="How much solar array does a GPU in orbit need, and how many satellites do 100,000 GPUs need?",
        quantity="array of a GPU at the end of life, AI1",
        unit="m2",
        estimate=estimate,
        interval="range of the array's yearly loss",
        verdict=judged(
            estimate, figures.critique_m2_per_gpu, at_least=True, condition=f"a GPU draws more than {short(turn_w)} W"
        ),
        threshold=Threshold(
            f"12.5 m2 from {short(turn_w)} W a GPU on, its share of the satellite included",
            turn_w,
            "W",
            f"{AI1}:satellite.gpu.peak_w",
        ),
        binding=(
            f"power a GPU; 100,000 GPUs are {short(satellites)} AI1 satellites, each with "
            f"{100 * environment_m2 / figures.critique_station_m2:.0f} % of the Space Station's array"
        ),
        inputs=tuple([*inputs, *evidence.own("critique_m2_per_gpu", "critique_gpus", "critique_station_m2")]),
        tables=(
            Table(
                "100,000 GPUs in orbit",
                ("design", "W a GPU", "m2 a GPU", "satellites", "stations of array", "t launched"),
                tuple(rows),
                "Mass as the design gives it; where that does not close, C6 says so.",
            ),
        ),
    )


def radiator_size(evidence: Evidence) -> Claim:
    """E2: 16 kW need 42.5 m^2 of radiator."""
    figures, scenario = evidence.figures, evidence.scenario(AI1)
    environment, satellite = evidence.environment(scenario), scenario.satellite
    inputs = evidence.given(
        scenario,
        "satellite.radiator.coolant_drop_k",
        "satellite.radiator.emittance",
        "satellite.radiator.fin_efficiency",
        "satellite.radiator.junction_limit_c",
        "satellite.radiator.junction_coolant_k_per_w",
        "satellite.radiator.area_m2",
        "satellite.radiator.sides",
    )
    names = [one.path.partition(":")[2].removeprefix("satellite.radiator.") for one in inputs[:4]]

    def m2(values: Values) -> float:
        changed = {name: values[one.path] for name, one in zip(names, inputs[:4], strict=True)}
        other = satellite.model_copy(update={"radiator": satellite.radiator.model_copy(update=changed)})
        needed = radiator_needed_m2(other, environment.sun)
        return needed * figures.critique_heat_kw * 1000 / satellite.full_load_w

    estimate = over_ranges(m2, inputs[:4], evidence.generator("E2"), "m2", draws=200)
    cold = critique_m2(evidence)
    speed = environment.designs[0].operation.light_speed[0][environment.days < environment.horizon_days]
    facts = evidence.facts(scenario)
    heat = [limit for limit in facts["satellite"]["limits"] if limit["cause"] != "array"]
    path = heat_path(satellite)
    turn = crossing(
        lambda limit: m2({**{one.path: float(one.value) for one in inputs[:4]}, inputs[3].path: limit}),
        figures.critique_radiator_m2,
        0.0,
        float(inputs[3].value),
    )
    return Claim(
        id="E2",
        said="16 kW of computers need 42.5 m2 of radiator; 200 kW need 531 m2.",
        question="How large a radiator do 16 kW of computers need in orbit?",
        quantity="plate that rejects 16 kW on the hottest day with an old coating, AI1's kind",
        unit="m2",
        estimate=estimate,
        interval="ranges of the coolant's temperature drop, emittance, fins and the chips' limit",
        verdict=judged(
            estimate, figures.critique_radiator_m2, at_least=True, condition="the coolant is as cold as in the station"
        ),
        threshold=Threshold(
            f"42.5 m2 if the chips may not get hotter than {short(turn)} C; the critique's plate is one side at 20 C, for "
            f"which the same physics gives {cold:.1f} m2",
            turn,
            "C",
            inputs[3].path,
        ),
        binding=(
            f"temperature: chips at {satellite.radiator.junction_limit_c:g} C let both sides of the plate glow at "
            f"{facts['satellite']['radiator']['radiator_hottest_c']:.0f} C, behind {path.coolant_drop_k:g} K of drop"
        ),
        inputs=tuple([*inputs, *evidence.own("critique_heat_kw", "critique_radiator_m2", "critique_radiator_c")]),
        tables=(
            Table(
                "Radiator of AI1",
                ("", "m2", "m2 for 200 kW"),
                (
                    ("as announced, 110 m2 for 120 kW", environment.sizes.radiator_m2, None),
                    ("needed for its full load", environment.sizes.radiator_needed_m2, None),
                    ("for 16 kW", estimate.mean, (estimate.mean or 0) * 200 / figures.critique_heat_kw),
                    ("for 16 kW, one side at 20 C, nothing absorbed", cold, cold * 200 / figures.critique_heat_kw),
                ),
                f"Mean speed of new satellites over the mission: {100 * float(np.mean(speed)):.2f} %; "
                f"{sum(one['days'] for one in heat):g} days are limited by heat.",
            ),
        ),
    )


def critique_m2(evidence: Evidence) -> float:
    """The critique's own radiator, by this program's heat path: one side, without environment, m^2."""
    figures = evidence.figures
    path = replace(
        heat_path(evidence.scenario(AI1).satellite),
        emittance=figures.critique_emittance,
        sides=1,
        fin_efficiency=1.0,
        coolant_drop_k=0.0,
        coolant_radiator_k_m2_per_w=0.0,
        junction_coolant_k_per_w=0.0,
    )
    # Without steps between chip and plate the chip's limit is the plate's temperature; heat is linear in the area.
    per_m2 = path.heat_limit_w(1.0, figures.critique_radiator_c, gpus=1, other_w=0.0, absorbed_w_m2=0.0)
    return figures.critique_heat_kw * 1000 / float(per_m2)
