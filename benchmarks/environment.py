"""The daily light of a constellation and the exact edges of a cluster, against the time of bare SimPy timeouts.

    python benchmarks/environment.py [PLANES [YEARS]]

Prints the time of each as a multiple of T, one million timeouts of one process, measured in the same run; the memory
that the daily tables add; and the exact edges of 81 satellites over five years in seconds.  Multiples carry over to
other machines; the times do not.
"""

import os
import shutil
import sys
import tempfile
from datetime import date
from pathlib import Path
from time import process_time

import numpy as np

from sim.bench.yardstick import million_timeouts
from sim.environment import Environment
from sim.environment.operation import operate
from sim.ephemeris import (
    circular_elements,
    orbit_elements,
    raan_of_ltan_deg,
    secular_rates,
    sun_synchronous_inclination_deg,
    sun_teme_km,
)
from sim.physics.eclipse import EarthShape, PlaneShadow, Shadow, daily_light
from sim.scenario import load

START = date(2027, 1, 1)


def megabytes(of):
    """Return resident memory, MB: `VmRSS` now or `VmHWM` at its highest (Linux)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(of)) / 1024


def shadow(elements, sun, grid, model=Shadow.PENUMBRA, **options):
    rates = secular_rates(elements)
    return PlaneShadow.build(
        rates.mean_radius_km,
        elements.inclination_rad,
        elements.raan_rad,
        rates.node_rad_per_day,
        rates.mean_motion_rad_per_day,
        sun,
        grid,
        shadow=model,
        eccentricity=elements.eccentricity,
        argument_of_perigee_rad=elements.argument_of_perigee_rad,
        perigee_rate=rates.perigee_rad_per_day,
        **options,
    )


def main(planes, years):
    t_s = min(million_timeouts() for _ in range(3))
    print(f"T, one million timeouts: {t_s:.2f} s")

    days = np.arange(np.ceil(years * 365.25))
    grid = np.arange(-2.0, days.size + 2)
    began = process_time()
    sun = sun_teme_km(START, grid)
    print(f"Sun in TEME, {days.size} days: {(process_time() - began) / t_s:.3f} T, shared by all planes")

    best = {"earth": EarthShape.ELLIPSOID, "opaque_atmosphere_km": 12.0}
    drift = {"node_offset_rad": 1e-5 * grid, "inclination_offset_rad": 1e-6 * grid}
    dawn_dusk = sun_synchronous_inclination_deg(650.0), raan_of_ltan_deg(6.0, START)
    nodes = np.linspace(0.0, 360.0, planes, endpoint=False)
    kinds = {
        "53 deg, 550 km": lambda node: shadow(circular_elements(START, 550.0, 53.0, node), sun, grid, **best),
        "dawn-dusk, 650 km": lambda node: shadow(circular_elements(START, 650.0, *dawn_dusk), sun, grid, **best),
        "the same, drifting": lambda node: shadow(
            circular_elements(START, 650.0, *dawn_dusk), sun, grid, **best, **drift
        ),
        "30 deg, e = .1": lambda node: shadow(
            orbit_elements(START, 1200.0, 30.0, node, eccentricity=0.1), sun, grid, **best
        ),
    }
    for name, make in kinds.items():
        Path("/proc/self/clear_refs").write_text("5")  # forget the highest so far
        before = megabytes("VmRSS")
        began = process_time()
        light = daily_light((make(node) for node in nodes.tolist()), days)
        took = process_time() - began
        print(
            f"daily light, {planes} planes x {years:g} years, {name:18}: {took / t_s:6.2f} T, "
            f"{took / planes * 1e3:.2f} ms a plane, mean {light.sunlit_fraction.mean(dtype=float):.4f}, "
            f"peak memory +{megabytes('VmHWM') - before:.0f} MB"
        )
        del light

    os.environ["ORBITFLEET_CACHE"] = tempfile.mkdtemp()
    scenario = load(
        "baseline", set_=[f"mission.years={years}", f"constellation.shells.0.planes={planes}", "workload.jobs=[]"]
    )
    Path("/proc/self/clear_refs").write_text("5")
    before, began = megabytes("VmRSS"), process_time()
    built = Environment.build(scenario)
    took, memory = process_time() - began, megabytes("VmHWM") - before
    print(f"whole environment, sizes and orbit keeping included: {took / t_s:.2f} T, peak memory +{memory:.0f} MB")
    began = process_time()
    Environment.build(scenario)
    print(f"the same from disk: {(process_time() - began) / t_s:.2f} T")
    began = process_time()
    operate(scenario, built.sun, built.sizes, 0.0)
    print(f"power, battery and heat of satellites of one month: {(process_time() - began) / t_s:.2f} T")
    shutil.rmtree(os.environ["ORBITFLEET_CACHE"])

    began = process_time()
    cluster = shadow(circular_elements(START, 650.0, *dawn_dusk), sun_teme_km(START, np.arange(-2.0, 1830)),
                     np.arange(-2.0, 1830), Shadow.POINT)  # fmt: skip
    edges = 2 * cluster.eclipses_of_many(np.linspace(0, 2 * np.pi, 81, endpoint=False), 0.0, 1826.25)[1].size
    took = process_time() - began
    print(f"81 satellites x 5 years, {edges} exact edges, Sun included: {took:.2f} s, {took / t_s:.2f} T")


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 1000,
        float(sys.argv[2]) if len(sys.argv) > 2 else 10.0,
    )
