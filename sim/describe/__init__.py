"""What a scenario means, before anything runs: in numbers (`facts`, `plane_facts`) and in words (`describe`)."""

from sim.describe.numbers import facts
from sim.describe.planes import plane_facts
from sim.describe.words import describe

__all__ = ["describe", "facts", "plane_facts"]
