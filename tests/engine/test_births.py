"""Luck at birth: Renyi's spacings give the smallest E's first, exactly, and a larger bound only appends."""

import numpy as np
import pytest
from scipy.stats import kstest, spearmanr

from sim.engine.births import BLOCK_BERTHS, Births, Part, part_named
from sim.fleet import layouts
from sim.streams import Streams

EVERYBODY = 1e3  # a cumulative hazard that nobody survives


def lucks(births, bound, part=Part.GPU, berths=(0,), ordinal=0, plane=0):
    """{(satellite, unit): E} of what fails within the bound."""
    return {unit: luck for unit, (luck, _) in drawn(births, bound, part, berths, ordinal, plane).items()}


def drawn(births, bound, part=Part.GPU, berths=(0,), ordinal=0, plane=0):
    """{(satellite, unit): (E, mark)} of what fails within the bound."""
    berths = np.asarray(berths)
    bounds = np.broadcast_to(np.asarray(bound, float), berths.shape)
    found = births.units(part, plane, berths, np.full_like(berths, ordinal), bounds)
    units = zip(found.satellite.tolist(), found.unit.tolist(), strict=True)
    return dict(zip(units, zip(found.luck.tolist(), found.mark.tolist(), strict=True), strict=True))


TRAY = part_named("group", "tray")


def births(seed=1, slots=300, gpus=4):
    return Births(Streams(seed, 0), layouts([slots, slots], 0), {Part.BUS: 1, Part.GPU: gpus, TRAY: 2})


def test_luck_is_exponential_and_everybody_has_one():
    found = lucks(births(), EVERYBODY, berths=range(300))
    assert len(found) == 300 * 4
    assert kstest(list(found.values()), "expon").pvalue > 1e-3


@pytest.mark.parametrize("steps", [(0.01, EVERYBODY), (0.001, 0.02, 0.3, 0.31, 2.0, EVERYBODY)])
def test_a_larger_bound_only_appends(steps):
    at_once, in_pieces = births(), births()
    whole = lucks(at_once, EVERYBODY, berths=range(100))
    for bound in steps:
        part = lucks(in_pieces, bound, berths=range(100))
        assert part == {unit: luck for unit, luck in whole.items() if luck <= bound}


def test_each_satellite_has_its_own_bound():
    bounds = np.linspace(0, 1, 100)
    found, whole = (lucks(births(), bound, berths=range(100)) for bound in (bounds, EVERYBODY))
    assert found == {unit: luck for unit, luck in whole.items() if luck <= bounds[unit[0]]}


def test_luck_does_not_depend_on_who_else_is_asked_for():
    whole = lucks(births(), EVERYBODY, berths=range(300))
    for berth in (0, BLOCK_BERTHS - 1, BLOCK_BERTHS, 299):
        alone = lucks(births(), EVERYBODY, berths=[berth])
        assert alone == {(0, unit): luck for (satellite, unit), luck in whole.items() if satellite == berth}


def test_every_part_of_the_address_has_its_own_luck():
    one = births()
    values = [
        lucks(one, EVERYBODY)[0, 0],
        lucks(one, EVERYBODY, part=Part.BUS)[0, 0],
        lucks(one, EVERYBODY, part=TRAY)[0, 0],
        lucks(one, EVERYBODY, ordinal=1)[0, 0],
        lucks(one, EVERYBODY, plane=1)[0, 0],
        lucks(births(seed=2), EVERYBODY)[0, 0],
    ]
    assert len(set(values)) == len(values)


def test_each_part_has_as_many_units_as_are_aboard():
    for part, units in ((Part.BUS, 1), (Part.GPU, 4), (TRAY, 2)):
        assert set(lucks(births(), EVERYBODY, part=part, berths=range(3))) == {
            (satellite, unit) for satellite in range(3) for unit in range(units)
        }


def test_a_parts_luck_does_not_depend_on_what_else_is_aboard():
    alone = Births(Streams(1, 0), layouts([300, 300], 0), {Part.GPU: 4})
    assert drawn(alone, EVERYBODY, berths=range(300)) == drawn(births(), EVERYBODY, berths=range(300))


@pytest.mark.parametrize("steps", [(0.01, EVERYBODY), (0.001, 0.02, 0.3, 0.31, 2.0, EVERYBODY)])
def test_a_larger_bound_leaves_the_marks_alone(steps):
    at_once, in_pieces = births(), births()
    whole = drawn(at_once, EVERYBODY, berths=range(100))
    for bound in steps:
        part = drawn(in_pieces, bound, berths=range(100))
        assert part == {unit: found for unit, found in whole.items() if found[0] <= bound}


def test_marks_are_uniform_and_independent_of_luck():
    luck, mark = np.array(list(drawn(births(), EVERYBODY, berths=range(300)).values())).T
    assert kstest(mark, "uniform").pvalue > 1e-3
    assert spearmanr(luck, mark).pvalue > 1e-3


def test_only_what_can_fail_is_drawn():
    one = Births(Streams(1, 0), layouts([BLOCK_BERTHS], 0), {Part.GPU: 1000})
    found = lucks(one, 1e-4, berths=range(BLOCK_BERTHS))
    drawn = sum(len(group.lucks) for group in one._groups.values())
    assert len(found) < drawn < 100  # of 256,000 units, some 26 fail
