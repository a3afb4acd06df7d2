"""Paired differences between strategies on common random numbers."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, isfinite, log10, nan
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from sim.experiment.verdict import reversed_difference
from sim.metrics import METRICS, Metric, metric_named
from sim.plots.axes import looks, new_axes, split, title_and_legend
from sim.plots.style import styled

if TYPE_CHECKING:
    from sim.experiment.study import Study

Floats = NDArray[np.float64]

_SHOWN = ("compute_availability", "goodput", "cost_per_useful_gpu_hour_usd")
_NET = "net_cost_usd"
_PANEL_INCHES = 3.0


@styled
def paired_differences(
    study: Study,
    *,
    metrics: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Each strategy minus the first, replicate by replicate: mean with 95 % interval, and single replicates.

    `metrics`: by default availability, goodput and the cost of an hour, and net cost where hours of compute are worth
    something (`service.value_usd_per_gpu_hour`).
    """
    reference, others = study.strategies[0], study.strategies[1:]
    if not others:
        raise ValueError("differences need two strategies or more")
    metrics = _metrics_of(study) if metrics is None else metrics
    ax = new_axes(_PANEL_INCHES * len(metrics), 2.0 + 0.7 * len(others)) if ax is None else ax
    found, theirs = study.differences(), looks(len(study.strategies))[1:]
    for panel, metric in zip(split(ax, 1, len(metrics), wspace=0.04), metrics, strict=True):
        scale, unit = _scale(metric_named(metric))
        panel.axvline(0, color="0.35", linewidth=1.0, linestyle="-")
        for row, (name, look) in enumerate(zip(others, theirs, strict=True)):
            both = [study.values(one, metric) for one in (name, reference)]
            paired = min(map(len, both))  # after a selection one may have fewer replicates
            raw = scale * (both[0][:paired] - both[1][:paired])
            # The study holds the opposite difference.
            e = reversed_difference(found[metric][f"{reference} - {name}"])
            estimate = [nan if x is None else scale * x for x in (e.mean, e.ci_low, e.ci_high)]
            _difference_row(panel, row, raw, *estimate, color=look["color"])
        panel.set_ylim(len(others) - 0.45, -0.55)
        panel.set_yticks(range(len(others)), others if panel is ax else [])
        panel.tick_params(axis="y", length=0)
        panel.spines["left"].set_visible(False)
        panel.grid(visible=False, axis="y")
        panel.xaxis.set_major_locator(MaxNLocator(4))
        better = "right is better →" if METRICS[metric].better == "higher" else "← left is better"
        label = metric.removesuffix("_usd").replace("_", " ").replace("gpu hour", "GPU-hour")
        if metric == _NET:
            unit += f" at ${study.scenario.service.value_usd_per_gpu_hour:g} a GPU-hour"
        panel.set_xlabel(f"{label}\n{unit}\n{better}")
    title_and_legend(
        ax,
        f"{study.scenario.name}: each strategy minus {reference}",
        f"diamond and bar: mean and 95 % interval; dots: the {study.replicates} paired replicates",
        study.scenario.changes_text,
    )
    return ax


def _metrics_of(study: Study) -> tuple[str, ...]:
    """What is shown of a study where nobody says it."""
    priced = study.scenario.workload.uses_gpus and study.scenario.service.value_usd_per_gpu_hour > 0
    return (*_SHOWN, _NET) if priced else _SHOWN


def _scale(metric: Metric) -> tuple[float, str]:
    """By what differences are multiplied, and the unit of the product."""
    if metric.high == 1.0:
        return 100.0, "percentage points"
    return (1e-6, "million USD") if metric.unit == "USD" else (1.0, metric.unit_text or "number")


def _difference_row(panel: Axes, row: int, raw: Floats, mean: float, low: float, high: float, *, color: str) -> None:
    """One difference: mean and interval, their values above them, single replicates beneath."""
    raw = raw[np.isfinite(raw)]
    # A fixed vertical pattern keeps equal replicates apart and the picture the same every time.
    spread = 0.13 + 0.22 * ((np.arange(len(raw)) * 0.618034) % 1)
    panel.scatter(raw, row + spread, s=9, color=color, alpha=0.45, linewidths=0)
    text = "undefined"
    if isfinite(mean):
        text = _figures(mean, low, high)
        panel.plot([mean], [row], marker="D", markersize=4.5, color=color)
        if isfinite(high - low):
            panel.plot([low, high], [row, row], color=color, linewidth=2.0, linestyle="-", marker="|", markersize=11)
    panel.annotate(text, (0.99, row - 0.2), xycoords=panel.get_yaxis_transform(), ha="right", va="bottom", fontsize=8.5,
                   bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5})  # fmt: skip


def _figures(mean: float, low: float, high: float) -> str:
    """A difference with the digits that its interval, or without one its size, justifies."""
    known = isfinite(high - low)
    precision = (high - low) / 2 if known and high > low else abs(mean) / 10
    digits = min(6, max(0, -floor(log10(precision / 5)))) if precision > 0 else 0
    interval = f" ({low:+,.{digits}f} to {high:+,.{digits}f})" if known else ""
    return f"{mean:+,.{digits}f}{interval}"
