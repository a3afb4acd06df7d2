"""From the GPU-hours that are planned to those that were useful: what took the others, class by class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.colors import to_rgb

from sim.experiment.accounts import DEAD, DEAD_ON_GROUND
from sim.metrics import CLASSES
from sim.plots.axes import new_axes, title_and_legend
from sim.plots.style import styled

if TYPE_CHECKING:
    from sim.experiment.study import Study

_ORDER = (
    "idle",
    "stranded",
    "waiting",
    "eclipse",
    "throttled",
    "link",
    "restart",
    "detection",
    "checkpoint",
    "lost",
    "unsold",
)
"""Classes from what keeps GPUs from work to what becomes of their work."""
_COLORS = {
    "useful": "#0072B2",
    DEAD: "#BDBDBD",
    "idle": "#F2D4FF",
    "stranded": "#CC79A7",
    "waiting": "#6A156A",
    "eclipse": "#473B4E",
    "throttled": "#E69F00",
    "link": "#009E73",
    "restart": "#56B4E9",
    "detection": "#113094",
    "checkpoint": "#F0E442",
    "lost": "#D55E00",
    "unsold": "#810000",
}
_LEAST = 5e-5  # shares that round to nothing are left out
_SEEN = 0.02  # shares that have room for their number
_ROOM = 48.0  # percent of the axis that what a class means fits into
MOST_STRATEGIES = 20
"""Bars of strategies; of more the first ones."""


@styled
def waterfall(study: Study, *, ax: Axes | None = None) -> Axes:
    """Shares of what the planned GPUs could do over the mission, means over replicates.

    One strategy: step by step from all that is planned down to useful work.  Several: a bar each.
    """
    shares = {name: _with_dead(one) for name, one in study.waterfall_shares().items()}
    shown = list(shares)[:MOST_STRATEGIES]
    steps = [name for name in (DEAD, *_ORDER) if any(shares[strategy][name] > _LEAST for strategy in shown)]
    alone = len(shown) == 1
    rows = len(steps) + 2 if alone else len(shown)
    ax = new_axes(9.0, 1.9 + 0.34 * rows + (0.0 if alone else 0.5)) if ax is None else ax
    if alone:
        _steps(ax, shares[shown[0]], steps, DEAD if study.scenario.campus is None else DEAD_ON_GROUND)
    else:
        _bars(ax, {strategy: shares[strategy] for strategy in shown}, steps)
    ax.set_xlim(0, 112 if alone else 100)
    ax.set_xticks(range(0, 101, 20), [f"{tick} %" for tick in range(0, 101, 20)])
    ax.set_xlabel("share of the GPU-hours that are planned")
    ax.grid(axis="y", visible=False)
    years, count = study.scenario.mission.years, study.replicates
    mean = "one replicate" if count == 1 else f"mean of {count} replicates"
    whose = f"strategy {shown[0]}, " if alone else ""
    first = f"the first {len(shown)} of {len(shares)} strategies, " if len(shown) < len(shares) else ""
    title_and_legend(
        ax,
        f"{study.scenario.name}: where the GPU-hours go",
        f"{whose}{first}{years:.4g} year{'' if years == 1 else 's'}, {mean}",
        study.scenario.changes_text,
    )
    return ax


def _with_dead(shares: dict[str, float]) -> dict[str, float]:
    return shares | {DEAD: max(0.0, 1 - sum(shares.values()))}


def _steps(ax: Axes, shares: dict[str, float], steps: list[str], dead: str) -> None:
    """A row for each class, from what was left above it down to what is left below; `dead`: what that means."""
    rows = ["planned", *("not alive" if name == DEAD else name for name in steps), "useful"]
    left = 100.0
    ax.barh(0, left, color="0.85", height=0.7)
    ax.text(left + 1, 0, "100 %", va="center")
    for row, name in enumerate(steps, start=1):
        share = 100 * shares[name]
        ax.barh(row, share, left=left - share, color=_COLORS[name], height=0.7)
        ax.plot([left, left], [row - 1, row], color="0.6", linewidth=0.7, zorder=0)
        number = f"\N{MINUS SIGN} {share:.{1 if share >= 9.95 else 2}f} %"
        meaning = dead if name == DEAD else CLASSES[name].meaning
        ax.text(left + 1, row, number, va="center")
        if left - share > _ROOM:
            ax.text(left - share - 1, row, meaning, va="center", ha="right", color="0.35", fontsize=9)
        elif share > _ROOM:
            light = min(to_rgb(_COLORS[name])) > 0.5
            color = "0.2" if light else "white"
            ax.text(left - share / 2, row, meaning, va="center", ha="center", color=color, fontsize=9)
        else:
            ax.text(left + 13, row, meaning, va="center", color="0.35", fontsize=9)
        left -= share
    ax.plot([left, left], [len(steps), len(steps) + 1], color="0.6", linewidth=0.7, zorder=0)
    useful = 100 * shares["useful"]
    ax.barh(len(rows) - 1, useful, color=_COLORS["useful"], height=0.7)
    ax.text(useful + 1, len(rows) - 1, f"{useful:.1f} %", va="center", fontweight="bold")
    ax.set_yticks(range(len(rows)), rows)
    ax.set_ylim(len(rows) - 0.5, -0.6)


def _bars(ax: Axes, shares: dict[str, dict[str, float]], steps: list[str]) -> None:
    """A bar for each strategy, useful work first."""
    order = ["useful", *reversed(steps)]
    left = [0.0] * len(shares)
    for name in order:
        widths = [100 * one[name] for one in shares.values()]
        ax.barh(range(len(shares)), widths, left=left, color=_COLORS[name], height=0.75, label=name)
        for row, (begin, width) in enumerate(zip(left, widths, strict=True)):
            if name == "useful" and width > 100 * _SEEN:
                ax.text(begin + width / 2, row, f"{width:.1f} %", va="center", ha="center", color="white")
        left = [begin + width for begin, width in zip(left, widths, strict=True)]
    ax.set_yticks(range(len(shares)), [name.replace("_", " ") for name in shares])
    ax.set_ylim(len(shares) - 0.4, -0.6)
