"""Parts that take the place of others aboard: each is the next of its position, with luck and an age of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.cohort import Cohort, CohortHazard
from sim.engine.draws import SMALLEST, FailureDraws
from sim.engine.weather import Weather
from sim.reliability import Life
from sim.streams import Streams, uniforms_at

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


def apart(cohort: Cohort, i: int, weather: Weather) -> Cohort:
    """A satellite in a cohort of its own: what is renewed aboard it moves nobody else's columns."""
    plane = int(cohort.plane[i])
    hazards = [
        one.apart(i, weather.clock(one.hazard, cohort.design, plane, cohort.birth_day)) for one in cohort.hazards
    ]
    own = Cohort(
        scenario=cohort.scenario,
        design=cohort.design,
        addresses=cohort.addresses.take([i]),
        plane=cohort.plane[[i]],
        serial=cohort.serial[[i]],
        birth_day=cohort.birth_day,
        life_end_day=cohort.life_end_day[[i]],
        planned_end=[cohort.planned_end[i]],
        hazards=hazards,
        berth=cohort.berth[[i]],
        awake=cohort.awake[[i]],
    )
    own.alive, own.active, own.lost_to = cohort.alive[[i]], cohort.active[[i]], cohort.lost_to[[i]]
    own.renewals = {}
    return own


def renew(streams: Streams, weather: Weather, cohort: Cohort, renewed: Sequence[tuple[int, Ints]], day: float) -> None:
    """New units for some groups of a satellite's hazards, (position of the hazard, groups), born on a day.

    The cohort is the satellite's own, and it works.
    """
    hazards = cohort.hazards
    # Where hardly any hazard is left to use up, nobody has died and nobody will.
    some = [one for one in renewed if len(one[1]) and (len(hazards[one[0]].day) or hazards[one[0]].bound[0] > SMALLEST)]
    wanted = [_Wanted.of(cohort, number, groups) for number, groups in some]
    if not wanted:
        return
    plane, end = int(cohort.plane[0]), 0
    uniforms = _uniforms(streams, cohort, wanted)
    for one in wanted:
        begin, end = end, end + len(one.units)
        own = uniforms[begin:end]
        before = cohort.hazards[one.number]
        hazard = before.hazard
        threshold = -np.log(own[:, 0])
        counts = threshold <= before.bound[0]
        if hazard.batch is not None:
            # Parts in store come from many lots, so that each is as likely as another to be of a bad one.
            counts &= own[:, 2] < hazard.batch.probability
        left = np.flatnonzero(counts)
        if len(left) == 0 and len(before.day) == 0 and not hazard.reserves:
            continue  # nothing that it could end was drawn, and nothing is
        drawn = FailureDraws(np.zeros(len(left), np.intp), one.units[left], threshold[left], own[left, 1])
        share = hazard.share * weather.scale(hazard, cohort.design, plane)
        # The satellite's clock: what matters of it is what passes from now on.
        born = Life(np.array([day]), np.zeros(1), np.zeros(1), np.ones(1), before.born.clock)
        shares = np.full(len(drawn.unit), share)
        new = CohortHazard.of(
            hazard, drawn, shares, born.take(drawn.satellite), born, rest=before.rest, bound=before.bound
        )
        cohort.hazards[one.number] = before.succeeded(one.units, one.groups, new)


class _Wanted(NamedTuple):
    """Units of a hazard that are to be renewed."""

    number: int
    groups: Ints
    units: Ints
    ordinals: Ints
    """How many were in the place of each before."""

    @classmethod
    def of(cls, cohort: Cohort, number: int, groups: Ints) -> _Wanted:
        """The units of some groups, which are counted."""
        known, size = cohort.renewals, cohort.hazards[number].hazard.units
        assert known is not None, "only a satellite in a cohort of its own is renewed"
        ordinals = []
        for group in groups.tolist():
            ordinals.append(known.get((number, group), 0) + 1)
            known[number, group] = ordinals[-1]
        units = (groups[:, None] * size + np.arange(size)).ravel()
        return cls(number, groups, units, np.repeat(ordinals, size))


def _uniforms(streams: Streams, cohort: Cohort, wanted: Sequence[_Wanted]) -> Floats:
    """Four numbers for each unit, known by its satellite, part, number and ordinal."""
    keys = [
        streams.key(f"successor {ordinal}", cohort.hazards[one.number].hazard.part)
        for one in wanted
        for ordinal in one.ordinals.tolist()
    ]
    units = np.concatenate([one.units for one in wanted]).astype(np.uint64)
    own = cohort.addresses
    site, place, built = (np.full(len(units), word[0], np.uint64) for word in (own.site, own.place, own.ordinal))
    words = np.array(keys, np.uint64)
    return uniforms_at((site, place, built, units), (words[:, 0], words[:, 1])).T
