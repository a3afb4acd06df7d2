"""A run of a campus: its jobs and services, each on hosts of its own, and the technicians whom they share."""

from __future__ import annotations

from sim.engine.context import Context
from sim.engine.hall import HallRun
from sim.engine.serving_hall import ServingHall
from sim.engine.steps import step_until
from sim.engine.workshop import Crew
from sim.environment import Hall


def run_campus(context: Context, hall: Hall) -> list[HallRun | ServingHall]:
    """Run it to the horizon; returns its parts as they stand then."""
    crew, horizon = Crew(context.env, hall.campus.repair.technicians), context.environment.horizon_days
    made: list[HallRun | ServingHall] = [
        ServingHall(context, hall, part, crew) if part.job is None else HallRun(context, hall, part, crew)
        for part in hall.parts_of_it
    ]
    for one in made:
        one.begin()
    step_until(context, horizon, things=hall.campus.all_hosts, who=f"campus of {context.scenario.name}")
    for one in made:
        one.close(horizon)
    return made
