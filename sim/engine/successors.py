"""Parts that take the place of others aboard: each is the next of its position, with luck and an age of its own."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from sim.engine.cohort import Cohort, CohortHazard
from sim.engine.draws import Addresses, FailureDraws
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


def renew(streams: Streams, weather: Weather, cohort: Cohort, renewed: Iterable[tuple[int, Ints]], day: float) -> None:
    """New units for some groups of a satellite's hazards, (position of the hazard, groups), born on a day.

    The cohort is the satellite's own, and it works.
    """
    assert cohort.renewals is not None
    for number, groups in renewed:
        if len(groups) == 0:
            continue
        one, plane = cohort.hazards[number], int(cohort.plane[0])
        hazard = one.hazard
        ordinals = np.array([cohort.renewals.get((number, group), 0) + 1 for group in groups.tolist()])
        cohort.renewals |= dict(zip(((number, group) for group in groups.tolist()), ordinals.tolist(), strict=True))
        units = (groups[:, None] * hazard.units + np.arange(hazard.units)).ravel()
        drawn, lot = _draw(streams, hazard.part, cohort.addresses, units, np.repeat(ordinals, hazard.units))
        if hazard.batch is not None:
            # Parts in store come from many lots, so that each is as likely as another to be of a bad one.
            drawn = drawn.take(lot < hazard.batch.probability)
        share = hazard.share * weather.scale(hazard, cohort.design, plane)
        if share <= 0:
            drawn = drawn.take(slice(0))
        clock = weather.clock(hazard, cohort.design, plane, cohort.birth_day)
        born = Life.born(np.full(1, day), clock=clock)
        shares = np.full(len(drawn.unit), share)
        new = CohortHazard.of(hazard, drawn, shares, born.take(drawn.satellite), born, rest=one.rest)
        cohort.hazards[number] = one.succeeded(units, groups, new)


def _draw(streams: Streams, part: int, where: Addresses, units: Ints, ordinals: Ints) -> tuple[FailureDraws, Floats]:
    """Thresholds of the n-th successors of some units of one satellite, and a number that decides on their lots."""
    keys = np.array([streams.key(f"successor {ordinal}", part) for ordinal in ordinals.tolist()], np.uint64)
    site, place, built = (np.full(len(units), word[0], np.uint64) for word in (where.site, where.place, where.ordinal))
    drawn = uniforms_at((site, place, built, units.astype(np.uint64)), (keys[:, 0], keys[:, 1]))
    return FailureDraws(np.zeros(len(units), np.intp), units, -np.log(drawn[:, 0]), drawn[:, 1]), drawn[:, 2]
