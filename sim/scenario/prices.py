"""What the parts of a satellite cost."""

from __future__ import annotations

from pydantic import Field

from sim.parameters import Parameters


class PartPrices(Parameters):
    """Prices by part, for `bus_usd: sized` and for the comparison with a `bus_usd` given as a number.

    All are assumptions [A] for series production by the thousand.  Together they come to about $28 for each W of array
    of a satellite like a Starlink v2 mini; McCalip's calculator has $22/W for a whole satellite without chips [S].
    """

    array_usd_per_w: float = Field(default=10.0, ge=0)
    """Solar array, USD for each W of its power when new, facing the Sun at 1 au.  10, range 2-100 [A]: silicon of a
    large series at the low end, triple-junction cells at the high one."""
    power_electronics_usd_per_kw: float = Field(default=500.0, ge=0)
    """Power electronics and harness, USD for each kW of the array.  500, range 100-5,000 [A]."""
    battery_usd_per_kwh: float = Field(default=500.0, ge=0)
    """Battery, USD for each kWh when new.  500, range 150-5,000 [A]."""
    radiator_usd_per_m2: float = Field(default=2000.0, ge=0)
    """Plate, loops and coolant, USD for each m^2 of plate.  2,000, range 500-20,000 [A]."""
    compute_usd_per_gpu: float = Field(default=500.0, ge=0)
    """Chassis and cold plate that carry one GPU, which has its own price, USD.  500, range 100-5,000 [A]."""
    structure_usd_per_kg: float = Field(default=300.0, ge=0)
    """Structure and mechanisms, shield and armour, USD/kg.  300, range 50-5,000 [A]."""
    avionics_usd: float = Field(default=150e3, ge=0)
    """Avionics, attitude control and thrusters, USD.  150,000, range 50,000-1,000,000 [A]."""
    link_usd: float = Field(default=50e3, ge=0)
    """One optical terminal, USD.  50,000, range 20,000-500,000 [A]."""
    propellant_usd_per_kg: float = Field(default=20.0, ge=0)
    """Propellant, USD/kg.  20, range 1-3,000 [A]: argon at the low end, xenon at the high one."""
    integration_share: float = Field(default=0.15, ge=0, le=0.9)
    """Integration and test as a share of the price of all this, itself included.  .15, range .1-.3 [A]."""
