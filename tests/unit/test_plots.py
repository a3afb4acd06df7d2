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
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.text import Text

import sim
from sim import plots
from sim.description.parts import design_facts
from sim.environment import Environment
from sim.errors import InputError
from sim.events import COLUMNS, Cause, EventKind, EventLog, EventRecorder
from sim.experiment import Sample, Study
from sim.metrics import METRICS, daily_series, measure
from sim.metrics.causes import DARK
from sim.plots import timeline
from sim.plots.axes import root
from sim.plots.cause_looks import cause_looks
from sim.result import Controls, Result
from sim.scenario.models import Scenario, Workload

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
    online = np.array(series, np.float32)
    values = {"online_fraction": online, "satellites_working": np.ones_like(online)}
    return Study(of, strategies, 1, samples, values, {}, None, lambda task: EventRecorder().finish())


def priced(strategies: tuple[str, ...]) -> Study:
    """Net cost rises with the number of the strategy, by 3 billion dollars."""
    shown = study(PRICED, strategies)
    for number, name in enumerate(strategies):
        shown.samples[name].metrics[:, list(METRICS).index("net_cost_usd")] = 3e9 * number
    return shown


def run_of(of: Scenario) -> Result:
    """A fleet of four in one plane; one bus fails and is replaced at the second attempt."""
    log = EventRecorder()
    for satellite in range(4):
        log.append(0, EventKind.LAUNCHED, cause=Cause.DEPLOYMENT, plane=0, satellite=satellite, amount=1)
    for satellite in range(4):
        log.append(0, EventKind.DELIVERED, plane=0, satellite=satellite, satellites=1, gpus=10)
    log.append(100, EventKind.BUS_FAILED, cause=Cause.BUS, plane=0, satellite=1, satellites=-1, gpus=-10)
    log.append(200, EventKind.GPU_FAILED, cause=Cause.GPU, plane=0, satellite=0, gpus=-1)
    log.append(290, EventKind.READY, plane=0, amount=2)
    log.append(300, EventKind.LAUNCHED, plane=0, satellite=4, amount=1)
    log.append(300, EventKind.LAUNCH_FAILED, plane=0, satellite=4, amount=1)
    log.append(400, EventKind.LAUNCHED, plane=0, satellite=5, amount=1)
    log.append(430, EventKind.DELIVERED, plane=0, satellite=5, satellites=1, gpus=10)
    environment = Environment.build(of)
    none = Controls((), np.zeros(0), np.zeros(0))
    events = log.finish()
    built = environment.parts, environment.rooms, environment.job_counts
    return Result(of, "batch", 7, 3, (4,), *environment.capacities(events), events, none, *built)


def ended(of: Scenario, strategies: tuple[str, ...] = ALL[:3]) -> Study:
    """The last satellite of the first strategy ends on day 400."""
    shown = study(of, strategies)
    for values in shown.series.values():
        values[0, :, 400:] = 0
    return shown


def ended_run(of: Scenario) -> Result:
    """The satellites of `run_of` are all retired by day 500."""
    run, log = run_of(of), EventRecorder()
    for day, satellite, gpus in ((450, 2, 10), (480, 3, 10), (500, 0, 9), (500, 5, 10)):
        log.append(
            day, EventKind.RETIRED, cause=Cause.END_OF_LIFE, plane=0, satellite=satellite, satellites=-1, gpus=-gpus
        )
    columns = (np.concatenate([getattr(each, name) for each in (run.events, log.finish())]) for name in COLUMNS)
    return replace(run, events=EventLog(*columns))


def limited_run() -> Result:
    """Two cohorts that meet their batteries' limit, one that meets its array's."""
    run, log = run_of(SUNNY), EventRecorder()
    for day, cause in ((310, Cause.BATTERY), (320, Cause.ARRAY), (690, Cause.BATTERY)):
        log.append(day, EventKind.DERATED, cause=cause, plane=0, satellite=0, amount=0.8)
    columns = (np.concatenate([getattr(each, name) for each in (run.events, log.finish())]) for name in COLUMNS)
    return replace(run, events=EventLog(*columns))


