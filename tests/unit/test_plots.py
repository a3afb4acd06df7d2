"""Pictures: they show what the study holds, can be read, and are the same bytes every time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.text import Text

from sim import plots
from sim.environment import Environment
from sim.events import COLUMNS, Cause, EventKind, EventLog, EventRecorder
from sim.experiment.study import Sample, Study
from sim.metrics import METRICS, daily_series, measure
from sim.plots.axes import root
from sim.result import Controls, Result
from sim.scenario.models import Scenario

ALL = ("run_to_failure", "replace_on_failure", "batch", "scheduled_batch", "on_orbit_spares", "my.module:Own", "g")
DAWN_DUSK = {"kind": "sun_synchronous", "altitude_km": 650, "ltan_h": 6, "satellites_per_plane": 4}
WALKER = {"kind": "walker", "altitude_km": 550, "inclination_deg": 53, "planes": 4, "satellites_per_plane": 1}


def scenario(shell: dict[str, object], policy: str = "ride_through") -> Scenario:
    rate = {"kind": "exponential", "rate_per_year": 0.1}
    price = {"kind": "per_kg", "usd_per_kg": 2}
    vehicle = {"name": "rocket", "capacity_kg": 1000, "price": price, "success_probability": 0.9}
    return Scenario.model_validate(
        {
            "name": "pictures",
            "mission": {"start": "2027-01-01", "years": 2},
            "constellation": {"shells": [shell]},
            "satellite": {"gpus": 10, "mass_kg": 500, "design_life_years": 5},
            "power": {"eclipse_policy": policy},
            "reliability": {"gpu": rate, "bus": rate},
            "launch": {"vehicle": vehicle, "lead_time_days": {"kind": "constant", "days": 10}},
            "economics": {"bus_usd": 1000, "gpu_usd": 10},
        }
    )


def study(of: Scenario, strategies: tuple[str, ...] = ALL[:3], replicates: int = 5) -> Study:
    """Availability falls with the number of the strategy, by exactly .1; useful work is undefined."""
    stream = np.random.default_rng(1)
    days = int(np.ceil(of.mission.days))
    luck = stream.uniform(-0.02, 0.02, replicates)
    names = list(METRICS)
    samples, series = {}, []
    for number, strategy in enumerate(strategies):
        level = 0.95 - 0.1 * number + luck
        figures = np.full((replicates, len(names)), np.nan)
        figures[:, names.index("compute_availability")] = level
        figures[:, names.index("goodput")] = level * 0.9
        samples[strategy] = Sample(figures, (), np.zeros((replicates, 0)), np.zeros(0))
        series.append(np.repeat(level[:, None], days, axis=1))
    values = {"online_fraction": np.array(series, np.float32)}
    return Study(of, strategies, 1, samples, values, {}, None, lambda task: EventRecorder().finish())


def run_of(of: Scenario) -> Result:
    """A fleet of four in one plane; one bus fails and is replaced at the second attempt."""
    log = EventRecorder()
    for satellite in range(4):
        log.append(0, EventKind.LAUNCHED, cause=Cause.DEPLOYMENT, plane=0, satellite=satellite, amount=1)
    for satellite in range(4):
        log.append(0, EventKind.DELIVERED, plane=0, satellite=satellite, satellites=1, gpus=10)
    log.append(100, EventKind.BUS_FAILED, cause=Cause.BUS, plane=0, satellite=1, satellites=-1, gpus=-10)
    log.append(200, EventKind.GPU_FAILED, cause=Cause.GPU, plane=0, satellite=0, gpus=-1)
    log.append(300, EventKind.LAUNCHED, plane=0, satellite=4, amount=1)
    log.append(300, EventKind.LAUNCH_FAILED, plane=0, satellite=4, amount=1)
    log.append(400, EventKind.LAUNCHED, plane=0, satellite=5, amount=1)
    log.append(430, EventKind.DELIVERED, plane=0, satellite=5, satellites=1, gpus=10)
    environment = Environment.build(of)
    none = Controls((), np.zeros(0), np.zeros(0))
    events = log.finish()
    return Result(of, "batch", 7, 3, (4,), *environment.capacities(events), events, none, environment.parts)


def limited_run() -> Result:
    """Two cohorts that meet their batteries' limit, one that meets its array's."""
    run, log = run_of(SUNNY), EventRecorder()
    for day, cause in ((310, Cause.BATTERY), (320, Cause.ARRAY), (690, Cause.BATTERY)):
        log.append(day, EventKind.DERATED, cause=cause, plane=0, satellite=0, amount=0.8)
    columns = (np.concatenate([getattr(each, name) for each in (run.events, log.finish())]) for name in COLUMNS)
    return replace(run, events=EventLog(*columns))


SUNNY = scenario(DAWN_DUSK)
INCLINED = scenario(WALKER, "pause")
PAIR = scenario({**WALKER, "planes": 2}, "pause")
PICTURES: dict[str, Callable[[], Axes]] = {
    "availability, seasons": lambda: plots.compute_availability(study(SUNNY)),
    "availability, seven strategies": lambda: plots.compute_availability(study(INCLINED, ALL)),
    "availability, one run": lambda: plots.compute_availability(study(SUNNY, ALL[:1], 1)),
    "timeline": lambda: plots.event_timeline(run_of(SUNNY)),
    "timeline, pauses": lambda: plots.event_timeline(run_of(scenario(DAWN_DUSK, "pause"))),
    "differences": lambda: plots.paired_differences(study(SUNNY)),
    "differences, seven strategies": lambda: plots.paired_differences(study(SUNNY, ALL)),
    "differences, one run": lambda: plots.paired_differences(study(SUNNY, ALL[:2], 1)),
    "timeline, limited": lambda: plots.event_timeline(limited_run()),
    "environment, one plane": lambda: plots.environment_panels(Environment.build(SUNNY)),
    "environment, two planes": lambda: plots.environment_panels(Environment.build(PAIR)),
    "environment, four planes": lambda: plots.environment_panels(Environment.build(INCLINED)),
}


def visible_texts(figure: Figure) -> Iterator[Text]:
    for text in figure.findobj(Text):
        if isinstance(text, Text) and text.get_visible() and text.get_text().strip():
            yield text


@pytest.mark.parametrize("name", PICTURES)
def test_no_label_overlaps_another_or_leaves_the_picture(name: str) -> None:
    figure = root(PICTURES[name]())
    figure.draw_without_rendering()
    axes = [axis for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)]
    hidden = {label for axis in axes for label in axis.get_ticklabels(which="both")}
    hidden -= {label for axis in axes for label in _labels_in_view(axis)}
    boxes = {text: text.get_window_extent() for text in visible_texts(figure) if text not in hidden}
    width, height = figure.bbox.max
    outside = [
        t.get_text() for t, b in boxes.items() if b.x0 < -1 or b.y0 < -1 or b.x1 > width + 1 or b.y1 > height + 1
    ]
    assert outside == []
    # A pixel is allowed: the boxes hold the fonts' empty margins.
    meeting = [
        (a.get_text(), b.get_text())
        for (a, one), (b, other) in combinations(boxes.items(), 2)
        if min(one.x1, other.x1) - max(one.x0, other.x0) > 1 and min(one.y1, other.y1) - max(one.y0, other.y0) > 1
    ]
    assert meeting == []


def _labels_in_view(axis: matplotlib.axis.Axis) -> list[Text]:
    low, high = sorted(axis.get_view_interval())
    margin = 1e-9 * (high - low)
    return [tick.label1 for tick in axis.get_major_ticks() if low - margin <= tick.get_loc() <= high + margin]


@pytest.mark.parametrize(
    ("name", "kind"), [("availability, seasons", "png"), ("timeline", "png"), ("differences", "svg")]
)
def test_the_same_picture_is_the_same_bytes(name: str, kind: str, tmp_path: Path) -> None:
    for copy in ("a", "b"):
        plots.save(PICTURES[name](), tmp_path / f"{copy}.{kind}")
    assert (tmp_path / f"a.{kind}").read_bytes() == (tmp_path / f"b.{kind}").read_bytes()


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_has_a_title_and_named_axes(name: str) -> None:
    axes = PICTURES[name]()
    assert axes.get_title(loc="left")
    assert any("date" in ax.get_xlabel() or "is better" in ax.get_xlabel() for ax in axes.figure.axes)


def test_availability_shows_the_median_and_the_band_of_every_strategy() -> None:
    shown = study(SUNNY)
    ax = plots.compute_availability(shown)
    lines = {line.get_label(): line for line in ax.get_lines()}
    start = date2num(SUNNY.mission.start)
    for number, strategy in enumerate(shown.strategies):
        values = 100 * shown.series["online_fraction"][number]
        assert lines[strategy].get_ydata() == pytest.approx(np.median(values, axis=0))
        assert lines[strategy].get_xdata()[0] == start + 0.5
        band = ax.collections[number].get_paths()[0].vertices[:, 1]
        assert band.min() == pytest.approx(np.quantile(values[:, 0], 0.1))
        assert band.max() == pytest.approx(np.quantile(values[:, 0], 0.9))
    assert "% of nameplate" in ax.get_ylabel()
    assert any(text.get_text() == "SLA\n90 %" for text in ax.texts)


def test_seven_strategies_differ_in_colour_and_in_dashes() -> None:
    lines = plots.compute_availability(study(SUNNY, ALL)).get_lines()[:7]
    assert len({to_hex(line.get_color()) for line in lines}) == 7
    assert len({str(line._unscaled_dash_pattern) for line in lines}) == 7


def test_eclipse_seasons_are_shaded_where_there_are_days_without_eclipse() -> None:
    def labels(of: Scenario) -> list[str]:
        return plots.compute_availability(study(of)).get_legend_handles_labels()[1]

    assert "eclipse season" in labels(SUNNY)
    assert "eclipse season" not in labels(INCLINED)  # some plane passes the shadow every day


def test_planes_that_pause_in_turn_are_averaged_over_30_days() -> None:
    shown = study(INCLINED)
    shown.series["online_fraction"][0, :, ::2] = 0.0
    line = plots.compute_availability(shown).get_lines()[0]
    median = 100 * np.median(shown.series["online_fraction"][0, :, 1])
    assert line.get_ydata() == pytest.approx(np.full(len(line.get_ydata()), median / 2))
    assert line.get_xdata()[0] == date2num(INCLINED.mission.start) + 15


def test_differences_are_each_strategy_minus_the_first_one() -> None:
    ax = plots.paired_differences(study(SUNNY))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["replace_on_failure", "batch"]
    # Lower by exactly .1 and .2 in every replicate: a mark at -10 and -20 percentage points, an interval of no width.
    marks = [line.get_xdata()[0] for line in ax.get_lines() if line.get_marker() == "D"]
    assert marks == pytest.approx([-10, -20])
    for number, points in enumerate(ax.collections):
        assert np.asarray(points.get_offsets())[:, 0] == pytest.approx(np.full(5, -10 * (number + 1)))
    goodput, cost = ax.figure.axes[1:]
    assert [t.get_text()[:5] for t in goodput.texts] == ["-9.00", "-18.0"] or goodput.texts[0].get_text().startswith(
        "-9"
    )
    assert [t.get_text() for t in cost.texts] == ["undefined", "undefined"]
    assert "USD/(GPU h)" in cost.get_xlabel()
    assert "left is better" in cost.get_xlabel()


def test_intervals_stand_where_the_study_has_them() -> None:
    shown = study(SUNNY, ALL[:2])
    column = list(METRICS).index("compute_availability")
    shown.samples[ALL[1]].metrics[:, column] += np.array([-0.02, -0.01, 0, 0.01, 0.02])
    estimate = shown.differences()["compute_availability"][f"{ALL[0]} - {ALL[1]}"]
    ax = plots.paired_differences(shown)
    (bar,) = (line for line in ax.get_lines() if line.get_marker() == "|")
    assert bar.get_xdata() == pytest.approx([-100 * estimate.ci_high, -100 * estimate.ci_low])
    assert ax.texts[0].get_text() == "-10.0 (-12.0 to -8.0)"  # 10 +- 2.776 x .0158 / sqrt(5) x 100


def test_one_run_has_no_interval_and_one_strategy_no_difference() -> None:
    ax = plots.paired_differences(study(SUNNY, ALL[:2], 1))
    assert not [line for line in ax.get_lines() if line.get_marker() == "|"]
    with pytest.raises(ValueError, match="two strategies or more"):
        plots.paired_differences(study(SUNNY, ALL[:1]))


def test_timeline_counts_every_event_and_draws_the_online_gpus() -> None:
    ax = plots.event_timeline(run_of(SUNNY))
    rows = ax.figure.axes[1]
    assert [label.get_text() for label in rows.get_yticklabels()] == [
        "deployment flights (4)",
        "flights after deployment (2)",
        "failed flights (1)",
        "arrivals in slots (5)",
        "arrivals of spares (0)",
        "satellite failures (1)",
        "retirements (0)",
        "GPU failures (1)",
    ]
    line = ax.get_lines()[0]
    assert line.get_ydata().tolist() == [40, 30, 29, 39, 39]
    assert line.get_drawstyle() == "steps-post"
    assert (line.get_xdata() - date2num(SUNNY.mission.start)).tolist() == [0, 100, 200, 430, 730.5]
    assert "batch" in ax.get_title(loc="left")


@pytest.mark.parametrize("metric", ["launches", "deployment_launches", "bus_failures", "gpu_failures"])
def test_the_timeline_counts_as_the_metrics_do(metric: str) -> None:
    run = run_of(SUNNY)
    row = {
        "launches": "flights after deployment",
        "deployment_launches": "deployment flights",
        "bus_failures": "satellite failures",
        "gpu_failures": "GPU failures",
    }[metric]
    rows = [label.get_text() for label in plots.event_timeline(run).figure.axes[1].get_yticklabels()]
    assert f"{row} ({measure(run)[metric]:.0f})" in rows


def test_timeline_says_what_limits_satellites_where_something_does() -> None:
    labels = [label.get_text() for label in plots.event_timeline(limited_run()).figure.axes[1].get_yticklabels()]
    assert labels[-2:] == ["GPU failures (1)", "first day limited by battery, array (3)"]


def test_environment_draws_each_of_a_few_planes_and_the_range_of_many() -> None:
    few = Environment.build(PAIR)
    axes = plots.environment_panels(few).figure.axes
    assert [ax.get_ylabel().split(" (")[0] for ax in axes] == [
        "sunlit",
        "eclipse",
        "array power",
        "capacity",
        "GPU junction",
        "atmospheric density",
        "dose rate",
        "interruptions",
    ]
    inside = few.days <= few.horizon_days
    for plane, line in enumerate(axes[0].get_lines()):
        assert line.get_ydata() == pytest.approx(100 * few.sunlit[plane, inside])
    # Paused in the dark, and at full speed in light: capacity is the share of the orbit outside the shadow's edges.
    dark_min, period_min = few.eclipse_minutes[0, inside], few.planes[0].period_min
    assert axes[3].get_lines()[0].get_ydata() == pytest.approx(100 * (1 - dark_min / period_min), abs=1e-4)
    many = Environment.build(INCLINED)
    (mean,) = plots.environment_panels(many).figure.axes[4].get_lines()
    assert mean.get_ydata() == pytest.approx(many.designs[0].operation.junction_c[:, inside].mean(axis=0))


def test_timeline_shows_daily_means_where_eclipses_stop_the_gpus() -> None:
    # One line that falls to 0 fifteen times a day would be a solid block.
    paused = run_of(scenario({**DAWN_DUSK, "formation": "cluster"}, "pause"))
    alive, online = plots.event_timeline(paused).get_lines()[:2]
    assert alive.get_ydata().tolist() == [40, 30, 29, 39, 39]
    assert online.get_ydata() == pytest.approx(daily_series(paused)["online_fraction"] * 40)
    assert online.get_ydata().min() < 0.85 * 29


def test_a_picture_goes_where_it_is_told() -> None:
    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert plots.paired_differences(study(SUNNY), metrics=("goodput",), ax=left) is left
    assert plots.compute_availability(study(SUNNY), ax=right) is right
    assert len(figure.axes) == 3  # the strip of light took its place from the right one
    with pytest.raises(ValueError, match="no place in a grid"):
        plots.event_timeline(run_of(SUNNY), ax=Figure().add_axes((0, 0, 1, 1)))


def test_drawing_leaves_the_users_settings_alone() -> None:
    with matplotlib.rc_context({"axes.titleweight": "light"}):
        PICTURES["timeline"]()
        assert matplotlib.rcParams["axes.titleweight"] == "light"


def test_drawing_needs_no_pyplot() -> None:
    program = "import sys, sim.plots; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_picture_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(b"the old one")
    ax = PICTURES["differences"]()

    def breaks(self: Figure, file: str, **_: object) -> None:
        Path(file).write_bytes(b"half")
        raise OSError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr(Figure, "savefig", breaks)
        with pytest.raises(OSError, match="disk full"):
            plots.save(ax, path)
    assert path.read_bytes() == b"the old one"
    assert list(tmp_path.iterdir()) == [path]
    plots.save(ax, path)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_only_png_and_svg(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"'picture\.jpg': pictures end in \.png or \.svg"):
        plots.save(PICTURES["differences"](), tmp_path / "picture.jpg")
