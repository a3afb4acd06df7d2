"""Power and heat of a satellite: array, battery, radiator."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, model_validator

from sim.constants import DAYS_PER_YEAR
from sim.parameters import Parameters, cited
from sim.physics.power import Mount
from sim.physics.thermal import Attitude

MOST_SIZE = 1e7
"""Largest array or radiator, m^2, and propellant, kg."""
MOST_KWH = 1e7
"""Largest battery, kWh."""

Size = Annotated[float, Field(ge=1e-6, le=MOST_SIZE)] | Literal["sized"]


class Rating(Parameters):
    """An array known by its power alone, as cost models have it, in place of cells, mount and the Sun's distance."""

    power_w: float = Field(ge=1, le=1e12)
    """Power in light when new, W."""
    sunlit_share: float | None = Field(default=None, ge=1e-3, le=1)
    """Share of each orbit for which it yields that, whatever the orbit's shadow; none: as the orbit has it."""
    loss_step_days: float | None = Field(default=None, ge=1, le=36525)
    """The loss of a year, `degradation_per_year`, is taken at once at the end of so many days: 365 in models that go
    from year to year; none: it goes on from day to day.  For satellites that begin work on day 0; later ones are
    smoothed."""


class SolarArray(Parameters):
    """Solar cells and how they are held."""

    area_m2: Size = "sized"
    """Area of cells, m^2."""
    mount: Mount = Mount.TWO_AXIS
    """`orbit_normal` fixed on the side of the Sun; `one_axis` turns about the orbit normal; `two_axis` follows the Sun;
    `zenith` fixed facing away from the Earth."""
    efficiency: float = Field(
        default=0.30, ge=0.001, le=0.5, json_schema_extra=cited("S2", "triple-junction GaAs", 0.30, 0.32)
    )
    """Of the cells at the beginning of life; .22-.24 with silicon."""
    losses: float = Field(default=0.08, ge=0, le=0.99, json_schema_extra=cited("S2", "conditioning of .92"))
    """Share lost in packing, wiring and conversion."""
    degradation_per_year: float = Field(
        default=0.025, ge=0, le=0.9, json_schema_extra=cited("S2", "cells in low orbit", 0.01, 0.03)
    )
    """Yearly loss of what is left."""
    margin: float = Field(default=0.05, ge=0, le=10, json_schema_extra=cited("A", "engineering judgement"))
    """What `sized` adds to the need."""
    areal_mass_kg_m2: float = Field(
        default=2.0,
        ge=0.01,
        le=1000,
        json_schema_extra=cited("A", "roll-out blankets weigh about 1.4-2", 1, 3.5),
    )
    """Cells, structure, deployment and drives over the area of cells."""
    electronics_kg_per_kw: float = Field(
        default=3.0, ge=0, le=1000, json_schema_extra=cited("A", "engineering judgement", 2, 6)
    )
    """Power electronics and harness for each kW of array, new, facing the Sun at 1 au."""
    rating: Rating | None = None
    """Power as it is stated, instead of what follows from `efficiency`, `losses` and `mount`; `area_m2`, a number then,
    serves drag and mass.  None: nothing is stated."""

    def share_left(self, age_years: ArrayLike) -> NDArray[np.float64]:
        """Share of its power that is left at an age."""
        years = np.asarray(age_years, float)
        if self.rating is not None and self.rating.loss_step_days is not None:
            # A day's end may fall short of the step by rounding.
            years = np.floor(years * DAYS_PER_YEAR / self.rating.loss_step_days + 1e-9)
        return np.asarray((1 - self.degradation_per_year) ** years, float)

    @model_validator(mode="after")
    def _rated_has_an_area(self) -> SolarArray:
        if self.rating is not None and self.area_m2 == "sized":
            raise ValueError("area_m2 must be a number where a rating gives the power: nothing is left to size it by")
        return self


