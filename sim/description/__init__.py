"""What a scenario means, before anything runs: in numbers (`facts`, `plane_facts`) and in words (`describe`)."""

from sim.description.numbers import facts
from sim.description.planes import plane_facts
from sim.description.words import describe

__all__ = ["describe", "facts", "plane_facts"]
