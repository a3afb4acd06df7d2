"""Studies: replicates on many processes, paired comparisons with honest intervals, and the folder that resumes."""

from sim.experiment.cluster import on_cluster
from sim.experiment.comparison import compare, load_study, replicate, run, simulate_many
from sim.experiment.folder import default_folder, newest_folder
from sim.experiment.repricing import Parity, parity, reprice
from sim.experiment.sample import Sample
from sim.experiment.statistics import Difference, Estimate
from sim.experiment.study import Study
from sim.experiment.tasks import StudyInterrupted

__all__ = [
    "Difference",
    "Estimate",
    "Parity",
    "Sample",
    "Study",
    "StudyInterrupted",
    "compare",
    "default_folder",
    "load_study",
    "newest_folder",
    "on_cluster",
    "parity",
    "replicate",
    "reprice",
    "run",
    "simulate_many",
]
