"""Figures that claims are measured by and that belong to no scenario: what was said, and what the ground does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field, ValidationError

from sim.claims.claim import Input
from sim.errors import InputError
from sim.parameters import Parameters, Source, cited
from sim.text import nearest

_EPOCH = "Epoch AI, 14 May 2026, quoted"
_CRITIQUE = "a critique of orbital data centres, quoted: it counts with the Space Station's arrays and radiators"
_SAID = "as claimed; what the answer is measured by"


def _figure(default: float, source: dict[str, Any]) -> Any:
    return Field(default=default, ge=0, le=1e15, json_schema_extra=source)


class Figures(Parameters):
    """Each with its source and, where it is not the claim itself, the range in which it is believed to lie."""

    # Energy
    claimed_energy_gain: float = _figure(5, cited("S", _SAID))
    """Energy of an array in orbit over that of one on the ground."""
    claimed_energy_gain_at_most: float = _figure(8, cited("S", _SAID))
    """The same, "up to"."""
    ground_capacity_factor: float = _figure(
        0.244, cited("S", "mean of utility solar plants in the United States, as sold: EIA", 0.17, 0.30)
    )
    """Energy that a solar plant sells over what its inverters could pass, 0 to 1."""
    ground_dc_ac_ratio: float = _figure(1.34, cited("R", "panels over inverters of plants built lately", 1.2, 1.5))
    """Rated power of panels over that of the inverters behind them."""
    ground_power_usd_per_kw_year_low: float = _figure(570, cited("S2", "Suncatcher paper, arXiv 2511.19468"))
    """Least that power costs a data centre on the ground, USD per kW and year."""
    ground_power_usd_per_kw_year_high: float = _figure(3000, cited("S2", "Suncatcher paper, arXiv 2511.19468"))
    """Most that it costs."""
    claimed_parity_usd_per_kg: float = _figure(200, cited("S2", f"Suncatcher paper, arXiv 2511.19468: {_SAID}"))
    """Launch price at which orbit is said to compete."""
    power_usd_per_kwh: float = _figure(0.07, cited("S", _EPOCH, 0.06, 0.25))
    """Price of electricity on the ground."""
    pue: float = _figure(1.2, cited("S", f"power of a data centre over that of its computers: {_EPOCH}", 1.09, 1.4))
    """Power usage effectiveness on the ground."""
    cooling_plant_usd_per_kw: float = _figure(
        2000, cited("A", "15 to 25 % of what construction costs without computers", 400, 3000)
    )
    """Chillers, towers and pumps on the ground, USD for each kW of computers."""

    # The critique
    critique_gpus: float = _figure(100_000, cited("S", _CRITIQUE))
    """GPUs that are to be carried."""
    critique_m2_per_gpu: float = _figure(12.5, cited("C", f"2,500 m^2 for 200 GPUs: {_CRITIQUE}"))
    """Array of a GPU, m^2."""
    critique_station_m2: float = _figure(2500, cited("S", _CRITIQUE))
    """Array of the Space Station, m^2."""
    critique_heat_kw: float = _figure(16, cited("S", _CRITIQUE))
    """Heat to be rejected, kW."""
    critique_radiator_m2: float = _figure(42.5, cited("S", _CRITIQUE))
    """Radiator that this is said to need, m^2."""
    critique_radiator_c: float = _figure(20, cited("C", "42.5 m^2 for 16 kW is one side at 20 C, emittance .9"))
    """Temperature of that radiator, degrees C."""
    critique_emittance: float = _figure(0.9, cited("C", "as above"))
    """Its emittance."""
    critique_ground_gb_s: float = _figure(1, cited("S2", "radio to the ground: a critique, quoted"))
    """Link to the ground, Gbit/s."""
    critique_rack_gb_s: float = _figure(100, cited("S2", "rack to rack: a critique, quoted"))
    """Link between racks on the ground, Gbit/s."""
    tolerable_loss: float = _figure(
        0.1, cited("A", "as much as a large job on the ground loses to failures, checkpoints and restarts", 0.05, 0.2)
    )
    """Share of its time that a training job may lose to one cause before that sinks it."""

    # Scale
    claimed_kw_per_tonne: float = _figure(100, cited("S", f"SpaceX, quoted: {_SAID}"))
    """Computing power of a satellite over its mass, kW/t."""
    claimed_launch_gw_per_year: float = _figure(
        200, cited("S", "a few hundred GW a year by February 2031; 100 in the S-1 of 20 May 2026", 100, 400)
    )
    """Computing power launched in a year."""
    earth_compute_gw: float = _figure(22.5, cited("P", "20 to 25 GW of computers in February 2026", 20, 25))
    """Computing power on the ground."""
    starship_flights_per_year: float = _figure(
        145,
        cited(
            "R", "25 + 44 + 76 flights a year are allowed at three sites; 12: a slow start", 12, 10_000, "log_uniform"
        ),
    )
    """Flights of the vehicle of spacex_ai1 that carry its satellites."""
    factory_satellites_per_year: float = _figure(6700, cited("S", "AI1, as unveiled on 8 June 2026"))
    """What the factory makes."""
    claimed_gw_2030: float = _figure(200, cited("S", f"data centres in 2030: {_SAID}"))
    """Power of data centres."""
    ground_usd_per_gw: float = _figure(
        38e9,
        cited(
            "P",
            f"26 of it computers, 12 construction: {_EPOCH}; low: construction at $2.7M/MW, draft of SpaceX's S-1; "
            "high: $1.4T for 30 GW",
            28.7e9,
            46.7e9,
        ),
    )
    """Capital of a GW of computers on the ground."""
    ground_tco_usd_per_gw_year: float = _figure(8.5e9, cited("P", f"capital and operations: {_EPOCH}"))
    """What a GW of computers costs in a year, capital included."""
    ground_gpus_per_gw: float = _figure(330_000, cited("P", f"GB300: {_EPOCH}"))
    """GPUs of a GW on the ground."""
    published_orbit_usd_per_gw: float = _figure(170e9, cited("X", "Wood Mackenzie, 2026"))
    """Capital of a GW in orbit, as another published it."""
    claimed_budget_usd: float = _figure(1.4e12, cited("S", "over eight years: what was announced"))
    """Money."""
    claimed_budget_years: float = _figure(8, cited("S", "what was announced"))
    """Years over which it is spent."""
    claimed_budget_gw: float = _figure(30, cited("S", "what was announced for it"))
    """What it buys on the ground."""
    campus_gw: float = _figure(1.5, cited("S", "a campus as built lately"))
    """Power of a campus whose building is timed."""
    campus_months: float = _figure(18, cited("S", "1.5 GW in 18 months", 12, 30))
    """From decision to useful power on the ground, with power at hand."""
    grid_queue_months: float = _figure(
        60, cited("S", "over five years: LBNL's study of interconnection queues", 36, 84)
    )
    """Wait for a connection to the grid."""
    ground_availability: float = _figure(
        0.95, cited("A", "GPUs that work over GPUs installed, with technicians at hand", 0.9, 0.98)
    )
    """Share of its GPU-hours that a hall on the ground has at work."""

    # Maintenance
    published_early_failure: float = _figure(
        0.1, cited("S", "share of satellites that fail early in the estimate quoted")
    )
    """Early failures of a fleet that nobody maintains."""
    published_yearly_failures: float = _figure(0.06, cited("S", "4 to 9 % a year in the estimate quoted", 0.04, 0.09))
    """Failures after that, a year."""
    published_replacement_t_low: float = _figure(5.3, cited("S", "Turyshev, quoted"))
    """Least mass of replacements, t per MW and year."""
    published_replacement_t_high: float = _figure(9, cited("S", "Turyshev, quoted"))
    """Most."""
    heavy_infant_loss: float = _figure(
        0.1, cited("A", "GPUs that fail in their first months without burn-in, at worst", 0.02, 0.15)
    )
    """Infant mortality of GPUs that nobody has burnt in."""

    # Price
    claimed_parity_year: float = _figure(2028.6, cited("S", "36 months, probably closer to 30, from February 2026"))
    """Year in which orbit is said to be the cheapest place."""
    future_launch_usd_per_kg: float = _figure(
        200,
        cited("S2", "460 without reuse, under 15 with a hundred reuses: Suncatcher paper, arXiv 2511.19468", 15, 460),
    )
    """Launch by the kilogram on a vehicle that is used again and again."""
    satellite_progress_ratio: float = _figure(0.85, cited("A", "aerospace series: 85 %", 0.8, 0.95))
    """Price of a satellite without its chips after each doubling of the number built, over that before."""
    satellites_built_before: float = _figure(
        1000, cited("A", "prices by part are for series by the thousand", 100, 10_000, "log_uniform")
    )
    """Satellites like these that had been built when their price was right."""
    long_life_years: float = _figure(10, cited("S", "with robots, after 2032: SemiAnalysis, 3 June 2026", 5, 10))
    """Design life of satellites to come."""
    published_ground_usd_per_gpu_hour: float = _figure(2.49, cited("S", "SemiAnalysis, 3 June 2026"))
    """A GPU-hour on the ground, as published."""
    published_orbit_usd_per_gpu_hour: float = _figure(10.91, cited("S", "SemiAnalysis, 3 June 2026"))
    """A GPU-hour in orbit, as published."""

    @classmethod
    def with_settings(cls, settings: Sequence[str]) -> Figures:
        """The figures, some of them set: `name=value`.  Raises `InputError` for what cannot be."""
        given: dict[str, str] = {}
        for setting in settings:
            name, _, value = setting.partition("=")
            if name not in cls.model_fields:
                raise InputError(f"--set claims:{setting}: no such figure{nearest(name, list(cls.model_fields))}")
            given[name] = value
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            first = error.errors()[0]
            raise InputError(f"--set claims:{first['loc'][0]}={first['input']}: {first['msg']}") from None

    def input(self, name: str) -> Input:
        """A figure with its source, as an input; one that was set has none."""
        field, value = type(self).model_fields[name], float(getattr(self, name))
        path = f"claims:{name}"
        if value != field.default:
            return Input(path, value, None, "set by --set, no source given")
        assert isinstance(field.json_schema_extra, dict)
        source = Source.model_validate(field.json_schema_extra["source"])
        return Input(path, value, source.tag, source.source, source.low, source.high, source.law)