SUNNY = scenario(DAWN_DUSK)
CHANGED = SUNNY.model_copy(
    update={"changes": ("shield_5mm", "satellite.gpus=10", *(f"a.long_field_{i}=1" for i in range(9)))}
)
PRICED = SUNNY.model_copy(update={"workload": Workload.model_validate({"jobs": [{"name": "job", "gpus": 10}]})})
INCLINED = scenario(WALKER, "pause")
PAIR = scenario({**WALKER, "planes": 2}, "pause")
MANY = scenario({**WALKER, "planes": 12}, "pause")
TWO = sim.load("baseline", "overlays/second_generation", set_=["mission.years=1.5"])
SHORT_LIVED = SUNNY.model_copy(update={"satellite": SUNNY.satellite.model_copy(update={"design_life_years": 1.25})})
PICTURES: dict[str, Callable[[], Axes]] = {
    "availability, seasons": lambda: plots.compute_availability(study(SUNNY)),
    "availability, seven strategies": lambda: plots.compute_availability(study(INCLINED, ALL)),
    "availability, one run": lambda: plots.compute_availability(study(SUNNY, ALL[:1], 1)),
    "timeline": lambda: plots.event_timeline(run_of(SUNNY)),
    "timeline, pauses": lambda: plots.event_timeline(run_of(scenario(DAWN_DUSK, "pause"))),
    "differences": lambda: plots.paired_differences(study(SUNNY)),
    "differences, seven strategies": lambda: plots.paired_differences(study(SUNNY, ALL)),
    "differences, priced": lambda: plots.paired_differences(priced(ALL)),
    "availability, changed": lambda: plots.compute_availability(study(CHANGED)),
    "timeline, changed": lambda: plots.event_timeline(run_of(CHANGED)),
    "differences, changed": lambda: plots.paired_differences(study(CHANGED)),
    "environment, changed": lambda: plots.environment_panels(Environment.build(CHANGED)),
    "satellite, changed": lambda: plots.satellite_parts(
        "pictures", design_facts(SUNNY, Environment.build(SUNNY)), changes=CHANGED.changes_text
    ),
    "differences, one run": lambda: plots.paired_differences(study(SUNNY, ALL[:2], 1)),
    "timeline, limited": lambda: plots.event_timeline(limited_run()),
    "environment, one plane": lambda: plots.environment_panels(Environment.build(SUNNY)),
    "environment, two planes": lambda: plots.environment_panels(Environment.build(PAIR)),
    "environment, four planes": lambda: plots.environment_panels(Environment.build(INCLINED)),
    "environment, many planes": lambda: plots.environment_panels(Environment.build(MANY)),
    "environment, a short life": lambda: plots.environment_panels(Environment.build(SHORT_LIVED)),
    "availability, many planes": lambda: plots.compute_availability(study(MANY)),
    "availability, a fleet that ends": lambda: plots.compute_availability(ended(SUNNY)),
    "timeline, a fleet that ends": lambda: plots.event_timeline(ended_run(SUNNY)),
    "satellite": lambda: plots.satellite_parts("pictures", design_facts(SUNNY, Environment.build(SUNNY))),
    "satellite, two designs": lambda: plots.satellite_parts("pictures", design_facts(TWO, Environment.build(TWO))),
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


@pytest.mark.parametrize("name", [name for name in PICTURES if name.endswith("changed")])
def test_a_picture_says_what_was_laid_on_the_scenario(name: str) -> None:
    ax = PICTURES[name]()
    assert ax.get_title(loc="left").startswith("pictures: ")
    (line,) = (text.get_text() for text in ax.texts if "shield" in text.get_text())
    assert line.startswith("+ shield_5mm, satellite.gpus=10, a.long_field_0=1")
    assert line.endswith("more")


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_has_a_title_and_named_axes(name: str) -> None:
    axes = PICTURES[name]()
    assert axes.get_title(loc="left")
    assert any(word in ax.get_xlabel() for ax in axes.figure.axes for word in ("date", "is better", "mass"))


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
    assert "USD per GPU-hour" in cost.get_xlabel()
    assert "left is better" in cost.get_xlabel()


def test_differences_show_net_cost_where_an_hour_is_worth_something() -> None:
    shown = priced(ALL[:3])
    net = plots.paired_differences(shown).figure.axes[-1]
    assert net.get_xlabel() == "net cost\nmillion USD at $2.49 a GPU-hour\n← left is better"
    assert [line.get_xdata()[0] for line in net.get_lines() if line.get_marker() == "D"] == pytest.approx([3e3, 6e3])
    free = PRICED.service.model_copy(update={"value_usd_per_gpu_hour": 0.0})
    for of in (SUNNY, PRICED.model_copy(update={"service": free})):
        labels = [ax.get_xlabel() for ax in plots.paired_differences(study(of)).figure.axes]
        assert len(labels) == 3
        assert not any("net cost" in label for label in labels)
    with pytest.raises(InputError, match="no metric 'net_cost'; did you mean 'net_cost_usd'"):
        plots.paired_differences(shown, metrics=["net_cost"])


def test_no_difference_has_one_sign() -> None:
    shown = study(SUNNY, ALL[:2])
    shown.samples[ALL[1]].metrics[:] = shown.samples[ALL[0]].metrics
    assert plots.paired_differences(shown).texts[0].get_text() == "+0 (+0 to +0)"


def test_a_dollar_in_a_name_begins_no_formula(tmp_path: Path) -> None:
    names = ("$\\frac{a}$", "b $ and $ c")
    for draw in (plots.paired_differences, plots.compute_availability):
        ax = draw(study(SUNNY, names))
        plots.save(ax, tmp_path / "a.png")
        assert any("$" in text.get_text() for text in visible_texts(root(ax)))


def test_density_is_labelled_by_powers_of_ten() -> None:
    figure = root(plots.environment_panels(Environment.build(SUNNY)))
    figure.draw_without_rendering()
    (air,) = (ax for ax in figure.axes if "density" in ax.get_ylabel())
    low, high = air.get_ylim()
    labels = {label.get_text(): place for label, place in zip(air.get_yticklabels(), air.get_yticks(), strict=True)}
    assert low <= 1e-14 <= high
    assert labels["10⁻¹⁴"] == pytest.approx(1e-14)


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


def test_events_that_no_mark_can_show_are_a_band_as_high_as_they_are_frequent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeline, "MANY", 4)
    ax = plots.event_timeline(run_of(SUNNY))
    rows = ax.figure.axes[1]
    names = [label.get_text() for label in rows.get_yticklabels()]
    bands = {name: b for name, b in zip(names, rows.collections, strict=True) if isinstance(b, PolyCollection)}
    assert list(bands) == ["arrivals in slots (5)"]  # four on day 0, one on day 430
    assert "higher band: more at that time" in " ".join(text.get_text() for text in ax.texts)
    corners = bands["arrivals in slots (5)"].get_paths()[0].vertices
    days, heights = corners[:, 0] - date2num(SUNNY.mission.start), np.abs(corners[:, 1] - names.index(*bands))
    assert heights[days < 1].max() == pytest.approx(4 * heights[(days > 400) & (days < 450)].max())
    assert heights[(days > 10) & (days < 400)].max() == 0


