"""How much for a tonne, and for the money: C6, C8, C9."""

from __future__ import annotations

from sim.claims.capital import PART_MASSES, Delivered, announced_to_sum, lightest, mass_kg
from sim.claims.claim import Cell, Claim, Input, Table, Threshold
from sim.claims.energy import AI1, DESIGNS
from sim.claims.evidence import Evidence
from sim.claims.judging import Values, crossing, judged, over_ranges, short
from sim.environment.parts import Parts
from sim.scenario import Scenario

MAINTAINED = "scheduled_batch"
"""The strategy whose availability a fleet in orbit is taken to have."""
KW_PER_GW, BILLION, TRILLION = 1e6, 1e9, 1e12
_BOUGHT = "economics.gpu_usd", "launch.vehicle.price.usd"


def kilowatts_per_tonne(evidence: Evidence) -> Claim:
    """C6: 100 kW a tonne."""
    scenario = evidence.scenario(AI1)
    parts, kw = evidence.environment(scenario).designs[0].parts, scenario.satellite.full_load_w / 1000
    masses, target = evidence.given(scenario, *PART_MASSES), evidence.figures.claimed_kw_per_tonne

    def per_tonne(values: Values) -> float:
        inside = {path.partition(":")[2]: value for path, value in values.items()}
        return 1000 * kw / mass_kg(scenario, parts, evidence, inside)

    estimate = over_ranges(per_tonne, masses, evidence.generator("C6"), "kW/t")
    best = 1000 * kw / mass_kg(scenario, parts, evidence, lightest(masses))
    closes_kg = 1000 * kw / target
    heaviest = sorted(parts.mass_kg.items(), key=lambda part: -part[1])[:3]
    return Claim(
        id="C6",
        said="A satellite carries 100 kW of computing per tonne.",
        question="How much computing power does a tonne of satellite carry, if all its parts are weighed?",
        quantity="full load over the sum of the parts, AI1",
        unit="kW/t",
        estimate=estimate,
        interval="ranges of the mass of each part",
        verdict=judged(
            estimate,
            target,
            f"the {target:g} claimed",
            at_least=True,
            condition=f"the satellite weighs {closes_kg:,.0f} kg, {100 * closes_kg / parts.sum_kg:.0f} % of its parts",
        ),
        threshold=Threshold(
            f"a satellite of {kw:.0f} kW that weighs {closes_kg:,.0f} kg; with every part at its lightest it reaches "
            f"{best:.0f} kW/t",
            closes_kg,
            "kg",
            f"{AI1}:satellite.mass_kg",
        ),
        binding="mass: " + ", ".join(f"{name.replace('_', ' ')} {kg:,.0f} kg" for name, kg in heaviest),
        inputs=(*masses, *evidence.own("claimed_kw_per_tonne"), *evidence.given(scenario, "satellite.mass_kg")),
        tables=(_densities(evidence, best), _part_masses(parts, scenario)),
    )


def _densities(evidence: Evidence, best: float) -> Table:
    rows: list[tuple[str, float, float, float]] = []
    for names in DESIGNS:
        scenario = evidence.scenario(*names)
        parts, kw = evidence.environment(scenario).designs[0].parts, scenario.satellite.full_load_w / 1000
        array_kw = parts.array_w / 1000
        for which, kg in (("as given", parts.launch_mass_kg), ("sum of its parts", parts.sum_kg)):
            rows.append((f"{names[0]}, {which}", kg, 1000 * kw / kg, 1000 * array_kw / kg))
    ai1 = evidence.scenario(AI1).satellite.full_load_w
    rows.append((f"{AI1}, every part at its lightest", ai1 / best, best, float("nan")))
    shown = tuple(tuple(None if cell != cell else cell for cell in row) for row in rows)
    return Table("Power over mass", ("satellite", "kg", "kW/t of computing and bus", "kW/t of new array"), shown)


