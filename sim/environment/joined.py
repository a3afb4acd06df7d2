"""Planes of a shell that are joined by cross-plane links: which they are, and how well a gang is linked over them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sim.constants import TAU
from sim.environment.planes import Plane
from sim.ephemeris import secular_rates
from sim.errors import Fault, ScenarioError
from sim.physics.cross_plane import PairTrack, is_up, nearest_phase_rad, outages, pair_track, planes_apart_rad
from sim.scenario.constellation import CatalogueShell
from sim.scenario.cross_plane import CrossPlaneLinks
from sim.scenario.models import Scenario

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

SAMPLES = 2048
"""Of an orbit: 3 s of flight, or 21 km."""
NEARLY_CIRCULAR = 0.01
"""Eccentricity up to which planes are joined: distances are those of circular orbits, 1 % of the radius off there."""
PLACE = "satellite.links.cross_plane"


@dataclass(frozen=True, eq=False)
class Crossing:
    """The links by which a gang goes over several planes, in the course of a cycle that repeats."""

    cycle_s: float
    outage_s: Floats
    """Outages of a cycle, until the links are pointed again."""
    rate_gb_s: Floats
    """Of the slowest plane boundary, at evenly spaced moments at which all are up; empty: that is never."""
    distance_km: Floats
    """Likewise the longest."""

    @property
    def up_share(self) -> float:
        """Share of time for which there is a link over every boundary."""
        return 1 - float(self.outage_s.sum() / self.cycle_s)


@dataclass(frozen=True, eq=False)
class JoinedPlanes:
    """The planes of a shell from the first to the last, each linked to the next; the last and the first are not.

    All slots are taken to be filled: in a spaced plane a gang goes over the nearest pair whose link is up, its own or
    another's satellites, and waits while there is none.
    """

    links: CrossPlaneLinks
    reacquisition_s: float
    place: int
    """What it is numbered by, where planes are numbered from 0: after them."""
    planes: tuple[Plane, ...]
    pair: PairTrack
    """A pair of neighbours over an orbit, by the argument of latitude of the one in the first plane."""
    period_s: float

    @property
    def shell(self) -> int:
        """Number of the shell."""
        return self.planes[0].shell

    @cached_property
    def ids(self) -> tuple[int, ...]:
        """Numbers of the planes, in order."""
        return tuple(plane.id for plane in self.planes)

    @cached_property
    def first_slot(self) -> Ints:
        """Number of each plane's first slot where the slots of all are numbered on, and one past the last."""
        return np.cumsum([0, *(plane.slots for plane in self.planes)])

    def plane_of(self, slots: Ints) -> Ints:
        """Which of the planes some slots are in, from 0; slots of all planes numbered on."""
        return np.asarray(np.searchsorted(self.first_slot, slots, side="right") - 1, np.intp)

    def planes_for(self, satellites: int) -> int:
        """Planes that hold so many satellites; all where they do not."""
        return min(len(self.planes), -(-satellites // self.planes[0].slots))

    def by_plane(self, slots: Ints) -> Iterator[tuple[int, Ints, Ints]]:
        """(number of a plane, slots there, their positions among `slots`) of some slots of all planes numbered on."""
        number = self.plane_of(slots)
        for one in np.unique(number).tolist():
            mine = np.flatnonzero(number == one)
            yield self.ids[one], slots[mine] - self.first_slot[one], mine

    @cached_property
    def up(self) -> NDArray[np.bool_]:
        """Where along the orbit of the first the link of a pair is up."""
        links = self.links
        return is_up(self.pair, links.max_range_km, links.cut_off_latitude_deg, links.grazing_altitude_km)

    @property
    def pairs(self) -> int:
        """Pairs between two planes that meet the same one after another."""
        return 1 if self.planes[0].colocated else self.planes[0].slots

    def crossing(self, planes: int) -> Crossing:
        """The links of a gang over so many neighbouring planes."""
        rate, distance = self._boundary
        slowest, longest = rate.copy(), distance.copy()
        steps = len(rate)
        for plane in self.planes[1 : planes - 1]:
            # Its pairs come through the same places sooner or later.
            ahead = (plane.phases_rad[0] - self.planes[0].phases_rad[0]) / TAU * self.pairs * steps
            turn = -round(float(ahead)) % steps
            slowest, longest = np.minimum(slowest, np.roll(rate, turn)), np.maximum(longest, np.roll(distance, turn))
        up, cycle_s = slowest > 0, self.period_s / self.pairs
        down, until_next = outages(up)
        # Where links are up for less than it takes to point them, one outage goes on into the next.
        down_s = down * cycle_s + np.minimum(self.reacquisition_s, until_next * cycle_s)
        return Crossing(cycle_s, down_s, slowest[up], longest[up])

    @cached_property
    def _boundary(self) -> tuple[Floats, Floats]:
        """Rate over one plane boundary, 0 where no pair is up, and distance there, over a cycle, shape (steps,)."""
        links, up = self.links, self.up.reshape(self.pairs, -1)
        distance = self.pair.distance_km.reshape(self.pairs, -1)
        nearest = np.where(up, distance, np.inf).min(axis=0)
        there = np.isfinite(nearest)
        full = np.inf if links.full_rate_km is None else links.full_rate_km
        rate = np.zeros(len(nearest))
        rate[there] = links.rate_gb_s * np.minimum(1.0, full / nearest[there]) ** 2
        return rate, np.where(there, nearest, 0.0)


def joined_planes(scenario: Scenario, planes: tuple[Plane, ...]) -> tuple[tuple[JoinedPlanes, ...], dict[int, str]]:
    """The shells whose planes are joined, and why others are not, by number; none where the scenario has no such links.

    Raises `ScenarioError` where it has them and they join nothing.
    """
    links = scenario.satellite.links.cross_plane
    if links is None:
        return (), {}
    joined: list[JoinedPlanes] = []
    problems: dict[int, str] = {}
    for number in range(len(scenario.constellation.shells)):
        mine = tuple(plane for plane in planes if plane.shell == number and plane.parking is None)
        problem = _unfit(scenario, number, mine)
        if problem is None:
            found = _join(scenario, links, mine, len(planes) + len(joined))
            problem = None if found.up.any() else _never_up(found)
            if problem is None:
                joined.append(found)
        if problem is not None:
            problems[number] = problem
    if not joined:
        said = "; ".join(f"shell {number}: {problem}" for number, problem in problems.items())
        raise ScenarioError([Fault("scenario", PLACE, None, f"joins no planes: {said}")])
    return tuple(joined), problems


def _unfit(scenario: Scenario, number: int, planes: tuple[Plane, ...]) -> str | None:
    """Why planes of a shell cannot be joined, whatever their distance."""
    shell = scenario.constellation.shells[number]
    if isinstance(shell, CatalogueShell):
        return "its planes come from a catalogue and are no even pattern"
    if len(planes) < 2:
        return "it has one plane only"
    if shell.eccentricity > NEARLY_CIRCULAR:
        return f"its orbits are eccentric ({shell.eccentricity:g}), and links are known to {NEARLY_CIRCULAR:g} only"
    if shell.node_keeping == "free":
        return "its nodes drift apart (node_keeping: free)"
    apart = np.degrees(planes_apart_rad(float(planes[0].elements.inclination_rad), _node_rad(planes)))
    if apart > 90:
        return f"neighbouring planes counter-rotate ({apart:.0f} degrees apart)"
    return None


def _node_rad(planes: tuple[Plane, ...]) -> float:
    """How far east of the first plane's node the second's lies."""
    return float((planes[1].elements.raan_rad - planes[0].elements.raan_rad) % TAU)


def _join(scenario: Scenario, links: CrossPlaneLinks, planes: tuple[Plane, ...], place: int) -> JoinedPlanes:
    """Join planes by links of each satellite to the neighbour with which they are up longest."""
    first, second = planes[:2]
    pairs = 1 if first.colocated else first.slots
    samples = pairs * -(-SAMPLES // pairs)
    arguments = np.arange(samples, dtype=float) * (TAU / samples)
    inclination, node = float(first.elements.inclination_rad), _node_rad(planes)
    phases = np.array([second.phases_rad[0] - first.phases_rad[0]])
    if not first.colocated:
        # Of the slots of the next plane those about the one that is nearest on average.
        each = TAU / second.slots
        near = round((nearest_phase_rad(inclination, node) - float(phases[0])) / each)
        phases = phases[0] + each * (near + np.arange(-2, 3))
    radius = secular_rates(first.elements).mean_radius_km
    tracks = [pair_track(radius, inclination, node, phase, arguments) for phase in phases.tolist()]
    reacquisition_s = scenario.satellite.links.reacquisition_s
    tried = [JoinedPlanes(links, reacquisition_s, place, planes, one, first.period_min * 60) for one in tracks]
    return max(tried, key=lambda one: (round(float(one.up.mean()), 9), -float(one.pair.distance_km.mean())))


def _never_up(joined: JoinedPlanes) -> str:
    """Why the links of neighbours are never up."""
    links, pair = joined.links, joined.pair
    near, far = float(pair.distance_km.min()), float(pair.distance_km.max())
    clear, low = pair.grazing_km.max(), pair.latitude_deg <= links.cut_off_latitude_deg
    apart = f"neighbours of adjacent planes are {near:,.0f} to {far:,.0f} km apart"
    if near > links.max_range_km:
        return f"{apart}, and max_range_km is {links.max_range_km:,g}"
    if clear < links.grazing_altitude_km:
        return f"{apart}, behind the Earth or its air below grazing_altitude_km ({links.grazing_altitude_km:g})"
    if not low.any():
        return f"neighbours are always above cut_off_latitude_deg ({links.cut_off_latitude_deg:g})"
    seen = float(pair.distance_km[low].min())
    return (
        f"below cut_off_latitude_deg ({links.cut_off_latitude_deg:g}) {apart.replace(f'{near:,.0f}', f'{seen:,.0f}')}, "
        f"never in range (max_range_km {links.max_range_km:,g}) and clear of the Earth's air "
        f"(grazing_altitude_km {links.grazing_altitude_km:g}) at once"
    )
