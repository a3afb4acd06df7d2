"""The picture of net cost: what it shows of many strategies, and how far its axis reaches."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

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
