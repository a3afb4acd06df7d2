"""The pictures that are drawn of a study, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from sim.description.parts import design_facts
from sim.plots.availability import compute_availability
from sim.plots.cost import cost
from sim.plots.differences import paired_differences
from sim.plots.losses import losses_by_cause
from sim.plots.net_cost import net_cost
from sim.plots.satellite import satellite_parts
from sim.plots.timeline import event_timeline
from sim.plots.waterfall import waterfall

if TYPE_CHECKING:
    from sim.experiment import Study


def pictures_of(study: Study) -> dict[str, Callable[[], Axes]]:
    """What draws each picture that a study has; `NAME.png` is its file in the study's folder."""
    drawings: dict[str, Callable[[], Axes]] = {
        "availability": lambda: compute_availability(study),
        "losses": lambda: losses_by_cause(study),
        "timeline": lambda: event_timeline(study.result(study.strategies[-1])),
        "satellite": lambda: satellite_parts(
            study.scenario.name,
            design_facts(study.scenario, study.environment),
            changes=study.scenario.changes_text,
        ),
    }
    if study.scenario.workload.uses_gpus:
        drawings["waterfall"] = lambda: waterfall(study)
        drawings["cost"] = lambda: cost(study)
    if len(study.strategies) > 1 and study.replicates > 1:
        drawings["differences"] = lambda: paired_differences(study)
        if study.scenario.workload.uses_gpus:
            drawings["net_cost"] = lambda: net_cost(study)
    if study.scenario.campus is not None:
        del drawings["satellite"]
    return drawings