class Battery(Parameters):
    """Cells that carry the load through eclipses, and how they wear.

    N(depth) = cycles (depth / at_depth)^-exponent cycles take the capacity to 80 %; calendar fade is added.
    """

    capacity_kwh: Annotated[float, Field(ge=0, le=MOST_KWH)] | Literal["sized"] = "sized"
    """Capacity when new, kWh; 0: none."""
    depth_limit: float = Field(default=0.3, ge=0.01, le=1, json_schema_extra=cited("S", "usual in low orbit", 0.2, 0.3))
    """Largest share of the day's capacity that an eclipse may draw."""
    charge_efficiency: float = Field(
        default=0.97, ge=0.1, le=1, json_schema_extra=cited("R", "with discharge .94 a round trip, .92-.95")
    )
    """Energy stored over energy in."""
    discharge_efficiency: float = Field(
        default=0.97, ge=0.1, le=1, json_schema_extra=cited("R", "with charge .94 a round trip, .92-.95")
    )
    """Energy out over energy drawn."""
    cycles: float = Field(
        default=30_000.0,
        ge=1,
        le=1e12,
        json_schema_extra=cited(
            "A", "JAXA showed more than 30,000 at 20-30 %, without a published end", 15_000, 60_000
        ),
    )
    """Cycles to 80 % at `at_depth`."""
    at_depth: float = Field(
        default=0.3, ge=0.01, le=1, json_schema_extra=cited("A", "depth of the cycles that JAXA showed", 0.2, 0.3)
    )
    """Depth of discharge at which `cycles` holds."""
    exponent: float = Field(
        default=1.5,
        ge=0.1,
        le=5,
        json_schema_extra=cited("A", "no curve for these cells is published; 1 would count ampere-hours", 1, 2.5),
    )
    """Of the cycle life over depth."""
    calendar_fade_per_year: float = Field(
        default=0.01, ge=0, le=1, json_schema_extra=cited("A", "engineering judgement", 0, 0.03)
    )
    """Capacity lost a year at rest, of the new battery's."""
    specific_energy_wh_per_kg: float = Field(
        default=175.0, ge=1, le=1e5, json_schema_extra=cited("R", "packs", 150, 200)
    )
    """Of the pack, for its mass."""
    margin: float = Field(default=0.05, ge=0, le=10, json_schema_extra=cited("A", "engineering judgement"))
    """What `sized` adds to the need."""


