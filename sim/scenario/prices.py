"""What things cost, when they are paid for, and what later money is worth."""

from __future__ import annotations

from math import log2
from typing import Annotated, Literal

from pydantic import Field, model_validator

from sim.parameters import Parameters, cited

MOST_USD = 1e15
"""Largest sum of money in one field, USD: ten times what the world earns in a year."""

BusPrice = Annotated[float, Field(ge=0, le=MOST_USD)] | Literal["sized"]


class PartPrices(Parameters):
    """Prices by part, for `bus_usd: sized` and for the comparison with a `bus_usd` given as a number.

    All are assumptions [A] for series production by the thousand.  Together they come to about $28 for each W of array
    of a satellite like a Starlink v2 mini; McCalip's calculator has $22/W for a whole satellite without chips [S].
    """

    array_usd_per_w: float = Field(
        default=10.0,
        ge=0,
        le=1e9,
        json_schema_extra=cited(
            "A", "silicon of a large series at the low end, triple-junction cells at the high one", 2, 100
        ),
    )
    """Solar array, USD for each W of its power when new, facing the Sun at 1 au."""
    power_electronics_usd_per_kw: float = Field(
        default=500.0, ge=0, le=1e9, json_schema_extra=cited("A", "engineering judgement", 100, 5000)
    )
    """Power electronics and harness, USD for each kW of the array."""
    battery_usd_per_kwh: float = Field(
        default=500.0, ge=0, le=1e9, json_schema_extra=cited("A", "engineering judgement", 150, 5000)
    )
    """Battery, USD for each kWh when new."""
    radiator_usd_per_m2: float = Field(
        default=2000.0, ge=0, le=1e9, json_schema_extra=cited("A", "engineering judgement", 500, 20000)
    )
    """Plate, loops and coolant, USD for each m^2 of plate."""
    compute_usd_per_gpu: float = Field(
        default=500.0, ge=0, le=1e12, json_schema_extra=cited("A", "engineering judgement", 100, 5000)
    )
    """Chassis and cold plate that carry one GPU, which has its own price, USD."""
    structure_usd_per_kg: float = Field(
        default=300.0, ge=0, le=1e9, json_schema_extra=cited("A", "engineering judgement", 50, 5000)
    )
    """Structure and mechanisms, shield and armour, USD/kg."""
    avionics_usd: float = Field(
        default=150e3, ge=0, le=1e12, json_schema_extra=cited("A", "engineering judgement", 50000, 1000000)
    )
    """Avionics, attitude control and thrusters, USD."""
    link_usd: float = Field(
        default=50e3, ge=0, le=1e12, json_schema_extra=cited("A", "engineering judgement", 20000, 500000)
    )
    """One optical terminal, USD."""
    propellant_usd_per_kg: float = Field(
        default=20.0, ge=0, le=1e9, json_schema_extra=cited("A", "argon at the low end, xenon at the high one", 1, 3000)
    )
    """Propellant, USD/kg."""
    integration_share: float = Field(
        default=0.15, ge=0, le=0.9, json_schema_extra=cited("A", "engineering judgement", 0.1, 0.3)
    )
    """Integration and test as a share of the price of all this, itself included."""


class Payment(Parameters):
    """When the price of a satellite and its GPUs falls due; a flight is paid for when it lifts off.

    What is ordered, or stands in the ground stock, and has not flown at the mission's end is cancelled there.  The
    initial deployment is paid for at launch, flight by flight.
    """

    order_share: float = Field(
        default=0.3, ge=0, le=1, json_schema_extra=cited("A", "down payments of series contracts", 0.1, 0.5)
    )
    """Share of the price that is paid with the order; of one for the ground stock, when it is begun."""
    delivery_share: float = Field(
        default=0.5,
        ge=0,
        le=1,
        json_schema_extra=cited("A", "the rest but for what launch and check-out earn", 0.3, 0.8),
    )
    """Share that is paid when the satellite is built and ready for flight; what is left is paid at launch."""
    refund_share: float = Field(
        default=0.5, ge=0, le=1, json_schema_extra=cited("A", "resale of what is built, loss of what is begun", 0, 1)
    )
    """Share of what was paid that comes back for a satellite which never flies."""

    @model_validator(mode="after")
    def _shares_fit(self) -> Payment:
        if self.order_share + self.delivery_share > 1 + 1e-9:
            raise ValueError(
                f"order_share ({self.order_share:g}) and delivery_share ({self.delivery_share:g}) must not come "
                "to more than 1"
            )
        return self


