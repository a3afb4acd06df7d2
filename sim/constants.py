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

ASTRONOMICAL_UNIT_KM = 149597870.7
"""Astronomical unit, km.  IAU 2012 Resolution B2."""

SOLAR_CONSTANT_W_M2 = 1361.0
"""Total solar irradiance at 1 au, W/m^2.  IAU 2015 Resolution B3, arXiv:1510.07674."""

STEFAN_BOLTZMANN_W_M2_K4 = 5.670374419e-8
"""Stefan-Boltzmann constant, W/(m^2 K^4), exact in the SI of 2019.  CODATA 2018."""

BOLTZMANN_EV_PER_K = 8.617333262e-5
"""Boltzmann constant, eV/K, exact in the SI of 2019.  CODATA 2018."""

EARTH_SIDEREAL_RATE_RAD_PER_DAY = 6.300388098984891
"""Rotation of the Earth against the stars of date, rad per day of UT1.  IERS Conventions 2010 (1.00273781191135448
turns a day, precession added: mean sidereal time's rate)."""

EARTH_ALBEDO = 0.30
"""Share of sunlight that the Earth reflects, mean.  Larson & Wertz, Space Mission Analysis and Design, section 11.5
(30 +/- 5 %) [R]."""

EARTH_INFRARED_W_M2 = 237.0
"""Heat that the Earth radiates, W/m^2, mean.  The same source (237 +/- 21) [R]; (1 - albedo) x 1361 / 4 = 238."""

CELSIUS_ZERO_K = 273.15
"""0 degrees Celsius in kelvin, exact."""

TROPICAL_YEAR_DAYS = 365.2422
"""Mean tropical year, days: the period in which a sun-synchronous node turns once."""

DAYS_PER_YEAR = 365.25
"""Julian year, days: the year of every rate and life in a scenario."""

HOURS_PER_DAY = 24.0
MINUTES_PER_DAY = 1440.0
SECONDS_PER_HOUR = 3600.0
SECONDS_PER_DAY = 86400.0
TAU = 2 * pi

STANDARD_GRAVITY_M_S2 = 9.80665
"""Standard gravity, m/s^2, by which a specific impulse is told in seconds.  BIPM, The International System of Units."""

SPEED_OF_LIGHT_KM_S = 299792.458
"""Speed of light in vacuum, km/s.  Exact in the SI."""
