"""Many scenarios at once: what is varied in one of them, over which values, and what depends on it."""

from sim.exploration.inputs import Input, inputs_of
from sim.exploration.optimising import optimise, with_goals
from sim.exploration.optimum import Optimum
from sim.exploration.plan import Plan, Range, StudyFile, entry_of, is_study, load_study_file
from sim.exploration.sensitivities import Sensitivity, sensitivity
from sim.exploration.sweeping import Outcome, Sweep, sweep

__all__ = [
    "Input",
    "Optimum",
    "Outcome",
    "Plan",
    "Range",
    "Sensitivity",
    "StudyFile",
    "Sweep",
    "entry_of",
    "inputs_of",
    "is_study",
    "load_study_file",
    "optimise",
    "sensitivity",
    "sweep",
    "with_goals",
]
