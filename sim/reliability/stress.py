"""Stress that paces a unit's own clock: heat (Arrhenius) and thermal cycles (Norris-Landzberg)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, model_validator

from sim.constants import BOLTZMANN_EV_PER_K, CELSIUS_ZERO_K
from sim.parameters import Parameters, cited

Floats = NDArray[np.float64]


def arrhenius_factor(use_c: ArrayLike, reference_c: ArrayLike, activation_energy_ev: float) -> Floats:
    """Acceleration of a unit at `use_c` over one at `reference_c`: exp(Ea/k (1/Tref - 1/Tuse)).

    55 to 85 degrees C at .7 eV: 7.95 (JEDEC JESD85, section 4).
    """
    reference_k = np.asarray(reference_c, float) + CELSIUS_ZERO_K
    use_k = np.asarray(use_c, float) + CELSIUS_ZERO_K
    return np.asarray(np.exp(activation_energy_ev / BOLTZMANN_EV_PER_K * (1 / reference_k - 1 / use_k)))


def norris_landzberg_factor(
    swing_k: ArrayLike,
    cycles_per_day: ArrayLike,
    peak_c: ArrayLike,
    *,
    reference_swing_k: float,
    reference_cycles_per_day: float,
    reference_peak_c: float,
    swing_exponent: float = 2.65,
    frequency_exponent: float = 0.136,
    temperature_k: float = 2185.0,
) -> Floats:
    """Damage of one cycle over that of a reference cycle: (dT/dT0)^n (f0/f)^m exp(2185 K (1/Tmax0 - 1/Tmax)).

    Norris & Landzberg 1969 (doi 10.1147/rd.133.0266); n 2.65, m .136, 2185 K for lead-free SAC solder (Pan et al. 2005)
    [R], 1.9, 1/3, 1414 K for tin-lead.  0 where there is no cycle.
    """
    swing, cycles = np.maximum(np.asarray(swing_k, float), 0.0), np.asarray(cycles_per_day, float)
    peak_k = np.asarray(peak_c, float) + CELSIUS_ZERO_K
    slower = reference_cycles_per_day / np.where(cycles > 0, cycles, 1.0)
    heat = np.exp(temperature_k * (1 / (reference_peak_c + CELSIUS_ZERO_K) - 1 / peak_k))
    factor = (swing / reference_swing_k) ** swing_exponent * slower**frequency_exponent * heat
    return np.where(cycles > 0, factor, 0.0)


class Stress(Parameters):
    """The conditions for which lifetime laws of electronics hold, and what others do to their clock.

    pace = thermal_share Arrhenius(junction) + cycling_share (cycles / reference cycles) Norris-Landzberg(swing) + the
    rest, which neither moves: 1 at the reference conditions.
    """

    thermal_share: float = Field(
        default=0.4,
        ge=0,
        le=1,
        json_schema_extra=cited(
            "A", "heat drives part of what fails: handling, firmware and infant defects do not follow it", 0.3, 0.5
        ),
    )
    """Share of the clock that temperature drives; 0: temperature does nothing."""

    activation_energy_ev: float = Field(
        default=0.7, ge=0, le=2, json_schema_extra=cited("A", "engineering judgement", 0.3, 1.1)
    )
    """Arrhenius activation energy, eV; 0: temperature does nothing."""
    reference_junction_c: float = Field(
        default=80.0, ge=-50, le=200, json_schema_extra=cited("A", "an accelerator on the ground under load", 55, 90)
    )
    """Junction temperature for which the laws hold, degrees C."""
    cycling_share: float = Field(default=0.1, ge=0, le=1, json_schema_extra=cited("A", "engineering judgement", 0, 0.5))
    """Share of the clock that thermal cycles drive at the reference conditions; 0: cycles do nothing."""
    reference_cycles_per_day: float = Field(
        default=1.0, ge=1e-3, le=1e4, json_schema_extra=cited("A", "engineering judgement")
    )
    """Cycles for which the laws hold, 1/day."""
    reference_swing_k: float = Field(
        default=40.0, ge=1, le=500, json_schema_extra=cited("A", "engineering judgement", 20, 60)
    )
    """Their swing at the junction, K."""
    swing_exponent: float = Field(
        default=2.65, ge=0, le=10, json_schema_extra=cited("R", "lead-free SAC; 1.9 for tin-lead")
    )
    """Norris-Landzberg n."""
    frequency_exponent: float = Field(
        default=0.136, ge=0, le=1, json_schema_extra=cited("R", "lead-free SAC; 1/3 for tin-lead")
    )
    """Norris-Landzberg m."""
    temperature_k: float = Field(
        default=2185.0, ge=0, le=10_000, json_schema_extra=cited("R", "lead-free SAC; 1414 for tin-lead")
    )
    """Norris-Landzberg temperature, K."""

    @model_validator(mode="after")
    def _shares_leave_no_debt(self) -> Stress:
        if self.thermal_share + self.cycling_share > 1 + 1e-9:
            raise ValueError(
                f"thermal_share ({self.thermal_share:g}) and cycling_share ({self.cycling_share:g}) must "
                "not exceed 1 together"
            )
        return self

    def pace(
        self, junction_c: ArrayLike, swing_k: ArrayLike, cycles_per_day: ArrayLike, cycled: ArrayLike = 1.0
    ) -> Floats:
        """Effective days a day; broadcasts.  `cycled`: share of the days that have the cycles; the others have none."""
        heat = arrhenius_factor(junction_c, self.reference_junction_c, self.activation_energy_ev)
        fatigue = norris_landzberg_factor(
            swing_k,
            cycles_per_day,
            junction_c,
            reference_swing_k=self.reference_swing_k,
            reference_cycles_per_day=self.reference_cycles_per_day,
            reference_peak_c=self.reference_junction_c,
            swing_exponent=self.swing_exponent,
            frequency_exponent=self.frequency_exponent,
            temperature_k=self.temperature_k,
        )
        cycle_ratio = np.asarray(cycles_per_day, float) / self.reference_cycles_per_day * np.asarray(cycled, float)
        rest = 1 - self.thermal_share - self.cycling_share
        return np.asarray(self.thermal_share * heat + self.cycling_share * cycle_ratio * fatigue + rest)
