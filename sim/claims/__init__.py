"""The answers: what was said of data centres in orbit, and what this program computes of it.

Each claim is a function of the `Evidence`, which holds shipped scenarios, their physics, and studies that are run once.
What was said is an input with its source; the answer comes from the models, with an interval, what would turn it round,
and the constraint that decides.
"""

from sim.claims.answers import CLAIMS, answers, known_ids
from sim.claims.claim import Claim, Input, Lever, Table, Threshold
from sim.claims.evidence import Evidence, settings_of

__all__ = [
    "CLAIMS",
    "Claim",
    "Evidence",
    "Input",
    "Lever",
    "Table",
    "Threshold",
    "answers",
    "known_ids",
    "settings_of",
]
