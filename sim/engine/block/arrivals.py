"""Who stands where: berths of satellites that arrive, many at once, by the rule of `sim.strategies.Launch`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.berths import BerthState
from sim.engine.block.built import Built
from sim.engine.block.population import Population
from sim.engine.block.residents import GONE
from sim.events import NONE, Cause
from sim.fleet import Fleet

Ints = NDArray[np.intp]
Floats = NDArray[np.float64]

_EMPTY, _WORKING, _BLOCKED = int(BerthState.EMPTY), int(BerthState.WORKING), int(BerthState.BLOCKED)


def berths_for(population: Population, built: Built, day: Floats) -> Ints:
    """Choose the berth of each satellite that arrives, and take it; `NONE`: it must wait for a slot.

    In turn: its own slot, where it relieves who works there if it was ordered to; an empty slot that nobody is on
    order for; its own spare berth; a free spare berth; or, where the plane is full, the place of the satellite with
    the fewest GPUs.
    """
    fleet = population.fleet
    own = built.berth.astype(np.intp)
    _relieve(population, built, day)
    found = np.full(len(own), NONE, np.intp)
    fleet.awaited[own] = False
    _take(fleet, found, np.flatnonzero(fleet.is_slot[own] & (fleet.state[own] == _EMPTY)), own)
    _match(fleet, found, own, slots=True)
    _take(fleet, found, np.flatnonzero((found == NONE) & (fleet.state[own] == _EMPTY)), own)
    _match(fleet, found, own, slots=False)
    left = np.flatnonzero((found == NONE) & (fleet.state[own] != _BLOCKED))
    if len(left):
        found[left] = _in_place_of_worst(population, fleet.plane_of[own[left]], day[left])
    fleet.awaited[own[found == NONE]] = True
    return found


def _relieve(population: Population, built: Built, day: Floats) -> None:
    """Who works in a slot whose successor has come makes room."""
    fleet = population.fleet
    own = built.berth
    over = np.flatnonzero(built.relieves & (fleet.state[own] == _WORKING) & (fleet.satellite[own] != NONE))
    lives = population.life_in[own[over]].astype(np.intp)
    causes = np.full(len(over), Cause.REPLACED)
    population.end(lives, day[over], causes, planned=np.ones(len(over), bool))


def _take(fleet: Fleet, found: Ints, which: Ints, berths: Ints) -> None:
    """Some of the arrivals take these berths, of which each has one entry an arrival."""
    slots = fleet.is_slot[berths[which]]
    for these, state in ((which[slots], BerthState.WORKING), (which[~slots], BerthState.STORED)):
        if len(these):
            fleet.move_all(berths[these], state)
            found[these] = berths[these]


def _match(fleet: Fleet, found: Ints, own: Ints, *, slots: bool) -> None:
    """The k-th of those left in a plane takes the k-th of its free slots, or spare berths."""
    left = np.flatnonzero(found == NONE)
    if len(left) == 0:
        return
    wanted = np.unique(fleet.plane_of[own[left]])
    wanted = wanted[(fleet.slots_in if slots else fleet.spares_in)[_EMPTY, wanted] > 0]
    free = fleet.in_state(BerthState.EMPTY, wanted)
    free = free[(fleet.is_slot[free] == slots) & ~fleet.awaited[free]]
    if len(free) == 0:
        return
    left = left[np.argsort(fleet.plane_of[own[left]], kind="stable")]
    chosen = match(fleet.plane_of[own[left]], fleet.plane_of[free])
    there = np.flatnonzero(chosen != NONE)
    berths = np.full(len(own), NONE, np.intp)
    berths[left[there]] = free[chosen[there]]
    _take(fleet, found, left[there], berths)


def match(wanted: NDArray[np.int32], there: NDArray[np.int32]) -> Ints:
    """For each entry of `wanted` a position in `there` with the same value, each used once, in order; `NONE` without.

    Both in ascending order.
    """
    rank = np.arange(len(wanted)) - np.searchsorted(wanted, wanted, side="left")
    place = np.searchsorted(there, wanted, side="left") + rank
    inside = place < np.searchsorted(there, wanted, side="right")
    return np.where(inside, place, NONE)


def _in_place_of_worst(population: Population, plane: NDArray[np.int32], day: Floats) -> Ints:
    """Berths of the satellites with the fewest GPUs of full planes, the oldest among equals: these end.

    One for each entry; `NONE` where a plane has no satellite left.
    """
    fleet = population.fleet
    found = np.full(len(plane), NONE, np.intp)
    for number in np.unique(plane).tolist():
        mine = np.flatnonzero(plane == number)
        layout = fleet.planes[number]
        taken = layout.first_berth + np.flatnonzero(population.life_in[layout.first_berth : layout.end_berth] != GONE)
        worst = taken[np.lexsort((fleet.birth_day[taken], fleet.gpus_alive[taken]))[: len(mine)]]
        found[mine[: len(worst)]] = worst
    there = np.flatnonzero(found != NONE)
    worst = found[there]
    lives = population.life_in[worst].astype(np.intp)
    population.end(lives, day[there], np.full(len(there), Cause.REPLACED), planned=np.ones(len(there), bool))
    _take(fleet, found, there, found)
    return found
