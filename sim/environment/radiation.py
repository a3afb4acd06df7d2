"""Radiation of a mission: dose and single events by orbit and day, and their bunching in passes of the Anomaly.

Planes of one shell geometry share their tables.  Trapped particles follow the solar cycle between AP-8's minimum and
maximum, galactic rays between theirs; storms are random, and come from the engine as a daily fluence.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtri

from sim.constants import DAYS_PER_YEAR, EARTH_SIDEREAL_RATE_RAD_PER_DAY, MINUTES_PER_DAY
from sim.environment.planes import Plane
from sim.ephemeris import secular_rates, sidereal_angle_rad
from sim.physics.cosmic_rays import background_dose_rad_per_year, let_spectrum
from sim.physics.dose import dose_rad_per_year, spectrum_behind_shield
from sim.physics.single_event import events_per_year, let_event_rate_per_year, proton_event_rate_per_year
from sim.physics.solar_cycle import activity
from sim.physics.solar_protons import geomagnetic_exposure, open_sky, storm_dose_rad, storm_spectrum
from sim.physics.trapped import Particle, PassProfile, orbit_spectrum, pass_profile
from sim.reliability import Clock
from sim.scenario.models import Scenario
from sim.scenario.radiation import Effect

Floats = NDArray[np.float64]

ELECTRONS_BELOW_MM = 8.0
"""Behind a thicker shield electrons add less than a hundredth of the proton dose (2 % at 10 mm are bremsstrahlung)."""
EXTREMES = np.array([0.0, 1.0])
"""Solar activity at which tables are made: minimum and maximum."""


@dataclass(frozen=True, eq=False)
class Exposure:
    """What one orbit geometry takes up behind the shield.  Pairs are at solar minimum and maximum."""

    trapped_rad: Floats
    """Trapped protons and electrons, rad(Si) a year, shape (2,)."""
    cosmic_rad: Floats
    """Galactic rays, rad(Si) a year, shape (2,)."""
    trapped_events: Floats
    """Events of a target and year by trapped protons, before mitigation, shape (effects, 2)."""
    cosmic_events: Floats
    """The same by galactic ions."""
    storm_rad: float
    """Dose of a storm of unit fluence above 30 MeV outside the magnetic field, rad cm^2."""
    storm_events: Floats
    """Events of a target in such a storm, shape (effects,)."""
    profile: PassProfile
    """When the trapped part comes."""


_YEAR_S = DAYS_PER_YEAR * 86400


def _exposure(
    scenario: Scenario, altitude_km: float, inclination_deg: float, eccentricity: float, turn_rad: float
) -> Exposure:
    """The exposure of one orbit geometry; the Earth turns by `turn_rad` under it in a revolution."""
    radiation, shield_mm = scenario.radiation, scenario.satellite.shield.thickness_mm
    effects = list(radiation.active.values())

    def trapped(particle: Particle) -> tuple[Floats, Floats]:
        found = orbit_spectrum(particle, altitude_km, inclination_deg, EXTREMES, eccentricity=eccentricity)
        return found.energies_mev, found.flux_cm2_s * radiation.trapped_factor

    energies, protons = trapped(Particle.PROTON)
    proton_rad = dose_rad_per_year(energies, protons, shield_mm, Particle.PROTON)
    rad = np.asarray(proton_rad, float)
    if shield_mm < ELECTRONS_BELOW_MM:
        rad = rad + dose_rad_per_year(*trapped(Particle.ELECTRON), shield_mm, Particle.ELECTRON)
    behind = spectrum_behind_shield(energies, protons, shield_mm)
    cosmic_rad = [background_dose_rad_per_year(altitude_km, inclination_deg, level) for level in EXTREMES]
    spectra = [let_spectrum(altitude_km, inclination_deg, level) for level in EXTREMES]
    exposed = 0.0
    if radiation.solar_protons:
        # Outside the magnetic field's reach, and not behind the Earth.
        exposed = float(geomagnetic_exposure(altitude_km, inclination_deg) * open_sky(altitude_km))
        exposed *= radiation.solar_proton_factor
    storm_rad, storm_events = _in_unit_storm(effects, shield_mm)

    memory = scenario.satellite.gpu.hbm_gb / radiation.reference_hbm_gb
    size = np.array([memory if effect.scales_with_memory else 1.0 for effect in effects])[:, None]
    trapped_events = [_events_by_protons(effect, proton_rad, energies, behind) for effect in effects]
    cosmic_events = [_events_by_ions(effect, spectra) for effect in effects]
    return Exposure(
        trapped_rad=rad,
        cosmic_rad=np.asarray(cosmic_rad, float),
        trapped_events=np.array(trapped_events).reshape(-1, 2) * size,
        cosmic_events=np.array(cosmic_events).reshape(-1, 2) * size,
        storm_rad=storm_rad * exposed,
        storm_events=storm_events * size.ravel() * exposed,
        profile=pass_profile(altitude_km, inclination_deg, turn_rad, eccentricity=eccentricity),
    )


def _in_unit_storm(effects: list[Effect], shield_mm: float) -> tuple[float, Floats]:
    """Dose, rad(Si), and events of a target by kind in a storm of fluence 1 that nothing but the shield keeps off."""
    energies, fluence = storm_spectrum(1.0)
    behind = spectrum_behind_shield(energies, fluence, shield_mm)
    rad = float(storm_dose_rad(1.0, shield_mm))
    # As the flux of a second that gives this fluence in a year.
    events = [float(_events_by_protons(effect, np.array(rad), energies, behind / _YEAR_S)) for effect in effects]
    return rad, np.array(events)


def _events_by_protons(effect: Effect, dose_rad: Floats, energies_mev: Floats, flux_cm2_s: Floats) -> Floats:
    """Events of a target in a year by protons of a yearly dose and of a spectrum behind the shield."""
    events = np.zeros(np.shape(dose_rad))
    if effect.rad_per_event is not None:
        events = events + events_per_year(dose_rad, effect.rad_per_event)
    if (cut := effect.protons) is not None:
        events = events + proton_event_rate_per_year(
            energies_mev, flux_cm2_s, cut.saturation_cm2, cut.onset_mev, cut.width_mev, cut.shape
        )
    return np.asarray(events)


def _events_by_ions(effect: Effect, spectra: list[tuple[Floats, Floats]]) -> Floats:
    """Events of a target in a year by galactic ions of each of two spectra, shape (2,)."""
    if (cut := effect.heavy_ions) is None:
        return np.zeros(2)
    rates = [
        let_event_rate_per_year(let, flux, cut.saturation_cm2, cut.onset_mev_cm2_mg, cut.width_mev_cm2_mg, cut.shape)
        for let, flux in spectra
    ]
    return np.array(rates)


@dataclass(frozen=True, eq=False)
class Radiation:
    """Radiation of all planes over the mission, storms apart."""

    scenario: Scenario
    days: Floats
    """Mission days on which the steps of the tables begin, shape (n,)."""
    step_days: float
    """Length of a step."""
    activity: Floats
    """Solar activity on each, 0 at AP-8's minimum, 1 at its maximum, shape (n,)."""
    exposures: tuple[Exposure, ...]
    exposure_index: NDArray[np.intp]
    """Which exposure is whose, shape (planes,)."""
    period_days: Floats
    """Nodal period, shape (planes,)."""
    node_rad: Floats
    """Longitude of the ascending node over the turning Earth on mission day 0, shape (planes,)."""
    turn_rad: Floats
    """How far it moves west in a revolution, shape (planes,)."""

    @classmethod
    def of(cls, scenario: Scenario, planes: tuple[Plane, ...], days: Floats, step_days: float = 1.0) -> Radiation:
        """The radiation on these planes, in steps that begin on these days."""
        rates = [secular_rates(plane.elements) for plane in planes]
        period = np.array([rate.nodal_period_min for rate in rates]) / MINUTES_PER_DAY
        turn = (EARTH_SIDEREAL_RATE_RAD_PER_DAY - np.array([rate.node_rad_per_day for rate in rates])) * period
        start = sidereal_angle_rad(scenario.mission.start)
        # To a kilometre and a tenth of a degree: trapped flux changes by 2 % in a kilometre at 500 km, less above.
        geometry = [
            (round(plane.altitude_km), round(plane.inclination_deg, 1), round(plane.elements.eccentricity, 3))
            for plane in planes
        ]
        distinct = sorted(set(geometry))
        index = np.array([distinct.index(one) for one in geometry])
        first = [int(np.flatnonzero(index == k)[0]) for k in range(len(distinct))]
        exposures = tuple(
            _exposure(scenario, planes[i].altitude_km, planes[i].inclination_deg, distinct[k][2], float(turn[i]))
            for k, i in enumerate(first)
        )
        return cls(
            scenario=scenario,
            days=days,
            step_days=step_days,
            activity=activity(days + (step_days - 1) / 2, scenario.mission.start, scenario.space.solar_activity),
            exposures=exposures,
            exposure_index=index,
            period_days=period,
            node_rad=np.array([plane.elements.raan_rad for plane in planes]) - start,
            turn_rad=turn,
        )

    @property
    def effects(self) -> dict[str, Effect]:
        """The kinds of single event, in the order of the tables."""
        return self.scenario.radiation.active

    def exposure(self, plane: int) -> Exposure:
        """The exposure of a plane."""
        return self.exposures[int(self.exposure_index[plane])]

    def day_by_day(self, table: Floats) -> Floats:
        """A table by step of the tables, (..., n), as one by day."""
        return table if self.step_days == 1 else np.repeat(table, int(self.step_days), axis=-1)

    def rad_per_day(self, plane: int) -> Floats:
        """Dose of each day without storms, rad(Si), shape (n,)."""
        exposure = self.exposure(plane)
        return self._between(exposure.trapped_rad + exposure.cosmic_rad)

    def dose_rad(self, plane: int) -> Floats:
        """Dose from mission day 0 to the beginning of each day, without storms, rad(Si), shape (n,)."""
        return np.concatenate([[0.0], np.cumsum(self.rad_per_day(plane) * self.step_days)[:-1]])

    def trapped_per_day(self, plane: int) -> Floats:
        """Single events of a target and day by trapped protons, before mitigation, shape (effects, n)."""
        return self._between(self.exposure(plane).trapped_events)

    def cosmic_per_day(self, plane: int) -> Floats:
        """The same by galactic ions, which come at any time of the day."""
        return self._between(self.exposure(plane).cosmic_events)

    def _between(self, extremes: Floats) -> Floats:
        """Daily values of yearly ones at solar minimum and maximum, shape (..., 2)."""
        low, high = extremes[..., :1], extremes[..., 1:]
        return np.asarray((low + (high - low) * self.activity) / DAYS_PER_YEAR)

    @cached_property
    def wear_clocks(self) -> dict[int, Clock]:
        """Dose without storms by exposure, as a clock in rad."""
        return {
            int(k): Clock(self.days, self.dose_rad(int(np.flatnonzero(self.exposure_index == k)[0])))
            for k in range(len(self.exposures))
        }

    def since_birth_krad(self, plane: int, birth_day: float) -> Floats:
        """Dose that chips born on a day have taken up by each day of the tables, storms apart, krad, shape (n,)."""
        clock = self.wear_clocks[int(self.exposure_index[plane])]
        return np.asarray(np.maximum(clock.total - clock.at(birth_day), 0.0) / 1000)

    def memory_growth(self, plane: int, birth_day: float) -> Floats:
        """Factor on the memory effects of chips born on a day, shape (n,)."""
        wear = self.scenario.radiation.wear
        over = np.maximum(self.since_birth_krad(plane, birth_day) - wear.memory_onset_krad, 0.0)
        return np.asarray(1 + wear.memory_growth_per_krad * over)

    def frequency(self, plane: int, birth_day: float) -> Floats:
        """Share of its speed that dose leaves a chip born on a day, shape (n,)."""
        wear = self.scenario.radiation.wear
        over = np.maximum(self.since_birth_krad(plane, birth_day) - wear.memory_onset_krad, 0.0)
        return np.asarray(np.maximum(1 - wear.derating_per_krad * over, 0.0))


def dose_at_end_rad(threshold: Floats, median_krad: float, log_spread: float) -> Floats:
    """Dose at which chips of this threshold E ~ Exp(1) end, rad(Si): log-normal between chips."""
    # 1 - exp(-E) is the chip's place among all, from the weakest.
    return np.asarray(1000 * median_krad * np.exp(log_spread * ndtri(-np.expm1(-threshold))))


def dose_hazard(rad: Floats | float, median_krad: float, log_spread: float) -> Floats:
    """Cumulative hazard of a chip that has taken up this dose, rad(Si)."""
    with np.errstate(divide="ignore"):
        z = np.log(np.maximum(np.asarray(rad, float), 0.0) / (1000 * median_krad)) / log_spread
    return np.asarray(-log_ndtr(-z))
