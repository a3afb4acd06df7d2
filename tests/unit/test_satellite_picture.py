"""The picture of a satellite by part: what it draws is what `describe` says."""

from __future__ import annotations

from math import inf

import pytest
from matplotlib.axes import Axes

from sim import plots
from sim.plots import satellite

MASS = {"array": 300.0, "battery": 90.0, "radiator": 400.0, "margin": 210.0}
PRICE = {"array": 3e6, "battery": 0.2e6, "radiator": 0.5e6, "integration": 1.3e6}


def design(mass=MASS, price=PRICE, given_kg=575.0, given_usd=5.5e6):
    return {
        "mass_kg": {**mass, "sum": sum(mass.values()), "given": given_kg},
        "price_usd": {**price, "sum": sum(price.values()), "given": given_usd},
        "gpus_usd": 0.7e6,
    }


def drawn(*designs) -> Axes:
    names = ["satellite", "second_generation", "third"]
    return plots.satellite_parts("fleet", dict(zip(names, designs, strict=False)))


def bars(cell: Axes) -> dict[str, list[float]]:
    """Lengths of the bars of each row, without gaps."""
    rows = [label.get_text() for label in cell.figure.axes[0].get_yticklabels()]
    found: dict[str, list[float]] = {}
    for bar in cell.patches:
        if not bar.get_hatch():
            found.setdefault(rows[round(bar.get_y() + bar.get_height() / 2)], []).append(bar.get_width())
    return found


def gaps(cell: Axes) -> list[tuple[float, float]]:
    return [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in cell.patches if bar.get_hatch()]


def texts(cell: Axes) -> list[str]:
    return [text.get_text() for text in cell.texts]


def test_bars_are_the_parts_their_sum_and_the_given_figure():
    mass, price = drawn(design()).figure.axes
    assert bars(mass) == {"sum of the parts": [1000], "given": [575]} | {name: [kg] for name, kg in MASS.items()}
    assert bars(price) == {"sum of the parts": [5e6], "given": [5.5e6], "GPUs, not in the sum": [0.7e6]} | {
        name: [usd] for name, usd in PRICE.items()
    }


def test_rows_are_the_totals_and_then_the_parts_by_their_share_of_mass_or_price():
    rows = [label.get_text() for label in drawn(design()).get_yticklabels()]
    parts = ["array", "radiator", "integration", "margin", "battery"]  # 60, 40, 26, 21 and 9 %
    assert rows == ["sum of the parts", "given", *parts, "GPUs, not in the sum"]


def test_a_gap_between_the_given_figure_and_the_sum_is_drawn_and_named():
    mass, price = drawn(design()).figure.axes
    assert gaps(mass) == [(575, 1000)]
    assert "575 kg, 425 kg short" in texts(mass)
    assert gaps(price) == [(5e6, 5.5e6)]
    assert "$5.5M, $500k over" in texts(price)


def test_figures_that_close_have_no_gap():
    mass, price = drawn(design(given_kg=1003.0, given_usd=None)).figure.axes
    assert gaps(mass) == gaps(price) == []
    assert "1,003 kg" in texts(mass)
    assert "none: the sum holds" in texts(price)


def test_a_satellite_that_closes_at_no_mass_is_drawn():
    ax = drawn(design(mass={**MASS, "propellant": inf}))
    mass, _ = ax.figure.axes
    assert texts(mass).count("no mass closes") == 2  # propellant and the sum
    assert "575 kg" in texts(mass)
    ax.figure.draw_without_rendering()


def test_designs_stand_side_by_side_under_their_names():
    ax = drawn(design(), design(mass={**MASS, "array": 500.0}))
    assert ax.get_legend_handles_labels()[1] == ["satellite", "second generation"]
    mass, _ = ax.figure.axes
    assert bars(mass)["sum of the parts"] == [1000, 1200]
    assert bars(mass)["array"] == [300, 500]
    first, second = [bar for bar in mass.patches if bar.get_width() in (1000, 1200)]
    assert first.get_y() + first.get_height() == pytest.approx(second.get_y())
    assert first.get_facecolor() != second.get_facecolor()


def test_of_many_designs_the_first_ones_are_drawn(monkeypatch):
    monkeypatch.setattr(satellite, "MOST_DESIGNS", 2)
    ax = drawn(design(), design(), design())
    assert any("the first 2 of 3 designs" in text for text in texts(ax))
    assert len(bars(ax)["array"]) == 2
