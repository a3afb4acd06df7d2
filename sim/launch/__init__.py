"""Launch vehicles, their prices and delays: lead times, opportunities, slips, failures and stand-downs.  Pure.

An order is ready for flight after its lead time.  It then waits for a launch opportunity: a date of the vehicle's
calendar, or at once where launches are on demand, and a free pad where pads are few.  The flight slips by a random
delay, succeeds or fails, and its satellites reach their plane after the transfer.  A failure grounds the vehicle for a
random stand-down.
"""

from sim.launch.delays import (
    AnyDelay,
    ConstantDelay,
    DelayLaw,
    ExponentialDelay,
    LognormalDelay,
    StandDown,
    UniformDelay,
)
from sim.launch.drift import SAME_INCLINATION_DEG, Drift
from sim.launch.payload import PayloadTable, ReferencePayload
from sim.launch.price import AnyPrice, LearningCurve, PerFlight, PerKilogram, PriceTable, Purchase, Rideshare
from sim.launch.record import FlightRecord
from sim.launch.service import MAIN, FlightService, LaunchService, Ramp, Turnaround
from sim.launch.vehicle import Vehicle
from sim.launch.view import VehicleView

__all__ = [
    "MAIN",
    "SAME_INCLINATION_DEG",
    "AnyDelay",
    "AnyPrice",
    "ConstantDelay",
    "DelayLaw",
    "Drift",
    "ExponentialDelay",
    "FlightRecord",
    "FlightService",
    "LaunchService",
    "LearningCurve",
    "LognormalDelay",
    "PayloadTable",
    "PerFlight",
    "PerKilogram",
    "PriceTable",
    "Purchase",
    "Ramp",
    "ReferencePayload",
    "Rideshare",
    "StandDown",
    "Turnaround",
    "UniformDelay",
    "Vehicle",
    "VehicleView",
]
