"""Maintenance strategies: small classes with one verb.  `BUILT_IN` lists those that ship; users bring their own."""

from __future__ import annotations

from sim.berths import BerthState
from sim.design_view import DesignView
from sim.fleet import FleetView
from sim.launch import VehicleView
from sim.plane_view import PlaneView
from sim.plug_ins import class_named
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
    return class_named(kind, Strategy, BUILT_IN, "strategy", "decide")
