"""What a satellite of each design weighs and costs, part by part."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.description.format import Facts, money
from sim.description.parts import TOTALS
from sim.plots.axes import looks, new_axes, split, title_and_legend
from sim.plots.style import styled

MOST_DESIGNS = 5
"""Designs side by side; of more the first ones."""
CLOSES = 0.005
"""Share of the sum by which a given figure may differ from it and still be called equal."""
_SUM, _GIVEN, _GPUS = "sum of the parts", "given", "GPUs, not in the sum"
_MISSING = {_GIVEN: "none: the sum holds", _GPUS: "part of compute"}
"""What is said where there is no figure."""
_ROOM = 0.82
"""Share of a row that its bars fill."""


@dataclass(frozen=True)
class _Panel:
    """One quantity of all designs: by part, with the sum and the given figure."""

    label: str
    entries: list[Mapping[str, float | None]]
    """Of each design, as in `design_facts`."""
    shown: Callable[[float], str]


@styled
def satellite_parts(name: str, designs: Facts, *, changes: str = "", ax: Axes | None = None) -> Axes:
    """Mass and price by part of a satellite of each design, largest first, under their sum and the given figure.

    `name`: of the scenario; `changes`: what was laid on it (`Scenario.changes_text`).  `designs`: as under "designs" in
    `sim.description.facts`, which `describe --json` prints.  The price of the GPUs stands apart: neither the sum nor
    the given figure has them.
    """
    names = list(designs)[:MOST_DESIGNS]
    shown = [designs[design] for design in names]
    panels = (
        _Panel("mass at launch", [design["mass_kg"] for design in shown], _kg),
        _Panel(
            "price, without launch", [{**design["price_usd"], _GPUS: design["gpus_usd"]} for design in shown], money
        ),
    )
    rows = [_SUM, _GIVEN, *_parts(panels), _GPUS]
    ax = new_axes(10.0, 1.6 + len(rows) * (0.1 + 0.18 * len(names))) if ax is None else ax
    cells = split(ax, 1, 2, wspace=0.03)
    for cell, panel in zip(cells, panels, strict=True):
        for number, (design, look) in enumerate(zip(names, looks(len(names)), strict=True)):
            at = (number + 0.5) * _ROOM / len(names) - 0.5 * _ROOM
            label = design.replace("_", " ") if len(names) > 1 and cell is ax else None
            _bars(cell, panel, number, rows, at=at, height=_ROOM / len(names), color=look["color"], label=label)
        _scale(cell, panel, rows)
    ax.set_yticks(range(len(rows)), [row.replace("_", " ") for row in rows])
    cells[1].set_yticks([])
    first = "" if len(names) == len(designs) else f"the first {len(names)} of {len(designs)} designs; "
    title_and_legend(
        ax,
        f"{name}: mass and price of a satellite by part",
        f"{first}the simulation uses what is given, else the sum; hatched: by how much they differ",
        changes,
    )
    return ax


def _kg(mass_kg: float) -> str:
    return f"{mass_kg:,.{0 if mass_kg >= 10 else 1}f} kg"


def _parts(panels: Sequence[_Panel]) -> list[str]:
    """All parts, by the largest share that they have of a mass or a price."""
    largest: dict[str, float] = {}
    for panel in panels:
        for entries in panel.entries:
            parts = {name: value or 0.0 for name, value in entries.items() if name not in (*TOTALS, _GPUS)}
            total = max(sum(value for value in parts.values() if isfinite(value)), 1e-9)
            for name, value in parts.items():
                largest[name] = max(largest.get(name, 0.0), value / total)
    return sorted(largest, key=lambda name: -largest[name])


def _bars(
    cell: Axes, panel: _Panel, number: int, rows: Sequence[str], *, at: float, height: float, color: str,
    label: str | None,
) -> None:  # fmt: skip
    """The bars of one design, `at` beside the middle of each row."""
    entries = panel.entries[number]
    total, given = entries["sum"], entries["given"]
    assert total is not None
    values = {**entries, _SUM: total, _GIVEN: given}
    for row, name in enumerate(rows):
        value = values.get(name)
        if value is None:
            _say(cell, 0.0, row + at, _MISSING.get(name, "-"))
            continue
        known = value if isfinite(value) else 0.0
        pale = name not in (_SUM, _GIVEN)
        cell.barh(row + at, known, height, color=color, alpha=0.6 if pale else 1.0, linewidth=0,
                  label=label if row == 0 else None)  # fmt: skip
        if name != _GIVEN:
            _say(cell, known, row + at, panel.shown(value) if isfinite(value) else "no mass closes", bold=name == _SUM)
    if given is None:
        return
    low, high = min(given, total), max(given, total)
    closes = high - low <= CLOSES * total
    if not closes and isfinite(high):
        cell.barh(1 + at, high - low, height, left=low, facecolor="white" if given < total else color, hatch="/////",
                  edgecolor=color if given < total else "white", linewidth=0)  # fmt: skip
    _say(cell, high if isfinite(high) else given, 1 + at, _gap(panel, given, total), bold=True)


def _gap(panel: _Panel, given: float, total: float) -> str:
    """A given figure, and by how much it differs from the sum."""
    if not isfinite(total) or abs(given - total) <= CLOSES * total:
        return panel.shown(given)
    word = "short" if given < total else "over"
    return f"{panel.shown(given)}, {panel.shown(abs(total - given))} {word}"


def _say(cell: Axes, x: float, y: float, text: str, *, bold: bool = False) -> None:
    """A figure behind the end of a bar."""
    cell.annotate(text, (x, y), (4, 0), textcoords="offset points", va="center", fontsize=8.5,
                  fontweight="bold" if bold else "normal", parse_math=False)  # fmt: skip


def _scale(cell: Axes, panel: _Panel, rows: Sequence[str]) -> None:
    """Axes with room for the figures behind the bars, and a line under the totals."""
    values = [value for entries in panel.entries for value in entries.values() if value is not None and isfinite(value)]
    cell.set_xlim(0, 1.75 * max([*values, 1e-9]))
    cell.xaxis.set_major_locator(MaxNLocator(4))
    cell.xaxis.set_major_formatter(FuncFormatter(lambda value, _: panel.shown(value) if value > 0 else "0"))
    cell.set_xlabel(panel.label)
    cell.set_ylim(len(rows) - 0.5, -0.5)
    cell.tick_params(axis="y", length=0)
    cell.grid(visible=False, axis="y")
    for edge in (1.5, len(rows) - 1.5):
        cell.axhline(edge, color="0.6", linewidth=0.8, linestyle="-")