class Discount(Parameters):
    """What capital costs, a year: a payment counts by what it is worth on the mission's first day.

    Real rates, before tax: prices are in money of one year.
    """

    orbit_per_year: float = Field(
        default=0.10,
        ge=0,
        le=1,
        json_schema_extra=cited(
            "A", "between a data centre's 8 % and what a venture without a precedent pays", 0.08, 0.15
        ),
    )
    """For a constellation."""
    ground_per_year: float = Field(
        default=0.08,
        ge=0,
        le=1,
        json_schema_extra=cited(
            "A", "infrastructure with a tenant; Epoch's figures for a campus imply 6.5 %", 0.06, 0.1
        ),
    )
    """For a campus on the ground."""


class Insurance(Parameters):
    """Who bears losses: nobody but the operator, unless a share is given."""

    launches: bool = False
    """Whether flights are insured, those of the initial deployment too: one that fails is then paid back with what was
    aboard."""
    launch_share: float = Field(
        default=0.05,
        ge=0,
        le=1,
        json_schema_extra=cited("A", "premiums of single satellites on proven vehicles", 0.03, 0.1),
    )
    """Premium where they are, as a share of the price of flight and satellites."""
    orbit_share_per_year: float = Field(
        default=0.0, ge=0, le=1, json_schema_extra=cited("A", "operators of large fleets insure themselves", 0, 0.03)
    )
    """Premium for liability in orbit, as a share of the price of satellites at work, a year; it pays nothing back."""


class Learning(Parameters):
    """Satellites become cheaper with the number built: Wright 1936, doi 10.2514/8.155.  Their GPUs do not."""

    progress_ratio: float = Field(
        default=0.85, gt=0.5, le=1, json_schema_extra=cited("A", "aerospace series: 85 %", 0.8, 0.95)
    )
    """Price of a satellite without its GPUs after each doubling of the number built, over that before."""
    built_before: float = Field(
        default=1000.0,
        ge=1,
        le=1e9,
        json_schema_extra=cited("A", "prices by part are for series by the thousand", 100, 10000),
    )
    """Satellites like these that had been built when `bus_usd` was right."""

    @property
    def exponent(self) -> float:
        """Power of the number built by which the price goes."""
        return log2(self.progress_ratio)


class Carbon(Parameters):
    """Greenhouse gases, kg of CO2 equivalent: for the metric `carbon_kg_per_useful_gpu_hour`, beside the money."""

    launch_kg_per_kg: float = Field(
        default=20.0,
        ge=0,
        le=1e5,
        json_schema_extra=cited("C", "a Falcon 9 burns for 336 t of CO2 and brings up 17.5 t [S]", 15, 60),
    )
    """Launch, for each kg that flies: burnt propellant; making vehicle and propellant at the high end."""
    manufacture_kg_per_kg: float = Field(
        default=50.0, ge=0, le=1e5, json_schema_extra=cited("A", "metals, cells and electronics together", 20, 200)
    )
    """Making a satellite without its GPUs, for each kg of it."""
    gpu_kg: float = Field(
        default=164.0, ge=0, le=1e7, json_schema_extra=cited("R", "1,312 kg for a baseboard of eight H100", 100, 400)
    )
    """Making one GPU with its share of the board, kg."""
    grid_kg_per_kwh: float = Field(
        default=0.37, ge=0, le=3, json_schema_extra=cited("R", "mean of the grid of the United States, 2023", 0.02, 0.8)
    )
    """What a kWh from the grid brings, kg."""


