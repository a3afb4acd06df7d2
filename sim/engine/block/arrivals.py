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
    for i in np.flatnonzero((found == NONE) & (fleet.state[own] != _BLOCKED)).tolist():
        found[i] = _worst(population, int(fleet.plane_of[own[i]]), float(day[i]))
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
    wanted = np.zeros(len(fleet.planes), bool)
    wanted[fleet.plane_of[own[left]]] = True
    free = np.flatnonzero((fleet.state == _EMPTY) & (fleet.is_slot == slots) & ~fleet.awaited)
    free = free[wanted[fleet.plane_of[free]]]
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


def _worst(population: Population, plane: int, day: float) -> int:
    """The berth of the satellite with the fewest GPUs of a full plane, the oldest among equals, which ends."""
    fleet = population.fleet
    layout = fleet.planes[plane]
    taken = np.arange(layout.first_berth, layout.end_berth)
    taken = taken[population.life_in[taken] != GONE]
    if len(taken) == 0:
        return NONE
    worst = taken[np.lexsort((fleet.birth_day[taken], fleet.gpus_alive[taken]))[:1]]
    life = population.life_in[worst].astype(np.intp)
    population.end(life, np.array([day]), np.array([Cause.REPLACED]), planned=np.ones(1, bool))
    fleet.move_all(worst, BerthState.WORKING if fleet.is_slot[worst[0]] else BerthState.STORED)
    return int(worst[0])
