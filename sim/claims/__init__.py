"""The answers: what was said of data centres in orbit, and what this program computes of it."""

from sim.claims.claim import Claim, Input, Lever, Table, Threshold

__all__ = ["Claim", "Input", "Lever", "Table", "Threshold"]
