"""Pictures of sweeps and sensitivity analyses say what the figures say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from sim import plots
from sim.exploration import sensitivity, sweep
from sim.exploration.bootstrap import Spread
from tests.unit.test_sensitivity import IDLE
from tests.unit.test_sweep import HAZARD, PRICE, TWO, small

VALUE = "service.value_usd_per_gpu_hour"


@pytest.fixture(scope="module")
def by_hazard():
    return sensitivity(small(f"{HAZARD}=0.1:0.3", IDLE, strategies=TWO[:1]), method="sobol", points=4, workers=1)


@pytest.fixture(scope="module")
def over_two():
    return sweep(small(f"{PRICE}=100,1000,5000", f"{VALUE}=0,1000"), workers=1)


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_a_line_has_the_means_and_the_scenarios_own_value():
    found = sweep(small(f"{PRICE}=100:900:3"), workers=1)
    ax = plots.sweep_lines(found)
    line = next(line for line in ax.lines if line.get_label() == TWO[1])
    assert line.get_xdata() == pytest.approx([100, 500, 900])
    assert line.get_ydata() == pytest.approx([1e-6 * outcome.estimates[TWO[1]].mean for outcome in found.outcomes])
    assert "500 in the scenario" in texts(ax)
    assert list(plots.pictures_of_sweep(found)) == ["lines"]
    strip = [patch for patch in ax.patches if patch.get_width() > 0]
    lines = {line.get_label(): line.get_color() for line in ax.lines}
    assert [to_hex(patch.get_facecolor()) for patch in strip] == [lines[o.winner].lower() for o in found.outcomes]
    assert [bool(patch.get_hatch()) for patch in strip] == [not outcome.clear for outcome in found.outcomes]
    assert [patch.get_x() for patch in strip][1:] == [300, 700]  # halfway between the points
    assert strip[0].get_x() == ax.get_xlim()[0]


def test_lines_of_one_strategy_have_no_strip_of_the_best():
    ax = plots.sweep_lines(sweep(small(f"{PRICE}=100:900:2", strategies=TWO[:1]), workers=1))
    assert not list(ax.patches)


def test_the_map_of_regimes_is_hatched_where_the_best_is_not_clear(over_two):
    ax = plots.regime_map(over_two)
    hatched = {patch.get_xy() for patch in ax.patches if isinstance(patch, Rectangle) and patch.get_hatch()}
    places = [(column - 0.5, row - 0.5) for column in range(3) for row in range(2)]
    unclear = {place for place, outcome in zip(places, over_two.outcomes, strict=True) if not outcome.clear}
    assert unclear
    assert hatched - {(-9, -9)} == unclear
    winners = {outcome.winner for outcome in over_two.outcomes}
    labels = ax.get_legend_handles_labels()[1]
    assert {label.removesuffix(" is best") for label in labels if label.endswith("is best")} == winners
    assert ("not clear at 95 %" in labels) == bool(unclear)


def test_a_heat_map_has_a_panel_for_each_strategy_and_a_number_in_each_cell(over_two):
    ax = plots.heat_map(over_two)
    panels = [panel for panel in ax.figure.axes if panel.get_xlabel().endswith(TWO)]
    assert len(panels) == 2
    assert all(
        sum(text.replace(",", "").lstrip("-").replace(".", "").isdigit() for text in texts(p)) == 6 for p in panels
    )
    assert list(plots.pictures_of_sweep(over_two)) == ["heat_map", "regime_map"]


def test_points_of_a_hypercube_are_drawn_over_every_input():
    study = small(PRICE, VALUE, "economics.bus_usd", replicates=2, design="latin_hypercube", points=4)
    found = sweep(study, workers=1)
    ax = plots.sweep_points(found)
    shown = [panel for panel in ax.figure.axes if panel.get_visible() and panel.get_xlabel()]
    assert len(shown) == 3
    assert all(sum(len(points.get_offsets()) for points in panel.collections) == 4 for panel in shown)
    with pytest.raises(ValueError, match="a map needs a grid of two inputs"):
        plots.regime_map(found)


def test_bars_of_a_sensitivity_analysis_are_its_figures(tmp_path):
    study = small(f"{PRICE}=200:1000", IDLE, "economics.bus_usd=1e6:6e6", replicates=2)
    found = sensitivity(study, method="sobol", points=6, workers=1)
    names = list(plots.pictures_of_sensitivity(found))
    assert names == ["tornado", "indices", "information"]
    ax = plots.tornado(found, output=TWO[0])
    labels = [label.get_text().replace("\n", " ") for label in ax.get_yticklabels()]
    widths = [found.swings[one].width(TWO[0]) for one in range(3)]
    first = found.inputs[widths.index(max(widths))]
    assert labels[0] == first.title
    drawn = [patch.get_width() for patch in ax.patches[:2]]
    swing = found.swings[widths.index(max(widths))]
    assert drawn == pytest.approx([1e-6 * swing.low[TWO[0]].value, 1e-6 * swing.high[TWO[0]].value])
    assert "not known" not in labels
    bars = plots.information(found)
    assert bars.get_yticklabels()[0].get_text() == "everything"
    assert bars.patches[0].get_width() == pytest.approx(1e-6 * found.information.everything.value.value)
    for name, draw in plots.pictures_of_sensitivity(found).items():
        plots.save(draw(), tmp_path / f"{name}.png")
        assert (tmp_path / f"{name}.png").stat().st_size > 10_000


def test_a_screening_is_drawn_with_what_chance_makes():
    study = small(f"{HAZARD}=0.1:0.3", IDLE, strategies=TWO[:1])
    ax = plots.indices(sensitivity(study, method="morris", points=2, workers=1))
    assert "mu* by chance alone" in ax.get_legend_handles_labels()[1]


def test_a_tornado_ends_where_its_bars_and_whiskers_do(by_hazard):
    name = TWO[0]
    base = 1e-6 * by_hazard.outputs.of(by_hazard.base)[name].mean()
    for sign in (-1, 1):
        nothing, much = Spread(0.0, 0.0, 0.0), Spread(sign * 4e6, *sorted((sign * 3.6e6, sign * 4.8e6)))
        swings = tuple(replace(one, low={name: nothing}, high={name: much}) for one in by_hazard.swings)
        ax = plots.tornado(replace(by_hazard, swings=swings), output=name)
        left, right = sorted(sign * (end - base) for end in ax.get_xlim())
        assert 4.8 < right < 1.25 * 4.8  # the end of the whisker, and room for the value beside it
        assert -0.25 * 4.8 < left < 0


def test_a_whisker_beyond_the_axis_ends_in_an_arrow_with_its_value(by_hazard):
    name = TWO[0]
    (first, *others) = by_hazard.decomposed[name].indices
    wide = replace(first, total=Spread(0.9, 0.2, 3.4))
    decomposed = {name: replace(by_hazard.decomposed[name], indices=(wide, *others))}
    ax = plots.indices(replace(by_hazard, decomposed=decomposed), output=name)
    assert "340" in texts(ax)
    ends = [max(line.get_xdata()) for line in ax.lines]
    assert max(ends) <= ax.get_xlim()[1]
