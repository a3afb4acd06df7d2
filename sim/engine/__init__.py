"""The discrete-event engine: what happens to a fleet, event by event.  The only importer of SimPy."""

from sim.engine.simulation import simulate

__all__ = ["simulate"]
