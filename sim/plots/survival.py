"""Survival of units, observed and fitted."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from pydantic import TypeAdapter

from sim.constants import DAYS_PER_YEAR
from sim.plots.axes import looks, new_axes, percent, title_and_legend
from sim.plots.style import styled
from sim.reliability import AnyLaw

MOST_GROUPS = 7
"""As many as there are distinct colours."""
_LAW: TypeAdapter[AnyLaw] = TypeAdapter(AnyLaw)


@styled
def survival(found: dict[str, Any], *, ax: Axes | None = None) -> Axes:
    """Kaplan-Meier curves of `sim.fit.fit_file` with 95 % bands, each group's best law, and a constant rate."""
    ax = new_axes(9.0, 5.4) if ax is None else ax
    lowest = 1.0
    shown = sorted(found["groups"].items(), key=lambda entry: -entry[1]["deaths"])[:MOST_GROUPS]
    for (name, group), look in zip(shown, looks(len(shown)), strict=True):
        colour, curve, reach = look["color"], group["kaplan_meier"], group["reach_years"]
        years = np.append(curve["years"], reach)
        columns = {key: 100 * np.append(curve[key], curve[key][-1]) for key in ("survival", "low", "high")}
        ax.fill_between(years, columns["low"], columns["high"], step="post", color=colour, alpha=0.18, linewidth=0)
        label = f"{name} ({group['n']:,} units, {group['deaths']:,} deaths): {group['verdict'].replace('_', ' ')}"
        ax.step(years, columns["survival"], where="post", color=colour, linestyle="-", label=label)
        lowest = min(lowest, columns["low"].min() / 100)
        ages = np.linspace(0, reach, 400)
        kinds = {entry["law"]: entry for entry in reversed(group["candidates"])}
        for kind, dashes in (("exponential", (0, (1, 1.6))), (group["best"], (0, (5, 2)))):
            if kind in kinds:
                law = _LAW.validate_python({"kind": kind, **kinds[kind]["parameters"]})
                fitted = 100 * law.survival(ages * DAYS_PER_YEAR)
                ax.plot(ages, fitted, color=colour, linestyle=dashes, linewidth=1.4)
                lowest = min(lowest, fitted.min() / 100)
    ax.set_xlim(left=0)
    ax.set_ylim(max(0.0, 100 * lowest - 0.08 * (100 - 100 * lowest)), 100 + 0.03 * (100 - 100 * lowest) + 1e-6)
    percent(ax, 8)
    ax.set_xlabel("age (years)")
    ax.set_ylabel("surviving units (%)")
    grey = "0.35"
    keys = [
        Line2D([], [], color=grey, linestyle="-", label="Kaplan-Meier"),
        Patch(color=grey, alpha=0.18, linewidth=0, label="95 % band"),
        Line2D([], [], color=grey, linestyle=(0, (5, 2)), linewidth=1.4, label="best law (lowest AIC)"),
        Line2D([], [], color=grey, linestyle=(0, (1, 1.6)), linewidth=1.4, label="constant rate (exponential)"),
    ]
    few = len(shown) < len(found["groups"])
    which = f"the {len(shown)} of {len(found['groups'])} groups with most deaths" if few else "each group"
    title_and_legend(ax, "Survival: observed and fitted", f"{which} in one colour; laws fitted by maximum likelihood")
    groups = ax.get_legend()
    ax.legend(handles=keys, loc="lower left")
    if groups is not None:
        ax.add_artist(groups)
    return ax
