"""Fleets of up to a million satellites, walked a block of days at a time over the same designs, hazards and strategies.

What the exact engine finds event by event is found here for all satellites that arrive together: their whole lives, in
one call, as soon as they are born.  Losses are then taken off the fleet block by block.
"""

from sim.engine.block.simulation import simulate_in_blocks

__all__ = ["simulate_in_blocks"]
