"""Pictures of studies and runs: they look, and compute nothing statistical themselves.

Every function draws on the axes it is given, or on a new figure, and returns the axes; `save` writes the figure.  No
global state: figures are made without pyplot, so nothing opens a window and nothing has to be closed.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from functools import wraps
from importlib import resources
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray

from sim.environment import Environment
from sim.events import EventKind
from sim.metrics import METRICS, online_capacity
from sim.result import Result
from sim.scenario.models import Scenario

Floats = NDArray[np.float64]
P = ParamSpec("P")
R = TypeVar("R")


class StudyLike(Protocol):
    """What a picture needs of a study (`sim.experiment.Study`)."""

    @property
    def scenario(self) -> Scenario:
        """The scenario that all strategies share."""

    @property
    def strategies(self) -> tuple[str, ...]:
        """Names; the first one is the reference of differences."""

    @property
    def series(self) -> Mapping[str, Floats]:
        """Daily series by name, shape (strategies, replicates, days)."""

    @property
    def metric_values(self) -> Mapping[str, Floats]:
        """Metrics by name, shape (strategies, replicates)."""

    def differences(self) -> Mapping[str, Mapping[str, Any]]:
        """Estimates of a - b by metric and pair `"a - b"`."""


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
def compute_availability(
    study: StudyLike, *, ax: Axes | None = None, sunlit: Floats | None = None, days: Floats | None = None
) -> Axes:
    """Share of the nameplate GPUs online, day by day: each strategy's median replicate and its 10-90 % band.

    `sunlit`, shape (planes, n), at mission days `days` (n,) as in `Environment`: adds a strip with the share of the
    orbit in light beneath, and shades the seasons in which some plane passes the shadow, where there are such seasons.
    """
    ax = _new_axes(9.0, 5.2 if sunlit is not None else 4.4) if ax is None else ax
    online = 100 * np.asarray(study.series["online_fraction"])
    replicates, n = online.shape[1:]
    start = study.scenario.mission.start
    dates = _dates(start, np.arange(n, dtype=float) + 0.5)
    if sunlit is not None and days is not None:
        strip = _beneath(ax, 0.16)
        inside = days <= study.scenario.mission.days
        _light_strip(strip, _dates(start, days[inside]), sunlit[:, inside], ax)
    lowest = 100.0
    for name, values, look in zip(study.strategies, online, _looks(len(online)), strict=True):
        low, median, high = np.quantile(values, (0.1, 0.5, 0.9), axis=0)
        if replicates > 1:
            ax.fill_between(dates, low, high, color=look["color"], alpha=0.18, linewidth=0)
        ax.plot(dates, median, label=name, **look)
        lowest = min(lowest, float(low.min()))
    sla = 100 * study.scenario.service.sla_capacity_fraction
    ax.axhline(sla, color="0.35", linewidth=1.0, linestyle=(0, (2, 2)))
    ax.annotate(
        f"SLA\n{sla:g} %", (1.0, sla), (6, 0), xycoords=("axes fraction", "data"), textcoords="offset points",
        va="center", fontsize=9, color="0.25",
    )  # fmt: skip
    ax.set_ylim(max(0.0, min(lowest, sla) - 4), 101.5)
    ax.yaxis.set_major_formatter(PercentFormatter(decimals=0))
    ax.set_ylabel("GPUs online (% of nameplate)")
    what = f"median and 10-90 % band of {replicates} runs" if replicates > 1 else "one run"
    _title_and_legend(ax, f"{study.scenario.name}: share of GPUs online by strategy", f"daily mean; {what}")
    _date_axis(ax if sunlit is None else strip, start, study.scenario.mission.days)
    return ax


def _light_strip(strip: Axes, dates: Floats, sunlit: Floats, main: Axes) -> None:
    """Share of the orbit in light beneath the main axes, and its eclipse seasons shaded in them."""
    low, high = 100 * sunlit.min(axis=0), 100 * sunlit.max(axis=0)
    strip.fill_between(dates, low, high, color="#E69F00", alpha=0.45, linewidth=0)
    strip.plot(dates, 100 * sunlit.mean(axis=0), color="#8A5A00", linewidth=1.2)
    strip.set_ylabel("sunlit\n(% of orbit)")
    strip.yaxis.set_major_locator(MaxNLocator(2))
    strip.yaxis.set_major_formatter(PercentFormatter(decimals=0))
    strip.set_ylim(min(float(low.min()), 99.0) - 1.0, 101.0)
    dark = low < 100 * (1 - 1e-9)
    if dark.any() and not dark.all():
        for axes in (main, strip):
            axes.fill_between(
                dates, 0, 1, where=dark, transform=axes.get_xaxis_transform(), color="0.9", linewidth=0, zorder=0,
                label="eclipse season" if axes is main else None,
            )  # fmt: skip


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
    times, gpus = online_capacity(result)
    ax.step(_dates(start, np.append(times, horizon)), np.append(gpus, gpus[-1]), where="post", linewidth=1.2)
    ax.axhline(result.nameplate_gpus, color="0.35", linewidth=1.0, linestyle=(0, (2, 2)))
    ax.annotate(
        "nameplate", (1.0, result.nameplate_gpus), (6, 0), xycoords=("axes fraction", "data"),
        textcoords="offset points", va="center", fontsize=9, color="0.25",
    )  # fmt: skip
    ax.set_ylim(0, result.nameplate_gpus * 1.06)
    ax.set_ylabel("GPUs online")
    labels = []
    for row, (name, kinds, marker, color) in enumerate(_ROWS):
        happened = log.where(*kinds)
        when, together = np.unique(happened.time_days, return_counts=True)
        labels.append(f"{name} ({len(happened)})")
        look: dict[str, Any] = {"s": 26 + 14 * np.sqrt(together - 1), "alpha": 0.75, "linewidths": 0}
        if marker == "|":  # a rug: hundreds of them read as density
            look = {"s": 90, "alpha": 0.45, "linewidths": 0.5}
        rows_ax.scatter(_dates(start, when), np.full(len(when), row), marker=marker, color=color, **look)
    rows_ax.set_yticks(range(len(_ROWS)), labels)
    rows_ax.set_ylim(len(_ROWS) - 0.4, -0.6)
    rows_ax.tick_params(axis="y", length=0)
    rows_ax.spines["left"].set_visible(False)
    _title_and_legend(
        ax,
        f"{scenario.name}: one run of {result.strategy}",
        f"replicate {result.replicate} of seed {result.seed}; above: GPUs online, below: events (and how many), "
        "larger marks for several at once",
    )
    _date_axis(rows_ax, start, horizon)
    return ax


@_styled
def paired_differences(
    study: StudyLike,
    *,
    metrics: tuple[str, ...] = ("compute_availability", "goodput", "cost_per_useful_gpu_hour_usd"),
    ax: Axes | None = None,
) -> Axes:
    """Each strategy minus the first one, run by run under the same luck: mean with 95 % interval, and single runs."""
    reference, others = study.strategies[0], study.strategies[1:]
    if not others:
        raise ValueError("differences need two strategies or more")
    ax = _new_axes(9.0, 1.9 + 0.75 * len(others)) if ax is None else ax
    panels = _beside(ax, len(metrics))
    found = study.differences()
    for panel, metric in zip(panels, metrics, strict=True):
        scale, unit = (100.0, "percentage points") if METRICS[metric].high == 1.0 else (1.0, METRICS[metric].unit)
        values = scale * np.asarray(study.metric_values[metric])
        panel.axvline(0, color="0.35", linewidth=1.0)
        for row, (name, look) in enumerate(zip(others, _looks(len(study.strategies))[1:], strict=True)):
            raw = values[row + 1] - values[0]
            raw = raw[np.isfinite(raw)]
            # Spread up and down in a fixed pattern: equal runs stay visible, and the picture is the same every time.
            spread = 0.12 + 0.24 * ((np.arange(len(raw)) * 0.618034) % 1)
            panel.scatter(raw, row + spread, s=9, color=look["color"], alpha=0.45, linewidths=0)
            mean, low, high = (scale * x for x in _difference(found[metric], name, reference))
            if not np.isfinite(mean):
                panel.annotate("undefined", (0, row), (4, 3), textcoords="offset points", fontsize=9, color="0.25")
                continue
            if np.isfinite(low) and np.isfinite(high):
                panel.plot([low, high], [row, row], color=look["color"], linewidth=2.6, linestyle="-", marker="|",
                           markersize=10, markeredgewidth=1.6)  # fmt: skip
            panel.plot([mean], [row], marker="o", markersize=7, color=look["color"], markeredgecolor="white")
        panel.set_ylim(len(others) - 0.5, -0.5)
        panel.grid(visible=False, axis="y")
        panel.xaxis.set_major_locator(MaxNLocator(4))
        better = "right of 0 is better" if METRICS[metric].better == "higher" else "left of 0 is better"
        panel.set_xlabel(f"{_words(metric)}\n({unit}; {better})")
        panel.set_yticks(range(len(others)), [])
    ax.set_yticks(range(len(others)), [f"{name}\nminus\n{reference}" for name in others])
    replicates = np.asarray(study.metric_values[metrics[0]]).shape[1]
    what = f"large dot and bar: mean and 95 % interval; small dots: the {replicates} paired runs"
    _title_and_legend(ax, f"{study.scenario.name}: what each strategy gains over {reference}", what)
    return ax


def _difference(found: Mapping[str, Any], name: str, reference: str) -> tuple[float, float, float]:
    """Mean and interval of name - reference, whichever way round the study has it; NaN where undefined."""

    def number(estimate: Any, key: str) -> float:
        value = estimate[key] if isinstance(estimate, Mapping) else getattr(estimate, key)
        return float("nan") if value is None else float(value)

    straight = found.get(f"{name} - {reference}")
    if straight is not None:
        return number(straight, "mean"), number(straight, "ci_low"), number(straight, "ci_high")
    turned = found[f"{reference} - {name}"]
    return -number(turned, "mean"), -number(turned, "ci_high"), -number(turned, "ci_low")


@_styled
def sunlit(environment: Environment, start: date, *, ax: Axes | None = None) -> Axes:
    """Share of the orbit in light over the mission, one line a plane; `start` is the date of mission day 0.

    More than six planes share one colour: they show the range, not who is who.
    """
    ax = _new_axes(9.0, 4.2) if ax is None else ax
    inside = environment.days <= environment.horizon_days
    dates, share = _dates(start, environment.days[inside]), 100 * environment.sunlit[:, inside]
    many = len(share) > 6
    for plane, values, look in zip(environment.planes, share, _looks(len(share)), strict=True):
        if many:
            label = f"each of {len(share)} planes" if plane.id == 0 else None
            ax.plot(dates, values, color="#0072B2", linewidth=0.7, alpha=0.45, label=label)
        else:
            node = f"LTAN {plane.ltan_h:g} h" if plane.ltan_h is not None else f"RAAN {plane.raan_deg:.0f} deg"
            ax.plot(dates, values, label=f"plane {plane.name}: {plane.altitude_km:.0f} km, {node}", **look)
    if many:
        ax.plot(dates, share.mean(axis=0), color="#D55E00", label="mean of the planes")
    ax.set_ylim(min(float(share.min()), 99.0) - 1.0, 100.5)
    ax.yaxis.set_major_formatter(PercentFormatter(decimals=0))
    ax.set_ylabel("sunlit (% of orbit)")
    _title_and_legend(ax, "Share of each orbit in sunlight", "daily; 100 %: no eclipse that day")
    _date_axis(ax, start, environment.horizon_days)
    return ax


def _new_axes(width: float, height: float) -> Axes:
    """Axes on a figure of their own, in inches."""
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    axes: Axes = figure.add_subplot()
    return axes


def _root(ax: Axes) -> Figure:
    """The whole figure that these axes stand in."""
    figure = ax.get_figure(root=True)
    if figure is None:
        raise ValueError("these axes have been removed from their figure")
    return figure


def _beneath(ax: Axes, height: float) -> Axes:
    """Axes under `ax`, with the same x, `height` times as high; both share the place that `ax` had."""
    upper, lower = _split(ax, 2, 1, height_ratios=(1, height), hspace=0.04)
    ax.tick_params(labelbottom=False)
    lower.sharex(upper)
    return lower


def _beside(ax: Axes, count: int) -> list[Axes]:
    """`ax` and more axes to its right, sharing the place that `ax` had."""
    return _split(ax, 1, count, wspace=0.04)


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


def _title_and_legend(ax: Axes, title: str, subtitle: str) -> None:
    """Above the axes, in lines that cannot meet: title, subtitle, then the legend where something has a label."""
    labels = ax.get_legend_handles_labels()[1]
    columns = 2 if max((len(label) for label in labels), default=0) > 24 else 4
    rows = -(-len(labels) // columns)
    if labels:
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, borderaxespad=0.2, borderpad=0.2,
                  handlelength=3.2, columnspacing=1.6)  # fmt: skip
    above = 6.0 + 15.0 * rows
    ax.annotate(subtitle, (0, 1), (0, above), xycoords="axes fraction", textcoords="offset points", fontsize=9,
                color="0.35", annotation_clip=False)  # fmt: skip
    ax.set_title(title, pad=above + 15)


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


def _words(metric: str) -> str:
    """A metric's name as one reads it."""
    special = {"cost_per_useful_gpu_hour_usd": "cost per useful GPU-hour"}
    return special.get(metric, metric.replace("_", " ").replace("gpu", "GPU"))
