"""The planes that a catalogue's satellites fly in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import radians

import numpy as np
import numpy.typing as npt

from sim.constants import MINUTES_PER_DAY, TAU
from sim.ephemeris.catalogue import CatalogueEntry
from sim.ephemeris.orbits import MeanElements, elements_at
from sim.ephemeris.sun import julian_date
from sim.errors import InputError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]


@dataclass(frozen=True)
class CataloguePlane:
    """Satellites that share an orbit, in order of their argument of latitude."""

    shell: int
    """Number of the shell (equal inclination and mean motion), from 0, in order of inclination, then mean motion."""
    elements: MeanElements
    """The plane's circular orbit at the common epoch: means of its satellites, argument of latitude 0."""
    entries: tuple[CatalogueEntry, ...]
    """The satellites, each with its elements carried to the common epoch."""

    @property
    def phases_rad(self) -> FloatArray:
        """Mean arguments of latitude at the common epoch, rising, [0, 2 pi)."""
        return np.array([entry.elements.argument_of_latitude_rad for entry in self.entries])


def one_set_each(entries: Sequence[CatalogueEntry], start: date) -> list[CatalogueEntry]:
    """Return the element sets without those that say of an object what another one says, in their order.

    Of each catalogue number the epoch nearest to `start` counts, as in a file of an object's history; equal sets of one
    epoch are one.  Sets of one number and epoch that differ are taken for several objects, as are all of number 0.
    """
    day = julian_date(start)
    nearest: dict[int, float] = {}
    for entry in entries:
        epoch = entry.elements.epoch_jd
        if abs(epoch - day) < abs(nearest.get(entry.norad_id, np.inf) - day):
            nearest[entry.norad_id] = epoch
    kept: dict[tuple[int, MeanElements], CatalogueEntry] = {}
    for entry in entries:
        if entry.norad_id == 0 or entry.elements.epoch_jd == nearest[entry.norad_id]:
            kept.setdefault((entry.norad_id, entry.elements), entry)
    return list(kept.values())


def group_into_planes(
    entries: Sequence[CatalogueEntry],
    start: date | None = None,
    *,
    inclination_gap_deg: float = 0.2,
    mean_motion_gap_rev_per_day: float = 0.02,
    raan_gap_deg: float = 1.5,
) -> list[CataloguePlane]:
    """Return the planes of station-kept satellites, by shell and then in the order of their first satellites.

    Every satellite is carried to 00:00 UTC of `start` (default: the latest epoch given) by SGP4's own rates.  Sorted
    by inclination, then mean motion, then node, neighbours belong together unless a gap is larger than given: .02
    revolutions a day is about 6 km of altitude.  A plane's shadow is computed for its mean circular orbit: a satellite
    of mean eccentricity e has its edges displaced by up to 2 e / n (2 s for .001), which no phase removes; for one
    satellite exactly, pass its eccentricity to `PlaneShadow.build`.

    Raises `InputError` for an entry that still has drag (see `station_kept`) or when there are none.
    """
    if not entries:
        raise InputError("there are no satellites to group into planes")
    dragged = next((entry for entry in entries if entry.bstar != 0.0), None)
    if dragged is not None:
        raise InputError(
            f"element set {dragged.norad_id}: bstar = {dragged.bstar}: must be 0, since SGP4's drag means nothing "
            "over years; take it out with station_kept"
        )
    epoch = max(entry.elements.epoch_jd for entry in entries) if start is None else julian_date(start)
    carried = [elements_at(entry.elements, epoch) for entry in entries]
    inclination = np.array([orbit.inclination_rad for orbit in carried])
    motion = np.array([orbit.mean_motion_rad_per_min for orbit in carried])
    node = np.array([orbit.raan_rad for orbit in carried])
    phase = np.array([orbit.argument_of_latitude_rad for orbit in carried])

    ring = np.zeros(len(carried), dtype=np.intp)
    band = _runs(inclination, ring, radians(inclination_gap_deg))
    shell = _runs(motion, band, mean_motion_gap_rev_per_day * TAU / MINUTES_PER_DAY)
    plane = _runs(node, shell, radians(raan_gap_deg), turn=TAU)
    order = np.lexsort((phase, plane))
    pieces = np.split(order, np.flatnonzero(np.diff(plane[order])) + 1)
    # By the list, not by the node, which drifts: a plane keeps its number whatever day it is looked at.
    pieces.sort(key=lambda members: (shell[members[0]], members.min()))
    return [
        CataloguePlane(
            shell=int(shell[members[0]]),
            elements=MeanElements(
                epoch_jd=epoch,
                inclination_rad=float(inclination[members].mean()),
                raan_rad=float(np.angle(np.exp(1j * node[members]).mean())) % TAU,
                eccentricity=0.0,
                argument_of_perigee_rad=0.0,
                mean_anomaly_rad=0.0,
                mean_motion_rad_per_min=float(motion[members].mean()),
            ),
            entries=tuple(_carried(entries[member], carried[member]) for member in members),
        )
        for members in pieces
    ]


def _carried(entry: CatalogueEntry, elements: MeanElements) -> CatalogueEntry:
    return CatalogueEntry(entry.name, entry.norad_id, entry.object_id, elements, entry.bstar)


def _runs(values: FloatArray, groups: IntArray, gap: float, turn: float | None = None) -> IntArray:
    """Split each group where its sorted values leave a gap larger than `gap`; number the parts in order.

    With `turn` the values are angles: each group is cut open at its largest gap, so no part straddles the cut.
    """
    if turn is not None:
        order = np.lexsort((values, groups))
        first = np.flatnonzero(np.diff(groups[order], prepend=-1))
        last = np.append(first[1:], order.size) - 1
        ahead = np.empty(order.size)
        ahead[:-1] = np.diff(values[order])
        ahead[last] = values[order[first]] + turn - values[order[last]]
        widest = np.lexsort((ahead, groups[order]))[last]
        cut = (values[order[widest]] + 0.5 * ahead[widest])[np.cumsum(np.diff(groups[order], prepend=-1) != 0) - 1]
        opened = np.empty_like(values)
        opened[order] = (values[order] - cut) % turn
        values = opened
    order = np.lexsort((values, groups))
    fresh = (np.diff(groups[order], prepend=-1) != 0) | (np.diff(values[order], prepend=-np.inf) > gap)
    result = np.empty(values.size, dtype=np.intp)
    result[order] = np.cumsum(fresh) - 1
    return result
