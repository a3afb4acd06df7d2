"""Gang training jobs: all GPUs of the gang compute together, and one failure stops them all."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Annotated, Literal

from pydantic import Field, model_validator

from sim.constants import MINUTES_PER_DAY, SECONDS_PER_DAY
from sim.parameters import Label, Parameters, cited
from sim.workloads.checkpoint import Rhythm, daly_interval, optimum_interval, young_interval
from sim.workloads.model import Model

SHORTEST_BLOCK_DAYS = 0.01 / SECONDS_PER_DAY
"""Below this a checkpoint costs nothing, and would be written all the time."""
DEFAULT_DURABLE_S = 51.0
"""A save, s: 405B parameters on 8,960 GPUs (ByteCheckpoint, arXiv 2407.20143) [S]."""
DEFAULT_STEP_S = 10.0
"""Computation of one step, s [A]."""
STANDBY_GAIN = 10.9
"""By which a warm standby is faster than requeueing (ByteRobust, arXiv 2509.16293) [S2]."""
MOST_JOBS = 200_000
"""Jobs of all descriptions: a kilobyte each, and a look at each that waits whenever there is room."""


Best = Literal["optimum", "exact", "daly", "young"]
"""Ways to choose a checkpoint interval."""
BY_MEAN_RATE: dict[Best, Callable[[float, float], float]] = {
    "optimum": optimum_interval,
    "exact": optimum_interval,
    "daly": daly_interval,
    "young": young_interval,
}
"""What they choose where interruptions come evenly, by mean time between them and blocking time."""


class TrainingJob(Parameters):
    """A synchronous training job on a gang of GPUs, with checkpoints.

    The GPUs of a gang lie on any satellites of one plane, or all on one (`within`); those of a job that no plane holds
    over the planes of a shell, where `satellite.links.cross_plane` joins them.  When one fails the work since the last
    checkpoint is lost; the gang takes an idle GPU from there and restarts, or does what `on_loss` says.  Under the
    eclipse policy `pause` the gang computes while all its satellites are in light.
    """

    kind: Literal["training"] = "training"
    name: Label = "training"
    """What the job is called."""
    count: Annotated[int, Field(gt=0, le=MOST_JOBS)] | Literal["fill"] = 1
    """Equal, independent jobs of this description; `fill`: as many as the nameplate's GPUs hold beside the jobs above
    it in the list, each gang in one plane or over joined ones.  `describe` says how many."""
    gpus: int = Field(gt=0, le=1_000_000_000)
    """GPUs of one gang."""
    within: Literal["satellite", "plane"] = "plane"
    """Where all GPUs of a gang lie: on one satellite, so that it talks over no link between satellites, or on any
    satellites of one plane."""
    on_loss: Literal["elastic", "wait", "restart_elsewhere"] = "elastic"
    """What a gang does that lost GPUs for which none are idle there.  `elastic`: it goes on with fewer, by whole
    replicas, and grows back when GPUs are free; its work per hour falls accordingly.  `wait`: it keeps what it has and
    waits in its plane for the others.  `restart_elsewhere`: it gives back all and queues for another place."""
    hot_spares: int = Field(default=0, ge=0, le=1_000_000)
    """GPUs of its plane that a gang at full size holds idle and warm beside its own: taken at its start as far as there
    are any, and again as GPUs come free.  On a loss they step in at once, before it takes idle GPUs, shrinks or waits;
    what it loses since its last checkpoint is the same."""
    swap_s: float | None = Field(default=None, ge=0, le=864_000)
    """Restart where hot spares take the place of all GPUs lost, in place of `detection_s` and `restart_min`, s; loading
    as there.  None: `restart_min` / 10.9, by which a warm standby is faster than a new place in the queue (ByteRobust,
    arXiv 2509.16293)."""
    on_planned_removal: Literal["migrate", "interrupt"] = "migrate"
    """What a gang does when a satellite of it leaves by plan (the end of its life, a successor, lowering, exchange of
    living GPUs).  `migrate`: it saves its state before, and the share of the satellite goes over the links to others:
    that takes a checkpoint, a restart and the transfer, and no work.  `interrupt`: it is stopped as by a failure."""
    tensor_parallel: int = Field(default=1, gt=0, le=1_000_000)
    """GPUs that share each layer of a copy of the model.  Within a satellite their talk is part of the model's `mfu`;
    beyond it each layer waits for the links."""
    pipeline_parallel: int = Field(default=1, gt=0, le=1_000_000)
    """Stages that the layers of a copy are parted into; tensor x pipeline GPUs hold one copy of the model, and an
    elastic gang has whole copies."""
    least_fraction: float = Field(
        default=0.5, ge=0, le=1, json_schema_extra=cited("A", "engineering judgement", 0.1, 1)
    )
    """Share of `gpus` below which an elastic gang neither starts nor goes on."""
    growth_fraction: float = Field(
        default=0.01, ge=0, le=1, json_schema_extra=cited("A", "a restart must pay for itself", 0, 0.1)
    )
    """Share of `gpus` that must be idle, or all that it lacks, before an elastic gang restarts with more."""
    model: Model | None = None
    """What is trained: size of the state, gradients, step time, work and what saving and loading take follow from it,
    where they are not given."""
    work_gpu_hours: float | None = Field(default=None, ge=1e-6, le=1e15)
    """Work of one job in GPU-hours; none: that of the model, or else it goes on to the end of the mission."""
    priority: int = Field(default=0, ge=-1000, le=1000)
    """The higher, the more urgent: the scheduler `priority` looks at it."""
    arrival_day: float = Field(default=0.0, ge=0, le=36525)
    """Mission day on which the job joins the queue."""
    arrives_every_days: float | None = Field(default=None, ge=1e-6, le=36525)
    """Mean days between the arrivals of the jobs of this description from `arrival_day` on, a Poisson process; none:
    all arrive at once."""
    deadline_days: float | None = Field(default=None, ge=0, le=36525)
    """Days after its arrival by which a job should be done; none: it has no deadline."""
    checkpoint_interval_min: Annotated[float, Field(ge=1e-3, le=1e7)] | Best = "optimum"
    """Compute between two checkpoints, minutes; or the best for the gang's interruptions in the month to come: as they
    come in passes (`optimum`), or at their mean rate, exactly (`exact`) or by the estimates of `daly` and `young`.
    Stretched where the next save would begin before the last is durable."""
    checkpoint_block_s: float = Field(
        default=0.59,
        ge=0,
        le=86_400,
        json_schema_extra=cited(
            "S", "405B parameters on 8,960 GPUs: blocked for .59 s (ByteCheckpoint, arXiv 2407.20143)", 0.2, 60
        ),
    )
    """Computing stands still for one checkpoint, s."""
    checkpoint_durable_s: float | None = Field(default=None, ge=0, le=1e7)
    """From the start of a save to the moment from which it can be restored, s; at least `checkpoint_block_s`.  An
    interruption before takes the job back to the checkpoint before; a planned stop waits for it.  None: from the size
    of the checkpoint and the rate to where it goes (`checkpoint_to`); 51 where the size is not known (ByteCheckpoint,
    arXiv 2407.20143)."""
    checkpoint_gb: float | None = Field(default=None, ge=0, le=1e12)
    """State that a checkpoint holds, GB; none: that of the model, if there is one."""
    checkpoint_to: Literal["local", "peer", "ground"] = "peer"
    """Where checkpoints live: in the satellite's own storage, on other satellites, on the ground."""
    peer_replicas: int = Field(default=1, ge=1, le=64)
    """Other satellites of the gang that hold a copy of each one's share, under `checkpoint_to: peer`; a gang of no more
    satellites than copies keeps some outside itself.  What a soft error stops loads its own share again; what replaces
    a satellite loads that one's from a replica."""
    ground_checkpoint_h: float | None = Field(
        default=24.0, ge=0.01, le=1e6, json_schema_extra=cited("A", "engineering judgement", 6, 168)
    )
    """Time between copies for the ground, on which a job falls back when its satellites do not hold every share of its
    state any more, hours; stretched until the last copy has arrived.  None: it falls back on its beginning."""
    detection_s: float = Field(
        default=0.0, ge=0, le=86_400, json_schema_extra=cited("A", "0: within restart_min", 0, 600)
    )
    """From an interruption that is not planned to the moment at which it is noticed, s; `restart_min` follows.  Silent
    corruption has its own, `radiation.detection_delay_h`."""
    restart_min: float = Field(
        default=10.0,
        ge=0,
        le=14400,
        json_schema_extra=cited(
            "S2", "under 10 min to diagnose, under 15 more to catch up: MegaScale, arXiv 2402.15627", 10, 25
        ),
    )
    """From an interruption, or the end of a pause, to computing again, minutes: swap, start; loading too where the
    size of the checkpoint is not known, and else without it."""
    gradient_gb: float | None = Field(default=None, ge=0, le=1e9)
    """Gradients that all GPUs sum up in a step, GB, 2 bytes a parameter; 0: talking costs nothing.  None: the model's;
    without one 0."""
    step_compute_s: float | None = Field(default=None, ge=1e-6, le=1e6)
    """Computation of one step, s; none: the model's; without one 10, an assumption."""
    overlap: float = Field(default=0.5, ge=0, le=1, json_schema_extra=cited("A", "engineering judgement", 0, 0.9))
    """Share of the communication that can run behind computation."""
    local_steps: int = Field(default=1, gt=0, le=1_000_000_000)
    """Steps between two exchanges: 1 synchronous, 500 in low-communication training (DiLoCo, arXiv 2311.08105)."""
    in_passes: Literal["compute", "checkpoint", "pause", "best"] = "compute"
    """What a gang that flies together does about passes of the South Atlantic Anomaly, which are known beforehand:
    `checkpoint` as each begins, `pause` until it is over, or `best`: pause through those in which more is expected to
    be lost than a pause takes."""
    in_storms: Literal["compute", "checkpoint", "pause", "best"] = "compute"
    """Likewise about solar storms, of which it is warned; they last days."""
    resume_s: float = Field(
        default=30.0, ge=0, le=86400, json_schema_extra=cited("A", "loading the state again", 5, 600)
    )
    """From the end of a pass or storm to computing again, s."""
    failures_during_restart: bool = True
    """Whether a failure during a restart begins the restart anew."""

    @model_validator(mode="after")
    def _durable_after_the_block(self) -> TrainingJob:
        durable = self.checkpoint_durable_s
        if durable is not None and durable < self.checkpoint_block_s:
            raise ValueError(
                f"checkpoint_durable_s ({durable:g}) must be at least checkpoint_block_s "
                f"({self.checkpoint_block_s:g}): both count from the start of the save"
            )
        return self

    def rhythm(self, mtbf_days: float, durable_s: float, load_s: float = 0.0) -> Rhythm:
        """The gang's checkpoint rhythm, given its mean time between failures.

        `durable_s`, `load_s`: see `JobFigures`.
        """
        write = self.checkpoint_block_s / SECONDS_PER_DAY
        lag = durable_s / SECONDS_PER_DAY - write
        if isinstance(self.checkpoint_interval_min, str):
            best, costs = BY_MEAN_RATE[self.checkpoint_interval_min], max(write, SHORTEST_BLOCK_DAYS)
            interval = best(mtbf_days, costs) if mtbf_days < float("inf") else 1.0
        else:
            interval = self.checkpoint_interval_min / MINUTES_PER_DAY
        restart = self.restart_min / MINUTES_PER_DAY + load_s / SECONDS_PER_DAY
        return Rhythm(max(interval, lag), write, restart, lag)

    @property
    def swap_days(self) -> float:
        """Until hot spares have taken the place of GPUs lost, without loading."""
        restart = self.restart_min / MINUTES_PER_DAY
        return restart / STANDBY_GAIN if self.swap_s is None else self.swap_s / SECONDS_PER_DAY

    @property
    def swap_saves_days(self) -> float:
        """By which that restart is shorter than another, detection apart."""
        return self.restart_min / MINUTES_PER_DAY - self.swap_days

    @property
    def heeds_nothing(self) -> bool:
        """Whether it computes through passes and storms as at any time."""
        return self.in_passes == self.in_storms == "compute"

    @property
    def replica_gpus(self) -> int:
        """GPUs that hold one copy of the model."""
        return self.tensor_parallel * self.pipeline_parallel

    @property
    def held_gpus(self) -> int:
        """GPUs of a gang and its hot spares."""
        return self.gpus + self.hot_spares

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
        copy = f"tensor_parallel x pipeline_parallel ({self.replica_gpus})"
        if self.gpus % self.replica_gpus:
            raise ValueError(f"gpus ({self.gpus}) must be a multiple of {copy}, the GPUs of a copy of the model")
        if self.replica_gpus > 1 and self.model is None:
            raise ValueError(f"{copy} needs a model, whose layers are parted")
        return self
