"""Radiation: the shield, what single events do to chips and hosts, how dose wears them, and what softens it."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from sim.parameters import Parameters, Source, cited, cited_parts
from sim.scenario.failure import Name, Recovery


class ProtonCrossSection(Parameters):
    """sigma(E) = saturation (1 - exp(-((E - onset) / width)^shape)), of one chip or host."""

    saturation_cm2: float = Field(ge=1e-20, le=1)
    """Cross-section at high energy, cm^2."""
    onset_mev: float = Field(ge=0, le=1000)
    """Energy below which nothing happens, MeV."""
    width_mev: float = Field(ge=1e-3, le=1000)
    """Width, MeV."""
    shape: float = Field(ge=0.01, le=10)
    """Shape, dimensionless."""


class IonCrossSection(Parameters):
    """The same over the linear energy transfer of heavy ions."""

    saturation_cm2: float = Field(ge=1e-20, le=1)
    """Cross-section at high LET, cm^2."""
    onset_mev_cm2_mg: float = Field(ge=0, le=200)
    """LET below which nothing happens, MeV cm^2/mg."""
    width_mev_cm2_mg: float = Field(ge=1e-3, le=500)
    """Width, MeV cm^2/mg."""
    shape: float = Field(ge=0.01, le=10)
    """Shape, dimensionless."""


class Effect(Parameters):
    """A kind of single event.  Its rate is the sum of what is given: per dose, by protons, by heavy ions."""

    target: Literal["chip", "host"] = "chip"
    """What is hit: a chip, or the host of `satellite.gpus_per_host` chips."""
    rad_per_event: float | None = Field(default=None, ge=1e-3, le=1e15)
    """Dose per event, rad(Si), as beam tests report it."""
    protons: ProtonCrossSection | None = None
    """Cross-section for the trapped and solar protons that pass the shield."""
    heavy_ions: IonCrossSection | None = None
    """Cross-section for galactic heavy ions."""
    scales_with_memory: bool = False
    """Whether the rate grows with `satellite.gpu.hbm_gb`, from `reference_hbm_gb` on, linearly (an assumption)."""
    recovery: Recovery | Literal["late", "none"] = "process_restart"
    """What it takes to go on; `late`: silent corruption, noticed after a while or never; `none`: the chip, or the host
    with its chips, is destroyed."""
    escalation: float = Field(default=0.0, ge=0, le=1)
    """Share of the events that break the chip, or the host, for good."""
    harmful_fraction: float = Field(default=1.0, ge=0, le=1)
    """Share that does anything at all; of silent corruptions most vanish in the noise of training."""

    @model_validator(mode="after")
    def _has_a_rate(self) -> Effect:
        if self.rad_per_event is None and self.protons is None and self.heavy_ions is None:
            raise ValueError("needs rad_per_event, protons or heavy_ions")
        return self


def _beam_effects() -> dict[str, Effect | None]:
    """Google's beam test of a TPU v6e with 67 MeV protons, arXiv 2511.19468 v2: dose per event."""
    return {
        "silent_corruption": Effect(rad_per_event=17.2, recovery="late", harmful_fraction=0.1),
        "memory_error": Effect(rad_per_event=44, scales_with_memory=True),
        "core_error": Effect(rad_per_event=150),
        "host_crash": Effect(rad_per_event=450, target="host", recovery="reboot"),
        "host_memory": Effect(rad_per_event=400, target="host", recovery="reboot"),
        "chip_interrupt": Effect(rad_per_event=5000, recovery="power_cycle"),
        "latch_up": Effect(rad_per_event=150_000, recovery="none"),
    }


_BEAM = "dose per event, TPU v6e under 67 MeV protons: arXiv 2511.19468"
_BEAM_SOURCES = {
    "silent_corruption.rad_per_event": Source(tag="S2", source=f"{_BEAM}, range of v2", low=14.4, high=20),
    "silent_corruption.harmful_fraction": Source(tag="A", source="most vanish in the noise of training"),
    "memory_error.rad_per_event": Source(tag="S2", source=f"{_BEAM}, 50 in v1 and 44 in v2", low=44, high=50),
    "core_error.rad_per_event": Source(tag="S2", source=_BEAM),
    "host_crash.rad_per_event": Source(tag="S2", source=_BEAM),
    "host_memory.rad_per_event": Source(tag="S2", source=_BEAM),
    "chip_interrupt.rad_per_event": Source(tag="S2", source=_BEAM),
    "latch_up.rad_per_event": Source(
        tag="A", source="one in a thousand chip-years at 150 rad a year; none to 30 in a thousand", low=5000
    ),
}


class Mitigation(Parameters):
    """A measure against single events and what it costs."""

    corrects: dict[Name, Annotated[float, Field(ge=0, le=1)]] = Field(default_factory=dict)
    """Share of each effect's events that it makes harmless."""
    detects_silent: float = Field(default=0.0, ge=0, le=1)
    """Share of the silent corruptions left that it notices at once, harmful or not: the step is tried again."""
    throughput_cost: float = Field(default=0.0, ge=0, le=0.999)
    """Share of the throughput that it takes."""


