"""Eclipse edges: ours against Skyfield's `find_discrete`, in one run on one machine.

    python benchmarks/eclipses.py [DAYS]

Prints microseconds per edge and the ratio to `find_discrete` (step 3 min, epsilon 1 s, one satellite) for a plane of
81 satellites, one satellite and 10,000 satellites, and the parts of the plane's time.  Ratios carry over to other
machines; the times do not.
"""

import sys
from datetime import date
from time import perf_counter

import numpy as np

from sim.ephemeris import circular_elements, raan_of_ltan_deg, sun_synchronous_inclination_deg, sun_teme_km
from sim.verify.eclipse import _TIMED_EDGE_S, _skyfield_eclipses, _sunlit_by_skyfield, plane_shadow_of

START = date(2027, 1, 1)
ORBITS = (
    ("650 km dawn-dusk", 650.0, sun_synchronous_inclination_deg(650.0), raan_of_ltan_deg(6.0, START)),
    ("550 km 53 deg", 550.0, 53.0, 0.0),
    ("300 km 30 deg", 300.0, 30.0, 0.0),
    ("2000 km 120 deg", 2000.0, 120.0, 100.0),
)


def seconds(work, repeats=3):
    """Return the shortest time of a few runs and the last result."""
    best, result = np.inf, None
    for _ in range(repeats):
        began = perf_counter()
        result = work()
        best = min(best, perf_counter() - began)
    return best, result


def plane(elements, satellites, days):
    phases = np.linspace(0.0, 2 * np.pi, satellites, endpoint=False)
    return 2 * plane_shadow_of(elements, START, days).eclipses_of_many(phases, 0.0, days)[1].size


def main(days):
    sun_teme_km(START, [0.0])
    sun_s, _ = seconds(lambda: sun_teme_km(START, np.arange(days + 1.0)))
    print(f"Sun in TEME, daily for {days:g} days: {sun_s * 1e3:.1f} ms, shared by all planes")
    print(f"{'orbit':18} {'find_discrete':>14} {'one satellite':>22} {'81 of a plane':>22} {'10,000 of a plane':>22}")
    for name, altitude_km, inclination_deg, raan_deg in ORBITS:
        elements = circular_elements(START, altitude_km, inclination_deg, raan_deg)
        sees = _sunlit_by_skyfield(elements)
        took, found = seconds(lambda sees=sees: _skyfield_eclipses(sees, START, days, _TIMED_EDGE_S), repeats=1)
        reference = took / max(2 * len(found), 1)
        cells = [f"{reference * 1e6:11.1f} us"]
        for satellites in (1, 81, 10_000):
            span = min(days, 30.0) if satellites == 10_000 else days
            took, edges = seconds(lambda e=elements, n=satellites, d=span: plane(e, n, d))
            each = took / max(edges, 1)
            cells.append(f"{each * 1e6:8.3f} us {reference / each:8,.0f}x")
        print(f"{name:18} {cells[0]:>14} {cells[1]:>22} {cells[2]:>22} {cells[3]:>22}")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0)
