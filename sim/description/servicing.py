"""What it means to have satellites mended: in numbers, and in words."""

from __future__ import annotations

from collections.abc import Iterator

from sim.description.format import Facts, money
from sim.economics import bills_of
from sim.environment import Environment
from sim.environment.reach import Reach
from sim.launch import Purchase
from sim.physics.rendezvous import delta_v_m_s
from sim.scenario.models import Scenario
from sim.scenario.servicing import Robots
from sim.text import many


def servicing_facts(scenario: Scenario, environment: Environment) -> Facts:
    """Who mends satellites for strategies that want it, what they can do, and what they cost at the start."""
    servicing, planes = scenario.servicers, environment.planes
    bill, cartridge = bills_of(scenario, environment.parts)[0], servicing.cartridge
    cartridge_kg = cartridge.gpus * cartridge.kg_per_gpu
    cartridge_usd = cartridge.gpus * bill.gpu_usd + cartridge.usd
    found: Facts = {
        "kind": servicing.kind,
        "given": scenario.servicing is not None,
        "mends": list(servicing.mends),
        "cartridge_gpus": cartridge.gpus,
        "cartridge_kg": cartridge_kg,
        "cartridge_usd": cartridge_usd,
        "depot_parts": servicing.depot.parts,
        "reorder_level": servicing.depot.reorder_level,
        "success_probability": servicing.success_probability,
        "hours_per_day": servicing.hours_a_day,
        "days_per_visit": (servicing.hours_per_visit + servicing.hours_per_part) / servicing.hours_a_day,
    }
    if not isinstance(servicing, Robots):
        return found | {"servicers": servicing.crews, "depots": 1, "planes_reached": len(planes)}
    depots = len(planes) if servicing.based == "each_plane" else 1
    reach, price = Reach(planes, servicing), servicing.resupply_price
    bought = Purchase(0.0, scenario.mission.start_year)
    first = servicing.number * (servicing.usd + float(price.cost_usd(servicing.wet_kg, 1, bought)))
    first += servicing.depot.parts * cartridge_usd
    first += float(price.cost_usd(servicing.depot.parts * cartridge_kg, 1, bought))
    slots = planes[0].slots
    way = reach.along(0, 0, 1 if slots > 1 else 0)
    return found | {
        "servicers": servicing.number * depots,
        "depots": depots,
        "planes_reached": len(planes) if servicing.based == "each_plane" else len(reach.reached(0, 0.0)),
        "wet_kg": servicing.wet_kg,
        "delta_v_m_s": delta_v_m_s(servicing.wet_kg, servicing.propellant_kg, servicing.isp_s),
        "next_slot_days": way.days,
        "next_slot_m_s": way.delta_v_m_s,
        "initial_usd": depots * first,
    }


def servicing_lines(f: Facts) -> Iterator[str]:
    """The same in words; in few where the scenario names nobody."""
    robots = f["kind"] == "robots"
    who = many(f["servicers"], "robotic servicer" if robots else "crew")
    what = f"cartridges of {many(f['cartridge_gpus'], 'GPU')}, {f['cartridge_kg']:g} kg, {money(f['cartridge_usd'])}"
    if not f["given"]:
        yield (
            "  none is named: strategies that send servicers do so with default figures, all of them assumptions [A]: "
            f"{who}, {what}; {money(f['initial_usd'])} at the start"
        )
        return
    depots = "the depot" if f["depots"] == 1 else f"each of {f['depots']:,} depots"
    yield f"  {who}; {what}; {depots} holds {f['depot_parts']:,} and orders at {f['reorder_level']:,}"
    yield (
        f"  they mend {', '.join(f['mends'])}; a visit for one part takes {f['days_per_visit']:.2g} days at "
        f"{f['hours_per_day']:g} hours a day, an operation succeeds with probability {f['success_probability']:g}"
    )
    if robots:
        yield (
            f"  each: {f['wet_kg']:,g} kg, {f['delta_v_m_s']:,.0f} m/s in its life; the way to the next slot takes "
            f"{f['next_slot_days']:.2g} days and {f['next_slot_m_s']:.3g} m/s; {many(f['planes_reached'], 'plane')} "
            "within reach"
        )
        yield f"  servicers and stock at the start: {money(f['initial_usd'])}, for a strategy that sends them"
