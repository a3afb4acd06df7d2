"""What cooling takes: C11, E2."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from sim.claims.capital import Delivered
from sim.claims.claim import Claim, Input, Table, Threshold
from sim.claims.energy import AI1, HOURS_PER_YEAR
from sim.claims.evidence import Evidence
from sim.claims.judging import Values, crossing, judged, over_ranges, short, with_values
from sim.environment.hardware import heat_path, radiator_needed_m2

RADIATOR = "satellite.radiator"
SHOWN_KW = 200.0
"""The critique's other figure."""


@dataclass(frozen=True, eq=False)
class Cooling:
    """Cooling a kW of computers for a satellite's life, in orbit and on the ground."""

    evidence: Evidence

    @cached_property
    def inputs(self) -> list[Input]:
        """What is drawn."""
        scenario = self.evidence.scenario(AI1)
        given = self.evidence.given(scenario, f"{RADIATOR}.areal_mass_kg_m2", "economics.parts.radiator_usd_per_m2")
        return [*given, *self.evidence.own("pue", "power_usd_per_kwh", "cooling_plant_usd_per_kw")]

    @property
    def central(self) -> dict[str, float]:
        """The inputs' own values."""
        return {one.path: float(one.value) for one in self.inputs}

    @cached_property
    def m2(self) -> float:
        """Plate for a kW of full load on the hottest day, with an old coating."""
        scenario = self.evidence.scenario(AI1)
        whole = radiator_needed_m2(scenario.satellite, self.evidence.environment(scenario).sun)
        return whole / (scenario.satellite.full_load_w / 1000)

    @cached_property
    def armour_kg_m2(self) -> float:
        """Walls against debris around the coolant, kg for each m^2 of plate."""
        environment = self.evidence.environment(self.evidence.scenario(AI1))
        return environment.parts[0].mass_kg["coolant_armour"] / environment.sizes.radiator_m2

    @cached_property
    def usd_per_kg(self) -> float:
        """Launch in a full flight."""
        one = Delivered.of(self.evidence, self.evidence.scenario(AI1))
        return one.launch_usd / one.kg

    @property
    def years(self) -> float:
        """A satellite's life."""
        return self.evidence.scenario(AI1).satellite.design_life_years

    def kg(self, values: Values) -> float:
        """Radiator of a kW with its armour."""
        return self.m2 * (values[self.inputs[0].path] + self.armour_kg_m2)

    def radiator_usd(self, values: Values) -> float:
        """Radiator of a kW, bought."""
        return self.m2 * values[self.inputs[1].path]

    def orbit_usd(self, values: Values, usd_per_kg: float) -> float:
        """A kW in orbit."""
        return self.radiator_usd(values) + self.kg(values) * usd_per_kg

    def plant_usd(self, values: Values) -> float:
        """Chillers for a kW on the ground."""
        return values[self.inputs[4].path]

    def ground_usd(self, values: Values) -> float:
        """A kW on the ground."""
        pue, power = (values[one.path] for one in self.inputs[2:4])
        return self.plant_usd(values) + (pue - 1) * HOURS_PER_YEAR * self.years * power


def free_cooling(evidence: Evidence) -> Claim:
    """C11: the cold of space saves cooling."""
    case, scenario = Cooling(evidence), evidence.scenario(AI1)
    central, ground = case.central, case.ground_usd(case.central)
    estimate = over_ranges(
        lambda values: case.orbit_usd(values, case.usd_per_kg) / case.ground_usd(values),
        case.inputs,
        evidence.generator("C11"),
        "times",
    )
    turn = crossing(lambda usd: case.orbit_usd(central, usd) / ground, 1.0, 0.0, 1e5)
    words = f"launch costs less than ${short(turn)}/kg" if turn is not None else "radiators cost far less"
    more = "launch.vehicle.price.usd", "satellite.design_life_years"
    return Claim(
        id="C11",
        said="The cold of space saves the cost of cooling.",
        question="Is it cheaper to cool computers in space than on the ground?",
        quantity=f"radiator with its launch over cooling on the ground for {case.years:g} years, of a kW of computers",
        unit="times",
        estimate=estimate,
        interval="ranges of the radiator's mass and price, of PUE, electricity and cooling plant",
        verdict=judged(estimate, 1.0, "1 where both cost the same", at_least=False, condition=words),
        threshold=Threshold(words, turn, "USD/kg", f"{AI1}:launch.vehicle.price"),
        binding=(
            f"a vacuum carries no heat away but by radiation: {case.m2:.2f} m2 and {case.kg(central):.1f} kg of "
            "radiator a "
            f"kW, brought up at ${short(case.usd_per_kg)}/kg"
        ),
        inputs=(*case.inputs, *evidence.given(scenario, *more)),
        tables=(_cooling_table(case),),
    )


