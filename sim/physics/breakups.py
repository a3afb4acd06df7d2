"""What breakups leave behind, and how fragments and dead satellites of one fleet build up in its shell.

Counts of fragments: NASA's standard breakup model (Johnson et al. 2001, doi:10.1016/S0273-1177(01)00423-9).  Their
number over time: particles in a box (Talent 1992, J. Spacecraft and Rockets 29, 508; Lewis et al. 2009, Adv. Space Res.
44, 568 [R]), one box for each altitude, sources and sinks in the mean.  Left out: the scatter of single breakups, which
is large while there are few; fragments that leave their band by the breakup's own push, and those that arrive from
bands above as they decay; the mass of what is hit by an array.  The counts are those of the model: of Fengyun-1C and
Cosmos 2251 two to four times as many have been catalogued [R].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.integrate import solve_ivp

from sim.physics.checks import positive

FloatArray = npt.NDArray[np.float64]

CATASTROPHIC_J_KG = 40_000.0
"""Energy of an impact for each kg of what is hit, from which on all of it breaks up: 40 J/g, Johnson et al. 2001."""


def collision_fragments(mass_kg: npt.ArrayLike, length_m: npt.ArrayLike) -> FloatArray:
    """Return the fragments of at least a characteristic length from a collision: .1 M^.75 L^-1.71; broadcasts.

    `mass_kg`: of both objects where the collision is catastrophic.  Good to a factor of 2 or so from 1 mm to 1 m.
    """
    return np.asarray(0.1 * positive("mass_kg", mass_kg) ** 0.75 * positive("length_m", length_m) ** -1.71)


def explosion_fragments(scale: npt.ArrayLike, length_m: npt.ArrayLike) -> FloatArray:
    """Return the fragments of at least a characteristic length from an explosion: S 6 L^-1.6; broadcasts.

    `scale` S: 1 for an upper stage of 600-1,000 kg, .1 to 1 for other causes.
    """
    return np.asarray(6.0 * positive("scale", scale) * positive("length_m", length_m) ** -1.6)


def fragment_area_m2(length_m: npt.ArrayLike) -> FloatArray:
    """Return the mean projected area of fragments of a characteristic length, m^2; shape of `length_m`.

    Johnson et al. 2001: .540424 L^2 below 1.67 mm, .556945 L^2.0047077 from there on.
    """
    length = positive("length_m", length_m)
    return np.asarray(np.where(length < 0.00167, 0.540424 * length**2, 0.556945 * length**2.0047077))


def catastrophic_length_m(target_kg: float, speed_km_s: float, area_to_mass_m2_kg: float) -> float:
    """Return the characteristic length from which on a fragment breaks up a target that it hits, m.

    The fragment's mass carries 40 J for each gram of the target; its length follows from its area to mass.
    """
    fragment_kg = 2 * CATASTROPHIC_J_KG * target_kg / (1000 * speed_km_s) ** 2
    return float((positive("area_m2", fragment_kg * area_to_mass_m2_kg) / 0.556945) ** (1 / 2.0047077))


@dataclass(frozen=True, eq=False)
class Shells:
    """Rates and sizes of the boxes, one for each altitude: arrays of shape (shells,), times in years.

    `*_meet` are encounters a year of one object with one other that is spread over the debris band.
    """

    dying: FloatArray
    """Share of live satellites that stay up dead each year, but for collisions with the fleet's own objects."""
    touch_meet: FloatArray
    """Collisions of two satellites, which end both: within the area in which they touch at all."""
    break_meet: FloatArray
    """Those of them in which any part of one strikes the body of the other, and breaks it up."""
    hit_meet: FloatArray
    """Lethal hits by one fragment on one satellite."""
    catalogue_hits: FloatArray
    """Hits a year by tracked objects of others that would break up one satellite, were they not avoided."""
    live_pairs: FloatArray
    """Share of the encounters that live satellites have with one another, who are spread otherwise and coordinate."""
    unavoided: float
    """Share of the collisions of a live satellite with what is tracked that avoidance does not prevent."""
    exploding: float
    """Explosions of a satellite, live or dead, each year."""
    dead_years: FloatArray
    """Mean time that a dead satellite stays in the band."""
    fragment_years: FloatArray
    """The same of fragments, tracked or not."""
    per_explosion: FloatArray
    """Fragments: tracked, and lethal but not tracked, shape (2, shells)."""
    per_collision: FloatArray
    """The same of one satellite that a collision breaks up."""
    breaking_share: FloatArray
    """Share of the tracked fragments that are heavy enough to break up a satellite."""
    stranded: float
    """Share of the satellites that a fragment ends without breaking them up which stay where they are."""
    replaced_years: float
    """Mean time until a satellite that is lost is replaced."""
    feedback: bool
    """Whether breakups leave fragments."""

    def live(self, planned: FloatArray, state: FloatArray) -> FloatArray:
        """Satellites at work: those planned, but for the ones that the fleet's own objects ended and that are missing
        until they are replaced, shape (shells,)."""
        lost = self.live_hazard(planned, state).sum(axis=0)
        return np.asarray(planned / (1 + lost * self.replaced_years))

    def live_hazard(self, live: FloatArray, state: FloatArray) -> FloatArray:
        """Collisions that end a live satellite, a year: with live ones, dead ones, tracked and small fragments,
        shape (4, shells).  `state`: dead, tracked, small, shape (3, shells)."""
        dead, tracked, small = state
        return np.array(
            [
                live * self.touch_meet * self.live_pairs * self.unavoided,
                dead * self.touch_meet * self.unavoided,
                tracked * self.hit_meet * self.unavoided,
                small * self.hit_meet,
            ]
        )

    def broken(self, live: FloatArray, state: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Live and dead satellites that collisions break up, a year, shape (shells,)."""
        dead, tracked, _ = state
        by_fragments = self.breaking_share * tracked * self.hit_meet + self.catalogue_hits
        of_live = self.unavoided * ((live * self.live_pairs + dead) * self.break_meet + by_fragments)
        of_dead = (live * self.unavoided + dead) * self.break_meet + by_fragments
        return live * of_live, dead * of_dead

    def rates(self, planned: FloatArray, state: FloatArray) -> FloatArray:
        """Change of the state in a year, shape (3, shells)."""
        dead, tracked, small = state
        live = self.live(planned, state)
        live_broken, dead_broken = self.broken(live, state)
        touched = self.live_hazard(live, state)[:2].sum(axis=0) - self.unavoided * self.break_meet * (
            live * self.live_pairs + dead
        )
        pierced = (1 - self.breaking_share) * tracked * self.hit_meet * self.unavoided + small * self.hit_meet
        # Who loses an array stays up, who is pierced often, and who is broken up not at all.
        killed = live * (np.maximum(touched, 0.0) + self.stranded * pierced)
        exploded = self.exploding * (live + dead)
        made = exploded * self.per_explosion + (live_broken + dead_broken) * self.per_collision
        if not self.feedback:
            made = np.zeros_like(made)
        return np.stack(
            [
                self.dying * live + killed - dead_broken - dead * (self.exploding + 1 / self.dead_years),
                made[0] - tracked / self.fragment_years,
                made[1] - small / self.fragment_years,
            ]
        )

    def reproduction(self, live: FloatArray, state: FloatArray) -> FloatArray:
        """Fragments that can break up a satellite which one such fragment leaves in its time, shape (shells,).

        From 1 on the number of fragments runs away while the number of satellites is kept up (Kessler & Anz-Meador
        2001, Third European Conference on Space Debris: read in its abstract).
        """
        targets = live * self.unavoided + state[0]
        return np.asarray(self.per_collision[0] * self.breaking_share * targets * self.hit_meet * self.fragment_years)


def build_up(shells: Shells, planned: FloatArray, years: FloatArray) -> FloatArray:
    """Return dead satellites, tracked and small fragments at some times, shape (times, 3, shells), from none at first.

    `planned`: satellites in all slots at these times, shape (times, shells).  By LSODA, to 1e-6.  ValueError where it
    finds no way.
    """
    shape = 3, planned.shape[1]

    def rates(year: float, state: FloatArray) -> FloatArray:
        after = min(int(np.searchsorted(years, year, side="right")), len(years) - 1)
        share = (year - years[after - 1]) / (years[after] - years[after - 1])
        there = (1 - share) * planned[after - 1] + share * planned[after]
        return shells.rates(there, np.maximum(state, 0.0).reshape(shape)).ravel()

    start = np.zeros(3 * shape[1])
    # A step no longer than a knot's sees every flight that brings a plane up.
    longest = float(np.diff(years).max())
    found = solve_ivp(
        rates, (years[0], years[-1]), start, "LSODA", t_eval=years, rtol=1e-6, atol=1e-9, max_step=longest
    )
    if not found.success:
        raise ValueError(f"the numbers of fragments do not converge: {found.message}")
    return np.asarray(np.maximum(found.y.T, 0.0).reshape(-1, *shape))
