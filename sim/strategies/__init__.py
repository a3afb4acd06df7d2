"""Maintenance strategies: small classes with one verb.  `BUILT_IN` lists those that ship; users bring their own."""

from __future__ import annotations

import importlib
from difflib import get_close_matches

from sim.errors import InputError
from sim.fleet import BerthState, DesignView, FleetView, PlaneView
from sim.servicing import ServiceView
from sim.strategies.base import Action, Activate, Launch, Replenishing, Retire, Service, Strategy
from sim.strategies.built_in import Batch, OnOrbitSpares, ReplaceOnFailure, RunToFailure, ScheduledBatch
from sim.strategies.servicing import RoboticServicing, ServicingAndReplacement

BUILT_IN: dict[str, type[Strategy]] = {
    "run_to_failure": RunToFailure,
    "replace_on_failure": ReplaceOnFailure,
    "batch": Batch,
    "scheduled_batch": ScheduledBatch,
    "on_orbit_spares": OnOrbitSpares,
    "robotic_servicing": RoboticServicing,
    "servicing_and_replacement": ServicingAndReplacement,
}

__all__ = [
    "BUILT_IN",
    "Action",
    "Activate",
    "Batch",
    "BerthState",
    "DesignView",
    "FleetView",
    "Launch",
    "OnOrbitSpares",
    "PlaneView",
    "ReplaceOnFailure",
    "Replenishing",
    "Retire",
    "RoboticServicing",
    "RunToFailure",
    "ScheduledBatch",
    "Service",
    "ServiceView",
    "ServicingAndReplacement",
    "Strategy",
    "strategy_class",
]


def strategy_class(kind: str) -> type[Strategy]:
    """The strategy class of this kind: a built-in name, or a user's own class as `package.module:Class`.

    Raises `InputError` when there is none, naming the built-in kinds.
    """
    if kind in BUILT_IN:
        return BUILT_IN[kind]
    module_name, colon, class_name = kind.partition(":")
    if not colon:
        near = get_close_matches(kind, BUILT_IN, n=1, cutoff=0.6)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise InputError(f"no strategy {kind!r}{hint}; built in: {', '.join(BUILT_IN)}; your own: package.module:Class")
    try:
        found = getattr(importlib.import_module(module_name), class_name)
    except (Exception, SystemExit) as error:  # a module of the user's may do anything when it is imported
        raise InputError(f"strategy {kind!r} cannot be loaded: {type(error).__name__}: {error}") from error
    if not (isinstance(found, type) and issubclass(found, Strategy)):
        raise InputError(f"strategy {kind!r} is not a subclass of sim.strategies.Strategy")
    if found.decide is Strategy.decide:
        raise InputError(f"strategy {kind!r} has no method decide")
    for name, built_in in BUILT_IN.items():
        if found is built_in:
            raise InputError(f"strategy {kind!r} is built in: call it {name}")
    return found
