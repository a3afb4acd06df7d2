"""Physical constants and unit conversions, each with its source.  Imports nothing."""

from math import pi

EARTH_EQUATORIAL_RADIUS_KM = 6378.1366
"""Equatorial radius of the Earth, km.  IERS Conventions 2010, table 1.1; also the sphere of Skyfield's `is_sunlit`."""

EARTH_FLATTENING = 1 / 298.25642
"""Flattening of the Earth's reference ellipsoid.  IERS Conventions 2010, table 1.1."""

EARTH_MU_KM3_S2 = 398600.4418
"""Gravitational parameter of the Earth, km^3/s^2.  IERS Conventions 2010, table 1.1."""

EARTH_J2 = 1.0826359e-3
"""Second zonal harmonic of the Earth's field.  IERS Conventions 2010, table 1.1."""

WGS72_RADIUS_KM = 6378.135
"""Equatorial radius inside SGP4, km.  WGS 72 as in Spacetrack Report No. 3; Vallado et al., doi:10.2514/6.2006-6753."""

WGS72_MU_KM3_S2 = 398600.8
"""Gravitational parameter inside SGP4, km^3/s^2.  The same source."""

WGS72_J2 = 0.001082616
"""Second zonal harmonic inside SGP4.  The same source."""

WGS72_J3 = -0.00000253881
"""Third zonal harmonic inside SGP4: it gives a circular mean orbit an eccentricity of about .001.  The same source."""

SUN_RADIUS_KM = 695700.0
"""Nominal solar radius, km.  IAU 2015 Resolution B3, arXiv:1510.07674."""

TROPICAL_YEAR_DAYS = 365.2422
"""Mean tropical year, days: the period in which a sun-synchronous node turns once."""

DAYS_PER_YEAR = 365.25
"""Julian year, days: the year of every rate and life in a scenario."""

HOURS_PER_DAY = 24.0
MINUTES_PER_DAY = 1440.0
SECONDS_PER_DAY = 86400.0
TAU = 2 * pi
