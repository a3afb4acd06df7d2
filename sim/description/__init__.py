"""What a scenario means, before a run: as numbers (`facts`, `plane_facts`) and as text (`describe`)."""

from sim.description.numbers import facts
from sim.description.planes import daily_facts, plane_facts
from sim.description.text import describe

__all__ = ["daily_facts", "describe", "facts", "plane_facts"]
