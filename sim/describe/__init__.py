"""What a scenario means, before a run: as numbers (`facts`, `plane_facts`) and as text (`describe`)."""

from sim.describe.numbers import facts
from sim.describe.planes import plane_facts
from sim.describe.text import describe

__all__ = ["describe", "facts", "plane_facts"]