class Economics(Parameters):
    """The price list, and how money of different years is compared; launches are priced by the vehicle.

    Before tax, and in the money of one year.
    """

    bus_usd: BusPrice
    """One satellite without its GPUs, USD; `sized`: the sum of its parts.  A number is compared with that sum."""
    gpu_usd: float = Field(ge=0, le=MOST_USD)
    """One GPU with its share of boards and network, USD."""
    operations_usd_per_year: float = Field(default=0.0, ge=0, le=MOST_USD)
    """Fixed operations, USD a year."""
    operations_usd_per_satellite_year: float = Field(default=0.0, ge=0, le=MOST_USD)
    """Operations of one working satellite, USD a year."""
    operations_share_per_year: float = Field(
        default=0.0,
        ge=0,
        le=1,
        json_schema_extra=cited("A", "none beside the sums above, unless a scenario gives it", 0, 0.05),
    )
    """Operations of one working satellite as a share of its price, GPUs included, a year."""
    maintenance_share_per_year: float = Field(
        default=0.0, ge=0, le=1, json_schema_extra=cited("A", "none: strategies replace what fails", 0, 0.1)
    )
    """A reserve to replace what fails, as a share of the price of working satellites, a year: for models in which
    nothing is replaced but by money."""
    holding_usd_per_satellite_year: float = Field(default=0.0, ge=0, le=MOST_USD)
    """Keeping one spare in store, in a plane or in a parking orbit, USD a year; one on its way costs nothing."""
    ground_holding_share_per_year: float = Field(
        default=0.0,
        ge=0,
        le=10,
        json_schema_extra=cited(
            "A", "0: not counted; inventories commonly cost 5 to 15 % of their value a year without capital", 0, 0.15
        ),
    )
    """Keeping a satellite that is built and has not flown, as a share of its price a year: storage, guarding,
    insurance, tests.  What capital costs is in `discount`."""
    development_usd: float = Field(
        default=0.0,
        ge=0,
        le=MOST_USD,
        json_schema_extra=cited("A", "borne by the programme, unless a scenario gives it"),
    )
    """Development and tooling (non-recurring engineering) that this fleet has to earn, USD, on the first day."""
    disposal_usd_per_satellite: float = Field(
        default=0.0,
        ge=0,
        le=1e12,
        json_schema_extra=cited("A", "part of operations, unless a scenario gives it", 0, 100e3),
    )
    """Bringing down a satellite that is retired, or taking a dead one's place in the catalogue, USD, when it ends."""
    ground_station_usd_per_year: float = Field(
        default=1e6,
        ge=0,
        le=1e12,
        json_schema_extra=cited("A", "an optical station with its lines and staff", 0.2e6, 5e6),
    )
    """Having one of `ground.stations`, USD a year."""
    relay_usd_per_satellite_year: float = Field(
        default=20e3,
        ge=0,
        le=1e12,
        json_schema_extra=cited("A", "a business line into a constellation for each", 0, 200e3),
    )
    """Service of a `ground.relay` for one working satellite, USD a year."""
    insurance: Insurance = Insurance()
    """Premiums."""
    learning: Learning | None = None
    """How satellites become cheaper with the number built; none: they do not."""
    parts: PartPrices = PartPrices()
    """What the parts of a satellite cost."""
    payment: Payment = Payment()
    """When satellites are paid for."""
    discount: Discount = Discount()
    """What later money is worth."""
    depreciation: Literal["straight_line", "annuity"] = "straight_line"
    """What unexpired life is worth at the horizon: by the share of it that is left, or the present value of what
    capital recovery has still to bring in, so that each year of use costs the same whatever the horizon."""
    carbon: Carbon = Carbon()
    """Greenhouse gases of the same things."""
    currency_year: int = Field(default=2026, ge=1950, le=2100)
    """Year of the money in which all prices are given, and results printed."""
