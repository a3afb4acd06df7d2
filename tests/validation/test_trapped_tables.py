"""Trapped particles against an independent program's figures, and against AP-8 and AE-8 themselves where installed."""

import csv
import importlib.util
from pathlib import Path

import numpy as np
import pytest

from sim.physics.trapped import Particle, orbit_spectrum, pass_profile, trapped_table

with (Path(__file__).parent / "data" / "trapped_flux.csv").open() as file:
    ROWS = [row | {key: float(row[key]) for key in list(row)[1:-1]} for row in csv.DictReader(file)]
TOOL = Path(__file__).parents[2] / "tools" / "make_trapped_tables.py"


def rows(quantity):
    return [
        pytest.param(row, id=f"{row['altitude_km']:g}km-{row['energy_mev']:g}MeV-{row['activity']:g}")
        for row in ROWS
        if row["quantity"] == quantity
    ]


def revolution_s(altitude_km):
    return 2 * np.pi * np.sqrt((6378.1366 + altitude_km) ** 3 / 398600.4418)


def turn_rad(row):
    """The Earth's turn in a revolution of a sun-synchronous orbit."""
    return 2 * np.pi * revolution_s(row["altitude_km"]) / 86400.0


def geodetic_rad(geocentric_rad, altitude_km):
    """First order of the flattening: good to .001 degrees."""
    return geocentric_rad + np.sin(2 * geocentric_rad) / 298.25642 * 6378.1366 / (6378.1366 + altitude_km)


def ours(row):
    spectrum = orbit_spectrum("proton", row["altitude_km"], row["inclination_deg"], row["activity"])
    return spectrum.flux_cm2_s[list(spectrum.energies_mev).index(row["energy_mev"])]


def at_constant_height(row):
    """The table's mean over a circle at one height over the ellipsoid: what the printed means are."""
    table = trapped_table()
    logs = table.zonal[Particle.PROTON][int(row["activity"])]
    logs = logs[list(table.altitude_km).index(row["altitude_km"])]
    logs = logs[:, list(table.energies_mev[Particle.PROTON]).index(row["energy_mev"])]
    at = (np.arange(7200) + 0.5) * 2 * np.pi / 7200
    geocentric = np.arcsin(np.sin(np.radians(row["inclination_deg"])) * np.sin(at))
    latitude = np.degrees(geodetic_rad(geocentric, row["altitude_km"]))
    return (table.zonal_floor * np.expm1(np.interp(latitude, table.latitude_deg, logs))).mean()


@pytest.mark.parametrize("row", rows("mean"))
def test_printed_means_at_constant_height(row):
    # two standard deviations of a mean of three days over the longitude of the first node, 2.5, .7, 2.4 and .5 %
    # (computed from the profiles: the tracks nearly repeat at 500 and 800 km), and interpolation, 1 %
    scatter = {500: 0.05, 650: 0.014, 800: 0.048, 2000: 0.01}[int(row["altitude_km"])]
    assert abs(at_constant_height(row) - row["value"]) < (scatter + 0.01) * row["value"] + row["half_digit"]


@pytest.mark.parametrize("row", rows("mean"))
def test_oblateness_adds_flux(row):
    # the anomaly is crossed near 27 degrees south, where the ellipsoid lies 4.4 km lower: e-fold in 75 km at 500 km, in
    # 170 at 800; to 1 %, for interpolation
    more = ours(row) / at_constant_height(row) - 1
    least, most = {500: (0.03, 0.07), 650: (0.015, 0.04), 800: (0.01, 0.03), 2000: (0.0, 0.01)}[int(row["altitude_km"])]
    assert least < more < most


@pytest.mark.parametrize("row", rows("three_days"))
def test_means_of_three_days(row):
    # three days scatter by .7 % with the longitude of the first node; interpolation is 1 % low
    assert ours(row) == pytest.approx(row["value"], rel=0.017)


@pytest.mark.parametrize("row", rows("share_above_10"))
def test_share_of_time_in_the_anomaly(row):
    got = pass_profile(row["altitude_km"], row["inclination_deg"], turn_rad(row), row["activity"])
    # 2 %: a mean of days, the ellipsoid (4 % of the flux, a third of that in the area where it exceeds 10)
    assert got.share_of_time_above(10.0) == pytest.approx(row["value"], rel=0.02, abs=row["half_digit"])


@pytest.mark.parametrize("row", rows("peak"))
def test_peak(row):
    got = pass_profile(row["altitude_km"], row["inclination_deg"], turn_rad(row), row["activity"])
    # the map's peak is up to 12 % low, and a track of days at a minute's step misses a few per cent too
    assert (got.relative.max() * got.mean_flux_cm2_s) == pytest.approx(row["value"], rel=0.12)


