"""What the parts of a satellite cost, and when satellites are paid for."""

from __future__ import annotations

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


class Economics(Parameters):
    """First price list; launches are priced by the vehicle.  Undiscounted."""

    bus_usd: BusPrice
    """One satellite without its GPUs, USD; `sized`: the sum of its parts.  A number is compared with that sum."""
    gpu_usd: float = Field(ge=0, le=MOST_USD)
    """One GPU with its share of boards and network, USD."""
    operations_usd_per_year: float = Field(default=0.0, ge=0, le=MOST_USD)
    """Fixed operations, USD a year."""
    operations_usd_per_satellite_year: float = Field(default=0.0, ge=0, le=MOST_USD)
    """Operations of one working satellite, USD a year."""
    holding_usd_per_satellite_year: float = Field(default=0.0, ge=0, le=MOST_USD)
    """Keeping one spare in store, in a plane or in a parking orbit, USD a year; one on its way costs nothing."""
    ground_holding_share_per_year: float = Field(
        default=0.0,
        ge=0,
        le=10,
        json_schema_extra=cited(
            "A",
            "0: not counted; inventories commonly cost 15 to 30 % of their value a year with the cost of capital, "
            "about 5 to 15 % without",
            0,
            0.3,
        ),
    )
    """Keeping a satellite that is built and has not flown, as a share of its price a year: storage, guarding,
    insurance, tests.  Money is not discounted, so what capital costs belongs here too if it is to count."""
    parts: PartPrices = PartPrices()
    """What the parts of a satellite cost."""
    payment: Payment = Payment()
    """When satellites are paid for."""