def _cooling_table(case: Cooling) -> Table:
    values = case.central
    launch = case.orbit_usd(values, case.usd_per_kg) - case.radiator_usd(values)
    power = case.ground_usd(values) - case.plant_usd(values)
    return Table(
        "Cooling a kW of computers",
        ("", "m2", "kg", "USD"),
        (
            ("radiator, bought", case.m2, case.kg(values), case.radiator_usd(values)),
            (f"its launch at ${short(case.usd_per_kg)}/kg", None, None, launch),
            ("cooling plant on the ground", None, None, case.plant_usd(values)),
            (f"electricity for it over {case.years:g} years", None, None, power),
        ),
    )


def radiator_size(evidence: Evidence) -> Claim:
    """E2: 16 kW need 42.5 m^2 of radiator."""
    figures, scenario = evidence.figures, evidence.scenario(AI1)
    drawn = evidence.given(
        scenario,
        f"{RADIATOR}.coolant_drop_k",
        f"{RADIATOR}.emittance",
        f"{RADIATOR}.fin_efficiency",
        f"{RADIATOR}.junction_limit_c",
    )
    estimate = over_ranges(lambda values: plate_m2(evidence, values), drawn, evidence.generator("E2"), "m2", draws=200)
    central, limit = {one.path: float(one.value) for one in drawn}, drawn[3]
    turn = crossing(
        lambda limit_c: plate_m2(evidence, {**central, limit.path: limit_c}),
        figures.critique_radiator_m2,
        0.0,
        float(limit.value),
    )
    hottest = evidence.facts(scenario)["satellite"]["radiator"]["radiator_hottest_c"]
    radiator, names = scenario.satellite.radiator, ("junction_coolant_k_per_w", "area_m2", "sides")
    own = "critique_heat_kw", "critique_radiator_m2", "critique_radiator_c", "critique_emittance"
    return Claim(
        id="E2",
        said="16 kW of computers need 42.5 m2 of radiator; 200 kW need 531 m2.",
        question="How large a radiator do 16 kW of computers need in orbit?",
        quantity="plate that rejects 16 kW on the hottest day with an old coating, AI1's kind",
        unit="m2",
        estimate=estimate,
        interval="ranges of the coolant's temperature drop, emittance, fins and the chips' limit",
        verdict=judged(
            estimate,
            figures.critique_radiator_m2,
            "the critique's 42.5 m2",
            at_least=True,
            condition=f"chips must stay below {short(turn)} C",
        ),
        threshold=Threshold(
            f"{figures.critique_radiator_m2:g} m2 if chips must stay below {short(turn)} C; the critique's plate is "
            "one side at "
            f"{figures.critique_radiator_c:g} C, for which the same physics gives {critique_m2(evidence):.1f} m2",
            turn,
            "C",
            limit.path,
        ),
        binding=(
            f"temperature: chips at {radiator.junction_limit_c:g} C let both sides of the plate glow at {hottest:.0f} "
            "C, and "
            "heat goes with the fourth power of it"
        ),
        inputs=(*drawn, *evidence.given(scenario, *(f"{RADIATOR}.{name}" for name in names)), *evidence.own(*own)),
        tables=(_radiator_table(evidence, float(estimate.mean or 0.0)),),
    )


def plate_m2(evidence: Evidence, values: Values) -> float:
    """Plate for the critique's heat, of AI1's kind, with other figures of its radiator."""
    scenario = evidence.scenario(AI1)
    changed = with_values(scenario, {path.partition(":")[2]: value for path, value in values.items()})
    needed = radiator_needed_m2(changed.satellite, evidence.environment(scenario).sun)
    return needed * evidence.figures.critique_heat_kw * 1000 / scenario.satellite.full_load_w


def _radiator_table(evidence: Evidence, m2: float) -> Table:
    scenario, heat_kw = evidence.scenario(AI1), evidence.figures.critique_heat_kw
    environment, cold = evidence.environment(scenario), critique_m2(evidence)
    inside = environment.days < environment.horizon_days
    speed = float(np.mean(environment.designs[0].operation.light_speed[0][inside]))
    hot = [one["days"] for one in evidence.facts(scenario)["satellite"]["limits"] if one["cause"] != "array"]
    return Table(
        "Radiator of AI1",
        ("", "m2", f"m2 for {SHOWN_KW:g} kW"),
        (
            ("as announced, for 120 kW", environment.sizes.radiator_m2, None),
            ("needed for its full load", environment.sizes.radiator_needed_m2, None),
            (f"for {heat_kw:g} kW", m2, m2 * SHOWN_KW / heat_kw),
            (f"for {heat_kw:g} kW, one side at 20 C, nothing absorbed", cold, cold * SHOWN_KW / heat_kw),
        ),
        f"New satellites run at {100 * speed:.2f} % of full speed in the mean over the mission; heat limits them on "
        f"{sum(hot):g} days.",
    )


def critique_m2(evidence: Evidence) -> float:
    """The critique's own radiator, by this program's heat path: one side, nothing absorbed, m^2."""
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