def _part_masses(parts: Parts, scenario: Scenario) -> Table:
    return Table(
        f"Parts of {scenario.name.split(' ')[0]}",
        ("part", "kg", "% of the sum"),
        tuple((name.replace("_", " "), kg, 100 * kg / parts.sum_kg) for name, kg in parts.mass_kg.items()),
    )


def _orbit_inputs(evidence: Evidence, scenario: Scenario) -> list[Input]:
    return [*announced_to_sum(evidence, scenario), *evidence.own("ground_availability", "ground_usd_per_gw")]


def capital_for_2030(evidence: Evidence) -> Claim:
    """C8: 200 GW of data centres in 2030, on the ground and in orbit."""
    figures, scenario = evidence.figures, evidence.scenario(AI1)
    inputs = _orbit_inputs(evidence, scenario)
    online = orbit_availability(evidence, scenario)

    def ratio(values: Values) -> float:
        return orbit_usd_per_useful_kw(evidence, scenario, inputs, values, online) / (
            values[inputs[3].path] / KW_PER_GW / values[inputs[2].path]
        )

    estimate = over_ranges(ratio, inputs, evidence.generator("C8"), "times")
    central = {one.path: float(one.value) for one in inputs}
    orbit = orbit_usd_per_useful_kw(evidence, scenario, inputs, central, online) * KW_PER_GW
    ground = figures.ground_usd_per_gw / figures.ground_availability
    one = Delivered.of(evidence, scenario)
    turn, words = _what_would_do(evidence, scenario, ground * online / KW_PER_GW)
    gw = figures.claimed_gw_2030
    return Claim(
        id="C8",
        said="200 GW of data centres by 2030.",
        question="What does it cost to build 200 GW of data centres in orbit, against the ground?",
        quantity="capital for equal working power, orbit over ground",
        unit="times",
        estimate=estimate,
        interval="satellite from announced to the sum of its parts; ranges of the ground's capital and availability",
        verdict=judged(estimate, 1.0, "1 where both cost the same", at_least=False, condition=words),
        threshold=Threshold(words, turn, "USD/W", f"{AI1}:economics.bus_usd"),
        binding=(
            f"capital that is replaced every {one.life_years:g} years: ${short(orbit * gw)} in orbit against "
            f"${short(ground * gw)} on the ground, {100 * one.launch_usd / (one.usd * one.success):.0f} % of it launch"
        ),
        inputs=(
            *inputs,
            *evidence.own("claimed_gw_2030", "published_orbit_usd_per_gw"),
            *evidence.given(scenario, *_BOUGHT, "launch.vehicle.success_probability"),
        ),
        tables=(_capital_table(evidence, scenario, online),),
    )


def _what_would_do(evidence: Evidence, scenario: Scenario, usd_per_kw: float) -> tuple[float, str]:
    """Price of a satellite with its chips, USD/W, at which a kW in orbit costs so much, and the same in words."""
    one = Delivered.of(evidence, scenario)
    own = (one.bus_usd + one.gpus_usd) / one.kw / 1000
    needed = usd_per_kw * one.success / 1000 - one.launch_usd / one.kw / 1000
    free = crossing(lambda usd: Delivered.of(evidence, scenario, usd_per_kg=usd).usd_per_kw, usd_per_kw, 0.0, 1e4)
    launch = f"or launch ${short(free)}/kg" if free is not None else "and launch alone does not do it, not even free"
    return needed, f"a satellite with its chips costs ${short(needed)}/W, not ${short(own)}/W, {launch}"


def orbit_availability(evidence: Evidence, scenario: Scenario) -> float:
    """Share of the planned GPUs at work in a fleet that is maintained, mean over replicates."""
    mean = evidence.study(scenario, MAINTAINED).metrics(MAINTAINED)["compute_availability"].mean
    assert mean is not None
    return mean


def orbit_usd_per_useful_kw(
    evidence: Evidence, scenario: Scenario, inputs: list[Input], values: Values, online: float
) -> float:
    """Capital of a kW at work; `inputs`: mass and price of the satellite first."""
    one = Delivered.of(evidence, scenario, kg=values[inputs[0].path], bus_usd=values[inputs[1].path])
    return one.usd_per_kw / online


