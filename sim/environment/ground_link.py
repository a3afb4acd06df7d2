"""What planes can send to the ground: contacts from orbits and stations, weather, the queue aboard, and delays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sim.constants import MINUTES_PER_DAY, SECONDS_PER_DAY, SPEED_OF_LIGHT_KM_S
from sim.environment.planes import Plane
from sim.environment.recent import Recent
from sim.environment.site import OrbitalPlane
from sim.ephemeris import sidereal_angle_rad
from sim.physics.contacts import Stations, Visibility, Windows, slant_range_km
from sim.physics.downlink import Openings
from sim.scenario.ground import Ground, Station
from sim.scenario.models import Scenario
from sim.workloads import InferenceService

Floats = NDArray[np.float64]

SAMPLE_DAYS = 30.0
"""Days from the mission's start whose contacts stand for the mission: the ground track passes all longitudes."""
PLANES_APART = 8
"""Most planes of a fleet whose contacts are worked out for each."""
LEVELS = 64
"""Rates of production at which is worked out how much of it is sent, even in ratio."""
LOWEST = 1e-6
"""Lowest of them, as a share of the link's rate."""


@dataclass(frozen=True)
class Contacts:
    """One satellite's contacts with all stations."""

    share: float
    """Share of time with at least one station in view."""
    clear_share: float
    """The same with a clear sky, and room for the satellite, at one of them at least."""
    per_day: float
    """Passes over stations, each counted, a day."""
    mean_min: float
    """Mean length of a pass, minutes; 0 without any."""
    longest_gap_min: float
    """Longest time without a station in view, minutes."""