def test_timeline_says_what_limits_satellites_where_something_does() -> None:
    labels = [label.get_text() for label in plots.event_timeline(limited_run()).figure.axes[1].get_yticklabels()]
    assert labels[-2:] == ["GPU failures (1)", "first day limited by battery, array (3)"]


def test_environment_draws_each_of_a_few_planes_and_bands_of_many() -> None:
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
    assert len(plots.environment_panels(Environment.build(INCLINED)).figure.axes[0].get_lines()) == 4
    many = Environment.build(MANY)
    cell = plots.environment_panels(many).figure.axes[4]
    junction = many.designs[0].operation.junction_c[:, inside]
    (median,) = cell.get_lines()
    assert median.get_ydata() == pytest.approx(np.median(junction, axis=0))
    assert edges(cell) == [pytest.approx(np.quantile(junction[:, 40], q), abs=1e-4) for q in (0.0, 0.1, 0.9, 1.0)]


def edges(ax: Axes) -> list[float]:
    """Where the bands of two `fill_between` begin and end on mission day 40."""
    found = []
    for band in ax.collections:
        x, y = band.get_paths()[0].vertices.T
        found += np.unique(y[np.isclose(x, np.unique(x)[40])]).tolist()
    return sorted(found)


def test_the_strip_of_light_has_a_line_a_plane_or_bands_of_many() -> None:
    few, many = Environment.build(INCLINED), Environment.build(MANY)
    strip = plots.compute_availability(study(INCLINED)).figure.axes[1]
    inside = few.days <= few.horizon_days
    for line, sunlit in zip(strip.get_lines(), few.sunlit[:, inside], strict=True):
        assert line.get_ydata() == pytest.approx(100 * sunlit)
    assert not strip.collections
    strip = plots.compute_availability(study(MANY)).figure.axes[1]
    (median,) = strip.get_lines()
    assert median.get_ydata() == pytest.approx(100 * np.median(many.sunlit[:, inside], axis=0))
    assert edges(strip) == pytest.approx(100 * np.quantile(many.sunlit[:, 40], (0, 0.1, 0.9, 1)), abs=1e-4)


