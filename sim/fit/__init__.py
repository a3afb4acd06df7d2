"""Lifetime laws from a failure log: Kaplan-Meier, maximum likelihood under right censoring, goodness of fit."""

from sim.fit.failures import UNITS, Columns, Failures, read_failures
from sim.fit.fitted import Fit
from sim.fit.maximum_likelihood import fit_laws
from sim.fit.overlay import file_names, overlay
from sim.fit.report import fit_file
from sim.fit.sample import Sample, kaplan_meier

__all__ = [
    "UNITS",
    "Columns",
    "Failures",
    "Fit",
    "Sample",
    "file_names",
    "fit_file",
    "fit_laws",
    "kaplan_meier",
    "overlay",
    "read_failures",
]
