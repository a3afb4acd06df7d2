"""Pictures of studies and runs: they look, and compute nothing statistical themselves.

Every function draws on the axes it is given, or on a new figure, and returns the axes; `save` writes the figure.  No
global state: figures are made without pyplot, so nothing opens a window and nothing has to be closed.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from functools import wraps
from importlib import resources
from math import floor, isfinite, log10, nan
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray

from sim.environment import Capacity, Environment
from sim.events import EventKind
from sim.metrics import METRICS, daily_series, online_capacity
from sim.result import Result

if TYPE_CHECKING:
    from sim.experiment.study import Study

Floats = NDArray[np.float64]
P = ParamSpec("P")
R = TypeVar("R")


@contextmanager
def style() -> Iterator[None]:
    """The look of all pictures, for the time of a `with` block."""
    with (
        resources.as_file(resources.files("sim") / "orbitfleet.mplstyle") as path,
        matplotlib.rc_context(matplotlib.rc_params_from_file(path, use_default_template=False)),
    ):
        yield


def _styled(draw: Callable[P, R]) -> Callable[P, R]:
    @wraps(draw)
    def in_style(*args: P.args, **kwargs: P.kwargs) -> R:
        with style():
            return draw(*args, **kwargs)

    return in_style


def save(picture: Axes | Figure, path: str | Path) -> None:
    """Write the whole figure as `.png` or `.svg`, in one step: a reader never finds half a file.

    The same picture gives the same bytes: no date and no program version is written into it.
    """
    path = Path(path)
    kind = path.suffix.lower().lstrip(".")
    metadata = {"png": {"Software": None}, "svg": {"Date": None}}
    if kind not in metadata:
        raise ValueError(f"cannot write {path.name!r}: pictures end in .png or .svg")
    figure = picture if isinstance(picture, Figure) else _root(picture)
    handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=f".{kind}")
    os.close(handle)
    try:
        with style():
            figure.savefig(unfinished, format=kind, metadata=metadata[kind])
        os.chmod(unfinished, 0o644)  # mkstemp's files are their maker's alone
        os.replace(unfinished, path)
    except BaseException:
        os.unlink(unfinished)
        raise


@_styled
def compute_availability(study: Study, *, ax: Axes | None = None) -> Axes:
    """Share of the nameplate GPUs online over the years: each strategy's median replicate and its 10-90 % band.

    A strip beneath shows the share of the orbit in light.  Seasons in which some plane passes the shadow are shaded,
    where there are days without.
    """
    ax = _new_axes(9.0, 5.2) if ax is None else ax
    strip = _beneath(ax, 0.17)
    scenario, environment = study.scenario, study.environment
    # Where planes pause in turn, their alternation within weeks would hide the strategies: average over it.
    alternate = environment.pauses and len(environment.planes) > 1
    series = np.asarray(study.series["online_fraction"], dtype=float)
    centres, online = _moving_mean(100 * series, 30 if alternate else 1)
    dates = _dates(scenario.mission.start, centres)
    lowest, replicates = 100.0, series.shape[1]
    for name, values, look in zip(study.strategies, online, _looks(len(online)), strict=True):
        low, median, high = np.quantile(values, (0.1, 0.5, 0.9), axis=0)
        if replicates > 1:
            ax.fill_between(dates, low, high, color=look["color"], alpha=0.18, linewidth=0)
        ax.plot(dates, median, label=name, **look)
        lowest = min(lowest, float(low.min()))
    sla = 100 * scenario.service.sla_capacity_fraction
    _marked_level(ax, sla, f"SLA\n{sla:g} %")
    ax.set_ylim(max(0.0, min(lowest, sla) - 4), 101.5)
    _percent(ax, 8)
    ax.set_ylabel("GPUs online (% of nameplate)")
    _light_strip(strip, environment, scenario.mission.start, ax)
    mean = "30-day" if alternate else "daily"
    what = f"line: median of {replicates} runs; band: 10-90 % of them" if replicates > 1 else "one run of each"
    _title_and_legend(ax, f"{scenario.name}: share of GPUs online, by strategy", f"{mean} means; {what}")
    _date_axis(strip, scenario.mission.start, scenario.mission.days)
    return ax


def _moving_mean(series: Floats, width: int) -> tuple[Floats, Floats]:
    """Mission days at the middle of windows of `width` days, and the means of daily `series` (..., days) in them."""
    width = min(width, series.shape[-1])
    total = np.cumsum(np.concatenate([np.zeros_like(series[..., :1]), series], axis=-1), axis=-1)
    means = (total[..., width:] - total[..., :-width]) * (1.0 / width)
    centres: Floats = np.arange(means.shape[-1]) + 0.5 * width
    return centres, means


def _light_strip(strip: Axes, environment: Environment, start: date, main: Axes) -> None:
    """Share of the orbit in light beneath the main axes, and its eclipse seasons shaded in both."""
    dates, sunlit = _light(environment, start)
    low, high = sunlit.min(axis=0), sunlit.max(axis=0)
    strip.plot(dates, sunlit.mean(axis=0), color="#8A5A00", linewidth=1.2, linestyle="-")
    if len(sunlit) > 1:
        strip.fill_between(dates, low, high, color="#E69F00", alpha=0.45, linewidth=0)
        strip.annotate("mean,\nrange of\nplanes", (1.0, 0.5), (6, 0), xycoords="axes fraction",
                       textcoords="offset points", va="center", fontsize=8, color="0.25")  # fmt: skip
    strip.set_ylabel("sunlit\n(% of orbit)")
    _percent(strip, 2)
    strip.set_ylim(min(float(low.min()), 99.0) - 1.0, 101.0)
    dark = low < 100 * (1 - 1e-9)
    if dark.any() and not dark.all():
        for axes, label in ((main, "eclipse season"), (strip, None)):
            axes.fill_between(dates, 0, 1, where=dark, transform=axes.get_xaxis_transform(), color="0.9", linewidth=0,
                              zorder=0, label=label)  # fmt: skip


_ROWS: tuple[tuple[str, tuple[EventKind, ...], str, str], ...] = (
    ("launches", (EventKind.LAUNCHED,), "^", "#0072B2"),
    ("launch failures", (EventKind.LAUNCH_FAILED,), "X", "#D55E00"),
    ("arrivals in slots", (EventKind.DELIVERED, EventKind.PLACED), "o", "#009E73"),
    ("arrivals of spares", (EventKind.STORED,), "D", "#56B4E9"),
    ("bus failures", (EventKind.BUS_FAILED,), "v", "#D55E00"),
    ("retirements", (EventKind.RETIRED,), "s", "#CC79A7"),
    ("GPU failures", (EventKind.GPU_FAILED,), "|", "#000000"),
)


@_styled
def event_timeline(result: Result, *, ax: Axes | None = None) -> Axes:
    """One run: its online GPUs over time, and beneath them when what happened, one row a kind of event."""
    ax = _new_axes(9.0, 6.0) if ax is None else ax
    rows_ax = _beneath(ax, 0.85)
    scenario, log = result.scenario, result.events
    start, horizon = scenario.mission.start, result.horizon_days
    _online_lines(ax, result)
    labels = []
    for row, (name, kinds, marker, color) in enumerate(_ROWS):
        happened = log.where(*kinds)
        labels.append(f"{name} ({len(happened):,})")
        look: dict[str, Any]
        if marker == "|":  # a rug reads as density; marks closer than a pixel fall together
            when = np.unique(np.round(happened.time_days / horizon * 2000)) * (horizon / 2000)
            look = {"s": 90, "alpha": 0.45, "linewidths": 0.5}
        else:
            when, together = np.unique(happened.time_days, return_counts=True)
            look = {"s": np.minimum(26 + 14 * np.sqrt(together - 1), 150), "alpha": 0.75, "linewidths": 0}
        rows_ax.scatter(
            _dates(start, when), np.full(len(when), row), marker=marker, color=color, clip_on=False, zorder=3, **look
        )
    rows_ax.set_yticks(range(len(_ROWS)), labels)
    rows_ax.set_ylim(len(_ROWS) - 0.4, -0.6)
    rows_ax.tick_params(axis="y", length=0, pad=12)  # room for marks on day 0
    rows_ax.spines["left"].set_visible(False)
    _title_and_legend(
        ax,
        f"{scenario.name}: one run of {result.strategy}",
        f"seed {result.seed}, replicate {result.replicate}; below: each event and how many there were; larger mark: "
        "several at once",
    )
    _date_axis(rows_ax, start, horizon)
    return ax


def _online_lines(ax: Axes, result: Result) -> None:
    """Online GPUs as they step; where eclipses stop them, many times a day, their daily mean under those at work."""
    start, horizon = result.scenario.mission.start, result.horizon_days
    pauses = any(len(step.values) > 1 for step in result.capacity)
    light = tuple(Capacity(np.zeros(1), np.ones(1)) for _ in result.capacity)
    times, gpus = online_capacity(replace(result, capacity=light))
    label = "GPUs alive in slots" if pauses else None
    dates = _dates(start, np.append(times, horizon))
    ax.step(dates, np.append(gpus, gpus[-1]), where="post", linewidth=1.2, linestyle="-", label=label)
    if pauses:
        daily = daily_series(result)["online_fraction"] * result.nameplate_gpus
        middles = _dates(start, np.arange(len(daily), dtype=float) + 0.5)
        ax.plot(middles, daily, linewidth=1.2, label="of them online (daily mean)")
    _marked_level(ax, result.nameplate_gpus, "nameplate")
    ax.set_ylim(0, result.nameplate_gpus * 1.06)
    ax.set_ylabel("GPUs" if pauses else "GPUs online")


@_styled
def paired_differences(
    study: Study,
    *,
    metrics: tuple[str, ...] = ("compute_availability", "goodput", "cost_per_useful_gpu_hour_usd"),
    ax: Axes | None = None,
) -> Axes:
    """Each strategy minus the first one, run by run under the same luck: mean with 95 % interval, and single runs."""
    reference, others = study.strategies[0], study.strategies[1:]
    if not others:
        raise ValueError("differences need two strategies or more")
    ax = _new_axes(9.0, 2.0 + 0.7 * len(others)) if ax is None else ax
    found, looks = study.differences(), _looks(len(study.strategies))[1:]
    for panel, metric in zip(_split(ax, 1, len(metrics), wspace=0.04), metrics, strict=True):
        scale, unit = (100.0, "percentage points") if METRICS[metric].high == 1.0 else (1.0, METRICS[metric].unit)
        panel.axvline(0, color="0.35", linewidth=1.0, linestyle="-")
        for row, (name, look) in enumerate(zip(others, looks, strict=True)):
            raw = scale * (study.values(name, metric) - study.values(reference, metric))
            # The study holds the difference the other way round.
            turned = found[metric][f"{reference} - {name}"]
            estimate = [nan if x is None else -scale * x for x in (turned.mean, turned.ci_high, turned.ci_low)]
            _difference_row(panel, row, raw, *estimate, color=look["color"])
        panel.set_ylim(len(others) - 0.45, -0.55)
        panel.set_yticks(range(len(others)), others if panel is ax else [])
        panel.tick_params(axis="y", length=0)
        panel.spines["left"].set_visible(False)
        panel.grid(visible=False, axis="y")
        panel.xaxis.set_major_locator(MaxNLocator(4))
        better = "right is better →" if METRICS[metric].better == "higher" else "← left is better"
        words = metric.removesuffix("_usd").replace("_", " ").replace("gpu hour", "GPU-hour")
        panel.set_xlabel(f"{words}\n{unit}\n{better}")
    _title_and_legend(
        ax,
        f"{study.scenario.name}: each strategy minus {reference}",
        f"mark and figures: mean and 95 % interval; small dots: the {study.replicates} runs, both under the same luck",
    )
    return ax


def _difference_row(panel: Axes, row: int, raw: Floats, mean: float, low: float, high: float, *, color: str) -> None:
    """One difference: mean and interval, the figures above them, single runs beneath."""
    raw = raw[np.isfinite(raw)]
    # Spread up and down in a fixed pattern: equal runs stay visible, and the picture is the same every time.
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
    """A difference in as many digits as its interval (or, without one, its size) bears."""
    known = isfinite(high - low)
    precision = (high - low) / 2 if known and high > low else abs(mean) / 10
    digits = min(6, max(0, -floor(log10(precision / 5)))) if precision > 0 else 0
    interval = f" ({low:+,.{digits}f} to {high:+,.{digits}f})" if known else ""
    return f"{mean:+,.{digits}f}{interval}"


@_styled
def sunlit(environment: Environment, start: date, *, ax: Axes | None = None) -> Axes:
    """Share of each orbit in light over the mission; `start` is the date of mission day 0.

    Lines for one or two planes; a map of plane and date for more, whose lines would hide each other.
    """
    planes = environment.planes
    ax = _new_axes(9.0, 4.2) if ax is None else ax
    dates, share = _light(environment, start)
    names = [
        f"plane {p.name}, LTAN {p.ltan_h:g} h" if p.ltan_h is not None else f"plane {p.name}, RAAN {p.raan_deg:.0f}°"
        for p in planes
    ]
    if len(planes) <= 2:
        for name, values, look in zip(names, share, _looks(len(planes)), strict=True):
            ax.plot(dates, values, label=name, **look)
        ax.set_ylim(min(float(share.min()), 99.0) - 1.0, 100.5)
        _percent(ax, 8)
        ax.set_ylabel("sunlit (% of orbit)")
    else:
        extent = (float(dates[0]), float(dates[-1]), len(planes) - 0.5, -0.5)
        image = ax.imshow(share, extent=extent, aspect="auto", interpolation="nearest", cmap="cividis", vmax=100)
        _percent(_root(ax).colorbar(image, ax=ax, label="sunlit (% of orbit)").ax, 8)
        ax.grid(visible=False)
        if len(planes) <= 12:
            ax.set_yticks(range(len(planes)), names)
        else:
            ax.set_ylabel("plane (number, from 0)")
    _title_and_legend(ax, "Share of each orbit in sunlight", "day by day; 100 %: no eclipse")
    _date_axis(ax, start, environment.horizon_days)
    return ax


def _light(environment: Environment, start: date) -> tuple[Floats, Floats]:
    """Dates of the mission's days, and each plane's share of the orbit in light on them, %."""
    inside = environment.days <= environment.horizon_days
    return _dates(start, environment.days[inside]), 100 * environment.sunlit[:, inside]


def _new_axes(width: float, height: float) -> Axes:
    """Axes on a figure of their own, in inches."""
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    axes: Axes = figure.add_subplot()
    return axes


def _root(ax: Axes) -> Figure:
    """The whole figure that these axes stand in."""
    return ax.figure.canvas.figure


def _beneath(ax: Axes, height: float) -> Axes:
    """Axes under `ax`, with the same x, `height` times as high; both share the place that `ax` had."""
    upper, lower = _split(ax, 2, 1, height_ratios=(1, height), hspace=0.04)
    ax.tick_params(labelbottom=False)
    lower.sharex(upper)
    return lower


def _split(ax: Axes, rows: int, columns: int, **spacing: Any) -> list[Axes]:
    """Divide the place of `ax` into a grid: `ax` itself in the first cell, new axes in the others."""
    place = ax.get_subplotspec()
    if place is None:
        raise ValueError("these axes have no place in a grid to divide; make them with add_subplot or subplots")
    grid = place.subgridspec(rows, columns, **spacing)
    ax.set_subplotspec(grid[0])
    figure = ax.figure
    return [ax, *(figure.add_subplot(grid[cell]) for cell in range(1, rows * columns))]


def _looks(count: int) -> list[dict[str, Any]]:
    """Colour and dashes of each of `count` lines."""
    cycle = list(matplotlib.rcParams["axes.prop_cycle"])
    return [cycle[i % len(cycle)] for i in range(count)]


def _percent(ax: Axes, ticks: int) -> None:
    """Whole percentages on the y axis, about so many."""
    ax.yaxis.set_major_locator(MaxNLocator(ticks, integer=True, steps=[1, 2, 5, 10]))
    ax.yaxis.set_major_formatter(PercentFormatter(decimals=0, symbol=" %"))


def _marked_level(ax: Axes, level: float, text: str) -> None:
    """A level across the axes, named to the right of them."""
    ax.axhline(level, color="0.35", linewidth=1.0, linestyle=(0, (2, 2)))
    ax.annotate(text, (1.0, level), (6, 0), xycoords=("axes fraction", "data"), textcoords="offset points", va="center",
                fontsize=9, color="0.25")  # fmt: skip


def _title_and_legend(ax: Axes, title: str, subtitle: str) -> None:
    """Above the axes, in lines that cannot meet: title, subtitle, then the legend where something has a label."""
    labels = ax.get_legend_handles_labels()[1]
    columns = 2 if max((len(label) for label in labels), default=0) > 24 else 4
    rows = -(-len(labels) // columns)
    if labels:
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, borderaxespad=0.2, borderpad=0.2,
                  handlelength=3.2, columnspacing=1.6)  # fmt: skip
    above = 6.0 + 15.0 * rows
    line = ax.annotate(subtitle, (0, 1), (0, above), xycoords="axes fraction", textcoords="offset points", fontsize=9,
                       color="0.35", annotation_clip=False)  # fmt: skip
    line.set_in_layout(False)
    # The layout takes a title to be as wide as a point at its middle, which may lie beyond narrow axes; so the title
    # stands aside, as does the subtitle, and an empty line keeps their room.
    ax.set_title(title, pad=above + 15).set_in_layout(False)
    ax.annotate(" ", (0, 1), (0, above + 18), xycoords="axes fraction", textcoords="offset points", fontsize=12,
                annotation_clip=False)  # fmt: skip


def _dates(start: date, days: Floats) -> Floats:
    """Mission days as matplotlib's dates."""
    origin: float = date2num(start)  # type: ignore[no-untyped-call]  # matplotlib.dates has no types
    dates: Floats = origin + np.asarray(days, dtype=float)
    return dates


def _date_axis(ax: Axes, start: date, horizon_days: float) -> None:
    """Calendar dates over the mission, on the lowest axes."""
    first, last = _dates(start, np.array([0.0, horizon_days]))
    ax.set_xlim(first, last)
    locator = AutoDateLocator(minticks=3, maxticks=9)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    ax.set_xlabel("date (UTC)")
