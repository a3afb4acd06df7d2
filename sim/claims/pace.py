"""How much a year, and how soon: C5, C10."""

from __future__ import annotations

from dataclasses import dataclass

from sim.claims.capital import Delivered
from sim.claims.claim import Cell, Claim, Table, Threshold
from sim.claims.energy import AI1
from sim.claims.evidence import Evidence
from sim.claims.judging import Values, judged, over_ranges, short
from sim.claims.scale import KW_PER_GW
from sim.constants import DAYS_PER_YEAR
from sim.launch import FlightService

MONTHS_PER_YEAR = 12.0
LADDERS = (
    ("12 a year for good", "overlays/cadence_pessimistic"),
    ("12 to 145 a year in five years", "overlays/cadence_base"),
    ("145 to 10,000 a year in ten years", "overlays/cadence_ambitious"),
)
LADDER_YEARS = (1, 3, 5, 10)
SHOWN_FLIGHTS = (12.0, 1000.0)
"""Flights a year in the table beside the assumed ones: a slow start, and a plan."""
_FLIGHT = (
    "satellite.mass_kg",
    "satellite.gpu.peak_w",
    "launch.vehicle.max_satellites",
    "launch.vehicle.capacity_kg.kg",
)


def launched_per_year(evidence: Evidence) -> Claim:
    """C5: in five years more is launched per year than exists on Earth."""
    figures, scenario = evidence.figures, evidence.scenario(AI1)
    one, flights = Delivered.of(evidence, scenario), evidence.own("starship_flights_per_year")
    target, earth, each = figures.claimed_launch_gw_per_year, figures.earth_compute_gw, one.seats * one.kw / KW_PER_GW
    estimate = over_ranges(
        lambda values: values[flights[0].path] * each, flights, evidence.generator("C5"), "GW a year"
    )
    satellites, made = target * KW_PER_GW / one.kw, figures.factory_satellites_per_year
    own = "claimed_launch_gw_per_year", "earth_compute_gw", "factory_satellites_per_year"
    return Claim(
        id="C5",
        said="In five years more computing is launched per year than exists on Earth: a few hundred GW a year.",
        question="Can more computing power be launched in one year than there is on Earth?",
        quantity="computing power launched in a year, with AI1 satellites on Starship",
        unit="GW a year",
        estimate=estimate,
        interval="range of flights a year, from a slow start to the plan",
        verdict=judged(
            estimate,
            target,
            f"the {target:g} claimed",
            at_least=True,
            condition=f"there are {short(target / each)} flights of {one.seats} a year",
        ),
        threshold=Threshold(
            f"{short(target / each)} flights a year for {target:g} GW a year; {short(earth / each)} for the {earth:g} "
            "GW "
            "that exist today",
            target / each,
            "flights a year",
            flights[0].path,
        ),
        binding=(
            f"flights: {one.seats} satellites of {one.kw:.0f} kW are {each * 1000:.1f} MW a flight; and the factory: "
            f"{short(satellites)} satellites a year are {short(satellites / made)} times what it is to make"
        ),
        inputs=(*flights, *evidence.own(*own), *evidence.given(scenario, *_FLIGHT)),
        tables=(_flights_needed(evidence), _ladders(evidence)),
    )


def _flights_needed(evidence: Evidence) -> Table:
    figures, scenario, rows = evidence.figures, evidence.scenario(AI1), list[tuple[Cell, ...]]()
    heavy_kg = evidence.environment(scenario).designs[0].parts.sum_kg
    for name, kg in (("as announced", None), ("with the mass of its parts", heavy_kg)):
        one = Delivered.of(evidence, scenario, kg=kg)
        each = one.seats * one.kw / KW_PER_GW
        needed = figures.earth_compute_gw / each, figures.claimed_launch_gw_per_year / each
        rows.append((name, one.seats, 1000 * each, *needed))
    target = f"for {figures.claimed_launch_gw_per_year:g} GW a year"
    heads = ("AI1", "satellites a flight", "MW a flight", "for what exists on Earth", target)
    return Table("Flights a year that it takes", heads, tuple(rows))


def _ladders(evidence: Evidence) -> Table:
    """What ladders of cadence launch in some years after the first flight."""
    rows: list[tuple[Cell, ...]] = []
    for name, overlay in LADDERS:
        scenario = evidence.scenario(AI1, overlay)
        one = Delivered.of(evidence, scenario)
        each = one.seats * one.kw / KW_PER_GW
        rows.append((name, *(each * flights_in_year(scenario.launch, year) for year in LADDER_YEARS)))
    heads = (f"year {year}" for year in LADDER_YEARS)
    return Table("GW launched in a year, by how the flights grow", ("ladder", *heads), tuple(rows))