class DoseWear(Parameters):
    """What accumulated dose does to a chip."""

    memory_onset_krad: float = Field(
        default=2.0, ge=1e-3, le=1e9, json_schema_extra=cited("S2", "TPU v6e's memory, arXiv 2511.19468")
    )
    """Dose from which memory errors grow, krad(Si)."""
    memory_growth_per_krad: float = Field(
        default=0.5, ge=0, le=100, json_schema_extra=cited("A", "engineering judgement", 0, 5)
    )
    """Growth of the memory effects' rate beyond it, share of the first rate a krad."""
    derating_per_krad: float = Field(
        default=0.0, ge=0, le=1, json_schema_extra=cited("A", "engineering judgement", 0, 0.05)
    )
    """Share of its frequency that a chip loses a krad beyond the onset."""
    end_median_krad: float = Field(
        default=50.0,
        ge=1e-3,
        le=1e9,
        json_schema_extra=cited("A", "none of one chip's functions failed for good to 15, arXiv 2511.19468", 20, 300),
    )
    """Dose that half of the chips survive, krad(Si)."""
    end_log_spread: float = Field(
        default=0.4, ge=0.01, le=3, json_schema_extra=cited("A", "engineering judgement", 0.2, 0.8)
    )
    """Standard deviation of the logarithm of that dose between chips."""


class Radiation(Parameters):
    """Radiation of the orbit and what it does."""

    trapped_factor: float = Field(
        default=1.0,
        ge=0,
        le=10,
        json_schema_extra=cited("R", "AP-8 and AE-8 are good to a factor of 2 in low orbit", 0.5, 2, "log_uniform"),
    )
    """Factor on AP-8's and AE-8's fluxes."""
    solar_protons: bool = True
    """Whether storms of the Sun occur (JPL-91); they strike all satellites of an orbit at once."""
    largest_storm_cm2: float = Field(
        default=2e10,
        ge=1e3,
        le=1e15,
        json_schema_extra=cited(
            "A",
            "the largest measured was about 5e9; JPL-91's law has no upper end, and half of its mean lies beyond 5e10",
            5e9,
            1e12,
        ),
    )
    """Largest fluence of a storm above 30 MeV, cm^-2."""
    solar_proton_factor: float = Field(default=1.0, ge=0, le=100, json_schema_extra=cited("A", "JPL-91 as it is"))
    """Factor on the fluence of storms."""
    effects: dict[Name, Effect | None] = Field(
        default_factory=_beam_effects, json_schema_extra=cited_parts(_BEAM_SOURCES)
    )
    """Kinds of single event by name.  Those of the beam test stand by default; a name given here changes fields of its
    effect, adds an effect, or with `null` takes one away."""
    reference_hbm_gb: float = Field(default=32.0, ge=1e-3, le=1e6, json_schema_extra=cited("S2", "TPU v6e"))
    """Memory of the chip that the memory effects were measured on, GB."""
    mitigations: dict[Name, Mitigation] = Field(default_factory=dict)
    """Measures by name: error-correcting memory, scrubbing, redundant execution, checksums."""
    wear: DoseWear = DoseWear()
    """What accumulated dose does."""
    reboot_min: float = Field(default=10.0, ge=0, le=1440, json_schema_extra=cited("A", "engineering judgement", 5, 30))
    """What a reboot adds to a job's restart, minutes."""
    power_cycle_min: float = Field(
        default=20.0, ge=0, le=1440, json_schema_extra=cited("A", "engineering judgement", 5, 60)
    )
    """What a power cycle adds to a job's restart, minutes."""
    retry_s: float = Field(default=10.0, ge=0, le=3600, json_schema_extra=cited("A", "engineering judgement"))
    """What a retried step takes, s."""
    detection_delay_h: float = Field(
        default=1.0, ge=0, le=720, json_schema_extra=cited("A", "engineering judgement", 0.1, 24)
    )
    """From a harmful silent corruption to its detection, hours; all work since is rolled back."""

    @property
    def active(self) -> dict[str, Effect]:
        """The effects that occur, by name."""
        return {name: effect for name, effect in self.effects.items() if effect is not None}

    @field_validator("effects", mode="before")
    @classmethod
    def _beside_the_defaults(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        known = {name: None if effect is None else effect.model_dump() for name, effect in _beam_effects().items()}
        for name in value:
            if name not in known and (near := get_close_matches(str(name), known, n=1, cutoff=0.8)):
                raise ValueError(f"{name!r} is no effect: did you mean {near[0]!r}?  A new one needs another name")
        # Changed in place, so that the order, and with it the numbers of causes, stays.
        changed = {
            name: {**(known.get(name) or {}), **given} if isinstance(given, dict) else given
            for name, given in value.items()
        }
        return {**known, **changed}

    @model_validator(mode="after")
    def _mitigations_name_effects(self) -> Radiation:
        for name, measure in self.mitigations.items():
            for effect in measure.corrects:
                if effect not in self.effects:
                    raise ValueError(
                        f"mitigations.{name}.corrects: no effect {effect!r}; there are {sorted(self.effects)}"
                    )
        return self
