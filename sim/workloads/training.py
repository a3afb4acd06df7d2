"""Gang training jobs: all GPUs of the gang compute together, and one failure stops them all."""

from __future__ import annotations

from math import ceil
from typing import Annotated, Literal

from pydantic import Field, model_validator

from sim.constants import MINUTES_PER_DAY
from sim.parameters import Label, Parameters, cited
from sim.workloads.checkpoint import Rhythm, optimum_interval

_SECOND = 1 / 86400
MOST_JOBS = 200_000
"""Jobs of all descriptions: a kilobyte each, and a look at each that waits whenever there is room."""


class TrainingJob(Parameters):
    """A synchronous training job on a gang of GPUs, with checkpoints.

    The GPUs of a gang lie on satellites of one plane; any of them will do.  When one fails the work since the last
    checkpoint is lost; the gang takes an idle GPU of its plane and restarts, or does what `on_loss` says.  Under the
    eclipse policy `pause` the gang computes while all its satellites are in light.
    """

    kind: Literal["training"] = "training"
    name: Label = "training"
    """What the job is called."""
    count: Annotated[int, Field(gt=0, le=MOST_JOBS)] | Literal["fill"] = 1
    """Equal, independent jobs of this description; `fill`: as many as the nameplate's GPUs hold beside the jobs above
    it in the list, each gang in one plane.  `describe` says how many."""
    gpus: int = Field(gt=0, le=1_000_000_000)
    """GPUs of one gang."""
    on_loss: Literal["elastic", "wait", "restart_elsewhere"] = "elastic"
    """What a gang does that lost GPUs for which none are idle in its plane.  `elastic`: it goes on with fewer, by whole
    replicas, and grows back when GPUs are free; its work per hour falls accordingly.  `wait`: it keeps what it has and
    waits in its plane for the others.  `restart_elsewhere`: it gives back all and queues for another place."""
    replica_gpus: int = Field(default=1, gt=0, le=1_000_000_000)
    """GPUs that hold one copy of the model (tensor times pipeline parallel): an elastic gang has whole copies."""
    least_fraction: float = Field(
        default=0.5, ge=0, le=1, json_schema_extra=cited("A", "engineering judgement", 0.1, 1)
    )
    """Share of `gpus` below which an elastic gang neither starts nor goes on."""
    growth_fraction: float = Field(
        default=0.01, ge=0, le=1, json_schema_extra=cited("A", "a restart must pay for itself", 0, 0.1)
    )
    """Share of `gpus` that must be idle, or all that it lacks, before an elastic gang restarts with more."""
    work_gpu_hours: float | None = Field(default=None, ge=1e-6, le=1e15)
    """Work of one job in GPU-hours; none: it goes on to the end of the mission."""
    priority: int = Field(default=0, ge=-1000, le=1000)
    """The higher, the more urgent: the scheduler `priority` looks at it."""
    arrival_day: float = Field(default=0.0, ge=0, le=36525)
    """Mission day on which the job joins the queue."""
    checkpoint_interval_min: Annotated[float, Field(ge=1e-3, le=1e7)] | Literal["optimum"] = "optimum"
    """Compute between two checkpoints, minutes; `optimum`: Daly's exact optimum for the gang's mean failure rate."""
    checkpoint_write_min: float = Field(
        default=1.0,
        ge=0,
        le=1440,
        json_schema_extra=cited(
            "S",
            "405B parameters on 8,960 GPUs: saved in 51 s, blocked for .59 s (ByteCheckpoint, arXiv 2407.20143)",
            0.01,
            1,
        ),
    )
    """Writing one checkpoint, minutes."""
    restart_min: float = Field(
        default=10.0,
        ge=0,
        le=14400,
        json_schema_extra=cited(
            "S2", "under 10 min to diagnose, under 15 more to catch up: MegaScale, arXiv 2402.15627", 10, 25
        ),
    )
    """From an interruption, or the end of a pause, to computing again, minutes: detection, swap, load."""
    gradient_gb: float = Field(default=0.0, ge=0, le=1e9)
    """Gradients that all GPUs sum up in a step, GB; 0: talking costs nothing.  2 bytes a parameter."""
    step_compute_s: float = Field(default=10.0, ge=1e-6, le=1e6, json_schema_extra=cited("A", "engineering judgement"))
    """Computation of one step, s."""
    overlap: float = Field(default=0.5, ge=0, le=1, json_schema_extra=cited("A", "engineering judgement", 0, 0.9))
    """Share of the communication that can run behind computation."""
    local_steps: int = Field(default=1, gt=0, le=1_000_000_000)
    """Steps between two exchanges: 1 synchronous, 500 in low-communication training (DiLoCo, arXiv 2311.08105)."""
    failures_during_restart: bool = True
    """Whether a failure during a restart begins the restart anew."""

    def rhythm(self, mtbf_days: float) -> Rhythm:
        """The gang's checkpoint rhythm, given its mean time between failures."""
        write = self.checkpoint_write_min / MINUTES_PER_DAY
        if self.checkpoint_interval_min == "optimum":
            # A checkpoint that costs nothing would be written all the time: every second is as good.
            interval = optimum_interval(mtbf_days, max(write, _SECOND)) if mtbf_days < float("inf") else 1.0
        else:
            interval = self.checkpoint_interval_min / MINUTES_PER_DAY
        return Rhythm(interval, write, self.restart_min / MINUTES_PER_DAY)

    @property
    def least_gpus(self) -> int:
        """GPUs on which it starts and goes on if there are no more."""
        if self.on_loss != "elastic":
            return self.gpus
        replicas = max(1, ceil(self.least_fraction * self.gpus / self.replica_gpus - 1e-9))
        return replicas * self.replica_gpus

    @property
    def least_growth(self) -> int:
        """GPUs for which an elastic gang restarts with more, unless they are all that it lacks."""
        return max(self.replica_gpus, ceil(self.growth_fraction * self.gpus - 1e-9))

    def size_with(self, available: int) -> int:
        """GPUs on which it runs where so many can be had; 0: it does not."""
        size = min(self.gpus, available // self.replica_gpus * self.replica_gpus)
        return size if size >= self.least_gpus else 0

    @model_validator(mode="after")
    def _is_made_of_replicas(self) -> TrainingJob:
        if self.gpus % self.replica_gpus:
            raise ValueError(f"gpus ({self.gpus}) must be a multiple of replica_gpus ({self.replica_gpus})")
        return self
