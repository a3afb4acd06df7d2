"""The checks against authorities: `orbitfleet verify ...`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from sim.cli.options import Json, Replicates, Seed
from sim.cli.output import report_check

verify = typer.Typer(
    help="Compare this program with an authority; exit code 4 when a check fails.", no_args_is_help=True
)


@verify.command()
def eclipse(
    altitude_km: Annotated[float, typer.Option(help="Altitude of the mean orbit, km.")],
    start: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First day, YYYY-MM-DD.")],
    days: Annotated[float, typer.Option(help="Length of the comparison, days.")],
    inclination_deg: Annotated[float | None, typer.Option(help="Inclination, degrees.")] = None,
    sun_synchronous: Annotated[bool, typer.Option("--sun-synchronous", help="Solve the inclination instead.")] = False,
    ltan_h: Annotated[float | None, typer.Option(help="Local time of the ascending node, hours.")] = None,
    raan_deg: Annotated[float | None, typer.Option(help="Right ascension of the ascending node, degrees.")] = None,
    eccentricity: Annotated[float, typer.Option(help="Mean eccentricity, up to .15; perigee at least 200 km.")] = 0.0,
    argument_of_perigee_deg: Annotated[float, typer.Option(help="Argument of perigee at the start, degrees.")] = 0.0,
    as_json: Json = False,
) -> None:
    """Compare eclipse edges with Skyfield's find_discrete(is_sunlit), for any orbit, circular or not."""
    from sim.verify.eclipse import shortcomings, table, verify_eclipse

    found = verify_eclipse(
        altitude_km,
        inclination_deg,
        sun_synchronous=sun_synchronous,
        ltan_h=ltan_h,
        raan_deg=raan_deg,
        eccentricity=eccentricity,
        argument_of_perigee_deg=argument_of_perigee_deg,
        start=start.date(),
        days=days,
    )
    report_check(found, table, shortcomings(found), as_json)


@verify.command()
def contacts(
    altitude_km: Annotated[float, typer.Option(help="Altitude of the mean orbit, km.")],
    start: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First day, YYYY-MM-DD.")],
    days: Annotated[float, typer.Option(help="Length of the comparison, days.")],
    stations: Annotated[
        str, typer.Option(help="Names of shipped stations, or LATITUDE:LONGITUDE[:ALTITUDE_M], by commas; all: all.")
    ] = "teide,table_mountain,haleakala,svalbard",
    min_elevation_deg: Annotated[
        float | None, typer.Option(help="Least elevation, degrees; none: each its own.")
    ] = None,
    inclination_deg: Annotated[float | None, typer.Option(help="Inclination, degrees.")] = None,
    sun_synchronous: Annotated[bool, typer.Option("--sun-synchronous", help="Solve the inclination instead.")] = False,
    ltan_h: Annotated[float | None, typer.Option(help="Local time of the ascending node, hours.")] = None,
    raan_deg: Annotated[float | None, typer.Option(help="Right ascension of the ascending node, degrees.")] = None,
    as_json: Json = False,
) -> None:
    """Compare when ground stations see a satellite with Skyfield's find_events."""
    from sim.verify.contacts import shortcomings, table, verify_contacts

    found = verify_contacts(
        altitude_km,
        inclination_deg,
        sun_synchronous=sun_synchronous,
        ltan_h=ltan_h,
        raan_deg=raan_deg,
        stations=stations,
        min_elevation_deg=min_elevation_deg,
        start=start.date(),
        days=days,
    )
    report_check(found, table, shortcomings(found), as_json)


@verify.command()
def radiation(as_json: Json = False) -> None:
    """Compare fluxes, doses, single events and lives with published figures and an independent program's."""
    from sim.verify.published import shortcomings, table
    from sim.verify.radiation import verify_radiation

    found = verify_radiation()
    report_check(found, table, shortcomings(found), as_json)


@verify.command()
def sky(as_json: Json = False) -> None:
    """Compare conjunctions and avoidance manoeuvres with what is reported of Starlink."""
    from sim.verify.published import shortcomings, table
    from sim.verify.sky import verify_sky

    found = verify_sky()
    report_check(found, table, shortcomings(found), as_json)


@verify.command()
def economics(
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="CASE.K=V", help="Change a case: mccalip_orbit.launch.vehicle.price.usd_per_kg=200."
        ),
    ] = None,
    replicates: Replicates = 8,
    seed: Seed = 1,
    as_json: Json = False,
) -> None:
    """Run published models of what computing costs, in orbit and on the ground, and compare with what they print."""
    from sim.verify.economics import shortcomings, table, verify_economics

    found = verify_economics(settings or [], replicates=replicates, seed=seed)
    report_check(found, table, shortcomings(found), as_json)


@verify.command()
def sparing(
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="K=V", help="Change a parameter of the model: parking_planes=4."),
    ] = None,
    replicates: Replicates = 16,
    seed: Seed = 1,
    as_json: Json = False,
) -> None:
    """Run spares in two echelons, in planes and in parking orbits, beside the closed form of Jakob et al. 2019."""
    from sim.verify.sparing import shortcomings, table, verify_sparing

    found = verify_sparing(settings or [], replicates=replicates, seed=seed)
    report_check(found, table, shortcomings(found), as_json)


@verify.command()
def cluster(
    cases: Annotated[
        Path | None,
        typer.Argument(metavar="CASES.json", help="Cases and the other program's results; default: those shipped."),
    ] = None,
    case: Annotated[
        str | None, typer.Option(help="One of the cases, or production: jobs as published; default: all.")
    ] = None,
    replicates: Replicates = 40,
    seed: Seed = 1,
    as_json: Json = False,
) -> None:
    """Run training jobs beside another simulator's results, and beside what is published of large jobs."""
    from sim.verify.cluster import shipped_cases, shortcomings, table, verify_cluster

    found = verify_cluster(cases or shipped_cases(), case=case, replicates=replicates, seed=seed)
    report_check(found, table, shortcomings(found), as_json)


@verify.command()
def modes(
    fleets: Annotated[
        list[str] | None, typer.Argument(metavar="[FLEET]...", help="Some of the fleets by name; default: all.")
    ] = None,
    replicates: Replicates = 24,
    seed: Seed = 1,
    as_json: Json = False,
) -> None:
    """Run fleets in blocks of days beside the exact engine, and compare every metric."""
    from sim.verify.modes import shortcomings, table, verify_modes

    found = verify_modes(fleets or [], replicates=replicates, seed=seed)
    report_check(found, table, shortcomings(found), as_json)
