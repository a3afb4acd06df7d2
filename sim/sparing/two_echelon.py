"""Two echelons of spares in orbit, in closed form: spares in each plane, batches of them in parking orbits below.

Jakob, Shimizu, Yoshikawa & Ho 2019, doi 10.2514/1.A34387 (preprint arXiv 1807.02685): each plane orders Q satellites
when its spares, those ordered included, fall to s; the parking orbit whose node aligns first sends them, or the next
one if it has none; parking orbits order kQ batches of Q by launch when they fall to ks batches.

Approximations of the model, which a simulation does not make: demand for batches is Poisson; the parking orbits are out
of stock independently of each other and of time; stock on hand is taken as position less mean demand of a lead time,
backorders left out.  The paper finds its model within 1.6 % of its simulation in cost and 4.1 % in parking stock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, exp

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from sim.constants import DAYS_PER_YEAR
from sim.parameters import Parameters, cited
from sim.physics.orbit import nodal_precession_deg_per_day
from sim.physics.phasing import hohmann_days, hohmann_delta_v_m_s
from sim.sparing.inventory import expected_backorders

Floats = NDArray[np.float64]

_SOURCE = "Jakob et al. 2019, doi 10.2514/1.A34387"
_LAGUERRE = np.polynomial.laguerre.laggauss(48)
_LEGENDRE = np.polynomial.legendre.leggauss(24)
_PASSES = 40
"""Alignments after which a plane's order has surely been filled."""
_NEVER_DEG_PER_DAY = 1e-4
_LEAST_FILL = 0.5
"""Below this share of orders that are filled at once shortages are no longer rare."""


