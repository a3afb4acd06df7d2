"""What a vehicle brings to an orbit: a figure for one that is known, or a table."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from sim.errors import InputError
from sim.parameters import Parameters, cited
from sim.physics.ascent import ascent_delta_v_m_s, payload_kg

MOST_PAYLOAD_KG = 1e9
Kilograms = Annotated[float, Field(ge=1e-3, le=MOST_PAYLOAD_KG)]


class ReferencePayload(Parameters):
    """Payload known for one orbit; the rocket equation of the upper stage carries it to others.

    The lower stages are taken to give the upper one the same speed whatever it carries, which understates the loss of a
    heavier payload and overstates that of a lighter one, by some percent of the difference.
    """

    kind: Literal["reference"] = "reference"
    kg: Kilograms
    """Satellites brought to the reference orbit, dispenser apart, kg."""
    altitude_km: float = Field(default=300.0, ge=150, le=2000)
    """Altitude of the circular reference orbit, km."""
    inclination_deg: float = Field(ge=0, le=180)
    """Its inclination, degrees."""
    stage_dry_kg: Kilograms
    """Upper stage without propellant, with what stays on it, kg; 4,000 of a Falcon 9."""
    stage_propellant_kg: Kilograms
    """What it burns, kg; 107,500 in a Falcon 9."""
    isp_s: float = Field(default=348.0, ge=150, le=500, json_schema_extra=cited("R", "Falcon 9", 300, 465))
    """Its specific impulse, s."""
    latitude_deg: float = Field(default=28.5, ge=0, le=70, json_schema_extra=cited("R", "Cape Canaveral", 5, 63))
    """Of the launch site, north or south, degrees."""

    def at(self, altitude_km: float, inclination_deg: float) -> float:
        """Payload to a circular orbit, kg; 0 where the stage alone does not get there."""
        wanted, known = (
            ascent_delta_v_m_s(height, tilt, self.latitude_deg)
            for height, tilt in ((altitude_km, inclination_deg), (self.altitude_km, self.inclination_deg))
        )
        found = payload_kg(
            self.kg,
            wanted - known,
            stage_dry_kg=self.stage_dry_kg,
            stage_propellant_kg=self.stage_propellant_kg,
            isp_s=self.isp_s,
        )
        return min(found, MOST_PAYLOAD_KG)


class PayloadTable(Parameters):
    """Payload by altitude and inclination, as in a vehicle's user guide; straight lines between."""

    kind: Literal["table"] = "table"
    altitude_km: tuple[Annotated[float, Field(ge=150, le=2000)], ...] = Field(min_length=1, max_length=100)
    """Altitudes of the circular orbits, rising, km."""
    inclination_deg: tuple[Annotated[float, Field(ge=0, le=180)], ...] = Field(min_length=1, max_length=100)
    """Inclinations, rising, degrees."""
    kg: tuple[tuple[Annotated[float, Field(ge=0, le=MOST_PAYLOAD_KG)], ...], ...]
    """Payload, kg: a row for each altitude, a figure for each inclination."""

    @model_validator(mode="after")
    def _rises_and_fits(self) -> PayloadTable:
        for name in ("altitude_km", "inclination_deg"):
            if not np.all(np.diff(getattr(self, name)) > 0):
                raise ValueError(f"{name} must rise from each value to the next")
        shape = len(self.altitude_km), len(self.inclination_deg)
        if len(self.kg) != shape[0] or any(len(row) != shape[1] for row in self.kg):
            raise ValueError(f"kg must have {shape[0]} rows (altitude_km) of {shape[1]} figures (inclination_deg)")
        return self

    def at(self, altitude_km: float, inclination_deg: float) -> float:
        """Payload to a circular orbit, kg.  Raises `InputError` outside the table."""
        axes = (("altitude_km", altitude_km, "km"), ("inclination_deg", inclination_deg, "degrees"))
        for name, value, unit in axes:
            known = getattr(self, name)
            # A solved inclination may miss the last figure by rounding.
            if not known[0] - 1e-6 <= value <= known[-1] + 1e-6:
                raise InputError(f"the table has {name} from {known[0]:g} to {known[-1]:g} {unit}, not {value:.6g}")
        each = [np.interp(inclination_deg, self.inclination_deg, row) for row in self.kg]
        return float(np.interp(altitude_km, self.altitude_km, each))