class Radiator(Parameters):
    """From junction through coolant to a plate that radiates."""

    area_m2: Size = "sized"
    """Area of the plate (one face), m^2."""
    sides: Literal[1, 2] = 2
    """Faces that radiate."""
    attitude: Attitude = Attitude.EDGE_ON
    """`edge_on` to Sun and Earth, `orbit_normal`, `nadir` or `zenith`."""
    emittance: float = Field(
        default=0.9, ge=0.01, le=1, json_schema_extra=cited("A", "coatings of radiators", 0.8, 0.92)
    )
    """Infrared emittance."""
    solar_absorptance_bol: float = Field(
        default=0.12, ge=0, le=1, json_schema_extra=cited("A", "coatings of radiators", 0.08, 0.2)
    )
    """Solar absorptance when new."""
    solar_absorptance_eol: float = Field(
        default=0.3, ge=0, le=1, json_schema_extra=cited("A", "coatings of radiators", 0.15, 0.4)
    )
    """Solar absorptance at the end of the design life."""
    fin_efficiency: float = Field(
        default=0.9, ge=0.01, le=1, json_schema_extra=cited("A", "engineering judgement", 0.7, 1)
    )
    """Net heat over that of a plate all at the root's temperature."""
    junction_limit_c: float = Field(default=88.0, ge=-50, le=200, json_schema_extra=cited("R", "H100", 87, 90))
    """Junction temperature at which chips slow themselves."""
    memory_limit_c: float = Field(default=95.0, ge=-50, le=200, json_schema_extra=cited("R", "stacked memory", 85, 105))
    """Temperature of a GPU's memory at which it is slowed."""
    memory_rise: float = Field(
        default=1.1, ge=0, le=3, json_schema_extra=cited("A", "stacks on the cold plate beside the die", 0.8, 1.5)
    )
    """Memory above the coolant over junction above the coolant."""
    junction_coolant_k_per_w: float = Field(
        default=0.02,
        ge=0,
        le=1,
        json_schema_extra=cited("A", "no figure for a whole chain in orbit is published", 0.005, 0.08),
    )
    """Thermal resistance of package, interface and cold plate of one GPU, K/W."""
    coolant_radiator_k_m2_per_w: float = Field(
        default=0.005,
        ge=0,
        le=1,
        json_schema_extra=cited("A", "no figure for a whole chain in orbit is published", 0.001, 0.02),
    )
    """From coolant to radiator, K per W/m^2 of plate."""
    coolant_drop_k: float = Field(
        default=5.0,
        ge=0,
        le=50,
        json_schema_extra=cited("A", "no figure for a whole chain in orbit is published", 2, 15),
    )
    """Coolant at the hottest GPU above its mean in the radiator, K."""
    areal_mass_kg_m2: float = Field(
        default=5.0,
        ge=0.01,
        le=1000,
        json_schema_extra=cited(
            "A",
            "with armour 5.4, 3-9; without, 3 is the target, 14 on the Space Station by its mass and area",
            2.5,
            8.5,
        ),
    )
    """Plate, loops and coolant over the area of the plate; `tube_wall_mm` adds the armour."""
    margin: float = Field(default=0.05, ge=0, le=10, json_schema_extra=cited("A", "engineering judgement"))
    """What `sized` adds to the need."""
    loops: int = Field(default=4, gt=0, le=1000, json_schema_extra=cited("A", "engineering judgement"))
    """Coolant loops that share the GPUs out among them; a puncture empties one."""
    loops_per_gpu: int = Field(default=1, gt=0, le=8)
    """Loops that cool each GPU, any of which can alone: it is lost with the last.  Each has tubes of its own behind
    `tube_fraction` of the faces."""
    tube_fraction: float = Field(
        default=0.02, ge=0, le=1, json_schema_extra=cited("A", "engineering judgement", 0.005, 0.1)
    )
    """Share of the radiating faces behind which coolant runs; 0: nothing to puncture."""
    tube_wall_mm: float = Field(
        default=4.0, ge=0.05, le=50, json_schema_extra=cited("A", "engineering judgement", 1, 10)
    )
    """Aluminium that debris must perforate to reach it, armour included, mm; its mass is a part
    of its own."""
    coolant_min_c: float = Field(
        default=30.0, ge=-50, le=100, json_schema_extra=cited("A", "engineering judgement", 0, 45)
    )
    """Coolant below which a valve bypasses the radiator, degrees C: it bounds how far chips cool down when their load
    falls in the dark."""
    thermal_time_min: float = Field(
        default=15.0,
        ge=0.01,
        le=600,
        json_schema_extra=cited(
            "A", "4,500 J/(m^2 K) of plate over 15 W/(m^2 K) at 330 K are 5, coolant and structure add to it", 5, 60
        ),
    )
    """Time in which radiator and coolant follow a change of load, minutes."""

    @model_validator(mode="after")
    def _loops_suffice(self) -> Radiator:
        if self.loops % self.loops_per_gpu:
            raise ValueError(f"loops ({self.loops}) must be a multiple of loops_per_gpu ({self.loops_per_gpu})")
        if self.tube_fraction * self.loops_per_gpu > 1:
            raise ValueError(f"tube_fraction ({self.tube_fraction:g}) x loops_per_gpu must not exceed 1")
        return self

    @model_validator(mode="after")
    def _coating_darkens(self) -> Radiator:
        if self.solar_absorptance_eol < self.solar_absorptance_bol:
            raise ValueError("solar_absorptance_eol must not be below solar_absorptance_bol")
        return self