def _capital_table(evidence: Evidence, scenario: Scenario, online: float) -> Table:
    figures, parts = evidence.figures, evidence.environment(scenario).designs[0].parts
    gw, rows, price = figures.claimed_gw_2030, list[tuple[Cell, ...]](), announced_to_sum(evidence, scenario)[1]
    for name, kg, bus in (
        ("orbit, as announced", parts.launch_mass_kg, float(price.value)),
        ("orbit, as its parts add up", parts.sum_kg, price.high or float(price.value)),
    ):
        one = Delivered.of(evidence, scenario, kg=kg, bus_usd=bus)
        count, per_gw = gw * KW_PER_GW / one.kw / online, one.usd_per_kw * KW_PER_GW
        flights = count / one.seats / one.success
        rows.append((name, per_gw / BILLION, per_gw / online * gw / TRILLION, count, flights))
    for name, per_gw, share in (
        ("ground", figures.ground_usd_per_gw, figures.ground_availability),
        ("orbit, as another published it", figures.published_orbit_usd_per_gw, online),
    ):
        rows.append((name, per_gw / BILLION, per_gw / share * gw / TRILLION, None, None))
    return Table(
        f"{gw:g} GW at work",
        ("where", "billion USD a GW", "trillion USD in all", "satellites", "flights"),
        tuple(rows),
        f"Of the GPUs in orbit {100 * online:.0f} % are at work in the mean over five years, simulated with "
        "replacement; "
        f"on the ground {100 * figures.ground_availability:.0f} %.",
    )


def same_money(evidence: Evidence) -> Claim:
    """C9: $1.4T over 8 years for 30 GW; the same money in orbit."""
    figures, scenario = evidence.figures, evidence.scenario(AI1)
    inputs = _orbit_inputs(evidence, scenario)[:3]
    online, money = orbit_availability(evidence, scenario), figures.claimed_budget_usd

    def gw(values: Values) -> float:
        at_work = orbit_usd_per_useful_kw(evidence, scenario, inputs, values, online)
        return money / at_work / KW_PER_GW / values[inputs[2].path]

    estimate = over_ranges(gw, inputs, evidence.generator("C9"), "GW")
    one = Delivered.of(evidence, scenario)
    satellites, target = money / one.usd, figures.claimed_budget_gw
    turn, words = _what_would_do(evidence, scenario, money / target / KW_PER_GW * online / figures.ground_availability)
    return Claim(
        id="C9",
        said="$1.4 trillion over eight years build 30 GW.",
        question="How much computing would $1.4 trillion buy in orbit?",
        quantity="power of data centres on the ground that would do the work of what the money buys in orbit",
        unit="GW",
        estimate=estimate,
        interval="satellite from announced to the sum of its parts; availability on the ground",
        verdict=judged(estimate, target, f"{target:g} on the ground", at_least=True, condition=words),
        threshold=Threshold(f"{target:g} GW if {words}", turn, "USD/W", f"{AI1}:economics.bus_usd"),
        binding=(
            f"price and flights: {short(satellites)} satellites on {short(satellites / one.seats)} flights, which are "
            f"{short(satellites / one.seats / figures.claimed_budget_years)} a year over "
            f"{figures.claimed_budget_years:g} years"
        ),
        inputs=(
            *inputs,
            *evidence.own(
                "claimed_budget_usd", "claimed_budget_gw", "claimed_budget_years", "starship_flights_per_year"
            ),
            *evidence.given(scenario, *_BOUGHT),
        ),
        tables=(
            Table(
                "The same money",
                ("where", "GW installed", "GW at work", "satellites", "flights"),
                (
                    ("ground, as announced", target, target * figures.ground_availability, None, None),
                    (
                        "orbit, as announced",
                        satellites * one.kw / KW_PER_GW,
                        satellites * one.kw / KW_PER_GW * online,
                        satellites,
                        satellites / one.seats,
                    ),
                ),
            ),
        ),
    )
