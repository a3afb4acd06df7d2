"""The picture of net cost: what it shows of many strategies, and how far its axis reaches."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from sim import experiment, plots
from sim.plots.net_cost import _share_of_axis, _styles, _value_axis


def test_of_many_strategies_only_the_best_have_a_look_of_their_own() -> None:
    names = [f"s{i}" for i in range(9)]
    few = _styles(names[:6], ["s2"])
    assert list(few) == names[:6]
    many = _styles(names, ["s2", "s7", "s2"])
    assert list(many) == ["s2", "s7"]
    assert many["s2"] != many["s7"]


def test_far_flips_make_the_axis_logarithmic_beyond_the_value_of_today() -> None:
    near, far = Figure().subplots(1, 2)
    values = _value_axis(near, 10.0, 2.49)
    assert near.get_xscale() == "linear"
    assert (values[0], values[-1]) == (0, 10)
    values = _value_axis(far, 400.0, 2.49)
    assert far.get_xscale() == "symlog"
    assert values[0] == 0
    assert values[-1] == np.float64(400)
    assert (np.diff(values) > 0).all()
    # A flip at 4 is not squeezed into the edge.
    assert 0.2 < _share_of_axis(far, 4.0) < 0.6
    assert abs(_share_of_axis(far, 400.0) - 1) < 1e-9


def test_beneath_it_stands_how_sure_it_is_which_one_is_the_best(fleet) -> None:
    scenario = fleet(slots=6, gpus=2, bus={"kind": "exponential", "rate_per_year": 0.3}, lead=60)
    job = {"kind": "training", "gpus": 2, "work_gpu_hours": 1e6}
    scenario = scenario.model_validate(scenario.model_dump() | {"workload": {"jobs": [job]}})
    study = experiment.compare(scenario, ["run_to_failure", "replace_on_failure"], 6, 1, workers=1)
    ax = plots.net_cost(study)
    below = ax.figure.axes[1]
    lines = [line for line in below.get_lines() if line.get_linestyle() != "None"]
    dots = [line for line in below.get_lines() if line.get_linestyle() == "None"]
    assert len(lines) == len(dots) == 2
    chances = study.chances
    for number, value in enumerate(lines[0].get_xdata()[::50]):
        sure, often = chances.lowest_mean(value), chances.at(value)
        for line, dot, name, one in zip(lines, dots, study.strategies, often, strict=True):
            assert line.get_ydata()[50 * number] == 100 * sure[name]
            assert dot.get_ydata()[50 * number] == 100 * one.p_best
    assert sum(line.get_ydata()[0] for line in lines) == 100
