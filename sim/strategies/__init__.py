"""Maintenance strategies: small classes with one verb.  `BUILT_IN` lists those that ship; users bring their own."""

from __future__ import annotations

import importlib
import sys

from sim.berths import BerthState
from sim.design_view import DesignView
from sim.errors import InputError
from sim.fleet import FleetView
from sim.launch import VehicleView
from sim.plane_view import PlaneView
from sim.servicing import ServiceView
from sim.strategies.age_replacement import AgeReplacement
from sim.strategies.base import (
    Action,
    Activate,
    Launch,
    Relieving,
    Replenishing,
    Retire,
    Service,
    Strategy,
    Transfer,
)
from sim.strategies.batch import Batch
from sim.strategies.block_launch import BlockLaunch
from sim.strategies.condition_based import ConditionBased
from sim.strategies.dual_supply import DualSupply
from sim.strategies.fill_the_vehicle import FillTheVehicle
from sim.strategies.generation_refresh import GenerationRefresh
from sim.strategies.life_extension import LifeExtension
from sim.strategies.marginal_value import MarginalValue
from sim.strategies.on_orbit_spares import OnOrbitSpares
from sim.strategies.overbuild import OverbuildAndDecay
from sim.strategies.parking_orbit import ParkingOrbit
from sim.strategies.replace_on_failure import ReplaceOnFailure
from sim.strategies.run_to_failure import RunToFailure
from sim.strategies.scheduled_batch import ScheduledBatch
from sim.strategies.servicing import RoboticServicing, ServicingAndReplacement
from sim.strategies.spares import Sparing
from sim.strategies.value import Valuing
from sim.text import nearest

BUILT_IN: dict[str, type[Strategy]] = {
    "run_to_failure": RunToFailure,
    "overbuild_and_decay": OverbuildAndDecay,
    "replace_on_failure": ReplaceOnFailure,
    "batch": Batch,
    "scheduled_batch": ScheduledBatch,
    "block_launch": BlockLaunch,
    "fill_the_vehicle": FillTheVehicle,
    "on_orbit_spares": OnOrbitSpares,
    "condition_based": ConditionBased,
    "marginal_value": MarginalValue,
    "age_replacement": AgeReplacement,
    "generation_refresh": GenerationRefresh,
    "life_extension": LifeExtension,
    "dual_supply": DualSupply,
    "parking_orbit": ParkingOrbit,
    "robotic_servicing": RoboticServicing,
    "servicing_and_replacement": ServicingAndReplacement,
}

__all__ = [
    "BUILT_IN",
    "Action",
    "Activate",
    "AgeReplacement",
    "Batch",
    "BerthState",
    "BlockLaunch",
    "ConditionBased",
    "DesignView",
    "DualSupply",
    "FillTheVehicle",
    "FleetView",
    "GenerationRefresh",
    "Launch",
    "LifeExtension",
    "MarginalValue",
    "OnOrbitSpares",
    "OverbuildAndDecay",
    "ParkingOrbit",
    "PlaneView",
    "Relieving",
    "ReplaceOnFailure",
    "Replenishing",
    "Retire",
    "RoboticServicing",
    "RunToFailure",
    "ScheduledBatch",
    "Service",
    "ServiceView",
    "ServicingAndReplacement",
    "Sparing",
    "Strategy",
    "Transfer",
    "Valuing",
    "VehicleView",
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
        listed = f"built in: {', '.join(BUILT_IN)}; your own: package.module:Class"
        raise InputError(f"no strategy {kind!r}{nearest(kind, list(BUILT_IN))}; {listed}")
    try:
        found = getattr(importlib.import_module(module_name), class_name)
    except (Exception, SystemExit) as error:  # a module of the user's may do anything when it is imported
        near = _class_meant(module_name, class_name) if isinstance(error, AttributeError) else ""
        raise InputError(f"strategy {kind!r} cannot be loaded: {type(error).__name__}: {error}{near}") from error
    if not (isinstance(found, type) and issubclass(found, Strategy)):
        raise InputError(f"strategy {kind!r} is not a subclass of sim.strategies.Strategy")
    if found.decide is Strategy.decide:
        raise InputError(f"strategy {kind!r} has no method decide")
    for name, built_in in BUILT_IN.items():
        if found is built_in:
            raise InputError(f"strategy {kind!r} is built in: call it {name}")
    return found


def _class_meant(module_name: str, class_name: str) -> str:
    """`; did you mean 'x'?` of the strategies in a module that was imported; nothing where none of them is near."""
    there = vars(sys.modules[module_name]) if module_name in sys.modules else {}
    classes = [name for name, one in there.items() if isinstance(one, type) and issubclass(one, Strategy)]
    return nearest(class_name, [name for name in classes if there[name].decide is not Strategy.decide])
