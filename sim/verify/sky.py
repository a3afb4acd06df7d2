"""Conjunctions and avoidance manoeuvres against what is reported of the largest constellation.

One satellite of Starlink's first shell, 550 km and 53 degrees, meets the catalogue of early 2022 without Starlink, as
it does in a scenario with `sky.conjunctions`.  Tags: [X] read in an excerpt, [S2] quoted by a secondary source, [R]
recalled.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from sim.constants import DAYS_PER_YEAR
from sim.physics.conjunctions import (
    catalogue_per_km3,
    catalogue_speed_km_s,
    encounters_per_year,
    manoeuvre_area_km2,
)
from sim.scenario.sky import Sky
from sim.verify.published import Row, rows_json

ALTITUDE_KM, INCLINATION_DEG, RADIUS_M = 550.0, 53.0, 5.0
"""Starlink's first shell, and the radius of a satellite with its array [R]."""
_SOCRATES = (
    "H. Lewis, 14 September 2022, from CelesTrak's SOCRATES: each Starlink satellite passes an object of others within "
    "5 km once a day [X]; OneWeb's, of which the same source has 3.4, are met .3 to .5 times here and not compared: "
    "many were not in their shell.  Rounded; the catalogue is that of half a year before, its mix of "
    "inclinations coarse."
)
_REPORTS = (
    "SpaceX to the FCC, manoeuvres in half a year: 25,299 to May 2023 above 1e-5, about 50,000 to May 2024 above 1e-6, "
    "144,404 to May 2025 and 148,696 to November 2025 above 3e-7 [S2], over the mean number of satellites in orbit: "
    "3,900, 5,650, 7,200, 8,700 [the second S2, the others R].  Those with Starlinks are among them, and so are "
    "satellites on their way up and down, in shells from 480 to 570 km."
)
_HALF_YEARS = {
    "to May 2023": (25_299, 3900, 1e-5),
    "to May 2024": (50_000, 5650, 1e-6),
    "to May 2025": (144_404, 7200, 3e-7),
    "to November 2025": (148_696, 8700, 3e-7),
}
"""Manoeuvres, satellites, and the threshold of probability."""


def verify_sky() -> dict[str, Any]:
    """Compare all rows: {"rows": [{"name", "value", "reference", "relative_error", "tolerance", "source"}]}."""
    return {"rows": rows_json(_rows())}


def _rows() -> Iterator[Row]:
    density = float(catalogue_per_km3(ALTITUDE_KM))
    speed = catalogue_speed_km_s(ALTITUDE_KM, INCLINATION_DEG)
    screening_km2 = np.pi * Sky().screening_km ** 2
    a_day = float(encounters_per_year(density, speed, screening_km2)) / DAYS_PER_YEAR
    yield Row("Starlink with others, conjunctions a day within 5 km", a_day, 1.0, 0.5, _SOCRATES)
    sigma_m = Sky().miss_sigma_m
    for name, (manoeuvres, satellites, threshold) in _HALF_YEARS.items():
        area_km2 = manoeuvre_area_km2(RADIUS_M, sigma_m, threshold)
        a_year = float(encounters_per_year(density, speed, area_km2))
        text = f"Starlink, manoeuvres of a satellite a year, {name}"
        yield Row(text, a_year, 2 * manoeuvres / satellites, 0.5, _REPORTS)