class TwoEchelon(Parameters):
    """The model's parameters; the defaults are the case of the paper."""

    planes: int = Field(default=40, ge=1, le=10_000, json_schema_extra=cited("S", _SOURCE))
    """Orbital planes, their nodes evenly over 360 degrees."""
    satellites_per_plane: int = Field(default=40, ge=1, le=100_000, json_schema_extra=cited("S", _SOURCE))
    """Satellites at work in each plane."""
    altitude_km: float = Field(default=1200.0, ge=200, le=2000, json_schema_extra=cited("S", _SOURCE))
    """Altitude of the planes, km."""
    inclination_deg: float = Field(default=50.0, ge=0, le=180, json_schema_extra=cited("S", _SOURCE))
    """Inclination of planes and parking orbits, degrees."""
    failure_rate_per_year: float = Field(default=0.05, ge=1e-6, le=10, json_schema_extra=cited("S", _SOURCE))
    """Failures of a satellite at work in a year; spares do not fail."""
    parking_planes: int = Field(default=3, ge=1, le=1000, json_schema_extra=cited("S", _SOURCE))
    """Parking orbits, their nodes evenly over 360 degrees."""
    parking_altitude_km: float = Field(default=792.3, ge=200, le=2000, json_schema_extra=cited("S", _SOURCE))
    """Altitude of the parking orbits, km."""
    order_quantity: int = Field(default=4, ge=1, le=10_000, json_schema_extra=cited("S", _SOURCE))
    """Satellites that a plane orders from parking, Q."""
    reorder_point: int = Field(default=3, ge=0, le=10_000, json_schema_extra=cited("S", _SOURCE))
    """Spares in a plane and on their way to it at which it orders, s."""
    parking_order_batches: int = Field(default=8, ge=1, le=10_000, json_schema_extra=cited("S", _SOURCE))
    """Batches of Q that a parking orbit orders from the ground, kQ."""
    parking_reorder_batches: int = Field(default=8, ge=0, le=10_000, json_schema_extra=cited("S", _SOURCE))
    """Batches in a parking orbit and on order for it at which it orders, ks."""
    launch_processing_days: float = Field(default=90.0, ge=0, le=3652.5, json_schema_extra=cited("S", _SOURCE))
    """From an order to readiness for launch, days."""
    launch_wait_days: float = Field(default=66.7, ge=0, le=3652.5, json_schema_extra=cited("S", _SOURCE))
    """Mean wait for the launch beyond that, exponential, days."""
    satellite_musd: float = Field(default=0.5, ge=0, le=1e6, json_schema_extra=cited("S", _SOURCE))
    """One satellite, million USD."""
    holding_musd_per_year: float = Field(default=0.5, ge=0, le=1e6, json_schema_extra=cited("S", _SOURCE))
    """Keeping one spare in a plane or in a parking orbit, million USD a year; one on its way costs nothing."""
    launch_musd: float = Field(default=47.6, ge=0, le=1e6, json_schema_extra=cited("S", _SOURCE))
    """Launch of up to `launch_satellites`, million USD."""
    launch_satellites: int = Field(default=34, ge=1, le=100_000, json_schema_extra=cited("S", _SOURCE))
    """Satellites that it carries."""
    single_launch_musd: float = Field(default=10.0, ge=0, le=1e6, json_schema_extra=cited("S", _SOURCE))
    """Launch of one satellite on a small vehicle, million USD."""
    dry_mass_kg: float = Field(default=150.0, ge=1e-3, le=1e6, json_schema_extra=cited("S", _SOURCE))
    """A satellite without the propellant of the transfer, kg."""
    exhaust_km_s: float = Field(default=2.16, ge=0.1, le=190, json_schema_extra=cited("S", _SOURCE))
    """Exhaust velocity of its propulsion, km/s."""
    propellant_musd_per_kg: float = Field(default=0.001, ge=0, le=1e6, json_schema_extra=cited("S", _SOURCE))
    """Propellant, million USD a kilogram."""

    # Rates and geometry

    @property
    def plane_demand_per_year(self) -> float:
        """Satellites that fail in a plane in a year."""
        return self.satellites_per_plane * self.failure_rate_per_year

    @property
    def demand_per_year(self) -> float:
        """Satellites that fail in a year."""
        return self.planes * self.plane_demand_per_year

    @property
    def drift_deg_per_day(self) -> float:
        """Drift of a parking orbit's node against the planes'; 0 where they never align."""
        park, plane = (
            float(nodal_precession_deg_per_day(height, self.inclination_deg))
            for height in (self.parking_altitude_km, self.altitude_km)
        )
        return park - plane if abs(park - plane) > _NEVER_DEG_PER_DAY else 0.0

    @property
    def days_between_alignments(self) -> float:
        """From one parking orbit's alignment with a plane to the next one's.  Raises `ValueError` where none comes."""
        if self.drift_deg_per_day == 0:
            raise ValueError(
                f"parking_altitude_km = {self.parking_altitude_km:g}, altitude_km = {self.altitude_km:g}, "
                f"inclination_deg = {self.inclination_deg:g}: the nodes do not drift apart, so no parking orbit ever "
                "aligns with a plane"
            )
        return 360 / self.parking_planes / abs(self.drift_deg_per_day)

    @property
    def transfer_days(self) -> float:
        """From a parking orbit up to a plane, by two burns."""
        return float(hohmann_days(self.parking_altitude_km, self.altitude_km))

    @property
    def delta_v_m_s(self) -> float:
        """Delta-v of the transfer."""
        return float(hohmann_delta_v_m_s(self.parking_altitude_km, self.altitude_km))

    @property
    def propellant_kg(self) -> float:
        """Propellant of the transfer (Tsiolkovsky)."""
        return self.dry_mass_kg * (exp(self.delta_v_m_s / (1000 * self.exhaust_km_s)) - 1)

    def launches_musd(self, satellites: int) -> float:
        """The cheapest flights that carry so many satellites of one order: large ones, and single ones for a rest."""
        most = ceil(satellites / self.launch_satellites)
        return min(
            large * self.launch_musd + max(0, satellites - large * self.launch_satellites) * self.single_launch_musd
            for large in range(most + 1)
        )

    def solve(self) -> TwoEchelonResult:
        """The long run of the policy in closed form."""
        return _solve(self)


