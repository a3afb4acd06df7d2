"""Light, power, heat, atmosphere and radiation of each plane over the mission."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, NullFormatter
from numpy.typing import NDArray

from sim.constants import DAYS_PER_YEAR
from sim.description.planes import born_until
from sim.description.radiation import chip_interruptions_per_day
from sim.environment import Environment, Operation
from sim.plots.axes import date_axis, dates_of, looks, new_axes, split, title_and_legend
from sim.plots.planes import LINES, plane_bands, plane_lines
from sim.plots.style import styled

Floats = NDArray[np.float64]
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class _Panel:
    """One quantity, day by day."""

    label: str
    values: Callable[[Environment, Operation], NDArray[np.floating[Any]]]
    """Shape (planes, days)."""
    share: bool = False
    """Percentage, 0 to 100."""
    logarithmic: bool = False
    of_satellite: bool = False
    """Whether it ends with the satellite, and not with the mission."""


def _capacity_percent(environment: Environment, operation: Operation) -> Floats:
    """Mean over the orbit of the speed that light, power and heat allow, %."""
    dark = environment.sun.dark
    return np.asarray(100 * ((1 - dark) * operation.light_speed + dark * operation.dark_speed))


def _each(environment: Environment, daily: Callable[[int], Floats]) -> Floats:
    """A daily table of each plane, shape (planes, days)."""
    return np.array([daily(plane.id) for plane in environment.planes])


def _interruptions_per_year(environment: Environment, _: Operation) -> Floats:
    """Interruptions per chip-year, the chip's share of its host included; they grow with the dose."""
    return _each(environment, lambda plane: chip_interruptions_per_day(environment, plane)) * DAYS_PER_YEAR


_PANELS = (
    _Panel("sunlit (% of orbit)", lambda e, _: 100 * e.sunlit, share=True),
    _Panel("eclipse (min per orbit)", lambda e, _: e.eclipse_minutes),
    _Panel("array power (kW,\nmean of orbit)", lambda e, o: o.array_w * (1 - e.sun.dark) / 1000, of_satellite=True),
    _Panel("capacity (% of a\nsatellite's GPUs)", _capacity_percent, share=True, of_satellite=True),
    _Panel("GPU junction (°C)", lambda _, o: o.junction_c, of_satellite=True),
    _Panel("atmospheric density (kg/m³)", lambda e, _: e.keeping.air_kg_m3[e.keeping.air_of], logarithmic=True),
    _Panel("dose rate (rad(Si)/year)", lambda e, _: _each(e, e.radiation.rad_per_day) * DAYS_PER_YEAR),
    _Panel("interruptions (per chip-year)", _interruptions_per_year, of_satellite=True),
)


@styled
def environment_panels(environment: Environment, *, ax: Axes | None = None) -> Axes:
    """Eight panels over the mission, the last two without solar storms.

    Sunlight, eclipse, array power, capacity, junction temperature, atmospheric density, dose rate behind the shield and
    interruptions by single events.

    Power, capacity, temperature and interruptions are those of satellites that begin work on day 0, up to the day on
    which their life is planned to end.
    """
    ax = new_axes(10.0, 10.0) if ax is None else ax
    start, planes = environment.scenario.mission.start, environment.planes
    inside = environment.days <= environment.horizon_days
    days, operation = environment.days[inside], environment.designs[0].operation
    dates = dates_of(start, days)
    alive = days <= np.array([[born_until(environment, plane)] for plane in planes])
    names = [
        f"plane {p.name}, LTAN {p.ltan_h:g} h" if p.ltan_h is not None else f"plane {p.name}, RAAN {p.raan_deg:.0f}°"
        for p in planes
    ]
    cells = split(ax, 4, 2)
    for number, (cell, panel) in enumerate(zip(cells, _PANELS, strict=True)):
        values = np.asarray(panel.values(environment, operation)[:, inside], dtype=float)
        if panel.of_satellite:
            values = np.where(alive, values, np.nan)
        if len(planes) <= LINES:
            plane_lines(
                cell, dates, values, width=1.2 if len(planes) <= 2 else 0.8, names=names if number == 0 else None
            )
        else:
            plane_bands(cell, dates, values, color=looks(1)[0]["color"], width=1.2, named=number == 0)
        _scale(cell, panel, values)
        date_axis(cell, start, environment.horizon_days)
        if number < len(cells) - 2:
            cell.tick_params(labelbottom=False)
            cell.set_xlabel("")
    subtitle = (
        f"satellites from {start} to their planned end; eclipse policy {environment.policy}; dose rate and "
        "interruptions without solar storms"
    )
    # The title and the legend reach over both columns: the layout must not make room for them in one.
    title_and_legend(
        ax,
        f"{environment.scenario.name}: light, power, heat, atmosphere and radiation by plane",
        subtitle,
        environment.scenario.changes_text,
    )
    legend = ax.get_legend()
    assert legend is not None
    legend.set_in_layout(False)
    return ax


def _power_of_ten(value: float, _: object) -> str:
    """10 to its power, without a formula: pictures read none."""
    return "10" + str(round(float(np.log10(value)))).translate(_RAISED)


def _scale(cell: Axes, panel: _Panel, values: Floats) -> None:
    """Limits that show no more detail than the quantity has: a constant must look like one."""
    cell.set_ylabel(panel.label)
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if panel.logarithmic:
        cell.set_yscale("log")
        cell.yaxis.set_major_formatter(_power_of_ten)
        cell.yaxis.set_minor_formatter(NullFormatter())
        cell.set_ylim(10 ** np.floor(np.log10(low)), 10 ** np.ceil(np.log10(high)))
        return
    if panel.share:
        cell.set_ylim(min(low, 95.0) - 0.04 * (100 - min(low, 95.0)), 100 + 0.05 * (100 - min(low, 95.0)))
    elif high - low < 0.1 * max(abs(high), 1.0):
        middle, half = 0.5 * (low + high), 0.06 * max(abs(high), 1.0)
        cell.set_ylim(middle - half, middle + half)
    cell.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