def flights_in_year(service: FlightService, year: int) -> float:
    """Launch dates of a service in a year of the mission, counted from 1."""
    if service.ramp is None:
        return service.flights_per_year_max() or 0.0
    until, before = (service.ramp.dates_until(end * DAYS_PER_YEAR) for end in (year, year - 1))
    return until - before


@dataclass(frozen=True)
class Building:
    """Having a campus's power at work in orbit."""

    evidence: Evidence

    @property
    def one(self) -> Delivered:
        """A satellite in orbit."""
        return Delivered.of(self.evidence, self.evidence.scenario(AI1))

    @property
    def satellites(self) -> float:
        """Those that have to be made: some flights fail."""
        return self.evidence.figures.campus_gw * KW_PER_GW / self.one.kw / self.one.success

    @property
    def first_months(self) -> float:
        """From decision to the first satellites at work."""
        days = self.evidence.scenario(AI1).launch.expected_lead_days()
        return days / DAYS_PER_YEAR * MONTHS_PER_YEAR

    @property
    def making_months(self) -> float:
        """In the factory, at its full rate."""
        return MONTHS_PER_YEAR * self.satellites / self.evidence.figures.factory_satellites_per_year

    def flying_months(self, flights_per_year: float) -> float:
        """On flights, and in the stand-downs after those that fail."""
        stand_down = self.evidence.scenario(AI1).launch.stand_down.expected_days()
        return MONTHS_PER_YEAR * fleet_years(self.satellites, self.one, flights_per_year, stand_down)

    def months(self, flights_per_year: float) -> float:
        """From decision to all of it at work: made and flown side by side."""
        return self.first_months + max(self.making_months, self.flying_months(flights_per_year))


def fleet_years(satellites: float, one: Delivered, flights_per_year: float, stand_down_days: float) -> float:
    """Years that it takes to fly so many satellites; after each failure nothing flies for a while."""
    flights = satellites / one.seats
    return flights / flights_per_year + flights * (1 - one.success) * stand_down_days / DAYS_PER_YEAR


def months_to_power(evidence: Evidence) -> Claim:
    """C10: the ground is slow to build."""
    figures, scenario, case = evidence.figures, evidence.scenario(AI1), Building(evidence)
    inputs = evidence.own("starship_flights_per_year", "campus_months")

    def ratio(values: Values) -> float:
        return case.months(values[inputs[0].path]) / values[inputs[1].path]

    estimate = over_ranges(ratio, inputs, evidence.generator("C10"), "times")
    flights = figures.starship_flights_per_year
    wait = case.months(flights) - figures.campus_months
    shown = short(max(wait, 0.0))
    more = "launch.lead_time_days.days", "launch.transfer_days", "launch.vehicle.success_probability"
    return Claim(
        id="C10",
        said="Data centres on the ground are slow to build; orbit needs no permits and no grid.",
        question=f"How long does it take to have {figures.campus_gw:g} GW at work in orbit, against the ground?",
        quantity=f"time from decision to {figures.campus_gw:g} GW, orbit over ground with power at hand",
        unit="times",
        estimate=estimate,
        interval="ranges of flights a year and of the building time on the ground",
        verdict=judged(
            estimate,
            1.0,
            "1 where both are as fast",
            at_least=False,
            condition=f"the site on the ground waits {shown} months for power",
        ),
        threshold=Threshold(
            f"as fast if the ground waits {shown} months for power, on top of {figures.campus_months:g}; a queue for "
            "the "
            f"grid takes {figures.grid_queue_months:g}",
            wait,
            "months",
            "claims:grid_queue_months",
        ),
        binding=(
            f"factory and flights: {short(case.satellites)} satellites take {short(case.making_months)} months to "
            "make and "
            f"{short(case.flying_months(flights))} to fly at {flights:g} flights a year, stand-downs after failures "
            "included"
        ),
        inputs=(
            *inputs,
            *evidence.own("campus_gw", "grid_queue_months", "factory_satellites_per_year"),
            *evidence.given(scenario, *more),
        ),
        tables=(_months_table(evidence, case),),
    )


def _months_table(evidence: Evidence, case: Building) -> Table:
    figures = evidence.figures
    rates = (figures.starship_flights_per_year, *SHOWN_FLIGHTS)
    return Table(
        "Months from decision",
        ("", "first at work", f"{figures.campus_gw:g} GW"),
        (
            *((f"orbit, {rate:g} flights a year", case.first_months, case.months(rate)) for rate in rates),
            ("ground, power at hand", None, figures.campus_months),
            ("ground, after a queue for the grid", None, figures.campus_months + figures.grid_queue_months),
        ),
    )
