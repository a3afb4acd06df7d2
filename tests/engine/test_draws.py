"""Thresholds by counter: Renyi's spacings give the smallest E's first, exactly, and a larger bound only appends."""

import numpy as np
import pytest
from scipy.stats import chisquare, kstest, spearmanr

from sim.berths import SPARE_PLACES, layouts
from sim.engine.draws import Addresses, Part, Question, draw, part_named
from sim.fleet import Fleet
from sim.streams import Streams, philox

EVERYBODY = 1e3  # a cumulative hazard that nobody survives
TRAY = part_named("group", "tray")


def addresses(places, ordinal=0, site=0):
    places = np.asarray(places, np.uint64)
    return Addresses(np.full_like(places, site), places, np.full_like(places, ordinal))


def drawn(bound, places=(0,), part=Part.GPU, units=4, ordinal=0, site=0, seed=1):
    """{(satellite, unit): (E, second uniform)} of what fails within the bound."""
    bounds = np.broadcast_to(np.asarray(bound, float), (len(places),))
    (found,) = draw(Streams(seed, 0), addresses(places, ordinal, site), [Question(part, units, bounds)])
    keys = zip(found.satellite.tolist(), found.unit.tolist(), strict=True)
    return dict(zip(keys, zip(found.threshold.tolist(), found.second_uniform.tolist(), strict=True), strict=True))


def thresholds(bound, **question):
    return {unit: threshold for unit, (threshold, _) in drawn(bound, **question).items()}


def test_philox_gives_the_published_words():
    # Known answers of Philox4x32-10 in Random123 (kat_vectors): all zeros, all ones, and digits of pi.
    def words(counter, key):
        return [int(w[0]) for w in philox(*(tuple(np.array([x], np.uint64) for x in part) for part in (counter, key)))]

    ones = 0xFFFFFFFF
    assert words((0,) * 4, (0,) * 2) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
    assert words((ones,) * 4, (ones,) * 2) == [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]
    assert words((0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), (0xA4093822, 0x299F31D0)) == [
        0xD16CFE09,
        0x94FDCCEB,
        0x5001E420,
        0x24126EA1,
    ]


def test_thresholds_are_exponential_and_every_unit_has_one():
    found = thresholds(EVERYBODY, places=range(300), units=7)
    assert len(found) == 300 * 7
    assert kstest(list(found.values()), "expon").pvalue > 1e-3


@pytest.mark.parametrize("units", [1, 4, 36])
def test_every_unit_is_as_likely_to_be_the_first_and_to_fail_early(units):
    found = thresholds(0.2, places=range(4000), units=units)
    count = np.bincount([unit for _, unit in found], minlength=units)
    assert chisquare(count).pvalue > 1e-3 if units > 1 else count[0] > 0
    share = 1 - np.exp(-0.2)
    assert abs(len(found) - 4000 * units * share) < 4 * np.sqrt(4000 * units * share * (1 - share))


@pytest.mark.parametrize("steps", [(0.01, EVERYBODY), (0.001, 0.02, 0.3, 0.31, 2.0, EVERYBODY)])
@pytest.mark.parametrize("units", [1, 5, 40])
def test_a_larger_bound_only_appends(steps, units):
    everything = drawn(EVERYBODY, places=range(100), units=units)
    for bound in steps:
        part = drawn(bound, places=range(100), units=units)
        assert part == {unit: found for unit, found in everything.items() if found[0] <= bound}


def test_each_satellite_has_its_own_bound():
    bounds = np.linspace(0, 1, 100)
    found, everything = (thresholds(bound, places=range(100)) for bound in (bounds, EVERYBODY))
    assert found == {unit: threshold for unit, threshold in everything.items() if threshold <= bounds[unit[0]]}


def test_a_threshold_does_not_depend_on_who_else_is_asked_for():
    everything = thresholds(EVERYBODY, places=range(300))
    for place in (0, 255, 256, 299):
        alone = thresholds(EVERYBODY, places=[place])
        assert alone == {(0, unit): e for (satellite, unit), e in everything.items() if satellite == place}
    questions = [Question(part, units, np.full(300, EVERYBODY)) for part, units in ((Part.BUS, 1), (Part.GPU, 4))]
    together = draw(Streams(1, 0), addresses(range(300)), questions)[1]
    assert sorted(together.threshold.tolist()) == sorted(everything.values())


def test_many_drawn_in_rounds_get_the_numbers_that_few_get_at_once():
    # The longest-lived want several rounds where thousands are drawn together, and one where they are few.
    bounds = np.where(np.arange(3000) % 50, 0.05, 3.0)
    together = drawn(bounds, places=range(3000), units=40)
    few = [drawn(bounds[first : first + 100], places=range(first, first + 100), units=40) for first in (0, 1500, 2900)]
    for first, found in zip((0, 1500, 2900), few, strict=True):
        there = {(one - first, unit): what for (one, unit), what in together.items() if first <= one < first + 100}
        assert found == there
        assert found


def test_every_part_of_the_address_has_its_own_threshold():
    values = [
        thresholds(EVERYBODY)[0, 0],
        thresholds(EVERYBODY, part=Part.BUS)[0, 0],
        thresholds(EVERYBODY, part=TRAY)[0, 0],
        thresholds(EVERYBODY, ordinal=1)[0, 0],
        thresholds(EVERYBODY, site=1)[0, 0],
        thresholds(EVERYBODY, places=[1])[0, 0],
        thresholds(EVERYBODY, seed=2)[0, 0],
    ]
    assert len(set(values)) == len(values)


def test_second_uniforms_are_uniform_and_independent_of_thresholds():
    threshold, second = np.array(list(drawn(EVERYBODY, places=range(300)).values())).T
    assert kstest(second, "uniform").pvalue > 1e-3
    assert spearmanr(threshold, second).pvalue > 1e-3


def test_only_what_can_fail_is_drawn(monkeypatch):
    asked = []
    monkeypatch.setattr(
        "sim.engine.draws.uniforms_at",
        lambda counter, key: asked.append(len(counter[0])) or np.full((4, len(counter[0])), 0.5),
    )
    (found,) = draw(Streams(1, 0), addresses(range(256)), [Question(Part.GPU, 1000, np.full(256, 1e-4))])
    assert len(found.unit) == 0
    assert sum(asked) == 256  # of 256,000 units one block of four each satellite


def test_an_address_contains_no_unrelated_size():
    few, many = (Fleet(layouts([5, 7], spares)) for spares in (2, 9))
    for fleet in (few, many):
        second = fleet.planes[1]
        assert fleet.place[second.slot_range].tolist() == list(range(7))
        assert fleet.place[second.spare_range].tolist()[:2] == [SPARE_PLACES, SPARE_PLACES + 1]
        assert set(fleet.site[second.slot_range].tolist()) == {1}
