"""A model to be trained: what it weighs, what a step and the whole training take."""

from __future__ import annotations

from pydantic import Field, model_validator

from sim.parameters import Parameters, cited

FLOPS_PER_TOKEN = 6.0
"""Operations of training, a parameter and token, forward and backward (Kaplan 2020, arXiv 2001.08361)."""
PARAMETERS_PER_LAYER = 12.0
"""Times the square of the width: attention and a feed-forward part four times as wide (Narayanan 2021, arXiv
2104.04473)."""
WIDTH_TO_DEPTH = 128.0
"""16,384 to 126 in Llama 3 405B, 8,192 to 80 in 70B (arXiv 2407.21783)."""


class Model(Parameters):
    """A dense model and its training: state, gradients, step time and work of a job follow from it."""

    parameters: float = Field(ge=1e3, le=1e17)
    """Parameters that a token meets; of a sparse model those active."""
    bytes_per_parameter: float = Field(
        default=2.0, ge=0.25, le=16, json_schema_extra=cited("P", "bfloat16, as in Llama 3: arXiv 2407.21783", 1, 4)
    )
    """Weights and gradients, bytes a parameter."""
    optimiser_bytes_per_parameter: float = Field(
        default=14.0,
        ge=0,
        le=64,
        json_schema_extra=cited("R", "Adam in mixed precision holds 16 in all: ZeRO, arXiv 1910.02054", 8, 16),
    )
    """What a checkpoint holds beside the weights, bytes a parameter: moments, a full-precision copy, gradients."""
    tokens: float | None = Field(default=None, ge=1, le=1e20)
    """Tokens to train on; none, and no `flops`: the job goes on to the end of the mission."""
    flops: float | None = Field(default=None, ge=1, le=1e30)
    """Operations of the training in place of its tokens."""
    tokens_per_step: float = Field(
        default=16e6, ge=1, le=1e15, json_schema_extra=cited("P", "Llama 3 405B: arXiv 2407.21783", 1e6, 64e6)
    )
    """Global batch, tokens."""
    mfu: float = Field(
        default=0.4,
        ge=1e-4,
        le=1,
        json_schema_extra=cited("P", "Llama 3 405B, .38 to .43: arXiv 2407.21783", 0.3, 0.55),
    )
    """Share of a GPU's peak that it reaches while it computes: what talking between satellites costs comes on top."""

    layers: int | None = Field(default=None, gt=0, le=1_000_000)
    """Layers; none: as many as a model of this size has whose width is `WIDTH_TO_DEPTH` times their number."""
    width: int | None = Field(default=None, gt=0, le=100_000_000)
    """Activations that a token has between two layers; none: by parameters and layers."""

    @model_validator(mode="after")
    def _one_amount_of_work(self) -> Model:
        if self.tokens is not None and self.flops is not None:
            raise ValueError(f"tokens ({self.tokens:g}) and flops ({self.flops:g}) both say how much work: give one")
        return self

    @property
    def shape(self) -> tuple[float, float]:
        """(layers, width): as given, else of a model with 12 parameters a layer and square of its width."""
        layers = self.layers or (self.parameters / (PARAMETERS_PER_LAYER * WIDTH_TO_DEPTH**2)) ** (1 / 3)
        return layers, self.width or (self.parameters / (PARAMETERS_PER_LAYER * layers)) ** 0.5

    @property
    def state_gb(self) -> float:
        """What a checkpoint holds, GB."""
        return self.parameters * (self.bytes_per_parameter + self.optimiser_bytes_per_parameter) / 1e9

    @property
    def gradient_gb(self) -> float:
        """Gradients of a step, GB."""
        return self.parameters * self.bytes_per_parameter / 1e9

    @property
    def flops_per_token(self) -> float:
        """Operations of training on one token."""
        return FLOPS_PER_TOKEN * self.parameters

    def tokens_per_gpu_hour(self, peak_pflops: float) -> float:
        """Tokens that a GPU of this peak trains on in an hour of computing."""
        return 3600 * peak_pflops * 1e15 * self.mfu / self.flops_per_token

    def step_s(self, gpus: int, peak_pflops: float) -> float:
        """Computation of one step on so many GPUs, s."""
        return self.tokens_per_step / (gpus * self.tokens_per_gpu_hour(peak_pflops)) * 3600

    def gpu_hours(self, peak_pflops: float) -> float | None:
        """Work of the whole training, GPU-hours; none where it has no end."""
        tokens = self.tokens if self.flops is None else self.flops / self.flops_per_token
        return None if tokens is None else tokens / self.tokens_per_gpu_hour(peak_pflops)
