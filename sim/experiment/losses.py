"""Means of what each cause took, from the tables of all replicates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.description.radiation import dose_facts, most_exposed_plane
from sim.environment import Environment
from sim.experiment import statistics
from sim.experiment.controls import no_controls
from sim.experiment.record import LOSSES
from sim.experiment.statistics import Estimate, Quantity

Floats = NDArray[np.float64]

_OTHERS = "others"
_MOST_CAUSES = 8  # named in the text


def by_cause(names: tuple[str, ...], took: Floats) -> dict[str, dict[str, Estimate]]:
    """Plain means of what each cause took, shape of `took` (replicates, causes, `LOSSES`).

    By name, those that took most GPUs and interrupted most first; causes that never occurred are left out.
    """
    means = dict(zip(names, took.mean(axis=0).tolist(), strict=True))
    fields = list(LOSSES)
    lost, interrupted = fields.index("gpus_lost"), fields.index("interruptions")
    happened = [name for column, name in enumerate(names) if took[:, column].any()]
    order = sorted(happened, key=lambda name: (-means[name][lost], -means[name][interrupted]))
    return {
        name: {
            loss: _plain(took[:, names.index(name), column], unit)
            for column, (loss, (unit, _)) in enumerate(LOSSES.items())
        }
        for name in order
    }


def in_a_year(names: tuple[str, ...], took: Floats, years: float) -> dict[str, dict[str, Estimate]]:
    """The same in one of so many years, the smallest of many causes together."""
    happened = list(by_cause(names, took))
    mean = dict(zip(names, took.mean(axis=0), strict=True))
    total = np.maximum(took.mean(axis=0).sum(axis=0), 1e-12)
    large = sorted(happened, key=lambda name: -float((mean[name] / total).max()))
    large = large if len(large) <= _MOST_CAUSES else large[: _MOST_CAUSES - 1]
    groups = {name: [name] for name in happened if name in large}
    if rest := [name for name in happened if name not in large]:
        groups[_OTHERS] = rest
    return {
        name: {
            loss: _plain(took[:, [names.index(one) for one in group], column].sum(axis=1) / years, f"{unit}/year")
            for column, (loss, (unit, _)) in enumerate(LOSSES.items())
        }
        for name, group in groups.items()
    }


def dose(environment: Environment) -> dict[str, float]:
    """As of `Study.dose`: nothing on the ground."""
    if environment.hall is not None:
        return {"rad_per_year": 0.0, "storms_rad_per_year": 0.0, "krad_over_design_life": 0.0, "planes": 0}
    found = dose_facts(environment, most_exposed_plane(environment).id)
    return {
        "rad_per_year": found["dose_rad_per_year"]["mean"],
        "storms_rad_per_year": found["dose_rad_per_year"]["expected_storms"],
        "krad_over_design_life": found["dose_krad_end_of_life"],
        "planes": len(environment.shell_planes),
    }


def _plain(values: Floats, unit: str) -> Estimate:
    """The mean of a count over replicates, without controls."""
    return statistics.estimate(values, no_controls(len(values)), Quantity(unit, 0.0))
