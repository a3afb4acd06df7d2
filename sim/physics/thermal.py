"""Heat of one satellite: what a radiator loses and takes up, its area, and the load at which junctions get too hot.

A radiator is a flat plate with one or two radiating faces.  Per m^2 of plate, Q/A = eta_fin (n eps sigma T^4 -
absorbed), where absorbed = alpha S F_s + alpha a S F_a + eps q_IR F_e, each view summed over the n faces.

Every function takes numbers or arrays that broadcast, for example (planes, days), and returns arrays.  Bad input
raises `ValueError` with the value.  Tags of figures: [S2] read in a source that quotes another,
[R] recalled, [C] computed, [A] assumption.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from sim.constants import (
    CELSIUS_ZERO_K,
    EARTH_ALBEDO,
    EARTH_EQUATORIAL_RADIUS_KM,
    EARTH_INFRARED_W_M2,
    STEFAN_BOLTZMANN_W_M2_K4,
    TAU,
)
from sim.physics.checks import at_least, between, positive, positive_share

FloatArray = npt.NDArray[np.float64]


class Attitude(StrEnum):
    """How a radiator is held; a second face looks the other way."""

    EDGE_ON = "edge_on"
    """Edge to the Sun and to the Earth at once: turned as they move, or, dawn-dusk, fixed across the flight."""
    ORBIT_NORMAL = "orbit_normal"
    """Along the orbit normal; a single face looks away from the Sun."""
    NADIR = "nadir"
    """Towards the Earth."""
    ZENITH = "zenith"
    """Away from the Earth."""


class _Face(StrEnum):
    EDGE = "edge"
    SUNNY = "sunny"
    SHADY = "shady"
    DOWN = "down"
    UP = "up"


_MOST_NEWTON_STEPS = 50
_FACES = {
    Attitude.EDGE_ON: (_Face.EDGE, _Face.EDGE),
    Attitude.ORBIT_NORMAL: (_Face.SHADY, _Face.SUNNY),
    Attitude.NADIR: (_Face.DOWN, _Face.UP),
    Attitude.ZENITH: (_Face.UP, _Face.DOWN),
}


@dataclass(frozen=True, eq=False)
class Views:
    """What the faces of a plate see, summed over them; arrays of one shape."""

    sun: FloatArray
    """Cosine to the Sun where lit."""
    earth: FloatArray
    """View factor to the Earth."""
    albedo: FloatArray
    """View factor to the Earth times the brightness of the ground below."""


def earth_view_factor(altitude_km: npt.ArrayLike, tilt_rad: npt.ArrayLike) -> FloatArray:
    """Return the view factor of a small flat face to the Earth, 0 to 1; shapes broadcast.

    `tilt_rad` is the angle between the face's normal and the direction to the Earth's centre, 0 to pi.  With r the
    distance in Earth radii: cos(tilt) / r^2 while the whole disc is in front of the face, less where the horizon of
    the face cuts it, 0 behind.  At 650 km: .824 facing down, .241 edge-on, 0 facing up.  Sphere of the equatorial
    radius: .3 % too large at the poles.  Cunningham 1961, NASA TN D-710.
    """
    ratio = 1 + positive("altitude_km", altitude_km) / EARTH_EQUATORIAL_RADIUS_KM
    tilt = between("tilt_rad", tilt_rad, 0.0, np.pi)
    root = np.sqrt(ratio**2 - 1)
    cosine, sine = np.cos(tilt), np.sin(tilt)
    cut = np.abs(cosine) * ratio < 1  # the face's own horizon crosses the disc
    sine_in_cut = np.where(cut, sine, 1.0)
    grazing = np.sqrt(np.maximum(1 - (ratio * cosine) ** 2, 0.0))
    partly = (
        0.5
        - np.arcsin(np.minimum(root / (ratio * sine_in_cut), 1.0)) / np.pi
        + (cosine * np.arccos(np.clip(-root * cosine / sine_in_cut, -1.0, 1.0)) - root * grazing) / (np.pi * ratio**2)
    )
    factor: FloatArray = np.where(cut, partly, np.maximum(cosine, 0.0) / ratio**2)
    return factor


def plate_views(
    attitude: Attitude,
    sides: int,
    altitude_km: npt.ArrayLike,
    beta_rad: npt.ArrayLike,
    shadow_half_arc_rad: npt.ArrayLike,
    angle_from_noon_rad: npt.ArrayLike,
) -> Views:
    """Return what a plate of 1 or 2 sides sees at one place of a circular orbit; shapes broadcast.

    `angle_from_noon_rad` is the argument of latitude less that of the Sun's projection on the plane, and the shadow
    covers `shadow_half_arc_rad` on either side of the point opposite (pi x (1 - sunlit fraction)).  Albedo takes the
    ground below for all that is seen: (view factor) x max(0, cosine of the Sun's zenith angle).  Over the terminator
    this says 0 where a face that sees some lit ground has .01 to .03 (650 km, numerical integration), at most 11 W/m^2.
    """
    beta, half_arc = _sun_and_shadow(beta_rad, shadow_half_arc_rad)
    angle = np.asarray(angle_from_noon_rad, dtype=float)
    lit = np.abs((angle + np.pi) % TAU - np.pi) <= np.pi - half_arc
    noon = np.cos(angle) * np.cos(beta) + np.zeros_like(half_arc)
    sun = {
        _Face.EDGE: 0.0,
        _Face.SHADY: 0.0,
        _Face.SUNNY: np.abs(np.sin(beta)),
        _Face.UP: np.maximum(noon, 0.0),
        _Face.DOWN: np.maximum(-noon, 0.0),
    }
    return _summed(attitude, sides, altitude_km, {face: lit * cosine for face, cosine in sun.items()}, noon)


def mean_plate_views(
    attitude: Attitude,
    sides: int,
    altitude_km: npt.ArrayLike,
    beta_rad: npt.ArrayLike,
    shadow_half_arc_rad: npt.ArrayLike,
) -> Views:
    """Return the mean of `plate_views` over the orbit, in closed form; shapes broadcast.

    The ground's brightness has the mean cos(beta) / pi.  A light radiator follows the orbit within minutes, so one
    that faces up or down runs hotter than this mean by day: size it on `plate_views` at its worst place.
    """
    beta, half_arc = _sun_and_shadow(beta_rad, shadow_half_arc_rad)
    day, cosine = np.minimum(np.pi / 2, np.pi - half_arc), np.cos(beta) / np.pi + np.zeros_like(half_arc)
    sun = {
        _Face.EDGE: 0.0,
        _Face.SHADY: 0.0,
        _Face.SUNNY: np.abs(np.sin(beta)) * (1 - half_arc / np.pi),
        _Face.UP: cosine * np.sin(day),
        _Face.DOWN: cosine * (1 - np.sin(np.maximum(np.pi - half_arc, np.pi / 2))),
    }
    return _summed(attitude, sides, altitude_km, {face: np.asarray(value) for face, value in sun.items()}, cosine)


def absorbed_w_m2(
    views: Views,
    *,
    solar_absorptance: npt.ArrayLike,
    emittance: npt.ArrayLike,
    solar_flux_w_m2: npt.ArrayLike,
    albedo: npt.ArrayLike = EARTH_ALBEDO,
    earth_infrared_w_m2: npt.ArrayLike = EARTH_INFRARED_W_M2,
) -> FloatArray:
    """Return the heat that a plate takes up from Sun and Earth, W per m^2 of plate; shapes broadcast.

    alpha S F_s + alpha a S F_a + eps q_IR F_e.  Limits: other parts of the satellite are not seen (a hot array beside
    the radiator would add eps sigma T^4 of it times its view factor), and the Earth is the same everywhere (its
    infrared varies by +/- 21 W/m^2, the albedo by +/- .05 about the mean over an orbit).
    """
    alpha, epsilon = between("solar_absorptance", solar_absorptance), between("emittance", emittance)
    flux = at_least("solar_flux_w_m2", solar_flux_w_m2)
    sunlight = alpha * flux * (views.sun + between("albedo", albedo) * views.albedo)
    return sunlight + epsilon * at_least("earth_infrared_w_m2", earth_infrared_w_m2) * views.earth


def radiated_w_m2(temperature_k: npt.ArrayLike, emittance: npt.ArrayLike, sides: npt.ArrayLike = 1) -> FloatArray:
    """Return the heat that a plate radiates, W per m^2 of plate: n eps sigma T^4; shapes broadcast.

    The 3 K of space is left out (below 1e-5 W/m^2).
    """
    return _emission(emittance, sides) * at_least("temperature_k", temperature_k) ** 4


def equilibrium_temperature_k(q_w_m2: npt.ArrayLike, emittance: npt.ArrayLike, sides: npt.ArrayLike = 1) -> FloatArray:
    """Return the temperature at which a plate radiates this much, W per m^2 of plate: `radiated_w_m2` backwards."""
    temperature: FloatArray = (at_least("q_w_m2", q_w_m2) / positive("emittance", _emission(emittance, sides))) ** 0.25
    return temperature


@dataclass(frozen=True)
class HeatPath:
    """From a junction through the coolant to a radiator.

    All [A]: cold plates of 1 kW chips and pumped loops in orbit have no published figures for a whole chain.
    """

    junction_coolant_k_per_w: float = 0.02
    """Thermal resistance of one GPU's package, interface and cold plate, K/W.  .02, range .005-.08."""
    coolant_radiator_k_m2_per_w: float = 0.005
    """From coolant to radiator, K per W/m^2 of plate.  .005, range .001-.02: 5 K at 1,000 W/m^2."""
    coolant_drop_k: float = 5.0
    """Coolant at the hottest GPU above its mean in the radiator, K.  5, range 2-15."""
    emittance: float = 0.9
    """Infrared emittance of the coating.  .9, range .8-.92."""
    sides: int = 2
    """Radiating faces, 1 or 2."""
    fin_efficiency: float = 0.9
    """Net heat over that of a plate all at the root's temperature.  .9, range .7-1."""

    def __post_init__(self) -> None:
        for name in ("junction_coolant_k_per_w", "coolant_radiator_k_m2_per_w", "coolant_drop_k"):
            at_least(name, getattr(self, name))
        for name in ("emittance", "fin_efficiency"):
            positive_share(name, getattr(self, name))
        _emission(self.emittance, self.sides)

    def radiator_k(
        self, load_w: npt.ArrayLike, area_m2: npt.ArrayLike, absorbed_w_m2: npt.ArrayLike = 0.0
    ) -> FloatArray:
        """Return the radiator's temperature at its root under a load, K."""
        flux = at_least("load_w", load_w) / positive("area_m2", area_m2) / self.fin_efficiency
        return equilibrium_temperature_k(flux + at_least("absorbed_w_m2", absorbed_w_m2), self.emittance, self.sides)

    def junction_c(
        self,
        load_w: npt.ArrayLike,
        gpu_w: npt.ArrayLike,
        area_m2: npt.ArrayLike,
        absorbed_w_m2: npt.ArrayLike = 0.0,
    ) -> FloatArray:
        """Return the junction temperature of the hottest GPU, degrees C; shapes broadcast.

        `load_w` is all heat that reaches the radiator, `gpu_w` that of one GPU, both steady.
        """
        coolant = self.coolant_drop_k + self.coolant_radiator_k_m2_per_w * np.asarray(load_w) / np.asarray(area_m2)
        junction = self.junction_coolant_k_per_w * at_least("gpu_w", gpu_w)
        temperature: FloatArray = self.radiator_k(load_w, area_m2, absorbed_w_m2) + coolant + junction - CELSIUS_ZERO_K
        return temperature

    def heat_limit_w(
        self,
        area_m2: npt.ArrayLike,
        junction_limit_c: npt.ArrayLike,
        *,
        gpus: npt.ArrayLike,
        other_w: npt.ArrayLike = 0.0,
        absorbed_w_m2: npt.ArrayLike = 0.0,
    ) -> FloatArray:
        """Return the load at which running GPUs reach their limit, all heat on the radiator, W; shapes broadcast.

        `gpus` share the load less `other_w` (bus, hosts, conversion) evenly.  0 where even a satellite without load
        would be too hot; below `other_w`, nothing is left for the GPUs.  A limit above which a chip slows itself is
        about 87-90 C (H100) [R].
        """
        area, chips = positive("area_m2", area_m2), positive("gpus", gpus)
        rest, sink = at_least("other_w", other_w), at_least("absorbed_w_m2", absorbed_w_m2)
        top = at_least("junction_limit_c", junction_limit_c, -CELSIUS_ZERO_K) + CELSIUS_ZERO_K
        emission = self.fin_efficiency * _emission(self.emittance, self.sides)
        # per W/m^2 of plate: kelvin between radiator and junction
        climb = self.coolant_radiator_k_m2_per_w + self.junction_coolant_k_per_w * area / chips
        target = top - self.coolant_drop_k + self.junction_coolant_k_per_w * rest / chips
        target = np.maximum(target + climb * self.fin_efficiency * sink, 0.0)
        # T + climb x emission x T^4 = target.  Each term alone bounds T from above, the lesser bound within a factor 2;
        # the sum rises and is convex, so Newton comes down from there without overshoot.
        steep = climb * emission
        start = np.minimum(target, (target / np.maximum(steep, 1e-300)) ** 0.25)
        temperature = start
        # Newton's steps fall towards the root without passing it: the left side is convex, and the start lies above.
        for _ in range(_MOST_NEWTON_STEPS):
            step = (temperature + steep * temperature**4 - target) / (1 + 4 * steep * temperature**3)
            temperature = temperature - step
            if np.abs(step).max(initial=0.0) < 1e-9:
                break
        load: FloatArray = area * (emission * temperature**4 - self.fin_efficiency * sink)
        limit: FloatArray = np.maximum(load, 0.0)
        return limit


def solar_absorptance_at_age(
    age_years: npt.ArrayLike, bol: npt.ArrayLike, eol: npt.ArrayLike, life_years: npt.ArrayLike
) -> FloatArray:
    """Return the solar absorptance of a coating that darkens, 0 to 1; shapes broadcast.

    Rises evenly from `bol` to `eol` over `life_years` and stays there [A]: ultraviolet darkening is faster at first, so
    a young coating is up to a third of the rise darker than this.  Emittance hardly changes.
    """
    start, end = between("bol", bol), between("eol", eol)
    if (start > end).any():
        raise ValueError(f"eol = {end.min():g}: must not be below bol = {start.max():g}")
    aged = np.minimum(at_least("age_years", age_years) / positive("life_years", life_years), 1.0)
    return start + (end - start) * aged


def radiator_mass_kg(area_m2: npt.ArrayLike, areal_mass_kg_m2: npt.ArrayLike) -> FloatArray:
    """Return the mass of a radiator, kg, per m^2 of plate: 3 hoped for, 2-5 [S2]; the Space Station's about 14 [C]."""
    return at_least("area_m2", area_m2) * positive("areal_mass_kg_m2", areal_mass_kg_m2)


def _sun_and_shadow(beta_rad: npt.ArrayLike, shadow_half_arc_rad: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    beta = between("beta_rad", beta_rad, -np.pi / 2, np.pi / 2)
    return beta, between("shadow_half_arc_rad", shadow_half_arc_rad, 0.0, np.pi)


def _summed(
    attitude: Attitude, sides: int, altitude_km: npt.ArrayLike, sun: dict[_Face, FloatArray], brightness: FloatArray
) -> Views:
    if sides not in (1, 2):
        raise ValueError(f"sides = {sides!r}: must be 1 or 2")
    faces = _FACES[Attitude(attitude)][:sides]
    tilt = {_Face.DOWN: 0.0, _Face.UP: np.pi}
    earth = sum((earth_view_factor(altitude_km, tilt.get(face, np.pi / 2)) for face in faces), np.zeros(()))
    solar = sum((sun[face] for face in faces), np.zeros(()))
    solar, earth, albedo = np.broadcast_arrays(solar, earth, earth * np.maximum(brightness, 0.0))
    return Views(sun=solar, earth=earth, albedo=albedo)


def _emission(emittance: npt.ArrayLike, sides: npt.ArrayLike) -> FloatArray:
    faces = np.asarray(sides)
    if (bad := (faces != 1) & (faces != 2)).any():
        raise ValueError(f"sides = {faces[bad][0]:g}: must be 1 or 2")
    power: FloatArray = STEFAN_BOLTZMANN_W_M2_K4 * between("emittance", emittance) * faces
    return power