def test_about_seven_passes_a_day_hold_nearly_all_at_650_km():
    row = {"altitude_km": 650.0}
    dose = pass_profile(650.0, 98.011, turn_rad(row), 0.0).cumulative[:, -1]
    a_day = np.floor(86400 / revolution_s(650.0))
    first = np.arange(0.0, 2 * np.pi, 0.02)
    node = (first[:, None] - turn_rad(row) * np.arange(a_day)) % (2 * np.pi)
    doses = np.sort(dose[(node * len(dose) / (2 * np.pi)).astype(int) % len(dose)], axis=1)
    # "about 7 passes hold 97 %": between six and eight
    assert (doses[:, -6:].sum(1) / doses.sum(1)).mean() < 0.985
    assert (doses[:, -8:].sum(1) / doses.sum(1)).mean() > 0.97


@pytest.fixture(scope="module")
def tool():
    pytest.importorskip("aep8")
    spec = importlib.util.spec_from_file_location("make_trapped_tables", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_provenance_is_told():
    table = trapped_table()
    assert table.made_with == "AP-8 and AE-8 (MIN, MAX) through aep8 1.1.0 (IRBEM)"
    assert "epoch 1960" in table.fields
    assert "epoch 1970" in table.fields
    text = (Path(__file__).parents[2] / "sim" / "data" / "README.md").read_text()
    assert text.count("aep8 1.1.0") == 1


@pytest.mark.parametrize("field", [0, 1])
@pytest.mark.parametrize(("altitude_km", "latitude_deg"), [(325.0, -20.0), (650.0, -28.0), (2000.0, 10.0)])
def test_points_made_afresh_agree(tool, field, altitude_km, latitude_deg):
    table = trapped_table()
    at = list(table.altitude_km).index(altitude_km), list(table.latitude_deg).index(latitude_deg)
    for (kind, activity), flux in tool.fluxes(altitude_km, latitude_deg, table.longitude_deg, field).items():
        particle, row = (Particle.PROTON if kind == "p" else Particle.ELECTRON), int(activity == "max")
        shipped = table.zonal_floor * np.expm1(table.zonal[particle][row][at])
        # half a step of .001 in the logarithm of flux + floor, and single precision
        assert shipped == pytest.approx(flux.mean(axis=0), rel=6e-4, abs=6e-7)
        if particle is Particle.PROTON:
            drawn = table.map_floor * np.expm1(table.map[row][at])
            energy = list(table.energies_mev[particle]).index(table.map_mev)
            assert drawn == pytest.approx(flux[:, energy], rel=6e-4, abs=6e-5)


def test_a_track_flown_through_the_model(tool):
    """Three days of a circular orbit, minute by minute, against the spectrum and the profile."""
    altitude, inclination, period = 640.0, 98.0, revolution_s(640.0)
    turn = 2 * np.pi * period / 86400.0
    revolutions = int(3 * 86400 / period)
    time = (np.arange(revolutions * 96) + 0.5) / 96  # in revolutions: a minute each
    at = 2 * np.pi * (time % 1.0)
    tilt = np.radians(inclination)
    node = (1.0 - turn * np.floor(time)) % (2 * np.pi)
    east = node + np.arctan2(np.cos(tilt) * np.sin(at), np.cos(at)) - turn * at / (2 * np.pi)
    # heights over the ellipsoid to first order: 40 m
    sine = np.sin(tilt) * np.sin(at)
    height = altitude + 6378.1366 / 298.25642 * sine**2
    latitude = np.degrees(geodetic_rad(np.arcsin(sine), altitude))
    flown = tool.fluxes(height, latitude, (np.degrees(east) + 180) % 360 - 180, 0)

    profile = pass_profile(altitude, inclination, turn, 0.0)
    nodes, steps = profile.relative.shape
    place = node * nodes / (2 * np.pi) - 0.5
    row, share = np.floor(place).astype(int), (place % 1.0)[:, None]
    rows = (1 - share) * profile.relative[row % nodes] + share * profile.relative[(row + 1) % nodes]
    ours = rows[np.arange(len(time)), (at * steps / (2 * np.pi)).astype(int)] * profile.mean_flux_cm2_s
    true = flown["p", "min"][:, 3]
    by_revolution = true.reshape(revolutions, 96).mean(axis=1)
    dose = rows[::96].mean(axis=1) * profile.mean_flux_cm2_s
    # the map is 1.4 % low, and so is a straight line between two rows; half a row's shift would give .995 and 7 %
    assert ours.mean() == pytest.approx(true.mean(), rel=0.028)
    assert np.corrcoef(ours, true)[0, 1] > 0.996
    assert np.abs(dose - by_revolution).max() < 0.06 * by_revolution.max()

    # interpolation (see `orbit_spectrum`) and the scatter of means of three days
    starts = (np.arange(nodes)[:, None] / nodes * 2 * np.pi - turn * np.arange(revolutions)) % (2 * np.pi)
    scatter = profile.cumulative[(starts * nodes / (2 * np.pi)).astype(int), -1].mean(axis=1).std()
    assert scatter < 0.02
    for kind, particle, low in (("p", "proton", 0.015), ("e", "electron", 0.03)):
        mean = flown[kind, "min"][:, :9].mean(axis=0)
        got = orbit_spectrum(particle, altitude, inclination, 0.0).flux_cm2_s[:9]
        assert got == pytest.approx(mean, rel=low + 2 * scatter)