@dataclass(frozen=True)
class TwoEchelonResult:
    """What the policy costs and does in the long run."""

    tessac_musd: float
    """Total expected spares strategy annual cost, million USD a year: the sum of the next four."""
    manufacturing_musd: float
    holding_musd: float
    launch_musd: float
    manoeuvring_musd: float
    plane_stock: float
    """Mean spares in a plane, satellites."""
    parking_stock_batches: float
    """Mean batches in a parking orbit."""
    plane_fill: float
    """Share of failures met at once by a spare of the plane."""
    parking_fill: float
    """Share of a plane's orders that the first parking orbit to align can fill."""
    global_fill: float
    """Product of the fill rates of all planes and all parking orbits: the paper's rho_global."""
    plane_lead_days: float
    """Mean time from a plane's order to its arrival."""
    delta_v_m_s: float
    propellant_kg: float

    @property
    def out_of_range(self) -> list[str]:
        """What the closed form says that cannot be: then it has left the range in which it holds, and says nothing.

        It takes shortages for rare: what is short at the end of one cycle counts as negative stock and in no next one.
        """
        stocks = {"plane_stock": self.plane_stock, "parking_stock_batches": self.parking_stock_batches}
        fills = {"plane_fill": self.plane_fill, "parking_fill": self.parking_fill}
        found = [f"{name} = {value:.4g}" for name, value in stocks.items() if value <= 0]
        return found + [f"{name} = {value:.4g}" for name, value in fills.items() if value < _LEAST_FILL]


def _solve(case: TwoEchelon) -> TwoEchelonResult:
    per_day = case.plane_demand_per_year / DAYS_PER_YEAR
    batches_per_day = case.planes * per_day / case.order_quantity / case.parking_planes
    launch_days = case.launch_processing_days + case.launch_wait_days

    short = _mean_over_launch_lead(case, lambda lead: _short(case.parking_reorder_batches, batches_per_day, lead))
    parking_fill = max(0.0, 1 - short / case.parking_order_batches)
    passes = _passes(parking_fill)
    short = _mean_over_plane_lead(case, passes, lambda lead: _short(case.reorder_point, per_day, lead))
    plane_fill = max(0.0, 1 - short / case.order_quantity)
    lead = _mean_over_plane_lead(case, passes, lambda lead: lead)

    plane_stock = case.reorder_point - per_day * lead + (case.order_quantity + 1) / 2
    parking_stock = case.parking_reorder_batches - batches_per_day * launch_days + (case.parking_order_batches + 1) / 2
    order = case.parking_order_batches * case.order_quantity
    stored = case.planes * plane_stock + case.parking_planes * case.order_quantity * parking_stock
    parts = {
        "manufacturing_musd": case.demand_per_year * case.satellite_musd,
        "holding_musd": stored * case.holding_musd_per_year,
        "launch_musd": case.demand_per_year / order * case.launches_musd(order),
        "manoeuvring_musd": case.demand_per_year * case.propellant_kg * case.propellant_musd_per_kg,
    }
    return TwoEchelonResult(
        tessac_musd=sum(parts.values()),
        **parts,
        plane_stock=plane_stock,
        parking_stock_batches=parking_stock,
        plane_fill=plane_fill,
        parking_fill=parking_fill,
        global_fill=plane_fill**case.planes * parking_fill**case.parking_planes,
        plane_lead_days=lead,
        delta_v_m_s=case.delta_v_m_s,
        propellant_kg=case.propellant_kg,
    )


def _short(level: int, per_day: float, lead_days: float) -> float:
    """Expected demand of a lead time that finds nothing left of a reorder point."""
    return expected_backorders(level, per_day * lead_days)


def _mean_over_launch_lead(case: TwoEchelon, of: Callable[[float], float]) -> float:
    """Mean over the time from an order to a launch: processing, and an exponential wait."""
    nodes, weights = _LAGUERRE
    leads = case.launch_processing_days + case.launch_wait_days * nodes
    return float(weights @ np.array([of(lead) for lead in leads.tolist()]))


def _passes(fill: float) -> Floats:
    """Probability that the first, second, ... parking orbit to align is the first that has something."""
    fill = max(fill, 1e-3)
    share = fill * (1 - fill) ** np.arange(_PASSES)
    return np.asarray(share[share > 1e-12] / share.sum())


def _mean_over_plane_lead(case: TwoEchelon, passes: Floats, of: Callable[[float], float]) -> float:
    """Mean over the time from a plane's order to its arrival: uniform up to the first alignment, then a climb."""
    nodes, weights = _LEGENDRE
    span = case.days_between_alignments
    total = 0.0
    for number, share in enumerate(passes.tolist()):
        leads = case.transfer_days + span * (number + 0.5 * (nodes + 1))
        total += share * 0.5 * float(weights @ np.array([of(lead) for lead in leads.tolist()]))
    return total