@dataclass(frozen=True, eq=False)
class GroundLink:
    """The way down from each plane of a scenario; without `ground` it takes everything at once."""

    scenario: Scenario
    sites: tuple[OrbitalPlane, ...]

    @property
    def ground(self) -> Ground | None:
        """The scenario's section, null where nothing limits output."""
        return self.scenario.ground

    def windows(self, plane: int, slot: int, start_day: float, end_day: float) -> Windows:
        """Passes of the satellite in a plane's slot between two mission days."""
        site = self.sites[plane]
        return self._visibility(plane).windows(float(site.plane.phases_rad[slot]), start_day, end_day)

    def contacts(self, plane: int) -> Contacts:
        """The contacts of a plane's first satellite in the first `SAMPLE_DAYS`."""
        windows = self._sampled(plane)
        openings = self._openings(plane)
        span_days = self._sample_days
        inside = openings.seconds[_seen(openings, windows)].sum()
        return Contacts(
            share=float(inside / SECONDS_PER_DAY / span_days),
            clear_share=openings.mean_share,
            per_day=len(windows) / span_days,
            mean_min=float(windows.length_s.mean()) / 60 if len(windows) else 0.0,
            longest_gap_min=_longest_gap(windows, span_days) * MINUTES_PER_DAY,
        )

    def rate_bytes_per_s(self) -> float:
        """Rate of one satellite's link down, bytes a second."""
        ground = self.ground
        if ground is None:
            return float("inf")
        radio = self.scenario.satellite.links.ground_rate_gb_s
        direct = radio if ground.downlink_gb_s is None else ground.downlink_gb_s
        return 1e9 / 8 * (direct if ground.relay is None else ground.relay.rate_gb_s)

    def capacity_bytes_per_day(self, plane: int) -> float:
        """What one satellite of a plane can send in a day: rate x contact share x weather, bytes."""
        ground = self.ground
        if ground is None:
            return float("inf")
        share = self._openings(plane).mean_share if ground.relay is None else ground.relay.availability
        return self.rate_bytes_per_s() * SECONDS_PER_DAY * share

    def latency_s(self, plane: int) -> float:
        """Time on the way, request and answer together, of a satellite in contact, s: the longest path in view."""
        ground = self.ground
        if ground is None:
            return 0.0
        if ground.relay is not None:
            return 2 * ground.relay.hops * ground.relay.hop_ms / 1000
        lowest = min(station.min_elevation_deg for station in ground.stations)
        return 2 * float(slant_range_km(self.sites[plane].plane.altitude_km, lowest)) / SPEED_OF_LIGHT_KM_S

    def longest_wait_s(self, plane: int, service: InferenceService) -> float:
        """How long an answer may wait for a contact, s; below 0 where even one at once comes too late."""
        if service.latency_limit_s is None:
            return float("inf")
        return service.latency_limit_s - service.response_s - self.latency_s(plane)

    def sent(self, plane: int, produced: Floats, longest_wait_s: float) -> Floats:
        """Mean rate at which one satellite sends what it produces at these rates, bytes a second, any shape."""
        ground = self.ground
        if longest_wait_s < 0:
            return np.zeros_like(produced)
        if ground is None:
            return produced
        rate = self.rate_bytes_per_s()
        if ground.relay is not None:
            # What is made while the relay takes nothing waits for it, unless nobody waits for the answer.
            share = ground.relay.availability if longest_wait_s < np.inf else 1.0
            return np.minimum(produced * share, rate * ground.relay.availability)
        levels, part = self._sent.get(
            (self._like[plane], self._together(plane), longest_wait_s),
            lambda: self._table(plane, rate, ground.buffer_gb * 1e9, longest_wait_s),
        )
        place = np.log(np.clip(produced, levels[0], levels[-1]))
        most = self.capacity_bytes_per_day(plane) / SECONDS_PER_DAY
        return np.minimum(produced * np.interp(place, np.log(levels), part), most)

    # Parts of the above

    def _table(self, plane: int, rate: float, limit: float, longest_wait_s: float) -> tuple[Floats, Floats]:
        """(rates of production, share of it that is sent)."""
        levels = rate * np.geomspace(LOWEST, 2.0, LEVELS)
        return levels, self._openings(plane).sent(levels, rate, limit, longest_wait_s) / levels

    def _visibility(self, plane: int) -> Visibility:
        assert self.ground is not None
        start = sidereal_angle_rad(self.scenario.mission.start)
        return Visibility(self.sites[plane].track, physical(self.ground.stations), start)

    def _sampled(self, plane: int) -> Windows:
        standing = self._like[plane]  # whoever asks first

        def make() -> Windows:
            phase = float(self.sites[standing].plane.phases_rad[0])
            return self._visibility(standing).windows(phase, 0.0, self._sample_days)

        return self._windows.get(standing, make)

    def _openings(self, plane: int) -> Openings:
        assert self.ground is not None
        stations = self.ground.stations

        def make() -> Openings:
            windows = self._sampled(plane)
            weather = np.array([station.weather_availability for station in stations])[windows.station]
            room = self._room(plane)[windows.station]
            rise, fall = windows.rise * SECONDS_PER_DAY, windows.set * SECONDS_PER_DAY
            return Openings.of_windows(rise, fall, weather, 0.0, self._sample_days * SECONDS_PER_DAY, room)

        return self._pieces.get((self._like[plane], self._together(plane)), make)

    def _together(self, plane: int) -> int:
        """Satellites of a plane that are always in view together."""
        place = self.sites[plane].plane
        return place.slots if place.colocated else 1

    def _room(self, plane: int) -> Floats:
        """Share of its time that a station has for a satellite of a plane in view, shape (stations,).

        One that receives so many at once divides its time among all in view: those that fly with this one, and of all
        others as many as are in view on average.
        """
        assert self.ground is not None
        together = self._together(plane)
        limits = np.array([station.satellites_at_once or np.inf for station in self.ground.stations])
        if np.isinf(limits).all():
            return np.ones(len(limits))
        in_view = together + self._mean_in_view - together * self._share_of_time(plane)
        return np.asarray(np.minimum(1.0, limits / np.maximum(in_view, 1.0)))

    @cached_property
    def _mean_in_view(self) -> Floats:
        """Mean number of satellites of all planes in view of each station, all slots filled, shape (stations,)."""
        shells = [number for number, site in enumerate(self.sites) if site.plane.slots]
        return np.asarray(sum(self.sites[plane].plane.slots * self._share_of_time(plane) for plane in shells))

    def _share_of_time(self, plane: int) -> Floats:
        """Share of time in which each station sees one satellite of a plane, shape (stations,)."""
        assert self.ground is not None
        windows = self._sampled(plane)
        seconds = np.bincount(windows.station, windows.length_s, len(self.ground.stations))
        return np.asarray(seconds / SECONDS_PER_DAY / self._sample_days)

    @property
    def _sample_days(self) -> float:
        return min(SAMPLE_DAYS, self.scenario.mission.days)

    @cached_property
    def _like(self) -> list[int]:
        """For each plane the one whose contacts stand for its own.

        In a small fleet each for itself; otherwise the first of its altitude, inclination and shape: over weeks
        stations see all nodes alike, to about 2 % of the share.
        """
        if len(self.sites) <= PLANES_APART:
            return list(range(len(self.sites)))
        seen: dict[tuple[float, float, float], int] = {}
        return [seen.setdefault(_geometry(site.plane), number) for number, site in enumerate(self.sites)]

    @cached_property
    def _windows(self) -> Recent[int, Windows]:
        return Recent(64)

    @cached_property
    def _pieces(self) -> Recent[tuple[int, int], Openings]:
        return Recent(64)

    @cached_property
    def _sent(self) -> Recent[tuple[int, int, float], tuple[Floats, Floats]]:
        return Recent(256)


def physical(stations: Sequence[Station]) -> Stations:
    """Stations as physics takes them."""
    columns = ("latitude_deg", "longitude_deg", "altitude_m", "min_elevation_deg")
    return Stations.at(*([getattr(station, column) for station in stations] for column in columns))


def _geometry(plane: Plane) -> tuple[float, float, float]:
    elements = plane.elements
    return round(plane.altitude_km, 3), round(plane.inclination_deg, 4), round(elements.eccentricity, 6)


def _seen(openings: Openings, windows: Windows) -> NDArray[np.bool_]:
    """Which pieces have a station in view, whatever the weather there."""
    ends = np.cumsum(openings.seconds)
    middle = (ends - 0.5 * openings.seconds) / SECONDS_PER_DAY
    begun = np.searchsorted(windows.rise, middle, side="right")
    over = np.searchsorted(np.sort(windows.set), middle, side="right")
    return np.asarray(begun > over)


def _longest_gap(windows: Windows, span_days: float) -> float:
    """Longest time between windows, and before the first and after the last, days."""
    reached = np.maximum.accumulate(np.concatenate([[0.0], windows.set]))
    return float((np.concatenate([windows.rise, [span_days]]) - reached).max())
