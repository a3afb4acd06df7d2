"""What a scenario means, before a run: as numbers (`facts`, `plane_facts`) and as text (`describe`, `plane_tables`)."""

from sim.describe.numbers import facts
from sim.describe.plane_tables import plane_tables
from sim.describe.planes import plane_facts
from sim.describe.text import describe

__all__ = ["describe", "facts", "plane_facts", "plane_tables"]
