"""The Sun and satellites as vectorised functions of time: the layer that wraps Skyfield and SGP4."""

from sim.ephemeris.catalogue import CatalogueEntry, read_catalogue, station_kept
from sim.ephemeris.constellation import CataloguePlane, group_into_planes, one_set_each
from sim.ephemeris.orbits import (
    MeanElements,
    SecularRates,
    altitude_and_eccentricity,
    circular_elements,
    earth_satellite,
    elements_at,
    orbit_elements,
    raan_of_ltan_deg,
    secular_rates,
    sun_synchronous_inclination_deg,
)
from sim.ephemeris.sun import EPHEMERIS_END, EPHEMERIS_START, julian_date, sidereal_angle_rad, sun_teme_km

__all__ = [
    "EPHEMERIS_END",
    "EPHEMERIS_START",
    "CatalogueEntry",
    "CataloguePlane",
    "MeanElements",
    "SecularRates",
    "altitude_and_eccentricity",
    "circular_elements",
    "earth_satellite",
    "elements_at",
    "group_into_planes",
    "julian_date",
    "one_set_each",
    "orbit_elements",
    "raan_of_ltan_deg",
    "read_catalogue",
    "secular_rates",
    "sidereal_angle_rad",
    "station_kept",
    "sun_synchronous_inclination_deg",
    "sun_teme_km",
]