def test_what_a_satellite_does_is_drawn_until_its_planned_end() -> None:
    axes = plots.environment_panels(Environment.build(SHORT_LIVED)).figure.axes
    last = {}
    for ax in axes:
        x, y = ax.get_lines()[0].get_data()
        last[ax.get_ylabel().split(" (")[0]] = x[np.isfinite(y)][-1] - date2num(SUNNY.mission.start)
    assert {name for name, day in last.items() if day == 730} == {
        "sunlit", "eclipse", "atmospheric density", "dose rate"
    }  # fmt: skip
    assert {day for day in last.values() if day != 730} == {456}


def test_availability_ends_with_the_last_satellite() -> None:
    ax = plots.compute_availability(ended(SUNNY))
    lines = {line.get_label(): line for line in ax.get_lines()}
    start = date2num(SUNNY.mission.start)
    first, second = (lines[name] for name in ALL[:2])
    assert (first.get_xdata()[-2:] - start).tolist() == [399.5, 400]
    assert first.get_ydata()[-1] == 0
    assert second.get_xdata()[-1] - start == 730.5
    end = lines["the last satellite ends"]
    assert (end.get_xdata()[0] - start, end.get_ydata()[0]) == (400, 0)
    assert "the last satellite ends" not in plots.compute_availability(study(SUNNY)).get_legend_handles_labels()[1]


def test_a_last_day_that_is_short_ends_with_the_mission() -> None:
    short = SUNNY.model_copy(update={"mission": SUNNY.mission.model_copy(update={"years": 1.0})})
    line = plots.compute_availability(study(short)).get_lines()[0]
    assert line.get_xdata()[-1] - date2num(SUNNY.mission.start) == 365.25


@pytest.mark.parametrize("policy", ["ride_through", "pause"])
def test_a_timeline_ends_with_the_last_satellite(policy: str) -> None:
    ax = plots.event_timeline(ended_run(scenario(DAWN_DUSK, policy)))
    start = date2num(SUNNY.mission.start)
    *lines, mark, _ = ax.get_lines()
    assert lines[0].get_xdata()[-1] - start == 500
    assert lines[0].get_ydata()[-1] == 0
    assert all(line.get_xdata()[-1] - start <= 500 for line in lines)
    assert (mark.get_xdata()[0] - start, mark.get_label()) == (500, "the last satellite ends")


def test_colours_of_a_timeline_are_those_of_the_causes() -> None:
    rows = plots.event_timeline(limited_run()).figure.axes[1]
    names = [label.get_text().split(" (")[0] for label in rows.get_yticklabels()]
    colors = {name: to_hex(marks.get_facecolor()[0]) for name, marks in zip(names, rows.collections, strict=True)
              if len(marks.get_offsets())}  # fmt: skip
    looks = cause_looks(SUNNY)
    for row, cause in {
        "failed flights": "launch",
        "satellite failures": "bus",
        "GPU failures": "gpu",
        "first day limited by battery, array": DARK,
    }.items():
        assert colors[row] == looks[cause].color.lower()
    others = {color for row, color in colors.items() if row.startswith(("arrivals", "deployment", "flights"))}
    assert not others & {look.color.lower() for look in looks.values()}


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
