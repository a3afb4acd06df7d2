"""The public verb: one replicate of one strategy, from a scenario to its Result."""

from __future__ import annotations

from sim.engine.block import simulate_in_blocks
from sim.engine.campus import run_campus
from sim.engine.context import Context
from sim.engine.controls import NO_CONTROLS, birth_controls
from sim.engine.hall_services import hall_service_rows
from sim.engine.inference import check_size, inference_rows
from sim.engine.run import Run
from sim.environment import Environment
from sim.fleet import Fleet
from sim.result import Result
from sim.scenario.models import Scenario
from sim.streams import Streams


def simulate(scenario: Scenario, environment: Environment, strategy: str, seed: int, replicate: int) -> Result:
    """Run one replicate of one strategy.

    The same arguments give the same result, whatever else runs.  Raises `ScenarioError` when the strategy does not
    exist or does not fit the scenario, and `InputError` when it asks for what cannot be done.
    """
    # A copy, so that what a user's strategy remembers ends with the replicate.
    decider = scenario.strategy_named(strategy).model_copy(deep=True)
    streams = Streams(seed, replicate)
    if scenario.workload.inference:
        check_size(environment)
    if environment.hall is not None:
        context = Context(scenario, environment, streams, Fleet(environment.layouts))
        run_campus(context, environment.hall)
        controls = NO_CONTROLS
    elif scenario.in_blocks:
        events = simulate_in_blocks(scenario, environment, decider, strategy, streams)
        return Result.of(scenario, environment, (strategy, seed, replicate), events, NO_CONTROLS)
    else:
        run = Run(scenario, environment, decider, strategy, streams)
        run.go()
        context = run.context
        controls = birth_controls(scenario, environment.layouts, streams, run.movements.planned_days)
    events = context.log.finish()
    if scenario.workload.inference:
        made = inference_rows if environment.hall is None else hall_service_rows
        for rows in made(environment, events):
            context.log.extend(**rows)
        events = context.log.finish()
    return Result.of(scenario, environment, (strategy, seed, replicate), events, controls)
