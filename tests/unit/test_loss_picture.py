"""The picture of losses: what it stacks is what the log says, and it can be read."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.text import Text

from sim import experiment, plots
from sim.environment import Environment
from sim.events import Cause, EventKind, EventLog, EventRecorder
from sim.experiment.table import cause_name
from sim.metrics import missing_capacity
from sim.plots import losses
from sim.plots.axes import root
from sim.plots.cause_looks import OTHERS, cause_looks
from sim.result import Controls, Result

K = EventKind
JOB = {"name": "train", "gpus": 20, "count": 1, "checkpoint_interval_min": 60}


@pytest.fixture
def busy(fleet):
    return fleet(slots=4, gpus=10, days=95, jobs=[JOB])


def run_of(scenario, rows) -> Result:
    log = EventRecorder()
    for slot in range(4):
        log.append(0, K.DELIVERED, cause=Cause.DEPLOYMENT, plane=0, berth=slot, satellite=slot, satellites=1, gpus=10)
    for day, kind, columns in rows:
        log.append(day, kind, plane=0, **columns)
    events: EventLog = log.finish()
    environment = Environment.build(scenario)
    capacity, capacity_of = environment.capacities(events)
    none = Controls((), np.zeros(0), np.zeros(0))
    built = environment.parts, environment.rooms, environment.job_counts
    return Result(scenario, "batch", 1, 0, (4,), capacity, capacity_of, events, none, *built)


def story(scenario) -> Result:
    memory = scenario.cause_numbers["memory_error"]
    return run_of(
        scenario,
        [
            (20, K.STORM, {"amount": 1e8}),
            (29, K.SOFT_INTERRUPTED, {"cause": memory, "job": 0, "amount": 60}),
            (45, K.JOB_INTERRUPTED, {"cause": Cause.GPU, "job": 0, "amount": 20}),
            (45, K.GPU_FAILED, {"cause": Cause.GPU, "berth": 0, "satellite": 0, "gpus": -1}),
            (70, K.JOB_INTERRUPTED, {"cause": Cause.REPLACED, "job": 0, "amount": 20}),
            (70, K.BUS_FAILED, {"cause": Cause.BUS, "berth": 1, "satellite": 1, "satellites": -1, "gpus": -10}),
        ],
    )


def many(scenario) -> Result:
    """As many causes as a scenario has, in both panels."""
    causes = [c for c in Cause if c not in (Cause.NONE, Cause.DEPLOYMENT, Cause.REPLACED, Cause.END_OF_LIFE)]
    numbers = [int(c) for c in causes] + list(scenario.cause_numbers.values())
    rows = []
    for i, cause in enumerate(numbers):
        about = {"cause": cause, "berth": i % 4, "satellite": i % 4}
        rows.append((2.0 * i, K.GPU_FAILED, {**about, "gpus": -1}))
        rows += [(3.0 * i, K.SOFT_INTERRUPTED, {"cause": cause, "job": 0, "amount": 100 - i})]
    return run_of(scenario, rows)


def texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts if text.get_text().strip()]


def labels_in_view(ax: Axes) -> list[Text]:
    low, high = ax.get_ylim()
    return [tick.label1 for tick in ax.yaxis.get_major_ticks() if low <= tick.get_loc() <= high]


def heights(ax: Axes) -> dict[str, np.ndarray]:
    """Height of each band of a panel at the middles of days 5, 15, ..., 85, by colour."""
    found = {}
    start = ax.get_xlim()[0]
    for band in ax.collections:
        if len(band.get_paths()) == 1 and len(band.get_paths()[0].vertices) > 4 and band.get_offsets().shape[0] <= 1:
            path = band.get_paths()[0]
            inside = []
            for day in np.arange(5.0, 90, 10):
                y = np.linspace(0, ax.get_ylim()[1], 2001)
                hit = path.contains_points(np.column_stack([np.full(len(y), start + day), y]))
                inside.append(hit.mean() * ax.get_ylim()[1])
            found[to_hex(band.get_facecolor()[0])] = np.array(inside)
    return found


def test_the_bands_are_the_shares_missing_and_the_interruptions_of_each_month(busy):
    ax = plots.losses_by_cause(story(busy))
    lower = ax.figure.axes[1]
    looks = cause_looks(busy)
    bus, gpu = (heights(ax)[looks[name].color.lower()] for name in ("bus", "gpu"))
    grid = ax.get_ylim()[1] / 1000
    # Ten GPUs of 40 from day 70 on; one of 40 from day 45, the middle of the fifth bin.
    assert bus == pytest.approx(np.where(np.arange(9) >= 7, 25, 0), abs=grid)
    assert gpu == pytest.approx([0, 0, 0, 0, 1.25, 2.5, 2.5, 2.5, 2.5], abs=grid)
    memory = heights(lower)[looks["memory_error"].color.lower()]
    assert memory == pytest.approx([2, 2, 2, 0, 0, 0, 0, 0, 0], abs=lower.get_ylim()[1] / 1000)
    assert texts(lower) == [
        "mean over the mission",
        "GPU failure  0.01 per day",
        "memory error  0.6 per day",
        "▼ solar storms,\nlarger for more protons",
    ]  # the planned one is not there
    assert {"bus failure  6.6 %", "GPU failure  1.3 %"} <= set(texts(ax))


@pytest.mark.parametrize("scene", ["story", "many", "nothing"])
def test_no_label_overlaps_another_or_leaves_the_picture(busy, scene):
    run = {"story": story, "many": many, "nothing": lambda scenario: run_of(scenario, [])}[scene](busy)
    figure = root(plots.losses_by_cause(run))
    figure.draw_without_rendering()
    width, height = figure.bbox.max
    boxes = [
        (text.get_text(), text.get_window_extent())
        for ax in figure.axes
        for text in [*ax.texts, ax.yaxis.label, *labels_in_view(ax), ax._left_title]
        if isinstance(text, Text) and text.get_text().strip()
    ]
    assert [name for name, b in boxes if b.x0 < -1 or b.y0 < -1 or b.x1 > width + 1 or b.y1 > height + 1] == []
    meeting = [
        (a, b)
        for (a, one), (b, other) in combinations(boxes, 2)
        if min(one.x1, other.x1) - max(one.x0, other.x0) > 1 and min(one.y1, other.y1) - max(one.y0, other.y0) > 1
    ]
    assert meeting == []


def test_of_many_causes_the_largest_are_named_and_nothing_is_left_out(busy):
    run = many(busy)
    ax = plots.losses_by_cause(run)
    named = [text for text in texts(ax) if text.endswith(" %")]
    assert len(named) == losses.MOST_CAUSES + 1
    assert named[0].startswith("others")
    total = 100 * np.sum(list(missing_capacity(run).values()), axis=0)[85]
    assert sum(band[8] for band in heights(ax).values()) == pytest.approx(total, rel=0.02)


def test_what_does_not_happen_is_said(busy, fleet):
    quiet = plots.losses_by_cause(run_of(busy, []))
    assert "no GPU is offline" in texts(quiet)
    assert texts(quiet.figure.axes[1]) == ["no job is interrupted"]


def test_without_jobs_there_is_no_empty_panel_of_interruptions_and_storms_stand_above(fleet):
    idle = plots.losses_by_cause(run_of(fleet(slots=4, gpus=10, days=95), [(20, K.STORM, {"amount": 1e8})]))
    assert idle.figure.axes == [idle]
    assert "interruptions" not in idle.get_title(loc="left")
    assert "▼ solar storms,\nlarger for more protons" in texts(idle)
    assert idle.get_xlabel() == "date (UTC)"


def test_of_a_study_the_mean_of_the_last_strategy_or_of_the_one_named(fleet):
    often = {"kind": "exponential", "rate_per_year": 1}
    scenario = fleet(slots=4, gpus=10, days=90, bus=often, gpu=often)
    study = experiment.compare(scenario, ["replace_on_failure", "run_to_failure"], 3, 1, workers=1)
    ax = plots.losses_by_cause(study)
    assert "strategy run_to_failure (one of 2 compared), 90 days, mean of 3 replicates" in texts(ax)
    runs = [missing_capacity(study.result("run_to_failure", r))["gpu"].mean() for r in range(3)]
    assert f"GPU failure  {100 * np.mean(runs):.{1 if np.mean(runs) < 0.095 else 0}f} %" in texts(ax)
    ax = plots.losses_by_cause(study, strategy="replace_on_failure")
    assert any(text.startswith("strategy replace_on_failure (one of 2 compared)") for text in texts(ax))
    assert "test: " in ax.get_title(loc="left")


def test_it_says_whose_losses_one_run_and_many_replicates_show(busy, fleet, monkeypatch):
    assert any(
        t.startswith("strategy batch, 95 days, replicate 0 of seed 1")
        for t in texts(plots.losses_by_cause(story(busy)))
    )
    monkeypatch.setattr(losses, "MOST_REPLICATES", 2)
    one_year = fleet(slots=1, days=365.25)
    study = experiment.run(one_year, strategy="run_to_failure", replicates=3, workers=1)
    said = texts(plots.losses_by_cause(study))
    assert "strategy run_to_failure, 1 year, mean of the first 2 of 3 replicates" in said


def test_a_cause_has_its_colour_whatever_else_is_lost_and_in_both_panels(busy):
    looks = {**cause_looks(busy), "others": OTHERS}
    names = {cause_name(name): name for name in looks}
    seen = set()
    for run in (story(busy), many(busy), run_of(busy, [(5, K.GPU_FAILED, {"cause": Cause.DEBRIS, "gpus": -1})])):
        for panel in plots.losses_by_cause(run).figure.axes:
            for patch in panel.patches:
                middle = patch.get_y() + patch.get_height() / 2
                (said,) = (t.get_text() for t in panel.texts if t.xy[0] > 1 and abs(t.xy[1] - middle) < 1e-6)
                name = names[said.split("  ")[0]]
                assert (to_hex(patch.get_facecolor()), patch.get_hatch()) == (
                    looks[name].color.lower(),
                    looks[name].hatch,
                )
                seen.add(name)
    assert {"gpu", "bus", "debris", "memory_error", "others"} <= seen


def test_the_same_picture_is_the_same_bytes(busy, tmp_path: Path):
    for copy in ("a", "b"):
        plots.save(plots.losses_by_cause(replace(story(busy))), tmp_path / f"{copy}.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
